"""Orders on the real database: what can be done with them, once, and what they leave behind in stock."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, set_up
from rynek.commerce.inventory.actions import ledger, levels, totals, unbalanced
from rynek.commerce.orders import actions
from rynek.commerce.orders.events import OrderCancelled, OrderShipped, UnitsReturned
from rynek.kernel import door, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from rynek.kernel.log import Follower

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}


class Shop:
    """A shop with a bundle: SET is two of PART-A and one of PART-B."""

    def __init__(self, world: App) -> None:
        self.world = world

    async def ask(self, action: Any, who: Actor = ADMIN, **values: Any) -> Any:
        return await self.world.door.ask(who, action, **values)

    async def refused(self, action: Any, who: Actor = ADMIN, **values: Any) -> Fault:
        """Ask, and give the refusal as it is told over HTTP, where a violated constraint is one as well."""
        try:
            await self.ask(action, who, **values)
        except (Fault, asyncpg.PostgresError) as error:
            refusal = door.understood(error)
            assert refusal is not None
            return refusal
        raise AssertionError("it was not refused")

    async def bought(self, sku: str, quantity: int = 3, who: Actor | None = None, **more: Any) -> UUID:
        buyer = who or Actor("guest", ids.new())
        said = {"email": f"{buyer.id}@example.com", "address": HOME, "delivery": COURIER} | more
        line = {"sku": sku, "quantity": quantity}
        cart = await self.ask("commerce.checkout.open_cart", buyer, channel="WEB-PL", lines=[line], **said)
        tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
        placed = await self.ask("commerce.checkout.place", buyer, cart=cart.id, tenders=tenders)
        order: UUID = placed.order
        return order

    async def level(self, sku: str) -> tuple[int, int]:
        [found] = await self.ask(totals, skus=[sku])
        return found.on_hand, found.held

    async def state(self, order: UUID) -> tuple[str, list[str]]:
        shown = await self.ask(actions.order, order=order)
        return shown.state, [each.what for each in shown.history]


@pytest.fixture(scope="module")
async def shop(world: App) -> Shop:
    await set_up(world, 20)
    parts = [{"code": sku, "name": sku, "variants": [{"sku": sku}]} for sku in ("PART-A", "PART-B", "SET")]
    await world.door.ask(KEEPER, "commerce.catalog.put_products", products=parts)
    published = [{"product": sku, "channel": "WEB-PL"} for sku in ("PART-A", "PART-B", "SET")]
    await world.door.ask(KEEPER, "commerce.catalog.publish", publications=published)
    components = [{"sku": "PART-A", "quantity": 2}, {"sku": "PART-B", "quantity": 1}]
    await world.door.ask(KEEPER, "commerce.catalog.put_bundles", bundles=[{"sku": "SET", "components": components}])
    prices = [{"list": "RETAIL-PL", "sku": sku, "minor": 700} for sku in ("PART-A", "PART-B", "SET")]
    await world.door.ask(KEEPER, "commerce.pricing.put_prices", prices=prices)
    lines = [{"sku": "PART-A", "units": 100}, {"sku": "PART-B", "units": 100}]
    await world.door.ask(KEEPER, "commerce.inventory.receive", location="WH-1", reference="parts", lines=lines)
    return Shop(world)


# --- cancelling -------------------------------------------------------------------------------------------------------


async def test_a_cancelled_order_gives_its_units_back_once(shop: Shop) -> None:
    order = await shop.bought("ITEM-00001")
    assert await shop.level("ITEM-00001") == (1000, 3)
    follower = Follower(shop.world.database, OrderCancelled)
    await follower.begin()
    for _ in range(2):
        await shop.ask(actions.cancel, order=order, reason="changed my mind")
    assert await shop.level("ITEM-00001") == (1000, 0)
    assert await shop.state(order) == ("cancelled", ["cancelled"])
    assert [(e.data.order, e.data.reason) for e in await follower.news()] == [(order, "changed my mind")]
    refused = await shop.refused(actions.ship, order=order)
    assert (refused.code, refused.facts) == ("not-shippable", {"state": "cancelled"})
    assert await shop.level("ITEM-00001") == (1000, 0)


async def test_buyers_cancel_their_own_alone(shop: Shop) -> None:
    buyer = Actor("guest", ids.new())
    order = await shop.bought("ITEM-00002", who=buyer)
    stranger = await shop.refused(actions.cancel, Actor("guest", ids.new()), order=order, reason="spite")
    assert (stranger.code, await shop.state(order)) == ("not-found", ("open", []))
    await shop.ask(actions.cancel, buyer, order=order, reason="too late")
    assert await shop.state(order) == ("cancelled", ["cancelled"])


async def test_what_has_left_is_not_cancelled(shop: Shop) -> None:
    order = await shop.bought("ITEM-00003")
    await shop.ask(actions.ship, order=order)
    assert (await shop.refused(actions.cancel, order=order, reason="late")).code == "not-cancellable"
    assert (await shop.state(order), await shop.level("ITEM-00003")) == (("shipped", ["shipped"]), (997, 0))


# --- shipping ---------------------------------------------------------------------------------------------------------


async def test_a_shipped_order_leaves_once(shop: Shop) -> None:
    order = await shop.bought("ITEM-00004")
    follower = Follower(shop.world.database, OrderShipped)
    await follower.begin()
    for _ in range(2):
        await shop.ask(actions.ship, order=order)
    assert await shop.level("ITEM-00004") == (997, 0)
    entries = await shop.ask(ledger, sku="ITEM-00004")
    assert [(e.units, e.cause) for e in entries] == [(-3, "shipment"), (1000, "receipt")]
    assert entries[0].reference == str(order)
    assert (await shop.state(order), len(await follower.news())) == (("shipped", ["shipped"]), 1)


# --- returns ----------------------------------------------------------------------------------------------------------


def coming(units: int, reference: str = "R-1", line: int = 1, location: str = "S-1") -> dict[str, Any]:
    return {"reference": reference, "location": location, "lines": [{"line": line, "units": units}]}


async def test_units_come_back_to_the_store_they_were_brought_to(shop: Shop) -> None:
    order = await shop.bought("ITEM-00005")
    await shop.ask(actions.ship, order=order)
    follower = Follower(shop.world.database, UnitsReturned)
    await follower.begin()
    assert await shop.ask(actions.take_back, order=order, **coming(2)) is True
    assert await shop.ask(actions.take_back, order=order, **coming(2)) is False  # the same return told twice
    assert await shop.ask(actions.take_back, order=order, **coming(1, "R-2")) is True
    refused = await shop.refused(actions.take_back, order=order, **coming(1, "R-3"))
    assert refused.code == "not-returnable"
    [level] = await shop.ask(levels, skus=["ITEM-00005"], location="S-1")
    assert (level.on_hand, level.held) == (3, 0)
    shown = await shop.ask(actions.order, order=order)
    assert [line.returned for line in shown.lines] == [3]
    assert [each.what for each in shown.history] == ["shipped", "returned", "returned"]
    assert [(e.data.reference, e.data.gross_minor) for e in await follower.news()] == [("R-1", 2010), ("R-2", 1005)]


async def test_a_bundle_comes_back_as_what_it_is_made_of(shop: Shop) -> None:
    before = await shop.level("PART-A"), await shop.level("PART-B")
    order = await shop.bought("SET", 2)
    assert (await shop.level("PART-A"), await shop.level("PART-B")) == (
        (before[0][0], before[0][1] + 4),
        (before[1][0], before[1][1] + 2),
    )
    await shop.ask(actions.ship, order=order)
    assert (await shop.level("PART-A"))[0] == before[0][0] - 4
    await shop.ask(actions.take_back, order=order, **coming(1))
    found = {
        each.sku: each.on_hand for each in await shop.ask(levels, skus=["PART-A", "PART-B", "SET"], location="S-1")
    }
    assert found == {"PART-A": 2, "PART-B": 1}
    assert await shop.ask(totals, skus=["SET"]) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (coming(4), "not-returnable"),
        (coming(1, line=2), "invalid"),
        ({**coming(1), "lines": [{"line": 1, "units": 1}] * 2}, "invalid"),
        (coming(1, location="NOWHERE"), "location-unknown"),
        (coming(0), "invalid"),
    ],
)
async def test_what_cannot_come_back_changes_nothing(shop: Shop, given: dict[str, Any], code: str) -> None:
    order = await shop.bought("ITEM-00006")
    await shop.ask(actions.ship, order=order)
    before = await shop.level("ITEM-00006")
    assert (await shop.refused(actions.take_back, order=order, **given)).code == code
    assert (await shop.level("ITEM-00006"), await shop.state(order)) == (before, ("shipped", ["shipped"]))
    assert await shop.ask(actions.take_back, order=order, **coming(1)) is True  # its number was not used up


async def test_nothing_comes_back_that_has_not_left(shop: Shop) -> None:
    order = await shop.bought("ITEM-00007")
    refused = await shop.refused(actions.take_back, order=order, **coming(1))
    assert (refused.code, refused.facts) == ("not-returnable", {"state": "open"})
    assert await shop.level("ITEM-00007") == (1000, 3)


# --- notes, search, whose -------------------------------------------------------------------------------------------


async def test_notes_stay_in_the_order_they_were_written(shop: Shop) -> None:
    order = await shop.bought("ITEM-00008")
    for text in ("rings at the back door", "fragile"):
        await shop.ask(actions.note, order=order, text=text)
    shown = await shop.ask(actions.order, order=order)
    assert [(e.what, e.note, e.actor_kind) for e in shown.history] == [
        ("note", "rings at the back door", "staff"),
        ("note", "fragile", "staff"),
    ]


@pytest.mark.parametrize(
    ("action", "more"),
    [
        (actions.order, {}),
        (actions.cancel, {"reason": "x"}),
        (actions.ship, {}),
        (actions.note, {"text": "x"}),
        (actions.take_back, coming(1)),
    ],
)
async def test_an_order_that_is_not_there(shop: Shop, action: Any, more: dict[str, Any]) -> None:
    assert (await shop.refused(action, order=ids.new(), **more)).code == "not-found"


async def test_orders_are_found_by_what_is_known_of_them(shop: Shop) -> None:
    mail = f"{ids.new().hex}@Example.com"
    buyer = Actor("customer", ids.new())
    first, second, third = [await shop.bought("ITEM-00009", 1, buyer, email=mail) for _ in range(3)]
    await shop.ask(actions.cancel, order=second, reason="one too many")

    async def found(who: Actor = ADMIN, **search: Any) -> list[UUID]:
        return [each.id for each in await shop.ask(actions.orders, who, **search)]

    assert await found(email=mail.lower()) == [third, second, first]
    assert await found(email=mail, state="cancelled") == [second]
    assert await found(email=mail, state="shipped") == []
    assert await found(email=mail, channel="WEB-DE") == []
    number = (await shop.ask(actions.order, order=first)).number
    assert await found(number=number) == [first]
    page = await found(email=mail, limit=2)
    assert (page, await found(email=mail, limit=2, before=page[-1])) == ([third, second], [first])
    assert await found(buyer) == [third, second, first]
    assert await found(Actor("customer", ids.new()), email=mail) == []
    assert await found(Actor("guest", ids.new()), number=number) == []


async def test_the_books_balance(shop: Shop) -> None:
    assert await shop.ask(unbalanced) == []
