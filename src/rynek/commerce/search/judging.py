"""Judging the ranking: an index of its own, asked as the shop asks, without a database."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from rynek.commerce.search import finding, rules
from rynek.commerce.search.desk import Desk
from rynek.commerce.search.index import Store, Writer
from rynek.commerce.search.model import Ask, Sheet, Synonym, Tuning, Weights

GOAL = 0.85
_TEN = 10


class Bench(Struct, frozen=True):
    """An index to judge by, and how it is tuned."""

    desk: Desk
    channel: str
    tuning: Tuning


def bench(folder: Path, channel: str, sheets: Iterable[Sheet]) -> Bench:
    """Write sheets into an index in an empty folder."""
    store = Store(folder)
    generation = store.fresh()
    pen = Writer(generation)
    rest = iter(sheets)
    while some := list(islice(rest, 2_000)):
        pen.put(some, ())
    pen.commit("judged")
    pen.close()
    store.appoint(generation)
    return Bench(Desk(folder), channel, Tuning())


def tuned(made: Bench, synonyms: Mapping[str, Any], weights: Mapping[str, float]) -> Bench:
    """Tune a bench: ``synonyms`` by language, lists of words ``both`` ways and ``one_way``; weights by name."""
    given = [
        {"language": language, "words": words, "one_way": way == "one_way"}
        for language, ways in synonyms.items()
        for way, lines in ways.items()
        for words in lines
    ]
    tuning = Tuning(msgspec.convert(weights, Weights, strict=False), msgspec.convert(given, list[Synonym]))
    return msgspec.structs.replace(made, tuning=tuning)


def first(made: Bench, query: str, language: str, most: int = _TEN) -> list[UUID]:
    """Give the first products that a query finds."""
    asked = Ask(made.channel, (), 0, limit=most, code="".join(query.split()).lower(), weights=made.tuning.weights)
    looked = finding.look(made.desk, query, language, asked, made.tuning)
    stands = rules.ranked(looked.matches.found[: made.tuning.weights.window], made.tuning.weights, {})
    return [each.match.product for each in stands[:most]]


def ndcg(grades: Sequence[int], ideal: Sequence[int]) -> float:
    """Tell how near the first ten come to the best ten, from 0 to 1."""
    return rules.ndcg(grades, ideal, _TEN)
