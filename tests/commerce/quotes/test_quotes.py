"""Quotes from the first question to the order, told as stories on the real database."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from rynek.app import App
from rynek.bench.stall import Stall
from rynek.commerce.quotes.reactions import expire
from rynek.kernel import clock
from rynek.kernel.faults import Conflict, Fault, Invalid, NotFound
from tests.commerce.companies.conftest import SELLER, ask, cart_of, customer, firm
from tests.commerce.quotes.conftest import House


def line(sku: str, quantity: int, minor: int) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "unit_minor": minor}


def tomorrow() -> Any:
    return clock.now() + timedelta(days=1)


async def offered(world: App, asked: Any, *lines: dict[str, Any], delivery: int = 1_000) -> Any:
    more = {"turn": asked.turn, "delivery_minor": delivery, "valid_until": tomorrow()}
    return await ask(world, "quotes.offer", quote=asked.id, lines=list(lines), **more)


async def test_a_firm_haggles_and_buys_at_exactly_what_was_agreed(world: App, stall: Stall) -> None:
    of = await firm(world, limit=1_000_000)
    cart = await cart_of(world, of.buyer, ("ITEM-00000", 100), ("ITEM-00001", 50), coupons=[])
    asked = await ask(world, "quotes.request", of.buyer, cart=cart.id, note="every month so many")
    assert (asked.state, asked.turn, asked.thread[0].note) == ("requested", 1, "every month so many")
    assert [(each.sku, each.quantity, each.unit_minor) for each in asked.thread[0].lines] == [
        ("ITEM-00000", 100, 813), ("ITEM-00001", 50, 813),
    ]  # fmt: skip
    with pytest.raises(Conflict):
        await ask(world, "quotes.accept", of.buyer, quote=asked.id, turn=1)
    first = await offered(world, asked, line("ITEM-00000", 100, 700), line("ITEM-00001", 50, 790))
    assert (first.state, first.net_minor) == ("offered", 70_000 + 39_500 + 1_000)
    wish = [line("ITEM-00000", 120, 650)]
    countered = await ask(world, "quotes.counter", of.buyer, quote=asked.id, turn=2, lines=wish, note="only those")
    assert (countered.state, countered.valid_until) == ("countered", None)
    second = await offered(world, countered, line("ITEM-00000", 120, 655), delivery=0)
    agreed = await ask(world, "quotes.accept", of.buyer, quote=asked.id, turn=second.turn)
    assert agreed.total_minor == 120 * 655 + 18_078
    order = await ask(world, "orders.order", of.buyer, order=agreed.order)
    [bought] = order.lines
    assert (bought.quantity, bought.unit_minor, bought.net_minor, bought.tax_minor) == (120, 655, 78_600, 18_078)
    assert order.delivery_minor == 0
    explained = await ask(world, "checkout.explain_order", order=agreed.order)
    why = explained.lines[0]
    assert (why.list, why.minor, why.basis) == (f"quote Q-{asked.number:06}", 655, "net")
    assert [each.outcome for each in why.considered] == ["wins", f"quote Q-{asked.number:06} counts"]
    done = await ask(world, "quotes.quote", of.buyer, quote=asked.id)
    assert [each.what for each in done.thread] == ["requested", "offered", "countered", "offered", "accepted"]
    assert (done.state, done.order) == ("accepted", agreed.order)
    assert (await ask(world, "companies.company", company=of.id)).account.exposure_minor == agreed.total_minor
    with pytest.raises(Fault) as caught:
        await ask(world, "quotes.accept", of.buyer, quote=asked.id, turn=done.turn)
    assert (caught.value.code, caught.value.facts["order"]) == ("quote-closed", str(agreed.order))


async def test_promotions_and_lists_do_not_change_what_was_agreed(world: App, stall: Stall) -> None:
    of = await firm(world, limit=1_000_000)
    half = {"code": "HALF", "name": "Half", "state": "active", "gives": {"give": "percent", "bp": 5_000}}
    cart = await cart_of(world, of.buyer, ("ITEM-00005", 10))
    asked = await ask(world, "quotes.request", of.buyer, cart=cart.id)
    offer = await offered(world, asked, line("ITEM-00005", 10, 900))
    await ask(world, "promotions.put_promotions", promotions=[half])
    other = await cart_of(world, of.buyer, ("ITEM-00005", 10))
    assert other.priced.discount > 0
    agreed = await ask(world, "quotes.accept", of.buyer, quote=asked.id, turn=offer.turn, method="transfer")
    await ask(world, "promotions.put_promotions", promotions=[half | {"state": "ended"}])
    assert agreed.total_minor == 9_000 + 2_070 + 1_230


async def test_an_offer_is_accepted_once_however_many_accept_at_once(world: App, other: App, house: House) -> None:
    cart = await cart_of(world, house.jan, ("ITEM-00006", 1))
    asked = await ask(world, "quotes.request", house.jan, cart=cart.id)
    offer = await offered(world, asked, line("ITEM-00006", 1, 100), delivery=100)

    async def accept(number: int) -> str:
        door, who = (world, other)[number % 2], (house.jan, house.ewa, house.anna)[number % 3]
        try:
            await ask(door, "quotes.accept", who, quote=asked.id, turn=offer.turn)
        except Fault as fault:
            return fault.code
        return "accepted"

    assert Counter(await asyncio.gather(*(accept(n) for n in range(24)))) == {"accepted": 1, "quote-closed": 23}
    assert len(await ask(world, "orders.orders", house.jan)) == 1


async def test_an_offer_made_meanwhile_is_not_accepted_unread(world: App, stall: Stall) -> None:
    of = await firm(world, limit=1_000_000)
    cart = await cart_of(world, of.buyer, ("ITEM-00007", 1))
    asked = await ask(world, "quotes.request", of.buyer, cart=cart.id)
    first = await offered(world, asked, line("ITEM-00007", 1, 500))
    second = await offered(world, first, line("ITEM-00007", 1, 5_000))
    for operation, more in (
        ("accept", {}), ("decline", {}), ("counter", {"lines": [line("ITEM-00007", 1, 1)]}),
    ):  # fmt: skip
        with pytest.raises(Fault) as caught:
            await ask(world, f"quotes.{operation}", of.buyer, quote=asked.id, turn=first.turn, **more)
        assert (caught.value.code, caught.value.facts) == ("quote-moved", {"turn": second.turn})


async def test_quotes_end(world: App, stall: Stall) -> None:
    of = await firm(world, limit=1_000_000)
    cart = await cart_of(world, of.buyer, ("ITEM-00007", 1))
    late, unwanted = [await ask(world, "quotes.request", of.buyer, cart=cart.id) for _ in range(2)]
    offer = await offered(world, late, line("ITEM-00007", 1, 500))
    with clock.at(tomorrow()):
        with pytest.raises(Fault) as caught:
            await ask(world, "quotes.accept", of.buyer, quote=late.id, turn=offer.turn)
        assert caught.value.code == "quote-closed"
        for _ in range(2):
            async with world.database.transaction("commerce") as tx:
                await expire(tx)
    ended = await ask(world, "quotes.quote", of.buyer, quote=late.id)
    assert (ended.state, [each.what for each in ended.thread][-1], ended.turn) == ("expired", "expired", 3)
    assert (await ask(world, "quotes.decline", quote=unwanted.id, turn=1, note="sold out")).state == "declined"
    assert await ask(world, "orders.orders", of.buyer) == []
    with pytest.raises(Invalid):
        await ask(world, "quotes.offer", quote=unwanted.id, turn=2, lines=[line("ITEM-00007", 1, 5)], delivery_minor=0,
                  valid_until=clock.now() - timedelta(minutes=1))  # fmt: skip
    twice = [line("ITEM-00007", 1, 5), line("ITEM-00007", 2, 4)]
    with pytest.raises(Invalid):
        await offered(world, unwanted, *twice)


async def test_what_is_too_much_for_the_buyer_another_accepts(world: App, house: House) -> None:
    cart = await cart_of(world, house.jan, ("ITEM-00008", 5))
    asked = await ask(world, "quotes.request", house.jan, cart=cart.id)
    offer = await offered(world, asked, line("ITEM-00008", 5, 900))
    with pytest.raises(Fault) as caught:
        await ask(world, "quotes.accept", house.jan, quote=asked.id, turn=offer.turn)
    assert caught.value.code == "approval-needed"
    assert [each.id for each in await ask(world, "quotes.quotes", house.anna)] == [asked.id]
    agreed = await ask(world, "quotes.accept", house.anna, quote=asked.id, turn=offer.turn)
    assert (await ask(world, "orders.order", house.jan, order=agreed.order)).state == "open"


async def test_nobody_sees_or_touches_anothers_quote(world: App, house: House) -> None:
    cart = await cart_of(world, house.jan, ("ITEM-00008", 1))
    asked = await ask(world, "quotes.request", house.jan, cart=cart.id)
    offer = await offered(world, asked, line("ITEM-00008", 1, 900))
    elsewhere = await firm(world)
    for who in (customer(), elsewhere.buyer):
        for operation, more in (
            ("quote", {}), ("accept", {"turn": offer.turn}), ("decline", {"turn": offer.turn}),
            ("counter", {"turn": offer.turn, "lines": [line("ITEM-00008", 1, 1)]}),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                await ask(world, f"quotes.{operation}", who, quote=asked.id, **more)
        assert await ask(world, "quotes.quotes", who) == []
        with pytest.raises(NotFound):
            await ask(world, "quotes.request", who, cart=cart.id)
    assert asked.id in [each.id for each in await ask(world, "quotes.quotes", SELLER, state="offered")]


async def test_a_thread_is_not_rewritten(world: App, dsn: str, house: House) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("set role rynek_commerce")
    for sql in ("update commerce.quote_turn set note = ''", "delete from commerce.quote_turn"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)
    await connection.close()


async def test_a_cart_that_lacks_something_is_not_quoted(world: App, stall: Stall) -> None:
    who = customer()
    bare = await ask(world, "checkout.open_cart", who, channel="WEB-PL", lines=[{"sku": "ITEM-00000"}])
    with pytest.raises(Invalid):
        await ask(world, "quotes.request", who, cart=bare.id)
