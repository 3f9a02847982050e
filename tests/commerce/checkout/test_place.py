"""A purchase from the cart to the order, on the real database."""

import asyncio
from typing import Any

import pytest

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, Stall, set_up
from rynek.commerce.checkout.actions import cart, carts, change_cart, open_cart
from rynek.commerce.checkout.model import Address, Cart, Placed
from rynek.commerce.checkout.placing import place
from rynek.commerce.inventory.actions import levels, unbalanced
from rynek.commerce.orders.actions import order, orders
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault

HOME = Address("Ola Nowak", "Rynek 1", "Kraków", "31-042", "PL")
SUPPORT = Actor("staff", ids.new(), roles=frozenset({"support", "stock"}), name="support")


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    return await set_up(world)


def guest() -> Actor:
    return Actor("guest", ids.new())


async def full_cart(world: App, who: Actor, *lines: tuple[str, int]) -> Cart:
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    found: Cart = await world.door.ask(
        who, open_cart, channel="WEB-PL", lines=wanted, email="ola@example.com", address=HOME, delivery=COURIER
    )
    return found


async def buy(world: App, who: Actor, chosen: Cart, **more: Any) -> Placed:
    tenders = [{"method": "cash-on-delivery", "amount_minor": more.pop("total", chosen.priced.total)}]
    placed: Placed = await world.door.ask(who, place, cart=chosen.id, tenders=tenders)
    return placed


async def test_a_guest_buys(world: App, stall: Stall) -> None:
    who = guest()
    chosen = await full_cart(world, who, ("ITEM-00001", 2), ("ITEM-00002", 1))
    assert [(line.sku, line.gross) for line in chosen.priced.lines] == [("ITEM-00001", 2002), ("ITEM-00002", 1002)]
    assert chosen.priced.total == 2002 + 1002 + 1500
    assert chosen.priced.net + chosen.priced.tax == chosen.priced.total
    placed = await buy(world, who, chosen)
    assert (placed.state, placed.total_minor, placed.pending) == ("open", 4504, [])
    written = await world.door.ask(who, order, order=placed.order)
    assert [(line.sku, line.quantity, line.gross_minor) for line in written.lines] == [
        ("ITEM-00001", 2, 2002),
        ("ITEM-00002", 1, 1002),
    ]
    assert (written.delivery_minor, written.total_minor, written.authorised_minor) == (1500, 4504, 4504)
    [level] = [each for each in await world.door.ask(SUPPORT, levels, skus=["ITEM-00001"]) if each.held]
    assert (level.on_hand, level.held) == (1000, 2)
    assert await world.door.ask(who, carts) == []
    assert (await world.door.ask(who, cart, cart=chosen.id)).order == placed.order


async def test_placed_again_it_is_the_same_order(world: App, stall: Stall) -> None:
    who = guest()
    chosen = await full_cart(world, who, ("ITEM-00003", 1))
    first = await buy(world, who, chosen)
    assert await buy(world, who, chosen) == first
    assert len(await world.door.ask(who, orders)) == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"email": None}, "CartIncomplete"),
        ({"address": None}, "CartIncomplete"),
        ({"delivery": None}, "CartIncomplete"),
        ({"lines": []}, "CartIncomplete"),
        ({"lines": [{"sku": "ITEM-00004", "quantity": 1001}]}, "OutOfStock"),
        (
            {"lines": [{"sku": "ITEM-00004", "quantity": 600}], "add": [{"sku": "ITEM-00004", "quantity": 600}]},
            "OutOfStock",
        ),
    ],
)
async def test_what_cannot_be_placed_is_refused_and_changes_nothing(
    world: App, stall: Stall, change: dict[str, Any], refusal: str
) -> None:
    who = guest()
    chosen = await full_cart(world, who, ("ITEM-00004", 1))
    chosen = await world.door.ask(who, change_cart, cart=chosen.id, **change)
    with pytest.raises(Fault) as refused:
        await buy(world, who, chosen)
    assert type(refused.value).__name__ == refusal
    assert await world.door.ask(who, orders) == []
    assert [each.held for each in await world.door.ask(SUPPORT, levels, skus=["ITEM-00004"])] == [0]


async def test_the_buyer_pays_what_was_shown_or_is_told_the_new_total(world: App, stall: Stall) -> None:
    who = guest()
    chosen = await full_cart(world, who, ("ITEM-00005", 1))
    with pytest.raises(Fault) as refused:
        await buy(world, who, chosen, total=1)
    assert refused.value.code == "total-differs"
    assert refused.value.facts == {"total": 2505, "offered": 1}


async def test_a_wrong_total_does_not_speak_for_the_right_one_beside_it(world: App, stall: Stall) -> None:
    who = guest()
    chosen = await full_cart(world, who, ("ITEM-00007", 1))
    wrong, right, again = await asyncio.gather(
        buy(world, who, chosen, total=1), buy(world, who, chosen), buy(world, who, chosen), return_exceptions=True
    )
    assert isinstance(wrong, Fault)
    assert wrong.code == "total-differs"
    assert isinstance(right, Placed)
    assert again == right


async def test_nobody_sees_or_places_the_cart_of_another(world: App, stall: Stall) -> None:
    chosen = await full_cart(world, guest(), ("ITEM-00006", 1))
    for action, more in ((cart, {}), (place, {"tenders": []}), (change_cart, {"lines": []})):
        with pytest.raises(Fault) as refused:
            await world.door.ask(guest(), action, cart=chosen.id, **more)
        assert refused.value.code == "not-found"


async def test_the_books_balance(world: App, stall: Stall) -> None:
    assert await world.door.ask(KEEPER, unbalanced) == []
