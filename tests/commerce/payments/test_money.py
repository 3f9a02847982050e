"""Money promised, taken, let go, given back: through the door, the simulator at the other end."""

import pytest

from rynek.commerce.payments import Move, Moved, Payment, PaymentClosed, Tender, TendersUnfit, actions
from rynek.commerce.payments.model import NothingLeft, ReferenceTaken
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.faults import Forbidden, NotFound
from tests.commerce.payments.shop import (
    BUYER,
    FINANCE,
    SUPPORT,
    Bank,
    account,
    balance,
    cancel,
    card,
    manual,
    placed,
    settled,
    ship,
    sums,
)


async def test_a_card_is_authorised_captured_and_refunded_in_parts(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(10_000))
    paid: Payment = await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert (paid.state, paid.authorised_minor) == ("authorised", 10_000)
    assert (await balance(database, order)).state == "open"

    part: Moved = await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("first", 4_000))
    assert (part.attempt.state, part.payment.captured_minor) == ("done", 4_000)
    rest: Moved = await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("rest"))
    assert rest.payment.captured_minor == 10_000
    back: Moved = await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r-1", 2_500))
    assert (back.payment.refunded_minor, back.payment.state) == (2_500, "captured")
    again: Moved = await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r-1", 2_500))
    assert again == back
    with pytest.raises(ReferenceTaken):
        await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r-1", 2_501))
    with pytest.raises(NothingLeft):
        await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r-2", 7_501))
    last: Moved = await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r-3"))
    assert (last.payment.refunded_minor, last.payment.state) == (10_000, "refunded")

    assert await bank.charges(order) == [(10_000, 10_000, 0, 10_000)]
    money = await balance(database, order)
    assert (money.authorised_minor, money.captured_minor, money.refunded_minor) == (10_000, 10_000, 10_000)
    ledger = (await account(database, order.payment)).ledger
    assert sorted((each.attempt, each.kind, each.minor) for each in ledger) == [
        ("authorise", "authorised", 10_000),
        ("capture:first", "captured", 4_000),
        ("capture:rest", "captured", 6_000),
        ("refund:r-1", "refunded", 2_500),
        ("refund:r-3", "refunded", 7_500),
    ]


async def test_what_is_left_after_a_part_is_let_go(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(900))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("part", 200))
    gone: Moved = await door.ask(FINANCE, actions.void, payment=order.payment, move=Move("enough"))
    assert gone.payment.voided_minor == 700
    assert await door.ask(FINANCE, actions.void, payment=order.payment, move=Move("enough")) == gone
    with pytest.raises(NothingLeft):
        await door.ask(FINANCE, actions.void, payment=order.payment, move=Move("more"))
    with pytest.raises(NothingLeft):
        await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("more", 1))
    assert await bank.charges(order) == [(900, 200, 700, 0)]
    assert (await balance(database, order)).authorised_minor == 200


async def test_a_declined_card_is_followed_by_another_tender(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(500, "tok_declined"))
    declined: Payment = await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert declined.state == "failed"
    assert (await balance(database, order)).state == "awaiting-payment"
    # asked again it is the same answer: a payment is authorised once
    assert await door.ask(BUYER, actions.authorise, payment=order.payment) == declined
    with pytest.raises(TendersUnfit):
        await door.ask(BUYER, actions.pay, order=order.id, tender=card(501))
    other: Payment = await door.ask(BUYER, actions.pay, order=order.id, tender=card(500))
    assert other.state == "authorised"
    assert (await balance(database, order)).state == "open"
    with pytest.raises(PaymentClosed):
        await door.ask(BUYER, actions.pay, order=order.id, tender=card(1))
    both: list[Payment] = await door.ask(BUYER, actions.payments, order=order.id)
    assert [(each.id, each.state) for each in both] == [(order.payment, "failed"), (other.id, "authorised")]
    assert await bank.charges(order) == [(500, 0, 0, 0)]


async def test_several_tenders_pay_one_order(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(300), card(200), manual(100))
    first, second, _ = order.payments
    assert (await balance(database, order)).authorised_minor == 100
    await door.ask(BUYER, actions.authorise, payment=first)
    assert (await balance(database, order)).state == "awaiting-payment"
    await door.ask(BUYER, actions.authorise, payment=second)
    money = await balance(database, order)
    assert (money.state, money.authorised_minor) == ("open", 600)
    await ship(database, order)
    await settled(database)
    assert sorted(await bank.charges(order)) == [(200, 200, 0, 0), (300, 300, 0, 0)]
    # the courier's money is written down when it comes
    assert (await balance(database, order)).captured_minor == 500
    cash: Moved = await door.ask(FINANCE, actions.capture, payment=order.payments[2], move=Move("courier 7"))
    assert (cash.attempt.state, cash.payment.state) == ("done", "captured")
    assert (await balance(database, order)).captured_minor == 600


async def test_a_part_that_the_bank_approves_leaves_the_rest_to_pay(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(400, "tok_authorise=half"))
    half: Payment = await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert (half.state, half.authorised_minor) == ("authorised", 200)
    with pytest.raises(TendersUnfit) as unfit:
        await door.ask(BUYER, actions.pay, order=order.id, tender=card(201))
    assert unfit.value.facts == {"missing_minor": 200}
    await door.ask(BUYER, actions.pay, order=order.id, tender=card(200))
    assert (await balance(database, order)).state == "open"


async def test_a_cancelled_order_gives_everything_back(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(1_000), card(500), manual(50, "transfer"))
    for payment in order.payments[:2]:
        await door.ask(BUYER, actions.authorise, payment=payment)
    await door.ask(FINANCE, actions.capture, payment=order.payments[0], move=Move("early", 300))
    await cancel(database, order)
    await settled(database)
    assert sorted(await bank.charges(order)) == [(500, 0, 500, 0), (1_000, 300, 700, 300)]
    money = await balance(database, order)
    assert (money.authorised_minor, money.captured_minor, money.refunded_minor) == (300, 300, 300)
    assert [await sums(database, each) for each in order.payments] == [
        (1_000, 300, 700, 300),
        (500, 0, 500, 0),
        (50, 0, 50, 0),
    ]
    for payment in order.payments[:2]:
        with pytest.raises((PaymentClosed, NothingLeft)):
            await door.ask(FINANCE, actions.capture, payment=payment, move=Move("late", 1))


async def test_money_that_people_took_is_owed_until_they_gave_it_back(door: Door, database: Database) -> None:
    order = await placed(database, manual(800, "cash"))
    await cancel(database, order)
    await settled(database)
    assert await sums(database, order.payment) == (800, 800, 0, 0)
    owed = [each for each in await door.ask(FINANCE, actions.unsettled) if each.payment == order.payment]
    assert [(each.why, each.minor) for each in owed] == [("owed", 800)]
    await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("till 3"))
    assert not [each for each in await door.ask(FINANCE, actions.unsettled) if each.payment == order.payment]


async def test_nothing_is_authorised_for_a_cancelled_order(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(100))
    await cancel(database, order)
    with pytest.raises(PaymentClosed):
        await door.ask(BUYER, actions.pay, order=order.id, tender=card(100))
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "voided"
    assert await bank.charges(order) == []


async def test_a_buyer_sees_and_pays_only_what_is_hers(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(100))
    stranger = Actor("guest", ids.new())
    for asked in (
        door.ask(stranger, actions.payment, payment=order.payment),
        door.ask(stranger, actions.payments, order=order.id),
        door.ask(stranger, actions.authorise, payment=order.payment),
        door.ask(stranger, actions.pay, order=order.id, tender=card(1)),
        door.ask(BUYER, actions.payment, payment=ids.new()),
    ):
        with pytest.raises(NotFound):
            await asked
    for action in (actions.capture, actions.refund, actions.void):
        with pytest.raises(Forbidden):
            await door.ask(BUYER, action, payment=order.payment, move=Move("x"))
    with pytest.raises(Forbidden):
        await door.ask(Actor("staff", ids.new(), frozenset({"stock"})), actions.payments, order=order.id)
    assert await bank.charges(order) == []
    assert (await account(database, order.payment)).attempts == []


@pytest.mark.parametrize(
    "tender",
    [
        Tender(method="cash", amount_minor=100),
        Tender(provider="nobody", method="card", amount_minor=100, token="tok"),
        Tender(provider="simulator", method="card", amount_minor=100),
        Tender(method="shells", amount_minor=100),
    ],
)
async def test_tenders_not_offered_are_refused(door: Door, bank: Bank, database: Database, tender: Tender) -> None:
    order = await placed(database, total=100)
    with pytest.raises(TendersUnfit):
        await door.ask(BUYER, actions.pay, order=order.id, tender=tender)
    assert await door.ask(BUYER, actions.payments, order=order.id) == []


async def test_the_ledger_balances(door: Door, database: Database) -> None:
    assert await door.ask(FINANCE, actions.unbalanced) == []
