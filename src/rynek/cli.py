"""The command line: one program for the shop's engineers."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rynek.kernel.settings import Settings, SettingsError, load


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; ends the process with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["call"]:
        from rynek import calling

        sys.exit(calling.main(words[1:]))
    if words[:1] in (["import"], ["export"]):
        from rynek import exchanging

        sys.exit(exchanging.main(words[0], words[1:]))
    if words[:1] == ["simulate"]:
        from rynek import simulating

        sys.exit(simulating.main(words[1:]))
    given = _parser().parse_args(words)
    for each in (signal.SIGINT, signal.SIGTERM):  # both stop in order, also where the shell had us ignore Ctrl-C
        signal.signal(each, signal.default_int_handler)
    try:
        sys.exit(given.run(given))
    except SettingsError as error:
        sys.exit(f"rynek: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _benches() -> list[str]:
    """Name the modules of ``bench`` that are benches: those that can be run."""
    folder = Path(__file__).parent / "bench"
    names = {module: name for name, module in _BENCHES.items()}
    found = (path.stem for path in folder.glob("*.py") if "\nasync def main(" in path.read_text("utf-8"))
    return sorted(names.get(each, each) for each in found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rynek", description="Omnichannel commerce on one truth and one event log.")
    commands = parser.add_subparsers(required=True, metavar="command")

    serve = commands.add_parser("serve", help="run the shop: API and console")
    serve.add_argument("--host")
    serve.add_argument("--port", type=int)
    serve.add_argument("--workers", type=int)
    serve.add_argument("--log-level", choices=["debug", "info", "warning", "error"])
    serve.set_defaults(run=_serve)

    commands.add_parser("call", help="call an operation of a running shop: rynek call --list")

    commands.add_parser("import", help="bring a file into a running shop: rynek import products articles.csv --dry-run")
    commands.add_parser("export", help="take a sheet out of a running shop: rynek export prices --format xlsx")

    commands.add_parser("simulate", help="try a draft on what was really bought: rynek simulate autumn.json --days 28")

    admin = commands.add_parser("admin", help="make the first administrator; prints the password once")
    admin.add_argument("email")
    admin.set_defaults(run=_admin)

    audit = commands.add_parser("audit", help="look through the audit for lines edited, removed, reordered or cut off")
    audit.add_argument("what", choices=["verify"])
    audit.set_defaults(run=_audit)

    log = commands.add_parser("log", help="what reactions could not take: list it, or try it again")
    log.add_argument("what", choices=["parked", "replay"])
    log.add_argument("reaction", nargs="?")
    log.set_defaults(run=_log)

    migrate = commands.add_parser("migrate", help="bring the database up to date")
    migrate.set_defaults(run=_migrate)

    demo = commands.add_parser("demo", help="a retail chain on this machine, with a year of trade as live traffic")
    demo.add_argument("--host")
    demo.add_argument("--port", type=int)
    demo.add_argument("--folder", help="where it lies (default .rynek)")
    demo.add_argument("--baskets", type=int, help="how many baskets of the year (default all 155,848)")
    demo.add_argument("--articles", type=int, help="how many articles, those that sell best (default all 92,348)")
    demo.add_argument("--pace", type=float, help="at most so many baskets a second (default as fast as it goes)")
    demo.add_argument("--once", action="store_true", help="end when the baskets are in")
    demo.set_defaults(run=_demo)

    _add_replays(commands)

    _judging(commands.add_parser("search", help="judge the ranking by the demo's queries, before and after a change"))

    _measuring(commands.add_parser("bench", help="measure, and check that nothing was lost or doubled"))
    return parser


def _measuring(bench: argparse.ArgumentParser) -> None:
    bench.add_argument("name", choices=_benches())
    bench.add_argument("--seconds", type=float, default=10, help="how long each load lasts")
    bench.add_argument("--workers", type=int, default=1, help="server processes (sale, hot, replay)")
    bench.add_argument("--stored", type=int, default=0, help="orders already in the database (sale)")
    bench.add_argument("--baskets", type=int, default=20_000, help="baskets to send (replay)")
    bench.add_argument("--events", type=int, default=1_000_000, help="events to append and consume (log)")
    bench.add_argument("--rows", type=int, default=100_000, help="rows of the file (import)")
    bench.add_argument("--promotions", type=int, help="active promotions (price: 500; sale: none)")
    bench.add_argument("--orders", type=int, default=10_000, help="orders to pack (fulfil)")
    bench.add_argument("--lines", type=int, default=200, help="lines of a cart (price)")
    bench.add_argument("--order-lines", type=int, default=1_000_000, help="order lines to look at (simulate)")
    bench.add_argument("--documents", type=int, default=20_000, help="invoices to issue, twice (gapless)")
    bench.set_defaults(run=_bench)


def _judging(search: argparse.ArgumentParser) -> None:
    search.add_argument("what", choices=["judge"])
    search.add_argument("--weights", type=Path, help="a TOML file of weights to compare with those there are")
    search.add_argument("--worst", type=int, default=10, help="how many of the worst answered queries to show")
    search.add_argument("--write", type=Path, help="write the figures to this file, to compare later ones with")
    search.set_defaults(run=_search)


def _add_replays(commands: Any) -> None:
    replay = commands.add_parser(
        "replay", help="send the demo's baskets to the shop that runs here, then check its books"
    )
    replay.add_argument("--folder", help="where the shop lies (default .rynek)")
    replay.add_argument("--address", default="127.0.0.1:8000", help="where it listens (default 127.0.0.1:8000)")
    replay.add_argument("--token", help="of a program with the role import (default: one is made)")
    replay.add_argument("--baskets", type=int, help="how many baskets of the year (default all)")
    replay.set_defaults(run=_replay)

    promoted = commands.add_parser(
        "replay-promotions", help="decide a month of the demo's baskets by promotions, against the tills, by reason"
    )
    promoted.add_argument("--month", help="such as 2017-11 (default that, or the basket's)")
    promoted.add_argument("--basket", help="explain this basket line by line instead (the data set's basket_id)")
    promoted.set_defaults(run=_replay_promotions)


def _admin(given: argparse.Namespace) -> int:
    from rynek.looking import admin

    return admin(_settings(given), given.email)


def _audit(given: argparse.Namespace) -> int:
    from rynek.looking import audit

    return audit(_settings(given))


def _log(given: argparse.Namespace) -> int:
    from rynek.looking import parked, replay

    return replay(_settings(given), given.reaction) if given.what == "replay" else parked(_settings(given))


def _demo(given: argparse.Namespace) -> int:
    from rynek.showing import Plan, demo

    return demo(_settings(given), Plan(given.baskets, given.articles, given.pace, given.once))


def _replay(given: argparse.Namespace) -> int:
    from rynek.showing import replay

    return replay(_settings(given), given.baskets, given.address, given.token)


def _search(given: argparse.Namespace) -> int:
    from rynek.demo.judge import main

    return main(given)


_BENCHES = {"import": "imports"}
"""Benches whose names no module can have."""


def _replay_promotions(given: argparse.Namespace) -> int:
    from rynek.campaigning import replay_promotions

    return replay_promotions(given.month, given.basket)


def _bench(given: argparse.Namespace) -> int:
    from importlib import import_module

    import uvloop

    code: int = uvloop.run(import_module(f"rynek.bench.{_BENCHES.get(given.name, given.name)}").main(given))
    return code


def _settings(given: argparse.Namespace) -> Settings:
    names = {"host", "port", "workers", "log_level", "folder"}
    return load(**{name: value for name, value in vars(given).items() if name in names})


def _serve(given: argparse.Namespace) -> int:
    from rynek.serving import serve

    return serve(_settings(given))


def _migrate(given: argparse.Namespace) -> int:
    from rynek.serving import ground

    with ground(_settings(given)) as (_, applied):
        print(f"{applied} migrations applied")
    return 0
