"""Exports, and the way round: what is taken out and brought in again changes nothing, whatever it says."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rynek.app import App
from rynek.bench.stall import set_up
from rynek.integration.exchange.columns import Form, form
from rynek.integration.exchange.guessing import look
from rynek.integration.exchange.model import CODECS, DELIMITERS, ColumnUnknown, NewExport, Reading
from rynek.integration.exchange.reading import lines
from rynek.integration.exchange.things import Cells, Facts, Item, Rows, overlaid, struct
from rynek.integration.exchange.uploads import prepared
from rynek.integration.exchange.writing import open_names, titles, writer
from rynek.kernel.faults import Invalid
from rynek.kernel.settings import Files
from rynek.kernel.sheets import SHEETS
from tests.integration.exchange.files import ADMIN, EDITOR, X, brought, counts, refused, taken_out

# what XML cannot hold is no text of a workbook, and line breaks of other systems are not kept by it
texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=20)
odd = st.one_of(texts, st.builds(lambda sign, rest: sign + rest, st.sampled_from("=+-@'|\\;\"\n\t,"), texts))
named = odd.filter(bool)
codes = st.text("abcdefgh", min_size=1, max_size=6)
KINDS = {"commerce.catalog.attributes": {"num": "number", "flag": "boolean", "word": "text"}}
attributes = st.fixed_dictionaries(
    {},
    optional={
        "num": st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False, width=32)),
        "flag": st.booleans(),
        "word": odd,
    },
)
variants = st.lists(
    st.fixed_dictionaries(
        {"sku": codes},
        optional={
            "name": odd, "gtin": st.sampled_from(["5901234123457"]), "unit": st.sampled_from(["pcs", "g", "ml"]),
            "weight_g": st.integers(1, 10**6), "attributes": attributes,
        },
    ),
    max_size=3, unique_by=lambda each: str(each["sku"]),
)  # fmt: skip
products = st.lists(
    st.fixed_dictionaries(
        {"code": codes, "name": named},
        optional={
            "description": odd, "brand": codes, "categories": st.lists(codes, max_size=3), "attributes": attributes,
            "media": st.lists(
                st.fixed_dictionaries({"url": st.just("/a.jpg")}, optional={"alt": odd, "position": st.integers(0, 9)}),
                max_size=2,
            ),
            "translations": st.dictionaries(
                st.sampled_from(["pl", "en", "de-AT"]), st.fixed_dictionaries({"name": named}, optional={"slug": codes})
            ),
            "variants": variants,
        },
    ),
    min_size=1, max_size=4, unique_by=lambda each: str(each["code"]),
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
async def stall(world: App) -> None:
    await set_up(world)


def written(path: Path, sheet: Form, things: list[dict[str, Any]], wanted: NewExport) -> None:
    found: dict[str, None] = {}
    for thing in things:
        open_names(sheet, thing, found)
    known = Facts(KINDS)
    out = writer(path, sheet, wanted, titles(sheet, [], list(found)), known)
    for thing in things:
        out.add(thing)
    out.close()


def read(path: Path, sheet: Form, said: Reading) -> list[Any]:
    looked = look(path, said, "file", Files())
    own = {place.path for place in sheet.places}
    mapping = {each: each for each in looked.header if looked.reading.format != "jsonl" or (each,) in own}
    rows = Rows(Cells(sheet, looked.reading, Facts(KINDS)), looked.header, mapping)
    made = []
    for item in rows.items(lines(path, looked.reading, Files())):
        assert isinstance(item, Item), item.refused
        made.append(struct(sheet, overlaid(sheet, item, None)))
    return made


FORMS = [
    NewExport("products"),
    NewExport("products", delimiter="semicolon", decimal="comma", encoding="utf-16"),
    NewExport("products", delimiter="tab", encoding="utf-8-bom"),
    NewExport("products", format="jsonl"),
    NewExport("products", format="xlsx"),
]


@pytest.mark.parametrize("wanted", FORMS, ids=lambda each: f"{each.format}-{each.delimiter}")
async def test_what_is_written_is_read_as_it_was(world: App, wanted: NewExport, tmp_path: Path) -> None:
    sheet = form(SHEETS["products"], world.door.registry)
    path = tmp_path / "file"
    examples: list[list[dict[str, Any]]] = []

    @settings(max_examples=12 if wanted.format == "xlsx" else 60, deadline=None)
    @given(products)
    def collect(given: list[dict[str, Any]]) -> None:
        examples.append(given)

    collect()
    for example in examples:
        made = [msgspec.convert(each, sheet.row) for each in example]
        written(path, sheet, [msgspec.to_builtins(each) for each in made], wanted)
        said = Reading(
            format=wanted.format, encoding=wanted.encoding, delimiter=wanted.delimiter, decimal=wanted.decimal
        )
        place, said = await prepared(path, said, "file.xlsx" if wanted.format == "xlsx" else "file")
        for was, now in zip(made, read(place, sheet, said), strict=True):
            for name in was.__struct_fields__:
                assert getattr(now, name) == getattr(was, name), was


FORMULAS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


@pytest.mark.parametrize("wanted", FORMS[:3], ids=lambda each: f"{each.format}-{each.delimiter}")
async def test_whatever_texts_say_no_cell_of_a_csv_is_a_formula(world: App, wanted: NewExport, tmp_path: Path) -> None:
    sheet = form(SHEETS["products"], world.door.registry)
    path = tmp_path / "file"

    @settings(max_examples=60, deadline=None)
    @given(products, st.builds(lambda sign, rest: sign + rest, st.sampled_from(FORMULAS), texts))
    def look_at(some: list[dict[str, Any]], formula: str) -> None:
        some[0] |= {"name": formula, "attributes": {"word": formula}}
        written(path, sheet, some, wanted)
        text = path.read_bytes().decode(CODECS[wanted.encoding])
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[wanted.delimiter]))
        assert any(f"'{formula}" in cell for row in rows for cell in row)
        risky = [cell for row in rows for cell in row if cell.startswith(FORMULAS)]
        assert [cell for cell in risky if not re.fullmatch(r"-[\d.,]+(e[+-]?\d+)?", cell)] == []

    look_at()


async def test_no_cell_of_an_export_is_a_formula(world: App) -> None:
    names = ["=1+1", "+48 600", "-5", "@sum", "\tx", "'quoted", "plain"]
    rows = [{"code": f"F{n}", "name": name} for n, name in enumerate(names)]
    await world.door.ask(EDITOR, "commerce.catalog.put_products", products=rows)
    body = (await taken_out(world, "products")).decode()
    for row in csv.reader(io.StringIO(body)):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    same = await brought(world, "products", body)
    assert (same.changed, same.new, same.refused) == (0, 0, 0), await refused(world, same)
    found = await world.door.ask(EDITOR, "commerce.catalog.listing", codes=[row["code"] for row in rows])
    assert sorted(each.name for each in found) == sorted(names)


@pytest.mark.parametrize("wanted", ["csv", "xlsx", "jsonl"])
async def test_a_whole_catalogue_goes_round_and_changes_nothing(world: App, wanted: str) -> None:
    whole = await taken_out(world, "products", ADMIN, format=wanted)
    run = await brought(world, "products", whole, ADMIN, name=f"all.{wanted}")
    assert (run.state, run.new, run.changed, run.refused) == ("done", 0, 0, 0), await refused(world, run, ADMIN)
    assert run.unchanged >= 11


async def test_columns_and_rows_are_chosen(world: App) -> None:
    body = await taken_out(world, "prices", columns=["sku", "amount"], filters={"in_list": "RETAIL-PL"})
    assert body.splitlines()[:2] == [b"sku,amount", b"DELIVERY,15.00"]
    body = await taken_out(world, "delivery-options", filters={"channel": "WEB-PL"})
    assert body.splitlines()[1] == b"WEB-PL,courier,Courier,home,DELIVERY,100,true,,false"
    for wrong, fault in (({"columns": ["nonsense"]}, ColumnUnknown), ({"filters": {"colour": "red"}}, Invalid)):
        with pytest.raises(fault):
            await world.door.ask(EDITOR, X + "begin_export", sheet="prices", **wrong)


async def test_a_column_that_the_file_has_not_stays_as_it_is(world: App) -> None:
    await brought(world, "products", "code,name,description,variant.sku,variant.weight_g\nK1,One,words,K1,5\n")
    run = await brought(world, "products", "code,variant.sku,variant.weight_g\nK1,K1,6\nK1,K2,7\n")
    assert counts(run) == ("done", 0, 2, 0, 0)
    [k1] = await world.door.ask(EDITOR, "commerce.catalog.listing", codes=["K1"])
    assert (k1.name, k1.description) == ("One", "words")
    assert [(each.sku, each.weight_g) for each in k1.variants] == [("K1", 6), ("K2", 7)]
