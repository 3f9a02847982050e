"""``rynek import`` and ``rynek export``: files into a running shop and out of it, as its console does it."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from rynek.calling import URL, ended, token
from rynek.client.calls import Calls, Route, refused

_IMPORT = """examples:
  rynek import products articles.csv --dry-run
  rynek import prices prices.xlsx --mapping supplier
  rynek import brands brands.csv --map "Marka=name" --map "Kod=code" --refused mend.csv
  rynek import --undo 0192f3c4-7b1e-7c3a-9b0e-3f6f2f1c9d10

Ends with 0 when every row is in, 4 when some were refused, 1 when the shop refuses it, 2 when it is not understood,
3 when nobody answers. Who asks: the token in RYNEK_TOKEN, or else in .rynek/token."""
_EXPORT = """examples:
  rynek export prices --format xlsx
  rynek export products --columns code,name,variant.sku --filter category=tea --output -

Ends with 0 when the file is written, 1 when the shop refuses it, 2 when it is not understood, 3 when nobody answers."""
_PAUSE_S = 0.3
_TOLD_S = 5.0
_LINES = 20


def main(command: str, arguments: Sequence[str]) -> int:
    """Run ``rynek import`` or ``rynek export``; gives its exit code."""
    given = (_import_parser if command == "import" else _export_parser)().parse_args(arguments)
    return ended(command, given.url, lambda: _import(given) if command == "import" else _export(given))


def _import_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "rynek import",
        description="Bring a file into a running shop.",
        epilog=_IMPORT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sheet", nargs="?", help="what the file holds: products, prices, brands …")
    parser.add_argument("file", nargs="?", type=Path, help="CSV, XLSX or JSON Lines")
    parser.add_argument("--dry-run", action="store_true", help="tell what it would do, and change nothing")
    parser.add_argument("--mapping", metavar="NAME", help="read it as a mapping that is kept under this name says")
    parser.add_argument("--map", metavar="HEADER=COLUMN", action="append", default=[], help="which column one is")
    parser.add_argument("--encoding", choices=["utf-8", "utf-8-bom", "utf-16", "windows-1250", "windows-1252"])
    parser.add_argument("--delimiter", choices=["comma", "semicolon", "tab", "pipe"])
    parser.add_argument("--decimal", choices=["point", "comma"])
    parser.add_argument("--zone", default="UTC", help="of times that name none (default UTC)")
    parser.add_argument("--refused", metavar="FILE", type=Path, help="where to write the rows that were refused")
    parser.add_argument("--undo", metavar="ID", help="take an import back")
    parser.add_argument("--url", default=os.environ.get("RYNEK_URL", URL), help=f"the server ({URL})")
    return parser


def _export_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "rynek export",
        description="Take a sheet out of a running shop.",
        epilog=_EXPORT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sheet", help="what to take out: products, prices, brands …")
    parser.add_argument("--format", choices=["csv", "xlsx", "jsonl"], default="csv")
    parser.add_argument("--columns", default="", help="names with commas (default all)")
    parser.add_argument("--filter", metavar="NAME=VALUE", action="append", default=[], help="which rows")
    parser.add_argument(
        "--output", metavar="FILE", help="where to write it, - for standard output (default SHEET.FORMAT)"
    )
    parser.add_argument("--url", default=os.environ.get("RYNEK_URL", URL), help=f"the server ({URL})")
    return parser


class _Shop:
    """The shop that is asked."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    async def ask(self, route: str, given: Any = None) -> Any:
        """Ask an operation."""
        method, path = route.split(" ", 1)
        return await self.calls.ask(Route[dict[str, Any]](method, path, dict[str, Any]), {}, given)

    async def raw(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send or take a file."""
        headers = {"authorization": f"Bearer {self.calls.token}"} if self.calls.token else {}
        answer = await self.calls.connections.ask(method, path, headers, body)
        if answer.status >= 400:
            raise refused(answer)
        return answer.body

    async def watched(self, run: str) -> dict[str, Any]:
        """Look on until an import or export has come to its end, and say how far it is."""
        began = told = time.monotonic()
        while True:
            found: dict[str, Any] = await self.ask(f"GET /exchange/runs/{run}")
            if found["state"] not in ("waiting", "running"):
                if sys.stderr.isatty():
                    sys.stderr.write("\r\033[K")
                return found
            if sys.stderr.isatty():
                sys.stderr.write(f"\r\033[K{_progress(found)}")
                sys.stderr.flush()
            elif time.monotonic() - told > _TOLD_S:
                told = time.monotonic()
                sys.stderr.write(_progress(found) + "\n")
            await asyncio.sleep(_PAUSE_S if time.monotonic() - began > 1 else 0.05)


def _progress(run: dict[str, Any]) -> str:
    of = f" of {run['total']:,}" if run["total"] else ""
    left = f", {run['seconds_left']:.0f} s left" if run["seconds_left"] is not None else ""
    return f"{run['done']:,}{of} rows, {run['per_s']:,.0f} a second{left}"


def _pairs(words: Sequence[str], option: str) -> dict[str, str]:
    found = {}
    for word in words:
        name, equals, value = word.rpartition("=") if option == "--map" else word.partition("=")
        if not equals:
            raise ValueError(f"{option} {word}: write {'HEADER=COLUMN' if option == '--map' else 'NAME=VALUE'}")
        found[name] = value
    return found


async def _import(given: argparse.Namespace) -> int:
    async with Calls(given.url, token(), patience_s=600) as calls:
        shop = _Shop(calls)
        if given.undo:
            await shop.ask(f"POST /exchange/imports/{given.undo}/undoing")
            return await _told(shop, await shop.watched(given.undo), given)
        if not given.sheet or not given.file:
            raise ValueError("say what the file holds and which it is: rynek import products articles.csv")
        body = await asyncio.to_thread(given.file.read_bytes)
        reading = {
            "encoding": given.encoding,
            "delimiter": given.delimiter,
            "decimal": given.decimal,
            "zone": given.zone,
        }
        begin = {"sheet": given.sheet, "name": given.file.name[:100], "reading": reading, "saved": given.mapping}
        run = await shop.ask("POST /exchange/imports", begin)
        address = f"/exchange/imports/{run['id']}"
        run = msgspec.json.decode(await shop.raw("PUT", f"{address}/file", body))
        if given.map:
            mapping = run["mapping"] | _pairs(given.map, "--map")
            run = await shop.ask(f"PUT {address}/settings", {"mapping": mapping})
        print(f"import {run['id']}: {_read(run)}")
        await shop.ask(f"POST {address}/start", {"rehearse": given.dry_run})
        return await _told(shop, await shop.watched(run["id"]), given)


def _read(run: dict[str, Any]) -> str:
    reading = run["reading"]
    how = [reading[name] for name in ("format", "encoding", "delimiter") if reading.get(name)]
    guess = f" ({', '.join(run['guessed'])} found out)" if run["guessed"] else ""
    left = [name for name in run["header"] if name not in run["mapping"]]
    ignored = f"; left out: {', '.join(left)}" if left and reading.get("format") != "jsonl" else ""
    return f"{', '.join(how)}{guess}{ignored}"


async def _told(shop: _Shop, run: dict[str, Any], given: argparse.Namespace) -> int:
    """Say what an import did, or would do."""
    if run["state"] == "failed":
        sys.stderr.write(f"it failed: {run['error']}\n")
        return 1
    if run["phase"] == "rehearsal":
        page = await shop.ask(f"GET /exchange/runs/{run['id']}/differences")
        for each in page["rows"][:_LINES]:
            fields = "; ".join(f"{name}: {was} → {now}" for name, (was, now) in each["fields"].items())
            print(f"line {each['line']}  {each['what']}  {each['key']}  {fields[:300]}")
    for each in (await _refusals(shop, run))[:_LINES]:
        where = f"{each['column']} {each['value']!r}: " if each["column"] else ""
        sys.stderr.write(f"line {each['line']}  refused  {where}{each['reason']}\n")
    if given.refused and run["refused"]:
        await asyncio.to_thread(
            given.refused.write_bytes, await shop.raw("GET", f"/exchange/runs/{run['id']}/refusals.csv")
        )
    would = "would be " if run["phase"] == "rehearsal" else ""
    counted = ", ".join(f"{run[name]:,} {name}" for name in ("new", "changed", "unchanged", "refused"))
    print(f"{would}{counted}" if run["phase"] != "undo" else f"taken back: {counted}")
    return 4 if run["refused"] else 0


async def _refusals(shop: _Shop, run: dict[str, Any]) -> list[dict[str, Any]]:
    if not run["refused"]:
        return []
    route = Route[list[dict[str, Any]]]("GET", f"/exchange/runs/{run['id']}/refusals", list[dict[str, Any]])
    return await shop.calls.ask(route, {})


async def _export(given: argparse.Namespace) -> int:
    async with Calls(given.url, token(), patience_s=600) as calls:
        shop = _Shop(calls)
        wanted = {
            "sheet": given.sheet, "format": given.format, "filters": _pairs(given.filter, "--filter"),
            "columns": [each for each in given.columns.split(",") if each],
        }  # fmt: skip
        run = await shop.ask("POST /exchange/exports", wanted)
        run = await shop.watched(run["id"])
        if run["state"] != "done":
            sys.stderr.write(f"it failed: {run['error'] or run['state']}\n")
            return 1
        body = await shop.raw("GET", f"/exchange/exports/{run['id']}/file")
        if given.output == "-":
            sys.stdout.buffer.write(body)
            return 0
        path = Path(given.output or f"{given.sheet}.{given.format}")
        await asyncio.to_thread(path.write_bytes, body)
        print(f"{path}: {run['done']:,} rows, {len(body):,} bytes")
        return 0
