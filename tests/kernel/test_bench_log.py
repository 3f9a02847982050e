"""``bench log`` measures what it says, and sees an event that was lost or doubled."""

import argparse
from collections.abc import Sequence

import msgspec
import pytest

from rynek.bench import log as bench
from rynek.kernel import log
from rynek.kernel.database import Tx
from rynek.kernel.events import Envelope


async def test_it_counts_every_event_and_ends_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert await bench.main(argparse.Namespace(events=12_000)) == 0
    *_, told, last = capsys.readouterr().out.strip().splitlines()
    assert told.startswith("15000 events of ")
    name, *figures = last.split()
    assert name == "bench=log"
    assert [figure.partition("=")[0] for figure in figures] == ["events_per_s", "append_per_s", "consume_per_s"]
    assert all(int(figure.partition("=")[2]) > 0 for figure in figures)


async def test_it_sees_an_event_that_was_not_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def loses_one(tx: Tx, envelopes: Sequence[Envelope]) -> None:
        await bench.tally(tx, envelopes[1:])

    name = "bench.log.tally"
    broken = msgspec.structs.replace(log.REACTIONS[name], act=loses_one)
    monkeypatch.setitem(log.REACTIONS, name, broken)
    assert await bench.main(argparse.Namespace(events=4_000)) == 1
    assert "wrong: tallied is " in capsys.readouterr().out
