"""What is done with parcels that carriers take: labels, their prices, and where they are."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from rynek.commerce import inventory
from rynek.commerce.shipping import labelling, model, ports, rules
from rynek.commerce.shipping.events import ParcelMoved
from rynek.commerce.shipping.labelling import q
from rynek.commerce.shipping.model import (
    Asked,
    Carrier,
    CarrierCode,
    CarrierFacts,
    CarrierRow,
    CarrierUnknown,
    Consignment,
    Credentials,
    Going,
    Heard,
    LabelStands,
    NoConsignment,
    NoLabel,
    OnItsWay,
    Point,
    Rates,
    Row,
    Secret,
    Sight,
    State,
    Synced,
    Withdrawn,
)
from rynek.commerce.shipping.ports import HERE, Declined, Silent
from rynek.kernel.database import Tx
from rynek.kernel.door import Call, Response
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid, Unavailable
from rynek.kernel.storage import Missing

_encode = msgspec.json.Encoder().encode
_KINDS = {"pdf": "application/pdf", "zpl": "application/zpl"}


# --- carriers ---------------------------------------------------------------------------------------------------------


async def carriers(tx: Tx) -> list[Carrier]:
    """List who takes parcels; what we are known by there is not told."""
    return [_shown(row) for row in await q.carriers(tx)]


def _shown(row: CarrierRow) -> Carrier:
    return Carrier(**asdict(ports.facts(row)), code=row.code, known=row.sealed is not None)


async def put_carrier(tx: Tx, code: CarrierCode, carrier: CarrierFacts) -> Carrier:
    """Take a carrier in, or change it; its credentials stay.

    Raises:
        Invalid: there is no such kind of carrier, or it cannot be asked at this address.
    """
    if carrier.kind not in ports.KINDS:
        raise Invalid(f"kinds of carriers are {', '.join(sorted(ports.KINDS))}", field="kind")
    if carrier.kind != "house" and not carrier.address:
        raise Invalid("say at which address it is asked", field="address")
    for name in ("address", "points"):
        if getattr(carrier, name).startswith("http:") and not HERE.plain:
            raise Invalid("carriers are asked over https only", field=name)
    await q.put_carrier(
        tx, code=code, kind=carrier.kind, active=carrier.active, body=_encode(carrier).decode()
    )  # fmt: skip
    return _shown(await q.carrier(tx, code=code))


async def put_credentials(call: Call[Any], code: CarrierCode, token: Secret = "", webhook_secret: Secret = "") -> None:
    """Say what we are known by at a carrier; it is kept sealed and never shown again.

    Raises:
        CarrierUnknown: there is no such carrier.
    """
    box = ports.sealed(Credentials(token, webhook_secret), code)
    async with call.transaction() as tx:
        if await q.seal(tx, code=code, sealed=box) is None:
            raise CarrierUnknown
        await call.note(tx, code)


async def rates(call: Call[Any], asked: Asked) -> Rates:
    """Ask all carriers what a parcel costs, cheapest first; who does not answer is named with the reason."""
    async with call.transaction() as tx:
        rows = [row for row in await q.carriers(tx) if row.active]
    answers = await asyncio.gather(*(ports.speak(row).rates(asked) for row in rows), return_exceptions=True)
    said = dict(zip((row.code for row in rows), answers, strict=True))
    silent = {code: str(answer) for code, answer in said.items() if isinstance(answer, Silent | Declined)}
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Silent | Declined):
            raise answer
    found = [rate for answer in answers if not isinstance(answer, BaseException) for rate in answer]
    return Rates(rules.cheapest(found), silent)


# --- labels -----------------------------------------------------------------------------------------------------------


async def book(tx: Tx, wanted: Sequence[Consignment]) -> set[UUID]:
    """Have labels made for parcels whose carriers are known here; gives those parcels. The labels come by jobs."""
    known = set(await q.known(tx, codes=sorted({each.carrier for each in wanted}))) if wanted else set()
    booked = [each for each in wanted if each.carrier in known]
    if booked:
        await q.book(
            tx, parcels=[each.parcel for each in booked], orders=[each.order for each in booked],
            locations=[each.location for each in booked], carriers=[each.carrier for each in booked],
            bodies=[_encode(each).decode() for each in booked], at=tx.at,
        )  # fmt: skip
    for each in booked:
        await labelling.want(tx, each.parcel)
    return {each.parcel for each in booked}


async def known(tx: Tx, carrier: str) -> bool:
    """Tell whether a carrier is in use here."""
    return bool(await q.known(tx, codes=[carrier]))


async def lacking(tx: Tx, parcels: Sequence[UUID]) -> set[UUID]:
    """Lock these parcels, and tell which wait for a label, or had theirs taken back."""
    return set(await q.lacking(tx, parcels=list(parcels)))


async def take(tx: Tx, parcels: Sequence[UUID]) -> None:
    """Say that their carriers have these parcels now: their labels cannot be taken back any more.

    Emits:
        ParcelMoved
    """
    gone: list[Withdrawn] = await q.take(tx, parcels=list(parcels), at=tx.at)
    emit(tx, *(ParcelMoved(e.parcel, e.order, e.carrier, e.tracking or "", "collected", tx.at) for e in gone))


async def going(tx: Tx, parcels: Sequence[UUID]) -> list[Going]:
    """Tell of parcels with carriers: for those who have seen to it that the actor may look."""
    return await _going(tx, await q.consignments(tx, parcels=list(parcels)))


async def _going(tx: Tx, rows: Sequence[Row]) -> list[Going]:
    seen: dict[UUID, list[Sight]] = {}
    for each in await q.sights(tx, parcels=[row.parcel for row in rows]) if rows else []:
        seen.setdefault(each.parcel, []).append(Sight(each.at, each.status, each.note, each.place))
    known = {row.code: ports.facts(row) for row in await q.carriers(tx)} if rows else {}
    return [_one(row, known[row.carrier], rules.history(seen.get(row.parcel, []))) for row in rows]


def _one(row: Row, carrier: CarrierFacts, sights: list[Sight]) -> Going:
    follow = carrier.follow.replace("{number}", row.tracking) if carrier.follow and row.tracking else None
    form = None if row.file is None or row.state != "labelled" else row.file.rpartition(".")[2]
    return Going(
        row.parcel, row.order, row.location, row.carrier, row.state, row.why, row.tracking, follow, form,  # type: ignore[arg-type]
        row.standing, row.made_at, row.labelled_at, sights, carrier.name,
    )  # fmt: skip


def _mine(tx: Tx, row: Row | None) -> Row:
    if row is None or not inventory.reaches(tx, row.location):
        raise NoConsignment
    return row


async def parcels(
    tx: Tx, carrier: CarrierCode | None = None, state: State | None = None, before: datetime | None = None,
    limit: model.Limit = 50,
) -> list[Going]:  # fmt: skip
    """List parcels with carriers, newest first; who belongs to a store sees that one's.

    Args:
        state: ``waiting`` and ``asking`` have no label yet, ``refused`` ones somebody has to look at.
        before: on from when the last one was made.
    """
    place = tx.actor.location or ""
    if tx.reach == "own" and not place:
        return []
    rows = await q.listed(
        tx, carrier=carrier or "", state=state or "", location=place, before=before, limit=limit
    )  # fmt: skip
    return await _going(tx, rows)


async def parcel(tx: Tx, parcel: UUID) -> Going:
    """Show a parcel with a carrier: its label, and where it was seen.

    Raises:
        NoConsignment: no carrier was asked for it, or it is not your store's.
    """
    [found] = await _going(tx, [_mine(tx, await q.consignment(tx, parcel=parcel))])
    return found


async def label_file(call: Call[Any], parcel: UUID) -> Response:
    """Give a parcel's label, to be printed: a PDF, or ZPL for printers of labels.

    Raises:
        NoConsignment: no carrier was asked for it, or it is not your store's.
        NoLabel: it has none yet.
    """
    async with call.transaction() as tx:
        row = _mine(tx, await q.consignment(tx, parcel=parcel))
    if row.state != "labelled" or row.file is None:
        raise NoLabel
    form = row.file.rpartition(".")[2]
    try:
        body = await HERE.store.get(row.file)
    except Missing:
        raise NoLabel from None
    name = f'inline; filename="{row.tracking}.{form}"'
    return Response(200, body, _KINDS[form], (("content-disposition", name), ("cache-control", "private, no-store")))


async def relabel(tx: Tx, parcel: UUID) -> Going:
    """Ask for a label again that was refused or taken back, once what was wrong is mended.

    Raises:
        NoConsignment: no carrier was asked for it, or it is not your store's.
        LabelStands: it has a label, or is being given one.
    """
    _mine(tx, await q.consignment(tx, parcel=parcel))
    if await q.again(tx, parcel=parcel) is None:
        raise LabelStands
    await labelling.want(tx, parcel)
    [found] = await _going(tx, [await q.consignment(tx, parcel=parcel)])
    return found


async def cancel_label(tx: Tx, parcel: UUID) -> None:
    """Take a parcel's label back, as long as no carrier has the parcel.

    Raises:
        NoConsignment: no carrier was asked for it, or it is not your store's.
        OnItsWay: a carrier has it.
    Emits:
        LabelCancelled
    """
    row = _mine(tx, await q.lock(tx, parcel=parcel))
    if row.standing != "announced":
        raise OnItsWay(f"it is {row.standing}", standing=row.standing)
    await labelling.withdraw(tx, [row.parcel])


# --- where parcels are collected --------------------------------------------------------------------------------------


async def points(
    tx: Tx, carrier: CarrierCode, after: str = "", limit: model.Limit = 200
) -> list[Point]:  # fmt: skip
    """List where a carrier's parcels are collected, by code, those that are shut too; go on ``after`` the last."""
    found: list[Point] = await q.kept_points(tx, carrier=carrier, after=after, limit=limit)
    return found


async def put_points(
    tx: Tx, carrier: CarrierCode, points: Annotated[list[Point], Meta(min_length=1, max_length=5000)]
) -> None:
    """Add or change where a carrier's parcels are collected.

    Raises:
        CarrierUnknown: there is no such carrier.
        Invalid: a point is given twice, or only one of its coordinates.
    """
    if len({each.code for each in points}) < len(points):
        raise Invalid("a point is given twice", field="points")
    if any((each.latitude is None) != (each.longitude is None) for each in points):
        raise Invalid("a place has a latitude and a longitude", field="points")
    of = {name: [getattr(each, name) for each in points] for name in Point.__struct_fields__}
    await q.put_points(
        tx, carrier=carrier, codes=of["code"], names=of["name"], streets=of["street"], postcodes=of["postcode"],
        cities=of["city"], countries=of["country"], latitudes=of["latitude"], longitudes=of["longitude"],
        hours=of["hours"], pays=of["pays"], actives=of["active"],
    )  # fmt: skip


async def fetch_points(call: Call[Any], carrier: CarrierCode) -> Synced:
    """Ask a carrier where its parcels are collected, and keep that; what it lists no more is shut.

    Raises:
        CarrierUnknown: there is no such carrier.
        Unavailable: it does not answer; nothing is changed.
    """
    async with call.transaction() as tx:
        row: CarrierRow | None = await q.carrier(tx, code=carrier)
    if row is None:
        raise CarrierUnknown
    try:
        found = list(await ports.speak(row).points())
    except (Silent, Declined) as silent:
        raise Unavailable(f"{carrier}: {silent}") from None
    if not found:
        return Synced(0, 0)
    async with call.transaction() as tx:
        for begin in range(0, len(found), 5000):
            await put_points(tx, carrier, found[begin : begin + 5000])
        shut = await q.shut_others(tx, carrier=carrier, codes=[each.code for each in found])
        await call.note(tx, carrier)
    return Synced(len(found), len(shut))


# --- on the way -------------------------------------------------------------------------------------------------------


async def scan(tx: Tx, parcel: UUID, sights: Annotated[list[Sight], Meta(min_length=1, max_length=100)]) -> Going:
    """Say where a parcel of the house's own van was seen; said twice it is there once.

    Raises:
        NoConsignment: no carrier was asked for it, or it is not your store's.
        NoLabel: it has no label yet.
        Invalid: an instant has no time zone, or is yet to come.
    Emits:
        ParcelMoved
    """
    row = _mine(tx, await q.lock(tx, parcel=parcel))
    if row.state != "labelled":
        raise NoLabel
    if any(each.at.tzinfo is None or each.at > tx.at for each in sights):
        raise Invalid("an instant has a time zone, and is not to come", field="sights")
    await labelling.spot(tx, row, sights)
    [found] = await _going(tx, [await q.consignment(tx, parcel=parcel)])
    return found


async def hear(call: Call[Any], code: CarrierCode) -> Heard:
    """Take in what a carrier tells of its own accord: signed, perhaps late, repeated or in another order.

    Raises:
        CarrierUnknown: there is no such carrier.
        ForgedNews: it does not bear the carrier's signature.
    Emits:
        ParcelMoved
    """
    async with call.door.database.transaction("commerce") as tx:
        found: CarrierRow | None = await q.carrier(tx, code=code)
    if found is None or call.request is None:
        raise CarrierUnknown
    news = ports.speak(found).read_news(call.request.header, call.request.body)
    about = 0
    async with call.door.database.transaction("commerce") as tx:
        rows = await q.by_number(tx, carrier=code, numbers=[each.tracking for each in news]) if news else []
        for row in rows:
            await labelling.spot(
                tx, row, [sight for each in news if each.tracking == row.tracking for sight in each.sights]
            )
            await call.note(tx, str(row.parcel))
            about += 1
    return Heard(about)
