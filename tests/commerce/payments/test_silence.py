"""A provider that is away: buyers are told at once, pay otherwise, and what was begun is finished when it is back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from msgspec import Struct

from rynek.app import App
from rynek.commerce.payments import Payment, ProviderUnavailable, actions, circuits, payments, ports
from rynek.commerce.payments.circuits import available
from rynek.commerce.payments.model import Offer
from rynek.commerce.payments.ports import PROVIDERS, register
from rynek.kernel import clock, metrics
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.settings import Breaker
from tests.commerce.payments.shop import BUYER, FINANCE, SECRET, Bank, account, card, manual, placed, settled, sums

AWAY = Bank("http://127.0.0.1:1", SECRET, 0.4)


@pytest.fixture(autouse=True)
async def _anew(world: App, bank: Bank) -> AsyncIterator[None]:
    register("simulator", bank, outside=True)
    circuits.configure(msgspec.structs.replace(world.settings, payment_breaker=Breaker(3, 15)), lambda _: b"")
    yield
    register("simulator", bank)
    circuits.configure(world.settings, lambda _: b"")


def figure() -> float | None:
    return metrics.REGISTRY.get_sample_value("rynek_payment_circuit", {"provider": "simulator"})


async def silenced(door: Door, database: Database) -> list[Payment]:
    """Have three buyers wait for a provider that is away."""
    register("simulator", AWAY, outside=True)
    lots = [await placed(database, card(500)) for _ in range(3)]
    return [await door.ask(BUYER, actions.authorise, payment=order.payment) for order in lots]


async def test_it_is_refused_at_once_and_the_others_are_named(door: Door, bank: Bank, database: Database) -> None:
    assert available("simulator")
    waiting = await silenced(door, database)
    assert [each.state for each in waiting] == ["pending"] * 3
    assert not available("simulator")
    assert figure() == 2
    order = await placed(database, card(500), total=900)
    for asked in (
        door.ask(BUYER, actions.pay, order=order.id, tender=card(400)),
        door.ask(BUYER, actions.authorise, payment=order.payment),
    ):
        with pytest.raises(ProviderUnavailable) as refused:
            await asked
        assert refused.value.facts == {"provider": "simulator", "others": ["manual", "wallet"]}
    # nothing was begun by that, and the other way is open
    assert (await account(database, order.payment)).attempts == []
    assert (await door.ask(BUYER, actions.pay, order=order.id, tender=manual(400))).state == "authorised"
    register("simulator", bank, outside=True)
    await settled(database)
    for each in waiting:
        assert await sums(database, each.id) == (500, 0, 0, 0)


async def test_how_one_can_pay_shows_who_is_away(door: Door, database: Database) -> None:
    def shown(offers: list[Offer]) -> list[tuple[str, str, bool]]:
        return [(each.provider, each.method, each.available) for each in offers]

    assert ("simulator", "card", True) in shown(await door.ask(BUYER, actions.methods))
    await silenced(door, database)
    offers = shown(await door.ask(BUYER, actions.methods))
    assert ("simulator", "card", False) in offers
    assert ("manual", "transfer", True) in offers
    assert ("manual", "cash", True) not in offers
    assert ("manual", "cash", True) in shown(await door.ask(FINANCE, actions.methods))


async def test_it_is_tried_once_and_then_asked_as_ever(door: Door, bank: Bank, database: Database) -> None:
    await silenced(door, database)
    with clock.at(clock.now() + timedelta(seconds=16)):
        assert figure() == 1
        assert circuits.admit("simulator")
        assert not circuits.admit("simulator"), "it is tried by one alone"
        circuits.hear("simulator", answered=False)
        assert figure() == 2
    with clock.at(clock.now() + timedelta(seconds=16 + 29)):
        assert not available("simulator"), "the second time it is left alone for longer"
    with clock.at(clock.now() + timedelta(seconds=16 + 31)):
        register("simulator", bank, outside=True)
        order = await placed(database, card(300))
        assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "authorised"
    assert available("simulator")
    assert figure() == 0


async def test_one_that_says_no_or_asks_for_patience_is_well(door: Door, bank: Bank, database: Database) -> None:
    for token in ("tok_declined", "tok_authorise=pending") * 4:
        order = await placed(database, card(100, token))
        await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert available("simulator")
    await settled(database)


async def test_what_is_of_the_house_is_never_left_alone(door: Door) -> None:
    for _ in range(99):
        circuits.hear("manual", answered=False)
    assert available("manual")


class Bare(Struct):
    """A provider that another context brings."""

    methods: dict[str, bool]


async def test_other_contexts_bring_providers(door: Door, world: App) -> None:
    register("purse", Bare({"coin": True}))  # type: ignore[arg-type]
    try:
        assert Offer("purse", "coin", token=True, available=True) in await door.ask(BUYER, actions.methods)
        ports.configure(world.settings, lambda _: SECRET)
        assert "purse" in PROVIDERS, "what others brought stays when the settings are read"
    finally:
        PROVIDERS.pop("purse")


async def test_many_at_once_meet_one_trial(door: Door, bank: Bank, database: Database) -> None:
    await silenced(door, database)
    register("simulator", bank, outside=True)
    with clock.at(clock.now() + timedelta(seconds=16)):
        lots = [await placed(database, card(100)) for _ in range(8)]
        answers = await asyncio.gather(
            *(door.ask(BUYER, actions.authorise, payment=order.payment) for order in lots), return_exceptions=True
        )
    await settled(database)
    states = {type(each).__name__ for each in answers}
    assert states <= {"Payment", "ProviderUnavailable"}
    for order, answer in zip(lots, answers, strict=True):
        found = await sums(database, order.payment)
        assert found == ((100, 0, 0, 0) if isinstance(answer, Payment) else (0, 0, 0, 0))
        async with database.transaction("commerce") as tx:
            assert len(await payments(tx, order.id)) == 1
