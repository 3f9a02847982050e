"""Imports on the real database: what a file says becomes so, through the door, and can be taken back."""

from typing import Any

import pytest

from rynek.app import App
from rynek.bench.stall import Stall, set_up
from tests.integration.exchange.files import EDITOR, X, brought, counts, done, refused, sent


@pytest.fixture(scope="module", autouse=True)
async def stall(world: App) -> Stall:
    return await set_up(world)


async def product(world: App, code: str) -> Any:
    found = await world.door.ask(EDITOR, "commerce.catalog.listing", codes=[code])
    return found[0] if found else None


async def test_new_products_come_with_their_variants(world: App) -> None:
    file = (
        "code;name;categories;variant.sku;variant.gtin;variant.weight_g;translation.en.name\r\n"
        "MUG;Kubek;;MUG-R;5901234123457;350;Mug\r\n"
        "MUG;Kubek;;MUG-B;;351;Mug\r\n"
        "JUG;Dzbanek, „duży”;;JUG;;1 200;Jug\r\n"
    )
    run = await sent(world, "products", file)
    assert (run.state, run.reading.delimiter, run.reading.encoding, run.total) == ("ready", "semicolon", "utf-8", 3)
    assert {"delimiter", "encoding"} <= set(run.guessed)
    run = await done(world, run)
    assert counts(run) == ("done", 3, 0, 0, 0), await refused(world, run)
    mug = await product(world, "MUG")
    assert [(v.sku, v.gtin, v.weight_g) for v in mug.variants] == [
        ("MUG-R", "5901234123457", 350),
        ("MUG-B", None, 351),
    ]
    assert mug.translations["en"].name == "Mug"
    assert (await product(world, "JUG")).variants[0].weight_g == 1200


async def test_a_rehearsal_tells_all_and_changes_nothing(world: App) -> None:
    await brought(world, "products", "code,name,variant.sku\nR1,One,R1\nR2,Two,R2\n")
    run = await sent(world, "products", "code,name,brand\nR1,Uno,\nR2,Two,\nR3,Three,\nR4,Four,nobody\nR5,,\n")
    run = await done(world, run, rehearse=True)
    assert counts(run) == ("ready", 1, 1, 1, 2)
    found = await world.door.ask(EDITOR, X + "differences", exchange=run.id)
    by_key = {each.key: each for each in found.rows}
    assert by_key["R1"].what == "changed"
    assert by_key["R1"].fields == {"name": ("One", "Uno")}
    assert by_key["R3"].what == "new"
    assert by_key["R3"].fields["name"] == (None, "Three")
    assert await refused(world, run) == [
        (5, "brand", "nobody", "there is no brand nobody"),
        (6, "name", "", "it is needed and cannot be empty"),
    ]
    assert (await product(world, "R1")).name == "One"
    assert await product(world, "R3") is None
    run = await done(world, run)
    assert counts(run) == ("done", 1, 1, 1, 2)
    assert (await product(world, "R1")).name == "Uno"
    assert [v.sku for v in (await product(world, "R1")).variants] == ["R1"]


async def test_an_import_is_taken_back_field_by_field(world: App) -> None:
    await brought(world, "products", "code,name,description,variant.sku\nU1,One,first,U1\nU2,Two,second,U2\n")
    run = await brought(world, "products", "code,name,description\nU1,Uno,primo\nU2,Due,secondo\nU3,Tre,terzo\n")
    assert counts(run) == ("done", 1, 2, 0, 0)
    u2 = await product(world, "U2")
    fields = {name: getattr(u2, name) for name in ("code", "name", "slug", "categories", "variants")}
    await world.door.ask(EDITOR, "commerce.catalog.put_products", products=[{**fields, "description": "mine"}])
    run = await done(world, run, "undo")
    assert (run.state, run.phase, run.changed) == ("done", "undo", 3)
    assert await refused(world, run) == [(3, "description", "", "somebody has changed it since; it stays")]
    assert ((await product(world, "U1")).name, (await product(world, "U1")).description) == ("One", "first")
    assert ((await product(world, "U2")).name, (await product(world, "U2")).description) == ("Two", "mine")
    assert await product(world, "U3") is None
    again = await brought(world, "products", "code,name\nU3,Tre\n")
    assert counts(again) == ("done", 1, 0, 0, 0)
