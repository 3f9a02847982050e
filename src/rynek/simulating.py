"""``rynek simulate``: a draft promotion or price list from a file, tried on what a running shop really sold."""

import argparse
import asyncio
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from rynek.calling import URL, ended, token
from rynek.client import Calls
from rynek.client.generated.commerce_simulations import CommerceSimulations
from rynek.commerce.promotions import Promotion
from rynek.commerce.simulations import Result, Simulation, Wanted
from rynek.kernel import clock
from rynek.kernel.money import Money
from rynek.showing import Bar, say

_EXAMPLES = """FILE holds a promotion, a list of them, a price list (an object with "prices" or "changes"), or
{"promotions": […], "prices": {…}}, as POST /promotions and POST /simulations take them.

examples:
  rynek simulate autumn.json
  rynek simulate autumn.json --days 90 --channel WEB-PL --beside active
  rynek simulate prices.json --currency PLN --tills POS-PL

Ends with 0 when it was counted, 1 when the shop refuses it, 2 when it is not understood, 3 when nobody answers.
Who asks: the token in RYNEK_TOKEN, or else in .rynek/token."""
_PAUSE_S = 0.3
_ROWS = 10


def main(arguments: Sequence[str]) -> int:
    """Run ``rynek simulate`` with what follows it; gives its exit code."""
    given = _parser().parse_args(arguments)
    return ended("simulate", given.url, lambda: _simulate(given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "rynek simulate",
        description="Try a draft on what was really bought.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, help="the draft, as JSON")
    parser.add_argument("--days", type=int, default=28, help="how many days back (default 28)")
    parser.add_argument("--currency", help="of what was bought (default the promotions')")
    parser.add_argument("--channel", action="append", default=[], help="orders of this channel only; may be repeated")
    parser.add_argument("--tills", metavar="CHANNEL", help="receipts of tills too, as if bought in this channel")
    parser.add_argument(
        "--beside", choices=["paid", "active", "nothing"], default="paid", help="what it is compared with"
    )
    parser.add_argument("--url", default=os.environ.get("RYNEK_URL", URL), help=f"the server ({URL})")
    return parser


def read(document: bytes) -> dict[str, Any]:
    """Tell promotions and prices of a draft apart.

    Raises:
        ValueError: it is neither.
    """
    draft = msgspec.json.decode(document)
    if isinstance(draft, list):
        return {"promotions": draft}
    if not isinstance(draft, dict):
        raise ValueError("a draft is a promotion, a list of promotions or a price list")  # noqa: TRY004 - of the file
    if "code" in draft:
        return {"promotions": [draft]}
    if isinstance(draft.get("prices"), dict) or "promotions" in draft:
        return draft
    return {"prices": draft}


def wanted(draft: dict[str, Any], given: argparse.Namespace) -> Wanted:
    """Say what is to be simulated.

    Raises:
        ValueError: the draft is not understood, or it does not say in which currency.
    """
    promotions = msgspec.convert(draft.get("promotions", []), list[Promotion])
    currency = given.currency or next((each.currency for each in promotions if each.currency), None)
    if currency is None:
        raise ValueError("the draft does not say its currency: add --currency PLN")
    until = clock.now()
    said = {
        "name": given.file.stem, "currency": currency, "since": until - timedelta(days=given.days), "until": until,
        "channels": given.channel, "tills": {"channel": given.tills} if given.tills else None, "beside": given.beside,
    }  # fmt: skip
    return msgspec.convert(said | draft, Wanted)


async def _simulate(given: argparse.Namespace) -> int:
    about = wanted(read(await asyncio.to_thread(given.file.read_bytes)), given)
    async with Calls(given.url, token(), patience_s=600) as calls:
        shop = CommerceSimulations(calls)
        found = await shop.start(about)
        try:
            found = await _watched(shop, found)
        except asyncio.CancelledError:
            await shop.cancel(found.id)
            raise
    say("\n".join(told(found)))
    return 0 if found.state == "done" else 1


async def _watched(shop: CommerceSimulations, found: Simulation) -> Simulation:
    """Look on until it has ended, and show how far it is."""
    bar = Bar()
    while found.ended_at is None:
        if found.total:
            left = "" if found.seconds_left is None else f", {found.seconds_left:.0f} s left"
            done = min(found.baskets, found.total - 1)
            bar.show("baskets", done, found.total, f", {found.lines_per_s:,.0f} lines/s{left}")
        await asyncio.sleep(_PAUSE_S)
        found = await shop.simulation(found.id)
    bar.show("baskets", found.baskets, found.baskets, f", {found.lines_per_s:,.0f} lines/s")
    return found


# --- telling ----------------------------------------------------------------------------------------------------------


def told(found: Simulation) -> list[str]:
    """Say what a draft would have done, in lines for people."""
    about = f"simulation {found.id}: {found.name}, {_days(found)}"
    if found.state != "done":
        return [about, f"it was {found.state}: {found.error}" if found.error else f"it was {found.state}"]
    if found.result is None:
        return [about, "nothing was bought then"]
    return [about, *_figures(found.result, found.wanted.currency), *_tables(found.result, found.wanted.currency)]


def _days(found: Simulation) -> str:
    """Say which days were looked at, and beside what."""
    return f"{found.wanted.since:%Y-%m-%d} to {found.wanted.until:%Y-%m-%d}, beside {found.wanted.beside}"


def _figures(result: Result, currency: str) -> list[str]:
    whole, reached = result.all, result.reached
    share = 100 * reached.baskets / max(whole.baskets, 1)
    before, after = Money(reached.before_minor, currency), Money(reached.after_minor, currency)
    pieces = sum(each.units for each in result.gifts)
    gifts = f", and {pieces:,} pieces given on top" if pieces else ""
    known = f" (costs are known for {result.costed_bp / 100:.0f} % of the revenue)"
    lines = f"{reached.lines:,} of {whole.lines:,}, {reached.units:,} pieces"
    return [
        f"  cost     {Money(result.cost_minor, currency).text()} that buyers would have paid less{gifts}",
        f"  reach    {reached.baskets:,} of {whole.baskets:,} baskets ({share:.1f} %), {result.customers:,} customers",
        f"  lines    {lines}: {before.text()} would have been {after.text()}",
        f"  margin   {Money(result.margin_minor, currency).text()}{known}",
    ]


def _tables(result: Result, currency: str) -> list[str]:
    rows = [
        f"  {each.promotion:<24} {each.baskets:>9,} baskets  "
        + Money(each.after_minor - each.before_minor, currency).text()
        for each in result.promotions
    ]
    rows += [
        f"  {each.promotion:<24} {each.baskets:>9,} baskets  {each.outcome}: {each.why or 'too little of something'}"
        for each in result.reasons[:_ROWS]
        if each.outcome != "applied"
    ]
    items = [
        f"  {each.sums.key:<24} {each.sums.lines:>9,} lines    {_moved(each.sums.before_minor, each.sums.after_minor)}"
        f"  {each.name[:50]}"
        for each in result.items[:_ROWS]
    ]
    return [*rows, *(["what changes most"] if items else []), *items]


def _moved(before: int, after: int) -> str:
    return f"{100 * (after - before) / before:+.1f} %" if before else "new"
