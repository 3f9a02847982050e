"""The figures are right, read once for all who look, and drawn within their bounds."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.app import App
from rynek.bench.stall import Stall, set_up
from rynek.console import figures
from rynek.console.figures import Till, Watch, percentile
from rynek.console.pages.orders import wanted
from rynek.console.pages.today import HEIGHT, LEVELS, ceiling, drawn, level
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.words import Language


@pytest.fixture(scope="module")
async def stall(world: App) -> Stall:
    return await set_up(world)


async def sell(world: App, store: str, number: int, amount: int, *, days_ago: int = 0) -> None:
    await world.door.ask(
        Actor("till", ids.new(), location=store), "commerce.pos.sell", store=store, till="1", number=number,
        currency="PLN", lines=[{"sku": "ITEM-00002", "quantity": 3, "amount": amount}],
        sold_at=clock.now() - timedelta(days=days_ago), tenders=[{"method": "card", "amount": amount}],
    )  # fmt: skip


async def test_the_figures_count_each_sale_once(world: App, stall: Stall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_AGAIN_S", 0)
    await sell(world, "S-1", 1, 1000, days_ago=300)
    watch = Watch(world.database)
    first = await watch.look(world.door)
    assert first.stores[("S-1", "PLN")] == Till(1, 1000)
    for number in range(2, 7):
        await sell(world, "S-1", number, 100)
    await sell(world, "S-2", 1, 55)
    for board in [await watch.look(world.door), await watch.look(world.door)]:
        assert {key: (till.receipts, till.amount_minor) for key, till in board.stores.items()} == {
            ("S-1", "PLN"): (6, 1500),
            ("S-2", "PLN"): (1, 55),
        }
        assert (board.receipts, board.from_tills["PLN"]) == (7, 1555)
        assert board.moved == 18
    again = await Watch(world.database).look(world.door)
    assert (again.receipts, again.from_tills["PLN"]) == (7, 1555)
    assert set(again.names) == {"S-1", "S-2", "S-3"}


async def test_however_many_look_it_is_read_once(world: App, stall: Stall) -> None:
    watch = Watch(world.database)
    boards = await asyncio.gather(*(watch.look(world.door) for _ in range(50)))
    assert {board.tick for board in boards} == {1}


def test_a_percentile_is_read_off_a_histogram() -> None:
    assert percentile({}, 0.99) is None
    assert percentile({0.01: 0, float("inf"): 0}, 0.99) is None
    assert percentile({0.01: 100, float("inf"): 100}, 0.5) == pytest.approx(5)
    assert percentile({0.01: 50, 0.02: 100, float("inf"): 100}, 0.75) == pytest.approx(15)
    assert percentile({0.01: 0, float("inf"): 10}, 0.99) == pytest.approx(10)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=200))
def test_a_chart_stays_within_its_bounds(pace: list[int]) -> None:
    top, line, area = drawn(pace, Language("en", {}))
    assert int(top.replace(",", "")) >= max(sum(pace[at : at + 3]) / 3 for at in range(0, len(pace), 3))
    for point in line[1:].split("L"):
        x, y = map(float, point.split())
        assert 0 <= x <= 1000.1
        assert 0 <= y <= HEIGHT
    assert area.startswith("M0 ")


@given(st.floats(0, 10**9))
def test_a_ceiling_is_round_and_near(value: float) -> None:
    top = ceiling(value)
    assert value <= top <= max(5, 2.5 * value)
    assert str(top)[0] in "125"


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_warmth_rises_with_what_was_taken(amount: int, most: int) -> None:
    assert 0 <= level(amount, most) <= LEVELS
    assert (level(amount, most) == 0) == (amount == 0 or most == 0)
    assert level(amount, most) <= level(most, most) or amount > most


def test_one_field_finds_numbers_and_buyers() -> None:
    assert wanted("", " #12 ", "web-pl") == {"state": None, "channel": "WEB-PL", "number": 12}
    assert wanted("open", "ola@example.com", "") == {"state": "open", "channel": None, "email": "ola@example.com"}
