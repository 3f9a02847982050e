"""Hours of delivery: had by orders as they are placed, by so many and no more, moved, and given back."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, Stall, set_up
from rynek.commerce.checkout.actions import change_cart, move_window, open_cart, window_of, windows
from rynek.commerce.checkout.model import Address, Cart
from rynek.commerce.checkout.placing import place
from rynek.commerce.checkout.reactions import free_hours
from rynek.commerce.orders.events import OrderCancelled
from rynek.commerce.shipping import windows as kept
from rynek.kernel import clock, door, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
HOME = Address("Ola Nowak", "Rynek 1", "Kraków", "31-042", "PL")


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    made = await set_up(world, units=100_000)
    option = {"code": "evening", "name": "In the evening", "kind": "home", "sku": "DELIVERY", "windowed": True}
    await world.door.ask(KEEPER, "commerce.checkout.put_delivery", channel="WEB-PL", options=[option])
    return made


def guest() -> Actor:
    return Actor("guest", ids.new())


async def window(world: App, capacity: int, **more: Any) -> UUID:
    """Offer hours that nobody else has; gives their id."""
    begins = clock.now() + timedelta(days=1, microseconds=ids.new().int % 10**9)
    said = {
        "channel": "WEB-PL", "delivery": "evening", "begins_at": begins, "ends_at": begins + timedelta(hours=2),
        "closes_at": begins - timedelta(hours=6), "capacity": capacity,
    } | more  # fmt: skip
    await world.door.ask(ADMIN, kept.put_windows, windows=[said])
    found = await world.door.ask(ADMIN, kept.windows, channel="WEB-PL")
    [mine] = [each for each in found if each.begins_at == said["begins_at"] and each.area == said.get("area", "")]
    made: UUID = mine.id
    return made


async def taken(world: App, of: UUID) -> int:
    found = await world.door.ask(ADMIN, kept.windows, channel="WEB-PL")
    count: int = next(each.taken for each in found if each.id == of)
    return count


async def cart(world: App, who: Actor, of: UUID | None, units: int = 1, **more: Any) -> Cart:
    lines = [{"sku": "ITEM-00001", "quantity": units}]
    said = {"channel": "WEB-PL", "lines": lines, "email": "ola@example.com", "address": HOME, "delivery": "evening"}
    made: Cart = await world.door.ask(who, open_cart, **(said | {"window": str(of) if of else None} | more))
    return made


async def bought(world: App, who: Actor, of: UUID | None, units: int = 1, **more: Any) -> UUID:
    made = await cart(world, who, of, units, **more)
    tenders = [{"method": "cash-on-delivery", "amount_minor": made.priced.total}]
    placed = await world.door.ask(who, place, cart=made.id, tenders=tenders)
    order: UUID = placed.order
    return order


async def refused(world: App, who: Actor, of: UUID | None, units: int = 1, **more: Any) -> Fault:
    with pytest.raises(Fault) as fault:
        await bought(world, who, of, units, **more)
    assert await world.door.ask(who, "commerce.orders.orders") == []
    return fault.value


async def test_a_hundred_places_are_had_by_exactly_a_hundred_of_four_hundred(world: App, stall: Stall) -> None:
    hours = await window(world, 100)
    buyers = [guest() for _ in range(400)]
    carts = await asyncio.gather(*(cart(world, who, hours) for who in buyers))

    async def one(who: Actor, chosen: Cart) -> str:
        tenders = [{"method": "cash-on-delivery", "amount_minor": chosen.priced.total}]
        try:
            await world.door.ask(who, place, cart=chosen.id, tenders=tenders)
        except Fault as fault:
            return fault.code
        return "placed"

    told = await asyncio.gather(*(one(who, chosen) for who, chosen in zip(buyers, carts, strict=True)))
    assert (told.count("placed"), told.count("window-full")) == (100, 300)
    assert await taken(world, hours) == 100
    async with world.database.transaction("commerce") as tx:
        assert await tx.value("select count(*) from commerce.delivery_slot where win = $1", hours) == 100
    offered = await world.door.ask(guest(), windows, channel="WEB-PL", delivery="evening", postcode="31-042")
    assert hours not in {each.id for each in offered}


async def test_hours_can_count_units(world: App, stall: Stall) -> None:
    hours = await window(world, 10, counts="units")
    await bought(world, guest(), hours, 7)
    fault = await refused(world, guest(), hours, 4)
    assert (fault.status, fault.code, fault.facts) == (409, "window-full", {"left": 3})
    await bought(world, guest(), hours, 3)
    assert await taken(world, hours) == 10


async def test_nothing_is_placed_without_hours(world: App, stall: Stall) -> None:
    fault = await refused(world, guest(), None)
    assert (fault.status, fault.code, fault.facts) == (422, "cart-incomplete", {"missing": ["window"]})
    assert "GET /checkout/channels/WEB-PL/windows?delivery=evening lists hours" in fault.detail


async def test_hours_that_cannot_be_had_are_refused(world: App, stall: Stall) -> None:
    past = clock.now() + timedelta(hours=1)
    shut = await window(
        world, 5, begins_at=past, ends_at=past + timedelta(hours=1), closes_at=past - timedelta(hours=2)
    )
    wrong = (shut, await window(world, 5, area="00"), await window(world, 5, active=False), ids.new())
    for hours in (*wrong, await window(world, 5, delivery=COURIER)):
        fault = await refused(world, guest(), hours)
        assert (fault.status, fault.code) == (422, "window-unknown")
    assert [await taken(world, each) for each in wrong[:3]] == [0, 0, 0]


async def test_what_is_out_of_stock_takes_no_hours(world: App, stall: Stall) -> None:
    hours = await window(world, 5)
    fault = await refused(world, guest(), hours, 900_000)
    assert fault.code == "out-of-stock"
    assert await taken(world, hours) == 0


async def test_hours_belong_to_their_delivery(world: App, stall: Stall) -> None:
    who, hours = guest(), await window(world, 5)
    chosen = await cart(world, who, hours)
    moved = await world.door.ask(who, change_cart, cart=chosen.id, delivery=COURIER)
    assert moved.terms.window is None


async def test_the_hours_of_a_cancelled_order_are_given_back_once(world: App, stall: Stall) -> None:
    hours = await window(world, 2)
    orders = [await bought(world, guest(), hours) for _ in range(2)]
    for _ in range(2):
        async with world.database.transaction("commerce") as tx:
            await free_hours(tx, OrderCancelled(orders[0], "changed"))
        assert await taken(world, hours) == 1
    await bought(world, guest(), hours)
    assert await taken(world, hours) == 2


async def test_a_buyer_moves_an_order_to_other_hours(world: App, stall: Stall) -> None:
    who, first, second, full = guest(), *[await window(world, 1) for _ in range(3)]
    order = await bought(world, who, first)
    await bought(world, guest(), full)
    assert (await world.door.ask(who, window_of, order=order)).window == first
    for _ in range(2):
        assert (await world.door.ask(who, move_window, order=order, window=str(second))).window == second
    assert (await taken(world, first), await taken(world, second)) == (0, 1)
    with pytest.raises(Fault) as refusal:
        await world.door.ask(who, move_window, order=order, window=str(full))
    assert refusal.value.code == "window-full"
    with pytest.raises(Fault) as refusal:
        await world.door.ask(guest(), move_window, order=order, window=str(first))
    assert refusal.value.status == 404
    with clock.at(clock.now() + timedelta(days=2)), pytest.raises(Fault, match="closed"):
        await world.door.ask(ADMIN, move_window, order=order, window=str(first))
    assert (await taken(world, first), await taken(world, second)) == (0, 1)


async def test_two_who_move_to_the_last_place_at_once(world: App, stall: Stall) -> None:
    wanted, others = await window(world, 1), [await window(world, 1) for _ in range(6)]
    pairs = [(who, await bought(world, who, of)) for who, of in zip([guest() for _ in others], others, strict=True)]
    asked = [world.door.ask(who, move_window, order=order, window=str(wanted)) for who, order in pairs]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, Fault) and each.code == "window-full" for each in told) == 5
    assert await taken(world, wanted) == 1
    assert sum([await taken(world, each) for each in others]) == 5


async def test_hours_are_not_made_smaller_than_what_is_taken(world: App, stall: Stall) -> None:
    hours = await window(world, 3)
    for _ in range(2):
        await bought(world, guest(), hours)
    found = await world.door.ask(ADMIN, kept.windows, channel="WEB-PL")
    [mine] = [each for each in found if each.id == hours]
    said = {name: getattr(mine, name) for name in ("channel", "delivery", "area", "begins_at", "ends_at", "closes_at")}
    for capacity, fault in ((1, "window-full"), (2, None)):
        changing = world.door.ask(ADMIN, kept.put_windows, windows=[{**said, "capacity": capacity}])
        told: Any = await asyncio.gather(changing, return_exceptions=True)
        refusal = door.understood(told[0]) if isinstance(told[0], Exception) else None
        assert (refusal.code if refusal else None) == fault
    assert await taken(world, hours) == 2


@pytest.mark.parametrize("wrong", ["turned", "late", "twice", "nowhere"])
async def test_hours_that_are_none_are_refused(world: App, stall: Stall, wrong: str) -> None:
    begins = clock.now() + timedelta(days=3)
    said: dict[str, Any] = {
        "channel": "WEB-PL", "delivery": "evening", "begins_at": begins, "ends_at": begins + timedelta(hours=2),
        "closes_at": begins, "capacity": 1,
    }  # fmt: skip
    if wrong == "turned":
        said["ends_at"] = begins
    if wrong == "late":
        said["closes_at"] = begins + timedelta(minutes=1)
    if wrong == "nowhere":
        said["begins_at"] = begins.replace(tzinfo=None)
    with pytest.raises(Fault) as refusal:
        await world.door.ask(ADMIN, kept.put_windows, windows=[said, said] if wrong == "twice" else [said])
    assert refusal.value.status == 422
