"""The judged queries: made of facts, enough of them, and a ranking that is bad is told to be."""

from collections import Counter
from pathlib import Path
from random import Random

import msgspec
import pytest

from rynek.commerce.search import judging
from rynek.demo import Year, judge
from rynek.demo.articles import Article
from rynek.demo.judge import Judged, Want
from rynek.demo.load import read
from rynek.demo.polish import polish


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return judge.offered(Year())


def judged() -> list[Judged]:
    return list(judge.queries(msgspec.convert(read("judgements.toml")["want"], list[Want])))


def test_there_are_queries_enough_in_both_languages_and_with_mistakes(articles: list[Article]) -> None:
    every = judged()
    assert len(every) >= 300
    assert len({(each.language, each.query) for each in every}) == len(every)
    kinds = Counter((each.language, each.kind) for each in every)
    assert min(kinds["pl", "mistake"], kinds["en", "mistake"], kinds["pl", "inflected"], kinds["en", "size"]) >= 15
    paths = {each.category for each in articles}
    for want in {each.want.name: each.want for each in every}.values():
        assert any(judge._fits(path, tuple(want.best)) for path in paths), want.name


def test_grades_follow_category_size_and_label(articles: list[Article]) -> None:
    by_kind: dict[tuple[str, str, bool], Article] = {}
    for each in articles:
        size = each.size.text if each.size else ""
        by_kind.setdefault((each.category, size, each.own_label), each)
    butter = by_kind["grocery/butter/butter", "1 lb", True]
    asked = {each.query: each for each in judged()}
    assert judge.grade(asked["butter"], butter) == 3
    assert judge.grade(asked["butter 1 lb"], butter) == 3
    assert judge.grade(asked["butter 1 lb"], by_kind["grocery/butter/butter", "8 oz", False]) == 1
    assert judge.grade(asked["house brand sugar"], butter) == 0
    assert judge.grade(asked["margarine"], butter) == 1


def test_polish_names_keep_size_and_maker(articles: list[Article]) -> None:
    named = [(each, called) for each in articles if (called := polish(each))]
    assert len(named) > 25_000
    for each, called in named[:2_000]:
        assert "House brand" not in called
        assert ("marka własna" in called) == each.own_label


def test_a_ranking_is_judged_and_a_bad_one_told_from_it(articles: list[Article], tmp_path: Path) -> None:
    some = [
        each for each in articles if {*each.category.split("/")} & {"butter", "margarines", "milk", "cheese", "teas"}
    ]
    bench = judge.indexed(tmp_path / "index", some, {})
    want = ("butter", "margarine", "tea bags", "masło", "herbata", "shredded cheese")
    picked = [each for each in judged() if each.query in want]
    known = {judge.key(each): each for each in some}
    good, bad = [], []
    for each in picked:
        ideal = [judge.grade(each, article) for article in some]
        found = [judge.grade(each, known[one]) for one in judging.first(bench, each.query, each.language)]
        good.append(judging.ndcg(found, ideal))
        bad.append(judging.ndcg([judge.grade(each, one) for one in Random(1).sample(some, 10)], ideal))
    assert len(picked) == len(want)
    assert min(good) > 0.85
    assert max(bad) < 0.7


def test_figures_are_told_beside_those_before() -> None:
    lines = judge.told({"all": 0.9, "pl": 0.8}, {"all": 0.85})
    assert lines[1].split() == ["all", "0.850", "0.900", "+0.050"]
    assert lines[2].split() == ["pl", "nan", "0.800"]
