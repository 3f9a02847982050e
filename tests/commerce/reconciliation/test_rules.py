"""What is decided about statements holds whatever they say."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rynek.commerce.payments import Known
from rynek.commerce.reconciliation import rules
from rynek.commerce.reconciliation.model import Candidate, Said

DAY = date(2026, 11, 24)
minors = st.integers(1, 10**6)
currencies = st.sampled_from(["PLN", "EUR"])
texts = st.text(max_size=30)
lines = st.builds(
    Said, st.sampled_from(["credit", "debit", "payment"]), st.integers(-1_000, 1_000), currencies, st.just(DAY),
    st.sampled_from(["", "", "A1", "A2"]), texts, texts, texts,
)  # fmt: skip
candidates = st.builds(
    Candidate, st.uuids(), st.uuids(), st.none() | st.integers(1, 50), currencies, st.integers(0, 1_000), st.booleans()
)


def credit(minor: int, text: str = "", currency: str = "PLN") -> Said:
    return Said("credit", minor, currency, DAY, text=text)


def waiting(number: int, missing: int, *, closed: bool = False, currency: str = "PLN") -> Candidate:
    return Candidate(UUID(int=number), UUID(int=1_000 + number), number, currency, missing, closed)


@pytest.mark.parametrize(
    ("text", "numbers", "bare"),
    [
        ("Zamówienie nr 1234", (1234,), ()),
        ("zamowienie 1234 dziękuję", (1234,), ()),
        ("ORDER #001234", (1234,), ()),
        ("order 12 i zam. 13", (12, 13), ()),
        ("za zakupy 1234", (), (1234,)),
        ("1234", (), (1234,)),
        ("2026-11-24 kwota 123,45 konto 12/34", (), ()),
        ("nic", (), ()),
    ],
)
def test_numbers_are_read_where_people_write_them(text: str, numbers: tuple[int, ...], bare: tuple[int, ...]) -> None:
    found = rules.named(text)
    assert (found.numbers, found.bare) == (numbers, bare)


@given(st.uuids(), st.integers(0, 35), texts)
def test_our_own_ids_are_read_however_a_bank_breaks_them(number: UUID, at: int, around: str) -> None:
    assume(not any(each in "0123456789abcdefABCDEF-" for each in around))
    text = str(number)
    found = rules.named(f"{around}; {text[:at]} {text[at:]} ;{around}")
    assert number.hex in found.ids


@given(st.text(max_size=200))
def test_any_text_names_few_things_and_none_twice(text: str) -> None:
    found = rules.named(text)
    for each in (found.ids, found.numbers, found.bare):
        assert len(each) == len(set(each)) <= rules.MOST_NUMBERS
    assert not {*found.numbers} & {*found.bare}


@given(st.lists(lines, max_size=12), st.data())
def test_a_line_is_the_same_in_whichever_document_it_comes(found: list[Said], data: st.DataObject) -> None:
    whole = rules.identities(found)
    assert len(set(whole)) == len(whole)
    assert rules.identities(found) == whole
    # the same lines in another order are the same lines, and a document that ends sooner says nothing new
    mixed = data.draw(st.permutations(found))
    assert sorted(rules.identities(mixed)) == sorted(whole)
    assert set(rules.identities(mixed[: len(mixed) // 2])) <= set(whole)


@given(lines, st.lists(candidates, max_size=5), st.data())
def test_no_payment_takes_more_than_it_misses_and_no_line_gives_more_than_it_has(
    line: Said, found: list[Candidate], data: st.DataObject
) -> None:
    assume(line.minor > 0)
    ids = (
        tuple(each.payment.hex for each in data.draw(st.lists(st.sampled_from(found), max_size=3)) if found)
        if found
        else ()
    )
    said = rules.Named(ids, tuple(data.draw(st.sets(st.integers(1, 50), max_size=3))), (7, 8))
    decided = rules.fit(line, said, found)
    by_payment = {each.payment: each for each in found}
    assert sum(each.minor for each in decided.books) <= line.minor
    for each in decided.books:
        taker = by_payment[each.payment]
        assert 0 < each.minor <= taker.missing_minor
        assert (taker.currency, taker.closed) == (line.currency, False)
        assert taker.payment.hex in ids or taker.number in (*said.numbers, *said.bare)
    if not decided.why:
        assert sum(each.minor for each in decided.books) == line.minor
    mixed = data.draw(st.permutations(found))
    assert {(each.payment, each.minor) for each in rules.fit(line, said, mixed).books} == {
        (each.payment, each.minor) for each in decided.books
    }


@pytest.mark.parametrize(
    ("line", "found", "books", "why"),
    [
        (credit(100, "order 1"), [waiting(1, 100)], [(1, 100)], ""),
        (credit(90, "order 1"), [waiting(1, 100)], [(1, 90)], "under"),
        (credit(120, "order 1"), [waiting(1, 100)], [(1, 100)], "over"),
        (credit(100, "order 1"), [waiting(1, 100, closed=True)], [], "closed"),
        (credit(100, "order 1"), [waiting(1, 0)], [], "closed"),
        (credit(100, "order 1", "EUR"), [waiting(1, 100)], [], "currency"),
        (credit(300, "order 1 order 2"), [waiting(1, 100), waiting(2, 200)], [(1, 100), (2, 200)], ""),
        (credit(200, "order 1 order 2"), [waiting(1, 100), waiting(2, 200)], [(2, 200)], ""),
        (credit(150, "order 1 order 2"), [waiting(1, 100), waiting(2, 200)], [], "ambiguous"),
        # a number that is called nothing counts only with its exact amount
        (credit(100, "thanks 1"), [waiting(1, 100)], [(1, 100)], ""),
        (credit(99, "thanks 1"), [waiting(1, 100)], [], "unknown"),
        (credit(100, "thanks"), [waiting(1, 100)], [], "unknown"),
    ],
)
def test_who_takes_the_money(line: Said, found: list[Candidate], books: list[tuple[int, int]], why: str) -> None:
    decided = rules.fit(line, rules.named(line.text), found)
    assert ([(each.payment.int, each.minor) for each in decided.books], decided.why) == (books, why)


known = st.builds(Known, st.uuids(), st.just("r"), currencies, minors, minors, minors)
kinds = st.sampled_from(["payment", "refund", "chargeback", "fee", "payout", "other"])


@given(kinds, st.integers(-1_000, 1_000), st.none() | known, st.integers(0, 2_000), currencies)
def test_what_a_provider_settled_is_never_more_than_we_know(
    kind: str, minor: int, found: Known | None, before: int, currency: str
) -> None:
    line = Said(kind, minor, currency, DAY)  # type: ignore[arg-type]
    why = rules.differs(line, found, before)
    if kind == "fee":
        assert why == ""
    elif kind in ("payout", "other"):
        assert why == kind
    elif found is None:
        assert why == "unknown"
    elif not why:
        ledger = {"payment": found.captured_minor, "refund": found.refunded_minor, "chargeback": found.disputed_minor}
        assert currency == found.currency
        assert before + rules.counted(line) <= ledger[kind]


@given(minors, minors)
def test_lines_are_counted_as_the_ledger_counts(minor: int, original: int) -> None:
    def of(kind: str, minor: int, original: int | None = None) -> Said:
        return Said(kind, minor, "EUR", DAY, original_minor=original, original_currency=original and "PLN")  # type: ignore[arg-type]

    assert rules.counted(of("payment", minor)) == minor
    assert rules.counted(of("refund", -minor)) == minor
    assert rules.counted(of("chargeback", -minor)) == minor
    assert rules.counted(of("chargeback", minor)) == -minor  # won
    assert rules.counted(of("payment", minor, original)) == original
    assert rules.counted(of("refund", -minor, original)) == original


@given(minors, currencies, st.sampled_from(["po_1", "", "77"]), st.sampled_from(["", "PO_1", "Stripe payout", "77"]))
def test_a_payout_is_known_at_the_bank_by_its_amount_and_by_what_names_it(
    minor: int, currency: str, reference: str, text: str
) -> None:
    line = Said("credit", minor, "PLN", DAY, text=text)
    found = rules.pays_out(line, -minor, currency, reference, "stripe")
    assert not rules.pays_out(line, -minor - 1, currency, reference, "stripe")
    assert found == (
        currency == "PLN" and ("stripe" in text.lower() or (bool(reference) and reference in text.lower()))
    )


@given(st.integers(0, 100), st.integers(0, 100))
def test_what_was_taken_and_not_settled_is_missing(captured: int, settled: int) -> None:
    assert rules.overdue(captured, settled) == (settled < captured)


@given(st.lists(lines, max_size=30), st.integers(1, 7))
def test_chunks_are_all_of_it_once(found: list[Said], size: int) -> None:
    assert [n for chunk in rules.chunks(found, size) for n in chunk] == list(range(len(found)))
    assert all(len(chunk) <= size for chunk in rules.chunks(found, size))


@given(lines, st.integers(-5_000, 5_000))
def test_what_cannot_be_is_said(line: Said, days: int) -> None:
    today = date.fromordinal(DAY.toordinal() + days)
    amiss = rules.sound(line, today)
    assert bool(amiss) == (line.minor == 0 or abs(days) > 3_660)
