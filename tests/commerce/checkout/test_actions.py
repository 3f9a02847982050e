"""Carts on the real database: kept through log-in, moved between channels, priced for who asks and when."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, set_up
from rynek.commerce.checkout import actions, placing
from rynek.commerce.checkout.events import CartChanged, CartDropped
from rynek.commerce.checkout.model import Cart
from rynek.commerce.checkout.reactions import bring_carts
from rynek.commerce.inventory.actions import totals
from rynek.commerce.orders.reactions import hand_over
from rynek.kernel import clock, door, ids, log
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from rynek.kernel.log import Follower
from rynek.security.events import CustomerLoggedIn

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
COMPLETE: dict[str, Any] = {"email": "ola@example.com", "address": HOME, "delivery": COURIER}

Lines = dict[str, int]


@pytest.fixture(scope="module")
async def shop(world: App) -> App:
    """A shop that sells in a second channel, dearer; with a list for the group ``gold``, and a bundle."""
    await set_up(world, 20)

    async def ask(operation: str, **values: Any) -> None:
        await world.door.ask(KEEPER, f"commerce.{operation}", **values)

    second = {"code": "APP-PL", "name": "App", "kind": "web", "currency": "PLN", "country": "PL"}
    await ask("catalog.put_channels", channels=[second])
    shown = [f"ITEM-{number:05d}" for number in range(15)]
    await ask("catalog.publish", publications=[{"product": sku, "channel": "APP-PL"} for sku in shown])
    lists = [
        {"code": "APP", "name": "App", "currency": "PLN", "channel": "APP-PL", "priority": 1},
        {"code": "GOLD", "name": "Gold", "currency": "PLN", "customer_group": "gold", "priority": 1},
    ]
    await ask("pricing.put_lists", lists=lists)
    prices = [
        {"list": "APP", "sku": "ITEM-00001", "minor": 2000},
        {"list": "GOLD", "sku": "ITEM-00002", "minor": 500},
    ]
    await ask("pricing.put_prices", prices=prices)
    await ask("inventory.put_routes", channel="APP-PL", routes=[{"location": "WH-1"}])
    parts = ("PART-A", "PART-B", "SET")
    products = [{"code": sku, "name": sku, "variants": [{"sku": sku}]} for sku in parts]
    await ask("catalog.put_products", products=products)
    await ask("catalog.publish", publications=[{"product": sku, "channel": "WEB-PL"} for sku in parts])
    made_of = [{"sku": "PART-A", "quantity": 2}, {"sku": "PART-B", "quantity": 1}]
    await ask("catalog.put_bundles", bundles=[{"sku": "SET", "components": made_of}])
    await ask("pricing.put_prices", prices=[{"list": "RETAIL-PL", "sku": sku, "minor": 700} for sku in parts])
    units = [{"sku": "PART-A", "units": 10}, {"sku": "PART-B", "units": 100}]
    await ask("inventory.receive", location="WH-1", reference="parts", lines=units)
    return world


def guest() -> Actor:
    return Actor("guest", ids.new())


def customer() -> Actor:
    return Actor("customer", ids.new())


async def begin(shop: App, who: Actor, lines: Lines, channel: str = "WEB-PL", **more: Any) -> Cart:
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()]
    cart: Cart = await shop.door.ask(who, actions.open_cart, channel=channel, lines=wanted, **more)
    return cart


async def change(shop: App, who: Actor, cart: UUID, **more: Any) -> Cart:
    changed: Cart = await shop.door.ask(who, actions.change_cart, cart=cart, **more)
    return changed


async def mine(shop: App, who: Actor) -> list[tuple[str, Lines]]:
    """List somebody's open carts, newest first, by what is in them."""
    return [(each.terms.channel, content(each)) for each in await shop.door.ask(who, actions.carts)]


def content(cart: Cart) -> Lines:
    return {want.sku: want.quantity for want in cart.terms.lines}


async def refused(shop: App, who: Actor, action: Any, **values: Any) -> Fault:
    try:
        await shop.door.ask(who, action, **values)
    except (Fault, asyncpg.PostgresError) as error:
        refusal = door.understood(error)
        assert refusal is not None
        return refusal
    raise AssertionError("it was not refused")


async def logged_in(shop: App, who: Actor, was: Actor | None) -> None:
    """Let checkout hear that a customer logged in, as its reaction does."""
    async with shop.database.transaction("commerce") as tx:
        await bring_carts(tx, CustomerLoggedIn(who.id, was.id if was else None))


async def placed(shop: App, who: Actor, cart: Cart) -> Any:
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    return await shop.door.ask(who, placing.place, cart=cart.id, tenders=tenders)


async def held(shop: App, skus: Sequence[str]) -> dict[str, int]:
    return {each.sku: each.held for each in await shop.door.ask(ADMIN, totals, skus=list(skus))}


# --- logging in -------------------------------------------------------------------------------------------------------


async def test_a_guest_who_logs_in_keeps_the_carts_begun_before_however_often_it_is_told(shop: App) -> None:
    was, who = guest(), customer()
    await begin(shop, who, {"ITEM-00001": 1, "ITEM-00003": 1})
    await begin(shop, was, {"ITEM-00001": 2, "ITEM-00004": 5})
    await begin(shop, was, {"ITEM-00001": 7}, "APP-PL")
    follower = Follower(shop.database, CartDropped)
    await follower.begin()
    for _ in range(2):
        await logged_in(shop, who, was)
    together = {"ITEM-00001": 3, "ITEM-00003": 1, "ITEM-00004": 5}
    assert await mine(shop, who) == [("APP-PL", {"ITEM-00001": 7}), ("WEB-PL", together)]
    assert (await mine(shop, was), len(await follower.news())) == ([], 1)


async def test_a_guest_who_logs_in_has_the_orders_placed_before_however_often_it_is_told(shop: App) -> None:
    was, who = guest(), customer()
    order = (await placed(shop, was, await begin(shop, was, {"ITEM-00002": 1}, **COMPLETE))).order
    for _ in range(2):
        async with shop.database.transaction("commerce") as tx:
            await hand_over(tx, CustomerLoggedIn(who.id, was.id))
            await hand_over(tx, CustomerLoggedIn(customer().id))
    assert [each.id for each in await shop.door.ask(who, "commerce.orders.orders")] == [order]
    assert await shop.door.ask(was, "commerce.orders.orders") == []


async def test_a_guest_who_registers_finds_the_cart_again(shop: App) -> None:
    """From the account to the cart by the log, as it happens in a running shop."""
    was = guest()
    await begin(shop, was, {"ITEM-00005": 4})
    person = {"email": f"{was.id.hex}@example.com", "password": "a long enough password", "name": "Ola"}
    entry = await shop.door.ask(was, "security.register", **person)
    await log.enrol(shop.database)
    async with asyncio.timeout(30):  # the log is read once no older transaction runs on the whole server
        while await mine(shop, was):
            await log.advance(shop.database, log.REACTIONS["commerce.checkout.bring_carts"])
    assert await mine(shop, Actor("customer", entry.id)) == [("WEB-PL", {"ITEM-00005": 4})]


async def test_carts_go_to_who_logs_in_first_though_told_in_any_order(shop: App) -> None:
    was, first, second = guest(), customer(), customer()
    await begin(shop, was, {"ITEM-00001": 2})
    for who in (first, second, first):
        await logged_in(shop, who, was)
    assert (await mine(shop, first), await mine(shop, second)) == ([("WEB-PL", {"ITEM-00001": 2})], [])


async def test_several_carts_of_a_guest_in_one_channel_become_one(shop: App) -> None:
    was, who = guest(), customer()
    for number in (1, 2, 3):
        await begin(shop, was, {f"ITEM-0000{number}": number})
    await logged_in(shop, who, was)
    assert await mine(shop, who) == [("WEB-PL", {"ITEM-00001": 1, "ITEM-00002": 2, "ITEM-00003": 3})]


async def test_what_was_placed_before_logging_in_stays_as_it_was(shop: App) -> None:
    was, who = guest(), customer()
    cart = await begin(shop, was, {"ITEM-00001": 1}, **COMPLETE)
    order = (await placed(shop, was, cart)).order
    await logged_in(shop, who, was)
    assert await mine(shop, who) == []
    assert (await shop.door.ask(was, "commerce.orders.order", order=order)).id == order


async def test_what_cannot_be_merged_stays_in_a_cart_of_its_own(shop: App) -> None:
    was, who = guest(), customer()
    await begin(shop, who, {"ITEM-00001": 600_000})
    await begin(shop, was, {"ITEM-00001": 600_000})
    await logged_in(shop, who, was)
    assert await mine(shop, who) == [("WEB-PL", {"ITEM-00001": 600_000})] * 2


async def test_who_logs_in_without_having_been_a_guest_brings_nothing(shop: App) -> None:
    who = customer()
    await begin(shop, who, {"ITEM-00001": 1})
    await logged_in(shop, who, None)
    assert await mine(shop, who) == [("WEB-PL", {"ITEM-00001": 1})]


# --- several, merged, thrown away ------------------------------------------------------------------------------------


async def test_a_customer_has_several_carts_and_merges_them_when_they_like(shop: App) -> None:
    who = customer()
    first, second = (
        await begin(shop, who, {"ITEM-00001": 1}),
        await begin(shop, who, {"ITEM-00001": 2, "ITEM-00002": 1}),
    )
    assert len(await mine(shop, who)) == 2
    found = await shop.door.ask(who, actions.merge_cart, cart=first.id, other=second.id)
    assert (content(found), found.version) == ({"ITEM-00001": 3, "ITEM-00002": 1}, 2)
    assert found.priced.total == 3 * 1001 + 1002
    assert (await refused(shop, who, actions.cart, cart=second.id)).code == "not-found"
    itself = await refused(shop, who, actions.merge_cart, cart=first.id, other=first.id)
    assert (itself.code, await mine(shop, who)) == ("invalid", [("WEB-PL", {"ITEM-00001": 3, "ITEM-00002": 1})])


async def test_a_placed_cart_is_neither_changed_merged_nor_thrown_away(shop: App) -> None:
    who = customer()
    cart = await begin(shop, who, {"ITEM-00001": 1}, **COMPLETE)
    other = await begin(shop, who, {"ITEM-00002": 1})
    await placed(shop, who, cart)
    values: list[tuple[Any, dict[str, Any]]] = [
        (actions.change_cart, {"cart": cart.id, "lines": []}),
        (actions.drop_cart, {"cart": cart.id}),
        (actions.merge_cart, {"cart": cart.id, "other": other.id}),
        (actions.merge_cart, {"cart": other.id, "other": cart.id}),
    ]
    for action, more in values:
        assert (await refused(shop, who, action, **more)).code == "cart-placed"
    assert await mine(shop, who) == [("WEB-PL", {"ITEM-00002": 1})]


async def test_a_cart_thrown_away_is_gone(shop: App) -> None:
    who = guest()
    cart = await begin(shop, who, {"ITEM-00001": 1})
    await shop.door.ask(who, actions.drop_cart, cart=cart.id)
    assert (await refused(shop, who, actions.drop_cart, cart=cart.id)).code == "not-found"


async def test_a_cart_that_another_changed_is_not_overwritten(shop: App) -> None:
    who = guest()
    cart = await begin(shop, who, {"ITEM-00001": 1})
    await change(shop, who, cart.id, add=[{"sku": "ITEM-00001"}], version=1)
    late = await refused(shop, who, actions.change_cart, cart=cart.id, lines=[], version=1)
    assert (late.code, late.facts) == ("cart-changed", {"version": 2})
    assert await mine(shop, who) == [("WEB-PL", {"ITEM-00001": 2})]


# --- channels ---------------------------------------------------------------------------------------------------------


async def test_a_cart_moves_to_another_channel_at_its_prices(shop: App) -> None:
    who = guest()
    cart = await begin(shop, who, {"ITEM-00001": 2})
    assert cart.priced.total == 2002
    follower = Follower(shop.database, CartChanged)
    await follower.begin()
    moved = await change(shop, who, cart.id, channel="APP-PL")
    assert (moved.terms.channel, moved.priced.total, content(moved)) == ("APP-PL", 4000, {"ITEM-00001": 2})
    assert [(e.data.channel, e.data.total_minor) for e in await follower.news()] == [("APP-PL", 4000)]


async def test_what_the_other_channel_does_not_sell_keeps_the_cart_where_it_is(shop: App) -> None:
    who = guest()
    cart = await begin(shop, who, {"ITEM-00019": 1}, delivery=COURIER)
    assert (await refused(shop, who, actions.change_cart, cart=cart.id, channel="APP-PL")).code in {
        "not-sellable",
        "delivery-unknown",
    }
    away = await refused(shop, who, actions.change_cart, cart=cart.id, channel="APP-PL", delivery=None)
    assert away.code == "not-sellable"
    assert (await refused(shop, who, actions.change_cart, cart=cart.id, channel="NOWHERE")).code == "channel-closed"
    assert await mine(shop, who) == [("WEB-PL", {"ITEM-00019": 1})]


# --- prices -----------------------------------------------------------------------------------------------------------


async def reprice(shop: App, sku: str, minor: int, channel_list: str = "RETAIL-PL") -> None:
    prices = [{"list": channel_list, "sku": sku, "minor": minor}]
    await shop.door.ask(KEEPER, "commerce.pricing.put_prices", prices=prices)


async def test_a_price_is_kept_for_its_time_and_then_looked_up_anew(shop: App) -> None:
    who = guest()
    cart = await begin(shop, who, {"ITEM-00010": 1}, **COMPLETE)
    assert (cart.priced.total, cart.good_until - clock.now() < timedelta(minutes=30)) == (2510, True)
    await reprice(shop, "ITEM-00010", 3000)
    assert (await shop.door.ask(who, actions.cart, cart=cart.id)).priced.total == 2510
    with clock.at(cart.good_until):
        assert (await shop.door.ask(who, actions.cart, cart=cart.id)).priced.total == 4500
        tenders = [{"method": "transfer", "amount_minor": 2510}]
        stale = await refused(shop, who, placing.place, cart=cart.id, tenders=tenders)
    assert (stale.code, stale.facts) == ("total-differs", {"total": 4500, "offered": 2510})
    assert (await held(shop, ["ITEM-00010"]))["ITEM-00010"] == 0


async def test_within_its_time_the_old_price_is_what_is_paid(shop: App) -> None:
    who = guest()
    cart = await begin(shop, who, {"ITEM-00011": 1}, **COMPLETE)
    await reprice(shop, "ITEM-00011", 9000)
    assert (await placed(shop, who, cart)).total_minor == 1011 + 1500


async def test_a_changed_cart_is_priced_anew_as_a_whole(shop: App) -> None:
    who = guest()
    cart = await begin(shop, who, {"ITEM-00012": 1})
    await reprice(shop, "ITEM-00012", 5000)
    assert (await change(shop, who, cart.id, add=[{"sku": "ITEM-00001"}])).priced.total == 5000 + 1001


async def test_a_group_has_prices_of_its_own_and_guests_have_not(shop: App) -> None:
    who, other = customer(), customer()
    await shop.door.ask(ADMIN, actions.put_group, customer=who.id, price_group="gold")
    totals_ = [(await begin(shop, each, {"ITEM-00002": 2})).priced.total for each in (who, other, guest())]
    assert totals_ == [1000, 2004, 2004]


async def test_who_logs_in_pays_their_groups_price_for_what_a_guest_put_in(shop: App) -> None:
    was, who = guest(), customer()
    await shop.door.ask(ADMIN, actions.put_group, customer=who.id, price_group="gold")
    await begin(shop, was, {"ITEM-00002": 2})
    await logged_in(shop, who, was)
    [cart] = await shop.door.ask(who, actions.carts)
    assert (await shop.door.ask(who, actions.cart, cart=cart.id)).priced.total == 1000


# --- bundles ----------------------------------------------------------------------------------------------------------


async def test_a_bundle_holds_what_it_is_made_of(shop: App) -> None:
    who = guest()
    cart = await begin(shop, who, {"SET": 3, "PART-B": 2}, **COMPLETE)
    assert cart.priced.components == {"SET": [("PART-A", 2), ("PART-B", 1)]}
    assert cart.priced.total == 5 * 700 + 1500
    await placed(shop, who, cart)
    assert await held(shop, ["PART-A", "PART-B", "SET"]) == {"PART-A": 6, "PART-B": 5}


async def test_a_bundle_is_out_of_stock_when_a_part_of_it_is(shop: App) -> None:
    who = guest()
    before = await held(shop, ["PART-A", "PART-B"])
    cart = await begin(shop, who, {"SET": 4, "PART-A": 3}, **COMPLETE)
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    short = 4 * 2 + 3 - (10 - before["PART-A"])
    refusal = await refused(shop, who, placing.place, cart=cart.id, tenders=tenders)
    assert (refusal.code, refusal.facts) == ("out-of-stock", {"short": {"PART-A": short}})
    assert await held(shop, ["PART-A", "PART-B"]) == before
