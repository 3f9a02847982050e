"""``rynek bench import``: 100,000 products from a CSV file, through upload, reading, the door and the journal.

A server is sent the file and does the import in the background, as for anybody; the bench watches its progress. Each
row is a new product with a variant, a brand, a category, an attribute and a translation; two in a thousand are bad. At
the end every good row is in the catalogue and every bad one is told with its line. The same file once more changes
nothing (``again_per_s``), and the import is taken back (``undone_per_s``).
"""

import argparse
import asyncio
import time
from typing import Any

from rynek.bench.load import line
from rynek.bench.stall import KEEPER, Stand, engaged, opened
from rynek.client.calls import Calls, Route
from rynek.kernel import ids

_BAD = 500
_LOOK_S = 0.2


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when a row was lost, doubled or not told."""
    async with opened(1, 0) as stand:
        await _ground(stand)
        token = await engaged(stand.app, "import")
        async with Calls(f"http://{stand.server.address}", token, patience_s=300) as calls:
            first, seconds, peak = await _import(stand, calls, _file(args.rows))
            again, again_s, _ = await _import(stand, calls, _file(args.rows))
            amiss = await _checked(stand, first, again, args.rows)
            undone, undone_s, _ = await _watched(stand, calls, f"/exchange/imports/{first['id']}/undoing", first["id"])
        if undone["changed"] != first["new"] or undone["refused"]:
            amiss.append(f"taken back {undone['changed']} of {first['new']}, {undone['refused']} not")
        for each in amiss:
            print(f"BROKEN: {each}")
        figures = {
            "rows_per_s": args.rows / seconds, "seconds": seconds, "peak_mb": peak / 1_048_576, "rows": args.rows,
            "again_per_s": args.rows / again_s, "undone_per_s": first["new"] / undone_s, "refused": first["refused"],
        }  # fmt: skip
        print(line("import", **figures))
        return 1 if amiss else 0


async def _ground(stand: Stand) -> None:
    async def ask(operation: str, **values: Any) -> None:
        await stand.app.door.ask(KEEPER, f"commerce.catalog.{operation}", **values)

    await ask("put_brands", brands=[{"code": f"b{n}", "name": f"Brand {n}"} for n in range(100)])
    await ask("put_categories", categories=[{"code": f"c{n}", "name": f"Category {n}"} for n in range(200)])
    await ask("put_attributes", attributes=[{"code": "grade", "name": "Grade", "kind": "number"}])


def _file(rows: int) -> bytes:
    """Write the file: every 500th row names a brand that there is not."""
    head = "code,name,description,brand,categories,attribute.grade,translation.pl.name,variant.sku,variant.weight_g"
    lines = [head]
    for n in range(rows):
        brand = "nobody" if n % _BAD == 7 else f"b{n % 100}"
        lines.append(
            f'I{n},Article number {n},"Good, and of lasting quality, number {n}. Made to be sold.",{brand},c{n % 200},'
            f"{n % 9},Artykuł numer {n},I{n},{100 + n % 900}"
        )
    return "\r\n".join(lines).encode()


async def _import(stand: Stand, calls: Calls, body: bytes) -> tuple[dict[str, Any], float, int]:
    """Send a file and import it; the seconds count from the first byte sent."""
    began = time.perf_counter()
    begin = Route[dict[str, Any]]("POST", "/exchange/imports", dict[str, Any])
    run = await calls.ask(begin, {}, {"sheet": "products", "name": "articles.csv"})
    headers = {"authorization": f"Bearer {calls.token}"}
    answer = await calls.connections.ask("PUT", f"/exchange/imports/{run['id']}/file", headers, body)
    assert answer.status == 200, answer  # noqa: S101 - a bench checks
    done, _, peak = await _watched(stand, calls, f"/exchange/imports/{run['id']}/start", run["id"])
    return done, time.perf_counter() - began, peak


async def _watched(stand: Stand, calls: Calls, path: str, run: str) -> tuple[dict[str, Any], float, int]:
    """Begin, and look on until it is done; gives how it ended, the seconds, and the most memory the server took."""
    began, peak = time.perf_counter(), 0
    headers = {"authorization": f"Bearer {calls.token}", "idempotency-key": ids.new().hex}
    answer = await calls.connections.ask("POST", path, headers | {"content-type": "application/json"}, b"{}")
    assert answer.status == 200, answer  # noqa: S101 - a bench checks
    look = Route[dict[str, Any]]("GET", f"/exchange/runs/{run}", dict[str, Any])
    while True:
        found = await calls.ask(look, {})
        peak = max(peak, stand.server.usage().memory_bytes)
        if found["state"] not in ("waiting", "running"):
            return found, time.perf_counter() - began, peak
        await asyncio.sleep(_LOOK_S)


async def _checked(stand: Stand, first: dict[str, Any], again: dict[str, Any], rows: int) -> list[str]:
    bad = len(range(7, rows, _BAD))
    amiss = []
    if (first["state"], first["new"], first["refused"]) != ("done", rows - bad, bad):
        amiss.append(f"first {first}")
    if (again["state"], again["unchanged"], again["refused"]) != ("done", rows - bad, bad):
        amiss.append(f"again {again}")
    async with stand.app.database.transaction("commerce") as tx:
        stored = await tx.value(
            "select count(*) from commerce.variant where sku like 'I%' and active and sku ~ '^I[0-9]'"
        )
        events = await tx.value("select count(*) from kernel.event where type = 'catalog.product-changed'")
    if stored != rows - bad:
        amiss.append(f"{stored} variants, not {rows - bad}")
    if events < rows - bad:
        amiss.append(f"{events} events")
    return amiss
