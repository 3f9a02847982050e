"""``rynek bench search``: how fast the demo's 92,000 articles are searched, and how soon a change is found.

Two server processes and 16 searchers share the machine. Half of the queries are the judged ones (docs/search.md), half
are words of articles' names, some with a mistake in them, narrowed by category, brand or price and sorted in every
order: so many different ones that little is answered from memory. All count facets. Before that the catalogue is read
through once by listings (none of the queries), so that the figures are those of a shop that has been open for a while;
``cold_per_s`` is how fast queries were answered before. ``queries_per_s`` and ``p99_ms`` are with 16 searchers of which
each asks again at once, ``paced_p99_ms`` with 16 that ask 500 times a second together.

Then 200 articles a second get another name, and ``behind_ms`` is the longest time from the moment such a change was
answered until both processes found the new name. ``rebuild_s`` is how long the index took to be built from nothing.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from functools import partial
from random import Random
from typing import Any
from urllib.parse import urlencode

import msgspec

from rynek.bench.load import Run, Script, drive, line
from rynek.bench.stall import Stand, engaged, opened
from rynek.bench.wire import Answer, request
from rynek.demo import Year, judge
from rynek.demo.articles import Article
from rynek.demo.load import CHANNEL, Move, product_of, read

CONNECTIONS = 16
QUERIES = 6_000
BATCH = 50
PER_S = 200
PACE = 500
CHECKS = 24
_PATIENCE_S = 300.0
_LETTERS = "bcdfghjklmnpqrstvwxz"


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when an answer was wrong or missing."""
    year = Year()
    articles = judge.offered(year)
    async with opened(1, 0, workers=2) as stand:
        began = time.monotonic()
        move = Move(stand.app, year, lambda *_: None)
        await move.open()
        await move.catalogue()
        print(f"{len(articles)} articles brought in: {time.monotonic() - began:.0f} s")
        token = await engaged(stand.app, "merchandise", "import", "monitor")
        rebuild_s, products = await _rebuilt(stand, token)
        asked = list(_requests(articles, Random(1)))
        searching = partial(drive, stand.server.address)
        cold = await searching([_searcher(asked, Random(n)) for n in range(CONNECTIONS)], seconds=3)
        began = time.monotonic()
        await searching([_reader() for _ in range(CONNECTIONS)], timeout_s=60)
        print(f"read through: {time.monotonic() - began:.0f} s")
        before = stand.server.usage()
        run = await searching([_searcher(asked, Random(n + 99)) for n in range(CONNECTIONS)], seconds=args.seconds)
        server_us = (stand.server.usage().cpu_s - before.cpu_s) / max(run.overall.answers, 1) * 1e6
        pace = [_searcher(asked, Random(n + 999), CONNECTIONS / PACE) for n in range(CONNECTIONS)]
        paced = await searching(pace, seconds=args.seconds)
        typed = await searching([_typist(articles, Random(n)) for n in range(4)], seconds=min(args.seconds, 5))
        behind_ms, changed_per_s = await _behind(stand, token, articles)
        amiss = [f"{n.statuses} {n.errors}" for n in (cold, run, paced, typed) if set(n.statuses) != {200} or n.errors]
        amiss += [f"only {products} products are in the index"] * (products < len(articles))
        for each in amiss:
            print(f"BROKEN: {each}")
        print(f"CPU per query: server {server_us:.0f} µs, load {run.cpu_us:.0f} µs; load of the machine {_load()}")
        figures = {
            "queries_per_s": run.per_s, "p50_ms": run.overall.p50_ms, "p99_ms": run.overall.p99_ms,
            "paced_per_s": paced.per_s, "paced_p99_ms": paced.overall.p99_ms, "cold_per_s": cold.per_s,
            "behind_ms": behind_ms, "rebuild_s": rebuild_s, "suggest_p99_ms": typed.overall.p99_ms,
            "changed_per_s": changed_per_s, "products": products,
        }  # fmt: skip
        print(line("search", **figures))
        return 1 if amiss else 0


# --- the index --------------------------------------------------------------------------------------------------------


async def _ask(stand: Stand, asked: bytes) -> Answer:
    answers: list[Answer] = []

    def once() -> Script:
        answers.append((yield asked))

    await drive(stand.server.address, [once()], timeout_s=60)
    return answers[0]


async def _state(stand: Stand, token: str) -> dict[str, Any]:
    answer = await _ask(stand, request("GET", "/search/state", headers={"authorization": f"Bearer {token}"}))
    found: dict[str, Any] = msgspec.json.decode(answer.body)
    return found


async def _rebuilt(stand: Stand, token: str) -> tuple[float, int]:
    """Have the index built from nothing; gives how long that took, and how many products are in it."""
    first = await _settled(stand, token, "")
    began = time.monotonic()
    await _ask(stand, request("POST", "/search/rebuild", headers={"authorization": f"Bearer {token}"}))
    done = await _settled(stand, token, first["generation"])
    return time.monotonic() - began, done["products"]


async def _settled(stand: Stand, token: str, other: str) -> dict[str, Any]:
    """Wait until there is a good index of another generation, whose number of products stays."""
    until, last = time.monotonic() + _PATIENCE_S, -1
    while True:
        state = await _state(stand, token)
        if state["state"] == "good" and state["generation"] != other and state["products"] == last:
            return state
        if time.monotonic() > until:
            raise TimeoutError(f"no index in {_PATIENCE_S:.0f} s: {state}")
        last = state["products"] if state["generation"] != other else -1
        await asyncio.sleep(0.2 if other else 1)


# --- searching --------------------------------------------------------------------------------------------------------


def _requests(articles: Sequence[Article], chance: Random) -> Iterator[bytes]:
    wants = msgspec.convert(read("judgements.toml")["want"], list[judge.Want])
    judged = [(each.query, each.language) for each in judge.queries(wants)]
    orders = ["relevance"] * 5 + ["price", "-price", "name", "newest", "bestselling"]
    for _ in range(QUERIES):
        if chance.random() < 0.5:
            query, language = chance.choice(judged)
        else:
            query, language = _words(chance.choice(articles), chance), "en"
        asked: dict[str, Any] = {"q": query, "language": language, "order": chance.choice(orders)}
        if chance.random() < 0.3:
            asked["price_to"] = chance.choice([199, 299, 499, 999])
        if chance.random() < 0.2:
            asked["available"] = "true"
        if chance.random() < 0.2:
            asked["page"] = chance.randrange(2, 4)
        yield request("GET", f"/search/{CHANNEL}/products?{urlencode(asked)}")


def _words(article: Article, chance: Random) -> str:
    words = [each for each in article.name.partition(" – ")[0].lower().split() if each.isalpha()]
    some = words[: chance.randrange(1, 4)] or ["milk"]
    if chance.random() < 0.3 and len(some[-1]) > 3:
        at = chance.randrange(1, len(some[-1]))
        some[-1] = some[-1][:at] + chance.choice(_LETTERS) + some[-1][at + 1 :]
    return " ".join(some)


def _searcher(asked: Sequence[bytes], chance: Random, every_s: float = 0.0) -> Script:
    """Ask one query after another; with ``every_s`` one in so many seconds, the first somewhere in them."""
    due = time.monotonic() + chance.random() * every_s
    while True:
        if every_s:
            yield max(due - time.monotonic(), 0.000_1)
            due += every_s
        answer = yield chance.choice(asked)
        if answer.status and answer.status != 200:
            raise AssertionError(f"{answer.status}: {answer.body[:300]!r}")


def _reader() -> Script:
    after: str | None = ""
    while after is not None:
        answer = yield request("GET", f"/browse/{CHANNEL}/listing?limit=100{after and f'&after={after}'}")
        if answer.status != 200:
            raise AssertionError(f"{answer.status}: {answer.body[:300]!r}")
        after = msgspec.json.decode(answer.body, type=_Listed).after


class _Listed(msgspec.Struct):
    after: str | None


def _load() -> str:
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


def _typist(articles: Sequence[Article], chance: Random) -> Script:
    while True:
        text = _words(chance.choice(articles), chance)
        for end in range(2, len(text) + 1):
            answer = yield request("GET", f"/search/{CHANNEL}/suggestions?{urlencode({'q': text[:end]})}")
            if answer.status not in (0, 200):
                raise AssertionError(f"{answer.status}: {answer.body[:300]!r}")
            yield 0.02


# --- changing ---------------------------------------------------------------------------------------------------------


def _spelled(n: int) -> str:
    return "zq" + "".join(_LETTERS[int(each)] for each in f"{n:04d}")


async def _behind(stand: Stand, token: str, articles: Sequence[Article]) -> tuple[float, float]:
    """Change names all the time; gives the longest wait in milliseconds, and how many changed a second."""
    sent: dict[str, float] = {}
    changing = partial(_changer, token, articles, sent)
    waits: list[float] = []
    seconds = CHECKS * BATCH / PER_S
    runs: list[Run] = []

    async def change() -> None:
        runs.append(await drive(stand.server.address, [changing()], seconds=seconds))

    async def look() -> None:
        for n in range(CHECKS - 1):
            word = _spelled(n)
            while word not in sent:
                await asyncio.sleep(0.005)
                if runs:
                    return
            await drive(stand.server.address, [_looker(word) for _ in range(4)], timeout_s=5)
            waits.append((time.monotonic() - sent[word]) * 1_000)

    await asyncio.gather(change(), look())
    return max(waits), len(sent) * BATCH / seconds


def _changer(token: str, articles: Sequence[Article], sent: dict[str, float]) -> Script:
    began = time.monotonic()
    for n in range(CHECKS):
        word = _spelled(n)
        some = articles[n * BATCH : (n + 1) * BATCH]
        rows = [product_of(each) | {"name": f"{each.name} {word}"} for each in some]
        body = msgspec.json.encode({"products": rows})
        answer = yield request("PUT", "/catalog/products", body, {"authorization": f"Bearer {token}"})
        if answer.status and (answer.status != 200 or b'"refused":[]' not in answer.body):
            raise AssertionError(f"{answer.status}: {answer.body[:300]!r}")
        sent[word] = time.monotonic()
        yield max(began + (n + 1) * BATCH / PER_S - time.monotonic(), 0.001)


def _looker(word: str) -> Script:
    asked = request("GET", f"/search/{CHANNEL}/products?{urlencode({'q': word, 'facets': 'false'})}")
    for _ in range(500):
        answer = yield asked
        if answer.status == 200 and b'"total":50' in answer.body:
            return
        yield 0.01
