"""Money is taken as goods leave: with each parcel where the provider allows it, else once when all has left."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest

from rynek.commerce import orders, payments
from rynek.commerce.inventory import Pick
from rynek.commerce.orders.events import OrderShipped, UnitsShipped
from rynek.commerce.payments import Captures, Opening, Tender, actions
from rynek.commerce.payments.model import Done, Due, Outcome
from rynek.commerce.payments.ports import PROVIDERS, Manual, register
from rynek.commerce.payments.reactions import take
from rynek.kernel import clock, ids
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.events import Envelope
from tests.commerce.payments.shop import BUYER, Bank, Order, balance, card, react, settled, sums

EACH, DELIVERY = 100, 30


async def parted(database: Database, *tenders: Tender, units: int = 3) -> Order:
    """Place an order of so many units at a zloty, and their delivery."""
    order = Order(ids.new(), [ids.new() for _ in tenders])
    gross, total = units * EACH, units * EACH + DELIVERY
    openings = [
        Opening(number, order.id, each.provider, each.method, "PLN", each.amount_minor, 0, 0, each.token)
        for number, each in zip(order.payments, tenders, strict=True)
    ]
    async with database.transaction("commerce") as tx:
        line = orders.OrderLine(1, "A-1", "Apple", units, EACH, gross, 0, gross, 0)
        given = orders.Placing(
            order.id, ids.new(), "WEB-PL", BUYER.kind, BUYER.id, "ann@example.com", "PLN", "awaiting-payment",
            DELIVERY, 0, total, 0, 0, "{}", [line],
        )  # fmt: skip
        await orders.place_many(tx, [given])
        await payments.open_many(tx, openings)
        await tx.execute("insert into commerce.location values ('WH-1', 'WH-1', 'warehouse') on conflict do nothing")
        await tx.execute(
            "insert into commerce.level (sku, location, on_hand, held) values ('A-1', 'WH-1', $1, $1)"
            " on conflict (sku, location) do update set on_hand = level.on_hand + $1, held = level.held + $1", units,
        )  # fmt: skip
        await tx.execute(
            "insert into commerce.hold (holder, sku, location, units) values ($1, 'A-1', 'WH-1', $2)", order.id, units
        )
    return order


async def paid(door: Door, database: Database, *tenders: Tender, units: int = 3) -> Order:
    order = await parted(database, *tenders, units=units)
    for payment in order.payments:
        await door.ask(BUYER, actions.authorise, payment=payment)
    await settled(database)
    assert (await balance(database, order)).state == "open"
    return order


async def parcel(database: Database, order: Order, units: int = 1, *, heard: bool = True) -> None:
    async with database.transaction("commerce") as tx:
        goods = orders.Goods(ids.new().hex, [Pick("A-1", "WH-1", units)])
        assert await orders.ship_part(tx, order.id, goods)
    if heard:
        await react(database)
        await settled(database)


async def ship_one(database: Database, order: UUID, reference: str) -> bool:
    """Let the parcel of this number leave, unless it has."""
    async with database.transaction("commerce") as tx:
        goods = orders.Goods(reference, [Pick("A-1", "WH-1", 1)])
        return await orders.ship_part(tx, order, goods)


async def captured(database: Database, order: Order) -> list[int]:
    return [(await sums(database, payment))[1] for payment in order.payments]


async def test_each_parcel_takes_what_it_comes_to(door: Door, bank: Bank, database: Database) -> None:
    order = await paid(door, database, card(330))
    for taken in (130, 230, 330):
        await parcel(database, order)
        assert await captured(database, order) == [taken]
        assert await bank.charges(order) == [(330, taken, 0, 0)]
    assert ((await balance(database, order)).state, (await balance(database, order)).captured_minor) == ("shipped", 330)


async def test_shares_of_parcels_add_up_and_what_is_given_up_is_let_go(
    door: Door, bank: Bank, database: Database
) -> None:
    order = await paid(door, database, card(330))
    await parcel(database, order)
    async with database.transaction("commerce") as tx:
        await orders.cancel(tx, order.id, "the rest is late")
    await react(database)
    await settled(database)
    assert await bank.charges(order) == [(330, 130, 200, 0)]
    assert (await balance(database, order)).total_minor == 130


async def test_what_is_credited_is_not_taken(door: Door, bank: Bank, database: Database) -> None:
    order = await paid(door, database, card(330))
    await parcel(database, order)
    async with database.transaction("commerce") as tx:
        await orders.credit(tx, order.id, orders.Credit("C-1", 250, "late"))
    await react(database)
    await settled(database)
    assert await sums(database, order.payment) == (330, 130, 0, 50)
    await parcel(database, order)  # so much was given back that it is paid for already
    assert await sums(database, order.payment) == (330, 130, 0, 50)
    await parcel(database, order)
    assert await sums(database, order.payment) == (330, 130, 200, 50)
    assert await bank.charges(order) == [(330, 130, 200, 50)]


@pytest.mark.parametrize("order_of_news", list(itertools.permutations(range(4)))[::5])
async def test_the_news_may_come_twice_and_in_any_order(
    door: Door, bank: Bank, database: Database, order_of_news: tuple[int, ...]
) -> None:
    order = await paid(door, database, card(330))
    for _ in range(3):
        await parcel(database, order, heard=False)
    news = [UnitsShipped(order.id, f"P-{n}", EACH, []) for n in range(3)] + [OrderShipped(order.id)]
    for n in order_of_news:
        envelope = Envelope("1-1", "?", str(order.id), clock.now(), news[n])
        async with database.transaction("commerce") as tx:
            await take(tx, [envelope, envelope])
        if n % 2:
            await settled(database)
    await react(database)
    await settled(database)
    assert await bank.charges(order) == [(330, 330, 0, 0)]
    assert await sums(database, order.payment) == (330, 330, 0, 0)


async def test_parcels_news_and_authorisations_at_once_take_it_once(door: Door, bank: Bank, database: Database) -> None:
    order = await paid(door, database, card(630), units=6)

    async def told() -> None:
        async with database.transaction("commerce") as tx:
            event = UnitsShipped(order.id, "?", EACH, [])
            await take(tx, [Envelope("1-1", "?", str(order.id), clock.now(), event)])

    await asyncio.gather(*(parcel(database, order, heard=False) for _ in range(5)), *(told() for _ in range(8)))
    await asyncio.gather(*(told() for _ in range(8)))
    await settled(database)
    assert await bank.charges(order) == [(630, 530, 0, 0)]


@pytest.mark.parametrize("mishap", ["cut", "drop", "late", "error", "pending", "flip", "turn", "slow", "lapse"])
async def test_whatever_goes_wrong_no_parcel_is_taken_twice(
    door: Door, bank: Bank, database: Database, mishap: str
) -> None:
    order = await paid(door, database, card(330, f"tok_capture={mishap}"))
    for n in range(3):
        await parcel(database, order)
        authorised, taken, _, _ = (await bank.charges(order))[0]
        assert taken <= min(authorised, 130 + n * 100)
        assert await captured(database, order) == [taken] or mishap == "turn"  # that it was done, a webhook says later
    if mishap not in ("lapse", "turn"):
        assert await captured(database, order) == [330]
    async with database.transaction("commerce") as tx:
        assert [each for each in await payments.unbalanced(tx) if each.payment == order.payment] == []


async def test_a_refused_parcel_is_asked_for_with_the_next(door: Door, bank: Bank, database: Database) -> None:
    order = await paid(door, database, card(330, "tok_capture=half"))
    for taken in (65, 147, 238):  # half of what is still missing, each time
        await parcel(database, order)
        assert taken <= (await captured(database, order))[0] <= 330
    assert await bank.charges(order) == [(330, (await captured(database, order))[0], 0, 0)]


class Kept(Manual):
    """A provider that captures in its own way, and keeps what it was asked for."""

    def __init__(self, captures: Captures, says: Captures | None = None) -> None:
        self.captures = captures
        self.says = says
        self.methods = {"card": False}
        self.asked: list[tuple[str, int]] = []

    async def authorise(self, due: Due) -> Outcome:
        return Done(due.key, due.minor, captures=self.says)

    async def capture(self, due: Due) -> Outcome:
        self.asked.append(("capture", due.minor))
        return Done(due.key, due.minor)

    async def void(self, due: Due) -> Outcome:
        self.asked.append(("void", due.minor))
        return Done(due.key, due.minor)

    async def refund(self, due: Due) -> Outcome:
        self.asked.append(("refund", due.minor))
        return Done(due.key, due.minor)


@contextmanager
def in_use(provider: Kept) -> Iterator[Tender]:
    register("kept", provider)
    try:
        yield Tender(provider="kept", method="card", amount_minor=330)
    finally:
        del PROVIDERS["kept"]


async def test_what_can_be_captured_once_waits_for_the_last_parcel(door: Door, database: Database) -> None:
    once = Kept("once")
    with in_use(once) as tender:
        order = await paid(door, database, tender)
        await parcel(database, order)
        assert once.asked == []
        await struck(database, order)
        await parcel(database, order)
    assert once.asked == [("capture", 230), ("void", 100)]


async def test_what_is_captured_whole_gives_back_what_is_too_much(door: Door, database: Database) -> None:
    whole = Kept("whole")
    with in_use(whole) as tender:
        order = await paid(door, database, tender)
        await parcel(database, order)
        await struck(database, order)
        assert whole.asked == []
        await parcel(database, order)
    assert whole.asked == [("capture", 330), ("refund", 100)]
    assert (await balance(database, order)).total_minor == 230


async def test_a_provider_may_say_so_of_one_authorisation(door: Door, database: Database) -> None:
    several = Kept("once", says="parts")
    with in_use(several) as tender:
        order = await paid(door, database, tender)
        await parcel(database, order)
        assert several.asked == [("capture", 130)]
        async with database.transaction("commerce") as tx:
            assert await tx.value("select captures from commerce.payment where id = $1", order.payment) == "parts"


async def test_of_two_tenders_the_one_that_can_pays_parcels_first(door: Door, bank: Bank, database: Database) -> None:
    once = Kept("once")
    with in_use(once):
        tenders = [Tender(provider="kept", method="card", amount_minor=150), card(180)]
        order = await paid(door, database, *tenders)
        await parcel(database, order)
        assert await captured(database, order) == [0, 130]
        await parcel(database, order)
        assert await captured(database, order) == [0, 180]  # no more than was promised
        await parcel(database, order)
        assert await captured(database, order) == [150, 180]


async def struck(database: Database, order: Order) -> None:
    given: UUID = order.id
    async with database.transaction("commerce") as tx:
        await orders.strike(tx, given, orders.Strike("S-1", [orders.LineUnits(1, 1)], "fewer"))
    await react(database)
    await settled(database)
