"""What is done at carriers, again and again until it is done: labels, taking them back, looking where parcels are."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from rynek.commerce.shipping import model, ports, rules
from rynek.commerce.shipping.events import LabelCancelled, LabelRefused, ParcelLabelled, ParcelMoved
from rynek.commerce.shipping.model import CarrierRow, Consignment, Label, Row, Sight
from rynek.commerce.shipping.ports import HERE, Carrier, Declined, Silent
from rynek.kernel import clock, ids
from rynek.kernel.database import Database, Tx
from rynek.kernel.events import emit
from rynek.kernel.jobs import enqueue, job
from rynek.kernel.sql import queries

q = queries(__file__, model)
_read = msgspec.json.Decoder(Consignment).decode
PATIENCE = timedelta(seconds=45)
"""How long a carrier that was asked and did not answer may still be making the label."""
TRIES = 60


async def want(tx: Tx, parcel: UUID) -> None:
    """Have a label made as soon as this is committed."""
    await enqueue(tx, label, f"{parcel}/{ids.new()}", parcel=parcel)


@job("commerce.shipping.label", "commerce", outward=True, attempts=TRIES)
async def label(database: Database, effect: str, parcel: UUID) -> None:  # noqa: ARG001 - the parcel is the key
    """Get a parcel its label: one, whatever becomes of the carrier's answers and of this process.

    Emits:
        ParcelLabelled, LabelRefused
    """
    async with database.transaction("commerce") as tx:
        row: Row | None = await q.ask(tx, parcel=parcel, at=tx.at)
        kept: CarrierRow | None = None if row is None else await q.carrier(tx, code=row.carrier)
    if row is None or kept is None:
        return
    carrier = ports.speak(kept)
    try:
        made = await _made(database, carrier, row)
    except Silent as silent:
        async with database.transaction("commerce") as tx:
            untouched = silent.untouched and row.state == "waiting"
            await q.unanswered(tx, parcel=parcel, why=str(silent)[:500], untouched=untouched)
        raise
    except Declined as declined:
        await _refused(database, row, str(declined)[:500])
        return
    await _keep(database, carrier, row, made)


async def _made(database: Database, carrier: Carrier, row: Row) -> Label:
    """Ask for a label; where it was asked for before, only once it is sure that nothing came of that."""
    wanted = _read(row.body)
    if row.state == "asking":
        if row.asked_at is not None and clock.now() - row.asked_at < PATIENCE:
            raise Silent(row.why or "what was asked may still be done")
        found = await carrier.labels(wanted)
        for spare in found[1:]:
            await carrier.cancel(spare.outside)
        if found:
            return found[0]
        async with database.transaction("commerce") as tx:
            await q.asked_now(tx, parcel=row.parcel, at=tx.at)
    return await carrier.label(wanted)


async def _refused(database: Database, row: Row, why: str) -> None:
    async with database.transaction("commerce") as tx:
        if await q.refuse(tx, parcel=row.parcel, why=why) is not None:
            emit(tx, LabelRefused(row.parcel, row.order, row.carrier, why))


async def _keep(database: Database, carrier: Carrier, row: Row, made: Label) -> None:
    """Write a label down; one that is not wanted any more is taken back."""
    file = f"labels/{row.parcel.hex}-{row.tries}.{made.form}"
    await HERE.store.put(file, made.file)
    async with database.transaction("commerce") as tx:
        given = {"tracking": made.tracking, "outside": made.outside, "file": file}
        kept = await q.labelled(tx, parcel=row.parcel, at=tx.at, **given)
        if kept is not None:
            emit(tx, ParcelLabelled(row.parcel, row.order, row.carrier, made.tracking))
            await _look_later(tx, row.parcel, 0)
    if kept is None:
        await carrier.cancel(made.outside)


async def withdraw(tx: Tx, parcels: Sequence[UUID]) -> None:
    """Want no labels for parcels any more; those that were made are taken back at the carrier by a job.

    Emits:
        LabelCancelled
    """
    for each in await q.withdraw(tx, parcels=list(parcels)):
        if each.outside:
            there = {"carrier": each.carrier, "outside": each.outside}
            await enqueue(tx, take_back, f"{each.carrier}/{each.outside}", **there)
        emit(tx, LabelCancelled(each.parcel, each.order, each.carrier, each.tracking))


@job("commerce.shipping.take-back", "commerce", outward=True, attempts=TRIES)
async def take_back(database: Database, effect: str, carrier: str, outside: str) -> None:  # noqa: ARG001 - the label is the key
    """Take a label back at its carrier."""
    async with database.transaction("commerce") as tx:
        kept: CarrierRow | None = await q.carrier(tx, code=carrier)
    if kept is not None:
        await ports.speak(kept).cancel(outside)


# --- on the way -------------------------------------------------------------------------------------------------------


async def _look_later(tx: Tx, parcel: UUID, looks: int) -> None:
    after = rules.next_look(looks)
    if after is not None:
        await enqueue(tx, look, f"{parcel}/{looks}", tx.at + after, parcel=parcel)


@job("commerce.shipping.look", "commerce", outward=True)
async def look(database: Database, effect: str, parcel: UUID) -> None:  # noqa: ARG001 - the parcel is the key
    """Ask a carrier where a parcel is, and again later until it has arrived; who is silent is asked then.

    Emits:
        ParcelMoved
    """
    async with database.transaction("commerce") as tx:
        row: Row | None = await q.consignment(tx, parcel=parcel)
        kept: CarrierRow | None = None if row is None else await q.carrier(tx, code=row.carrier)
    if row is None or kept is None or row.state != "labelled" or row.standing in rules.OVER:
        return
    try:
        sights = await ports.speak(kept).track(row.tracking or "")
    except (Silent, Declined):
        sights = []
    async with database.transaction("commerce") as tx:
        locked: Row | None = await q.lock(tx, parcel=parcel)
        if locked is not None and locked.tracking == row.tracking:
            await spot(tx, locked, sights)
        await _look_later(tx, parcel, await q.looked(tx, parcel=parcel))


async def spot(tx: Tx, row: Row, sights: Sequence[Sight]) -> None:
    """Add to what was seen of a locked parcel, and tell if it stands otherwise now.

    Emits:
        ParcelMoved
    """
    if not sights:
        return
    ats, statuses, notes, places = zip(*((e.at, e.status, e.note, e.place) for e in sights), strict=True)
    await q.see(tx, parcel=row.parcel, ats=ats, statuses=statuses, notes=notes, places=places)
    seen = [Sight(e.at, e.status, e.note, e.place) for e in await q.sights(tx, parcels=[row.parcel])]
    now = rules.standing(seen)
    if now != row.standing:
        await q.stand(tx, parcel=row.parcel, standing=now)
        at = max(each.at for each in seen if each.status == now)
        emit(tx, ParcelMoved(row.parcel, row.order, row.carrier, row.tracking or "", now, at))
