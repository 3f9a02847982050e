"""A small grocer's to search in: what is sold, priced, stocked and kept in an index."""

from collections.abc import Sequence
from typing import Any

import msgspec

from rynek.app import App
from rynek.bench.stall import CHANNEL, KEEPER, WAREHOUSE, set_up
from rynek.commerce.search.desk import desk_of
from rynek.commerce.search.keeper import Keeper
from rynek.commerce.search.model import Found
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.door import Response

SHOPPER = Actor("guest", ids.new())
MERCHANDISER = Actor("staff", ids.new(), roles=frozenset({"merchandise"}), name="Ola")
CATEGORIES = [
    {"code": "food", "name": "Spożywcze"},
    {"code": "dairy", "name": "Nabiał", "parent": "food"},
    {"code": "milk", "name": "Mleko", "parent": "dairy"},
    {"code": "butter", "name": "Masło", "parent": "dairy"},
    {"code": "drinks", "name": "Napoje", "parent": "food"},
    {"code": "sweets", "name": "Słodycze", "parent": "food"},
]
ATTRIBUTES = [
    {"code": "fat", "name": "Tłuszcz", "kind": "number", "unit": "%"},
    {"code": "taste", "name": "Smak", "kind": "choice", "choices": ["naturalny", "czekoladowy", "malinowy"]},
    {"code": "bio", "name": "Bio", "kind": "boolean"},
]


def product(code: str, name: str, category: str, **more: Any) -> dict[str, Any]:
    """Write a product with one variant; ``english`` is its name in English, ``gtin`` its number."""
    english, gtin = more.pop("english", None), more.pop("gtin", None)
    words = {"en": {"name": english}} if english else {}
    variant = {"sku": code} | ({"gtin": gtin} if gtin else {})
    return {"code": code, "name": name, "categories": [category], "translations": words, "variants": [variant]} | more


PRODUCTS = [
    product("M-1", "Mleko łaciate 3,2 % 1 l", "milk", english="Milk 3.2 % 1 l", brand="laciate",
            attributes={"fat": 3.2}),
    product("M-2", "Mleko bio 1,5 l", "milk", english="Organic milk 1.5 l", attributes={"fat": 2.0, "bio": True}),
    product("M-3", "Mleko czekoladowe 500 ml", "milk", english="Chocolate milk 500 ml",
            attributes={"taste": "czekoladowy", "fat": 1.5}),
    product("B-1", "Masło ekstra 200 g", "butter", english="Butter extra 200 g", brand="laciate", gtin="5901234123457"),
    product("B-2", "Masło orzechowe 0,5 kg", "sweets", english="Peanut butter 500 g",
            attributes={"taste": "naturalny"}),
    product("C-1", "Czekolada mleczna 100 g", "sweets", english="Milk chocolate 100 g",
            attributes={"taste": "czekoladowy"}),
    product("C-2", "Czekolada malinowa 100 g", "sweets", english="Raspberry chocolate 100 g",
            attributes={"taste": "malinowy"}),
    product("D-1", "Sok jabłkowy 1,5L", "drinks", english="Apple juice 1.5 l", brand="hortus"),
    product("D-2", "Cola 6x330 ml", "drinks", english="Cola 6 x 330 ml"),
    product("D-3", "Sok pomarańczowy 1500 ml", "drinks", english="Orange juice 1500 ml", brand="hortus"),
]  # fmt: skip


async def ask(world: App, operation: str, **values: Any) -> Any:
    """Ask an operation of commerce as the import."""
    return await world.door.ask(KEEPER, f"commerce.{operation}", **values)


async def fill(world: App, products: Sequence[dict[str, Any]] = PRODUCTS, units: int = 10) -> None:
    """Set the grocer's up; prices rise by 1.00 from 1.00 on."""
    await set_up(world, 1, 0)
    await ask(world, "catalog.put_categories", categories=CATEGORIES)
    await ask(world, "catalog.put_attributes", attributes=ATTRIBUTES)
    brands = [{"code": "laciate", "name": "Łaciate"}, {"code": "hortus", "name": "Hortus"}]
    await ask(world, "catalog.put_brands", brands=brands)
    await put(world, products, units)


async def put(world: App, products: Sequence[dict[str, Any]], units: int = 10) -> None:
    """Bring products in, with prices and stock."""
    taken = await ask(world, "catalog.put_products", products=list(products))
    assert not taken.refused, taken.refused[0]
    skus = [each["code"] for each in products]
    await ask(world, "catalog.publish", publications=[{"product": sku, "channel": CHANNEL} for sku in skus])
    prices = [{"list": "RETAIL-PL", "sku": sku, "minor": 100 * n} for n, sku in enumerate(skus, 1)]
    await ask(world, "pricing.put_prices", prices=prices)
    if units:
        lines = [{"sku": sku, "units": units} for sku in skus]
        await ask(world, "inventory.receive", location=WAREHOUSE, reference=ids.new().hex, lines=lines)


async def kept(world: App) -> Keeper:
    """Give a keeper that has built the index, as the one process that writes."""
    desk = desk_of(world.database)
    assert desk.store.take()
    keeper = Keeper(world.database, desk)
    await keeper.step()
    return keeper


async def settled(keeper: Keeper) -> None:
    """Let the keeper take in all there is, stock included."""
    await keeper.step()
    keeper._stock_at = float("-inf")
    await keeper.step()
    keeper.desk.refresh()


async def found(world: App, q: str = "", actor: Actor = SHOPPER, **wanted: Any) -> Found:
    """Find, as a shopper does."""
    answer = await world.door.ask(actor, "commerce.search.find", channel=CHANNEL, q=q, **wanted)
    assert isinstance(answer, Response)
    return msgspec.json.decode(answer.body, type=Found)


def codes(answer: Found) -> list[str]:
    """List what was found by the merchant's numbers."""
    return [each.card.code for each in answer.hits]
