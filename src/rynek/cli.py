"""The command line: one program for the shop's engineers."""

import argparse
import sys
from collections.abc import Sequence

from rynek.kernel.settings import Settings, SettingsError, load


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; ends the process with its exit code."""
    given = _parser().parse_args(arguments)
    try:
        sys.exit(given.run(given))
    except SettingsError as error:
        sys.exit(f"rynek: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rynek", description="Omnichannel commerce on one truth and one event log.")
    commands = parser.add_subparsers(required=True, metavar="command")

    serve = commands.add_parser("serve", help="run the shop: API and console")
    serve.add_argument("--host")
    serve.add_argument("--port", type=int)
    serve.add_argument("--workers", type=int)
    serve.set_defaults(run=_serve)

    migrate = commands.add_parser("migrate", help="bring the database up to date")
    migrate.set_defaults(run=_migrate)

    bench = commands.add_parser("bench", help="measure, and check that nothing was lost or doubled")
    bench.add_argument("name", choices=["sale", "hot", "browse", "replay", "log"])
    bench.add_argument("--seconds", type=float, default=10, help="how long each load lasts (sale, hot, browse)")
    bench.add_argument("--stored", type=int, default=0, help="orders already in the database (sale)")
    bench.add_argument("--baskets", type=int, default=20_000, help="baskets to send (replay)")
    bench.add_argument("--events", type=int, default=1_000_000, help="events to append and consume (log)")
    bench.set_defaults(run=_bench)
    return parser


def _bench(given: argparse.Namespace) -> int:
    from importlib import import_module

    import uvloop

    code: int = uvloop.run(import_module(f"rynek.bench.{given.name}").main(given))
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
