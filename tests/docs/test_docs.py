"""What documents show is so: links lead somewhere, commands are understood, names exist, the tutorial works."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from functools import cache
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from rynek import app, calling, cli, exchanging, simulating
from rynek.kernel import events, log
from rynek.kernel.openapi import document

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "rynek"
TUTORIAL = ROOT / "docs" / "writing-a-context.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
MADE_BY_THE_TUTORIAL = re.compile(r"^(?:customers\.|stamps\.|(?:src/rynek|tests)/customers)")

LINK = re.compile(r"""\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"\s]+)\"""")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"^```(\w+)\n(?:#|--|//) ((?:src|tests)/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMPOSED = re.compile(r"^CONTEXTS = (\(.*\))$", re.MULTILINE)
NAME = re.compile(r"\b[a-z_]+(?:\.[a-z_][\w-]*)+\b")
PLACE = re.compile(r"^(?:tests|src|docs|kernel|commerce|security|ops)/[\w./-]+$")
MADE_IN_SQL = re.compile(r"create (?:table|view|function|role)(?: if not exists)? (\w+\.\w+)")
COMMERCE = {path.name for path in (SRC / "commerce").iterdir() if path.is_dir()}
PARTS = {"kernel", "design", "security", "commerce", "ops", "console", "channels", "integration", "rynek"} | COMMERCE
ENDINGS = {"py", "sql", "md", "toml", "cedar", "png", "json", "log", "yml", "html"}


def outside_fences(text: str) -> str:
    return FENCE.sub("", text)


def spans(text: str) -> list[str]:
    return SPAN.findall(outside_fences(text))


# --- links ------------------------------------------------------------------------------------------------------------


def dead_links(page: Path, text: str) -> list[str]:
    found = [markdown or html for markdown, html in LINK.findall(outside_fences(text))]
    links = [link.partition("#")[0] for link in found if "://" not in link]
    return [link for link in links if not (page.parent / link).exists()]


# --- commands ---------------------------------------------------------------------------------------------------------


def commands(text: str) -> Iterator[str]:
    """Find the command lines of ``rynek`` that a page shows, in blocks and within sentences."""
    lines = [line for kind, body in FENCE.findall(text) if kind == "sh" for line in body.splitlines()]
    for line in [*lines, *spans(text)]:
        for part in re.split(r"&&|\|", line):
            words = re.sub(r"^(?:uv run (?:--no-sync )?)?", "", part.strip())
            if words.startswith("rynek "):
                yield words.removeprefix("rynek ")


@cache
def described() -> calling.Described:
    return calling.Described(document(app.registry(), "Rynek", "0", open_to_anyone=lambda _: True))


def misunderstood(command: str) -> str | None:
    words = shlex.split(command, comments=True)
    said = StringIO()
    with redirect_stderr(said):
        try:
            if words[0] == "call":
                return wrong_call(words[1:])
            if len(words) > 1 and words[0] in ("import", "export"):
                parser = exchanging._import_parser if words[0] == "import" else exchanging._export_parser
                parser().parse_args(words[1:])
                return None
            if len(words) > 1 and words[0] == "simulate":
                simulating._parser().parse_args(words[1:])
                return None
            cli._parser().parse_args(words)
        except SystemExit as ended:
            return f"rynek {command}: {said.getvalue().strip().splitlines()[-1]}" if ended.code else None
    return None


def wrong_call(words: list[str]) -> str | None:
    given = calling._parser().parse_intermixed_args(words)
    if not given.operation or given.list or MADE_BY_THE_TUTORIAL.match(given.operation):
        return None
    try:
        entry = described().find(given.operation)
        if not given.helped and (given.words or given.json):
            described().given(entry, given.words, given.json)
    except calling.Mistaken as mistake:
        return f"rynek call: {mistake}"
    return None


def wrong_commands(_page: Path, text: str) -> list[str]:
    return [wrong for each in commands(text) if (wrong := misunderstood(each))]


# --- names ------------------------------------------------------------------------------------------------------------


@cache
def known() -> frozenset[str]:
    """List what has a name: operations, policies, reactions, events, tables; those of commerce without it as well."""
    operations = app.registry().by_name
    names = {
        "rynek.plugins",
        *operations,
        *(each.policy for each in operations.values()),
        *log.REACTIONS,
        *events.NAMES,
    }
    for path in SRC.rglob("*.sql"):
        names |= set(MADE_IN_SQL.findall(path.read_text("utf-8")))
    return frozenset(names | {name.removeprefix("commerce.") for name in names})


def importable(name: str) -> bool:
    """Tell whether a name is a module of the house, or something in one."""
    inner = name.removeprefix("rynek.")
    return any(_found(f"rynek.{prefix}{inner}".split(".")) for prefix in ("", "commerce."))


def _found(steps: list[str]) -> bool:
    for end in range(len(steps), 0, -1):
        try:
            thing: Any = import_module(".".join(steps[:end]))
        except ModuleNotFoundError:
            continue
        for step in steps[end:]:
            if not hasattr(thing, step):
                return False
            thing = getattr(thing, step)
        return end > 1
    return False


def unknown_names(_page: Path, text: str) -> list[str]:
    """Find names of operations, tables, modules and the like that nothing in the house has."""
    found = [
        name
        for span in spans(text)
        if "/" not in span and "@" not in span
        for name in NAME.findall(span)
        if name.split(".")[0] in PARTS and name.rpartition(".")[2] not in ENDINGS
    ]
    return [name for name in found if name not in known() and not importable(name)]


def unknown_places(_page: Path, text: str) -> list[str]:
    """Find files and tests that are not there."""
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
    gone = []
    for span in spans(text):
        place, _, test = span.partition("::")
        if PLACE.match(place) and not MADE_BY_THE_TUTORIAL.match(place):
            gone += [place] if not ((ROOT / place).exists() or (SRC / place).exists()) else []
        name = test or place
        if re.fullmatch(r"test_\w+", name) and f"def {name}(" not in tests:
            gone.append(name)
    return gone


# --- every page -------------------------------------------------------------------------------------------------------

CHECKS = [dead_links, wrong_commands, unknown_names, unknown_places]
Check = Callable[[Path, str], list[str]]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_shows_what_is_there(page: Path, check: Check) -> None:
    assert check(page, page.read_text("utf-8")) == []


def test_pages_show_something_to_check() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    shown = {command.split()[0] for command in commands(text)}
    assert shown >= {"demo", "serve", "call", "bench", "audit", "log", "migrate", "replay"}
    assert len([name for span in spans(text) for name in NAME.findall(span) if name in known()]) > 30
    assert len(LINK.findall(text)) > 30


@pytest.mark.parametrize(
    ("check", "text", "amiss"),
    [
        (dead_links, "see [here](README.md) and [there](nowhere.md#top)", ["nowhere.md"]),
        (dead_links, '<img src="LICENSE"> <img src="docs/images/none.png">', ["docs/images/none.png"]),
        (wrong_commands, "run `rynek serve --prot 80`", ["unrecognized arguments: --prot 80"]),
        (wrong_commands, "```sh\nrynek migrate && uv run rynek bench ale  # x\n```\n", ["invalid choice: 'ale'"]),
        (wrong_commands, "`rynek call commerce.inventory.level`", ["there is no operation commerce.inventory.level;"]),
        (wrong_commands, "`rynek call commerce.inventory.levels sku=A`", ["takes no sku; did you mean skus?"]),
        (unknown_names, "`commerce.inventory.levels`, `commerce.inventory.hold_all`", ["commerce.inventory.hold_all"]),
        (unknown_names, "`kernel.event`, `kernel.door.Gate`, `kernel.door.gates`", ["kernel.door.gates"]),
        (unknown_names, "`inventory.stock-held`, `inventory.stock-hidden`", ["inventory.stock-hidden"]),
        (unknown_places, "`tests/kernel/test_log.py::test_gone`, `kernel/dor.py`", ["test_gone", "kernel/dor.py"]),
    ],
)  # fmt: skip
def test_the_checks_see_what_is_wrong(check: Check, text: str, amiss: list[str]) -> None:
    found = check(ROOT / "README.md", text)
    assert len(found) == len(amiss)
    assert all(expected in said for expected, said in zip(amiss, found, strict=True))


# --- the tutorial -----------------------------------------------------------------------------------------------------

TRIED = ["tests/customers", "tests/kernel/test_statements.py", "tests/kernel/test_docstrings.py"]
TRIED += ["tests/security/test_policies.py", "tests/architecture/test_shape.py"]
CHOSEN = "customers or stamps or whole_shop"


def copied(to: Path) -> Path:
    """Copy the house, so that the tutorial can be followed in it."""
    leave_out = shutil.ignore_patterns("__pycache__", "customers")
    for folder in ("src", "tests"):
        shutil.copytree(ROOT / folder, to / folder, ignore=leave_out)
    for file in ("pyproject.toml", ".importlinter"):
        shutil.copy(ROOT / file, to / file)
    return to


def followed(house: Path, text: str) -> Path:
    """Do what the tutorial says, in a house."""
    for _, place, body in FILE.findall(text):
        (house / place).parent.mkdir(parents=True, exist_ok=True)
        (house / place).write_text(body, "utf-8")
    composed = COMPOSED.search(text)
    assert composed
    there = house / "src" / "rynek" / "app.py"
    there.write_text(COMPOSED.sub(composed[0], there.read_text("utf-8")), "utf-8")
    return house


def run(house: Path, *command: str) -> subprocess.CompletedProcess[str]:
    ours = ("RYNEK_", "PYTEST_", "TESTS_FOLDER")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment = {**kept, "PYTHONPATH": str(house / "src")}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=house, env=environment, capture_output=True, text=True, check=False
    )


def tried(house: Path, chosen: str, *where: str) -> tuple[bool, str]:
    done = run(house, "pytest", "-n0", "-p", "no:cacheprovider", "-k", chosen, *where)
    return done.returncode == 0, done.stdout + done.stderr


def test_the_tutorial_composes_what_there_is_and_one_more() -> None:
    composed = COMPOSED.search(TUTORIAL.read_text("utf-8"))
    assert composed
    shown = re.findall(r'"(\w+)"', composed[1])
    assert [name for name in shown if name != "customers"] == [name for name in app.CONTEXTS if name != "customers"]
    assert "customers" in shown


def test_the_tutorial_works_as_it_stands(tmp_path: Path) -> None:
    """Its own tests pass, and those which look at every context find nothing amiss with the new one."""
    text = TUTORIAL.read_text("utf-8")
    house = followed(copied(tmp_path / "house"), text)
    works, said = tried(house, CHOSEN, *TRIED)
    assert works, said
    assert re.search(r"\b[1-9]\d passed", said), "the tests of the new context were chosen"
    for command in (("ruff", "check"), ("ruff", "format", "--check")):
        done = run(house, *command, "src/rynek/customers", "tests/customers")
        assert done.returncode == 0, done.stdout
    # the control: with a mistake in it, the tutorial does not work
    followed(house, text.replace("return total_minor // PER_STAMP", "return total_minor // PER_STAMP + 1"))
    works, said = tried(house, "fifty", "tests/customers")
    assert not works
    assert "FAILED tests/customers/stamps/test_stamps.py::test_every_full_fifty_earns_a_stamp" in said
