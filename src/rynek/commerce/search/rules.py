"""Decisions of searching: what a query means, what stands where and why, and how good that is. Pure."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from rynek.commerce.search import analysis
from rynek.commerce.search.model import Match, Part, Rule, Slot, Tuning, Way, Weights

WORDS = 12
"""So many words of a query are looked at."""
_SOLD_MOST = 10_000.0
_LIFT = 0.5
_RARE, _OFTEN = 3, 50
_NUMBERS = re.compile(r"(?:\d[ .-]?){7,}")


# --- what a query means -----------------------------------------------------------------------------------------------


class Lexicon(Struct, frozen=True):
    """What is known of words: how many products have one, how some go on, and which are near.

    ``near`` gives words with their distance from the one asked, nearest and most frequent first.
    """

    products: int

    known: Callable[[str], int]
    begun: Callable[[str, int], Sequence[tuple[str, int]]]
    near: Callable[[str, int], Sequence[tuple[str, int, int]]]


class Plan(Struct, frozen=True):
    """What a query means: its parts, the words that nothing has, and those that were put right (typed, right)."""

    slots: tuple[Slot, ...]
    unknown: tuple[str, ...] = ()
    mended: tuple[tuple[str, str], ...] = ()
    doubtful: tuple[tuple[str, str], ...] = ()
    """Words that something has, though one that is near is far more usual."""


def canonical(query: str) -> str:
    """Write a query in the one form by which queries are compared: sizes, case, diacritics and blanks do not matter."""
    return " ".join(each.form for each in analysis.words(query))


def distance(word: str) -> int:
    """Tell how many mistakes a word may have: none in up to two letters, one in up to five, two in longer ones."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


def plan(query: str, language: str, lexicon: Lexicon, tuning: Tuning, *, eager: bool = False) -> Plan:
    """Find out what a query means.

    Args:
        eager: it is still being typed: its last word may go on, whether or not it is one already.
    """
    given = list(analysis.words(query))[:WORDS]
    said = [each for each in given if each.size or not analysis.stopped(each.form, language)] or given
    slots: list[Slot] = []
    unknown: list[str] = []
    mended: list[tuple[str, str]] = []
    doubtful: list[tuple[str, str]] = []
    at = 0
    while at < len(said):
        word, last = said[at], at == len(said) - 1
        taken, ways = _phrase(said[at:], language, lexicon, tuning)
        if not taken:
            taken, ways = 1, _word(word, language, lexicon, tuning.weights, unfinished=last and eager)
            ways = ways or _begun(word, lexicon, tuning.weights) * last
        if not ways:
            ways, right = _mended(word, lexicon, tuning.weights)
            mended += [(word.shown, right)] if right else []
        elif taken == 1 and not word.size and (other := _usual(word, lexicon)):
            doubtful.append((word.shown, other))
        text = " ".join(each.shown or each.form for each in said[at : at + taken])
        if ways:
            slots.append(Slot(text, tuple(evened(ways, lexicon))))
        else:
            unknown.append(text)
        at += taken
    return Plan(tuple(slots), tuple(unknown), tuple(mended), tuple(doubtful))


def _word(
    word: analysis.Word, language: str, lexicon: Lexicon, weights: Weights, *, unfinished: bool = False
) -> list[Way]:
    """List the ways to meet a word that is known; none when it is not."""
    if word.size:
        sizes = [word.form] + [word.form.replace("floz", "oz")] * word.form.endswith("floz")
        sizes += [word.form.replace("oz", "floz")] * (word.form.endswith("oz") and not word.form.endswith("floz"))
        return [Way(((each,),), 1.0, "measure", word.shown) for each in sizes if lexicon.known(each)]
    own = (language, *(each for each in analysis.LANGUAGES if each != language))
    forms = tuple(each for each in analysis.wider(word.shown, own) if lexicon.known(each))
    ways = [Way((forms,), 1.0, "typed", word.shown)] if forms else []
    if forms and word.form.isalpha() and not lexicon.known(word.form):
        # it is known by its stem only: it may as well be another word with a mistake in it
        usual = max(_OFTEN, 5 * max(map(lexicon.known, forms)))
        near = [each for each in lexicon.near(word.form, min(distance(word.form), 1)) if each[2] >= usual]
        ways += [Way((analysis.forms(each),), weights.spelling, "spelling", each) for each, _, _ in near[:3]]
    return ways + (_begun(word, lexicon, weights) if unfinished else [])


def _begun(word: analysis.Word, lexicon: Lexicon, weights: Weights) -> list[Way]:
    if word.size or len(word.form) < 2:
        return []
    longer = [each for each, _ in lexicon.begun(word.form, 12) if each != word.form]
    return [Way(((each,),), weights.begun, "begun", each) for each in longer]


def _phrase(said: Sequence[analysis.Word], language: str, lexicon: Lexicon, tuning: Tuning) -> tuple[int, list[Way]]:
    """Meet several words together, or one by others for the same; gives how many were taken."""
    for taken in range(min(4, len(said)), 0, -1) if tuning.synonyms else ():
        if others := _meant(said[:taken], language, tuning):
            return taken, _synonymous(said[:taken], others, language, lexicon, tuning.weights)
    if len(said) > 1 and not said[0].size and not said[1].size:
        both = said[0].form + said[1].form
        if lexicon.known(both) and not (lexicon.known(said[0].form) and lexicon.known(said[1].form)):
            return 2, [Way((analysis.forms(both),), 1.0, "joined", both)]
    return 0, []


def _meant(said: Sequence[analysis.Word], language: str, tuning: Tuning) -> list[str]:
    """Give the other words for a phrase; none where no synonym is about it."""
    found: dict[str, None] = {}
    for key in analysis.keys(said, language):
        found |= dict.fromkeys(tuning.others.get((language, key), ()))
    return list(found)


def _synonymous(
    said: Sequence[analysis.Word], others: Sequence[str], language: str, lexicon: Lexicon, weights: Weights
) -> list[Way]:
    own = [_word(each, language, lexicon, weights) for each in said]
    ways: list[Way] = []
    if all(own):
        forms = tuple(ways_[0].words[0] for ways_ in own)
        ways.append(Way(forms, 1.0, "typed", " ".join(each.shown for each in said)))
    for other in others:
        forms = tuple((each.form,) if each.size else analysis.forms(each.shown) for each in analysis.words(other))
        if forms and all(any(map(lexicon.known, each)) for each in forms):
            ways.append(Way(forms, weights.synonym, "synonym", other))
    return ways


def _mended(word: analysis.Word, lexicon: Lexicon, weights: Weights) -> tuple[list[Way], str]:
    """Read an unknown word as what was probably meant: two words written as one, or one with a mistake in it."""
    if word.size or not word.form.isalpha():
        return [], ""
    found = lexicon.near(word.form, distance(word.form))[:6]
    nearest = found[0][1] if found else 0
    cuts = [(word.form[:at], word.form[at:]) for at in range(3, len(word.form) - 2)] if nearest != 1 else []
    for pair in cuts:
        if all(map(lexicon.known, pair)):
            text = " ".join(pair)
            return [Way(tuple(analysis.forms(each) for each in pair), 1.0, "split", text)], text
    ways = [
        Way((analysis.forms(each),), weights.spelling ** (1 + far - nearest), "spelling", each)
        for each, far, _ in found
    ]
    return ways, found[0][0] if found else ""


def _usual(word: analysis.Word, lexicon: Lexicon) -> str:
    """Give a word that is near and far more usual than a rare one."""
    count = max(map(lexicon.known, analysis.forms(word.shown)), default=0)
    if count >= _RARE or not word.form.isalpha() or len(word.form) < 4:
        return ""
    near = lexicon.near(word.form, 1)
    return near[0][0] if near and near[0][2] >= _OFTEN * max(count, 1) else ""


def rarity(count: int, products: int) -> float:
    """Tell how much a word says that so many of the products have, as engines weigh it.

    Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), 3.1.
    """
    return math.log1p((max(products, count) - count + 0.5) / (count + 0.5))


def evened(ways: Sequence[Way], lexicon: Lexicon) -> list[Way]:
    """Let other words for something count by their own weight: that one is rarer does not make it meant rather."""

    def says(way: Way) -> float:
        return sum(rarity(max(map(lexicon.known, forms)), lexicon.products) for forms in way.words)

    most = says(ways[0]) if ways else 0.0
    return [replace(each, weight=each.weight * min(1.0, most / max(says(each), 1e-9))) for each in ways]


def nothing() -> Slot:
    """Give a part of a query that no product meets: for what may only be the number of an article."""
    return Slot("", (Way((("\0",),), 1.0, "typed", ""),))


def meant(query: str, mended: Iterable[tuple[str, str]], names: Iterable[str]) -> str:
    """Write a query as it was probably meant, its words with their diacritics as names of products have them."""
    written: dict[str, str] = {}
    for name in names:
        for each in analysis.words(name):
            written.setdefault(each.form, each.shown.lower())
    for typed, right in mended:
        shown = " ".join(written.get(each, each) for each in right.split())
        query = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", shown.replace("\\", ""), query)
    return query


# --- what stands where ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=50_000)
def selling(sold: float) -> float:
    """Tell how well something sells, from 0 (not) to 1 (10,000 and more), evenly by orders of magnitude."""
    return min(math.log1p(max(sold, 0.0)) / math.log1p(_SOLD_MOST), 1.0)


def lifted(sold: float) -> float:
    """Give the factor by which sales bring something among the first, before all is weighed."""
    return 1 + _LIFT * selling(sold)


def lift(sold: float) -> float:
    """Give what the index keeps for that: engines that weigh by a field take the logarithm to base 2 of 2 and it."""
    return float(2.0 ** lifted(sold)) - 2


def parts(match: Match, weights: Weights) -> list[Part]:
    """List the factors of a match's score."""
    return [
        Part("text", round(match.text, 4)),
        Part("availability", 1.0 if match.available else weights.sold_out),
        Part("sales", round(1 + weights.sales * selling(match.sold), 4)),
        Part("margin", round(1 + weights.margin * min(max(match.margin or 0.0, 0.0), 1.0), 4)),
    ]


def _factor(match: Match, weights: Weights) -> float:
    """Give the product of a match's parts, without writing each of them down."""
    known = min(max(match.margin or 0.0, 0.0), 1.0)
    free = 1.0 if match.available else weights.sold_out
    return match.text * free * (1 + weights.sales * selling(match.sold)) * (1 + weights.margin * known)


def score(factors: Iterable[Part]) -> float:
    """Multiply the factors."""
    return math.prod(each.factor for each in factors)


class Stand(Struct, frozen=True):
    """A match with its score, and the rules that moved it."""

    match: Match
    score: float
    moved: list[Part] = []

    def why(self, weights: Weights) -> list[Part]:
        """Give all reasons for its place: the factors, and the rules."""
        return [*parts(self.match, weights), *self.moved]


def ranked(found: Sequence[Match], weights: Weights, acts: Mapping[str, Sequence[Rule]]) -> list[Stand]:
    """Order what was found: by score, what is buried last; equals keep the engine's order.

    Args:
        acts: the rules that raise or bury, by the product they concern.
    """
    if not acts:
        return sorted([Stand(each, _factor(each, weights)) for each in found], key=lambda each: -each.score)
    stands = []
    for each in found:
        moved = [
            Part("raised", rule.factor, rule.name) if rule.act == "raise" else Part("buried", 0.0, rule.name)
            for rule in acts.get(str(each.product), ())
        ]
        factor = _factor(each, weights)
        stands.append(Stand(each, factor * score(moved) if moved else factor, moved))
    return sorted(stands, key=lambda each: -each.score)


def pinned(stands: Sequence[Stand], pins: Mapping[str, Rule], spare: Mapping[str, Match]) -> list[Stand]:
    """Put products on the places they are pinned to; of two on one place the second comes after the first.

    Args:
        pins: the rules that pin, by product.
        spare: products that are pinned and were not among what was found.
    """
    there = {str(each.match.product): each for each in stands}
    rest = [each for each in stands if str(each.match.product) not in pins]
    at = -1
    for product, rule in sorted(pins.items(), key=lambda each: (each[1].place, each[1].name, each[0])):
        stand = there.get(product)
        match = stand.match if stand else spare.get(product)
        if match is not None:
            reason = Part("pinned", 1.0, rule.name)
            why = [*stand.moved, reason] if stand else [reason]
            at = min(max(rule.place - 1, at + 1), len(rest))
            rest.insert(at, Stand(match, stand.score if stand else 0.0, why))
    return rest


def applies(rule: Rule, channel: str, query: str, category: str | None, at: datetime) -> bool:
    """Tell whether a rule is about what is asked, where and when; ``query`` is in its canonical form."""
    if not rule.active or rule.channel not in (None, channel):
        return False
    if (rule.from_at and at < rule.from_at) or (rule.until_at and at >= rule.until_at):
        return False
    if rule.query is not None and canonical(rule.query) != query:
        return False
    return rule.category is None or rule.category == category


_TARGET = re.compile(r"product:[0-9a-f-]{36}|(?:brand|category):[a-z0-9-]{1,60}")
_ADDRESS = re.compile(r"/shop/[^\s\\]*")


UNCLEAR = {
    "nothing": "say for which query or category it is",
    "period": "the period ends before it begins",
    "zone": "an instant needs its time zone",
    "address": "a redirect leads to an address in the shop: /shop/…",
    "target": "the target is product:<id>, brand:<code> or category:<code>",
    "pin": "a product is pinned: product:<id>",
}
"""Why a rule cannot be meant as it is."""


def unclear(rule: Rule) -> str | None:
    """Say by a key of ``UNCLEAR`` why a rule cannot be meant like this; None: it can."""
    if not (rule.query or rule.category):
        return "nothing"
    if any(each is not None and each.tzinfo is None for each in (rule.from_at, rule.until_at)):
        return "zone"
    if rule.from_at and rule.until_at and rule.from_at >= rule.until_at:
        return "period"
    if rule.act == "redirect":
        return None if _ADDRESS.fullmatch(rule.target) else "address"
    if not _TARGET.fullmatch(rule.target):
        return "target"
    return "pin" if rule.act == "pin" and not rule.target.startswith("product:") else None


# --- how good it is ---------------------------------------------------------------------------------------------------


def gain(grades: Sequence[int], most: int = 10) -> float:
    """Sum what a ranking gives, what stands lower counting less.

    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (2002), gains 2^grade − 1.
    """
    return sum((2.0**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:most]))


def ndcg(grades: Sequence[int], ideal: Sequence[int], most: int = 10) -> float:
    """Tell how near a ranking comes to the best one, from 0 to 1.

    Args:
        grades: of what was found, in its order.
        ideal: of everything that could have been found, in any order.
    """
    best = gain(sorted(ideal, reverse=True), most)
    return gain(grades, most) / best if best else 1.0


def recordable(query: str) -> str | None:
    """Write a query as it may be kept; None when it may say who somebody is: an address, a number of seven digits."""
    plain = " ".join(query.lower().split())[:100]
    return None if not plain or "@" in plain or _NUMBERS.search(plain) else plain
