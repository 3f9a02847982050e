"""Promotions as a shop has them: of every kind, most of them for some of the items."""

from collections.abc import Sequence
from random import Random
from typing import Any

from rynek.app import App
from rynek.bench.stall import CHANNEL, KEEPER

CATEGORIES, BRANDS = 40, 60


async def furnish(app: App, skus: Sequence[str], count: int) -> None:
    """Give the stall's items categories and brands, and the shop ``count`` active promotions."""

    async def ask(operation: str, **values: Any) -> None:
        taken = await app.door.ask(KEEPER, f"commerce.{operation}", **values)
        assert taken.refused == []  # noqa: S101 - the bench says what is sound

    categories = [{"code": f"c{n}", "name": f"Category {n}"} for n in range(CATEGORIES)]
    await ask("catalog.put_categories", categories=categories)
    await ask("catalog.put_brands", brands=[{"code": f"b{n}", "name": f"Brand {n}"} for n in range(BRANDS)])
    for begin in range(0, len(skus), 500):
        some = skus[begin : begin + 500]
        products = [
            {"code": sku, "name": f"Item {sku}", "categories": [f"c{n % CATEGORIES}"], "brand": f"b{n % BRANDS}",
             "variants": [{"sku": sku, "weight_g": 250}]}
            for n, sku in enumerate(some, begin)
        ]  # fmt: skip
        await ask("catalog.put_products", products=products)
    await ask("promotions.put_promotions", promotions=[promotion(n, skus) for n in range(count)])


def promotion(number: int, skus: Sequence[str]) -> dict[str, Any]:
    """Make one promotion: the same for the same number."""
    chance = Random(number)
    of: dict[str, Any] = chance.choice(
        [
            {"skus": chance.sample(list(skus), 5)},
            {"categories": [f"c{chance.randrange(CATEGORIES)}"]},
            {"brands": [f"b{chance.randrange(BRANDS)}"]},
            {"categories": [f"c{chance.randrange(CATEGORIES)}"], "brands": [f"b{n}" for n in range(0, BRANDS, 2)]},
        ]
    )
    kinds: list[dict[str, Any]] = [
        {"give": "percent", "bp": chance.randrange(100, 3_000, 100), "of": of},
        {"give": "amount", "minor": chance.randrange(50, 500), "of": of},
        {"give": "price", "minor": chance.randrange(500, 1_500), "of": of},
        {"give": "buy-get", "buy": of, "buy_units": 2},
        {"give": "steps", "by": "units", "steps": [{"at_least": 3, "bp": 500}, {"at_least": 9, "bp": 1_000}], "of": of},
        {"give": "bundle", "parts": [{"of": of, "units": 2}, {"of": {"categories": ["c1"]}}], "minor": 2_500},
        {"give": "delivery"},
    ]
    gives = kinds[number % 7]
    when: list[dict[str, Any]] = [{"if": "basket", "minor": chance.randrange(1_000, 40_000)}] if number % 3 == 0 else []
    when += [{"if": "weekday", "of": list(range(1, 8))}] if number % 5 == 0 else []
    when += [{"if": "channel", "of": [CHANNEL]}] if number % 4 == 0 else []
    lane = "delivery" if gives["give"] == "delivery" else ("item", "basket", "code")[number % 3]
    limits = {"uses": 10**6, "budget_minor": 10**11} if number % 25 == 0 else {}
    return {
        "code": f"P{number}", "name": f"Promotion {number}", "gives": gives, "when": when, "lane": lane,
        "priority": number % 4, "exclusive": number % 11 == 0, "state": "active", "currency": "PLN", **limits,
    }  # fmt: skip
