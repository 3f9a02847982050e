"""``rynek replay-promotions``: a month of baskets decided by promotions, against what the tills took off, by reason.

The shop's reductions are learned from the receipts of every second household, so that the others try the method out;
coupons from their own numbers and from the other months. Articles and promotions come into a fresh shop through the
door, and every receipt is decided there as a till would: at what its shelf said, with the codes of its coupons.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from msgspec import Struct, field

from rynek.app import App
from rynek.bench.load import line as bench_line
from rynek.commerce import promotions
from rynek.demo import CURRENCY, TERMS, Basket, Year
from rynek.demo.campaigns import Campaigns, day_of, instant, month_of, spoken_of
from rynek.demo.learning import Method, buys, method, sold, taken, teachers
from rynek.demo.load import Move, Progress, chunks
from rynek.demo.offers import week_of
from rynek.demo.verdicts import (
    EQUAL,
    REASONS,
    UNEXPLAINED,
    Line,
    Pair,
    Part,
    Sum,
    Table,
    Verdict,
    amiss,
    judged,
    table,
)
from rynek.kernel import clock
from rynek.kernel.settings import Rates, Settings
from rynek.serving import ground
from rynek.showing import Bar, say

TILL = "POS-US"
_AT_ONCE = 200
_PARTS: dict[Part, str] = {
    "shelf": "the shop's reductions", "coupon": "makers' coupons", "match": "what the shop adds to coupons",
}  # fmt: skip


class Result(Struct):
    """What a replay came to."""

    sums: Table = field(default_factory=dict)
    lines: int = 0
    equal: int = 0
    ours: int = 0
    strangers: list[int] = field(default_factory=lambda: [0, 0])
    """Lines of households that nothing was learned from, and how many of those are equal."""
    counted: int = 0
    """Redeemed coupons that took something off."""


# --- a shop with it ---------------------------------------------------------------------------------------------------


async def furnish(app: App, year: Year, known: Method, progress: Progress) -> None:
    """Bring the articles that promotions are for, the households of campaigns, promotions and codes in.

    Raises:
        RuntimeError: a row was not taken.
    """
    move = Move(app, year, progress)
    await move.open()
    await move.catalogue(skus=spoken_of(known.promotions))
    for some in chunks(known.members, 1_000):
        await move.ask("commerce.promotions.put_members", members=some)
    done = 0
    for rows in chunks(known.promotions, 250):
        taken_in = await move.ask("commerce.promotions.put_promotions", promotions=rows)
        move.refused += [f"{each.key}: {each.reason}" for each in taken_in.refused]
        done += len(rows)
        progress("rules", done, len(known.promotions))
    codes = [{"coupon": each["code"], "promotion": each["code"]} for each in known.promotions if each.get("coded")]
    for some in chunks(codes, 1_000):
        taken_in = await move.ask("commerce.promotions.put_coupons", coupons=some)
        move.refused += [f"{each.key}: {each.reason}" for each in taken_in.refused]
    if move.refused:
        raise RuntimeError(f"{len(move.refused)} rows were not taken, the first: {move.refused[0]}")


def asked(basket: Basket, codes: Sequence[str]) -> promotions.Asked:
    """Give a receipt as a till asks about it: what it buys, at what the shelf says."""
    lines = [
        # metered fuel counts in thousandths, as grams and millilitres do
        (line.sku, line.quantity, "ml" if line.kind == "fuel" else "pcs", line.listed, None)
        for line in basket.lines
        if buys(line)
    ]
    return promotions.Asked(
        TILL, CURRENCY, "US", lines, basket.sold_at, customer=basket.customer, shop=basket.store, coupons=codes
    )


async def decided(app: App, baskets: Sequence[Basket], known: Method) -> list[promotions.Decided]:
    """Decide receipts together."""
    async with app.database.transaction("commerce") as tx:
        return await promotions.decide(tx, [asked(each, known.codes.get(each.reference, [])) for each in baskets])


# --- compared ---------------------------------------------------------------------------------------------------------


def compared(basket: Basket, found: promotions.Decided, known: Method) -> list[Line]:
    """Set what promotions gave beside what the till took off, with what tells why they differ."""
    ours = dict(zip((line.sku for line in basket.lines if buys(line)), found.outcome.discounts, strict=True))
    applied = [each for each in found.trace.tried if each.outcome == "applied" and each.lane == "code"]
    coupon, match = (
        _shares(each for each in applied if each.promotion.endswith("-X") == doubled) for doubled in (False, True)
    )
    monday = week_of(day_of(basket.sold_at))
    redeemed = [(key, known.coupons[key]) for key in known.redeemed.get(basket.reference, ()) if key in known.coupons]
    codes = known.codes.get(basket.reference, [])
    return [
        Line(
            sold(line),
            line.kind,
            buys(line),
            Pair(
                ours.get(line.sku, 0) - coupon.get(line.sku, 0) - match.get(line.sku, 0) if buys(line) else 0,
                taken(line, "retail"),
            ),
            Pair(coupon.get(line.sku, 0), taken(line, "coupon")),
            Pair(match.get(line.sku, 0), taken(line, "coupon-match")),
            known.seen.get((line.sku, monday)),
            frozenset(each.code for _, each in redeemed if line.sku in each.skus and each.code in codes),
            any(key not in known.worths for key, each in redeemed if line.sku in each.skus),
        )
        for line in basket.lines
    ]


def _shares(tried: Iterable[promotions.Tried]) -> dict[str, int]:
    got: dict[str, int] = defaultdict(int)
    for each in tried:
        for sku, minor in each.shares:
            got[sku] += minor
    return got


async def replay(app: App, year: Year, baskets: Sequence[Basket], known: Method, progress: Progress) -> Result:
    """Decide all receipts and sum up how they compare."""
    result = Result()
    learned_from = teachers(year)
    done = 0
    for some in chunks(baskets, _AT_ONCE):
        for basket, found in zip(some, await decided(app, some, known), strict=True):
            verdicts = judged(compared(basket, found, known))
            equal = sum(all(each.reason == EQUAL for each in three) for three in verdicts)
            for key, each in table(itertools.chain.from_iterable(verdicts)).items():
                result.sums[key] = result.sums.get(key, Sum()) + each
            result.lines += len(verdicts)
            result.equal += equal
            result.ours += sum(found.outcome.discounts)
            result.counted += sum(
                each.outcome == "applied" and each.coupon is not None and not each.promotion.endswith("-X")
                for each in found.trace.tried
            )
            if basket.customer not in learned_from:
                result.strangers[0] += len(verdicts)
                result.strangers[1] += equal
        done += len(some)
        progress("baskets", done, len(baskets))
    return result


# --- the command ------------------------------------------------------------------------------------------------------


def replay_promotions(month: str | None, reference: str | None) -> int:
    """Replay a month, or show one basket of it line by line; gives 1 when the reasons do not sum to the difference."""
    say(TERMS)
    year = Year()
    fast = Rates(read=10**7, write=10**7, login=10**7, bulk=10**7, open=10**7)
    try:
        days = month_of(month or (_month(year, reference) if reference else "2017-11"))
    except ValueError as mistake:
        say(f"rynek: {mistake}")
        return 2
    with TemporaryDirectory(prefix="rynek-campaigns-") as place:
        Path(place).chmod(0o711)  # as root the database runs as another user
        say("  database  making it")
        with ground(Settings(folder=Path(place), rates=fast)) as (ready, _), clock.at(instant(days[0])):
            return uvloop.run(_run(ready, year, days, reference))


def _month(year: Year, reference: str) -> str:
    at = year.written(reference)
    if at is None:
        raise ValueError(f"there is no basket {reference}")
    return f"{day_of(at):%Y-%m}"


async def _run(settings: Settings, year: Year, month: tuple[date, date], reference: str | None) -> int:
    limit, start = year.within(*map(instant, month))
    baskets = list(year.baskets(limit, start))
    wanted = [each for each in baskets if each.reference == reference]
    if reference and not wanted:
        say(f"rynek: {month[0]:%Y-%m} has no basket {reference}")
        return 2
    say(f"  learning  from {len(baskets):,} receipts of {month[0]:%Y-%m} and the coupons of the other months")
    known = method(year, Campaigns.read(), month, baskets)
    app = await App.open(settings)
    try:
        await furnish(app, year, known, Bar().show)
        if wanted:
            await _show(app, year, wanted[0], known)
            return 0
        result = await replay(app, year, baskets, known, Bar().show)
    finally:
        await app.close()
    totals = year.totals(limit, start)
    whole = Sum(totals.lines, result.ours, totals.retail + totals.coupon + totals.coupon_match)
    return report(result, whole, known)


def report(result: Result, whole: Sum, known: Method) -> int:
    """Print the reasons with their lines and money, and whether they sum up; gives 1 when they do not."""
    coded = sum(bool(each.get("coded")) for each in known.promotions)
    say(f"\n{len(known.promotions) - coded:,} reductions and {coded:,} coupons, {whole.lines:,} lines; money in USD\n")
    for part, name in _PARTS.items():
        say(f"{name:<40}{'lines':>9}{'ours':>12}{'the set':>12}{'difference':>12}{'apart':>12}")
        rows = [(reason, each) for (of, reason), each in result.sums.items() if of == part]
        for reason, each in sorted(rows, key=lambda row: (row[0] != EQUAL, -row[1].apart, row[0])):
            say(f"  {reason:<38}{_row(each)}")
        say(f"  {'together':<38}{_row(sum((each for _, each in rows), Sum()))}\n")
    every = sum(result.sums.values(), Sum())
    say(f"{'all':<40}{_row(Sum(whole.lines, whole.ours, whole.theirs, every.apart))}")
    lines, equal = result.strangers
    say(f"of {lines:,} lines of households that nothing was learned from {100 * equal / max(lines, 1):.1f} % are equal")
    say(_redemptions(result, known))
    broken = amiss(result.sums, whole)
    for wrong in broken:
        say(f"BROKEN: {wrong}")
    unexplained = sum(each.apart for (_, reason), each in result.sums.items() if reason == UNEXPLAINED)
    say(
        bench_line(
            "campaigns", lines=whole.lines, equal=result.equal, ours_minor=whole.ours, theirs_minor=whole.theirs,
            difference_minor=whole.ours - whole.theirs, unexplained_minor=unexplained,
        )
    )  # fmt: skip
    return 1 if broken else 0


def _redemptions(result: Result, known: Method) -> str:
    keys = [key for some in known.redeemed.values() for key in some]
    dumb = sum(key not in known.worths for key in keys)
    idle = len(keys) - dumb - result.counted
    return (
        f"of {len(keys) + known.astray:,} redemptions {result.counted:,} took something off, {dumb:,} are of unknown"
        f" worth, {idle:,} have too little or nothing to be for, {known.astray:,} come twice or without a receipt"
    )


def _row(each: Sum) -> str:
    money = "".join(f"{minor / 100:>12,.2f}" for minor in (each.ours, each.theirs, each.ours - each.theirs, each.apart))
    return f"{each.lines:>9,}{money}"


async def _show(app: App, year: Year, basket: Basket, known: Method) -> None:
    [found] = await decided(app, [basket], known)
    async with app.database.transaction("commerce") as tx:
        reasons = await promotions.explain(tx, found.trace, TILL, CURRENCY)
    for text in told(year, basket, found, reasons, known):
        say(text)


def told(
    year: Year, basket: Basket, found: promotions.Decided, reasons: Sequence[promotions.Reason], known: Method
) -> list[str]:
    """Explain a receipt line by line: both sides, why they differ, and what became of each promotion."""
    names = {each.sku: each.name for each in year.articles}
    text = [f"\nbasket {basket.reference} · shop {basket.store} · {basket.sold_at:%Y-%m-%d %H:%M} UTC"]
    text += [f"  code typed in: {code}" for code in known.codes.get(basket.reference, [])]
    lines = compared(basket, found, known)
    for line, each, verdicts in zip(basket.lines, lines, judged(lines), strict=True):
        text.append(f"{line.quantity:>6} × {names.get(line.sku, line.sku)} ({line.sku}): {each.sold.listed / 100:.2f}")
        text += [_said(verdict) for verdict in verdicts if verdict.ours or verdict.theirs]
    text += [f"  {each.promotion}: {each.why}" for each in reasons if each.outcome != "untouched"]
    return [*text, f"  and {sum(each.outcome == 'untouched' for each in reasons):,} others have to do with none of it"]


def _said(verdict: Verdict) -> str:
    ours, theirs = verdict.ours / 100, verdict.theirs / 100
    return (
        f"{verdict.part:>15}: ours −{ours:.2f}, the till's −{theirs:.2f}: {verdict.reason}, {REASONS[verdict.reason]}"
    )
