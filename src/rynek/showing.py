"""``rynek demo``: a retail chain on this machine in a minute, and its year of trade as live traffic from its shops."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvloop
from msgspec import Struct
from msgspec.structs import replace

from rynek import security
from rynek.app import App
from rynek.bench.load import drive
from rynek.bench.proc import Server
from rynek.bench.replay import STORES_AT_ONCE, Tally, books, cents, compared, report, store, unruly
from rynek.bench.stall import engaged
from rynek.demo import TERMS, Year
from rynek.demo.load import CHANNEL, Move
from rynek.kernel.settings import Rates, Settings
from rynek.serving import environment, ground, require_free

ADMIN = "admin@rynek.example"
_DONE = "demo-loaded"
_SEND_AGAIN = 5_000
"""Receipts before the last known one that a resumed replay sends again: late ones may be missing among them."""


class Plan(Struct, frozen=True):
    """What to show."""

    baskets: int | None = None
    """How many baskets of the year; None for all."""
    articles: int | None = None
    """How many articles, those that sell best; None for all."""
    pace: float | None = None
    """At most so many baskets a second; None for as fast as it goes."""
    once: bool = False
    """End when the baskets are in, instead of serving until Ctrl-C."""


def say(text: str) -> None:
    """Print a line that stays, over a progress line if there is one."""
    print(f"\r\033[K{text}" if sys.stdout.isatty() else text, flush=True)


class Bar:
    """A line that tells how far something is; on a terminal it is written over, else it comes every few seconds."""

    def __init__(self) -> None:
        self.next = 0.0

    def show(self, what: str, done: int, of: int, more: str = "") -> None:
        """Tell how far it is."""
        pause = 0.2 if sys.stdout.isatty() else 5.0
        now = time.monotonic()
        if now < self.next and done < of:
            return
        self.next = now + pause
        filled = 24 * done // max(of, 1)
        text = (
            f"  {what:<9} {'█' * filled}{'░' * (24 - filled)} {100 * done // max(of, 1):>3} %  {done:,} of {of:,}{more}"
        )
        if sys.stdout.isatty():
            print(f"\r\033[K{text}", end="" if done < of else "\n", flush=True)
        else:
            print(text, flush=True)


def demo(settings: Settings, plan: Plan) -> int:
    """Show the shop until Ctrl-C, or until the baskets are in; gives 1 when the books are not as in the data set."""
    require_free(settings)
    began = time.monotonic()
    say(f"Rynek demo · {TERMS}")
    fresh = not (settings.folder / "postgres").exists()
    say("  database  making it, the first time takes some seconds" if fresh else "  database  starting")
    with suppress(KeyboardInterrupt), ground(settings) as (ready, applied):
        say(f"  database  ready after {time.monotonic() - began:.1f} s, {applied} migrations applied")
        return uvloop.run(_show(replace(ready, rates=_generous(ready.rates)), plan, began))
    say("stopped; run it again and it goes on where it was")
    return 0


def _generous(rates: Rates) -> Rates:
    """The demo's tills all come from one address."""
    return replace(rates, bulk=10_000_000)


def replay(settings: Settings, baskets: int | None, address: str, token: str | None) -> int:
    """Send a stretch of the year to a shop that runs on this machine, and look into its books.

    Args:
        token: of a program with the role ``import``; None makes one.
    """

    async def send(ready: Settings) -> int:
        app = await App.open(ready)
        try:
            move = Move(app, Year(), Bar().show)
            await move.open()
            return await _replay(app, address, move.year, Plan(baskets=baskets), token)
        finally:
            await app.close()

    with ground(settings) as (ready, _):
        return uvloop.run(send(ready))


async def _show(settings: Settings, plan: Plan, began: float) -> int:
    async with _served(settings) as (app, server):
        await _welcome(app, settings, server, began)
        year = await asyncio.to_thread(Year)
        await _move_in(app, year, settings, plan)
        code = await _replay(app, server.address, year, plan)
        if not plan.once:
            say("serving; Ctrl-C stops")
            await asyncio.Event().wait()
        return code


@asynccontextmanager
async def _served(settings: Settings) -> AsyncIterator[tuple[App, Server]]:
    app = await App.open(settings)
    log = settings.folder / "server.log"
    command = [sys.executable, "-m", "rynek", "serve"]
    try:
        async with Server(command, f"127.0.0.1:{settings.port}", env=environment(settings), log=log) as server:
            yield app, server
    finally:
        await app.close()


async def _welcome(app: App, settings: Settings, server: Server, began: float) -> None:
    kept = settings.folder / "admin-password"
    password = await security.ensure_admin(app.database, ADMIN, None)
    if password is not None:
        kept.touch(0o600)
        kept.write_text(password)
    else:
        password = kept.read_text() if kept.exists() else "the one you chose"
    say(f"  serving   after {time.monotonic() - began:.1f} s (log: {os.path.relpath(settings.folder / 'server.log')})")
    at = f"http://{server.address}"
    say(f"\n  Shop      {at}/shop/{CHANNEL}\n  Console   {at}/console   {ADMIN} · {password}\n  API       {at}/docs\n")


async def _move_in(app: App, year: Year, settings: Settings, plan: Plan) -> None:
    done = Path(settings.folder / _DONE)
    wanted = f"{plan.baskets} baskets, {plan.articles} articles"
    if done.exists() and done.read_text() == wanted:
        return
    bar = Bar()
    move = Move(app, year, bar.show)
    await move.open()
    await move.catalogue(plan.articles)
    await move.searching()
    await move.customers()
    await move.stock(plan.baskets)
    if move.refused:
        report_at = settings.folder / "refused.txt"
        report_at.write_text("\n".join(move.refused) + "\n")
        say(f"  {len(move.refused)} rows were not taken, the rest is in: {report_at}")
    done.write_text(wanted)


async def _replay(app: App, address: str, year: Year, plan: Plan, token: str | None = None) -> int:
    """Send what is missing of the year from the shops' tills, with live figures; then look into the books."""
    expected = year.totals(plan.baskets)
    there = (await books(app.database)).receipts
    full = Tally(accepted=expected.baskets, amount=expected.amount)
    if there < expected.baskets:
        full.repeated = await _send(address, year, plan, there, token or await engaged(app, "import"))
    said = await books(app.database)
    amiss = (
        compared(said, expected, full) if said.receipts >= expected.baskets else [f"{said.receipts} receipts are in"]
    )
    report(said, expected, full, say)
    for each in amiss:
        say(f"  NOT AS IN THE DATA SET: {each}")
    if not amiss:
        say("  every basket is in once, and the books agree with the data set to the cent")
    return 1 if amiss else 0


async def _send(address: str, year: Year, plan: Plan, there: int, token: str) -> int:
    start = max(0, there - _SEND_AGAIN)
    limit = None if plan.baskets is None else plan.baskets - start
    tally = Tally()
    pile = unruly(year.receipts(limit, start))
    total = year.totals(limit, start).baskets
    live = asyncio.create_task(_live(tally, total))
    try:
        scripts = [store(pile, token, tally, plan.pace and plan.pace / STORES_AT_ONCE) for _ in range(STORES_AT_ONCE)]
        await drive(address, scripts, timeout_s=60)
    finally:
        live.cancel()
    for body in tally.refusals:
        say(f"  REFUSED {body.decode()}")
    return tally.repeated


async def _live(tally: Tally, total: int) -> None:
    """Tell every second what the shops sell."""
    bar = Bar()
    before, at = 0, time.monotonic()
    while True:
        await asyncio.sleep(1)
        now = time.monotonic()
        lately = sorted(tally.milliseconds)
        tally.milliseconds.clear()
        p99 = lately[len(lately) * 99 // 100] if lately else 0.0
        pace, before, at = (tally.accepted - before) / (now - at), tally.accepted, now
        done = min(tally.accepted + tally.repeated, total)
        more = f" · {pace:,.0f} sales/s · p99 {p99:.0f} ms · {tally.units:,} pcs · {cents(tally.amount)} USD"
        bar.show("baskets", done, total, more)
