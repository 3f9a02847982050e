"""Each import contract holds on the tree, and fails on a copy of the tree into which one breach is written."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".importlinter"


class Breach(NamedTuple):
    contract: str
    importer: str
    imported: str
    back: bool = False


BREACHES = [
    Breach("house", "rynek.kernel.clock", "rynek.app"),
    Breach("house", "rynek.security", "rynek.commerce"),
    Breach("house", "rynek.commerce", "rynek.channels"),
    Breach("house", "rynek.commerce", "rynek.marketing"),
    Breach("house", "rynek.marketing", "rynek.console"),
    Breach("house", "rynek.channels", "rynek.cli"),
    Breach("house", "rynek.app", "rynek.demo"),
    Breach("house", "rynek.kernel", "rynek.kernel_of_another_name"),
    Breach("kernel", "rynek.kernel.clock", "rynek.security"),
    Breach("kernel", "rynek.kernel", "rynek.commerce.orders"),
    Breach("commerce", "rynek.commerce.catalog", "rynek.commerce.pricing"),
    Breach("commerce", "rynek.commerce.inventory", "rynek.commerce.orders.events"),
    Breach("commerce", "rynek.commerce.orders", "rynek.commerce.payments"),
    Breach("commerce", "rynek.commerce.payments", "rynek.commerce.checkout"),
    Breach("commerce", "rynek.commerce.checkout", "rynek.commerce.pos"),
    Breach("commerce", "rynek.commerce", "rynek.commerce.something_without_a_place"),
    Breach("borders", "rynek.commerce.checkout.actions", "rynek.commerce.inventory.actions"),
    Breach("borders", "rynek.commerce.pos.rules", "rynek.commerce.pricing.rules"),
    Breach("borders", "rynek.marketing.reactions", "rynek.commerce.orders.model"),
    Breach("borders", "rynek.demo.replay", "rynek.commerce.pos.actions"),
    Breach("borders", "rynek.app", "rynek.commerce.orders.actions"),
    Breach("borders-of-single-contexts", "rynek.commerce.orders.actions", "rynek.security.model"),
    Breach("borders-of-single-contexts", "rynek.marketing", "rynek.customers.actions"),
    Breach("files", "rynek.commerce.inventory.model", "rynek.commerce.inventory.actions"),
    Breach("files", "rynek.commerce.inventory.rules", "rynek.commerce.inventory.reactions"),
    Breach("files", "rynek.commerce.orders.actions", "rynek.commerce.orders.http"),
    Breach("files", "rynek.marketing.model", "rynek.marketing.events"),
    Breach("rules", "rynek.commerce.pricing.rules", "rynek.kernel.database"),
    Breach("rules", "rynek.commerce.pricing.rules", "rynek.kernel.clock"),
    Breach("rules", "rynek.commerce.pricing.rules", "rynek.kernel"),
    Breach("rules", "rynek.commerce.inventory.rules", "asyncpg"),
    Breach("rules", "rynek.commerce.inventory.rules", "asyncio"),
    Breach("rules", "rynek.marketing.rules", "random"),
    Breach("driver", "rynek.commerce.inventory.actions", "asyncpg"),
    Breach("driver", "rynek.bench", "asyncpg"),
    Breach("cycles", "rynek.customers", "rynek.marketing", back=True),
    Breach("cycles", "rynek.kernel.clock", "rynek.kernel.money", back=True),
    Breach("cycles", "rynek.app", "rynek.client", back=True),
]

# What a reader of the contracts may rely on: doors and events are open, composition sees what contexts offer.
ALLOWED = [
    ("rynek.cli", "rynek.app"),
    ("rynek.app", "rynek.security"),
    ("rynek.app", "rynek.commerce.orders.http"),
    ("rynek.app", "rynek.commerce.orders.reactions"),
    ("rynek.marketing.reactions", "rynek.commerce.orders.events"),
    ("rynek.channels.agents", "rynek.commerce.checkout"),
    ("rynek.commerce.checkout.actions", "rynek.commerce.inventory"),
    ("rynek.commerce.pos.actions", "rynek.commerce.payments"),
    ("rynek.commerce.orders.rules", "rynek.kernel.money"),
    ("rynek.commerce.orders.rules", "rynek.commerce.orders.model"),
]


def contracts() -> dict[str, str]:
    """Name of each contract in the configuration, by its identifier."""
    config = configparser.ConfigParser()
    config.read(CONFIG)
    return {
        title.removeprefix("importlinter:contract:"): section["name"]
        for title, section in config.items()
        if title.startswith("importlinter:contract:")
    }


def lint(tree: Path, *only: str) -> subprocess.CompletedProcess[str]:
    """Check the package under ``tree/src`` against the repository's contracts, or ``only`` those named."""
    program = Path(sys.executable).with_name("lint-imports")
    chosen = [f"--contract={name}" for name in only]
    return subprocess.run(
        [program, "--no-cache", "--no-logo", f"--config={CONFIG}", *chosen],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree / "src"), "COLUMNS": "500", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def source(tree: Path, module: str) -> Path:
    """Find the file of ``module``, creating it and the packages above it where they do not exist."""
    *parents, _ = module.split(".")
    package = tree / "src"
    for parent in parents:
        package /= parent
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
    path = tree / "src" / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    file.touch()
    return file


def add_import(tree: Path, importer: str, imported: str) -> None:
    """Let ``importer`` import ``imported``, and both exist."""
    if imported.startswith("rynek."):
        source(tree, imported)
    with source(tree, importer).open("a") as file:
        file.write(f"\nimport {imported}\n")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy the package's Python files to where they can be spoilt."""

    def other_files(directory: str, names: list[str]) -> list[str]:
        return [name for name in names if not name.endswith(".py") and not Path(directory, name).is_dir()]

    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=other_files)
    return tmp_path


def test_the_tree_keeps_every_contract() -> None:
    checked = lint(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(contracts())} kept, 0 broken" in checked.stdout


def test_every_contract_is_shown_to_fail() -> None:
    assert {breach.contract for breach in BREACHES} == set(contracts())


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: " ".join(breach[:3]))
def test_a_breach_is_found_and_named(tree: Path, breach: Breach) -> None:
    add_import(tree, breach.importer, breach.imported)
    if breach.back:
        add_import(tree, breach.imported, breach.importer)
    checked = lint(tree, breach.contract)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert f"{contracts()[breach.contract]} BROKEN" in checked.stdout, checked.stdout + checked.stderr
    assert breach.imported.rpartition(".")[2] in checked.stdout.split("Broken contracts", 1)[1]


def test_what_the_contracts_leave_open_is_open(tree: Path) -> None:
    for importer, imported in ALLOWED:
        add_import(tree, importer, imported)
    checked = lint(tree)
    assert checked.returncode == 0, checked.stdout + checked.stderr
