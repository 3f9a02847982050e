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
    return parser


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
