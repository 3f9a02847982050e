"""Logs: a line of JSON for machines, with nothing of a customer's in it."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from rynek.kernel import logs
from rynek.kernel.door import Door
from tests.kernel.market import Ask

SECRETS = ("anna@example.com", "hunter2secret")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Configure the logs as a server does, and read what it would write to stderr."""
    written = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("debug")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_tells_when_how_grave_who_and_what(lines: Any) -> None:
    logs.request.set("r-1")
    logs.operation.set("commerce.orders.place")
    logging.getLogger("rynek.test").warning("took %d s\nand more", 3, extra={"shop": "Łódź"})
    (line,) = lines()
    assert line.pop("ts").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "rynek.test",
        "message": "took 3 s\nand more",
        "operation": "commerce.orders.place",
        "request": "r-1",
        "shop": "Łódź",
    }


def test_a_level_leaves_out_what_is_below(lines: Any, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning")
    logging.getLogger("rynek.test").info("not this")
    logging.getLogger("rynek.test").error("this")
    assert lines() == []  # the level before is no longer written anywhere
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == ["this"]


def test_an_error_tells_where_and_what_kind_but_quotes_no_value(lines: Any) -> None:
    try:
        try:
            dict[str, int]()["anna@example.com"]
        except KeyError as cause:
            raise ValueError("hunter2secret") from cause
    except ValueError:
        logging.getLogger("rynek.test").exception("it failed")
    text = json.dumps(lines())
    assert "ValueError" in text
    assert "KeyError" in text
    assert "test_logs.py" in text
    words = [line for line in lines()[0]["error"] if not line.startswith("  ")]
    assert words == ["ValueError", "KeyError"]


def test_an_error_of_our_own_making_keeps_its_words(lines: Any) -> None:
    try:
        len(5)  # type: ignore[arg-type]
    except TypeError:
        logging.getLogger("rynek.test").exception("it failed")
    assert lines()[0]["error"][0] == "TypeError: object of type 'int' has no len()"


@pytest.mark.parametrize(
    "asked",
    [
        Ask("POST", "/heaps/a", {"units": "hunter2secret", "mail": "anna@example.com"}),
        Ask("POST", "/heaps/a", b'{"mail": "anna@example.com", "password": "hunter2secret"'),
        Ask("POST", "/heaps/anna@example.com", {"units": -5}, idempotency_key="hunter2secret"),
        Ask("POST", "/heaps/anna@example.com", {"units": 2**31}),
        Ask("POST", "/heaps/a", {"units": 1}, authorization="liar", cookie="hunter2secret"),
        Ask("GET", "/heaps/anna@example.com?password=hunter2secret"),
        Ask("GET", "/nowhere/anna@example.com?password=hunter2secret"),
        Ask("GET", "/scale?grams=1", cookie="hunter2secret"),
        Ask("POST", "/sales/anna@example.com", {}),
    ],
    ids=lambda asked: f"{asked.method} {asked.path}",
)
async def test_no_request_leaves_personal_data_or_a_secret(door: Door, lines: Any, asked: Ask) -> None:
    response = await door.answer(asked)
    assert response.status >= 400
    text = json.dumps(lines())
    assert not [secret for secret in SECRETS if secret in text]


async def test_what_a_constraint_quotes_is_not_logged(door: Door, lines: Any) -> None:
    """PostgreSQL names the row it refuses: the words are there, and the line is without them."""
    with pytest.raises(asyncpg.UniqueViolationError, match="anna@example") as refused:  # noqa: PT012 - the second fails
        async with door.database.transaction("tests") as tx:
            for _ in "ab":
                await tx.execute("insert into tests.heap values ($1, 1)", SECRETS[0])
    logging.getLogger("rynek.test").error("it failed", exc_info=refused.value)
    text = json.dumps(lines())
    assert "UniqueViolationError (23505, heap_pkey, heap)" in text
    assert "anna" not in text


async def test_our_own_mistake_is_logged_with_its_request(door: Door, lines: Any) -> None:
    response = await door.answer(Ask("GET", "/scale?grams=1"))
    errors = [line for line in lines() if line["level"] == "error"]
    assert [line["request"] for line in errors] == [json.loads(response.body)["request"]]
    assert errors[0]["operation"] == "tests.kernel.scale"
    assert errors[0]["error"][0] == "ZeroDivisionError"
