"""``rynek simulate`` against a running shop, as typed."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import COURIER, engaged, set_up
from rynek.kernel import ids
from rynek.kernel.actor import Actor

HOME = {"name": "Ola Nowak", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
TENTH = {"code": "TENTH", "name": "A tenth off", "currency": "PLN", "gives": {"give": "percent", "bp": 1_000}}


@pytest.fixture(scope="module")
async def token(world: App) -> str:
    """Give the token of who sets prices, in a shop that has sold three times two things."""
    stall = await set_up(world, items=2, units=100)
    for _ in range(3):
        guest = Actor("guest", ids.new())
        cart = await world.door.ask(
            guest, "commerce.checkout.open_cart", channel="WEB-PL", email="ola@example.com", address=HOME,
            delivery=COURIER, lines=[{"sku": sku, "quantity": 1} for sku in stall.skus],
        )  # fmt: skip
        tenders = [{"method": "cash-on-delivery", "amount_minor": cart.priced.total}]
        await world.door.ask(guest, "commerce.checkout.place", cart=cart.id, tenders=tenders)
    return await engaged(world, "merchandise")


async def typed(server: Server, token: str, file: Path, draft: Any, *words: str) -> tuple[int, str, str]:
    await asyncio.to_thread(file.write_text, draft if isinstance(draft, str) else json.dumps(draft))
    environment = {**os.environ, "RYNEK_URL": f"http://{server.address}", "RYNEK_TOKEN": token}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rynek", "simulate", str(file), *words, env=environment, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_draft_in_a_file_is_tried_on_the_past_days(
    world: App, server: Server, token: str, tmp_path: Path
) -> None:
    async with world.database.transaction("commerce") as tx:
        off = await tx.value("select sum(round(gross_minor / 10.0))::bigint from commerce.order_line")
    for draft, more in ((TENTH, ()), ([TENTH], ()), ({"changes": [{"bp": -1_000}]}, ("--currency", "PLN"))):
        code, out, err = await typed(server, token, tmp_path / "draft.json", draft, "--days", "1", *more)
        assert code == 0, (out, err)
        assert "100 %  3 of 3" in out
        assert f"cost     {off / 100:.2f} PLN that buyers would have paid less" in out
        assert "reach    3 of 3 baskets (100.0 %), 0 customers" in out
        assert "lines    6 of 6, 6 pieces" in out
        assert "margin   0.00 PLN (costs are known for 0 % of the revenue)" in out
        assert out.count("-10.0 %") == 2
        assert ("TENTH" in out) == (not more)


async def test_what_cannot_be_tried_is_said_by_its_code(server: Server, token: str, tmp_path: Path) -> None:
    file = tmp_path / "draft.json"
    for draft, words, code, said in (
        ("{", (), 2, "Input data was truncated"),
        ("7", (), 2, "a draft is a promotion, a list of promotions or a price list"),
        (TENTH | {"currency": None}, (), 2, "add --currency PLN"),
        (TENTH | {"gives": {"give": "luck"}}, (), 2, "Invalid value 'luck'"),
        (TENTH | {"lane": "none"}, (), 1, "there is no lane none"),
        (TENTH, ("--url", "http://127.0.0.1:1"), 3, "rynek simulate"),
    ):
        found, out, err = await typed(server, token, file, draft, *words)
        assert (found, said in err) == (code, True), (draft, words, out, err)
    found, _, err = await typed(server, "", file, TENTH)
    assert (found, "no policy allows" in err) == (1, True)
