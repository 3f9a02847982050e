"""Damaged, huge, wrongly encoded and malicious files lose none of the good rows and harm nothing."""

import io
import random
import resource
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import set_up
from rynek.client.connections import Connections
from rynek.integration.exchange.actions import upload
from rynek.integration.exchange.guessing import look
from rynek.integration.exchange.model import FileTooLarge, FileUnreadable, Reading
from rynek.integration.exchange.reading import Line, _objects, _physical, _Recoded, _records, lines
from rynek.integration.exchange.storing import place
from rynek.kernel.settings import Files
from tests.integration.exchange.files import ADMIN, EDITOR, X, brought, counts, refused, sent

LIMITS = Files()


@pytest.fixture(scope="module", autouse=True)
async def stall(world: App) -> None:
    await set_up(world)


async def names(world: App, *codes: str) -> list[str]:
    found = await world.door.ask(EDITOR, "commerce.catalog.listing", codes=list(codes))
    return sorted(each.name for each in found)


def read(path: Path, **said: object) -> list[Line]:
    looked = look(path, Reading(**said), "file", LIMITS)  # type: ignore[arg-type]
    return list(lines(path, looked.reading, LIMITS))


# --- damaged ----------------------------------------------------------------------------------------------------------


async def test_a_quote_that_is_not_closed_loses_its_own_row(world: App) -> None:
    file = 'code,name\nQ1,One\nQ2,"Two\nQ3,Three\nQ4,"Four, with\na line break"\n'
    file += 'Q5,"Five "" inches"\nQ6,"six"6\nQ7,Seven\n'
    run = await brought(world, "products", file)
    assert counts(run) == ("done", 5, 0, 0, 2)
    assert await names(world, "Q1", "Q3", "Q4", "Q5", "Q7") == [
        'Five " inches', "Four, with\na line break", "One", "Seven", "Three",
    ]  # fmt: skip
    told = await refused(world, run)
    assert [(line, reason.partition(";")[0]) for line, _, _, reason in told] == [
        (3, "a quote is opened and not closed"),
        (8, "behind a closing quote comes something else than the next cell"),
    ]


async def test_rows_of_another_width_and_blank_ones(world: App) -> None:
    run = await brought(world, "products", "code,name\nW1,One\n\nW2\nW3,Three,more\nW4,Four")
    assert counts(run) == ("done", 2, 0, 0, 2)
    assert [line for line, *_ in await refused(world, run)] == [4, 5]
    assert await names(world, "W1", "W4") == ["Four", "One"]


async def test_what_is_wrong_with_cells_is_told_by_line_column_and_value(world: App) -> None:
    file = "code,name,variant.sku,variant.weight_g,variant.unit,variant.gtin,media.1.url\n" + "\n".join(  # noqa: FLY002 - one row a text
        [
            "C1,One,C1,heavy,pcs,,", "C2,Two,C2,1.5,pcs,,", "C3,Three,C3,5,barrels,,", "C4,Four,C4,5,pcs,123,",
            "C5,Five,bad sku,5,pcs,,", "C6,Six,C6,5,pcs,,javascript:x", "C7,Seven,C7,5,PCS,,", "C7,Again,C7,5,pcs,,",
            "C8,,C8,5,pcs,,", "C9,Nine,C9,5,pcs,,", "C7,Late,C7,5,pcs,,",
        ]
    )  # fmt: skip
    run = await brought(world, "products", file)
    told = {(line, column): (value, reason) for line, column, value, reason in await refused(world, run)}
    assert told[2, "variant.weight_g"] == ("heavy", "it is no number; write it like 1234.5")
    assert told[3, "variant.weight_g"] == ("1.5", "it is no whole number; write digits only, like 1250")
    assert told[4, "variant.unit"] == ("barrels", "it is none of g, ml, pcs")
    assert told[5, "variant.gtin"] == ("123", "gtin 123: wrong length or check digit")
    assert told[6, "variant.sku"][0] == "bad sku"
    assert told[7, "media.1.url"][1].startswith("Expected `str` matching regex")
    assert told[10, "name"] == ("", "it is needed and cannot be empty")
    assert told[12, "code"][1].startswith("line 8 is of the same code; put the rows of one thing one after the other")
    assert counts(run) == ("done", 3, 0, 0, 8)


async def test_the_refused_rows_are_a_file_to_mend_and_send_again(world: App) -> None:
    run = await brought(world, "products", 'code,name,brand\nM1,"Ma, and",nope\nM2,=Two,\n')
    answer = await world.door.ask(EDITOR, X + "refusals_file", exchange=run.id)
    body = b"".join([piece async for piece in answer.stream]).decode("utf-8-sig")
    assert body == (
        'line,column,value,reason,code,name,brand\r\n2,brand,nope,there is no brand nope,M1,"Ma, and",nope\r\n'
    )
    again = await brought(world, "products", body.replace(",nope\r\n", ",\r\n"))
    assert counts(again) == ("done", 1, 0, 0, 0)
    assert await names(world, "M1", "M2") == ["=Two", "Ma, and"]


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_bytes_are_put_into_one_row_the_others_are_read(tmp_path: Path, data: st.DataObject) -> None:
    rows = [f"P{n},Name {n},{n}".encode() for n in range(12)]
    broken = data.draw(st.integers(2, 9))
    rows[broken] = data.draw(st.binary(max_size=60)).replace(b"\n", b"").replace(b"\r", b"") or b'"'
    path = tmp_path / "file"
    path.write_bytes(b"code,name,n\n" + b"\n".join(rows) + b"\n")
    found = {
        next(iter(each.cells), ""): each
        for each in read(path, format="csv", encoding="utf-8", delimiter="comma")
        if not each.fault
    }
    for n in range(12):
        if n != broken:
            assert list(found[f"P{n}"].cells) == [f"P{n}", f"Name {n}", f"{n}"]
            assert found[f"P{n}"].number == n + 2


# --- huge -------------------------------------------------------------------------------------------------------------


class _Pieces(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = iter(pieces)
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        self.rest = self.rest or next(self.pieces, b"")
        size = min(len(buffer), len(self.rest))  # type: ignore[arg-type]
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]  # type: ignore[index]
        return size


def _long(form: str, megabytes: int) -> Iterator[bytes]:
    """Write four lines, the third of which is long: plain, in quotes that are never closed, or a JSON object."""
    head, sign, end = {
        "csv": ("code,name\nG1,One\nG2,", "x", "\nG3,Three\n"),
        "quoted": ('code,name\nG1,One\nG2,"', "x", "\nG3,Three\n"),
        "wide": ("code,name\nG1,One\nG2,", "x", "\nG3,Three\n"),
        "jsonl": ('{"code":"G0"}\n{"code":"G1"}\n{"code":"', "x", '"}\n{"code":"G3"}\n'),
    }[form]
    codec = "utf-16-le" if form == "wide" else "utf-8"
    piece = (sign * 1_048_576).encode(codec)
    yield head.encode(codec)
    for _ in range(megabytes * 1_048_576 // len(piece)):
        yield piece
    yield end.encode(codec)


@pytest.mark.parametrize(("form", "megabytes"), [("csv", 1_024), ("quoted", 128), ("wide", 128), ("jsonl", 128)])
def test_a_line_of_a_gigabyte_loses_itself_and_takes_no_memory(form: str, megabytes: int) -> None:
    file: BinaryIO = io.BufferedReader(_Pieces(_long(form, megabytes)))
    if form == "wide":
        file = io.BufferedReader(_Recoded(file, "utf-16-le"))
    physical = _physical(file, LIMITS.line_kilobytes * 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = list(_objects(physical, "utf-8", 5) if form == "jsonl" else _records(physical, "utf-8", ",", LIMITS))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kilobytes
    assert [each.number for each in found] == [1, 2, 3, 4]
    assert [bool(each.fault) for each in found] == [False, False, True, False]
    assert "long" in found[2].fault
    assert list(found[3].cells) == (["code"] if form == "jsonl" else ["G3", "Three"])


async def test_more_than_is_taken_is_refused_before_it_is_kept(world: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "limits", replace(place.limits, megabytes=1, columns=3, line_kilobytes=1, rows=2))
    with pytest.raises(FileTooLarge) as much:
        await sent(world, "products", b"code,name\n" + b"x" * 1_048_577)
    assert (much.value.status, much.value.facts["limit"]) == (413, 1_048_576)
    with pytest.raises(FileTooLarge):
        await sent(world, "products", "code,name,a,b\n1,2,3,4\n")
    run = await brought(world, "products", f"code,name\nL1,{'x' * 2000}\nL2,Two\nL3,Three\n")
    assert counts(run) == ("done", 1, 0, 0, 1)  # the third row is more than may be brought at once
    assert (await refused(world, run))[0][3] == "the line is longer than 1 KB"


# --- wrongly encoded --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-bom"),
        ("utf-16", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("cp1250", "windows-1250"),
    ],
)
async def test_polish_comes_in_every_encoding(world: App, codec: str, encoding: str) -> None:
    code = f"E-{codec}"
    file = f'code;name\r\n{code};"Zażółć gęślą\r\njaźń"\r\n'.encode(codec)
    run = await brought(world, "products", file)
    assert (run.reading.encoding, "encoding" in run.guessed, run.refused) == (encoding, True, 0)
    assert await names(world, code) == ["Zażółć gęślą\r\njaźń"]


async def test_a_wrong_encoding_is_told_with_its_place_and_loses_one_row(world: App) -> None:
    good = "\n".join(f"N{n},Żółty {n}" for n in range(40))
    file = f"code,name\n{good}\n".encode() + "NX,Żółty\n".encode("cp1250") + "NY,Świt\n".encode()
    run = await brought(world, "products", file)
    assert counts(run) == ("done", 41, 0, 0, 1)
    [(line, _, _, reason)] = await refused(world, run)
    assert (line, reason) == (
        42, "byte 4 of the line (0xAF) is not utf-8; save the file as UTF-8, or say which encoding it has"
    )  # fmt: skip


# --- malicious --------------------------------------------------------------------------------------------------------


def workbook(rows: list[list[object]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str) and cell.startswith("="):
                sheet.write_formula(number, column, cell, value="what it showed")
            else:
                sheet.write(number, column, cell)
    book.close()
    return out.getvalue()


def within(body: bytes, name: str, content: bytes) -> bytes:
    """Put other content into a workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for each in packed.namelist():
            made.writestr(each, content if each == name else packed.read(each))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]>"  # fmt: skip


async def test_formulas_are_what_they_showed_and_nothing_is_calculated(world: App) -> None:
    body = workbook([["code", "name"], ["F1", '=HYPERLINK("http://127.0.0.1:1/","x")'], ["F2", "'=1+1"], ["F3", 12]])
    run = await brought(world, "products", body, name="f.xlsx")
    assert counts(run) == ("done", 3, 0, 0, 0), await refused(world, run)
    assert await names(world, "F1", "F2", "F3") == ["12", "=1+1", "what it showed"]


async def test_entities_are_not_expanded_and_nothing_outside_is_read(world: App) -> None:
    def sheet(head: bytes, value: bytes) -> bytes:
        cell = b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>'
        rows = b'<row r="1">%s%s</row>' % (cell % (b"A1", b"code"), cell % (b"B1", b"name"))
        rows += b'<row r="2">%s%s</row>' % (cell % (b"A2", b"XXE"), cell % (b"B2", value))
        return (
            head
            + b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
            % rows
        )

    plain = workbook([["code", "name"], ["XXE", "x"]])
    file = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    for head, value in ((LAUGHS, b"&j;"), (file, b"&e;")):
        try:
            run = await brought(world, "products", within(plain, SHEET, sheet(head, value)), name="x.xlsx")
        except FileUnreadable:
            continue
        for name in await names(world, "XXE"):
            assert "root:" not in name
            assert len(name) < 100
        assert run.state == "done"


async def test_zip_bombs_are_refused(world: App) -> None:
    plain = workbook([["code", "name"], ["Z", "z"]])
    bomb = within(plain, SHEET, b"0" * (600 * 1_048_576))
    assert len(bomb) < 1_000_000
    with pytest.raises(FileTooLarge, match="it would unpack to 600 MB; at most 512"):
        await sent(world, "products", bomb, name="bomb.xlsx")
    # one that lies about its size: the directory says 1 KB
    lying = bytearray(bomb)
    size = (600 * 1_048_576).to_bytes(4, "little")
    assert lying.count(size) >= 2
    lying = lying.replace(size, (1024).to_bytes(4, "little"))
    with pytest.raises(FileUnreadable):
        await sent(world, "products", bytes(lying), name="bomb.xlsx")
    # a cell in the last corner of a sheet: seventeen thousand million cells, if all were made
    far = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    far += b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    far += b"</sheetData></worksheet>"
    with pytest.raises(FileUnreadable):
        await sent(world, "products", within(plain, SHEET, far), name="far.xlsx")


@pytest.mark.parametrize(
    "body",
    [
        b"PK\x03\x04" + random.Random(1).randbytes(5_000),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"%PDF-1.7 x",
        b"   \r\n  ",
        b"\xd0\xcf\x11\xe0 old",
    ],
    ids=["zip", "png", "pdf", "blank", "xls"],
)
async def test_what_is_no_table_is_refused(world: App, body: bytes) -> None:
    with pytest.raises(FileUnreadable):
        await sent(world, "products", body)


async def test_json_lines_that_are_none_or_too_deep_lose_themselves(world: App) -> None:
    deep = '{"code":"J3","name":"Three","attributes":' + '{"a":' * 50 + "1" + "}" * 50 + "}"
    deepest = "[" * 100_000
    rows = (
        '{"code":"J1","name":"One"}', "not json", "[1]", deep, deepest, '{"code":"J2","name":"Two","nonsense":1}',
        '{"code":"J5","name":7,"categories":[]}', '{"code":"J4","name":"Four","translations":{"en":{"name":"IV"}}}',
    )  # fmt: skip
    file = "\n".join(rows)
    run = await brought(world, "products", file)
    assert counts(run) == ("done", 4, 0, 0, 4), await refused(world, run)
    assert [line for line, *_ in await refused(world, run)] == [2, 3, 4, 5]


# --- over the wire ----------------------------------------------------------------------------------------------------


async def test_who_may_not_import_sends_nothing_large(server: Server, world: App) -> None:
    async with Connections(server.address) as wire:
        answer = await wire.ask("PUT", f"/exchange/imports/{ADMIN.id}/file", {}, b"x" * 2_000_000)
    assert answer.status == 403
    assert world.door.registry.by_action[upload].limit == 256 * 1_048_576
