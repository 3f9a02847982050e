"""``rynek bench sale``: how many orders a second, with everything on, against a database that only writes them.

One fresh shop on one machine, load included; 64 buyers over HTTP. First ``pgbench`` with 32 clients places prepared
carts, one transaction each through one prepared function that writes the same rows. Then buyers place carts of the same
kind through the door. Then they buy from nothing: a cart with three lines,
address and delivery (1), placed and paid (2).

With ``--promotions 50`` buyers then place carts that so many active promotions were counted in, and buy from nothing
with them; ``kept`` is that rate of placing to the one before.
"""

import argparse
import itertools
import re
import subprocess
from collections.abc import Sequence
from random import Random
from uuid import UUID

import msgspec

from rynek.bench.carts import BUYERS, HOME, Lines, guests, placer, prepare, ready, settle, store, templates
from rynek.bench.load import Run, Script, drive, line
from rynek.bench.offers import furnish
from rynek.bench.proc import usage
from rynek.bench.stall import COURIER, KEEPER, Stand, batches, opened
from rynek.bench.wire import request
from rynek.kernel.actor import SYSTEM
from rynek.kernel.postgres import binaries

TEMPLATES = 256


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when an order, a unit or a grosz is not where it has to be."""
    async with opened(1_000, 10_000_000, workers=args.workers) as stand:
        chance = Random(7)
        wishes = [[(sku, chance.randint(1, 3)) for sku in chance.sample(stand.stall.skus, 3)] for _ in range(TEMPLATES)]
        await templates(stand, wishes)
        buyers = guests(stand)
        store(stand, args.stored, (0, TEMPLATES))
        first, many = args.stored + 1, int(args.seconds * 12_000)
        prepare(stand, first, 2 * many, (0, TEMPLATES))
        settle(stand)
        idle = usage(stand.cluster.pid)
        by_pgbench = _pgbench(stand, args.seconds)
        pgbench_us = (usage(stand.cluster.pid).cpu_s - idle.cpu_s) / by_pgbench[0] * 1e6
        carts = ready(stand, first + many)
        before, before_pg = stand.server.usage(), usage(stand.cluster.pid)
        placers = [placer(token, carts[guest]) for guest, token in buyers]
        placing = await drive(stand.server.address, placers, seconds=args.seconds)
        after, after_pg = stand.server.usage(), usage(stand.cluster.pid)
        reduced = await _with_promotions(stand, args, wishes, buyers, first + 2 * many) if args.promotions else None
        buying = await drive(stand.server.address, [_buyer(n) for n in range(BUYERS)], seconds=args.seconds)
        placed, bought = placing.statuses.get(200, 0), buying.labels["place"].answers
        cheaper = reduced.statuses.get(200, 0) if reduced is not None else 0
        amiss = await _amiss(stand, args.stored + by_pgbench[0] + placed + cheaper + bought)
        print(
            f"statuses: placing {placing.statuses}, buying {buying.statuses}; errors {placing.errors | buying.errors}"
        )
        count = max(placed, 1)
        print(
            f"CPU per order, µs: server {(after.cpu_s - before.cpu_s) / count * 1e6:.0f},"
            f" database {(after_pg.cpu_s - before_pg.cpu_s) / count * 1e6:.0f}, load {placing.cpu_s / count * 1e6:.0f};"
            f" pgbench's database {pgbench_us:.0f}; buying p99 {buying.overall.p99_ms:.1f} ms a request"
        )
        print(await batches(stand))
        for each in amiss:
            print(f"BROKEN: {each}")
        per_s = placed / placing.seconds
        figures: dict[str, str | float] = {
            "placed_per_s": per_s,
            "p99_ms": placing.overall.p99_ms,
            "pgbench_per_s": by_pgbench[1],
            "ratio": f"{per_s / by_pgbench[1]:.2f}",
            "purchases_per_s": bought / buying.seconds,
            "requests_per_purchase": f"{buying.overall.answers / max(bought, 1):.2f}",
            "stored": args.stored,
        }
        statuses = set(placing.statuses) | set(buying.statuses)
        if reduced is not None:
            figures |= {
                "promotions": args.promotions,
                "reduced_per_s": cheaper / reduced.seconds,
                "kept": f"{cheaper / reduced.seconds / per_s:.2f}",
            }
            statuses |= set(reduced.statuses)
        print(line("sale", **figures))
        return 1 if amiss or statuses != {200} else 0


async def _with_promotions(
    stand: Stand, args: argparse.Namespace, wishes: Sequence[Lines], buyers: Sequence[tuple[UUID, str]], first: int
) -> Run:
    """Let buyers place carts in which promotions were counted."""
    await furnish(stand.app, stand.stall.skus, args.promotions)
    await templates(stand, wishes, TEMPLATES)
    prepare(stand, first, int(args.seconds * 12_000), (TEMPLATES, 2 * TEMPLATES))
    settle(stand)
    carts = ready(stand, first)
    return await drive(
        stand.server.address, [placer(token, carts[guest]) for guest, token in buyers], seconds=args.seconds
    )


# --- measuring --------------------------------------------------------------------------------------------------------


def _pgbench(stand: Stand, seconds: float) -> tuple[int, float]:
    """Let pgbench place carts; gives how many it placed, and how many a second."""
    script = "select bench.place(nextval('bench.turn'));\n"
    done = subprocess.run(
        [binaries() / "pgbench", "-n", "-c", "32", "-j", "2", "-T", str(int(seconds)), "-M", "prepared", "-f", "-"],
        env=stand.cluster.environment(), input=script, capture_output=True, text=True, check=True,
    )  # fmt: skip
    transactions = re.search(r"transactions actually processed: (\d+)", done.stdout)
    per_s = re.search(r"tps = ([\d.]+)", done.stdout)
    assert transactions  # noqa: S101 - pgbench ended well
    assert per_s  # noqa: S101 - pgbench ended well
    return int(transactions[1]), float(per_s[1])


def _buyer(number: int) -> Script:
    chance = Random(number)
    for turn in itertools.count():
        lines = [{"sku": f"ITEM-{item:05d}", "quantity": 1} for item in chance.sample(range(1_000), 3)]
        said = {"channel": "WEB-PL", "lines": lines, "email": "ola@example.com", "address": HOME, "delivery": COURIER}
        answer = yield "cart", request("POST", "/checkout/carts", msgspec.json.encode(said))
        cart = msgspec.json.decode(answer.body)
        headers = {"authorization": f"Bearer {answer.header('rynek-session')}", "idempotency-key": f"{number}-{turn}"}
        tenders = [{"method": "cash-on-delivery", "amount_minor": cart["priced"]["total"]}]
        body = msgspec.json.encode({"tenders": tenders})
        yield "place", request("POST", f"/checkout/carts/{cart['id']}/order", body, headers)


# --- checking ---------------------------------------------------------------------------------------------------------


async def _amiss(stand: Stand, orders: int) -> list[str]:
    """Look for what must never be: a lost or doubled order, a unit or a grosz that is not accounted for."""
    async with stand.app.database.transaction("commerce", SYSTEM) as tx:
        counted = await tx.row("""
            select (select count(*) from commerce.sales_order),
                (select count(distinct cart_id) from commerce.sales_order),
                (select sum(quantity) from commerce.order_line), (select sum(held) from commerce.level),
                (select sum(total_minor) from commerce.sales_order),
                (select sum(authorised_minor) from commerce.payment),
                (select sum(minor) from commerce.payment_entry where kind = 'authorised'),
                (select sum(gross_minor) from commerce.order_line)
                    + (select sum(delivery_minor) from commerce.sales_order)""")  # fmt: skip
    damaged = await stand.app.door.ask(KEEPER, "commerce.inventory.unbalanced")
    placed, carts, units, held, total, authorised, entered, lines = counted
    found = [f"{orders} orders were acknowledged, {placed} are stored"] if placed != orders else []
    found += [f"{placed} orders for {carts} carts"] if placed != carts else []
    found += [f"{units} units were sold, {held} are held"] if units != held else []
    if len({total, authorised, entered, lines}) != 1:
        found.append(f"orders {total}, payments {authorised}, ledger {entered}, lines {lines}")
    return found + [f"level {each.sku} at {each.location} is not the sum of its books" for each in damaged]
