"""``rynek bench reprice``: how long it takes to decide about 92,000 prices, and to move as many as have to move.

The shop has 92,000 items with costs, stock that came at some time, sales of 35 days and prices of two competitors; a
rule that asks for all of these concerns all of them. First the rule is previewed, then all prices are looked at, part
by part as a running shop does, by one process; then again, when nothing has to move. At the end no price is below its
cost, every price that stands is the last that the log tells, and after a stop all are the list's again.
"""

import argparse
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec.structs import replace

from rynek.app import App, as_app, prepare
from rynek.bench.load import line
from rynek.bench.stall import CHANNEL, set_up
from rynek.commerce import repricing
from rynek.commerce.repricing.events import PriceMoved
from rynek.kernel import ids, jobs
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.events import TYPES
from rynek.kernel.postgres import start
from rynek.kernel.settings import Rates, Settings

ITEMS = 92_000
MERCHANT = Actor("staff", ids.new(), frozenset({"merchandise"}), name="bench")
RULE: dict[str, Any] = {
    "code": "bench",
    "name": "Bench",
    "channel": CHANNEL,
    "mode": "automatic",
    "active": True,
    "scope": {"categories": ["bench"]},
    "moves": [
        {"by": "competitor", "how": "within", "by_bp": 500, "hours": 8_760},
        {"by": "stock-age", "steps": [{"days": 60, "change_bp": -500}, {"days": 120, "change_bp": -1_500}]},
        {"by": "demand", "bands": [{"from_percent": 200, "change_bp": 500}], "at_least": 5},
    ],
    "rails": {"margin_bp": 500, "ending": 9, "of": 10},
}
FILL = """
insert into commerce.category (code, path, name, position) values ('bench', 'bench', 'Bench', 0);
insert into commerce.product (id, code, name, description, slug, categories, attributes, media, changed_at)
select gen_random_uuid(), 'B' || n, 'Item ' || n, '', 'bench-' || n, '{{bench}}', '{{}}', '[]', now() from {series};
insert into commerce.variant (sku, product, name, tax_category, unit, attributes, position)
select code, id, '', 'standard', 'pcs', '{{}}', 0 from commerce.product where slug like 'bench-%';
insert into commerce.publication (product, channel)
select id, '{channel}' from commerce.product where slug like 'bench-%';
insert into commerce.price (sku, list, minimum, minor) select 'B' || n, 'RETAIL-PL', 1, 500 + n % 20000 from {series};
insert into commerce.cost (sku, currency, minor) select 'B' || n, 'PLN', (500 + n % 20000) / 2 from {series};
insert into commerce.level (sku, location, on_hand) select 'B' || n, 'WH-1', 40 from {series};
insert into commerce.stock_entry (at, sku, location, units, cause, reference)
select now() - make_interval(days => 1 + n % 150), 'B' || n, 'WH-1', 60, 'receipt', 'r' || n from {series};
insert into commerce.stock_entry (at, sku, location, units, cause, reference)
select now() - make_interval(days => (n * 7 + k) % 35), 'B' || n, 'WH-1', -2, 'sale', 's' || n
from {series}, generate_series(1, 10) as k;
insert into commerce.competitor_price (sku, competitor, currency, minor, seen_at, source)
select 'B' || n, 'shop ' || k, 'PLN', (500 + n % 20000) * (90 + (n * k) % 21) / 100, now(), 'bench'
from {series}, generate_series(1, 2) as k;
"""
BELOW = """select count(*) from commerce.price as p join commerce.cost as c using (sku)
where p.list = $1 and p.minor * 10000 < c.minor * 12300"""
DIFFERENT = """select count(*) from commerce.price as p join lateral (
    select after from commerce.reprice_move as m where m.channel = $2 and m.sku = p.sku order by id desc limit 1
) as m on true where p.list = $1 and p.minor <> m.after"""
STAND = "select count(*) from commerce.reprice_state where channel = $1 and minor is not null"


async def main(_args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when a price is below its cost, or not what the log tells."""
    async with _opened() as app:
        ask = app.door.ask
        await ask(MERCHANT, "commerce.repricing.put_rules", rules=[RULE])
        preview_s, seen = await _timed(ask(MERCHANT, "commerce.repricing.preview", rule=RULE))
        place = await ask(MERCHANT, "commerce.repricing.put_switch", channel=CHANNEL, on=True)
        look_s, _ = await _timed(_look(app))
        moved = await _value(app, STAND, CHANNEL)
        quiet_s, _ = await _timed(_look(app))
        amiss = await _amiss(app, place)
        if moved != seen.lowered + seen.raised:
            amiss.append(f"{moved} moved, {seen.lowered + seen.raised} were foreseen")
        stop_s, _ = await _timed(ask(MERCHANT, "commerce.repricing.stop"))
        while await jobs.advance(app.database, "commerce"):
            pass
        if left := await _value(app, STAND, CHANNEL):
            amiss.append(f"{left} dynamic prices stand after the stop")
        for each in amiss:
            print(f"BROKEN: {each}")
        figures = {"items": ITEMS, "moved": moved, "look_s": look_s, "quiet_s": quiet_s, "preview_s": preview_s}
        print(line("reprice", **figures, stop_ms=stop_s * 1_000))
        return 1 if amiss else 0


@asynccontextmanager
async def _opened() -> AsyncIterator[App]:
    fast = Rates(read=10**7, write=10**7, login=10**7, bulk=10**7, open=10**7)
    with TemporaryDirectory(prefix="rynek-bench-") as folder:
        Path(folder).chmod(0o711)
        with start(Path(folder) / "postgres") as cluster:
            settings = Settings(folder=Path(folder), rates=fast)
            await prepare(settings, cluster.dsn, "bench")
            app = await App.open(replace(settings, database=as_app(cluster.dsn, "bench")))
            try:
                await set_up(app, 1, 0)
                await _fill(app)
                owner = await Database.open(cluster.dsn, 1)
                async with owner.transaction(None) as tx:
                    await tx.execute("analyze")  # as the database does by itself before long
                await owner.close()
                yield app
            finally:
                await app.close()


async def _fill(app: App) -> None:
    series = f"generate_series(1, {ITEMS}) as n"
    async with app.database.transaction("commerce") as tx:
        await tx.execute(FILL.format(series=series, channel=CHANNEL))


async def _look(app: App) -> None:
    """Look at all prices in parts, each in a transaction, as the running shop's jobs do."""
    async with app.database.transaction("commerce") as tx:
        await tx.execute("update commerce.reprice_switch set begun_at = null")
        begin = jobs.JOBS["repricing.begin"].act
        await begin(tx)
    while await jobs.advance(app.database, "commerce"):
        pass


async def _amiss(app: App, place: repricing.Place) -> list[str]:
    told = await _value(app, "select count(*) from kernel.event where type = $1", TYPES[PriceMoved].name)
    stand = await _value(app, STAND, CHANNEL)
    found = []
    if told != stand:
        found.append(f"{told} moves were announced, {stand} prices stand")
    for what, question, values in (
        ("below their cost", BELOW, (place.list,)),
        ("not as the log tells", DIFFERENT, (place.list, CHANNEL)),
    ):
        if count := await _value(app, question, *values):
            found.append(f"{count} prices are {what}")
    return found


async def _value(app: App, question: str, *values: Any) -> Any:
    async with app.database.transaction(None) as tx:
        await tx.execute("set local role rynek_commerce")
        return await tx.value(question, *values)


async def _timed(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = await work
    return time.perf_counter() - began, answer
