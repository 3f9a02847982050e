"""``rynek import`` and ``rynek export`` against a running shop, as typed."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import set_up
from tests.integration.exchange.files import ADMIN, EDITOR


@pytest.fixture(scope="module")
async def token(world: App) -> str:
    await set_up(world)
    entry = await world.door.ask(ADMIN, "security.engage", name="files", roles=["import"])
    made: str = entry.token
    return made


async def typed(server: Server, token: str, folder: Path, *words: str) -> tuple[int, str, str]:
    environment = {**os.environ, "RYNEK_URL": f"http://{server.address}", "RYNEK_TOKEN": token}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rynek", *words, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_file_is_tried_brought_in_and_taken_back(
    world: App, server: Server, token: str, tmp_path: Path
) -> None:
    file = tmp_path / "tea.csv"
    await asyncio.to_thread(
        file.write_text,
        "code,Nazwa,variant.sku,Ile waży\nTEA,Green tea,TEA-100,100\nTEA,Green tea,TEA-250,250\nCUP,A cup,CUP,heavy\n",
    )
    words = ("import", "products", "tea.csv", "--map", "Ile waży=variant.weight_g")
    code, out, err = await typed(server, token, tmp_path, *words, "--dry-run")
    assert code == 4, (out, err)
    assert "line 2  new  TEA" in out
    assert "would be 2 new, 0 changed, 0 unchanged, 1 refused" in out
    assert "line 4  refused  variant.weight_g 'heavy': it is no number; write it like 1234.5" in err
    assert await world.door.ask(EDITOR, "commerce.catalog.listing", codes=["TEA"]) == []

    code, out, err = await typed(server, token, tmp_path, *words, "--refused", "mend.csv")
    assert (code, out.splitlines()[-1]) == (4, "2 new, 0 changed, 0 unchanged, 1 refused")
    mend = await asyncio.to_thread((tmp_path / "mend.csv").read_text, "utf-8-sig")
    assert mend.splitlines()[1] == "4,variant.weight_g,heavy,it is no number; write it like 1234.5,CUP,A cup,CUP,heavy"
    run = out.split()[1].rstrip(":")

    code, out, err = await typed(server, token, tmp_path, "export", "products", "--columns", "code,variant.sku")
    assert (code, "products.csv: " in out) == (0, True), err
    written = await asyncio.to_thread((tmp_path / "products.csv").read_text)
    assert {"TEA,TEA-100", "TEA,TEA-250"} <= set(written.splitlines())

    code, out, err = await typed(server, token, tmp_path, "import", "--undo", run)
    assert (code, out.splitlines()[-1]) == (0, "taken back: 0 new, 1 changed, 0 unchanged, 0 refused"), err
    assert await world.door.ask(EDITOR, "commerce.catalog.listing", codes=["TEA"]) == []


async def test_what_cannot_be_done_is_said_by_its_code(server: Server, token: str, tmp_path: Path) -> None:
    for words, code, said in (
        (("import", "products", "nowhere.csv"), 2, "nowhere.csv"),
        (("import",), 2, "say what the file holds"),
        (("export", "nonsense"), 1, "there is no sheet nonsense; there are attributes, "),
        (("export", "prices", "--filter", "colour=red"), 1, "cannot be filtered by colour"),
        (("export", "prices", "--url", "http://127.0.0.1:1"), 3, "rynek export"),
    ):
        found, _, err = await typed(server, token, tmp_path, *words)
        assert (found, said in err) == (code, True), (words, err)
    found, _, err = await typed(server, "", tmp_path, "export", "prices")
    assert (found, "no policy allows" in err) == (1, True)
