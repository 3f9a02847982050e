"""How cells are read and written, by properties: what is written is read as it was."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rynek.integration.exchange import rules
from rynek.integration.exchange.model import Column
from rynek.integration.exchange.rules import GONE, Unreadable

FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1970, 2100))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
dangerous = st.builds(lambda sign, rest: sign + rest, st.sampled_from("=+-@\t\r\n'"), texts)
names = st.text("abcdefgh", min_size=1, max_size=5)
values = st.one_of(st.none(), st.integers(), names)
things = st.dictionaries(names, st.one_of(values, st.dictionaries(names, values, max_size=3)), max_size=4)


@given(st.one_of(texts, dangerous))
def test_no_spreadsheet_takes_a_text_for_a_formula_and_it_is_read_as_it_was(text: str) -> None:
    written = rules.neutral(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert rules.natural(written) == text


@given(texts)
def test_a_text_of_others_is_read_as_it_is(text: str) -> None:
    assume(not re.match(r"'[=+\-@\t\r\n']", text))
    assert rules.natural(text) == text


@given(st.lists(st.one_of(texts, st.sampled_from(["", "|", "\\", "\\-", "a|b\\"])), max_size=6))
def test_several_texts_in_one_cell_are_read_as_they_were(several: list[str]) -> None:
    assert rules.unpacked(rules.packed(several)) == several


@given(st.one_of(st.none(), texts, st.sampled_from(["", "\\-", "\\\\-", "-"])))
def test_a_text_that_may_be_none_is_read_as_it_was(text: str | None) -> None:
    written = rules.emptied(text)
    assert rules.unemptied(written) == text
    assert (written == "") == (text is None)


@given(
    st.one_of(st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False)), st.sampled_from(".,")
)
def test_numbers_are_read_as_they_were_written(number: float, mark: str) -> None:
    found = rules.number(repr(number).replace(".", mark), mark)
    assert found == number
    assert rules.number(number) == number


@given(st.integers(0, 10**12), st.integers(0, 99), st.sampled_from(".,"), st.sampled_from([" ", "\u00a0", "other", ""]))
def test_thousands_may_stand_apart(whole: int, cents: int, mark: str, gap: str) -> None:
    apart = ("," if mark == "." else ".") if gap == "other" else gap
    written = f"{whole:,}".replace(",", apart) + f"{mark}{cents:02}"
    assert rules.minor(written, 2, mark) == whole * 100 + cents
    if whole >= 1000:
        assert rules.number(written, mark) == pytest.approx(whole + cents / 100)
    assert rules.whole(f"{whole:,}".replace(",", apart), mark) == whole


@given(texts)
def test_what_is_no_number_is_refused(text: str) -> None:
    assume(not re.fullmatch(r"[\s\d.,+eE-]*", text))
    for read in (rules.number, rules.whole, lambda cell: rules.minor(cell, 2)):
        with pytest.raises(Unreadable):
            read(text)


@pytest.mark.parametrize(
    ("cell", "mark"), [("1,5", "."), ("1.5", ","), ("1.2.3", "."), ("12 34", "."), ("", "."), ("-", ",")]
)
def test_numbers_in_the_other_way_are_not_guessed(cell: str, mark: str) -> None:
    with pytest.raises(Unreadable):
        rules.number(cell, mark)


@given(st.integers(-(10**15), 10**15), st.integers(0, 3), st.sampled_from(".,"))
def test_amounts_are_read_as_they_were_written(minor: int, exponent: int, mark: str) -> None:
    assert rules.minor(rules.amount(minor, exponent, mark), exponent, mark) == minor
    with pytest.raises(Unreadable):
        rules.minor(rules.amount(minor * 10 + 1, exponent + 1), exponent)


@given(st.integers(-(2**60), 2**60))
def test_whole_numbers_are_exact(number: int) -> None:
    assert rules.whole(str(number)) == number == rules.whole(number)
    for wrong in (f"{number}.5", "1e99", 1.5):
        with pytest.raises(Unreadable):
            rules.whole(wrong)


@given(
    st.sampled_from(["true", "1", "yes", "tak", "PRAWDA", " x "]), st.sampled_from(["false", "0", "no", "Nie", "fałsz"])
)
def test_yes_and_no_in_two_languages(yes: str, no: str) -> None:
    assert rules.yes(yes) is True is rules.yes(1)
    assert rules.yes(no) is False is rules.yes(0.0)
    with pytest.raises(Unreadable):
        rules.yes(yes + no)


@given(st.datetimes(FIRST, LAST), st.integers(-12, 12))
def test_times_are_read_as_they_were_written(at: datetime, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    stated = at.replace(tzinfo=zone)
    assert rules.instant(stated.isoformat()) == stated
    assert rules.instant(at.isoformat(), zone) == stated == rules.instant(at, zone)
    minute = at.replace(second=0, microsecond=0)
    assert rules.instant(f"{at:%d.%m.%Y %H:%M}", zone) == minute.replace(tzinfo=zone)
    assert rules.instant(f"{at:%m/%d/%Y}", UTC, day_first=False).date() == at.date()


@pytest.mark.parametrize("cell", ["", "yesterday", "31.02.2026", "2026-13-01", "1", "99999999-01-01"])
def test_what_is_no_time_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable):
        rules.instant(cell, ZoneInfo("Europe/Warsaw"))


POLISH = "Zażółć gęślą jaźń; kawałek sera; źródło światła; Łąka\n"
FRENCH = "crème brûlée; à la carte; forêt; Noël; où\n"


@given(st.integers(1, 50))
def test_an_encoding_is_found_by_what_stands_there(times: int) -> None:
    for text in (POLISH, FRENCH, "plain\n"):
        data = (text * times).encode()
        assert rules.encoding(data) == "utf-8"
        assert rules.encoding(b"\xef\xbb\xbf" + data) == "utf-8-bom"
        assert rules.encoding((text * times).encode("utf-16")) == "utf-16"
        assert rules.encoding((text * times).encode("utf-16-le")) == "utf-16"
    assert rules.encoding((POLISH * times).encode("cp1250")) == "windows-1250"
    assert rules.encoding((FRENCH * times).encode("cp1252")) == "windows-1252"
    assert rules.encoding((POLISH * times).encode() + b"\xb9" + POLISH.encode()) == "utf-8"  # one wrong byte


@given(st.sampled_from(",;\t|"), st.lists(names, min_size=2, max_size=8))
def test_a_delimiter_is_what_the_header_has_most_of(sign: str, header: list[str]) -> None:
    assert rules.delimiter(sign.join(header) + "\nx,y;z\n") == sign
    assert rules.delimiter('"a,b,c,d,e,f,g,h,i,j"' + sign + sign.join(header)) == sign


@given(st.lists(st.integers(0, 99_999), min_size=1, max_size=30), st.sampled_from(".,"))
def test_a_decimal_mark_is_found_by_numbers(amounts: list[int], mark: str) -> None:
    cells = [rules.amount(each, 2, mark) for each in amounts]
    assert rules.mark([*cells, "text", ""], "." if mark == "," else ",") == mark
    assert rules.mark(["text", "12", "1,234,567.5,5"], mark) == mark


def column(name: str) -> Column:
    return Column(name, "text", many=False, needed=False, choices=[])


COLUMNS = [
    column(each)
    for each in (
        "code",
        "name",
        "amount",
        "from_at",
        "attribute.*",
        "translation.*.name",
        "variant.sku",
        "variant.gtin",
    )
]


@given(st.permutations(["Kod", "Nazwa produktu", "CENA", "Ważne od:", "attribute.colour", "EAN", "Uwagi"]))
def test_columns_are_proposed_by_their_names_in_both_languages(header: list[str]) -> None:
    assert rules.proposed(header, COLUMNS) == {
        "Kod": "code", "Nazwa produktu": "name", "CENA": "amount", "Ważne od:": "from_at",
        "attribute.colour": "attribute.colour", "EAN": "variant.gtin",
    }  # fmt: skip
    assert list(rules.proposed(header, COLUMNS)) == [each for each in header if each != "Uwagi"]


@given(st.lists(st.sampled_from(["code", "Code", "kod", "name", "nazwa", "attribute.a", "x"]), unique=True))
def test_no_column_is_proposed_twice(header: list[str]) -> None:
    found = list(rules.proposed(header, COLUMNS).values())
    assert len(set(found)) == len(found)


@given(texts)
def test_headers_that_mean_the_same_are_the_same(text: str) -> None:
    assert rules.plain(text) == rules.plain(rules.plain(text)) == rules.plain(f" {text}:  ")


@given(names, names)
def test_open_names_fit(one: str, two: str) -> None:
    assert rules.fits("media.*.url", f"media.{one}.url")
    assert not rules.fits("media.*.url", f"media.{one}.{two}x")
    assert not rules.fits("media.*", f"media.{one}.{two}")
    assert not rules.fits("media.*", "media.")


@given(things, names, names, st.integers(0, 3), values)
def test_what_is_put_is_there_and_what_is_taken_out_is_not(
    thing: dict[str, Any], one: str, two: str, number: int, value: object
) -> None:
    thing.pop(one, None)
    rules.put(thing, (one, number, two), value)
    assert thing[one][number][two] == value
    rules.put(thing, (one, number, two), GONE)
    assert rules.tidied(thing)[one] == []
    rules.put(thing, (f"{one}x", two), value)
    assert thing[f"{one}x"][two] == value


@given(things, things, things)
def test_taking_back_keeps_what_others_changed(
    before: dict[str, Any], after: dict[str, Any], now: dict[str, Any]
) -> None:
    assert rules.merged(before, after, after) == (before, [])
    assert rules.merged(before, after, before) == (before, [])
    found, since = rules.merged(before, after, now)
    for name in {*before, *after, *now}:
        was, did, here = (each.get(name, GONE) for each in (before, after, now))
        if was == did:
            assert found.get(name, GONE) == here
        elif here == did:
            assert found.get(name, GONE) == was
        elif here != was and not all(isinstance(each, dict) for each in (was, did, here)):
            assert found.get(name, GONE) == here
            assert name in since


@given(
    st.dictionaries(names, values, max_size=4),
    st.dictionaries(names, values, max_size=4),
    st.dictionaries(names, values, max_size=4),
)
def test_parts_are_taken_back_by_their_keys(
    before: dict[str, Any], after: dict[str, Any], more: dict[str, Any]
) -> None:
    def listed(parts: dict[str, Any]) -> list[Any]:
        return [{"sku": key, "value": value} for key, value in parts.items()]

    added = {key: value for key, value in more.items() if key not in before and key not in after}
    found, since = rules.merged(listed(before), listed(after), listed(after | added), "sku")
    assert since == []
    assert {each["sku"]: each["value"] for each in found} == before | added


@given(st.dictionaries(names, values), st.dictionaries(names, values))
def test_differences_are_all_there_is_between_two_rows(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = rules.differing(before, after)
    assert all(was != now for was, now in found.values())
    whole = {name: after.get(name) for name in {*before, *after}}
    assert {name: found[name][1] if name in found else before.get(name) for name in whole} == whole


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 10**4))
def test_pace_and_rest_belong_together(done: int, total: int, seconds: float) -> None:
    per_s, left = rules.paced(done, total, seconds)
    assert per_s >= 0
    if left is not None:
        assert left * per_s == pytest.approx(max(0, total - done), abs=1e-3)
