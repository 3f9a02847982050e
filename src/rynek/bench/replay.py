"""``rynek bench replay``: a retailer's year through the public POS operation, as unruly as shops' links are.

Receipts go over HTTP from many stores at once; some are sent again, some come late, and so out of order. At the end
money, discounts, lines, units and the stock ledger have to be what the data set says, to the cent and the piece.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from random import Random

import msgspec
from msgspec import Struct

from rynek.app import App
from rynek.bench.load import Run, Script, drive, line
from rynek.bench.proc import usage
from rynek.bench.stall import KEEPER, batches, engaged, opened
from rynek.bench.wire import request
from rynek.demo import Totals, Year
from rynek.kernel.database import Database

STORES_AT_ONCE = 128
LATE, AGAIN = 0.03, 0.04


class Tally(Struct):
    """What has been answered so far. ``amount`` in cents."""

    accepted: int = 0
    units: int = 0
    repeated: int = 0
    amount: int = 0
    refused: int = 0
    refusals: list[bytes] = []
    milliseconds: list[float] = []


class _Answer(Struct):
    amount_minor: int
    units: int
    repeated: bool


class Books(Struct, frozen=True):
    """What the shop says of itself after a replay; money in cents."""

    receipts: int
    names: int
    stated: int
    lines: int
    amount: int
    tendered: int
    retail: int
    coupon: int
    coupon_match: int
    ledger: int


_BOOKS = """
select (select count(*) from commerce.receipt),
    (select count(*) from (select distinct store, till, number from commerce.receipt) n),
    (select sum(amount_minor)::bigint from commerce.receipt), l.lines, l.amount,
    (select sum((t ->> 'amount')::bigint)::bigint from commerce.receipt, json_array_elements(tenders) t),
    d.retail, d.coupon, d.coupon_match,
    (select coalesce(-sum(units), 0)::bigint from commerce.stock_entry where cause = 'sale')
from (select count(*) as lines, sum(amount_minor)::bigint as amount from commerce.receipt_line) l,
    (select coalesce(sum(a) filter (where k = 'retail'), 0)::bigint as retail,
        coalesce(sum(a) filter (where k = 'coupon'), 0)::bigint as coupon,
        coalesce(sum(a) filter (where k = 'coupon-match'), 0)::bigint as coupon_match
    from (select d ->> 'kind' as k, (d ->> 'amount')::bigint as a
        from commerce.receipt_line, json_array_elements(discounts) d) x) d"""


def unruly(receipts: Iterable[bytes], seed: int = 7) -> Iterator[bytes]:
    """Send receipts as links do that break: some late, some twice, so out of order; each at least once."""
    chance = Random(seed)
    held: list[bytes] = []
    for receipt in receipts:
        roll = chance.random()
        if roll < LATE:
            held.append(receipt)
            continue
        yield receipt
        if roll > 1 - AGAIN:
            held.append(receipt)
        if len(held) > 500 or (held and roll > 0.5 and chance.random() < LATE + AGAIN):
            yield held.pop(chance.randrange(len(held)))
    chance.shuffle(held)
    yield from held


def store(receipts: Iterator[bytes], token: str, tally: Tally, pace: float | None = None) -> Script:
    """Send receipts as one store's link, ``pace`` a second at most; all links take from the same pile."""
    headers = {"authorization": f"Bearer {token}"}
    read = msgspec.json.Decoder(_Answer).decode
    for receipt in receipts:
        began = time.perf_counter()
        answer = yield request("POST", "/pos/receipts", receipt, headers)
        took = time.perf_counter() - began
        tally.milliseconds.append(took * 1e3)
        if answer.status != 200:
            tally.refused += 1
            tally.refusals = [*tally.refusals[-4:], answer.body or b"the connection broke"]
            continue
        said = read(answer.body)
        if said.repeated:
            tally.repeated += 1
        else:
            tally.accepted += 1
            tally.amount += said.amount_minor
            tally.units += said.units
        if pace and took < 1 / pace:
            yield 1 / pace - took


async def replay(address: str, receipts: Iterable[bytes], token: str, tally: Tally) -> Run:
    """Send receipts from many stores at once."""
    pile = unruly(receipts)
    return await drive(address, [store(pile, token, tally) for _ in range(STORES_AT_ONCE)], timeout_s=60)


async def stock(app: App, year: Year, baskets: int | None) -> None:
    """Put on every shop's shelves what it is going to sell in this stretch of the year, and a little more."""
    for shop, moves in itertools.groupby(year.moved(baskets), key=lambda move: move.store):
        lines = ({"sku": move.sku, "units": max(move.units, 0) + 5} for move in moves)
        for number in itertools.count():
            some = list(itertools.islice(lines, 1_000))
            if not some:
                break
            await app.door.ask(
                KEEPER, "commerce.inventory.receive", location=shop, reference=f"opening {number}", lines=some
            )


async def books(database: Database) -> Books:
    """Read what the shop says of itself."""
    async with database.transaction("commerce") as tx:
        return Books(*await tx.row(_BOOKS))


def compared(said: Books, expected: Totals, tally: Tally) -> list[str]:
    """Say where the books are not what the data set says; nothing when all is well."""
    pairs = {
        "receipts": (said.receipts, expected.baskets),
        "receipts by name": (said.names, expected.baskets),
        "receipts acknowledged once": (tally.accepted, expected.baskets),
        "lines": (said.lines, expected.lines),
        "money of receipts": (said.stated, expected.amount),
        "money of lines": (said.amount, expected.amount),
        "money acknowledged": (tally.amount, expected.amount),
        "money tendered": (said.tendered, expected.amount),
        "retail discounts": (said.retail, expected.retail),
        "coupons": (said.coupon, expected.coupon),
        "matched coupons": (said.coupon_match, expected.coupon_match),
        "units in the stock ledger": (said.ledger, expected.units),
        "refused": (tally.refused, 0),
    }
    return [f"{what}: {found}, not {wanted}" for what, (found, wanted) in pairs.items() if found != wanted]


def cents(minor: int) -> str:
    """Write cents as dollars."""
    return f"{minor / 100:,.2f}"


def report(said: Books, expected: Totals, tally: Tally, say: Callable[[str], None] = print) -> None:
    """Print what was sent and what the books say."""
    say(f"receipts {said.receipts:,} of {expected.baskets:,} · lines {said.lines:,} · sent again {tally.repeated:,}")
    say(f"money {cents(said.amount)} · data set {cents(expected.amount)}")
    say(
        f"discounts: retail {cents(said.retail)}, coupons {cents(said.coupon)}, matched {cents(said.coupon_match)}"
        f" · data set {cents(expected.retail)}, {cents(expected.coupon)}, {cents(expected.coupon_match)}"
    )
    say(f"units moved in the stock ledger {said.ledger:,} · data set {expected.units:,}")


async def main(args: argparse.Namespace) -> int:
    """Replay, check and print; gives 1 when a cent or a piece is not where the data set has it."""
    year = Year()
    expected = year.totals(args.baskets)
    receipts = list(year.receipts(args.baskets))
    async with opened(1, 0, workers=args.workers) as stand:
        stores = [{"code": each.code, "name": each.name, "kind": "store", "country": "US"} for each in year.stores]
        await stand.app.door.ask(KEEPER, "commerce.inventory.put_locations", locations=stores)
        await stock(stand.app, year, args.baskets)
        token = await engaged(stand.app, "import")
        tally = Tally()
        before, idle = stand.server.usage(), usage(stand.cluster.pid)
        run = await replay(stand.server.address, receipts, token, tally)
        cpu_s = stand.server.usage().cpu_s - before.cpu_s
        database_s = usage(stand.cluster.pid).cpu_s - idle.cpu_s
        print(await batches(stand))
        said = await books(stand.app.database)
        damaged = await stand.app.door.ask(KEEPER, "commerce.inventory.unbalanced")
    amiss = compared(said, expected, tally) + [f"{each.sku} at {each.location} does not add up" for each in damaged]
    report(said, expected, tally)
    print(
        f"CPU per basket: server {cpu_s / len(receipts) * 1e6:.0f} µs,"
        f" database {database_s / len(receipts) * 1e6:.0f} µs, load {run.cpu_s / len(receipts) * 1e6:.0f} µs"
        f" ({said.lines / said.receipts:.1f} lines a basket)"
    )
    for each in [*amiss, *(body.decode() for body in tally.refusals)]:
        print(f"BROKEN: {each}")
    figures = {
        "baskets_per_s": said.receipts / run.seconds,
        "p99_ms": run.overall.p99_ms,
        "money_diff": said.amount - expected.amount,
        "doubled": said.receipts - said.names + max(said.receipts - expected.baskets, 0),
        "sent_again": tally.repeated,
        "seconds": run.seconds,
    }
    print(line("replay", **figures))
    return 1 if amiss else 0
