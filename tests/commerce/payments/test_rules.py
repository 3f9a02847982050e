"""What is decided about payments holds whatever comes."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rynek.commerce.payments import Tender, TendersUnfit, rules, settles, signatures
from rynek.commerce.payments.model import (
    MANUAL,
    METHODS,
    Attempt,
    AttemptState,
    Done,
    Kind,
    Outcome,
    Refused,
    Row,
    Unknown,
    Unseen,
)
from rynek.kernel import clock, ids

OFFERED = {MANUAL: dict.fromkeys(METHODS, False), "simulator": {"card": True}}
KINDS: list[Kind] = ["authorise", "capture", "void", "refund"]
STATES: list[AttemptState] = ["asked", "unknown", "done", "refused", "disputed"]

minors = st.integers(1, 10**9)
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Done, st.just("r"), st.integers(-5, 10**9)), st.builds(Refused, st.just("no")),
    st.builds(Unknown), st.builds(Unseen),
)  # fmt: skip


def tender(amount: int, provider: str = MANUAL, method: str = "transfer", token: str | None = None) -> Tender:
    return Tender(method=method, amount_minor=amount, provider=provider, token=token)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """Draw a payment within its bounds."""
    amount = draw(minors)
    authorised = draw(st.one_of(st.just(0), st.integers(0, amount)))
    captured = draw(st.integers(0, authorised))
    voided = draw(st.integers(0, authorised - captured))
    refunded = draw(st.integers(0, captured))
    disputed = draw(st.one_of(st.just(0), st.integers(0, captured)))
    tried = draw(st.sampled_from([None, *STATES]))
    return Row(
        ids.new(), ids.new(), "simulator", "card", "PLN", amount, authorised, captured, voided, refunded, disputed,
        "tok", "ref", None, draw(st.booleans()), clock.now(), None, "done" if authorised else tried,
    )  # fmt: skip


attempts = st.builds(
    Attempt, st.text(string.ascii_lowercase), st.sampled_from(KINDS), minors, st.sampled_from(STATES), st.just(""),
    st.integers(0, 9), st.just(clock.now()), st.none(),
)  # fmt: skip


@given(st.text(), st.text())
def test_only_what_people_do_themselves_settles_at_once(provider: str, method: str) -> None:
    sure, there = settles(provider, method)
    assert sure or not there
    assert not sure or provider == MANUAL


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("cash", (True, True)),
        ("cash-on-delivery", (True, False)),
        ("transfer", (True, False)),
        ("invoice", (True, False)),
        ("card", (False, False)),
    ],
)
def test_how_manual_methods_settle(method: str, expected: tuple[bool, bool]) -> None:
    assert rules.settles(MANUAL, method) == expected
    assert rules.settles("simulator", method) == (False, False)


@given(st.lists(minors, max_size=10), st.integers(-3, 3))
def test_tenders_come_to_the_total_exactly(amounts: list[int], off: int) -> None:
    tenders = [tender(each) for each in amounts]
    if off:
        with pytest.raises(TendersUnfit) as unfit:
            rules.check(tenders, sum(amounts) + off, OFFERED, buyer=True)
        assert unfit.value.facts == {"tendered_minor": sum(amounts), "total_minor": sum(amounts) + off}
    else:
        rules.check(tenders, sum(amounts), OFFERED, buyer=True)


@pytest.mark.parametrize(
    ("given_tender", "buyer", "fits"),
    [
        (tender(5, method="cash"), False, True),
        (tender(5, method="cash"), True, False),
        (tender(5, method="shells"), False, False),
        (tender(5, method="invoice"), False, True),
        (tender(5, method="invoice"), True, False),
        (tender(5, "simulator", "card", "tok"), True, True),
        (tender(5, "simulator", "card"), True, False),
        (tender(5, "simulator", "shells", "tok"), True, False),
        (tender(5, "other", "card", "tok"), True, False),
    ],
)
def test_only_what_is_offered_is_taken(given_tender: Tender, *, buyer: bool, fits: bool) -> None:
    providers = OFFERED
    if fits:
        rules.check([given_tender], 5, providers, buyer=buyer)
    else:
        with pytest.raises(TendersUnfit):
            rules.check([given_tender], 5, providers, buyer=buyer)


@given(st.lists(st.sampled_from(["invoice", "transfer", "cash-on-delivery"]), max_size=10))
def test_those_who_have_credit_pay_later(methods: list[str]) -> None:
    tenders = [tender(2, method=each) for each in methods]
    assert rules.on_account(tenders) == 2 * methods.count("invoice")
    rules.check(tenders, 2 * len(tenders), OFFERED, buyer=True, credit=True)
    if "invoice" in methods:
        with pytest.raises(TendersUnfit):
            rules.check(tenders, 2 * len(tenders), OFFERED, buyer=True)


def test_tenders_are_few() -> None:
    rules.check([tender(1)] * 10, 10, OFFERED, buyer=True)
    with pytest.raises(TendersUnfit):
        rules.check([tender(1)] * 11, 11, OFFERED, buyer=True)


@given(rows())
def test_a_payment_stands_as_its_money_says(row: Row) -> None:
    word = rules.standing(row)
    if row.captured_minor:
        assert word == ("refunded" if row.refunded_minor == row.captured_minor else "captured")
    elif row.authorised_minor:
        assert word == ("voided" if row.voided_minor == row.authorised_minor else "authorised")
    else:
        assert word in ("open", "voided", "pending", "failed")
        assert (word == "failed") == (row.authorisation == "refused")
        assert (word == "open") == (row.authorisation is None and not row.unwinding)


@given(rows(), st.lists(attempts, max_size=6))
def test_whatever_is_in_flight_bounds_hold_if_all_of_it_is_done(row: Row, tried: list[Attempt]) -> None:
    left = rules.free(row, tried)
    flying = {kind: sum(a.minor for a in tried if a.kind == kind and a.state in rules.OPEN) for kind in KINDS}
    held = row.authorised_minor - row.captured_minor - row.voided_minor
    taken = row.captured_minor - row.refunded_minor - row.disputed_minor
    assert min(left.capture, left.void, left.refund) >= 0
    assert left.capture == max(0, held - flying["capture"] - flying["void"])
    assert left.refund == max(0, taken - flying["refund"])
    assert left.void == (0 if flying["capture"] or flying["void"] else held)


@given(rows(), attempts, outcomes)
def test_what_is_believed_keeps_the_bounds(row: Row, asked: Attempt, outcome: Outcome) -> None:
    if not isinstance(outcome, Done):
        assert rules.believable(asked, row, outcome)
    elif rules.believable(asked, row, outcome):
        moved = {kind: outcome.minor if kind == asked.kind else 0 for kind in KINDS}
        assert 0 < outcome.minor <= asked.minor
        assert row.authorised_minor + moved["authorise"] <= row.amount_minor
        assert (
            row.captured_minor + row.voided_minor + moved["capture"] + moved["void"]
            <= row.authorised_minor + moved["authorise"]
        )
        assert row.refunded_minor + moved["refund"] <= row.captured_minor


@given(rows(), attempts)
def test_what_was_asked_for_and_is_there_is_believed(row: Row, asked: Attempt) -> None:
    held = row.authorised_minor - row.captured_minor - row.voided_minor
    there = {
        "authorise": row.amount_minor - row.authorised_minor,
        "capture": held,
        "void": held,
        "refund": row.captured_minor - row.refunded_minor,
    }[asked.kind]
    assume(asked.minor <= there)
    assert rules.believable(asked, row, Done("r", asked.minor))
    assert not rules.believable(asked, row, Done("r", asked.minor + 1))


@given(attempts, outcomes)
def test_what_is_done_stays_done(asked: Attempt, outcome: Outcome) -> None:
    if asked.state == "done":
        assert not rules.news(asked, outcome)
    elif isinstance(outcome, Done):
        assert rules.news(asked, outcome)
    elif asked.state == "refused":
        assert not rules.news(asked, outcome)


@given(
    st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(["awaiting-payment", "open", "shipped", "cancelled"])
)
def test_money_is_too_much_for_orders_that_have_theirs(authorised: int, total: int, state: str) -> None:
    expected = state == "cancelled" or (0 < total <= authorised)
    assert rules.surplus(authorised, total, state) == expected


@given(st.lists(rows(), max_size=5), st.integers(0, 10**10))
def test_what_is_missing_and_what_may_come_never_exceed_the_total(found: list[Row], total: int) -> None:
    missing = rules.outstanding(found, total)
    coming = sum(
        row.amount_minor
        if rules.standing(row) in ("open", "pending")
        else row.authorised_minor - row.voided_minor - row.refunded_minor
        for row in found
    )
    assert missing == max(0, total - coming)


@given(st.integers(-5, 10**6))
def test_patience_grows_and_ends(tries: int) -> None:
    assert 1 <= rules.patience_s(tries) <= rules.patience_s(tries + 1) <= 300


@given(
    st.binary(min_size=1),
    st.binary(),
    st.integers(0, 10**10),
    st.integers(-400, 400),
    st.binary(),
    st.binary(min_size=1),
)
def test_a_signature_is_of_one_secret_one_body_and_one_time(
    secret: bytes, body: bytes, at: int, passed: int, other: bytes, guess: bytes
) -> None:
    signature = signatures.sign(secret, at, body)
    fresh = abs(passed) <= signatures.TOLERANCE_S
    assert signatures.holds(secret, at + passed, body, signature) == fresh
    assert signatures.holds(secret, at, other, signature) == (other == body)
    moved = signature.replace(f"t={at}", f"t={at + 1}")
    assert not signatures.holds(secret, at, body, moved)
    assume(guess.rstrip(b"\0") != secret.rstrip(b"\0"))  # HMAC fills keys up with zeros
    assert not signatures.holds(guess, at, body, signature)


@given(st.one_of(st.none(), st.text()))
def test_what_is_no_signature_holds_nothing(text: str | None) -> None:
    assert not signatures.holds(b"secret", 0, b"", text)


@given(st.lists(st.tuples(rows(), st.lists(attempts, max_size=4, unique_by=lambda each: each.attempt)), max_size=4))
def test_what_is_kept_and_taken_is_what_came_and_comes(found: list[tuple[Row, list[Attempt]]]) -> None:
    frees = [rules.free(row, tried) for row, tried in found]
    coming = sum(
        each.minor for _, tried in found for each in tried if each.kind == "capture" and each.state in rules.OPEN
    )
    assert rules.taken([row for row, _ in found], frees) == sum(row.captured_minor for row, _ in found) + coming
    assert rules.kept(frees) == sum(free.refund for free in frees) + coming
    for (row, _), free in zip(found, frees, strict=True):
        byhand = row.provider == MANUAL or row.unwinding
        assert rules.takeable(row, free, "parts", over=False) == (0 if byhand else free.capture)
        for way in ("once", "whole"):
            assert rules.takeable(row, free, way, over=False) == 0
            assert rules.takeable(row, free, way, over=True) == (0 if byhand else free.capture)


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), max_size=6))
def test_an_amount_is_taken_from_the_first_that_has_it(minor: int, lefts: list[int]) -> None:
    parts = rules.spread(minor, lefts)
    assert sum(parts) == max(0, min(minor, sum(lefts)))
    assert all(0 <= part <= left for part, left in zip(parts, lefts, strict=True))
    for n, part in enumerate(parts):
        if part:
            assert parts[:n] == lefts[:n]


# --- a provider that does not answer ----------------------------------------------------------------------------------

circuits = st.builds(
    rules.Circuit, st.integers(0, 20), st.none() | st.floats(0, 1_000), st.integers(0, 9),
    st.none() | st.floats(0, 1_000),
)  # fmt: skip
cools = st.floats(0.1, 300)


@given(circuits, st.floats(0, 2_000), cools)
def test_one_who_does_not_answer_is_left_alone_until_it_is_tried_once(
    circuit: rules.Circuit, now: float, cool_s: float
) -> None:
    standing = rules.standing_of(circuit, now, cool_s)
    assert (standing == "closed") == (circuit.opened_at is None)
    if standing == "closed":
        assert rules.admits(circuit, now, cool_s)
        assert rules.asking(circuit, now, cool_s) == circuit
    if standing == "open":
        assert not rules.admits(circuit, now, cool_s)
    if rules.admits(circuit, now, cool_s) and standing == "half-open":
        tried = rules.asking(circuit, now, cool_s)
        assert not rules.admits(tried, now, cool_s)
        assert rules.admits(tried, now + rules.PROBE_S + 0.001, cool_s)


@given(circuits, st.floats(0, 2_000), st.integers(1, 30), cools)
def test_an_answer_closes_and_silence_opens(circuit: rules.Circuit, now: float, limit: int, cool_s: float) -> None:
    assert rules.heard(circuit, now, answered=True, limit=limit, cool_s=cool_s) == rules.Circuit()
    standing = rules.standing_of(circuit, now, cool_s)
    after = rules.heard(circuit, now, answered=False, limit=limit, cool_s=cool_s)
    assert after.failures == circuit.failures + 1
    if standing == "closed":
        assert (after.opened_at == now) == (after.failures >= limit)
    elif standing == "half-open":
        assert (after.opened_at, after.trips) == (now, circuit.trips + 1)
        assert not rules.admits(after, now, cool_s)
    else:
        # answers to what was asked before it opened, that come late, do not keep it open longer
        assert (after.opened_at, after.trips) == (circuit.opened_at, circuit.trips)


@given(st.integers(-3, 1_000), cools)
def test_it_is_left_alone_longer_each_time_and_not_for_ever(trips: int, cool_s: float) -> None:
    assert min(300, cool_s) <= rules.cooling_s(trips, cool_s) <= rules.cooling_s(trips + 1, cool_s) <= 300


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 10))
def test_it_opens_after_so_many_silences_in_a_row_and_not_before(answers: list[bool], limit: int) -> None:
    circuit, silent = rules.Circuit(), 0
    for answered in answers:
        circuit = rules.heard(circuit, 0, answered=answered, limit=limit, cool_s=1)
        silent = 0 if answered else silent + 1
        assert (circuit.opened_at is not None) == (silent >= limit)
