"""Imports on the real database: what a file says becomes so, through the door, and can be taken back."""

from typing import Any

import pytest

from rynek.app import App
from rynek.bench.stall import Stall, set_up
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from tests.integration.exchange.files import ADMIN, EDITOR, KEEPER, X, brought, counts, done, refused, sent, taken_out


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


@pytest.mark.parametrize(
    ("sheet", "who", "file", "changed"),
    [
        ("brands", EDITOR, "code,name\nacme,Acme\nzeta,Zeta\n", "code,name\nacme,ACME\nzeta,Zeta\n"),
        (
            "categories",
            EDITOR,
            "code,name,parent\nfood,Food,\ntea,Tea,food\n",
            "code,name,parent\nfood,Foods,\ntea,Tea,food\n",
        ),
        (
            "attributes",
            EDITOR,
            "code,name,kind,choices\nhue,Hue,choice,a|b\nlen,Len,number,\n",
            "code,name,kind,choices\nhue,Tone,choice,a|b\nlen,Len,number,\n",
        ),
        (
            "publications",
            EDITOR,
            "product,channel,from_at\nITEM-00001,WEB-PL,2030-01-01\n",
            "product,channel,from_at\nITEM-00001,WEB-PL,2031-01-01\n",
        ),
        (
            "bundles",
            EDITOR,
            "sku,component.sku,component.quantity\nITEM-00001,ITEM-00002,2\nITEM-00001,ITEM-00003,1\n",
            "sku,component.sku,component.quantity\nITEM-00001,ITEM-00002,3\n",
        ),
        ("price-lists", EDITOR, "code,name,currency\nX-1,X,PLN\n", "code,name,currency\nX-1,Y,PLN\n"),
        (
            "prices",
            EDITOR,
            'list,sku,amount\nRETAIL-PL,ITEM-00004,"12,99"\n',
            'list,sku,amount\nRETAIL-PL,ITEM-00004,"13,00"\n',
        ),
        (
            "tax-rates",
            EDITOR,
            "country,category,rate_bp,label\nCZ,standard,2100,21%\n",
            "country,category,rate_bp,label\nCZ,standard,1900,19%\n",
        ),
        (
            "channels",
            EDITOR,
            "code,name,kind,currency,country\nWEB-DE,D,web,EUR,DE\n",
            "code,name,kind,currency,country\nWEB-DE,E,web,EUR,DE\n",
        ),
        (
            "locations",
            KEEPER,
            "code,name,kind\nS-9,Nine,store\nS-8,Eight,store\n",
            "code,name,kind\nS-9,Neun,store\nS-8,Eight,store\n",
        ),
        (
            "safety-stock",
            KEEPER,
            "channel,location,sku,units\nWEB-PL,WH-1,ITEM-00001,5\nWEB-PL,WH-2,,1\n",
            "channel,location,sku,units\nWEB-PL,WH-1,ITEM-00001,6\n",
        ),
        ("routes", KEEPER, "channel,location,rank\nWEB-PL,S-1,9\n", "channel,location,rank\nWEB-PL,S-1,8\n"),
        (
            "stock-counts",
            KEEPER,
            "location,sku,counted\nS-2,ITEM-00001,7\nWH-2,ITEM-00001,3\n",
            "location,sku,counted\nS-2,ITEM-00001,8\nWH-2,ITEM-00001,3\n",
        ),
        (
            "delivery-options",
            EDITOR,
            "channel,code,name,kind,sku\nWEB-PL,locker,Locker,locker,DELIVERY\n",
            "channel,code,name,kind,sku\nWEB-PL,locker,Box,locker,DELIVERY\n",
        ),
        ("price-groups", ADMIN, f"customer,price_group\n{ids.new()},gold\n", ""),
    ],
    ids=lambda value: value if isinstance(value, str) and "," not in value else "",
)
async def test_every_sheet_comes_in_goes_out_and_is_taken_back(
    world: App, sheet: str, who: Actor, file: str, changed: str
) -> None:
    rows = len(file.splitlines()) - 1
    before = await taken_out(world, sheet, ADMIN)
    run = await brought(world, sheet, file, who)
    assert (run.state, run.refused) == ("done", 0), (run.error, await refused(world, run, who))
    assert run.new + run.changed == rows
    again = await brought(world, sheet, file, who)
    assert counts(again) == ("done", 0, 0, rows, 0)
    whole = await taken_out(world, sheet, ADMIN)
    same = await brought(world, sheet, whole, ADMIN)
    assert (same.state, same.new, same.changed, same.refused) == ("done", 0, 0, 0), await refused(world, same, ADMIN)
    assert same.unchanged > 0
    if changed:
        run2 = await brought(world, sheet, changed, who)
        assert (run2.new, run2.refused) == (0, 0), await refused(world, run2, who)
        assert run2.changed > 0
        undone = await done(world, run2, "undo", who)
        assert (undone.state, undone.refused) == ("done", 0), await refused(world, undone, who)
        assert await taken_out(world, sheet, ADMIN) == whole
    undone = await done(world, run, "undo", who)
    assert undone.state == "done", undone.error
    told = {reason for *_, reason in await refused(world, undone, who)}
    assert told <= {f"what is new in {sheet} is not taken out again"}
    if not told and sheet not in ("stock-counts", "safety-stock", "delivery-options"):
        assert await taken_out(world, sheet, ADMIN) == before
