"""Orders in parts: what leaves, is given up, added, credited and held up some at a time, on the real database."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from rynek.bench.stall import KEEPER
from rynek.commerce import inventory, orders
from rynek.commerce.checkout import Address
from rynek.commerce.inventory import Need, Pick
from rynek.commerce.inventory.actions import unbalanced
from rynek.commerce.orders import actions, changing
from rynek.commerce.orders.events import OrderChanged, OrderShipped, UnitsShipped
from rynek.commerce.orders.model import Balance, LineUnits, Order, OrderLine, Strike
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.log import Follower
from tests.commerce.orders.test_actions import HOME, Shop, coming, shop

__all__ = ["shop"]

pytestmark = pytest.mark.usefixtures("shop")
FINANCE = Actor("staff", ids.new(), frozenset({"finance"}))


def goods(reference: str, *picks: tuple[str, int], location: str = "WH-1") -> dict[str, Any]:
    return {"reference": reference, "picks": [{"sku": sku, "location": location, "units": n} for sku, n in picks]}


def strike(units: int, reference: str = "S-1", line: int = 1) -> dict[str, Any]:
    return {"reference": reference, "lines": [{"line": line, "units": units}], "reason": "fewer"}


async def shown(shop: Shop, order: UUID) -> Order:
    found: Order = await shop.ask(actions.order, order=order)
    return found


async def balance(shop: Shop, order: UUID) -> Balance:
    async with shop.world.database.transaction("commerce") as tx:
        return await orders.balance(tx, order)


# --- leaving ----------------------------------------------------------------------------------------------------------


async def test_an_order_leaves_in_parts_each_once_and_is_shipped_with_the_last(shop: Shop) -> None:
    order = await shop.bought("ITEM-00010")
    parts, whole = Follower(shop.world.database, UnitsShipped), Follower(shop.world.database, OrderShipped)
    await parts.begin()
    await whole.begin()
    assert await shop.ask(actions.ship_part, order=order, **goods("P-1", ("ITEM-00010", 1))) is True
    assert await shop.ask(actions.ship_part, order=order, **goods("P-1", ("ITEM-00010", 1))) is False
    assert (await shop.level("ITEM-00010"), (await shown(shop, order)).state) == ((999, 2), "open")
    more = await shop.refused(actions.ship_part, order=order, **goods("P-2", ("ITEM-00010", 3)))
    assert (more.code, await shop.level("ITEM-00010")) == ("not-held", (999, 2))
    assert await shop.ask(actions.ship_part, order=order, **goods("P-2", ("ITEM-00010", 2))) is True
    found = await shown(shop, order)
    assert (found.state, [line.shipped for line in found.lines]) == ("shipped", [3])
    assert [(each.reference, [pick.units for pick in each.goods]) for each in found.shipments] == [
        ("P-1", [1]),
        ("P-2", [2]),
    ]
    told = [(each.data.reference, each.data.gross_minor) for each in await parts.news()]
    line = found.lines[0]
    assert told == [("P-1", line.gross_minor // 3), ("P-2", line.gross_minor - line.gross_minor // 3)]
    assert [each.data.order for each in await whole.news()] == [order]
    assert [each.what for each in found.history] == ["shipped in part", "shipped"]


async def test_a_bundle_leaves_with_the_last_of_its_parts(shop: Shop) -> None:
    order = await shop.bought("SET", 1)
    await shop.ask(actions.ship_part, order=order, **goods("P-1", ("PART-A", 2)))
    assert [(line.shipped, line.quantity) for line in (await shown(shop, order)).lines] == [(0, 1)]
    # half of it has left: it can be neither given up nor brought back
    assert (await shop.refused(actions.take_back, order=order, **coming(1))).code == "not-returnable"
    await shop.ask(actions.ship_part, order=order, **goods("P-2", ("PART-B", 1)))
    found = await shown(shop, order)
    assert (found.state, found.lines[0].shipped) == ("shipped", 1)


async def test_two_who_ship_the_same_units_ship_them_once(shop: Shop) -> None:
    order = await shop.bought("ITEM-00011", 5)
    sent = [goods(f"P-{n}", ("ITEM-00011", 1)) for n in range(8)]
    results = await asyncio.gather(
        *(shop.ask(actions.ship_part, order=order, **each) for each in sent), return_exceptions=True
    )
    assert sum(each is True for each in results) == 5
    assert (await shop.level("ITEM-00011"), (await shown(shop, order)).state) == ((995, 0), "shipped")


async def test_what_has_left_comes_back_before_the_rest_has_left(shop: Shop) -> None:
    order = await shop.bought("ITEM-00012")
    await shop.ask(actions.ship_part, order=order, **goods("P-1", ("ITEM-00012", 1)))
    assert (await shop.refused(actions.take_back, order=order, **coming(2))).code == "not-returnable"
    assert await shop.ask(actions.take_back, order=order, **coming(1)) is True
    assert [line.returned for line in (await shown(shop, order)).lines] == [1]


# --- giving up --------------------------------------------------------------------------------------------------------


async def test_units_given_up_are_free_again_and_cost_nothing(shop: Shop) -> None:
    order = await shop.bought("ITEM-00013")
    before = await balance(shop, order)
    follower = Follower(shop.world.database, OrderChanged)
    await follower.begin()
    each = (await shown(shop, order)).lines[0].gross_minor // 3
    after: Balance = await shop.ask(actions.strike, order=order, **strike(1))
    assert after.total_minor == before.total_minor - each
    assert await shop.ask(actions.strike, order=order, **strike(1)) == after  # told twice
    assert await shop.level("ITEM-00013") == (1000, 2)
    found = await shown(shop, order)
    assert (found.lines[0].quantity, found.lines[0].cancelled, found.state) == (3, 1, "open")
    assert [(e.data.total_minor, e.data.given_up[0].units) for e in await follower.news()] == [(after.total_minor, 1)]
    refused = await shop.refused(actions.strike, order=order, **strike(3, "S-2"))
    assert (refused.code, await shop.level("ITEM-00013")) == ("not-changeable", (1000, 2))


async def test_an_order_of_which_all_is_given_up_is_cancelled(shop: Shop) -> None:
    order = await shop.bought("ITEM-00014")
    await shop.ask(actions.strike, order=order, **strike(3))
    assert (await shop.state(order), await shop.level("ITEM-00014")) == (("cancelled", ["cancelled"]), (1000, 0))
    again = await shop.refused(actions.strike, order=order, **strike(1, "S-2"))
    assert (again.code, again.facts) == ("not-changeable", {"state": "cancelled"})


async def test_when_the_rest_is_given_up_what_left_is_the_order(shop: Shop) -> None:
    order = await shop.bought("ITEM-00015")
    await shop.ask(actions.ship_part, order=order, **goods("P-1", ("ITEM-00015", 1)))
    await shop.ask(actions.cancel, order=order, reason="the rest is late")
    found = await shown(shop, order)
    assert (found.state, found.lines[0].shipped, found.lines[0].cancelled) == ("shipped", 1, 2)
    assert (await shop.level("ITEM-00015"), found.total_minor) == (
        (999, 0),
        found.lines[0].gross_minor // 3 + found.delivery_minor,
    )


async def test_the_rest_of_a_half_shipped_bundle_is_free_again(shop: Shop) -> None:
    free = (await shop.level("PART-B"))[1]
    order = await shop.bought("SET", 2)
    await shop.ask(actions.ship_part, order=order, **goods("P-1", ("PART-A", 2), ("PART-B", 1)))
    await shop.ask(actions.ship_part, order=order, **goods("P-2", ("PART-A", 2)))
    await shop.ask(actions.cancel, order=order, reason="no more")
    assert (await shop.level("PART-B"))[1] == free
    assert (await shown(shop, order)).state == "shipped"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (strike(1, line=2), "invalid"),
        ({**strike(1), "lines": [{"line": 1, "units": 1}] * 2}, "invalid"),
        ({**strike(1), "reason": ""}, "invalid"),
    ],
)
async def test_what_cannot_be_given_up_changes_nothing(shop: Shop, given: dict[str, Any], code: str) -> None:
    order = await shop.bought("ITEM-00016")
    before = await shop.level("ITEM-00016")
    assert (await shop.refused(actions.strike, order=order, **given)).code == code
    assert (await shop.level("ITEM-00016"), await shop.state(order)) == (before, ("open", []))


async def test_shipping_and_giving_up_at_once_never_do_both(shop: Shop) -> None:
    order = await shop.bought("ITEM-00017", 6)
    many = [shop.ask(actions.strike, order=order, **strike(1, f"S-{n}")) for n in range(6)]
    many += [shop.ask(actions.ship_part, order=order, **goods(f"P-{n}", ("ITEM-00017", 1))) for n in range(6)]
    await asyncio.gather(*many, return_exceptions=True)
    line = (await shown(shop, order)).lines[0]
    assert line.shipped + line.cancelled == 6
    assert await shop.level("ITEM-00017") == (1000 - line.shipped, 0)


# --- adding, sending elsewhere ----------------------------------------------------------------------------------------


async def added(shop: Shop, order: UUID, sku: str, reference: str = "E-1") -> Balance:
    line = OrderLine(0, sku, sku, 2, 500, 813, 187, 1000, 2300)
    async with shop.world.database.transaction("commerce") as tx:
        return await orders.extend(tx, order, reference, [line], {"SET": [("PART-A", 2), ("PART-B", 1)]})


async def test_what_is_added_has_to_be_paid_before_it_leaves(shop: Shop) -> None:
    order = await shop.bought("ITEM-00018", 1)
    before = await balance(shop, order)
    after = await added(shop, order, "SET")
    assert (after.total_minor, await added(shop, order, "SET")) == (before.total_minor + 1000, after)
    found = await shown(shop, order)
    assert [(line.line, line.sku, line.quantity) for line in found.lines] == [(1, "ITEM-00018", 1), (2, "SET", 2)]
    assert [each.kind for each in found.holds] == ["payment"]
    refused = await shop.refused(actions.ship_part, order=order, **goods("P-1", ("ITEM-00018", 1)))
    assert (refused.code, refused.facts) == ("not-shippable", {"holds": ["payment"]})
    tender = {"method": "transfer", "amount_minor": 1000}
    await shop.ask("commerce.payments.pay", order=order, tender=tender)
    assert ((await shown(shop, order)).holds, (await balance(shop, order)).authorised_minor) == ([], after.total_minor)
    async with shop.world.database.transaction("commerce") as tx:
        needs = await orders.goods_of(tx, order, [line for line in found.lines if line.sku == "SET"])
        assert needs == [Need("PART-A", 4), Need("PART-B", 2)]
        [held] = await inventory.hold_many(tx, [inventory.Claim(order, "WEB-PL", needs)])
        assert isinstance(held, list)
    await shop.ask(actions.ship, order=order)
    assert [line.shipped for line in (await shown(shop, order)).lines] == [1, 2]


async def test_an_order_is_reopened_once_by_one_number(shop: Shop) -> None:
    order = await shop.bought("ITEM-00005", 1)
    await shop.ask(actions.ship, order=order)

    async def reopened() -> Balance:
        line = OrderLine(0, "ITEM-00006", "Item", 1, 500, 407, 93, 500, 2300)
        async with shop.world.database.transaction("commerce") as tx:
            return await orders.extend(tx, order, "X-1", [line], reopen=True)

    assert (await reopened()).state == "open"
    await shop.ask("commerce.payments.pay", order=order, tender={"method": "transfer", "amount_minor": 500})
    async with shop.world.database.transaction("commerce") as tx:
        [held] = await inventory.hold_many(tx, [inventory.Claim(order, "WEB-PL", [Need("ITEM-00006", 1)])])
        assert isinstance(held, list)
    await shop.ask(actions.ship, order=order)
    assert ((await reopened()).state, (await shown(shop, order)).state) == ("shipped", "shipped")  # told late, again
    assert len((await shown(shop, order)).lines) == 2


async def test_an_order_is_sent_elsewhere_until_some_of_it_has_left(shop: Shop) -> None:
    order = await shop.bought("ITEM-00019", 2)
    new = Address("Jan Nowak", "Długa 2", "Gdańsk", "80-001", "PL")
    async with shop.world.database.transaction("commerce") as tx:
        await orders.readdress(tx, order, new)
    agreed = msgspec.json.decode((await shown(shop, order)).agreed)
    assert (agreed["terms"]["address"]["city"], agreed["terms"]["email"][-12:]) == ("Gdańsk", "@example.com")
    assert HOME["city"] == "Kraków"
    await shop.ask(actions.ship_part, order=order, **goods("P-1", ("ITEM-00019", 1)))
    async with shop.world.database.transaction("commerce") as tx:
        with pytest.raises(orders.NotChangeable):
            await orders.readdress(tx, order, new)


# --- credits and holds ------------------------------------------------------------------------------------------------


async def test_credits_count_once_and_never_beyond_the_total(shop: Shop) -> None:
    order = await shop.bought("ITEM-00004")
    total = (await balance(shop, order)).total_minor
    given = {"reference": "C-1", "minor": 100, "why": "scratched"}
    assert await shop.ask(changing.credit, FINANCE, order=order, **given) is True
    assert await shop.ask(changing.credit, FINANCE, order=order, **given) is False
    too_much = await shop.refused(
        changing.credit, FINANCE, order=order, **{**given, "reference": "C-2", "minor": total}
    )
    assert (too_much.code, (await balance(shop, order)).due_minor) == ("credit-too-high", total - 100)
    many = [
        shop.ask(changing.credit, FINANCE, order=order, reference=f"R-{n}", minor=total // 4, why="race")
        for n in range(8)
    ]
    done = await asyncio.gather(*many, return_exceptions=True)
    assert sum(each is True for each in done) == (total - 100) // (total // 4)


async def test_a_credit_that_covers_what_is_missing_lets_the_order_go_on(shop: Shop) -> None:
    order = await shop.bought("ITEM-00005")
    async with shop.world.database.transaction("commerce") as tx:
        line = OrderLine(0, "ITEM-00006", "Item", 1, 500, 407, 93, 500, 2300)
        await orders.extend(tx, order, "X-1", [line])
        [held] = await inventory.hold_many(tx, [inventory.Claim(order, "WEB-PL", [Need("ITEM-00006", 1)])])
        assert isinstance(held, list)
    await shop.ask(changing.credit, FINANCE, order=order, reference="C-1", minor=499, why="sorry")
    assert (await shop.refused(actions.ship, order=order)).facts == {"holds": ["payment"]}
    await shop.ask(changing.credit, FINANCE, order=order, reference="C-2", minor=1, why="sorry")
    await shop.ask(actions.ship, order=order)


async def test_a_held_order_stays_until_somebody_has_looked(shop: Shop) -> None:
    order = await shop.bought("ITEM-00001")
    for _ in range(2):
        await shop.ask(changing.hold_up, order=order, kind="fraud", reason="five cards in an hour")
    queue = await shop.ask(changing.held, kind="fraud", limit=200)
    assert [(each.kind, each.reason) for each in queue if each.order == order] == [("fraud", "five cards in an hour")]
    assert (await shop.refused(actions.ship, order=order)).facts == {"holds": ["fraud"]}
    await shop.ask(changing.lift, order=order, kind="fraud", reason="a school's order")
    assert (await shop.refused(changing.lift, order=order, kind="fraud", reason="again")).code == "not-found"
    await shop.ask(actions.ship, order=order)
    assert (await shop.state(order)) == ("shipped", ["held", "let go", "shipped"])


# --- units set aside elsewhere ----------------------------------------------------------------------------------------


async def test_units_are_set_aside_elsewhere_all_or_none(shop: Shop) -> None:
    lines = [{"sku": "ITEM-00002", "units": 2}]
    await shop.world.door.ask(KEEPER, "commerce.inventory.receive", location="S-1", reference="moved", lines=lines)
    order = await shop.bought("ITEM-00002", 3)
    async with shop.world.database.transaction("commerce") as tx:
        assert await inventory.held(tx, order) == [Pick("ITEM-00002", "WH-1", 3)]
    for given, taken, fault in [
        ([Pick("ITEM-00002", "WH-1", 3)], [Pick("ITEM-00002", "S-1", 3)], inventory.OutOfStock),
        ([Pick("ITEM-00002", "WH-1", 4)], [Pick("ITEM-00002", "S-1", 1)], inventory.NotHeld),
    ]:
        with pytest.raises(fault):
            async with shop.world.database.transaction("commerce") as tx:
                await inventory.rehold(tx, order, given, taken)
    async with shop.world.database.transaction("commerce") as tx:
        await inventory.rehold(tx, order, [Pick("ITEM-00002", "WH-1", 2)], [Pick("ITEM-00002", "S-1", 2)])
        assert await inventory.held(tx, order) == [Pick("ITEM-00002", "S-1", 2), Pick("ITEM-00002", "WH-1", 1)]
    await shop.ask(actions.ship_part, order=order, **goods("P-1", ("ITEM-00002", 2), location="S-1"))
    assert await shop.ask(unbalanced) == []


async def test_the_same_change_in_process(shop: Shop) -> None:
    order = await shop.bought("ITEM-00003", 2)
    async with shop.world.database.transaction("commerce") as tx:
        after = await orders.strike(tx, order, Strike("S-1", [LineUnits(1, 1)], "less"))
    assert after == await balance(shop, order)
