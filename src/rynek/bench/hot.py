"""``rynek bench hot``: everybody wants the one item there is too little of.

64 buyers, one item, 10,000 units, 12,000 carts of one unit. Exactly 10,000 become orders, the rest is told what is
missing. Then the same again when nothing is left. Both are compared with carts of many items, placed in the same run.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from random import Random
from uuid import UUID

import msgspec

from rynek.bench.carts import Ready, guests, placer, prepare, ready, settle, templates
from rynek.bench.load import Run, Script, drive, line
from rynek.bench.stall import KEEPER, WAREHOUSE, Stand, opened
from rynek.bench.wire import Answer

UNITS, WANTED, MANY = 10_000, 12_000, 20_000
TEMPLATES = 256
HOT = "ITEM-00000"


async def main(args: argparse.Namespace) -> int:
    """Measure, check and print; gives 1 when a unit was sold twice, or one too few."""
    async with opened(1_000, 0, workers=args.workers) as stand:
        await _stock(stand)
        chance = Random(7)
        others = stand.stall.skus[1:]
        wishes = [[(sku, 1) for sku in chance.sample(others, 3)] for _ in range(TEMPLATES)]
        await templates(stand, [*wishes, [(HOT, 1)]])
        buyers = guests(stand)
        many = await _place(stand, buyers, 1, MANY, (0, TEMPLATES))
        hot = await _place(stand, buyers, MANY + 1, WANTED, (TEMPLATES, TEMPLATES + 1))
        late = await _place(stand, buyers, MANY + WANTED + 1, WANTED, (TEMPLATES, TEMPLATES + 1))
        async with stand.app.database.transaction("commerce") as tx:
            sold = await tx.value("select sum(quantity)::bigint from commerce.order_line where sku = $1", HOT)
            held = await tx.value("select sum(held)::bigint from commerce.level where sku = $1", HOT)
        damaged = await stand.app.door.ask(KEEPER, "commerce.inventory.unbalanced")
    outcomes = {"many": (many, {"placed": MANY}), "late": (late, {"out-of-stock": WANTED})}
    outcomes["hot"] = (hot, {"placed": UNITS, "out-of-stock": WANTED - UNITS})
    amiss = [
        f"{name}: {dict(found[1])}, not {wanted}" for name, (found, wanted) in outcomes.items() if found[1] != wanted
    ]
    amiss += [f"{sold} sold and {held} held of {UNITS}"] if (sold, held) != (UNITS, UNITS) else []
    amiss += [f"{each.sku} at {each.location} does not add up" for each in damaged]
    for each in amiss:
        print(f"BROKEN: {each}")
    print(f"many items {many[0].per_s:.0f}/s, p99 {many[0].overall.p99_ms:.1f} ms")
    figures = {
        "sold": sold,
        "refused": hot[1]["out-of-stock"],
        "oversold": max(sold - UNITS, 0),
        "hot_per_s": hot[0].per_s,
        "p99_ms": hot[0].overall.p99_ms,
        "ratio": f"{hot[0].per_s / many[0].per_s:.2f}",
        "refusing_ratio": f"{late[0].per_s / many[0].per_s:.2f}",
    }
    print(line("hot", **figures))
    return 1 if amiss else 0


async def _stock(stand: Stand) -> None:
    for begin in range(0, len(stand.stall.skus), 1_000):
        some = stand.stall.skus[begin : begin + 1_000]
        lines = [{"sku": sku, "units": UNITS if sku == HOT else 10_000_000} for sku in some]
        reference = f"bench {begin}"
        await stand.app.door.ask(
            KEEPER, "commerce.inventory.receive", location=WAREHOUSE, reference=reference, lines=lines
        )


async def _place(
    stand: Stand, buyers: Iterable[tuple[UUID, str]], first: int, count: int, of: tuple[int, int]
) -> tuple[Run, Counter[str]]:
    prepare(stand, first, count, of)
    settle(stand)
    carts: Ready = ready(stand, first)
    said: Counter[str] = Counter()
    run = await drive(stand.server.address, [_told(placer(token, carts[guest]), said) for guest, token in buyers])
    return run, said


def _told(script: Script, said: Counter[str]) -> Script:
    """Let a buyer shop, and count what they are told."""
    answer: Answer | None = None
    try:
        while True:
            answer = yield script.send(answer) if answer else next(script)
            said["placed" if answer.status == 200 else _code(answer)] += 1
    except StopIteration:
        return


def _code(answer: Answer) -> str:
    if answer.status != 409:
        return f"status {answer.status}"
    kind: str = msgspec.json.decode(answer.body)["type"]
    return kind.rpartition("#")[2]
