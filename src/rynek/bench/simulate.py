"""``rynek bench simulate``: how fast a draft is tried on what was bought, while no server stands still.

Orders of four lines over 60 days, of 4,000 items in 40 categories, most with a cost, half of them by customers. The
draft is three promotions on top of what was paid: a tenth off some categories, three for two in others, free delivery
from 100.00. It is counted as servers do it: portion by portion, by a
process beside this one. All the while a ticker sees how long this process ever stood still (``pause_ms``).

Afterwards what was summed up has to be what the database holds: lines, money, and its parts the whole.
"""

import argparse
import asyncio
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from rynek.app import App, as_app, prepare
from rynek.bench.load import line
from rynek.bench.stall import CHANNEL, COURIER, KEEPER, Stall, set_up
from rynek.commerce.simulations import Counting, Simulation
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.postgres import start
from rynek.kernel.settings import Rates, Settings

ITEMS, CATEGORIES, EACH, DAYS = 4_000, 40, 4, 60
AT_ONCE = 50_000
MERCHANT = Actor("staff", ids.new(), roles=frozenset({"merchandise"}), name="bench")
HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
_ORDERS = """
with o as materialized (
    select n, uuidv7(-make_interval(secs => (n * 7919) % ($3::bigint * 86400))) as id
    from generate_series($1::bigint, $2::bigint) as n
), l as materialized (
    select o.n, o.id, k, 'ITEM-' || lpad(((n * 31 + k * 1009 + n / 7 * k) % $4::bigint)::text, 5, '0') as sku,
        1 + (n + k) % 3 as q,
        (1000 + (n * 31 + k * 1009 + n / 7 * k) % $4::bigint) * (1 + (n + k) % 3) as gross
    from o cross join generate_series(1, 4) as k
), t as (
    select id, sum(gross) as gross, sum(gross - round(gross / 1.23)) as tax from l group by id
), w as (
    insert into commerce.order_line (order_id, line, sku, name, quantity, unit_minor, net_minor, tax_minor, gross_minor,
        rate_bp)
    select id, k, sku, sku, q, gross / q, round(gross / 1.23), gross - round(gross / 1.23), gross, 2300 from l
)
insert into commerce.sales_order (id, cart_id, channel, owner_kind, owner, email, currency, state, delivery_minor,
    tax_minor, total_minor, agreed, placed_at)
select o.id, o.id, 'WEB-PL', case when n % 2 = 0 then 'customer' else 'guest' end,
    ('00000000-0000-7000-8000-' || lpad((n % 20000)::text, 12, '0'))::uuid, 'ola@example.com', 'PLN', 'open', 1500,
    t.tax + 280, t.gross + 1500, $5::json,
    now() - make_interval(secs => (n * 7919) % ($3::bigint * 86400))
from o join t using (id)"""


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when a line was lost or counted twice."""
    with tempfile.TemporaryDirectory(prefix="rynek-bench-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o711)
        with start(Path(place) / "postgres") as cluster:
            plenty = Rates(read=10**7, write=10**7, login=10**7, bulk=10**7, open=10**7)
            settings = Settings(folder=Path(place), rates=plenty)
            await prepare(settings, cluster.dsn, "bench")
            app = await App.open(replace(settings, database=as_app(cluster.dsn, "bench")))
            try:
                await _fill(app, args.order_lines // EACH)
                cluster.run_tool("psql", "-qXAt", stdin="vacuum analyze; checkpoint")
                return await _measure(app, args.order_lines // EACH)
            finally:
                await app.close()


async def _measure(app: App, orders: int) -> int:
    begun: Simulation = await app.door.ask(MERCHANT, "commerce.simulations.start", **_wanted())
    ticker = asyncio.create_task(_tick())
    before = time.perf_counter()
    await _count(app, begun.id)
    seconds = time.perf_counter() - before
    ticker.cancel()
    found = await _look(app, begun.id)
    amiss = await _amiss(app, found, orders)
    for each in amiss:
        print(f"BROKEN: {each}")
    figures = {"lines_per_s": round(found.lines / seconds), "seconds": round(seconds, 1), "lines": found.lines}
    print(line("simulate", **figures, baskets=found.baskets, pause_ms=round(await ticker, 1)))
    return 1 if amiss else 0


async def _tick() -> float:
    """Give the longest time in milliseconds that this process let something wait, once cancelled."""
    longest, last = 0.0, time.perf_counter()
    try:
        while True:
            await asyncio.sleep(0.002)
            now = time.perf_counter()
            longest, last = max(longest, now - last - 0.002), now
    except asyncio.CancelledError:
        return longest * 1_000


async def _count(app: App, simulation: UUID) -> None:
    """Count as a server does, and show how far it is."""
    counting = Counting(app.database)
    counter = asyncio.create_task(_until_done(counting))
    try:
        while not counter.done():
            await asyncio.wait([counter], timeout=0.5)
            _show(await _look(app, simulation))
        counter.result()
    finally:
        await counting.close()
    print()


async def _until_done(counting: Counting) -> None:
    while await counting.advance():
        pass


def _show(found: Simulation) -> None:
    filled = int(found.progress * 30)
    left = "" if found.seconds_left is None else f"{found.seconds_left:.0f} s left"
    bar = "█" * filled + "·" * (30 - filled)
    print(
        f"\r{bar} {found.progress:4.0%} {found.lines:,} lines, {found.lines_per_s:,.0f}/s {left}   ", end="", flush=True
    )


async def _look(app: App, simulation: UUID) -> Simulation:
    found: Simulation = await app.door.ask(MERCHANT, "commerce.simulations.simulation", simulation=simulation)
    return found


def _wanted() -> dict[str, Any]:
    now = clock.now()
    drafts = [
        _promotion("TENTH", {"give": "percent", "bp": 1_000, "of": {"categories": ["c1", "c2", "c3"]}}),
        _promotion("THREE", {"give": "buy-get", "buy": {"categories": ["c4", "c5"]}, "buy_units": 2}),
        _promotion("FREE", {"give": "delivery"}, lane="delivery", when=[{"if": "basket", "minor": 10_000}]),
    ]
    return {
        "name": "bench", "promotions": drafts, "currency": "PLN", "since": now - timedelta(days=DAYS + 1),
        "until": now + timedelta(days=1),
    }  # fmt: skip


def _promotion(code: str, gives: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "currency": "PLN", "gives": gives} | more


async def _amiss(app: App, found: Simulation, orders: int) -> list[str]:
    """Compare what was summed up with what the database holds, and its parts with the whole."""
    async with app.database.transaction("commerce") as tx:
        lines, listed = await tx.row("select count(*), sum(gross_minor)::bigint from commerce.order_line")
    result = found.result
    if result is None:
        return ["nothing was counted"]
    active = sum(each.before_minor for each in result.promotions)
    given = sum(each.after_minor for each in result.promotions)
    checks = {
        "state": (found.state, "done"),
        "orders": (found.baskets, orders),
        "lines": (found.lines, lines),
        "lines of days": (sum(each.lines for each in result.days), lines),
        "money": (result.all.before_minor, listed - active),
        "cost": (result.cost_minor, given - active),
        "cost of days": (
            sum(each.before_minor - each.after_minor for each in result.days),
            result.all.before_minor - result.all.after_minor,
        ),
    }
    return [f"{name}: {is_} instead of {ought}" for name, (is_, ought) in checks.items() if is_ != ought]


# --- what was bought --------------------------------------------------------------------------------------------------


async def _fill(app: App, orders: int) -> None:
    stall = await set_up(app, items=ITEMS, units=1_000)
    await _sort(app, stall)
    cart = await app.door.ask(
        Actor("guest", ids.new()), "commerce.checkout.open_cart", channel=CHANNEL, email="ola@example.com",
        address=HOME, lines=[{"sku": sku, "quantity": 1} for sku in stall.skus[:EACH]], delivery=COURIER,
    )  # fmt: skip
    async with app.database.transaction("commerce") as tx:
        agreed = await tx.value("select body::text from commerce.cart where id = $1", cart.id)
    for begin in range(1, orders + 1, AT_ONCE):
        end = min(begin + AT_ONCE - 1, orders)
        async with app.database.transaction("commerce") as tx:
            await tx.execute(_ORDERS, begin, end, DAYS, ITEMS, agreed)
        print(f"\rstored {end:,} of {orders:,} orders", end="", flush=True)
    print()


async def _sort(app: App, stall: Stall) -> None:
    """Sort the items into categories, and say what most of them cost."""

    async def ask(operation: str, **values: Any) -> None:
        taken = await app.door.ask(KEEPER, f"commerce.{operation}", **values)
        assert not getattr(taken, "refused", None), taken.refused[0]  # noqa: S101 - a bench checks

    categories = [{"code": f"c{n}", "name": f"Category {n}"} for n in range(CATEGORIES)]
    await ask("catalog.put_categories", categories=categories)
    for begin in range(0, ITEMS, 500):
        some = list(enumerate(stall.skus))[begin : begin + 500]
        products = [
            {"code": sku, "name": f"Item {sku}", "categories": [f"c{n % CATEGORIES}"], "variants": [{"sku": sku}]}
            for n, sku in some
        ]
        await ask("catalog.put_products", products=products)
        costs = [{"sku": sku, "currency": "PLN", "minor": 500 + n // 3} for n, sku in some if n % 5]
        await ask("pricing.put_costs", costs=costs)
