"""What is done with simulations: they are started, looked at, ended, and counted portion by portion."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import promotions
from rynek.commerce.promotions import Promotion
from rynek.commerce.simulations import model, rules
from rynek.commerce.simulations.desk import CannotCount, Desk
from rynek.commerce.simulations.model import (
    Given,
    Kept,
    Open,
    Position,
    Simulation,
    SimulationEnded,
    Summary,
    UnknownSimulation,
    Wanted,
)
from rynek.kernel import ids
from rynek.kernel.database import Database, Tx, unreachable
from rynek.kernel.faults import Conflict, Invalid
from rynek.kernel.sql import queries

logger = logging.getLogger(__name__)

q = queries(__file__, model)

PORTION = 5_000
"""How many baskets are counted at once."""
FAILURES = 3
"""After how many failures in a row a simulation is given up."""
WAITING = 20
"""How many simulations may wait at once."""
TOP = 20
PAUSE_S = 1.0
Size = Annotated[int, Meta(ge=1, le=200)]

_encode = msgspec.json.encode
_wanted = msgspec.json.Decoder(Wanted).decode
_position = msgspec.json.Decoder(Position).decode
_rates = msgspec.json.Decoder(list[tuple[str, str, int | None, int]]).decode
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


# --- asking -----------------------------------------------------------------------------------------------------------


async def start(tx: Tx, wanted: Wanted) -> Simulation:
    """Start a simulation of a draft on past baskets; it is counted in the background, look at it for how far it is.

    Raises:
        Invalid: what is wanted cannot be simulated; ``field`` says what is wrong.
        Conflict: as many simulations wait already as may.
    """
    if wrong := rules.fault(wanted):
        raise Invalid(wrong[1], field=wrong[0])
    await _require_known(tx, wanted)
    if await q.waiting(tx) >= WAITING:
        raise Conflict(f"{WAITING} simulations wait already: cancel one, or wait until one has ended")
    ready = await promotions.programs(tx)
    active = [(each.promotion, each.version) for each in ready.all if _begun(each.promotion, tx.at)]
    given = Given(wanted, ready.lanes, active, _rates(await q.rates(tx)))
    made = ids.new()
    await q.put(
        tx, id=made, name=wanted.name, wanted=_encode(wanted).decode(), given=_encode(given).decode(),
        kind=tx.actor.kind, actor=tx.actor.id, at=tx.at,
    )  # fmt: skip
    return await simulation(tx, made)


def _begun(promotion: Promotion, at: datetime) -> bool:
    return promotion.from_at is None or promotion.from_at <= at


async def _require_known(tx: Tx, wanted: Wanted) -> None:
    wrong = await promotions.refused(tx, wanted.promotions)
    if wrong:
        raise Invalid(f"{wrong[0].key}: {wrong[0].reason}", field="promotions")
    if any(each.currency not in (None, wanted.currency) for each in wanted.promotions):
        raise Invalid(f"a promotion is in another currency than {wanted.currency}", field="promotions")
    tills = wanted.tills
    whats = [what for each in (wanted.prices.changes if wanted.prices else []) for what in (each.of, each.of.but)]
    skus = [sku for what in whats if what is not None for sku in what.skus]
    skus += [each.sku for each in wanted.prices.prices] if wanted.prices else []
    missing: Sequence[str] = await q.known(
        tx, skus=skus, channels=[*(wanted.channels or []), *([tills.channel] if tills else [])],
        stores=tills.stores if tills else [],
    )  # fmt: skip
    if missing:
        field = (
            "prices" if missing[0].startswith("sku") else "channels" if missing[0].startswith("channel") else "tills"
        )
        raise Invalid(f"there is no {', no '.join(missing[:5])}", field=field)


async def simulations(tx: Tx, before: UUID | None = None, limit: Size = 50) -> list[Summary]:
    """List simulations, the newest first; go on with the last one as ``before``."""
    rows: list[Kept] = await q.simulations(tx, before=before, limit=limit)
    return [
        Summary(each.id, each.name, each.state, each.at, each.ended_at, _progress(each), each.lines) for each in rows
    ]


async def simulation(tx: Tx, simulation: UUID) -> Simulation:
    """Look at a simulation: how far it is, how fast, how long it will still take, and what it came to so far.

    Raises:
        UnknownSimulation: there is none.
    """
    row: Kept | None = await q.simulation(tx, id=simulation)
    if row is None:
        raise UnknownSimulation(f"there is no simulation {simulation}")
    wanted = _wanted(row.wanted)
    result = None
    if row.lines:
        result = rules.result(wanted, await q.sums(tx, id=simulation, most=TOP), await q.customers(tx, id=simulation))
    end = row.ended_at or row.counted_at
    seconds = (end - row.began_at).total_seconds() if row.began_at and end else 0.0
    left = None
    if row.state == "running" and row.total is not None and row.baskets and seconds:
        left = round(max(row.total - row.baskets, 0) * seconds / row.baskets, 1)
    return Simulation(
        row.id, row.name, row.state, row.at, row.began_at, row.ended_at, _progress(row), row.total, row.baskets,
        row.lines, round(row.lines / seconds, 1) if seconds else 0.0, left, row.error, wanted, result,
    )  # fmt: skip


def _progress(row: Kept) -> float:
    if row.state == "done":
        return 1.0
    return min(row.baskets / row.total, 1.0) if row.total else 0.0


async def cancel(tx: Tx, simulation: UUID) -> Simulation:
    """End a simulation before it is done; what was counted so far stays.

    Raises:
        UnknownSimulation: there is none.
        SimulationEnded: it has ended already.
    """
    if await q.cancel(tx, id=simulation, at=tx.at) is None:
        if await q.simulation(tx, id=simulation) is None:
            raise UnknownSimulation(f"there is no simulation {simulation}")
        raise SimulationEnded
    return await _look(tx, simulation)


_look = simulation


# --- counting ---------------------------------------------------------------------------------------------------------


_Read = tuple[Position, int, Sequence[str], Sequence[UUID], str]
"""Where a portion ends, how many baskets, items and customers it has, and the baskets as JSON."""


class Counting:
    """The simulation that this process counts; one portion is counted at a time over all processes."""

    def __init__(self, database: Database, portion: int = PORTION) -> None:
        self.database = database
        self.portion = portion
        self.of: UUID | None = None
        self.desk: Desk | None = None
        self.ahead: tuple[str, asyncio.Task[_Read]] | None = None
        """What is read while the portion before it is counted, by the position that it begins at."""

    async def advance(self) -> bool:
        """Count the next portion of the simulation that waits longest; gives whether there was one.

        The lock is held by a transaction that writes nothing, so it keeps no reader of the log waiting.
        """
        async with self.database.transaction("commerce") as tx:
            if not await q.alone(tx):
                return False
            found: Open | None = await q.next(tx)
            if found is None:
                await self.close()
                return False
            try:
                await self._go_on(tx, found)
            except Exception as error:
                await self.close()
                if unreachable(error):
                    raise
                await self._note(found, error)
        return True

    async def close(self) -> None:
        """Let the process that counts end."""
        desk, self.desk, self.of = self.desk, None, None
        ahead, self.ahead = self.ahead, None
        if ahead is not None:
            ahead[1].cancel()
            await asyncio.gather(ahead[1], return_exceptions=True)
        if desk is not None:
            await desk.close()

    async def _go_on(self, tx: Tx, found: Open) -> None:
        given = msgspec.json.decode(found.given, type=Given)
        if found.total is None:
            await self._begin(tx, found, given.wanted)
        desk = await self._desk(found)
        position, baskets, skus, customers, document = await self._portion(given.wanted, found.position)
        gifts = rules.gifts(given)
        fresh = [each for each in {*skus, *gifts} if each not in desk.known]
        items = await q.items(tx, skus=fresh, currency=given.wanted.currency) if fresh else "[]"
        had = await q.had(tx, id=found.id)
        mine = await q.mine(tx, id=found.id, customers=customers) if customers else "[]"
        after = _encode(position).decode()
        if not position.done:
            self.ahead = after, asyncio.create_task(self._read(given.wanted, after))
        portion = f'{{"baskets":{document},"items":{items},"had":{had},"mine":{mine}}}'
        counted = await desk.count(portion.encode())
        desk.known.update(fresh)
        async with self.database.transaction("commerce") as writing:
            moved = await q.go_on(
                writing, id=found.id, was=found.position, position=after, baskets=baskets,
                done=position.done, counted=counted, at=writing.at,
            )  # fmt: skip
        if moved is None or position.done:
            await self.close()

    async def _portion(self, wanted: Wanted, position: str) -> _Read:
        ahead, self.ahead = self.ahead, None
        if ahead is not None and ahead[0] == position:
            return await ahead[1]
        return await self._read(wanted, position)

    async def _read(self, wanted: Wanted, position: str) -> _Read:
        async with self.database.transaction("commerce") as tx:
            return await _read(tx, wanted, _position(position), self.portion)

    async def _begin(self, tx: Tx, found: Open, wanted: Wanted) -> None:
        tills = wanted.tills
        totals: model.Totals = await q.totals(
            tx, channels=wanted.channels, currency=wanted.currency, first=ids.first(wanted.since),
            last=ids.first(wanted.until), stores=tills.stores if tills else None, since=wanted.since,
            until=wanted.until,
        )  # fmt: skip
        async with self.database.transaction("commerce") as writing:
            await q.begin(writing, id=found.id, total=totals.orders + totals.receipts, at=writing.at)

    async def _desk(self, found: Open) -> Desk:
        if self.desk is None or self.of != found.id:
            await self.close()  # and with it what was read ahead for another
            self.desk, self.of = await Desk.open(found.given), found.id
        return self.desk

    async def _note(self, found: Open, error: Exception) -> None:
        logger.error("simulation %s could not be counted", found.id, exc_info=error)
        told = str(error) if isinstance(error, CannotCount) else f"{type(error).__name__}: {error}"
        async with self.database.transaction("commerce") as tx:
            await q.failed(tx, id=found.id, was=found.position, error=told[-2_000:], most=FAILURES, at=tx.at)


async def _read(tx: Tx, wanted: Wanted, was: Position, limit: int) -> _Read:
    """Read the next portion: where it ends, how many baskets, items and customers of it, and the baskets as JSON."""
    if wanted.channels is not None and not was.orders_done:
        first, last = was.order or _before(ids.first(wanted.since)), ids.first(wanted.until)
        orders: model.OrdersRead = await q.orders(
            tx, channels=wanted.channels, currency=wanted.currency, after=first, last=last, zone=wanted.zone,
            limit=limit,
        )  # fmt: skip
        through = orders.baskets < limit
        position = Position(orders.last or was.order, through, done=through and wanted.tills is None)
        return position, orders.baskets, orders.skus, orders.customers, orders.document
    tills = wanted.tills
    assert tills is not None  # noqa: S101 - without tills it was done after the orders
    store, sold_at, till, number = was.receipt or ("", _NEVER, "", 0)
    found: model.ReceiptsRead = await q.receipts(
        tx, stores=tills.stores, currency=wanted.currency, channel=tills.channel, since=wanted.since,
        until=wanted.until, store=store, sold_at=sold_at, till=till, number=number, zone=wanted.zone, limit=limit,
    )  # fmt: skip
    last_one = was.receipt
    if found.store is not None and found.sold_at is not None:
        last_one = (found.store, found.sold_at, found.till or "", found.number or 0)
    position = Position(was.order, orders_done=True, receipt=last_one, done=found.baskets < limit)
    return position, found.baskets, found.skus, found.customers, found.document


def _before(first: UUID) -> UUID:
    return UUID(int=max(first.int - 1, 0))


async def count(database: Database) -> None:
    """Count simulations as they are started, until cancelled."""
    counting = Counting(database)
    try:
        while True:
            more = False
            try:
                more = await counting.advance()
            except Exception:
                logger.exception("simulations could not go on; trying again")
            if not more:
                await asyncio.sleep(PAUSE_S)
    finally:
        with suppress(Exception):
            await counting.close()
