"""A card terminal at the till: approved, declined, silent, let go, given back, and what it prints."""

from collections.abc import AsyncIterator

import pytest

from rynek.app import App
from rynek.commerce.payments import Move, Tender, TendersUnfit, actions
from rynek.commerce.payments.ports import PROVIDERS, register
from rynek.commerce.payments.wire import Terminals
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from tests.commerce.payments import shop
from tests.commerce.payments.shop import BUYER, FINANCE, SUPPORT, Bank, Order, account, cancel, placed, settled, sums


@pytest.fixture(scope="module", autouse=True)
async def _terminals(world: App, bank: Bank) -> AsyncIterator[None]:
    register("terminal", Terminals(f"http://127.0.0.1:{bank.port}", shop.SECRET, shop.TIMEOUT_S), outside=False)
    yield
    PROVIDERS.pop("terminal")


async def bought(database: Database, amount: int, terminal: str = "till-3", owner: Actor = BUYER) -> Order:
    tender = Tender(provider="terminal", method="card-present", amount_minor=amount, token=terminal)
    return await placed(database, tender, owner=owner)


async def test_a_card_is_charged_given_back_and_the_slips_are_kept(door: Door, bank: Bank, database: Database) -> None:
    order = await bought(database, 45_90)
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "authorised"
    await shop.ship(database, order)
    await settled(database)
    await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r", 10_00))
    assert await sums(database, order.payment) == (45_90, 45_90, 0, 10_00)
    slips = {each.kind: each.receipt for each in (await account(database, order.payment)).attempts}
    assert slips["authorise"].startswith("AUTHORISE\n45.90 PLN\nCARD **** 4242")
    assert slips["refund"].startswith("REFUND\n10.00 PLN")


async def test_a_cancelled_sale_is_let_go(door: Door, bank: Bank, database: Database) -> None:
    order = await bought(database, 45_90)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await cancel(database, order)
    await settled(database)
    assert await sums(database, order.payment) == (45_90, 0, 45_90, 0)
    slips = {each.kind: each.receipt for each in (await account(database, order.payment)).attempts}
    assert slips["void"].startswith("VOID\n45.90 PLN")


async def test_a_declined_card_prints_nothing_and_cash_pays(door: Door, bank: Bank, database: Database) -> None:
    order = await bought(database, 45_90, "till-3;authorise=refuse")
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "failed"
    [attempt] = (await account(database, order.payment)).attempts
    assert (attempt.state, attempt.receipt) == ("refused", "")
    till = Actor("staff", ids.new(), frozenset({"admin"}))
    cash = Tender(method="cash", amount_minor=45_90)
    assert (await door.ask(till, actions.pay, order=order.id, tender=cash)).state == "captured"


@pytest.mark.parametrize("mishap", ["late", "cut", "drop", "error", "pending"])
async def test_a_terminal_that_does_not_answer_charges_once(
    door: Door, bank: Bank, database: Database, mishap: str
) -> None:
    order = await bought(database, 45_90, f"till-3;authorise={mishap}")
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "pending"
    cash = Tender(method="transfer", amount_minor=45_90)
    with pytest.raises(TendersUnfit):  # nobody pays again while this may still come through
        await door.ask(BUYER, actions.pay, order=order.id, tender=cash)
    await settled(database)
    assert await bank.charges(order) == [(45_90, 0, 0, 0)]
    assert await sums(database, order.payment) == (45_90, 0, 0, 0)
    [attempt] = (await account(database, order.payment)).attempts
    assert attempt.receipt.startswith("AUTHORISE\n45.90 PLN")


async def test_which_terminal_has_to_be_said(door: Door, database: Database) -> None:
    order = await placed(database, total=100)
    tender = Tender(provider="terminal", method="card-present", amount_minor=100)
    with pytest.raises(TendersUnfit):
        await door.ask(BUYER, actions.pay, order=order.id, tender=tender)
    assert await door.ask(FINANCE, actions.payments, order=order.id) == []
