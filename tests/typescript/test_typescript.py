"""The clients as newcomers meet them: the code of docs/clients.md against a real shop, in Python and in TypeScript."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rynek.app import App
from rynek.bench import Server
from rynek.bench.stall import set_up
from rynek.client.connections import Connections

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text("utf-8")
SAID = ("Item DELIVERY 1500 0\nItem ITEM-00000 1000 1000\nrefused: 409 {detail}\nplaced: open 3502 PLN\n").format(
    detail="the cart costs 3502, the tenders come to 1"
)


def shown(kind: str) -> str:
    """Give the code of the page in a language."""
    (code,) = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(code)


@pytest.fixture(scope="module")
async def shop(world: App, server: Server) -> str:
    await set_up(world)
    return f"http://{server.address}"


def run(*command: str, folder: Path) -> str:
    """Run a program to its end; gives what it printed."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def node(program: str) -> str:
    """Find Node's programs, or say how to get them."""
    found = shutil.which(program)
    if found is None:
        pytest.fail("the TypeScript client needs Node >= 20: apt-get install nodejs npm (.ci/run does), then try again")
    return found


@pytest.fixture(scope="module")
async def built(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the client from its lock, with the types of the running shop's own document."""
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(
        ROOT / "clients" / "typescript",
        folder,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("node_modules", "dist"),
    )
    async with Connections(shop) as wire:
        document = await wire.ask("GET", "/openapi.json")
    assert document.status == 200
    (folder / "openapi.json").write_bytes(document.body)
    run(node("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    run(node("npm"), "run", "generate", folder=folder)
    (folder / "src" / "example.ts").write_text(shown("ts"), "utf-8")
    return folder


def test_the_typescript_of_the_page_compiles_and_buys(built: Path, shop: str) -> None:
    run(node("npm"), "run", "build", folder=built)
    assert run(node("node"), "dist/example.js", shop, folder=built) == SAID


WRONG = {
    "refusal": ("#total-differs", "#total-difers"),  # there is no such refusal
    "kind": ("quantity: 2", 'quantity: "2"'),
    "nothing": ("card.price?.minor", "card.price.minor"),  # there may be none
    "route": ('"/checkout/carts"', '"/checkout/cart"'),
    "answer": ("placed.data.total_minor", "placed.data.total"),
}


def test_what_is_wrong_does_not_compile(built: Path) -> None:
    """The control: the compiler knows the shop's words."""
    for name, (right, wrong) in WRONG.items():
        assert right in shown("ts")
        (built / "src" / f"{name}.ts").write_text(shown("ts").replace(right, wrong, 1), "utf-8")
    ended = subprocess.run(
        [node("npx"), "tsc", "--noEmit"], cwd=built, capture_output=True, text=True, check=False, timeout=300
    )
    assert set(re.findall(r"^src/(\w+)\.ts", ended.stdout, re.MULTILINE)) == set(WRONG)


def test_the_python_of_the_page_buys(shop: str, tmp_path: Path) -> None:
    program = tmp_path / "buy.py"
    program.write_text(shown("python"), "utf-8")
    ended = subprocess.run(
        [sys.executable, str(program), shop], capture_output=True, text=True, check=False, timeout=120, env=os.environ
    )
    assert ended.stdout == SAID, ended.stderr
