from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from rynek.commerce.checkout import rules
from rynek.commerce.checkout.model import (
    MOST_LINES,
    Address,
    Body,
    CartChange,
    CartIncomplete,
    Kind,
    Priced,
    Terms,
    TotalDiffers,
    Want,
)
from rynek.commerce.inventory import Need
from rynek.commerce.payments import Tender
from rynek.commerce.pricing import Ask, Quote, QuoteLine
from rynek.commerce.promotions import CouponSaid, Trace, Tried
from rynek.kernel import ids
from rynek.kernel.faults import Invalid

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROGRAMS = ids.new()
HOME = Address("Ola Nowak", "Rynek 1", "Kraków", "31-042", "PL")

skus = st.sampled_from("ABCDEF")
wants = st.lists(st.builds(Want, skus, st.integers(1, 1_000_000)), max_size=8)
said = st.fixed_dictionaries(
    {},
    optional={
        "channel": st.sampled_from(["WEB-PL", "WEB-DE"]),
        "email": st.sampled_from([None, "ola@example.com"]),
        "country": st.sampled_from([None, "PL"]),
        "address": st.sampled_from([None, HOME]),
        "delivery": st.sampled_from([None, "courier"]),
    },
)
terms = st.builds(
    Terms,
    channel=st.just("WEB-PL"),
    lines=wants,
    email=st.sampled_from([None, "ola@example.com"]),
    country=st.sampled_from([None, "PL"]),
    address=st.sampled_from([None, HOME]),
    delivery=st.sampled_from([None, "courier"]),
)


def line(sku: str, quantity: int, minor: int = 100) -> QuoteLine:
    gross = minor * quantity
    return QuoteLine(
        sku=sku, product=ids.new(), name=sku, quantity=quantity, unit="pcs", gtin=None, weight_g=None,
        tax_category="standard", unit_minor=minor, basis="gross", net=gross, tax=0, gross=gross, rate_bp=0, label="0%",
        list="RETAIL-PL", minimum=1,
    )  # fmt: skip


def quote(lines: list[QuoteLine], good_until: datetime | None = None) -> Quote:
    gross = sum(each.gross for each in lines)
    return Quote(
        channel="WEB-PL", currency="PLN", country="PL", at=AT, lines=lines, rates=[], net=gross, tax=0, gross=gross,
        good_until=good_until,
    )  # fmt: skip


def total(*parts: list[Want]) -> Counter[str]:
    found: Counter[str] = Counter()
    for each in (each for part in parts for each in part):
        found[each.sku] += each.quantity
    return found


@given(st.lists(wants, max_size=4))
def test_merged_lines_have_each_item_once_in_the_order_it_was_first_asked_for(parts: list[list[Want]]) -> None:
    found = rules.merged(*parts)
    assert [each.sku for each in found] == list(dict.fromkeys(each.sku for part in parts for each in part))
    assert total(found) == total(*parts)
    assert rules.merged(found) == found


@given(terms, said, st.none() | wants, st.none() | wants)
def test_a_change_changes_what_it_says_and_nothing_else(
    before: Terms, names: dict[str, object], lines: list[Want] | None, add: list[Want] | None
) -> None:
    change = CartChange(**names, lines=UNSET if lines is None else lines, add=UNSET if add is None else add)  # type: ignore[arg-type]
    after = rules.changed(before, change)
    wanted = total(list(before.lines if lines is None else lines), add or [])
    if any(units > 1_000_000 for units in wanted.values()):
        assert isinstance(after, Invalid)
        return
    assert isinstance(after, Terms)
    assert total(list(after.lines)) == wanted
    for name in ("channel", "email", "country", "address", "delivery"):
        assert getattr(after, name) == names.get(name, getattr(before, name))


@given(st.integers(1, MOST_LINES), st.integers(1, MOST_LINES))
def test_a_cart_has_no_more_lines_than_a_cart_may_have(present: int, added: int) -> None:
    before = Terms("WEB-PL", [Want(f"A{n}") for n in range(present)])
    after = rules.changed(before, CartChange(add=[Want(f"B{n}") for n in range(added)]))
    assert isinstance(after, Invalid) == (present + added > MOST_LINES)


@given(
    wants, st.booleans(), st.dictionaries(skus, st.lists(st.tuples(skus, st.integers(1, 9)), min_size=1, max_size=3))
)
def test_the_line_of_the_delivery_stands_apart_and_no_money_is_lost(
    bought: list[Want], delivery: str | None, components: dict[str, list[tuple[str, int]]]
) -> None:
    lines = [line(each.sku, each.quantity) for each in rules.merged(bought)]
    courier = [line("DELIVERY", 1, 1500)] if delivery else []
    found = rules.priced(quote([*lines, *courier]), delivery, components)
    assert found.lines == lines
    assert found.delivery_line == (courier[0] if delivery else None)
    shown = sum(each.gross for each in found.lines) + (found.delivery_line.gross if found.delivery_line else 0)
    assert (found.total, found.net + found.tax) == (shown, shown)
    assert found.components == {sku: parts for sku, parts in components.items() if sku in {e.sku for e in lines}}


@given(st.none() | st.integers(-100, 100))
def test_a_price_is_promised_for_half_an_hour_but_never_past_its_own_end(minutes: int | None) -> None:
    end = None if minutes is None else AT + timedelta(minutes=minutes)
    expected = AT + timedelta(minutes=30 if minutes is None else min(30, minutes))
    assert rules.good_until(quote([], end)) == rules.good_until(quote([]), end) == expected


@given(wants, st.lists(st.sampled_from("ABGH"), max_size=4, unique=True), st.integers(0, 3))
def test_gifts_cost_nothing_and_are_given_while_there_are_any(
    bought: list[Want], given_skus: list[str], free: int
) -> None:
    lines = [line(each.sku, each.quantity) for each in rules.merged(bought)]
    ask = Ask("WEB-PL", "PLN", "PL", [], AT)
    quoted = {("WEB-PL", "PL", sku, 2): line(sku, 2) for sku in "ABG"}
    units = {("WEB-PL", sku): free for sku in "ABG"}
    gifts, missing = rules.gifts(ask, [(sku, 2) for sku in given_skus], quoted, units)
    there = [sku for sku in given_skus if sku != "H" and free >= 2]
    assert ([each.sku for each in gifts], missing) == (there, set(given_skus) - set(there))
    plain, found = rules.priced(quote(lines), None, {}), rules.priced(quote(lines), None, {}, gifts)
    assert (found.total, found.net, found.discount) == (plain.total, plain.net, 200 * len(gifts))
    assert rules.needs(found) == rules.needs(plain) + [Need(sku, 2) for sku in there]
    tried = tuple(Tried(f"G-{sku}", 1, "", "basket", "applied", gift=(sku, 2)) for sku in given_skus)
    trace = rules.without(Trace(AT, PROGRAMS, tried), missing)
    assert [promotion for promotion, _, _ in rules.uses(trace)] == [f"G-{sku}" for sku in there]


@given(st.lists(st.sampled_from(["applied", "lost", "near", "far"]), max_size=6))
def test_a_buyer_is_told_what_counts_and_what_is_near(outcomes: list[str]) -> None:
    tried = tuple(
        Tried(
            f"P{n}", 1, "", "basket", {"near": "unmet", "far": "unmet"}.get(each, each),  # type: ignore[arg-type]
            "" if each in ("near", "applied") else "why", 5 if each == "applied" else 0, lacks_units=1,
        )
        for n, each in enumerate(outcomes)
    )  # fmt: skip
    trace = Trace(AT, PROGRAMS, tried)
    assert [each.promotion for each in rules.told(trace)] == [
        f"P{n}" for n, each in enumerate(outcomes) if each in ("applied", "near")
    ]
    assert rules.uses(trace) == [(f"P{n}", 5, None) for n, each in enumerate(outcomes) if each == "applied"]
    assert rules.uses(None) == []
    assert rules.spent(trace, "P0").facts["promotion"] == "P0"


@given(st.lists(st.booleans(), max_size=4))
def test_a_code_that_never_was_is_refused(known: list[bool]) -> None:
    said = tuple(CouponSaid(f"K{n}", "P" if each else None, "why") for n, each in enumerate(known))
    refused = rules.unknown_coupon(Trace(AT, PROGRAMS, (), said))
    assert (refused is None) == all(known)
    assert refused is None or refused.facts["coupons"] == [f"K{n}" for n, each in enumerate(known) if not each]


@given(wants, wants, st.lists(st.sampled_from(["LATO", "ZIMA", "MAJ"]), max_size=3))
def test_carts_put_together_keep_their_codes(mine: list[Want], other: list[Want], coupons: list[str]) -> None:
    before = Terms("WEB-PL", mine, coupons=["LATO"])
    after = rules.together(before, Terms("WEB-PL", other, coupons=coupons))
    if any(units > 1_000_000 for units in total(mine, other).values()):
        assert isinstance(after, Invalid)
        return
    assert isinstance(after, Terms)
    assert total(list(after.lines)) == total(mine, other)
    assert after.coupons == list(dict.fromkeys(["LATO", *coupons]))


@given(wants, st.dictionaries(skus, st.lists(st.tuples(skus, st.integers(1, 9)), min_size=1, max_size=3)))
def test_a_bundle_needs_what_it_is_made_of_and_everything_else_itself(
    bought: list[Want], components: dict[str, list[tuple[str, int]]]
) -> None:
    lines = [line(each.sku, each.quantity) for each in rules.merged(bought)]
    found = rules.needs(rules.priced(quote(lines), None, components))
    expected: Counter[str] = Counter()
    for each in lines:
        for sku, units in components.get(each.sku, [(each.sku, 1)]):
            expected[sku] += units * each.quantity
    got: Counter[str] = Counter()
    for need in found:
        assert isinstance(need, Need)
        got[need.sku] += need.units
    assert got == expected


@given(terms, st.lists(st.integers(0, 5000), max_size=4), st.integers(-1, 1))
def test_a_cart_is_placed_exactly_when_it_is_complete_and_the_tenders_come_to_its_total(
    bought: Terms, amounts: list[int], off: int
) -> None:
    tenders = [Tender(method="cash-on-delivery", amount_minor=amount) for amount in amounts]
    priced = Priced("PLN", "PL", [], None, [], 0, 0, sum(amounts) + off)
    refused = rules.refusal(Body(bought, priced), tenders)
    missing = [name for name in ("email", "address", "delivery") if getattr(bought, name) is None]
    missing += [] if bought.lines else ["lines"]
    if missing:
        assert isinstance(refused, CartIncomplete)
        assert refused.facts == {"missing": missing}
    elif off:
        assert isinstance(refused, TotalDiffers)
        assert refused.facts == {"total": sum(amounts) + off, "offered": sum(amounts)}
    else:
        assert refused is None


@given(terms, st.sampled_from([None, "home", "pickup", "locker", "digital"]), st.sampled_from([None, "S-1"]))
def test_what_is_collected_needs_a_place_instead_of_an_address(
    bought: Terms, kind: Kind | None, point: str | None
) -> None:
    said = replace(bought, point=point)
    lacks = rules.lacks(said, kind)
    assert rules.collected(kind) == (kind in {"pickup", "locker"})
    assert ("point" in lacks) == (rules.collected(kind) and point is None)
    assert ("address" in lacks) == (bought.address is None and not rules.collected(kind))
    assert ("recipient" in lacks) == (kind == "locker" and bought.address is None)
    assert ("lines" in lacks) == (not bought.lines)


@given(st.text("0123456789AB -Ł.", max_size=14))
def test_what_looks_like_a_postcode_is_looked_up_by_what_it_begins_with(text: str) -> None:
    begins = rules.prefixes(text)
    code = text.replace(" ", "").replace("-", "")
    if begins:
        assert begins == sorted((code[:n] for n in range(1, len(code) + 1)), key=len, reverse=True)
        assert any(each.isdigit() for each in code)
    else:
        assert not code.isdigit() or not 2 <= len(code) <= 12


@given(terms)
def test_hours_are_asked_for_all_units_at_the_buyers_postcode(bought: Terms) -> None:
    claim = rules.slot_claim(ids.new(), ids.new(), bought)
    assert claim.units == sum(want.quantity for want in bought.lines)
    assert claim.postcode == ("31042" if bought.address else "")
