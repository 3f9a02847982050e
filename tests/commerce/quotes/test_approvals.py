"""What one may not order alone another lets pass, told as stories on the real database."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER, Stall
from rynek.commerce.quotes.reactions import expire
from rynek.kernel import clock
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault, Forbidden, Invalid, NotFound
from tests.commerce.companies.conftest import ask, cart_of, customer, firm, place, seat
from tests.commerce.quotes.conftest import House


async def test_an_order_goes_up_the_chain_until_somebody_may(world: App, house: House) -> None:
    cart = await cart_of(world, house.jan, ("ITEM-00000", 3))
    with pytest.raises(Fault) as caught:
        await place(world, house.jan, cart)
    assert caught.value.code == "approval-needed"
    asked = await ask(world, "quotes.ask", house.jan, cart=cart.id, note="for the fair")
    assert (asked.state, asked.total_minor, asked.method) == ("waiting", 4_500, "invoice")
    assert await ask(world, "quotes.ask", house.jan, cart=cart.id) == asked
    for who in (house.ewa, house.anna):
        assert [each.id for each in await ask(world, "quotes.approvals", who)] == [asked.id]
    shown = await ask(world, "quotes.approval", house.ewa, approval=asked.id)
    assert (shown.asker, shown.approvers, shown.yours, shown.cart.priced.total) == ("Jan", ["Ewa", "Anna"], True, 4_500)
    assert (await ask(world, "quotes.approval", house.jan, approval=asked.id)).yours is False
    with pytest.raises(Forbidden):
        await ask(world, "quotes.approve", house.jan, approval=asked.id, total_minor=4_500)
    done = await ask(world, "quotes.approve", house.ewa, approval=asked.id, total_minor=4_500)
    assert (done.state, done.decided_by) == ("approved", house.ewa.id)
    order = await ask(world, "orders.order", house.jan, order=done.order)
    assert (order.state, order.total_minor) == ("open", 4_500)
    account = (await ask(world, "companies.company", company=house.id)).account
    assert account.exposure_minor == 4_500
    assert await ask(world, "quotes.approvals", house.anna) == []
    assert len(await ask(world, "quotes.approvals", house.anna, waiting=False)) == 1


async def test_what_is_too_much_for_one_waits_for_the_next_above(world: App, house: House) -> None:
    cart = await cart_of(world, house.jan, ("ITEM-00000", 6))
    asked = await ask(world, "quotes.ask", house.jan, cart=cart.id, method="transfer")
    assert (await ask(world, "quotes.approval", house.ewa, approval=asked.id)).approvers == ["Anna"]
    with pytest.raises(Forbidden):
        await ask(world, "quotes.approve", house.ewa, approval=asked.id, total_minor=7_500)
    done = await ask(world, "quotes.approve", house.anna, approval=asked.id, total_minor=7_500)
    assert (await ask(world, "orders.order", order=done.order)).authorised_minor == 7_500


async def test_two_approvers_at_once_place_one_order(world: App, other: App, house: House) -> None:
    carts = [await cart_of(world, house.jan, ("ITEM-00001", 3)) for _ in range(10)]
    asked = [await ask(world, "quotes.ask", house.jan, cart=each.id) for each in carts]

    async def approve(number: int, who: Actor) -> str:
        door = (world, other)[number % 2]
        each, total = asked[number // 4], carts[number // 4].priced.total
        try:
            return str((await ask(door, "quotes.approve", who, approval=each.id, total_minor=total)).state)
        except Fault as fault:
            return fault.code

    got = await asyncio.gather(*(approve(n, (house.ewa, house.anna)[n % 2]) for n in range(40)))
    assert Counter(got) == {"approved": 10, "approval-decided": 30}
    assert len(await ask(world, "orders.orders", house.jan, limit=100)) == 10
    assert await ask(world, "companies.unbalanced") == []
    exposure = (await ask(world, "companies.company", company=house.id)).account.exposure_minor
    assert exposure == 10 * carts[0].priced.total


async def test_a_price_that_changed_is_seen_before_it_is_approved(world: App, house: House) -> None:
    cart = await cart_of(world, house.jan, ("ITEM-00002", 3))
    asked = await ask(world, "quotes.ask", house.jan, cart=cart.id)
    await ask(world, "pricing.put_prices", KEEPER, prices=[{"list": "RETAIL-PL", "sku": "ITEM-00002", "minor": 1_100}])
    kept = await ask(world, "quotes.approval", house.ewa, approval=asked.id)
    assert kept.cart.priced.total == cart.priced.total
    with clock.at(clock.now() + timedelta(hours=1)):
        shown = await ask(world, "quotes.approval", house.ewa, approval=asked.id)
        assert shown.cart.priced.total == 3 * 1_100 + 1_500
        with pytest.raises(Fault) as caught:
            await ask(world, "quotes.approve", house.ewa, approval=asked.id, total_minor=cart.priced.total)
        assert (caught.value.code, caught.value.facts["total"]) == ("total-differs", 4_800)
        done = await ask(world, "quotes.approve", house.ewa, approval=asked.id, total_minor=4_800)
    assert done.state == "approved"
    await ask(world, "pricing.put_prices", KEEPER, prices=[{"list": "RETAIL-PL", "sku": "ITEM-00002", "minor": 1_002}])


async def test_what_was_asked_about_is_what_is_approved(world: App, house: House) -> None:
    cart = await cart_of(world, house.jan, ("ITEM-00003", 3))
    asked = await ask(world, "quotes.ask", house.jan, cart=cart.id)
    changed = await ask(world, "checkout.change_cart", house.jan, cart=cart.id, add=[{"sku": "ITEM-00003"}])
    with pytest.raises(Fault) as caught:
        await ask(world, "quotes.approve", house.ewa, approval=asked.id, total_minor=changed.priced.total)
    assert caught.value.code == "cart-changed"
    anew = await ask(world, "quotes.ask", house.jan, cart=cart.id)
    assert (anew.version, anew.total_minor) == (2, changed.priced.total)
    assert (await ask(world, "quotes.approval", house.jan, approval=asked.id)).approval.state == "withdrawn"
    assert (await ask(world, "quotes.approve", house.ewa, approval=anew.id, total_minor=anew.total_minor)).order


async def test_requests_are_rejected_withdrawn_and_end(world: App, house: House) -> None:
    carts = [await cart_of(world, house.jan, ("ITEM-00004", 3)) for _ in range(3)]
    rejected, withdrawn, late = [await ask(world, "quotes.ask", house.jan, cart=each.id) for each in carts]
    done = await ask(world, "quotes.reject", house.ewa, approval=rejected.id, reason="buy it next year")
    assert (done.state, done.answer) == ("rejected", "buy it next year")
    assert (await ask(world, "quotes.withdraw", house.jan, approval=withdrawn.id)).state == "withdrawn"
    for each in (rejected, withdrawn):
        with pytest.raises(Fault) as caught:
            await ask(world, "quotes.approve", house.ewa, approval=each.id, total_minor=each.total_minor)
        assert caught.value.code == "approval-decided"
    with pytest.raises(Forbidden):
        await ask(world, "quotes.withdraw", house.anna, approval=late.id)
    with clock.at(clock.now() + timedelta(days=8)):
        with pytest.raises(Fault) as caught:
            await ask(world, "quotes.approve", house.ewa, approval=late.id, total_minor=late.total_minor)
        assert caught.value.facts["state"] == "expired"
        for _ in range(2):
            async with world.database.transaction("commerce") as tx:
                await expire(tx)
    assert (await ask(world, "quotes.approval", house.jan, approval=late.id)).approval.state == "expired"
    assert len(await ask(world, "orders.orders", house.jan)) == 0
    again = await ask(world, "quotes.ask", house.jan, cart=carts[0].id)
    assert again.id != rejected.id


async def test_approval_is_no_credit(world: App, house: House) -> None:
    await ask(world, "companies.put_credit", company=house.id, limit_minor=4_499)
    cart = await cart_of(world, house.jan, ("ITEM-00000", 3))
    asked = await ask(world, "quotes.ask", house.jan, cart=cart.id)
    with pytest.raises(Fault) as caught:
        await ask(world, "quotes.approve", house.ewa, approval=asked.id, total_minor=4_500)
    assert caught.value.code == "credit-spent"
    assert (await ask(world, "quotes.approval", house.jan, approval=asked.id)).approval.state == "waiting"
    await ask(world, "companies.put_credit", company=house.id, limit_minor=4_500)
    assert (await ask(world, "quotes.approve", house.ewa, approval=asked.id, total_minor=4_500)).state == "approved"


async def test_who_may_ask_and_who_may_look(world: App, stall: Stall, house: House) -> None:
    stranger, elsewhere = customer(), await firm(world)
    cart = await cart_of(world, house.jan, ("ITEM-00000", 3))
    asked = await ask(world, "quotes.ask", house.jan, cart=cart.id)
    for who in (stranger, elsewhere.buyer):
        for operation, more in (("approval", {}), ("approve", {"total_minor": 4_500}), ("reject", {"reason": "no"})):
            with pytest.raises(NotFound):
                await ask(world, f"quotes.{operation}", who, approval=asked.id, **more)
        assert await ask(world, "quotes.approvals", who) == []
        with pytest.raises(NotFound):
            await ask(world, "quotes.ask", who, cart=cart.id)
    own = await cart_of(world, stranger, ("ITEM-00000", 3))
    with pytest.raises(Forbidden):
        await ask(world, "quotes.ask", stranger, cart=own.id)
    bare = await ask(world, "checkout.open_cart", house.jan, channel="WEB-PL", lines=[{"sku": "ITEM-00000"}])
    with pytest.raises(Invalid):
        await ask(world, "quotes.ask", house.jan, cart=bare.id)
    alone = await cart_of(world, elsewhere.buyer, ("ITEM-00000", 3))
    with pytest.raises(Fault) as caught:
        await ask(world, "quotes.ask", elsewhere.buyer, cart=alone.id)
    assert caught.value.code == "nobody-approves"
    buyer = customer()
    await seat(world, house.id, buyer)
    with pytest.raises(NotFound):
        await ask(world, "quotes.approval", buyer, approval=asked.id)
