"""Promotions from what a merchandiser says to what an order was given, told as stories on the real database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, Stall, set_up
from rynek.commerce.checkout import Cart, Placed
from rynek.commerce.orders.events import OrderCancelled
from rynek.commerce.promotions.actions import CHUNK, LETTERS, go_on_making
from rynek.commerce.promotions.reactions import return_uses
from rynek.kernel import clock, ids, jobs, log
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault, Forbidden, Invalid
from rynek.kernel.settings import Settings

HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
MERCHANT = Actor("staff", ids.new(), roles=frozenset({"merchandise", "support", "stock"}), name="merchant")
BUYERS, LIMIT = 400, 100


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    return await set_up(world, items=20, units=100_000)


@pytest.fixture(scope="module")
async def other(settings: Settings) -> AsyncIterator[App]:
    """Give a second process' door to the same database."""
    opened = await App.open(settings)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
async def only_mine(world: App, stall: Stall) -> AsyncIterator[None]:
    """Leave no promotion active that another test's baskets would meet."""
    yield
    kept = await ask(world, "promotions.promotions", state="active")
    ended = [{**msgspec.to_builtins(each.promotion), "state": "ended"} for each in kept]
    await ask(world, "promotions.put_promotions", promotions=ended)


async def ask(world: App, operation: str, actor: Actor = MERCHANT, **values: Any) -> Any:
    return await world.door.ask(actor, f"commerce.{operation}", **values)


async def put(world: App, code: str, gives: dict[str, Any], *when: dict[str, Any], **more: Any) -> None:
    said = {"code": code, "name": f"The {code}", "gives": gives, "when": list(when), "state": "active"} | more
    taken = await ask(world, "promotions.put_promotions", promotions=[said])
    assert taken.refused == []


def guest() -> Actor:
    return Actor("guest", ids.new())


def customer() -> Actor:
    return Actor("customer", ids.new())


async def cart_of(world: App, who: Actor, *lines: tuple[str, int], **more: Any) -> Cart:
    said = {"email": "ola@example.com", "address": HOME, "delivery": COURIER} | more
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    found: Cart = await ask(world, "checkout.open_cart", who, channel="WEB-PL", lines=wanted, **said)
    return found


async def buy(world: App, who: Actor, cart: Cart) -> Placed:
    tenders = [{"method": "cash-on-delivery", "amount_minor": cart.priced.total}]
    placed: Placed = await ask(world, "checkout.place", who, cart=cart.id, tenders=tenders)
    return placed


async def used(world: App, code: str) -> tuple[int, int]:
    kept = await ask(world, "promotions.promotion", promotion=code)
    return kept.used, kept.spent_minor


PERCENT: dict[str, Any] = {"give": "percent", "bp": 1000}


async def test_a_tenth_off_from_the_rule_to_the_order(world: App, stall: Stall) -> None:
    await put(world, "TENTH", PERCENT)
    who = guest()
    cart = await cart_of(world, who, ("ITEM-00003", 2), ("ITEM-00005", 1))
    assert [(line.sku, line.gross, line.discount) for line in cart.priced.lines] == [
        ("ITEM-00003", 2006 - 201, 201),
        ("ITEM-00005", 1005 - 101, 101),
    ]
    assert (cart.priced.discount, cart.priced.total) == (302, 1805 + 904 + 1500)
    assert cart.priced.net + cart.priced.tax == cart.priced.total
    placed = await buy(world, who, cart)
    order = await ask(world, "orders.order", order=placed.order)
    assert [(line.gross_minor, line.discount_minor) for line in order.lines] == [(1805, 201), (904, 101)]
    assert [(each.promotion, each.minor) for each in await ask(world, "promotions.uses", promotion="TENTH")] == [
        ("TENTH", 302)
    ]
    assert await used(world, "TENTH") == (1, 302)


async def test_a_cart_says_what_would_make_it_cheaper_and_staff_hear_all(world: App, stall: Stall) -> None:
    free = {"give": "delivery"}
    await put(world, "FREE", free, {"if": "basket", "minor": 5000}, currency="PLN", lane="delivery")
    await put(world, "GOLD", PERCENT, {"if": "group", "of": ["gold"]})
    await put(world, "SMALL", {"give": "percent", "bp": 500})
    await put(world, "BIG", {"give": "percent", "bp": 2000}, exclusive=True)
    await put(world, "HIDDEN", PERCENT, coded=True)
    who = guest()
    cart = await cart_of(world, who, ("ITEM-00000", 1))
    told = [(each.promotion, each.outcome, each.lacks_minor) for each in cart.priced.promotions]
    assert told == [("BIG", "applied", None), ("FREE", "unmet", 4200)]
    why = await ask(world, "checkout.explain_cart", cart=cart.id)
    assert {each.promotion: (each.outcome, each.why) for each in why.promotions} == {
        "GOLD": ("unmet", "not for this customer group"),
        "BIG": ("applied", "took off 2.00 PLN"),
        "SMALL": ("lost", "BIG counts instead; this one would have taken off 0.50 PLN"),
        "FREE": ("unmet", "42.00 PLN more, and it counts"),
        "HIDDEN": ("untouched", "no code of it was typed in"),
    }
    assert [(line.sku, line.minor) for line in why.lines] == [("ITEM-00000", 1000), ("DELIVERY", 1500)]
    with pytest.raises(Forbidden):
        await ask(world, "checkout.explain_cart", who, cart=cart.id)
    placed = await buy(world, who, cart)
    await put(world, "BIG", {"give": "percent", "bp": 1})
    later = await ask(world, "checkout.explain_order", order=placed.order)
    assert (later.total, later.promotions) == (why.total, why.promotions)


async def test_what_is_wrong_with_a_promotion_is_said_and_nothing_is_kept(world: App, stall: Stall) -> None:
    said = [
        {"code": "OK", "name": "x", "gives": PERCENT},
        {"code": "SKU", "name": "x", "gives": {**PERCENT, "of": {"skus": ["NONE"]}}},
        {"code": "LANE", "name": "x", "gives": PERCENT, "lane": "away"},
        {"code": "MONEY", "name": "x", "gives": {"give": "amount", "minor": 5}},
    ]
    taken = await ask(world, "promotions.put_promotions", promotions=said)
    assert (taken.changed, [(each.row, each.reason[:17]) for each in taken.refused]) == (
        1,
        [(1, "there is no sku N"), (2, "there is no lane "), (3, "it speaks of mone")],
    )
    again = await ask(world, "promotions.put_promotions", promotions=said[:1])
    assert (again.changed, again.unchanged) == (0, 1)
    for gives in ({"give": "percent"}, {"give": "percent", "bp": 0}, {"give": "nothing"}, {**PERCENT, "off": {}}):
        with pytest.raises(Invalid):
            await ask(world, "promotions.put_promotions", promotions=[{"code": "X", "name": "x", "gives": gives}])
    with pytest.raises(Fault, match="there is no promotion X"):
        await ask(world, "promotions.promotion", promotion="X")


async def test_every_version_is_kept_with_who_said_it(world: App, stall: Stall) -> None:
    for bp in (100, 200, 200):
        await put(world, "TWICE", {"give": "percent", "bp": bp})
    versions = await ask(world, "promotions.versions", promotion="TWICE")
    assert [(each.version, each.promotion.gives.bp, each.actor) for each in versions] == [
        (2, 200, MERCHANT.id),
        (1, 100, MERCHANT.id),
    ]


async def test_a_promise_outlives_a_change_but_not_the_end_of_what_it_counts_on(world: App, stall: Stall) -> None:
    end = clock.now() + timedelta(minutes=5)
    await put(world, "SOON", PERCENT, until_at=end.isoformat())
    who = guest()
    cart = await cart_of(world, who, ("ITEM-00001", 1))
    assert (cart.priced.discount, cart.good_until) == (100, end)
    with clock.at(end):
        assert (await ask(world, "checkout.cart", who, cart=cart.id)).priced.discount == 0


async def test_a_gift_comes_with_the_goods_while_there_are_any(world: App, stall: Stall) -> None:
    await ask(
        world, "catalog.put_products", KEEPER, products=[{"code": "MUG", "name": "Mug", "variants": [{"sku": "MUG"}]}]
    )
    await ask(world, "catalog.publish", KEEPER, publications=[{"product": "MUG", "channel": "WEB-PL"}])
    await ask(world, "pricing.put_prices", KEEPER, prices=[{"list": "RETAIL-PL", "sku": "MUG", "minor": 2500}])
    await ask(world, "inventory.receive", KEEPER, location="WH-1", reference="mugs", lines=[{"sku": "MUG", "units": 1}])
    await put(world, "MUG", {"give": "gift", "sku": "MUG"}, {"if": "basket", "units": 3})
    who = guest()
    cart = await cart_of(world, who, ("ITEM-00001", 3))
    assert [(line.sku, line.gross, line.discount) for line in cart.priced.lines[1:]] == [("MUG", 0, 2500)]
    placed = await buy(world, who, cart)
    order = await ask(world, "orders.order", order=placed.order)
    assert [(line.sku, line.quantity, line.gross_minor) for line in order.lines] == [
        ("ITEM-00001", 3, 3003),
        ("MUG", 1, 0),
    ]
    next_one = await cart_of(world, guest(), ("ITEM-00001", 3))
    assert [line.sku for line in next_one.priced.lines] == ["ITEM-00001"]
    reasons = (await ask(world, "checkout.explain_cart", cart=next_one.id)).promotions
    assert [(each.outcome, each.why) for each in reasons if each.promotion == "MUG"] == [("lost", "the gift is gone")]


async def test_segments_and_first_orders_are_of_customers(world: App, stall: Stall) -> None:
    await put(world, "FIRST", PERCENT, {"if": "first-order"}, lane="item")
    await put(world, "VIP", PERCENT, {"if": "segment", "of": ["vip"]}, lane="code")
    who = customer()
    members = [{"segment": "vip", "customer": str(who.id)}]
    assert await ask(world, "promotions.put_members", members=members) == 1
    assert await ask(world, "promotions.put_members", members=members) == 0
    first = await cart_of(world, who, ("ITEM-00000", 1))
    assert first.priced.discount == 100 + 90
    assert (await cart_of(world, guest(), ("ITEM-00000", 1))).priced.discount == 0
    await buy(world, who, first)
    assert (await cart_of(world, who, ("ITEM-00000", 1))).priced.discount == 100
    await ask(world, "promotions.put_members", members=[{**members[0], "out": True}])
    assert (await cart_of(world, who, ("ITEM-00000", 1))).priced.discount == 0


# --- codes ------------------------------------------------------------------------------------------------------------


async def test_a_code_is_typed_in_any_case_and_told_when_it_is_not_sound(world: App, stall: Stall) -> None:
    await put(world, "LATO", PERCENT, coded=True, lane="code")
    who, theirs = customer(), customer()
    coupons = [
        {"coupon": "lato-26", "promotion": "LATO"},
        {"coupon": "ONCE", "promotion": "LATO", "uses": 1},
        {"coupon": "HERS", "promotion": "LATO", "customer": str(theirs.id)},
        {"coupon": "NOPE", "promotion": "NONE"},
    ]
    taken = await ask(world, "promotions.put_coupons", coupons=coupons)
    assert (taken.changed, taken.refused[0].reason) == (3, "there is no promotion NONE")
    cart = await cart_of(world, who, ("ITEM-00000", 1), coupons=["Lato-26"])
    assert (cart.terms.coupons, cart.priced.discount) == (["LATO-26"], 100)
    assert [(each.coupon, each.promotion, each.why) for each in cart.priced.coupons] == [("LATO-26", "LATO", "")]
    with pytest.raises(Fault, match="there is no code NEVER") as refused:
        await ask(world, "checkout.change_cart", who, cart=cart.id, change={"coupons": ["NEVER"]})
    assert refused.value.status == 422
    with pytest.raises(Fault, match="there is no code NEVER"):
        await cart_of(world, who, ("ITEM-00000", 1), coupons=["NEVER"])
    hers = await ask(world, "checkout.change_cart", who, cart=cart.id, change={"coupons": ["HERS", "ONCE"]})
    assert [each.why for each in hers.priced.coupons] == ["it is somebody else's", ""]
    placed = await buy(world, who, hers)
    again = await cart_of(world, who, ("ITEM-00000", 1), coupons=["ONCE"])
    assert (again.priced.discount, again.priced.coupons[0].why) == (0, "it was used as often as it may be")
    await ask(world, "orders.cancel", order=placed.order, reason="changed my mind")
    await log.enrol(world.database)
    async with asyncio.timeout(30):  # the log is read once no older transaction runs on the whole server
        while (await used(world, "LATO"))[0]:
            await log.advance(world.database, log.REACTIONS["commerce.promotions.return_uses"])
    back = await cart_of(world, who, ("ITEM-00000", 1), coupons=["ONCE"])
    assert back.priced.discount == 100


async def test_what_a_cancelled_order_had_is_given_back_once_however_often_it_is_told(world: App, stall: Stall) -> None:
    await put(world, "THREE", PERCENT, uses=3, uses_each=3, budget_minor=1000, currency="PLN")
    who = customer()
    placed = [await buy(world, who, await cart_of(world, who, ("ITEM-00000", 1))) for _ in range(2)]
    assert await used(world, "THREE") == (2, 200)
    for _ in range(2):
        async with world.database.transaction("commerce") as tx:
            await return_uses(tx, OrderCancelled(placed[0].order, "x"))
            await return_uses(tx, OrderCancelled(ids.new(), "never had any"))
    assert await used(world, "THREE") == (1, 100)
    async with world.database.transaction("commerce") as tx:
        shares = await tx.value("select used from commerce.promotion_share where promotion = 'THREE'")
    assert shares == 1


async def test_a_batch_of_codes_is_made_to_the_last_though_its_maker_dies(world: App, stall: Stall) -> None:
    await put(world, "BATCH", PERCENT, coded=True)
    size = 2 * CHUNK + 10
    batch = await ask(world, "promotions.make_coupons", promotion="BATCH", size=size, prefix="Auto")
    await jobs.advance(world.database, "commerce")
    async with world.database.transaction("commerce") as tx:  # a second maker of the same piece, as after a crash
        await go_on_making(tx, batch=batch.id)
    while (await ask(world, "promotions.batches", promotion="BATCH"))[0].made < size:
        assert await jobs.advance(world.database, "commerce")
    while await jobs.advance(world.database, "commerce"):
        pass
    async with world.database.transaction("commerce") as tx:
        count, shape = await tx.row(
            "select count(*), count(*) filter (where coupon ~ $2 and uses = 1 and used = 0)"
            " from commerce.coupon where batch = $1",
            batch.id, f"^AUTO-[{LETTERS}]{{10}}$",
        )  # fmt: skip
    assert (count, shape) == (size, size)
    [one] = await ask(world, "promotions.coupons", promotion="BATCH", batch=batch.id, limit=1)
    cart = await cart_of(world, guest(), ("ITEM-00000", 1), coupons=[one.coupon])
    assert cart.priced.discount == 100
    await put(world, "OPEN", PERCENT)
    with pytest.raises(Invalid, match="OPEN is for everybody"):
        await ask(world, "promotions.make_coupons", promotion="OPEN", size=1)


# --- limits under races -----------------------------------------------------------------------------------------------


async def race(doors: list[App], carts: list[tuple[Actor, Cart]]) -> Counter[str]:
    async def one(number: int, who: Actor, cart: Cart) -> str:
        try:
            return (await buy(doors[number % len(doors)], who, cart)).state
        except Fault as fault:
            return type(fault).__name__

    return Counter(await asyncio.gather(*(one(n, *each) for n, each in enumerate(carts))))


async def carts_for(world: App, buyers: list[Actor], **more: Any) -> list[tuple[Actor, Cart]]:
    opened = await asyncio.gather(*(cart_of(world, who, ("ITEM-00000", 1), **more) for who in buyers))
    return list(zip(buyers, opened, strict=True))


async def test_of_400_buyers_exactly_100_get_what_100_may_have(world: App, other: App, stall: Stall) -> None:
    await put(world, "HUNDRED", PERCENT, uses=LIMIT)
    carts = await carts_for(world, [guest() for _ in range(BUYERS)])
    assert all(cart.priced.discount == 100 for _, cart in carts)
    got = await race([world, other], carts)
    assert got == {"open": LIMIT, "PromotionSpent": BUYERS - LIMIT}
    assert await used(world, "HUNDRED") == (LIMIT, 100 * LIMIT)
    shown = [await ask(world, "checkout.cart", who, cart=each.id) for who, each in carts]
    assert Counter((each.order is None, each.priced.discount) for each in shown) == {
        (False, 100): LIMIT,
        (True, 0): BUYERS - LIMIT,
    }
    who, again = next((who, each) for (who, _), each in zip(carts, shown, strict=True) if each.order is None)
    assert (await buy(world, who, again)).total_minor == 2500


async def test_a_code_for_one_is_had_by_one(world: App, other: App, stall: Stall) -> None:
    await put(world, "SINGLE", PERCENT, coded=True)
    await ask(world, "promotions.put_coupons", coupons=[{"coupon": "ONE-ONLY", "promotion": "SINGLE", "uses": 1}])
    carts = await carts_for(world, [guest() for _ in range(60)], coupons=["ONE-ONLY"])
    assert await race([world, other], carts) == {"open": 1, "PromotionSpent": 59}
    assert await used(world, "SINGLE") == (1, 100)


async def test_a_budget_is_spent_to_the_last_that_fits(world: App, other: App, stall: Stall) -> None:
    await put(world, "BUDGET", PERCENT, budget_minor=1050, currency="PLN")
    got = await race([world, other], await carts_for(world, [guest() for _ in range(60)]))
    assert got == {"open": 10, "PromotionSpent": 50}
    assert await used(world, "BUDGET") == (10, 1000)


async def test_a_customer_has_it_as_often_as_each_may(world: App, other: App, stall: Stall) -> None:
    await put(world, "TWO-EACH", PERCENT, uses_each=2)
    who = customer()
    got = await race([world, other], await carts_for(world, [who] * 40))
    assert got == {"open": 2, "PromotionSpent": 38}
    assert await race([world], await carts_for(world, [customer()])) == {"open": 1}


async def test_what_one_could_not_use_for_want_of_stock_another_gets(world: App, stall: Stall) -> None:
    await put(world, "ONE", PERCENT, uses=1)
    first, second = guest(), guest()
    greedy = await cart_of(world, first, ("ITEM-00010", 100_001))
    modest = await cart_of(world, second, ("ITEM-00010", 1))
    assert await race([world], [(first, greedy), (second, modest)]) == {"OutOfStock": 1, "open": 1}
    assert await used(world, "ONE") == (1, 101)


# --- before it counts -------------------------------------------------------------------------------------------------


async def test_a_promotion_is_tried_before_it_counts(world: App, stall: Stall) -> None:
    await put(world, "NOW", {"give": "percent", "bp": 500})
    draft = {"code": "DRAFT", "name": "Draft", "gives": {"give": "buy-get", "buy_units": 2}, "lane": "item"}
    lines = [{"sku": "ITEM-00000", "quantity": 3}]
    found = await ask(world, "promotions.tryout", trial={"promotion": draft, "channel": "WEB-PL", "lines": lines})
    assert (found.before.list_minor, found.before.discount_minor, found.after.discount_minor) == (3000, 150, 1000 + 100)
    assert [each.promotion for each in found.after.tried] == ["DRAFT", "NOW"]
    trial = {"promotion": {**draft, "lane": "x"}, "channel": "WEB-PL", "lines": lines}
    with pytest.raises(Invalid, match="there is no lane"):
        await ask(world, "promotions.tryout", trial=trial)
    assert [each.promotion.code for each in await ask(world, "promotions.promotions", state="active")] == ["NOW"]


async def test_a_basket_is_previewed_as_it_will_be(world: App, stall: Stall) -> None:
    monday = clock.now() + timedelta(days=3)
    await put(world, "MONDAY", PERCENT, from_at=monday.isoformat())
    price = {"list": "RETAIL-PL", "sku": "ITEM-00007", "minor": 500, "from_at": monday}
    await ask(world, "pricing.put_prices", KEEPER, prices=[price])
    basket = {"channel": "WEB-PL", "lines": [{"sku": "ITEM-00007"}]}
    now = await ask(world, "checkout.preview", preview={"cart": basket, "at": clock.now() + timedelta(seconds=5)})
    then = await ask(world, "checkout.preview", preview={"cart": basket, "at": monday})
    assert (now.priced.total, then.priced.total, then.priced.discount) == (1007, 450, 50)
    assert {each.promotion: each.outcome for each in then.promotions}["MONDAY"] == "applied"
    for at in (clock.now() - timedelta(days=1), monday.replace(tzinfo=None)):
        with pytest.raises(Invalid):
            await ask(world, "checkout.preview", preview={"cart": basket, "at": at})
    with pytest.raises(Forbidden):
        await ask(world, "checkout.preview", guest(), preview={"cart": basket, "at": monday})


async def test_lanes_are_data(world: App, stall: Stall) -> None:
    found = await ask(world, "promotions.lanes")
    assert [(each.code, each.pick) for each in found] == [
        ("item", "best"), ("basket", "best"), ("code", "all"), ("delivery", "best"),
    ]  # fmt: skip
    await put(world, "A", PERCENT)
    await put(world, "B", {"give": "percent", "bp": 500})
    assert (await cart_of(world, guest(), ("ITEM-00000", 1))).priced.discount == 100
    taken = await ask(world, "promotions.put_lanes", lanes=[{"code": "basket", "position": 200, "pick": "all"}])
    assert taken.changed == 1
    assert (await cart_of(world, guest(), ("ITEM-00000", 1))).priced.discount == 100 + 45
    await ask(world, "promotions.put_lanes", lanes=[{"code": "basket", "position": 200, "pick": "best"}])
