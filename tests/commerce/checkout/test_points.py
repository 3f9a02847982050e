"""Goods that are collected: at which places, found how, and no order without one."""

from typing import Any

import pytest

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, Stall, set_up
from rynek.commerce.checkout.actions import change_cart, open_cart, points
from rynek.commerce.checkout.model import Cart, Placed
from rynek.commerce.checkout.placing import place
from rynek.commerce.orders.actions import order, orders
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
ANYONE = Actor("anyone", ids.new())
SHOPS = [
    {"location": "S-1", "latitude": 50.0614, "longitude": 19.9366, "hands_out": True, "street": "Rynek Główny 1",
     "postcode": "31-042", "city": "Kraków"},
    {"location": "S-2", "latitude": 52.2298, "longitude": 21.0118, "hands_out": True, "street": "Nowy Świat 5",
     "postcode": "00-950", "city": "Warszawa"},
    {"location": "S-3", "hands_out": False, "city": "Gdańsk"},
]  # fmt: skip


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    made = await set_up(world)
    ask = world.door.ask
    await ask(ADMIN, "commerce.fulfilment.put_places", places=SHOPS)
    routes = [{"location": each, "rank": n} for n, each in enumerate(("WH-1", "WH-2", "S-1", "S-2", "S-3"))]
    await ask(KEEPER, "commerce.inventory.put_routes", channel="WEB-PL", routes=routes)
    area = {"country": "PL", "prefix": "02", "latitude": 52.2, "longitude": 21.0}
    await ask(ADMIN, "commerce.fulfilment.put_areas", areas=[area])
    option = {"code": "shop", "name": "From a shop", "kind": "pickup", "sku": "DELIVERY"}
    await ask(ADMIN, "commerce.checkout.put_delivery", channel="WEB-PL", options=[option])
    return made


def guest() -> Actor:
    return Actor("guest", ids.new())


async def begun(world: App, who: Actor, **more: Any) -> Cart:
    said = {"channel": "WEB-PL", "lines": [{"sku": "ITEM-00001"}], "email": "ola@example.com", "delivery": "shop"}
    made: Cart = await world.door.ask(who, open_cart, **(said | more))
    return made


async def bought(world: App, who: Actor, cart: Cart) -> Placed:
    tenders = [{"method": "cash-on-delivery", "amount_minor": cart.priced.total}]
    made: Placed = await world.door.ask(who, place, cart=cart.id, tenders=tenders)
    return made


async def found(world: App, **asked: Any) -> list[tuple[str, int | None]]:
    rows = await world.door.ask(ANYONE, points, channel="WEB-PL", delivery="shop", **asked)
    return [(each.code, each.distance_m) for each in rows]


@pytest.mark.parametrize(
    ("near", "codes"),
    [
        ("", ["S-1", "S-2"]),
        ("krakow", ["S-1"]),
        ("KRAKÓW rynek", ["S-1"]),
        ("Kraków Świat", []),
        ("swiat", ["S-2"]),
        ("s-2", ["S-2"]),
        ("31-042", ["S-1"]),
        ("Gdańsk", []),
        ("%", []),
    ],
)
async def test_shops_are_found_by_words(world: App, stall: Stall, near: str, codes: list[str]) -> None:
    assert [code for code, _ in await found(world, near=near)] == codes


async def test_shops_are_found_by_nearness(world: App, stall: Stall) -> None:
    [warsaw, krakow] = await found(world, near="02-495")
    assert (warsaw[0], krakow[0]) == ("S-2", "S-1")
    assert warsaw[1] == 3410
    assert krakow[1] is not None
    assert 240_000 < krakow[1] < 260_000
    assert [code for code, _ in await found(world, latitude=50.0, longitude=20.0, limit=1)] == ["S-1"]
    assert await found(world, latitude=52.2298, longitude=21.0118, near="Warszawa") == [("S-2", 0)]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"latitude": 50.0}, "invalid"),
        ({"delivery": "drone"}, "delivery-unknown"),
        ({"channel": "NOWHERE"}, "channel-closed"),
    ],
)
async def test_what_is_asked_wrongly_is_refused(world: App, stall: Stall, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault) as refused:
        await world.door.ask(ANYONE, points, **({"channel": "WEB-PL", "delivery": "shop"} | asked))
    assert refused.value.code == code


async def test_a_guest_collects_without_an_address(world: App, stall: Stall) -> None:
    who = guest()
    cart = await begun(world, who, point="S-1", recipient={"name": "Ola Nowak"})
    assert cart.priced.country == "PL"
    placed = await bought(world, who, cart)
    assert placed.state == "open"
    agreed = (await world.door.ask(who, order, order=placed.order)).agreed
    assert b'"point":"S-1"' in bytes(agreed)


async def test_nothing_is_placed_without_a_place(world: App, stall: Stall) -> None:
    who = guest()
    cart = await begun(world, who)
    with pytest.raises(Fault) as refused:
        await bought(world, who, cart)
    assert (refused.value.status, refused.value.code) == (422, "cart-incomplete")
    assert refused.value.facts["missing"] == ["point"]
    assert "GET /checkout/channels/WEB-PL/points?delivery=shop lists places" in refused.value.detail
    assert await world.door.ask(who, orders) == []


@pytest.mark.parametrize(
    ("point", "delivery"),
    [("S-9", "shop"), ("S-3", "shop"), ("WH-1", "shop"), ("S-1", COURIER), ("S-1", None)],
)
async def test_a_place_that_hands_nothing_out_is_refused(
    world: App, stall: Stall, point: str, delivery: str | None
) -> None:
    who = guest()
    with pytest.raises(Fault) as refused:
        await begun(world, who, point=point, delivery=delivery)
    assert (refused.value.status, refused.value.code) == (422, "point-unknown")
    cart = await begun(world, who, delivery=delivery)
    with pytest.raises(Fault, match="lists the places"):
        await world.door.ask(who, change_cart, cart=cart.id, point=point)


async def test_a_place_belongs_to_its_delivery(world: App, stall: Stall) -> None:
    who = guest()
    cart = await begun(world, who, point="S-1")
    moved = await world.door.ask(who, change_cart, cart=cart.id, delivery=COURIER)
    assert moved.terms.point is None
    back = await world.door.ask(who, change_cart, cart=cart.id, delivery="shop", point="S-2")
    assert back.terms.point == "S-2"
    kept = await world.door.ask(who, change_cart, cart=cart.id, add=[{"sku": "ITEM-00002"}], delivery="shop")
    assert kept.terms.point == "S-2"


async def test_a_shop_that_hands_out_no_more_is_noticed_when_placing(world: App, stall: Stall) -> None:
    who = guest()
    cart = await begun(world, who, point="S-2", recipient={"name": "Ola"})
    closed = [SHOPS[1] | {"hands_out": False}]
    await world.door.ask(ADMIN, "commerce.fulfilment.put_places", places=closed)
    with pytest.raises(Fault) as refused:
        await bought(world, who, cart)
    assert refused.value.code == "point-unknown"
    assert await world.door.ask(who, orders) == []
    await world.door.ask(ADMIN, "commerce.fulfilment.put_places", places=[SHOPS[1]])
    assert (await bought(world, who, cart)).state == "open"
