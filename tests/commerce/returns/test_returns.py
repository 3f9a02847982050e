"""Goods that come back: told as stories, on the real database."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.bench.stall import COURIER
from rynek.commerce.inventory.actions import levels, unbalanced
from rynek.commerce.orders import actions as orders
from rynek.commerce.orders.events import OrderChanged, OrderCredited, OrderShipped
from rynek.commerce.orders.model import Order
from rynek.commerce.payments import settle_due
from rynek.commerce.payments import unbalanced as money_unbalanced
from rynek.commerce.payments.reactions import (
    give_back_what_is_credited,
    give_back_what_is_too_much,
    take,
)
from rynek.commerce.returns import actions, settling
from rynek.commerce.returns.events import ReturnSettled
from rynek.commerce.returns.model import Goods
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.events import Envelope
from rynek.kernel.faults import Fault
from rynek.kernel.log import Follower
from tests.commerce.orders.test_actions import HOME, Shop, shop
from tests.proof.books import amiss

__all__ = ["shop"]

pytestmark = pytest.mark.usefixtures("shop")
OLA = Actor("customer", ids.new())
SUPPORT = Actor("staff", ids.new(), frozenset({"support"}))
STORE = Actor("staff", ids.new(), frozenset({"store"}), "S-1")
FINANCE = Actor("staff", ids.new(), frozenset({"finance"}))


def line(units: int, number: int = 1, reason: str = "changed-mind", **more: Any) -> dict[str, Any]:
    return {"line": number, "units": units, "reason": reason, **more}


async def sent(shop: Shop, sku: str, quantity: int = 3) -> UUID:
    order = await shop.bought(sku, quantity, OLA)
    await shop.ask(orders.ship, order=order)
    return order


async def asked(shop: Shop, order: UUID, *lines: dict[str, Any], who: Actor = OLA, **more: Any) -> Goods:
    found: Goods = await shop.ask(actions.ask, who, order=order, lines=list(lines), **more)
    return found


async def come(shop: Shop, rma: UUID, units: int, number: int = 1, location: str = "WH-1") -> Goods:
    lines = [{"line": number, "units": units}]
    found: Goods = await shop.ask(settling.receive, SUPPORT, rma=rma, location=location, lines=lines)
    return found


async def judged(shop: Shop, rma: UUID, *verdicts: dict[str, int], who: Actor = SUPPORT) -> Goods:
    found: Goods = await shop.ask(settling.inspect, who, rma=rma, verdicts=list(verdicts))
    return found


async def shown(shop: Shop, order: UUID) -> Order:
    found: Order = await shop.ask(orders.order, order=order)
    return found


async def on_hand(shop: Shop, sku: str, location: str) -> int:
    found = await shop.ask(levels, location=location, skus=[sku])
    return sum(each.on_hand for each in found)


async def paid(shop: Shop, order: UUID) -> None:
    """Let the money that was promised come."""
    for each in await shop.ask("commerce.payments.payments", order=order):
        if each.authorised_minor > each.captured_minor:
            await shop.ask("commerce.payments.capture", payment=each.id, reference="came")


async def heard(shop: Shop, order: UUID) -> None:
    """Let payments hear, twice, of whatever happened to an order, and settle."""
    for react, news in (
        (take, OrderShipped(order)),
        (give_back_what_is_too_much, OrderChanged(order, "?", 0, [], [])),
        (give_back_what_is_credited, OrderCredited(order, "?", 1, "?")),
    ):
        envelope = Envelope("1-1", "?", str(order), clock.now(), news)
        for _ in range(2):
            async with shop.world.database.transaction("commerce") as tx:
                await react(tx, [envelope, envelope])
    await settle_due(shop.world.database, 100)


# --- by right ---------------------------------------------------------------------------------------------------------


async def test_ola_thinks_otherwise_about_one_of_three_and_has_her_share_back(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00001")
    follower = Follower(shop.world.database, ReturnSettled)
    await follower.begin()
    goods = await asked(shop, order, line(1))
    assert (goods.state, goods.lines[0].ground, goods.code[:2]) == ("approved", "withdrawal", "R-")
    await come(shop, goods.id, 1)
    settled = await judged(shop, goods.id, {"line": 1, "restock": 1})
    assert (settled.state, settled.refund_minor, settled.delivery_minor) == ("settled", 1001, 0)
    again = await shop.refused(settling.inspect, SUPPORT, rma=goods.id, verdicts=[{"line": 1, "restock": 1}])
    assert (again.code, again.facts) == ("return-closed", {"state": "settled"})
    found = await shown(shop, order)
    assert (found.credit_minor, found.lines[0].returned, await shop.level("ITEM-00001")) == (1001, 1, (998, 0))
    assert [each.what for each in settled.history] == ["asked", "arrived", "settled"]
    assert [(each.data.refund_minor, each.data.restocked) for each in await follower.news()] == [(1001, 1)]
    assert await amiss(shop.world) == []


async def test_with_the_last_of_it_the_delivery_goes_back_once(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00002")
    refunds = []
    for units in (1, 2):
        goods = await asked(shop, order, line(units))
        await come(shop, goods.id, units)
        settled = await judged(shop, goods.id, {"line": 1, "restock": units})
        refunds.append((settled.refund_minor, settled.delivery_minor))
    total = (await shown(shop, order)).total_minor
    assert refunds == [(1002, 0), (2004 + 1500, 1500)]
    assert total == 3006 + 1500 == (await shown(shop, order)).credit_minor


async def test_two_weeks_after_it_came_it_is_goodwill_and_somebody_decides(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00003")
    delivered = clock.now().date()
    await shop.ask(actions.delivered, order=order, day=delivered)
    offer = await shop.ask(actions.offer, OLA, order=order)
    with clock.at(clock.now() + timedelta(days=17)):
        assert offer.until <= clock.now().date()
        goods = await asked(shop, order, line(1))
        assert (goods.state, goods.lines[0].ground, goods.remedies) == ("asked", "goodwill", [])
        early = await shop.refused(
            settling.receive, SUPPORT, rma=goods.id, location="WH-1", lines=[{"line": 1, "units": 1}]
        )
        assert early.code == "return-closed"
        denied = await shop.ask(actions.decide, SUPPORT, rma=goods.id, agreed=False, note="too late")
        assert (denied.state, denied.history[-1].note) == ("denied", "too late")
        assert (await shop.ask(actions.offer, OLA, order=order)).lines[0].units == 3  # and may be asked again


async def test_hygiene_and_food_are_taken_back_only_by_goodwill(shop: Shop) -> None:
    await shop.ask("commerce.catalog.put_categories", categories=[{"code": "food", "name": "Food"}])
    milk = {"code": "ITEM-00004", "name": "Milk", "categories": ["food"], "variants": [{"sku": "ITEM-00004"}]}
    await shop.ask("commerce.catalog.put_products", products=[milk])
    await shop.ask(actions.put_exemptions, exemptions=[{"category": "food", "why": "perishable"}])
    assert [each.why for each in await shop.ask(actions.exemptions)] == ["perishable"]
    order = await sent(shop, "ITEM-00004")
    assert (await shop.ask(actions.offer, OLA, order=order)).lines[0].exempt == "perishable"
    assert (await asked(shop, order, line(1))).state == "asked"
    sour = await asked(shop, order, line(1, reason="defective"))
    assert (sour.lines[0].ground, sour.proof_is_with, sour.remedies) == ("claim", "seller", ["repair", "exchange"])


# --- whose ------------------------------------------------------------------------------------------------------------


async def test_a_guest_proves_an_order_by_its_number_and_mail(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00005")
    known, guest = await shown(shop, order), Actor("guest", ids.new())
    proof = {"number": known.number, "email": known.email.upper()}
    assert (await shop.refused(actions.offer, guest, order=order)).code == "not-found"
    for wrong in (proof | {"number": known.number + 1}, proof | {"email": "x@example.com"}):
        assert (await shop.refused(actions.offer, guest, proof=wrong)).code == "not-found"
        given = {"order": order, "lines": [line(1)], "proof": wrong}
        assert (await shop.refused(actions.ask, guest, **given)).code == "not-found"
    offer = await shop.ask(actions.offer, guest, proof=proof)
    assert (offer.order, offer.lines[0].units) == (order, 3)
    goods = await asked(shop, order, line(1), who=guest, proof=proof)
    for who in (guest, OLA):  # who asked, and who bought
        assert (await shop.ask(actions.rma, who, rma=goods.id)).code == goods.code
        assert [each.id for each in await shop.ask(actions.returns, who, order=order)] == [goods.id]
    stranger = Actor("guest", ids.new())
    assert (await shop.refused(actions.rma, stranger, rma=goods.id)).code == "not-found"
    assert (await shop.refused(actions.withdraw, stranger, rma=goods.id)).code == "not-found"
    assert (await shop.ask(actions.withdraw, guest, rma=goods.id)).state == "withdrawn"


async def test_bought_on_the_web_and_given_back_over_a_counter(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00006")
    before = await on_hand(shop, "ITEM-00006", "S-1")
    goods = await asked(shop, order, line(2), who=STORE)
    lines = [{"line": 1, "units": 2}]
    elsewhere = await shop.refused(settling.receive, STORE, rma=goods.id, location="S-2", lines=lines)
    assert elsewhere.code == "forbidden"
    nowhere = await shop.refused(settling.receive, SUPPORT, rma=goods.id, location="S-99", lines=lines)
    assert nowhere.code == "location-unknown"
    await shop.ask(settling.receive, STORE, rma=goods.id, location="S-1", lines=lines)
    settled = await judged(shop, goods.id, {"line": 1, "restock": 1, "scrap": 1}, who=STORE)
    assert (settled.refund_minor, settled.location) == (2012, "S-1")
    assert await on_hand(shop, "ITEM-00006", "S-1") == before + 1  # the other was thrown away
    assert await shop.ask(unbalanced) == []
    assert await amiss(shop.world) == []


# --- what it is found to be -------------------------------------------------------------------------------------------


async def test_each_unit_is_judged_and_what_goes_back_to_her_was_not_returned(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00007", 4)
    goods = await asked(shop, order, line(4, reason="damaged"))
    await shop.ask(actions.decide, SUPPORT, rma=goods.id, agreed=True, note="send it")
    await come(shop, goods.id, 4)
    for verdicts in ([{"line": 1, "restock": 3}], [{"line": 2, "restock": 4}], [{"line": 1, "restock": 2}] * 2):
        refused = await shop.refused(settling.inspect, SUPPORT, rma=goods.id, verdicts=verdicts)
        assert refused.code == "not-inspected"
    settled = await judged(shop, goods.id, {"line": 1, "restock": 1, "repair": 1, "scrap": 1, "back": 1})
    [found] = settled.lines
    assert (found.restocked, found.mended, found.scrapped, found.sent_back, found.refund_minor) == (1, 1, 1, 1, 3021)
    assert await shop.level("ITEM-00007") == (1000 - 4 + 1, 0)
    assert (await shown(shop, order)).lines[0].returned == 3
    assert (await shop.ask(actions.offer, OLA, order=order)).lines[0].units == 1


async def test_a_scrapped_bundle_leaves_the_book_with_all_its_parts(shop: Shop) -> None:
    order = await sent(shop, "SET", 2)
    before = [await shop.level(sku) for sku in ("PART-A", "PART-B")]
    goods = await asked(shop, order, line(2))
    await come(shop, goods.id, 2)
    await judged(shop, goods.id, {"line": 1, "restock": 1, "scrap": 1})
    after = [await shop.level(sku) for sku in ("PART-A", "PART-B")]
    assert [now[0] - then[0] for now, then in zip(after, before, strict=True)] == [2, 1]
    assert await amiss(shop.world) == []


async def test_other_goods_arrive_than_were_announced(shop: Shop) -> None:
    order = await shop.bought("ITEM-00008", 2, OLA)
    await shop.ask(
        "commerce.amendments.edit", OLA, order=order, reference="E-1", more=[{"sku": "ITEM-00009", "quantity": 2}]
    )
    missing = (await shown(shop, order)).total_minor - (await shown(shop, order)).authorised_minor
    await shop.ask("commerce.payments.pay", OLA, order=order, tender={"method": "transfer", "amount_minor": missing})
    await shop.ask(orders.ship, order=order)
    goods = await asked(shop, order, line(2))
    given = {"rma": goods.id, "location": "WH-1"}
    too_many = await shop.refused(settling.receive, SUPPORT, **given, lines=[{"line": 2, "units": 3}])
    assert too_many.code == "too-many-returned"
    came = await shop.ask(settling.receive, SUPPORT, **given, lines=[{"line": 2, "units": 1}])
    assert [(each.line, each.units, each.arrived) for each in came.lines] == [(1, 2, 0), (2, 0, 1)]
    settled = await judged(shop, goods.id, {"line": 2, "restock": 1})
    assert settled.refund_minor == 1009
    assert (await shop.ask(actions.offer, OLA, order=order)).lines[0].units == 2


# --- claims -----------------------------------------------------------------------------------------------------------


async def test_a_defect_is_repaired_and_when_that_fails_the_money_comes_back(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00010", 1)
    goods = await asked(shop, order, line(1, reason="defective"), wish="repair")
    assert goods.state == "asked"
    await shop.ask(actions.decide, SUPPORT, rma=goods.id, agreed=True, note="we look at it")
    await come(shop, goods.id, 1)
    assert (await shop.ask(settling.repair, SUPPORT, rma=goods.id)).state == "in-repair"
    failed = await shop.ask(settling.repaired, SUPPORT, rma=goods.id, mended=False)
    assert (failed.state, failed.remedies) == ("arrived", ["reduction", "refund"])
    assert (await judged(shop, goods.id, {"line": 1, "scrap": 1})).refund_minor == 1010 + 1500


async def test_what_is_repaired_goes_back_and_nothing_is_paid(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00011", 1)
    goods = await asked(shop, order, line(1, reason="defective"), wish="repair")
    await shop.ask(actions.decide, SUPPORT, rma=goods.id, agreed=True, note="we look at it")
    await come(shop, goods.id, 1)
    await shop.ask(settling.repair, SUPPORT, rma=goods.id)
    settled = await shop.ask(settling.repaired, SUPPORT, rma=goods.id, mended=True)
    assert (settled.state, settled.lines[0].sent_back) == ("settled", 1)
    assert ((await shown(shop, order)).credit_minor, await shop.level("ITEM-00011")) == (0, (999, 0))


async def test_she_keeps_it_for_less_once(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00012", 1)
    goods = await asked(shop, order, line(1, reason="damaged"))
    for _ in range(1):
        await shop.ask(settling.reduce, FINANCE, rma=goods.id, minor=300, why="a scratch")
    again = await shop.refused(settling.reduce, FINANCE, rma=goods.id, minor=300, why="a scratch")
    assert (again.code, (await shown(shop, order)).credit_minor) == ("return-closed", 300)


# --- exchanges --------------------------------------------------------------------------------------------------------


async def exchanged(shop: Shop, order: UUID, sku: str, units: int = 1) -> Goods:
    instead = [{"sku": sku, "quantity": units}]
    return await asked(shop, order, line(1), wish="exchange", instead=instead)


async def money(shop: Shop, order: UUID) -> tuple[int, int]:
    found = await shown(shop, order)
    return found.captured_minor - found.refunded_minor, found.total_minor - found.credit_minor


async def test_an_even_exchange_moves_goods_and_no_money(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00013", 1)
    await paid(shop, order)
    goods = await exchanged(shop, order, "ITEM-00013")
    await come(shop, goods.id, 1)
    await judged(shop, goods.id, {"line": 1, "restock": 1})
    found = await shown(shop, order)
    assert (found.state, found.holds, await shop.level("ITEM-00013")) == ("open", [], (1000, 1))
    await shop.ask(orders.ship, order=order)
    await heard(shop, order)
    kept, due = await money(shop, order)
    assert kept == due == 1013 + 1500
    assert [each for each in await shop.ask("commerce.payments.unsettled") if each.order == order] == []
    assert await amiss(shop.world) == []


async def test_for_a_dearer_one_she_pays_the_difference_before_it_leaves(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00014", 2)
    await paid(shop, order)
    goods = await exchanged(shop, order, "ITEM-00015", 2)
    await come(shop, goods.id, 1)
    await judged(shop, goods.id, {"line": 1, "restock": 1})
    found = await shown(shop, order)
    assert [each.kind for each in found.holds] == ["payment"]
    assert (await shop.refused(orders.ship, order=order)).code == "not-shippable"
    too_much = {"method": "transfer", "amount_minor": 2 * 1015 - 1014 + 1}
    refused = await shop.refused("commerce.payments.pay", OLA, order=order, tender=too_much)
    assert refused.facts == {"missing_minor": 1016}
    await shop.ask("commerce.payments.pay", OLA, order=order, tender=too_much | {"amount_minor": 1016})
    await shop.ask(orders.ship, order=order)
    await paid(shop, order)
    assert await money(shop, order) == (1014 + 2030 + 1500,) * 2
    assert await amiss(shop.world) == []


async def test_what_is_not_there_is_not_exchanged_and_nothing_happens(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00016", 1)
    goods = await exchanged(shop, order, "ITEM-00017", 2_000)
    await come(shop, goods.id, 1)
    refused = await shop.refused(settling.inspect, SUPPORT, rma=goods.id, verdicts=[{"line": 1, "restock": 1}])
    assert (refused.code, await shop.level("ITEM-00016")) == ("out-of-stock", (999, 0))
    assert (await shop.ask(actions.rma, OLA, rma=goods.id)).state == "arrived"


async def test_new_goods_leave_before_the_old_are_back_and_these_are_missed_in_time(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00018", 2)
    await paid(shop, order)
    goods = await exchanged(shop, order, "ITEM-00019")
    ahead = await shop.ask(settling.send_ahead, SUPPORT, rma=goods.id, risk=True, days=10)
    twice = await shop.refused(settling.send_ahead, SUPPORT, rma=goods.id, risk=True)
    assert (ahead.sent_ahead, twice.code) == (True, "return-closed")
    assert (await shop.refused(actions.withdraw, OLA, rma=goods.id)).code == "return-closed"
    await shop.ask(orders.ship, order=order)
    assert await money(shop, order) == (2 * 1018 + 1500, 2 * 1018 + 1019 + 1500)
    assert await shop.ask(actions.returns, overdue=True) == []
    with clock.at(clock.now() + timedelta(days=12)):
        assert [each.id for each in await shop.ask(actions.returns, overdue=True)] == [goods.id]
    await come(shop, goods.id, 1)
    await judged(shop, goods.id, {"line": 1, "restock": 1})
    assert await money(shop, order) == (2 * 1018 + 1500, 1018 + 1019 + 1500)
    assert len((await shown(shop, order)).lines) == 2  # it was sent once
    assert await amiss(shop.world) == []


# --- never more -------------------------------------------------------------------------------------------------------


async def test_four_hundred_who_return_at_once_return_what_was_sold(shop: Shop) -> None:
    order = await sent(shop, "ITEM-00000", 7)
    many = [asked(shop, order, line(1)) for _ in range(400)]
    done = await asyncio.gather(*many, return_exceptions=True)
    agreed = [each for each in done if isinstance(each, Goods)]
    assert len(agreed) == 7
    assert {each.code for each in done if isinstance(each, Fault)} == {"too-many-returned"}
    await asyncio.gather(*(come(shop, each.id, 1) for each in agreed))
    twice = [judged(shop, each.id, {"line": 1, "restock": 1}) for each in agreed for _ in range(10)]
    settled = [each for each in await asyncio.gather(*twice, return_exceptions=True) if isinstance(each, Goods)]
    found = await shown(shop, order)
    assert (len(settled), sum(each.refund_minor for each in settled)) == (7, found.total_minor)
    assert (found.credit_minor, found.lines[0].returned, await shop.level("ITEM-00000")) == (
        found.total_minor, 7, (1000, 0)
    )  # fmt: skip
    assert await amiss(shop.world) == []
    assert await shop.ask(money_unbalanced) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"lines": [line(1), line(1)]}, "invalid"),
        ({"lines": [line(1, 9)]}, "invalid"),
        ({"lines": [line(4)]}, "too-many-returned"),
        ({"lines": [line(1)], "wish": "exchange"}, "invalid"),
        ({"lines": [line(1, photos=["0" * 32])]}, "photo-unknown"),
    ],
)
async def test_what_cannot_come_back_is_refused(shop: Shop, given: dict[str, Any], code: str) -> None:
    order = await sent(shop, "ITEM-00001")
    assert (await shop.refused(actions.ask, OLA, order=order, **given)).code == code
    assert await shop.ask(actions.returns, OLA, order=order) == []


async def test_how_a_channel_takes_back_is_said(shop: Shop) -> None:
    said: dict[str, Any] = {"days": 30, "told": True, "transit_days": 3, "claim_years": 2}
    await shop.ask(actions.put_policy, channel="SHOP-2", **said)
    found = await shop.ask(actions.policy, channel="SHOP-2")
    assert (found.days, found.transit_days) == (30, 3)
    with pytest.raises(Fault):
        await shop.ask(actions.put_policy, channel="SHOP-2", **said | {"days": 13})


# --- store credit, pictures -------------------------------------------------------------------------------------------


async def _wallet(shop: Shop, customer: UUID) -> list[tuple[str, int]]:
    found = await shop.ask("commerce.wallets.wallet", customer=customer)
    return [(each.currency, each.balance_minor) for each in found.accounts if each.kind == "store-credit"]


async def test_ola_takes_store_credit_instead_and_no_money_goes_back(shop: Shop) -> None:
    ola = Actor("customer", ids.new())
    order = await shop.bought("ITEM-00014", 3, ola)
    await shop.ask(orders.ship, order=order)
    await paid(shop, order)
    goods = await asked(shop, order, line(2), who=ola, wish="store-credit")
    assert goods.state == "approved"
    await come(shop, goods.id, 2)
    settled = await judged(shop, goods.id, {"line": 1, "restock": 2})
    await heard(shop, order)
    assert settled.refund_minor == 2028
    assert await _wallet(shop, ola.id) == [("PLN", 2028)]
    found = await shown(shop, order)
    assert (found.captured_minor, found.refunded_minor, found.credit_minor) == (found.total_minor, 2028, 2028)
    [payment] = await shop.ask("commerce.payments.payments", order=order)
    account = await shop.ask("commerce.payments.payment", payment=payment.id)
    assert [(each.attempt, each.minor, each.state) for each in account.attempts if each.kind == "refund"] == [
        (f"kept:{goods.code}", 2028, "done")
    ]
    unsettled = await shop.ask("commerce.payments.unsettled")
    assert [each for each in unsettled if each.order == order] == []
    # the last one goes back as money: all that is left, with the delivery
    rest = await asked(shop, order, line(1), who=ola)
    await come(shop, rest.id, 1)
    assert (await judged(shop, rest.id, {"line": 1, "restock": 1})).refund_minor == found.total_minor - 2028
    assert await amiss(shop.world) == []


async def test_what_was_not_paid_becomes_no_store_credit(shop: Shop) -> None:
    ola = Actor("customer", ids.new())
    order = await shop.bought("ITEM-00015", 2, ola)
    await shop.ask(orders.ship, order=order)
    goods = await asked(shop, order, line(1), who=ola, wish="store-credit")
    await come(shop, goods.id, 1)
    await judged(shop, goods.id, {"line": 1, "restock": 1})
    assert await _wallet(shop, ola.id) == []
    assert (await shown(shop, order)).credit_minor == 1015


async def test_a_guest_has_no_wallet(shop: Shop) -> None:
    guest = Actor("guest", ids.new())
    order = await shop.bought("ITEM-00016", 1, guest)
    await shop.ask(orders.ship, order=order)
    refused = await shop.refused(actions.ask, guest, order=order, lines=[line(1)], wish="store-credit")
    assert (refused.code, refused.facts) == ("no-wallet", {"field": "wish"})
    assert await shop.ask(actions.returns, guest) == []


async def test_buyers_are_not_told_what_staff_note(shop: Shop) -> None:
    order = await shop.bought("ITEM-00017", 1, OLA)
    await shop.ask(orders.note, order=order, text="she calls every day")
    await shop.ask("commerce.orders.hold_up", order=order, kind="review", reason="look at it")
    theirs, ours = await shop.ask(orders.order, OLA, order=order), await shown(shop, order)
    assert ([each.what for each in theirs.history], theirs.holds) == ([], [])
    assert [each.what for each in ours.history] == ["note", "held"]


async def test_what_is_outstanding(shop: Shop) -> None:
    order = await shop.bought("ITEM-00018", 1, OLA)
    still = await shop.ask("commerce.payments.outstanding", OLA, order=order)
    assert (still.currency, still.minor) == ("PLN", 0)
    await shop.ask(
        "commerce.amendments.edit", OLA, order=order, reference="more", more=[{"sku": "ITEM-00018", "quantity": 2}]
    )
    assert (await shop.ask("commerce.payments.outstanding", OLA, order=order)).minor == 2036
    stranger = Actor("customer", ids.new())
    assert (await shop.refused("commerce.payments.outstanding", stranger, order=order)).code == "not-found"


async def test_bought_edited_dearer_and_paid_exchanged_and_refunded_to_the_gift_card_first(shop: Shop) -> None:
    ola, sku = Actor("customer", ids.new()), "ITEM-00019"
    [card] = await shop.ask("commerce.wallets.issue", currency="PLN", amount_minor=1_500)
    token = (await shop.ask("commerce.wallets.claim_card", ola, code=card.code)).token
    lines = [{"sku": sku, "quantity": 2}]
    said = {"email": "ola@example.com", "address": HOME, "delivery": COURIER}
    cart = await shop.ask("commerce.checkout.open_cart", ola, channel="WEB-PL", lines=lines, **said)
    gift = {"provider": "wallet", "method": "gift-card", "amount_minor": 1_500, "token": token}
    rest = {"method": "transfer", "amount_minor": cart.priced.total - 1_500}
    order = (await shop.ask("commerce.checkout.place", ola, cart=cart.id, tenders=[gift, rest])).order
    dearer = await shop.ask(
        "commerce.amendments.edit", ola, order=order, reference="one-more", more=[{"sku": sku, "quantity": 1}]
    )
    more = {"method": "transfer", "amount_minor": dearer.to_pay_minor}
    await shop.ask("commerce.payments.pay", ola, order=order, **more)
    assert (dearer.to_pay_minor, (await shop.ask("commerce.payments.outstanding", ola, order=order)).minor) == (1019, 0)
    for hold in (await shown(shop, order)).holds:
        await shop.ask("commerce.orders.lift", order=order, kind=hold.kind, reason="it is paid")
    await shop.ask(orders.ship, order=order)
    await paid(shop, order)
    swapped = await asked(shop, order, line(1), who=ola, wish="exchange", instead=[{"sku": sku, "quantity": 1}])
    await come(shop, swapped.id, 1)
    await judged(shop, swapped.id, {"line": 1, "restock": 1})
    assert (await shown(shop, order)).state == "open"  # the new one goes on in the same order, paid already
    assert (await shop.ask("commerce.payments.outstanding", ola, order=order)).minor == 0
    back = await asked(shop, order, line(1), who=ola)
    await come(shop, back.id, 1)
    assert (await judged(shop, back.id, {"line": 1, "restock": 1})).refund_minor == 1019
    await heard(shop, order)
    [seen] = [each for each in await shop.ask("commerce.wallets.cards") if each.id == card.id]
    assert (seen.balance_minor, seen.aside_minor) == (1019, 0)
    assert await amiss(shop.world) == []
