"""Decisions of searching, by properties."""

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.search import analysis, rules
from rynek.commerce.search.model import Match, Part, Rule, Synonym, Tuning, Weights
from rynek.kernel import ids

TEXT = st.text(max_size=60)
LETTERS = st.text("abcdefghijklmnopqrstuvwxyząćęłńóśźż", min_size=1, max_size=14)
GRADES = st.lists(st.integers(0, 3), max_size=20)
SOLD = st.floats(0, 1e9)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


# --- texts ------------------------------------------------------------------------------------------------------------


@given(TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    once = analysis.fold(text)
    assert analysis.fold(once) == once


@given(LETTERS)
def test_case_and_diacritics_do_not_matter(word: str) -> None:
    assert analysis.fold(word) == analysis.fold(word.upper())
    assert analysis.fold(word).isascii()


@given(LETTERS)
def test_a_word_shares_a_form_with_itself_without_diacritics(word: str) -> None:
    assert set(analysis.forms(word)) & set(analysis.forms(analysis.fold(word)))


@given(
    st.integers(1, 99_999),
    st.sampled_from([("l", "ml", 1_000), ("kg", "g", 1_000), ("cl", "ml", 10), ("lb", "oz", 16)]),
)
def test_a_size_is_one_whatever_unit_it_is_written_in(small: int, units: tuple[str, str, int]) -> None:
    large, fine, many = units
    written = f"{small / many:.4f}".rstrip("0").rstrip(".")
    if len(written.partition(".")[2]) > 3:
        return
    size = analysis.measure(str(small), fine)
    assert size is not None
    for number in (written, written.replace(".", ",")):
        assert analysis.measure(number, large) == size
        for text in (f"{number} {large}", f"{number}{large}", f"x {number}{large.upper()}"):
            assert size in analysis.tokens(text).split()


def test_stems_are_right_in_whatever_thread_they_are_made() -> None:
    words = ["".join(each) for each in product("bcdfgh", "aeiou", "klmnrst", ("owość", "ization", "ness", "ami"))]
    alone = [analysis.stem.__wrapped__(each, language) for each in words for language in analysis.LANGUAGES]

    def stems(_: int) -> list[str]:
        return [analysis.stem.__wrapped__(each, language) for each in words for language in analysis.LANGUAGES]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(each == alone for each in pool.map(stems, range(4)))
    finally:
        sys.setswitchinterval(interval)


@given(TEXT)
def test_tokens_have_no_blanks_in_them_and_are_made_again_alike(text: str) -> None:
    assert analysis.tokens(text) == analysis.tokens(text)
    assert all(each.form and " " not in each.form for each in analysis.words(text))


@pytest.mark.parametrize(
    ("name", "language", "head"),
    [
        ("Soy milk, organic 1 l", "en", "milk"),
        ("Milk chocolate bars 100 g – Maker 12", "en", "bars"),
        ("Bread, buns & rolls", "en", "Bread"),
        ("Buns & rolls 6 ct", "en", "Buns rolls"),
        ("Tuna in oil", "en", "Tuna"),
        ("Mleko sojowe 1 l", "pl", "Mleko"),
        ("", "en", ""),
    ],
)
def test_the_head_of_a_name_says_what_a_thing_is(name: str, language: str, head: str) -> None:
    assert analysis.head(name, language) == head


# --- queries ----------------------------------------------------------------------------------------------------------


def lexicon(*words: str, near: dict[str, list[tuple[str, int, int]]] | None = None) -> rules.Lexicon:
    forms = {form for word in words for form in analysis.forms(word)} | {
        each.form for word in words for each in analysis.words(word)
    }
    return rules.Lexicon(
        1_000,
        lambda form: 60 if form in forms else 0,
        lambda start, most: [(each, 60) for each in sorted(words) if each.startswith(start)][:most],
        lambda word, far: [each for each in (near or {}).get(word, []) if each[1] <= far],
    )


def met(plan: rules.Plan) -> list[list[tuple[str, str]]]:
    return [[(way.origin, way.text) for way in slot.ways] for slot in plan.slots]


@given(TEXT, st.sampled_from(["pl", "en"]), st.booleans())
def test_every_query_has_a_plan(query: str, language: str, eager: bool) -> None:  # noqa: FBT001
    made = rules.plan(query, language, lexicon("mleko"), Tuning(), eager=eager)
    assert len(made.slots) + len(made.unknown) <= rules.WORDS
    assert all(slot.ways for slot in made.slots)


@given(TEXT)
def test_a_query_in_its_canonical_form_stays_so(query: str) -> None:
    once = rules.canonical(query)
    assert rules.canonical(once.upper()) == rules.canonical(once)


def test_a_query_is_read_word_by_word() -> None:
    near = {"mlekp": [("mleko", 1, 60)]}
    known = lexicon("mleko", "sok", "jablkowy", "1500ml", "shampoo", near=near)
    assert met(rules.plan("mleko 1,5 l", "pl", known, Tuning())) == [[("typed", "mleko")], [("measure", "1,5 l")]]
    mended = rules.plan("mlekp", "pl", known, Tuning())
    assert (met(mended), mended.mended) == ([[("spelling", "mleko")]], (("mlekp", "mleko"),))
    assert met(rules.plan("sokjablkowy", "pl", known, Tuning())) == [[("split", "sok jablkowy")]]
    assert met(rules.plan("sham poo", "en", known, Tuning())) == [[("joined", "shampoo")]]
    assert rules.plan("zzz", "pl", known, Tuning()).unknown == ("zzz",)
    assert met(rules.plan("sha", "en", known, Tuning())) == [[("begun", "shampoo")]]


def test_synonyms_are_met_both_ways_or_one() -> None:
    known = lexicon("pop", "soft", "drink", "nabial", "mleko")
    both = Synonym(language="en", words=["pop", "soft drink"])
    one = Synonym(language="pl", words=["nabiał", "mleko"], one_way=True)
    tuning = Tuning(synonyms=[both, one])
    assert met(rules.plan("pop", "en", known, tuning)) == [[("typed", "pop"), ("synonym", "soft drink")]]
    assert met(rules.plan("soft drink", "en", known, tuning)) == [[("typed", "soft drink"), ("synonym", "pop")]]
    assert met(rules.plan("nabial", "pl", known, tuning)) == [[("typed", "nabial"), ("synonym", "mleko")]]
    assert met(rules.plan("mleko", "pl", known, tuning)) == [[("typed", "mleko")]]


@given(LETTERS)
def test_longer_words_may_have_more_mistakes(word: str) -> None:
    assert 0 <= rules.distance(word) <= rules.distance(word + "x") <= 2


@given(TEXT, LETTERS)
def test_what_was_meant_is_said_in_the_words_of_names(query: str, typed: str) -> None:
    assert rules.meant(query, [], []) == query
    assert rules.meant(f"{typed} 1", [(typed, "maslo")], ["Masło ekstra"]) == "masło 1"


def test_nothing_is_met_by_no_word() -> None:
    assert all("\0" in form for way in rules.nothing().ways for forms in way.words for form in forms)


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_a_rarer_word_says_more(one: int, other: int) -> None:
    rare, usual = sorted((one, other))
    assert rules.rarity(rare, 1_000) >= rules.rarity(usual, 1_000) >= 0


@given(st.lists(st.sampled_from(["mleko", "sok", "cola"]), min_size=1, max_size=5))
def test_another_word_never_counts_more_for_being_rare(words: list[str]) -> None:
    known = lexicon("mleko", "sok", "cola")
    plain = rules.plan(" ".join(words), "pl", known, Tuning()).slots
    assert [rules.evened(slot.ways, known) for slot in plain] == [list(slot.ways) for slot in plain]
    rare = rules.Lexicon(1_000, lambda form: 1 if "cola" in form else 90, known.begun, known.near)
    ways = [way for slot in plain for way in slot.ways]
    assert all(one.weight <= other.weight for one, other in zip(rules.evened(ways, rare), ways, strict=True))


def test_in_polish_an_e_comes_and_goes() -> None:
    for asked, named in (("cukru", "cukier"), ("ogórki", "ogórek"), ("proszku", "proszek")):
        assert set(analysis.wider(asked)) & set(analysis.forms(named))


# --- places -----------------------------------------------------------------------------------------------------------


@given(SOLD, SOLD)
def test_what_sells_better_never_counts_less(one: float, other: float) -> None:
    few, many = sorted((one, other))
    assert 0 <= rules.selling(few) <= rules.selling(many) <= 1
    assert 1 <= rules.lifted(few) <= rules.lifted(many)
    assert math.log2(2 + rules.lift(many)) == pytest.approx(rules.lifted(many))


MATCH = st.builds(
    Match,
    st.builds(lambda: ids.new().int),
    st.floats(0.01, 100),
    st.booleans(),
    SOLD,
    st.none() | st.floats(0, 1),
)


@given(MATCH)
def test_a_score_is_the_product_of_its_parts(match: Match) -> None:
    parts = rules.parts(match, Weights())
    assert rules.score(parts) == pytest.approx(math.prod(each.factor for each in parts))
    assert rules.score([*parts, Part("buried", 0.0, "r")]) == 0


def rule(**values: object) -> Rule:
    given: dict[str, object] = {"name": "r", "query": "milk", "act": "raise", "target": "brand:b"} | values
    return Rule(**given)  # type: ignore[arg-type]


@given(st.lists(MATCH, max_size=12), st.data())
def test_rules_move_products_and_lose_none(found: list[Match], data: st.DataObject) -> None:
    buried = [str(each.product) for each in found if data.draw(st.booleans())]
    acts = {each: [rule(act="bury", name="down")] for each in buried}
    stands = rules.ranked(found, Weights(), acts)
    assert sorted(str(each.match.product) for each in stands) == sorted(str(each.product) for each in found)
    assert [each.score for each in stands] == sorted((each.score for each in stands), reverse=True)
    assert {str(each.match.product) for each in stands if each.score == 0} == set(buried)
    pins = {str(each.product): rule(act="pin", place=data.draw(st.integers(1, 5))) for each in found[:3]}
    laid = rules.pinned(stands, pins, {})
    assert sorted(str(each.match.product) for each in laid) == sorted(str(each.product) for each in found)
    for place, each in enumerate(laid, 1):
        pin = pins.get(str(each.match.product))
        if pin is not None:
            assert place >= min(pin.place, len(laid) - len(pins) + 1)
            assert each.moved[-1] == Part("pinned", 1.0, "r")


def test_what_is_pinned_comes_though_it_was_not_found() -> None:
    spare = Match(ids.new().int, 0.0, True, 0.0, None)  # noqa: FBT003
    laid = rules.pinned([], {str(spare.product): rule(act="pin")}, {str(spare.product): spare})
    assert [each.match for each in laid] == [spare]


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_a_rule_counts_within_its_period(begins: int, ends: int) -> None:
    made = rule(from_at=NOW + timedelta(hours=begins), until_at=NOW + timedelta(hours=ends))
    assert rules.applies(made, "WEB", "milk", None, NOW) == (begins <= 0 < ends)
    assert (rules.unclear(made) is None) == (begins < ends)


def test_a_rule_counts_for_its_query_category_and_channel() -> None:
    assert rules.applies(rule(query="Mleko 1,5 L"), "WEB", rules.canonical("mleko 1500ml"), None, NOW)
    assert not rules.applies(rule(), "WEB", "milks", None, NOW)
    assert not rules.applies(rule(channel="POS"), "WEB", "milk", None, NOW)
    assert not rules.applies(rule(active=False), "WEB", "milk", None, NOW)
    assert rules.applies(rule(query=None, category="dairy"), "WEB", "", "dairy", NOW)
    assert not rules.applies(rule(query=None, category="dairy"), "WEB", "", "food", NOW)


@pytest.mark.parametrize(
    ("why", "values"),
    [
        ("nothing", {"query": None}),
        ("address", {"act": "redirect", "target": "https://elsewhere.example"}),
        ("address", {"act": "redirect", "target": "/console"}),
        ("pin", {"act": "pin", "target": "brand:b"}),
        ("target", {"target": "b"}),
        ("period", {"from_at": NOW, "until_at": NOW}),
        ("zone", {"from_at": datetime(2026, 1, 1), "until_at": NOW}),  # noqa: DTZ001 - that is what is refused
    ],
)
def test_what_cannot_be_meant_is_said(why: str, values: dict[str, object]) -> None:
    assert rules.unclear(rule(**values)) == why
    assert rules.UNCLEAR[why]
    assert rules.unclear(rule()) is None
    assert rules.unclear(rule(act="redirect", target="/shop/WEB-PL?category=tea")) is None


# --- how good it is ---------------------------------------------------------------------------------------------------


@given(GRADES, GRADES)
def test_ndcg_is_a_share_and_one_for_the_best_order(found: list[int], more: list[int]) -> None:
    every = found + more
    assert 0 <= rules.ndcg(found, every) <= 1 + 1e-9
    assert rules.ndcg(sorted(every, reverse=True), every) == pytest.approx(1)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=10), st.data())
def test_a_better_one_further_up_is_worth_more(grades: list[int], data: st.DataObject) -> None:
    upper, lower = sorted((data.draw(st.integers(0, len(grades) - 1)), data.draw(st.integers(0, len(grades) - 1))))
    swapped = list(grades)
    swapped[upper], swapped[lower] = swapped[lower], swapped[upper]
    better, worse = (grades, swapped) if grades[upper] >= grades[lower] else (swapped, grades)
    assert rules.gain(better) >= rules.gain(worse) - 1e-9


def test_ndcg_is_what_the_paper_says() -> None:
    assert rules.gain([3, 2, 3, 0, 1, 2]) == pytest.approx(
        7 + 3 / math.log2(3) + 7 / 2 + 1 / math.log2(6) + 3 / math.log2(7)
    )


@given(
    st.from_regex(r"\+?[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}", fullmatch=True),
    st.from_regex(r"[a-z]+@[a-z]+\.pl", fullmatch=True),
)
def test_what_may_say_who_somebody_is_is_not_kept(phone: str, email: str) -> None:
    assert rules.recordable(f"call {phone}") is None
    assert rules.recordable(email) is None
    assert rules.recordable("  Mleko  1,5 L ") == "mleko 1,5 l"
