"""Orders that are changed before they leave: told as stories, on the real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.bench.stall import KEEPER
from rynek.commerce.amendments import actions, rules
from rynek.commerce.amendments.model import Amended, Edit
from rynek.commerce.checkout import Want
from rynek.commerce.inventory.actions import unbalanced
from rynek.commerce.orders import LineUnits, OrderLine
from rynek.commerce.orders import actions as orders
from rynek.commerce.orders.events import OrderCancelled
from rynek.commerce.orders.model import Order
from rynek.commerce.promotions.reactions import return_uses
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from tests.commerce.orders.test_actions import HOME, Shop, shop
from tests.commerce.orders.test_parts import goods
from tests.proof.books import amiss

__all__ = ["shop"]

pytestmark = pytest.mark.usefixtures("shop")
OLA = Actor("guest", ids.new())
SUPPORT = Actor("staff", ids.new(), frozenset({"support"}))
GDANSK = HOME | {"city": "Gdańsk", "street": "Długa 2"}


def line(number: int, quantity: int, gross: int = 0, shipped: int = 0, cancelled: int = 0) -> OrderLine:
    return OrderLine(number, f"SKU-{number}", "?", quantity, 0, gross, 0, gross, 0, 0, 0, shipped, cancelled)


@st.composite
def lines(draw: st.DrawFn) -> list[OrderLine]:
    made = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        quantity = draw(st.integers(1, 9))
        shipped = draw(st.integers(0, quantity))
        cancelled = draw(st.integers(0, quantity - shipped))
        made.append(line(number, quantity, draw(st.integers(0, 10**6)), shipped, cancelled))
    return made


edits = st.builds(
    Edit, st.just("E-1"),
    st.lists(st.builds(LineUnits, st.integers(1, 4), st.integers(1, 9)), max_size=4),
    st.lists(st.builds(Want, st.sampled_from(["SKU-1", "NEW"]), st.integers(1, 9)), max_size=2),
)  # fmt: skip


# --- rules ------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**12), st.integers(1, 50), st.data())
def test_shares_of_a_line_add_up_to_it(minor: int, quantity: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, quantity), max_size=6)))
    parts = [rules.share(minor, quantity, a, b) for a, b in zip([0, *cuts], [*cuts, quantity], strict=True)]
    assert sum(parts) == minor
    assert min(parts) >= 0


@given(lines(), edits, st.sampled_from(["open", "shipped"]))
def test_what_is_let_pass_leaves_a_whole_order(there: list[OrderLine], edit: Edit, state: str) -> None:
    if rules.amiss(edit, there, state, "PL") is not None:
        return
    assert state == "open"
    units = {each.line: each.units for each in edit.fewer}
    assert all(units.get(each.line, 0) <= rules.waiting(each) for each in there)
    assert edit.more or not rules.empties(edit, there)
    left = rules.basket(edit, there)
    assert sum(left.values()) == (
        sum(each.quantity - each.cancelled for each in there)
        - sum(units.values()) + sum(want.quantity for want in edit.more)
    )  # fmt: skip
    parts = rules.given_up(there, edit.fewer)
    assert sum(part.units for part in parts) == sum(units.values())
    assert sum(part.gross_minor for part in parts) <= sum(each.gross_minor for each in there)


@given(lines(), st.integers(0, 10**5), st.none() | st.integers(0, 10**5))
def test_buyers_may_until_their_time_is_over_or_some_of_it_has_left(
    there: list[OrderLine], after: int, minutes: int | None
) -> None:
    placed = datetime(2026, 1, 1, tzinfo=UTC)
    refused = rules.too_late(there, placed, placed + timedelta(minutes=after), minutes)
    assert (refused is None) == (
        not any(each.shipped for each in there) and (minutes is None or after < minutes)
    )  # fmt: skip


# --- stories ----------------------------------------------------------------------------------------------------------


async def edit(shop: Shop, order: UUID, who: Actor = OLA, reference: str = "E-1", **more: Any) -> Amended:
    found: Amended = await shop.ask(actions.edit, who, order=order, reference=reference, **more)
    return found


async def shown(shop: Shop, order: UUID) -> Order:
    found: Order = await shop.ask(orders.order, order=order)
    return found


async def test_ola_wants_one_fewer_and_something_else_and_sees_first_what_that_costs(shop: Shop) -> None:
    order = await shop.bought("ITEM-00001", 3, OLA)
    change: dict[str, Any] = {"fewer": [{"line": 1, "units": 1}], "more": [{"sku": "ITEM-00009", "quantity": 2}]}
    seen = await shop.ask(actions.preview, OLA, order=order, reference="E-1", **change)
    assert (seen.before_minor, seen.difference_minor, seen.to_pay_minor) == (4503, 2 * 1009 - 1001, 1017)
    assert (await shown(shop, order)).total_minor == 4503  # nothing happened by looking
    stale = await shop.refused(actions.edit, OLA, order=order, reference="E-1", total_minor=4503, **change)
    assert (stale.code, stale.facts) == ("amount-differs", {"total_minor": 5520})
    assert await edit(shop, order, total_minor=seen.total_minor, **change) == seen
    assert await edit(shop, order, total_minor=seen.total_minor, **change) == seen  # sent twice
    other = await shop.refused(actions.edit, OLA, order=order, reference="E-1", fewer=[{"line": 1, "units": 2}])
    assert other.code == "change-differs"
    found = await shown(shop, order)
    assert [(each.sku, each.quantity - each.cancelled) for each in found.lines] == [
        ("ITEM-00001", 2),
        ("ITEM-00009", 2),
    ]
    assert (found.total_minor, [hold.kind for hold in found.holds]) == (5520, ["payment"])
    assert (await shop.level("ITEM-00001"), await shop.level("ITEM-00009")) == ((1000, 2), (1000, 2))
    await shop.ask("commerce.payments.pay", OLA, order=order, tender={"method": "transfer", "amount_minor": 1017})
    assert (await shown(shop, order)).holds == []
    await shop.ask(orders.ship, order=order)
    made = await shop.ask(actions.edits, OLA, order=order)
    assert [(each.reference, each.difference_minor, each.total_minor) for each in made] == [("E-1", 1017, 5520)]
    assert await amiss(shop.world) == []


async def test_everything_is_exchanged_for_something_else(shop: Shop) -> None:
    order = await shop.bought("ITEM-00002", 2, OLA)
    await edit(shop, order, fewer=[{"line": 1, "units": 2}], more=[{"sku": "SET", "quantity": 1}])
    found = await shown(shop, order)
    assert (found.state, found.total_minor, found.holds) == ("open", 700 + 1500, [])
    assert (await shop.level("ITEM-00002"), (await shop.level("PART-A"))[1]) == ((1000, 0), 2)
    await shop.ask(orders.ship, order=order)
    assert (await shown(shop, order)).state == "shipped"


async def test_support_sends_it_elsewhere_by_another_way(shop: Shop) -> None:
    await shop.ask("commerce.catalog.put_products", KEEPER, products=[
        {"code": "LOCKER", "name": "Locker", "variants": [{"sku": "LOCKER"}]}])  # fmt: skip
    await shop.ask("commerce.catalog.publish", KEEPER, publications=[{"product": "LOCKER", "channel": "WEB-PL"}])
    await shop.ask("commerce.pricing.put_prices", KEEPER, prices=[{"list": "RETAIL-PL", "sku": "LOCKER", "minor": 900}])
    locker = {"code": "locker", "name": "Locker", "kind": "locker", "sku": "LOCKER"}
    await shop.ask("commerce.checkout.put_delivery", KEEPER, channel="WEB-PL", options=[locker])
    order = await shop.bought("ITEM-00003", 1, OLA)
    before = await shown(shop, order)
    made = await edit(shop, order, SUPPORT, address=GDANSK, delivery="locker")
    assert (made.difference_minor, made.delivery_minor, made.to_pay_minor) == (-600, 900, 0)
    found = await shown(shop, order)
    assert (found.total_minor, found.delivery_minor) == (before.total_minor - 600, 900)
    assert found.tax_minor == before.tax_minor - (280 - 168)
    await shop.ask(orders.ship_part, order=order, **goods("P-1", ("ITEM-00003", 1)))
    late = await shop.refused(actions.edit, SUPPORT, order=order, reference="E-2", address=HOME)
    assert (late.code, await amiss(shop.world)) == ("not-changeable", [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "invalid"),
        ({"fewer": [{"line": 7, "units": 1}]}, "invalid"),
        ({"fewer": [{"line": 1, "units": 1}, {"line": 1, "units": 1}]}, "invalid"),
        ({"fewer": [{"line": 1, "units": 9}]}, "not-changeable"),
        ({"fewer": [{"line": 1, "units": 3}]}, "not-changeable"),
        ({"address": HOME | {"country": "DE"}}, "invalid"),
        ({"delivery": "pigeon"}, "delivery-unknown"),
        ({"more": [{"sku": "NOTHING", "quantity": 1}]}, "not-sellable"),
        ({"fewer": [{"line": 1, "units": 1}], "more": [{"sku": "ITEM-00005", "quantity": 1001}]}, "out-of-stock"),
    ],
)
async def test_what_cannot_be_changed_changes_nothing(shop: Shop, change: dict[str, Any], code: str) -> None:
    order = await shop.bought("ITEM-00004", 3, OLA)
    before, levels = await shown(shop, order), [await shop.level(sku) for sku in ("ITEM-00004", "ITEM-00005")]
    refused = await shop.refused(actions.edit, OLA, order=order, reference="E-1", **change)
    assert refused.code == code
    assert (await shown(shop, order), [await shop.level(sku) for sku in ("ITEM-00004", "ITEM-00005")]) == (
        before,
        levels,
    )
    await shop.ask(orders.cancel, order=order, reason="next")


async def test_buyers_change_their_own_in_their_time_alone(shop: Shop) -> None:
    order = await shop.bought("ITEM-00006", 4, OLA)
    one_less = {"order": order, "reference": "E-1", "fewer": [{"line": 1, "units": 1}]}
    for action in (actions.preview, actions.edit):
        assert (await shop.refused(action, Actor("guest", ids.new()), **one_less)).code == "not-found"
    await shop.ask(actions.put_window, channel="WEB-PL", minutes=10)
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert (await shop.refused(actions.edit, OLA, **one_less)).code == "window-closed"
        assert (await edit(shop, order, SUPPORT, fewer=one_less["fewer"])).difference_minor == -1006
    await shop.ask(actions.put_window, channel="WEB-PL", minutes=None)
    assert (await shop.ask(actions.window, channel="WEB-PL")).minutes is None
    await shop.ask(orders.ship_part, order=order, **goods("P-1", ("ITEM-00006", 1)))
    assert (await shop.refused(actions.edit, OLA, **one_less | {"reference": "E-2"})).code == "window-closed"


async def test_many_who_change_one_order_at_once_change_it_one_after_the_other(shop: Shop) -> None:
    order = await shop.bought("ITEM-00007", 5, OLA)
    many = [
        edit(shop, order, SUPPORT, f"E-{n % 20}", fewer=[{"line": 1, "units": 1}])
        if n % 2
        else edit(shop, order, SUPPORT, f"E-{n % 20}", more=[{"sku": "ITEM-00008", "quantity": 1}])
        for n in range(40)
    ]
    done = await asyncio.gather(*many, return_exceptions=True)
    found = await shown(shop, order)
    assert found.lines[0].cancelled in (4, 5)
    assert sum(line.quantity for line in found.lines[1:]) == 10
    assert sum(isinstance(each, Amended) for each in done) == 20 + 2 * found.lines[0].cancelled
    assert await shop.ask(unbalanced) == []
    assert await amiss(shop.world) == []


async def test_the_last_unit_is_added_to_one_order(shop: Shop) -> None:
    lines = [{"sku": "ITEM-00010", "units": -998}]
    await shop.world.door.ask(
        Actor("staff", ids.new(), frozenset({"stock"})), "commerce.inventory.adjust", location="WH-1",
        reference="few", reason="?", lines=lines,
    )  # fmt: skip
    bought = [await shop.bought("ITEM-00011", 1, OLA) for _ in range(6)]
    more = [{"sku": "ITEM-00010", "quantity": 1}]
    done = await asyncio.gather(*(edit(shop, order, more=more) for order in bought), return_exceptions=True)
    assert sum(isinstance(each, Amended) for each in done) == 2
    assert await shop.level("ITEM-00010") == (2, 2)
    assert await amiss(shop.world) == []


async def test_what_an_edit_had_of_promotions_is_given_back_with_the_order(shop: Shop) -> None:
    eva = Actor("customer", ids.new())
    said: dict[str, Any] = {
        "code": "FEW", "name": "Few", "gives": {"give": "percent", "bp": 1000}, "state": "active", "uses": 5,
        "uses_each": 3, "budget_minor": 10_000, "currency": "PLN",
    }  # fmt: skip
    await shop.ask("commerce.promotions.put_promotions", promotions=[said])

    async def used() -> tuple[int, int, int]:
        kept = await shop.ask("commerce.promotions.promotion", promotion="FEW")
        async with shop.world.database.transaction("commerce") as tx:
            share = await tx.value(
                "select used from commerce.promotion_share where promotion = 'FEW' and customer = $1", eva.id
            )
        return kept.used, kept.spent_minor, share

    order = await shop.bought("ITEM-00016", 1, eva)
    await edit(shop, order, eva, "P-1", more=[{"sku": "ITEM-00017", "quantity": 1}])
    await edit(shop, order, eva, "P-2", more=[{"sku": "ITEM-00018", "quantity": 1}])
    assert await used() == (3, 102 + 102 + 102, 3)
    kept = await shop.bought("ITEM-00016", 1, Actor("customer", ids.new()))
    assert (await used())[0] == 4
    await shop.ask(orders.cancel, eva, order=order, reason="no more")
    for _ in range(2):
        async with shop.world.database.transaction("commerce") as tx:
            await return_uses(tx, OrderCancelled(order, "no more"))
    assert await used() == (1, 102, 0)
    assert (await shown(shop, kept)).state == "open"
    await shop.ask("commerce.promotions.put_promotions", promotions=[said | {"state": "ended"}])
