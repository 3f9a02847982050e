"""``rynek bench gapless``: 64 writers issue 20,000 invoices, 5 % of transactions are aborted, and no number is missing.

Twice, each on its own series: writers that share transactions, as ``commerce.documents.issue`` does through the door
(``per_s``), and writers with a transaction each (``alone_per_s``). Every document is whole: its order locked and read,
its VAT counted, its JSON hashed, its event announced. A transaction that is aborted is so at its very end, when its
numbers are taken and its documents written; what was in it is issued by another. Afterwards each series has 1 to its
last number, each once, and as many as were answered.
"""

import argparse
import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from rynek.app import App, as_app, prepare
from rynek.bench.load import line
from rynek.bench.stall import CHANNEL, set_up
from rynek.commerce.documents import Issue, Issued, issue
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.batch import Batcher
from rynek.kernel.database import Database, Tx, passing
from rynek.kernel.postgres import start
from rynek.kernel.settings import Rates, Settings

WRITERS = 64
ABORTED = 0.05
FINANCE = Actor("staff", ids.new(), frozenset({"finance"}), name="bench")
SELLER = {"code": "BENCH", "name": "Bench Sp. z o.o.", "street": "Rynek 1", "city": "Kraków", "vat_id": "PL5260250274"}
ORDERS = """
insert into commerce.sales_order (id, cart_id, channel, owner_kind, owner, email, currency, state, delivery_minor,
    tax_minor, total_minor, agreed, placed_at)
select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, gen_random_uuid(), '{channel}', 'guest',
    gen_random_uuid(), 'b' || n || '@example.com', 'PLN', 'open', 0, 575, 3075,
    '{{"terms": {{"address": {{"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "country": "PL"}}}}}}', now()
from generate_series(1, {orders}) as n;
insert into commerce.order_line
    (order_id, line, sku, name, quantity, unit_minor, net_minor, tax_minor, gross_minor, rate_bp)
select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, k, 'ITEM-' || k, 'Item ' || k, k, 1025, 833, 192,
    1025, 2300
from generate_series(1, {orders}) as n, generate_series(1, 3) as k;
analyze;
"""


class _Command:
    """What the batched action asks of a call."""

    def __init__(self, given: Issue) -> None:
        self.input = given


async def main(given: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when a number is missing or there twice."""
    count = given.documents
    async with _opened(count * 2) as app:
        chance = random.Random(24)
        aborted: Counter[str] = Counter()
        shared = Batcher(lambda calls: _transact(app, calls, chance, aborted, "shared"))
        together_s = await _write(range(1, count + 1), "FV", shared.submit)

        async def alone(command: _Command) -> Any:
            return (await _transact(app, [command], chance, aborted, "alone"))[0]

        alone_s = await _write(range(count + 1, 2 * count + 1), "FA", alone)
        gaps, doubled, amiss = await _look(app, count)
        for each in amiss:
            print(f"BROKEN: {each}")
        figures = {"gaps": gaps, "doubled": doubled, "per_s": count / together_s, "alone_per_s": count / alone_s}
        print(
            line(
                "gapless", **figures, documents=2 * count, writers=WRITERS, aborted=aborted["shared"],
                alone_aborted=aborted["alone"],
            )
        )  # fmt: skip
        return 1 if amiss or gaps or doubled else 0


async def _transact(
    app: App, calls: Sequence[Any], chance: random.Random, aborted: Counter[str], how: str
) -> list[Any]:  # fmt: skip
    async with app.database.transaction("commerce", FINANCE, steady=True) as tx:
        made = await issue(tx, calls)
        await _maybe_abort(tx, chance, aborted, how)
        return list(made)


async def _maybe_abort(tx: Tx, chance: random.Random, aborted: Counter[str], how: str) -> None:
    """Let the database end a transaction with an error that is tried again, all of it written."""
    if chance.random() < ABORTED:
        aborted[how] += 1
        await tx.execute("do $$ begin raise exception 'aborted' using errcode = '40001'; end $$")


async def _write(orders: Sequence[int], series: str, submit: Callable[[_Command], Awaitable[Any]]) -> float:
    """Let writers issue an invoice for each order; gives the seconds it took."""
    left = iter(orders)

    async def writer() -> None:
        for n in left:
            made = await _tried(submit, _Command(Issue(UUID(int=int(str(n), 16)), "invoice", series)))
            if not isinstance(made, Issued):
                raise TypeError(f"order {n}: {made}")

    began = perf_counter()
    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    return perf_counter() - began


async def _tried(submit: Callable[[_Command], Awaitable[Any]], command: _Command) -> Any:
    """Issue one, again where its transaction was aborted."""
    while True:
        try:
            return await submit(command)
        except Exception as error:
            if not passing(error):
                raise


async def _look(app: App, count: int) -> tuple[int, int, list[str]]:
    """Tell how many numbers are missing and how many are there twice, and what else is wrong."""
    found = await app.door.ask(FINANCE, "commerce.documents.amiss")
    amiss = [f"{each.series}: {each.last} taken, {each.documents} there" for each in found.gaps]
    amiss += [f"{each.name}: {each.what}" for each in found.marred]
    gaps = doubled = 0
    async with app.database.transaction("commerce") as tx:
        for series in ("FV", "FA"):
            numbers = await tx.rows("select number from commerce.document where series = $1", series)
            times = Counter(row[0] for row in numbers)
            gaps += sum(number not in times for number in range(1, count + 1))
            doubled += sum(many - 1 for many in times.values())
            if len(numbers) != count:
                amiss.append(f"{series}: {len(numbers)} documents, {count} answered")
    return gaps, doubled, amiss


@asynccontextmanager
async def _opened(orders: int) -> AsyncIterator[App]:
    fast = Rates(read=10**7, write=10**7, login=10**7, bulk=10**7, open=10**7)
    with TemporaryDirectory(prefix="rynek-bench-") as folder:
        Path(folder).chmod(0o711)
        with start(Path(folder) / "postgres") as cluster:
            settings = Settings(folder=Path(folder), rates=fast, connections=WRITERS)
            await prepare(settings, cluster.dsn, "bench")
            app = await App.open(replace(settings, database=as_app(cluster.dsn, "bench")))
            try:
                await set_up(app, 1, 0)
                await app.door.ask(FINANCE, "commerce.documents.put_sellers", sellers=[SELLER])
                series = [
                    {"code": code, "kind": "invoice", "seller": "BENCH", "pattern": f"{code}/{{year}}/{{number}}"}
                    for code in ("FV", "FA")
                ]
                await app.door.ask(FINANCE, "commerce.documents.put_series", series=series)
                owner = await Database.open(cluster.dsn, 1)
                async with owner.transaction(None) as tx:
                    await tx.execute(ORDERS.format(orders=orders, channel=CHANNEL))
                await owner.close()
                yield app
            finally:
                await app.close()
