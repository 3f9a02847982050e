"""Subscriptions as stories, on the real database and with a clock that is moved."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, set_up
from rynek.commerce import orders
from rynek.commerce.orders.events import OrderCancelled, OrderPaid
from rynek.commerce.payments.ports import PROVIDERS
from rynek.commerce.payments.wire import Simulator
from rynek.commerce.subscriptions import Subscription, actions
from rynek.commerce.subscriptions.events import PriceTold, RenewalFailed, SubscriptionCancelled
from rynek.commerce.subscriptions.reactions import dun, foretell_prices, note_paid, renew_due
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.door import understood
from rynek.kernel.faults import Fault
from rynek.kernel.log import Follower

MERCHANT = Actor("staff", ids.new(), frozenset({"merchandise"}))
SUPPORT = Actor("staff", ids.new(), frozenset({"support"}))
HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
BY_HAND = {"method": "transfer"}
PRICE, DELIVERY = 1_000, 1_500


class Shop:
    """A shop with a monthly plan, and items that each test has for itself."""

    def __init__(self, world: App) -> None:
        self.world, self.used = world, 0
        self.today = clock.now().date()

    def fresh(self) -> str:
        self.used += 1
        return f"ITEM-{self.used:05d}"

    async def ask(self, action: Any, who: Actor, **values: Any) -> Any:
        return await self.world.door.ask(who, action, **values)

    async def refused(self, action: Any, who: Actor, **values: Any) -> Fault:
        try:
            await self.ask(action, who, **values)
        except Exception as error:  # noqa: BLE001 - understood or not
            refusal = understood(error)
            assert refusal is not None
            return refusal
        raise AssertionError("it was not refused")

    async def started(self, who: Actor, sku: str, units: int = 1, **more: Any) -> Subscription:
        total = (PRICE + int(sku[-5:])) * units + DELIVERY
        given = {
            "plan": "monthly", "lines": [{"sku": sku, "quantity": units}], "email": "ola@example.com",
            "address": HOME, "delivery": COURIER, "paying": BY_HAND, "agreed_minor": total,
        }  # fmt: skip
        found: Subscription = await self.ask(actions.start, who, **{**given, **more})
        return found

    async def shown(self, who: Actor, subscription: UUID) -> Subscription:
        found: Subscription = await self.ask(actions.subscription, who, subscription=subscription)
        return found

    @contextmanager
    def on(self, day: date) -> Iterator[None]:
        with clock.at(datetime.combine(day, datetime.min.time(), clock.now().tzinfo) + timedelta(hours=12)):
            yield

    async def renew(self, day: date) -> None:
        with self.on(day):
            async with self.world.database.transaction("commerce") as tx:
                await renew_due(tx)

    async def foretell(self, day: date) -> None:
        with self.on(day):
            async with self.world.database.transaction("commerce") as tx:
                await foretell_prices(tx)

    async def priced(self, sku: str, minor: int) -> None:
        prices = [{"list": "RETAIL-PL", "sku": sku, "minor": minor}]
        await self.ask("commerce.pricing.put_prices", KEEPER, prices=prices)


@pytest.fixture(scope="module")
async def shop(world: App) -> Shop:
    await set_up(world, 40)
    plans = [
        {"code": "monthly", "channel": "WEB-PL", "name": "Every month", "every": 1, "unit": "month", "notice_days": 14}
    ]
    await world.door.ask(MERCHANT, actions.put_plans, plans=plans)
    return Shop(world)


@pytest.fixture
def ola() -> Actor:
    return Actor("customer", ids.new())


def stages(found: Subscription) -> list[tuple[int, str]]:
    return [(each.cycle, each.state) for each in reversed(found.cycles)]


async def placed(shop: Shop, who: Actor) -> list[Any]:
    return list(reversed(await shop.ask("commerce.orders.orders", who)))


# --- renewing ---------------------------------------------------------------------------------------------------------


async def test_what_is_subscribed_to_comes_on_its_days_and_once_each(shop: Shop, ola: Actor) -> None:
    sub = await shop.started(ola, shop.fresh(), 2)
    assert (sub.state, sub.next_on, sub.cycles) == ("active", shop.today, [])
    for _ in range(2):
        await shop.renew(shop.today)
    after = await shop.shown(ola, sub.id)
    assert stages(after) == [(0, "paid")]
    await shop.renew(after.next_on - timedelta(days=1))
    assert len(await placed(shop, ola)) == 1
    await asyncio.gather(*(shop.renew(after.next_on) for _ in range(6)))
    found = await placed(shop, ola)
    assert [(each.state, each.total_minor) for each in found] == [("open", sub.agreed_minor)] * 2
    assert stages(await shop.shown(ola, sub.id)) == [(0, "paid"), (1, "paid")]


async def test_a_pause_charges_nothing_then_or_afterwards(shop: Shop, ola: Actor) -> None:
    sub = await shop.started(ola, shop.fresh())
    await shop.ask(actions.pause, ola, subscription=sub.id)
    await shop.renew(shop.today + timedelta(days=70))
    assert await placed(shop, ola) == []
    with shop.on(shop.today + timedelta(days=70)):
        back = await shop.ask(actions.resume, ola, subscription=sub.id)
    assert (back.state, back.next_on >= shop.today + timedelta(days=70)) == ("active", True)
    await shop.renew(back.next_on)
    assert len(await placed(shop, ola)) == 1
    refused = await shop.refused(actions.resume, ola, subscription=sub.id)
    assert (refused.code, refused.facts) == ("not-now", {"state": "active"})


async def test_one_delivery_is_left_out(shop: Shop, ola: Actor) -> None:
    sub = await shop.started(ola, shop.fresh())
    later = await shop.ask(actions.skip, ola, subscription=sub.id)
    await shop.renew(shop.today)
    assert (await placed(shop, ola), later.next_on > shop.today) == ([], True)
    await shop.renew(later.next_on)
    assert stages(await shop.shown(ola, sub.id)) == [(0, "skipped"), (1, "paid")]


async def test_something_else_comes_elsewhere_at_the_price_that_was_shown(shop: Shop, ola: Actor) -> None:
    sub, other = await shop.started(ola, shop.fresh()), shop.fresh()
    lines = [{"sku": other, "quantity": 3}]
    total = (PRICE + int(other[-5:])) * 3 + DELIVERY
    refused = await shop.refused(actions.swap, ola, subscription=sub.id, lines=lines, agreed_minor=total - 1)
    assert (refused.code, refused.facts) == ("price-differs", {"total_minor": total})
    assert (await shop.shown(ola, sub.id)).lines == sub.lines
    await shop.ask(actions.swap, ola, subscription=sub.id, lines=lines, agreed_minor=total)
    address = {**HOME, "city": "Gdańsk"}
    await shop.ask(actions.readdress, ola, subscription=sub.id, address=address, agreed_minor=total)
    await shop.renew(shop.today)
    [order] = await placed(shop, ola)
    shown = await shop.ask("commerce.orders.order", ola, order=order.id)
    assert ([(line.sku, line.quantity) for line in shown.lines], b"Gda" in bytes(shown.agreed)) == ([(other, 3)], True)


# --- what it costs ----------------------------------------------------------------------------------------------------


async def test_a_higher_price_is_told_before_it_is_charged(shop: Shop, ola: Actor) -> None:
    sku = shop.fresh()
    sub = await shop.started(ola, sku)
    await shop.renew(shop.today)
    following = (await shop.shown(ola, sub.id)).next_on
    follower = Follower(shop.world.database, PriceTold)
    await follower.begin()
    await shop.priced(sku, 5_000)
    for _ in range(2):
        await shop.foretell(shop.today + timedelta(days=1))
    told = await shop.shown(ola, sub.id)
    assert (told.told_minor, told.told_from, told.agreed_minor) == (5_000 + DELIVERY, following, sub.agreed_minor)
    assert [each.data.told_minor for each in await follower.news()] == [5_000 + DELIVERY]
    await shop.renew(following)
    assert [each.total_minor for each in await placed(shop, ola)] == [sub.agreed_minor, 5_000 + DELIVERY]
    assert (await shop.shown(ola, sub.id)).agreed_minor == 5_000 + DELIVERY


async def test_what_was_not_told_in_time_is_not_charged(shop: Shop, ola: Actor) -> None:
    sku = shop.fresh()
    sub = await shop.started(ola, sku)
    await shop.priced(sku, 4_000)
    await shop.renew(shop.today)
    waiting = await shop.shown(ola, sub.id)
    assert (await placed(shop, ola), stages(waiting)) == ([], [(0, "told")])
    assert waiting.next_on == shop.today + timedelta(days=14)
    await shop.priced(sku, 4_500)  # and again meanwhile
    await shop.renew(waiting.next_on)
    assert await placed(shop, ola) == []
    again = await shop.shown(ola, sub.id)
    await shop.renew(again.next_on)
    assert [each.total_minor for each in await placed(shop, ola)] == [4_500 + DELIVERY]


async def test_a_lower_price_is_simply_charged(shop: Shop, ola: Actor) -> None:
    sku = shop.fresh()
    sub = await shop.started(ola, sku)
    await shop.priced(sku, 10)
    await shop.renew(shop.today)
    assert [each.total_minor for each in await placed(shop, ola)] == [10 + DELIVERY]
    assert (await shop.shown(ola, sub.id)).agreed_minor == sub.agreed_minor


# --- what goes wrong --------------------------------------------------------------------------------------------------


async def test_what_is_not_there_is_tried_the_next_day(shop: Shop, ola: Actor) -> None:
    sku = shop.fresh()
    sub = await shop.started(ola, sku, 1_001)
    await shop.renew(shop.today)
    after = await shop.shown(ola, sub.id)
    assert (stages(after), after.next_on) == ([(0, "failed")], shop.today + timedelta(days=1))
    assert (after.cycles[0].why[:12], await placed(shop, ola)) == ("out-of-stock", [])
    lines = [{"sku": sku, "units": 10}]
    await shop.ask("commerce.inventory.receive", KEEPER, location="WH-1", reference=sku, lines=lines)
    await shop.renew(after.next_on)
    assert stages(await shop.shown(ola, sub.id)) == [(0, "failed"), (0, "paid")]


async def lapse(shop: Shop, order: UUID) -> None:
    """The order is not paid in time; the news comes twice."""
    async with shop.world.database.transaction("commerce") as tx:
        await orders.cancel(tx, order, "not paid in time")
    for _ in range(2):
        async with shop.world.database.transaction("commerce") as tx:
            await dun(tx, OrderCancelled(order, "not paid in time"))


@pytest.fixture
def away() -> Iterator[dict[str, str]]:
    """A provider that does not answer: what is placed on it waits for its money."""
    before = PROVIDERS.get("simulator")
    PROVIDERS["simulator"] = Simulator("http://127.0.0.1:1", bytes(32), 0.4)
    yield {"provider": "simulator", "method": "card", "token": "tok_ok"}
    if before is None:
        del PROVIDERS["simulator"]
    else:
        PROVIDERS["simulator"] = before


async def waiting(shop: Shop, who: Actor, subscription: UUID, day: date) -> UUID:
    """Place a delivery whose money has still to come."""
    await shop.renew(day)
    [newest, *_] = (await shop.shown(who, subscription)).cycles
    assert (newest.state, newest.order is not None) == ("placed", True)
    [payment] = await shop.ask("commerce.payments.payments", who, order=newest.order)
    assert payment.state == "pending"
    order: UUID = newest.order  # type: ignore[assignment]
    return order


async def test_what_is_not_paid_is_tried_three_times_and_then_ends(
    shop: Shop, ola: Actor, away: dict[str, str]
) -> None:
    sub, day = await shop.started(ola, shop.fresh(), paying=away), shop.today
    ended, failed = Follower(shop.world.database, SubscriptionCancelled), Follower(shop.world.database, RenewalFailed)
    await ended.begin()
    await failed.begin()
    for tried, days in enumerate((3, 5, 7), 1):
        order = await waiting(shop, ola, sub.id, day)
        with shop.on(day):
            await lapse(shop, order)
        now = await shop.shown(ola, sub.id)
        assert (now.state, now.next_on, len(now.cycles)) == ("past-due", day + timedelta(days=days), tried)
        day = now.next_on
    order = await waiting(shop, ola, sub.id, day)
    with shop.on(day):
        await lapse(shop, order)
    assert (await shop.shown(ola, sub.id)).state == "cancelled"
    assert [each.data.by for each in await ended.news()] == ["dunning"]
    assert [each.data.next_on is None for each in await failed.news()] == [False, False, False, True]
    await shop.renew(day + timedelta(days=40))
    assert {each.state for each in await placed(shop, ola)} == {"cancelled"}


async def test_money_that_comes_late_goes_on_with_it(shop: Shop, ola: Actor, away: dict[str, str]) -> None:
    sub = await shop.started(ola, shop.fresh(), paying=away)
    order = await waiting(shop, ola, sub.id, shop.today)
    with shop.on(shop.today):
        await lapse(shop, order)
    second = await waiting(shop, ola, sub.id, shop.today + timedelta(days=3))
    for _ in range(2):
        async with shop.world.database.transaction("commerce") as tx:
            await note_paid(tx, OrderPaid(second))
    after = await shop.shown(ola, sub.id)
    assert (after.state, stages(after)) == ("active", [(0, "failed"), (0, "paid")])
    # a late word about the first changes nothing
    async with shop.world.database.transaction("commerce") as tx:
        await note_paid(tx, OrderPaid(order))
    assert await shop.shown(ola, sub.id) == after


# --- ending, and whose it is ------------------------------------------------------------------------------------------


async def test_an_end_has_one_proof(shop: Shop, ola: Actor) -> None:
    sub = await shop.started(ola, shop.fresh())
    first = await shop.ask(actions.cancel, ola, subscription=sub.id, reason="too much coffee")
    again = await shop.ask(actions.cancel, SUPPORT, subscription=sub.id, reason="asked by phone")
    assert again == first
    shown = await shop.shown(ola, sub.id)
    assert [each.proof for each in shown.history if each.what == "cancelled"] == [first.proof]
    await shop.renew(shop.today + timedelta(days=90))
    assert await placed(shop, ola) == []
    for action in (actions.pause, actions.resume, actions.skip):
        assert (await shop.refused(action, ola, subscription=sub.id)).code == "not-now"


async def test_nobody_has_anothers(shop: Shop, ola: Actor) -> None:
    sub, eve = await shop.started(ola, shop.fresh()), Actor("customer", ids.new())
    for action in (actions.subscription, actions.pause, actions.skip):
        assert (await shop.refused(action, eve, subscription=sub.id)).code == "not-found"
    assert (await shop.refused(actions.cancel, eve, subscription=sub.id, reason="spite")).code == "not-found"
    assert await shop.ask(actions.subscriptions, eve) == []
    assert [each.id for each in await shop.ask(actions.subscriptions, ola)] == [sub.id]
    assert sub.id in [each.id for each in await shop.ask(actions.subscriptions, SUPPORT, limit=200)]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"plan": "yearly"}, "plan-unknown"),
        ({"agreed_minor": 1}, "price-differs"),
        ({"starts_on": "2001-01-01"}, "invalid"),
        ({"paying": {"method": "card", "provider": "nobody"}}, "tenders-unfit"),
        ({"delivery": "by-goat"}, "delivery-unknown"),
        ({"lines": [{"sku": "NOTHING"}]}, "not-sellable"),
    ],
)
async def test_what_cannot_be_subscribed_to(shop: Shop, ola: Actor, given: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault) as refused:
        await shop.started(ola, "ITEM-00001", **given)
    assert refused.value.code == code
    assert await shop.ask(actions.subscriptions, ola) == []


async def test_plans_are_seen_by_everybody_and_set_by_few(shop: Shop, ola: Actor) -> None:
    assert [each.code for each in await shop.ask(actions.plans, Actor("guest", ids.new()), channel="WEB-PL")] == [
        "monthly"
    ]
    plan = {"code": "monthly", "channel": "WEB-PL", "name": "x", "every": 1, "unit": "day"}
    assert (await shop.refused(actions.put_plans, ola, plans=[plan])).code == "forbidden"
    assert (await shop.refused(actions.put_plans, MERCHANT, plans=[plan, plan])).code == "invalid"
    assert (await shop.ask(actions.plans, ola))[0].unit == "month"


async def test_a_subscriber_skips_swaps_fails_to_pay_is_dunned_and_cancels_with_proof(
    shop: Shop, ola: Actor, away: dict[str, str]
) -> None:
    first, second = shop.fresh(), shop.fresh()
    sub = await shop.started(ola, first, paying=away)
    skipped = await shop.ask(actions.skip, ola, subscription=sub.id)
    assert (skipped.state, skipped.next_on > shop.today) == ("active", True)
    wanted = [{"sku": second, "quantity": 1}]
    price = await shop.ask(actions.preview_change, ola, subscription=sub.id, lines=wanted)
    assert (price.total_minor, price.days[0]) == (PRICE + int(second[-5:]) + DELIVERY, skipped.next_on)
    await shop.ask(actions.swap, ola, subscription=sub.id, lines=wanted, agreed_minor=price.total_minor)
    day = skipped.next_on
    for days in (3, 5):
        order = await waiting(shop, ola, sub.id, day)
        with shop.on(day):
            await lapse(shop, order)
        now = await shop.shown(ola, sub.id)
        assert (now.state, now.next_on) == ("past-due", day + timedelta(days=days))
        day = now.next_on
    [dunned] = await shop.ask(actions.subscriptions, ola, due=day)
    assert (dunned.state, dunned.tries) == ("past-due", 2)
    proof = await shop.ask(actions.cancel, ola, subscription=sub.id, reason="too often")
    assert (await shop.ask(actions.cancel, ola, subscription=sub.id, reason="again")).proof == proof.proof
    after = await shop.shown(ola, sub.id)
    assert [each.what for each in after.history] == ["started", "skipped", "swapped", "cancelled"]
    assert after.history[-1].proof == proof.proof
    await shop.renew(day)
    assert {each.state for each in await placed(shop, ola)} == {"cancelled"}
