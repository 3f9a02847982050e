"""The words everything is said in: money, ids, time, refusals."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.kernel import clock, ids
from rynek.kernel.faults import Fault, Invalid
from rynek.kernel.money import EXPONENTS, CurrencyMismatch, Money, UnknownCurrency, exponent, rounded, split

AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=50)


@given(AMOUNTS, WEIGHTS)
def test_a_split_sums_exactly(minor: int, weights: list[int]) -> None:
    parts = split(minor, weights)
    assert len(parts) == len(weights)
    assert sum(parts) == minor


@given(AMOUNTS, WEIGHTS.filter(any))
def test_a_split_is_fair_to_less_than_one_unit(minor: int, weights: list[int]) -> None:
    total = sum(weights)
    for part, weight in zip(split(minor, weights), weights, strict=True):
        assert abs(part * total - minor * weight) < total
        assert part == 0 or (part > 0) == (minor > 0)
        assert weight or not part


@given(AMOUNTS, WEIGHTS)
def test_a_refund_splits_as_its_charge(minor: int, weights: list[int]) -> None:
    assert split(-minor, weights) == [-part for part in split(minor, weights)]


def test_the_odd_grosz_goes_to_the_largest_remainder_then_to_the_first() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(101, [1, 1, 1]) == [34, 34, 33]
    assert split(5, [1, 3]) == [1, 4]
    assert split(7, [0, 0]) == [7, 0]
    assert split(-1, [1, 1]) == [-1, 0]


@given(st.decimals(-(10**12), 10**12, places=4))
def test_rounding_is_half_away_from_zero(amount: Decimal) -> None:
    whole = rounded(amount)
    assert abs(whole - amount) <= Decimal("0.5")
    if abs(amount % 1) == Decimal("0.5"):
        assert abs(whole) > abs(amount)
    assert rounded(-amount) == -whole


def test_half_a_grosz_rounds_up_and_is_no_banker() -> None:
    assert [rounded(Decimal(text)) for text in ("0.5", "1.5", "2.5", "-0.5", "-2.5", "2.4999")] == [1, 2, 3, -1, -3, 2]


@given(AMOUNTS, AMOUNTS)
def test_sums_and_differences(one: int, other: int) -> None:
    a, b = Money(one, "PLN"), Money(other, "PLN")
    assert (a + b) - b == a
    assert a - b == -(b - a)
    with pytest.raises(CurrencyMismatch):
        a + Money(other, "EUR")
    with pytest.raises(CurrencyMismatch):
        a - Money(other, "EUR")


def test_money_is_written_with_its_places() -> None:
    amounts = [Money(1290, "PLN"), Money(-5, "EUR"), Money(1290, "JPY"), Money(1, "KWD")]
    assert [amount.text() for amount in amounts] == ["12.90 PLN", "-0.05 EUR", "1290 JPY", "0.001 KWD"]
    assert {exponent(currency) for currency in EXPONENTS} == {0, 2, 3}
    with pytest.raises(UnknownCurrency):
        exponent("XXX")


@pytest.mark.parametrize(
    "text",
    ['{"minor":1.5,"currency":"PLN"}', '{"minor":1,"currency":"pln"}', '{"minor":10000000000000001,"currency":"PLN"}'],
)
def test_money_from_outside_is_checked(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Money)


def test_ids_are_version_7_and_grow() -> None:
    made = [ids.new() for _ in range(20_000)]
    assert made == sorted(set(made))
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}
    assert abs((made[-1].int >> 80) / 1000 - time.time()) < 5


def test_ids_grow_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids.new()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert before < ids.new() < ids.new()


def test_threads_never_make_the_same_id() -> None:
    made: list[list[int]] = [[] for _ in range(4)]
    threads = [
        threading.Thread(target=lambda own: own.extend(ids.new().int >> 64 for _ in range(5_000)), args=[own])
        for own in made
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(own == sorted(own) for own in made)
    assert len({number for own in made for number in own}) == 20_000


def test_the_clock_is_utc_and_can_be_set() -> None:
    assert clock.now().tzinfo is UTC
    warsaw = datetime(2024, 2, 29, 1, tzinfo=timezone(timedelta(hours=1)))
    with clock.at(warsaw):
        assert clock.now() == datetime(2024, 2, 29, tzinfo=UTC)
        with clock.at(datetime(2030, 1, 1, tzinfo=UTC)):
            assert clock.now().year == 2030
        assert clock.now().year == 2024
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    with pytest.raises(ValueError, match="time zone"), clock.at(datetime(2024, 1, 1)):  # noqa: DTZ001 - what is refused
        pass


async def test_the_clock_is_set_for_the_task_alone() -> None:
    with clock.at(datetime(2030, 1, 1, tzinfo=UTC)):
        inside = asyncio.create_task(asyncio.sleep(0, None))
        later = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(lambda: later.set_result(clock.now().year))
        await inside
    assert await later == 2030
    assert clock.now().year != 2030


class ShelfTooHigh(Fault):
    """The shelf is too high.

    More for whoever reads code.
    """

    status = 418


def test_a_fault_is_a_problem_document() -> None:
    assert ShelfTooHigh("3 m", reach_m=2).problem() == {
        "type": "/docs/faults#shelf-too-high",
        "title": "The shelf is too high",
        "status": 418,
        "detail": "3 m",
        "reach_m": 2,
    }
    assert ShelfTooHigh().detail == "The shelf is too high"
    assert Fault.kinds["shelf-too-high"] is ShelfTooHigh
    assert Invalid("x").status == 422
