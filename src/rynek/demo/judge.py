"""``rynek search judge``: how good the demo's search is, by judged queries (docs/search.md tells how they are made).

The demo's articles are written into an index of its own, as the shop writes them, and asked as the shop asks. What a
query should find is decided by ``judgements.toml``: by facts of the catalogue, never by what was found.
"""

import argparse
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from msgspec import Struct

from rynek.commerce import browse, catalog
from rynek.commerce.search import analysis, judging, sheets
from rynek.demo.articles import Article
from rynek.demo.dataset import TERMS, Year
from rynek.demo.load import CHANNEL, brand_code, code, read
from rynek.demo.polish import polish

FIGURES = "figures.toml"
_HEAD = "# Written by `rynek search judge --write`: what changes of the ranking are compared with.\n"
_NEVER = datetime.max.replace(tzinfo=UTC)
_OFFERED = frozenset({"goods", "weighed"})


class Want(Struct, frozen=True):
    """What is wanted, as paths of categories."""

    name: str
    best: list[str]
    good: list[str]
    some: list[str]
    ask: list[str]


class Judged(Struct, frozen=True):
    """A query with what it should find: ``size`` in its one form, ``own`` for the shop's own label."""

    want: Want
    query: str
    language: str
    kind: str
    size: str | None
    own: bool


class Result(Struct, frozen=True):
    """How good the answer to a query was, from 0 to 1."""

    judged: Judged
    ndcg: float


def queries(wants: Iterable[Want]) -> Iterator[Judged]:
    """Take the lines of the judgements apart: ``en size | butter 1 lb @ 16 oz``."""
    for want in wants:
        for line in want.ask:
            head, _, rest = line.partition(" | ")
            query, _, more = (part.strip() for part in rest.partition(" @ "))
            language, kind = head.split()
            size = next((each.form for each in analysis.words(more) if each.size), None)
            yield Judged(want, query, language, kind, size, more == "own")


@cache
def _fits(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, each) for each in patterns)


def grade(judged: Judged, article: Article) -> int:
    """Grade an article for a query: 3 is what was asked for, 0 has nothing to do with it.

    The right thing in another size, or of another maker, has two grades less.
    """
    want = judged.want
    sides = ((3, want.best), (2, want.good), (1, want.some))
    found = next((each for each, patterns in sides if _fits(article.category, tuple(patterns))), 0)
    amiss = judged.size is not None and judged.size not in sizes(article.size.text if article.size else "")
    amiss = amiss or (judged.own and not article.own_label)
    return max(found - 2, 0) if amiss else found


@cache
def sizes(text: str) -> frozenset[str]:
    """Give a size in its one form; ounces of a liquid are written like those of weight in the data set."""
    forms = {each.form for each in analysis.words(text) if each.size}
    return frozenset(forms | {each.replace("floz", "oz") for each in forms})


def key(article: Article) -> UUID:
    """Give an article the id by which it is found here."""
    return uuid5(NAMESPACE_URL, article.sku)


def whole(article: Article, names: Mapping[str, str]) -> browse.Whole:
    """Show an article as the shop would: priced, and in stock."""
    ident, polished = key(article), polish(article)
    words = {"pl": catalog.Translation(name=polished)} if polished else {}
    variant = catalog.Variant(sku=article.sku, tax_category=article.tax)
    path = [code("/".join(article.category.split("/")[: n + 1])) for n in range(article.category.count("/") + 1)]
    entry = catalog.Entry(
        id=ident, code=article.sku, name=article.name, slug=article.slug, brand=brand_code(article.brand) or None,
        categories=path[-1:], translations=words, variants=[variant], archived=False, changed_at=_NEVER, channels=[],
    )  # fmt: skip
    price = browse.Price(article.price, "USD", "gross", "pcs", None, None)
    item = browse.Item(article.sku, "", None, "pcs", None, [], price, 100 + article.sold, [])
    rubric = browse.Rubric(path[-1], names.get(path[-1], ""), "/".join(path))
    detail = browse.Detail(
        ident, article.sku, article.name, "", article.slug, article.brand, [rubric], [], [], words, [item]
    )
    return browse.Whole(entry, detail, _NEVER)


def offered(year: Year) -> list[Article]:
    """List what the web shop offers."""
    return [each for each in year.articles if each.nature in _OFFERED and each.price > 0]


def indexed(folder: Path, articles: Sequence[Article], names: Mapping[str, str]) -> judging.Bench:
    """Write the articles into an index, as the shop does."""
    made = (sheets.sheet(whole(each, names), CHANNEL, "en", names, float(each.sold)) for each in articles)
    return judging.bench(folder, CHANNEL, made)


def judge(bench: judging.Bench, articles: Sequence[Article]) -> list[Result]:
    """Ask every query and grade the first ten answers against the best ten there are."""
    known = {key(each): each for each in articles}
    results = []
    for each in queries(msgspec.convert(read("judgements.toml")["want"], list[Want])):
        ideal = [grade(each, article) for article in articles]
        got = [grade(each, known[found]) for found in judging.first(bench, each.query, each.language)]
        results.append(Result(each, judging.ndcg(got, ideal)))
    return results


def figures(results: Iterable[Result]) -> dict[str, float]:
    """Take the mean of all queries, of each language and of each kind."""
    groups: dict[str, list[float]] = defaultdict(list)
    for each in results:
        for name in ("all", each.judged.language, f"{each.judged.language} {each.judged.kind}"):
            groups[name].append(each.ndcg)
    return {name: fmean(many) for name, many in sorted(groups.items())}


def told(now: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
    """Say figures with those before beside them."""
    lines = [f"{'NDCG@10':<16} {'before':>8} {'now':>8} {'change':>8}"]
    for name in sorted({*now, *before}, key=lambda each: (each != "all", each)):
        was, is_ = before.get(name), now.get(name)
        change = f"{is_ - was:+.3f}" if was is not None and is_ is not None else ""
        lines.append(
            f"{name:<16} {was if was is not None else float('nan'):8.3f} "
            f"{is_ if is_ is not None else float('nan'):8.3f} {change:>8}"
        )
    return lines


def main(args: argparse.Namespace) -> int:
    """Judge, print before and after; gives 1 when the mean is below the goal."""
    print(TERMS)
    began = time.monotonic()
    year = Year()
    articles = offered(year)
    names = {code(each.code): each.name for each in year.categories}
    with TemporaryDirectory(prefix="rynek-judge-") as place:
        bench = indexed(Path(place) / "index", articles, names)
        print(f"{len(articles)} articles indexed in {time.monotonic() - began:.0f} s")
        given = read("synonyms.toml")
        bench = judging.tuned(bench, given, {})
        before = read(FIGURES)["ndcg"]
        if args.weights:
            before = figures(judge(bench, articles))
            bench = judging.tuned(bench, given, tomllib.loads(args.weights.read_text("utf-8")))
        results = judge(bench, articles)
    now = figures(results)
    print(*told(now, before), sep="\n")
    for each in sorted(results, key=lambda each: each.ndcg)[: args.worst]:
        print(f"  {each.ndcg:.3f} {each.judged.language} {each.judged.kind:<10} {each.judged.query}")
    if args.write:
        rows = "".join(f'"{name}" = {value:.4f}\n' for name, value in now.items())
        args.write.write_text(
            "# Written by `rynek search judge --write`: what changes of the ranking are compared with.\n[ndcg]\n"
            + rows,
            "utf-8",
        )
    print(f"judge=search queries={len(results)} ndcg_at_10={now['all']:.3f} before={before.get('all', 0):.3f}")
    return int(now["all"] < judging.GOAL)
