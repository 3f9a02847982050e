"""The commands that look after an installation, as somebody types them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rynek.kernel.postgres import start


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation") / "shop"


def rynek(folder: Path, *words: str) -> tuple[int, str]:
    """Run a command on an installation; gives its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "rynek", *words],
        env={**os.environ, "RYNEK_FOLDER": str(folder)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def damage(folder: Path, statement: str) -> None:
    with start(folder / "postgres") as cluster:
        cluster.run_tool("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", statement)


def test_an_installation_is_made_and_looked_after(folder: Path) -> None:
    code, said = rynek(folder, "migrate")
    assert (code, said.split()[1:]) == (0, ["migrations", "applied"])
    assert rynek(folder, "migrate") == (0, "0 migrations applied\n")
    code, said = rynek(folder, "admin", "ola@example.com")
    assert code == 0
    assert said.startswith("ola@example.com · ")
    code, said = rynek(folder, "admin", "ewa@example.com")
    assert (code, "already" in said) == (1, True)
    assert rynek(folder, "log", "parked") == (0, "nothing is parked\n")
    code, said = rynek(folder, "audit", "verify")
    assert (code, "as they were written" in said) == (0, True)


def test_damage_is_told_and_mended_or_not(folder: Path) -> None:
    damage(
        folder,
        """insert into kernel.parked (reaction, xid, seq, type, key, at, data, error) values (
            'commerce.checkout.bring_carts', '5', 1, 'security.customer-logged-in', 'x', now(),
            '{"customer": "00000000-0000-0000-0000-000000000001"}', 'Traceback
ValueError: once')""",
    )
    code, said = rynek(folder, "log", "parked")
    assert code == 1
    assert "commerce.checkout.bring_carts: 1 since" in said
    assert "ValueError: once" in said
    assert rynek(folder, "log", "replay", "commerce.checkout.bring_carts") == (0, "1 taken, 0 still parked\n")
    assert rynek(folder, "log", "parked")[0] == 0
    damage(
        folder,
        """insert into security.seal (number, last_xid, last_seq, lines, content, prints, root, signature, at)
        values (1, '9', 1, 1, 'x', 'x', 'x', 'x', now())""",
    )
    code, said = rynek(folder, "audit", "verify")
    assert (code, "broken" in said) == (1, True)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["log", "replay", "nobody"], "there is no reaction nobody; there are"),
        (["serve", "--port", "70000"], "port"),
        (["bench", "nothing"], "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_can(folder: Path, words: list[str], hint: str) -> None:
    code, said = rynek(folder, *words)
    assert code != 0
    assert hint in said
    assert "Traceback" not in said
