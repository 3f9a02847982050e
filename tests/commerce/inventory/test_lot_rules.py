"""Lots and serial numbers: which are taken, which come back, what a barcode says."""

from datetime import date, timedelta
from string import ascii_letters, digits
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from rynek.commerce.inventory import rules
from rynek.commerce.inventory.model import LotLevel, LotMove, LotOnList, Move, OfLot

TODAY = date(2026, 11, 25)
few = settings(max_examples=50)
days = st.dates(TODAY - timedelta(days=30), TODAY + timedelta(days=30))
codes = st.sampled_from("ABCD")
LISTS = [UUID(int=n) for n in (1, 2)]


@st.composite
def shelves(draw: st.DrawFn, by: str = "lots") -> list[LotLevel]:
    """Give the lots of one level, the first expired first, as statements do."""
    found = []
    for lot in draw(st.lists(codes, unique=True)):
        units = draw(st.integers(1, 1 if by == "serials" else 9))
        taken = draw(st.integers(0, units))
        blocked = draw(st.integers(0, units - taken))
        found.append(LotLevel("X", "WH", lot, units, taken, blocked, draw(st.none() | days), 3, by))  # type: ignore[arg-type]
    return sorted(found, key=lambda each: (each.best_before or date.max, each.lot))


@few
@given(st.none() | days, st.none() | st.integers(0, 30))
def test_a_lot_is_fresh_as_long_as_enough_days_are_left(best_before: date | None, least: int | None) -> None:
    is_fresh = rules.fresh(best_before, least, TODAY)
    assert is_fresh == (best_before is None or (best_before - TODAY).days >= (least or 0))
    if best_before is not None and best_before < TODAY:
        assert not is_fresh


@few
@given(st.lists(st.tuples(codes, st.integers(-9, 9))), st.lists(st.tuples(codes, st.integers(-9, 9))))
def test_what_nobody_said_is_what_moved_less_what_was_said(
    moved: list[tuple[str, int]], said: list[tuple[str, int]]
) -> None:
    rest = rules.unsaid(
        [Move(sku, "WH", units) for sku, units in moved], [LotMove(sku, "WH", "L", units) for sku, units in said]
    )
    for sku in "ABCD":
        net = sum(n for of, n in moved if of == sku) - sum(n for of, n in said if of == sku)
        assert rest.get((sku, "WH"), 0) == net
    assert 0 not in rest.values()


@few
@given(st.integers(-30, 30).filter(bool), st.sampled_from(["lots", "serials"]), st.data())
def test_what_moves_without_a_word_is_of_some_lot_all_the_same(units: int, by: str, data: st.DataObject) -> None:
    there = data.draw(shelves(by))
    found = rules.assumed({("X", "WH"): units}, there)
    assert sum(each.units for each in found) == units
    assert all(each.assumed for each in found)
    free = {each.lot: each.free for each in there}
    named = {each.lot: -each.units for each in found if each.lot}
    assert all(0 < n <= free[lot] for lot, n in named.items())
    if units > 0 or by == "serials":
        assert not named
    elif any(not each.lot for each in found):
        assert named == {lot: n for lot, n in free.items() if n}, "an unknown lot only where no other is left"
    order = [each.lot for each in there if each.lot in named]
    assert all(named[lot] == free[lot] for lot in order[:-1]), "the first expired is emptied first"


@few
@given(st.dictionaries(codes, st.integers(1, 5)), st.dictionaries(codes, st.integers(-1, 6)), st.integers(0, 20))
def test_what_comes_back_is_what_the_buyer_has(has: dict[str, int], said: dict[str, int], units: int) -> None:
    there = [OfLot("X", lot, n) for lot, n in has.items()]
    back = rules.came_back({"X": units}, [OfLot("X", lot, n) for lot, n in said.items()], there)
    fits = all(0 <= n <= has.get(lot, 0) for lot, n in said.items()) and sum(said.values()) <= units
    assert (back is not None) == fits
    if back is not None:
        came = {each.lot: each.units for each in back}
        assert sum(came.values()) == min(units, sum(has.values()))
        assert all(said.get(lot, 0) <= n <= has[lot] for lot, n in came.items())


@few
@given(
    st.lists(st.tuples(st.sampled_from(LISTS), codes, st.integers(1, 5)), unique_by=lambda each: each[:2]),
    st.dictionaries(st.sampled_from(LISTS), st.integers(0, 12)),
)
def test_lists_lay_back_what_they_keep_no_more(taken: list[tuple[UUID, str, int]], keep: dict[UUID, int]) -> None:
    found = [LotOnList(of, "X", "WH", lot, units, None) for of, lot, units in taken]
    back = rules.surplus(found, {(of, "X"): units for of, units in keep.items()})
    for of in LISTS:
        has = sum(units for each, _, units in taken if each == of)
        assert sum(each.units for each in back if each.list == of) == max(0, has - keep.get(of, 0))
    mine = {(each.list, each.lot): each.units for each in found}
    assert all(0 < each.units <= mine[each.list, each.lot] for each in back)


@few
@given(shelves(), st.dictionaries(codes, st.integers(0, 9)))
def test_after_a_count_lots_are_what_was_found(there: list[LotLevel], found: dict[str, int]) -> None:
    changes = {each.lot: each.units for each in rules.recounted(there, {("X", lot): n for lot, n in found.items()})}
    book = {each.lot: each.units for each in there}
    assert all(changes.values())
    for lot in {*book, *found}:
        assert book.get(lot, 0) + changes.get(lot, 0) == found.get(lot, 0)


NUMBERS = st.text(ascii_letters + digits + "-/.", min_size=1, max_size=20)


def gtin(body: int) -> str:
    digits_ = f"{body:013d}"
    total = sum(int(digit) * (3 if n % 2 == 0 else 1) for n, digit in enumerate(digits_))
    return digits_ + str(-total % 10)


@few
@given(
    st.integers(10**11, 10**12 - 1), NUMBERS, NUMBERS, st.dates(date(2020, 1, 1), date(2049, 12, 31)),
    st.sampled_from(["typed", "]d2", "]C1", "fnc1"]), st.permutations(["10", "17", "21"]),
    st.sampled_from(["15", "17"]),
)  # fmt: skip
def test_a_barcode_says_what_was_put_into_it(  # noqa: PLR0917 - what is in it
    body: int, lot: str, serial: str, day: date, how: str, order: list[str], ai: str
) -> None:
    whole = gtin(body)
    parts = {"10": ("10", lot), "17": (ai, f"{day:%y%m%d}"), "21": ("21", serial)}
    said = [("01", whole), *(parts[each] for each in order)]
    if how == "typed":
        code = "".join(f"({name}){value}" for name, value in said)
    else:
        code = "".join(name + value + ("\x1d" if name in ("10", "21") else "") for name, value in said)
        code = ("\x1d" if how == "fnc1" else how) + code
    read = rules.read_code(code)
    assert (read.gtin, read.code) == (whole.lstrip("0"), whole.lstrip("0"))
    assert (read.lot, read.serial, read.best_before) == (lot, serial, day)


@few
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=40))
def test_no_code_is_too_odd_to_be_read(code: str) -> None:
    read = rules.read_code(code)
    assert read.gtin or read.lot or read.serial or read.best_before or read.code == code.strip(" ")
