"""Everything that goes wrong between a shop and a provider: nothing is charged twice, lost, guessed, or held up."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest

from rynek.commerce import orders
from rynek.commerce.orders.events import OrderCancelled, OrderShipped
from rynek.commerce.payments import Move, Moved, Payment, TendersUnfit, actions, reactions
from rynek.commerce.payments.model import Done, NothingLeft, Refused, Told
from rynek.commerce.payments.ports import PROVIDERS
from rynek.commerce.payments.settlement import settle
from rynek.kernel import clock, ids
from rynek.kernel.database import Database
from rynek.kernel.door import Door, Response
from rynek.kernel.events import Envelope
from tests.commerce.payments.shop import (
    BUYER,
    FINANCE,
    SECRET,
    SUPPORT,
    Bank,
    Order,
    account,
    balance,
    cancel,
    card,
    placed,
    settled,
    ship,
    sums,
    webhook,
)


@pytest.fixture(autouse=True)
async def _balanced(door: Door, bank: Bank, database: Database) -> AsyncIterator[None]:
    """See after each test that every grosz is accounted for: ledger, payments, orders and the bank agree."""
    yield
    await bank.rules()
    await settled(database)
    assert await door.ask(FINANCE, actions.unbalanced) == []
    async with database.transaction("commerce") as tx:
        amiss = await tx.rows(
            """select o.id, o.authorised_minor, o.captured_minor, o.refunded_minor from commerce.sales_order o
            left join commerce.payment p on p.order_id = o.id group by o.id
            having o.authorised_minor <> coalesce(sum(p.authorised_minor - p.voided_minor), 0)
                or o.captured_minor <> coalesce(sum(p.captured_minor), 0)
                or o.refunded_minor <> coalesce(sum(p.refunded_minor), 0)"""
        )
        ours = await tx.rows(
            """select id::text, authorised_minor, captured_minor, voided_minor, refunded_minor from commerce.payment
            where provider = 'simulator' and authorised_minor > 0"""
        )
    assert amiss == []
    theirs = {
        (each.key.partition(":")[0], each.authorised, each.captured, each.voided, each.refunded)
        for each in await bank.books()
    }
    assert {tuple(each) for each in ours} == theirs


async def authorised(door: Door, database: Database, amount: int, token: str = "tok_ok") -> Order:  # noqa: S107
    order = await placed(database, card(amount, token))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await settled(database)
    assert (await sums(database, order.payment))[0] == amount
    return order


async def captured(door: Door, database: Database, amount: int, token: str = "tok_ok") -> Order:  # noqa: S107
    order = await authorised(door, database, amount, token)
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    await settled(database)
    assert (await sums(database, order.payment))[1] == amount
    return order


async def until(ask: Callable[[], Awaitable[Any]], expected: Any) -> None:
    """Wait until something is as expected."""
    async with asyncio.timeout(10):
        while await ask() != expected:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.01)


async def states(database: Database, payment: UUID) -> dict[str, str]:
    return {each.attempt: each.state for each in (await account(database, payment)).attempts}


# --- nothing is held while a provider thinks --------------------------------------------------------------------------


async def test_no_lock_and_no_transaction_is_open_while_a_provider_is_asked(
    door: Door, bank: Bank, database: Database
) -> None:
    """Saleor PR#11069: rows stayed locked over the call to the provider."""
    await bank.rules(pause_s=0.3)
    order = await placed(database, card(700, "tok_authorise=slow;capture=slow;refund=slow"))
    steps: list[tuple[Awaitable[Any], tuple[int, int, int, int]]] = [
        (door.ask(BUYER, actions.authorise, payment=order.payment), (700, 0, 0, 0)),
        (door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all")), (700, 700, 0, 0)),
        (door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("all")), (700, 700, 0, 700)),
    ]
    for step, after in steps:
        going = asyncio.ensure_future(step)
        await until(lambda: bank.charges(order), [after])
        async with database.transaction("commerce") as tx:
            await tx.execute("select from commerce.sales_order where id = $1 for update nowait", order.id)
            await tx.execute("select from commerce.payment where id = $1 for update nowait", order.payment)
            await tx.execute("select from commerce.payment_attempt where payment = $1 for update nowait", order.payment)
            assert await sums(database, order.payment) != after
            others = await tx.value(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and state like 'idle in transaction%' and pid <> pg_backend_pid()"
            )
        assert others == 0
        assert not going.done()
        await going
        assert await sums(database, order.payment) == after


# --- no answer, or a late one -----------------------------------------------------------------------------------------

MISHAPS = ["late", "cut", "drop", "error", "pending"]


@pytest.mark.parametrize("mishap", MISHAPS)
async def test_what_is_unknown_is_asked_again_with_the_same_key(
    door: Door, bank: Bank, database: Database, mishap: str
) -> None:
    token = f"tok_authorise={mishap};capture={mishap};refund={mishap}"
    order = await placed(database, card(500, token))
    pending: Payment = await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert (pending.state, pending.authorised_minor) == ("pending", 0)
    assert await states(database, order.payment) == {"authorise": "unknown"}
    assert (await balance(database, order)).state == "awaiting-payment"
    # nothing else may be tried as long as this may still succeed
    with pytest.raises(TendersUnfit):
        await door.ask(BUYER, actions.pay, order=order.id, tender=card(500))
    assert [each.payment for each in await door.ask(FINANCE, actions.unsettled)] == [order.payment]
    await settled(database)
    assert (await balance(database, order)).state == "open"

    taken: Moved = await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    assert (taken.attempt.state, taken.payment.captured_minor) == ("unknown", 0)
    with pytest.raises(NothingLeft):
        await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("other", 1))
    with pytest.raises(NothingLeft):
        await door.ask(FINANCE, actions.void, payment=order.payment, move=Move("other"))
    await settled(database)

    back: Moved = await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("half", 250))
    assert (back.attempt.state, back.payment.refunded_minor) == ("unknown", 0)
    with pytest.raises(NothingLeft):
        await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("more", 251))
    await settled(database)
    assert await bank.charges(order) == [(500, 500, 0, 250)]
    assert await sums(database, order.payment) == (500, 500, 0, 250)
    assert await door.ask(FINANCE, actions.unsettled) == []


async def test_an_inquiry_asks_at_once(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(500, "tok_timeout_then_success"))
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "pending"
    known = await door.ask(SUPPORT, actions.inquire, payment=order.payment)
    assert known.payment.state == "authorised"
    assert [(each.attempt, each.state) for each in known.attempts] == [("authorise", "done")]
    assert await bank.charges(order) == [(500, 0, 0, 0)]


async def test_a_provider_that_is_away_is_asked_again_when_it_is_back(
    door: Door, bank: Bank, database: Database
) -> None:
    order = await placed(database, card(500))
    PROVIDERS["simulator"] = Bank("http://127.0.0.1:1", SECRET, 0.4)
    try:
        assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "pending"
        del PROVIDERS["simulator"]
        known = await door.ask(SUPPORT, actions.inquire, payment=order.payment)
        assert known.attempts[0].state == "unknown"
    finally:
        PROVIDERS["simulator"] = bank
    await settled(database)
    assert await bank.charges(order) == [(500, 0, 0, 0)]


async def test_a_provider_that_claims_too_much_is_not_believed(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(500, "tok_authorise=more;capture=more;refund=more"))
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "pending"
    assert await sums(database, order.payment) == (0, 0, 0, 0)
    [found] = await door.ask(FINANCE, actions.unsettled)
    assert (found.why, found.error) == ("disputed", "it says that it moved 501")
    # asked about it, the bank owns up
    assert (await door.ask(SUPPORT, actions.inquire, payment=order.payment)).payment.authorised_minor == 500
    taken: Moved = await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    assert (taken.attempt.state, taken.payment.captured_minor) == ("disputed", 0)
    with pytest.raises(NothingLeft):
        await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("more", 1))
    assert (await door.ask(SUPPORT, actions.inquire, payment=order.payment)).payment.captured_minor == 500


async def test_a_refused_capture_is_on_the_list_until_the_money_is_taken(
    door: Door, bank: Bank, database: Database
) -> None:
    order = await authorised(door, database, 300, "tok_capture=refuse")
    await ship(database, order)
    await settled(database)
    assert await sums(database, order.payment) == (300, 0, 0, 0)
    [found] = await door.ask(FINANCE, actions.unsettled)
    assert (found.why, found.minor, found.error) == ("missed", 300, "the card's bank says no")
    await door.ask(FINANCE, actions.void, payment=order.payment, move=Move("written off"))
    assert await door.ask(FINANCE, actions.unsettled) == []


async def test_a_refused_refund_frees_its_amount(door: Door, bank: Bank, database: Database) -> None:
    order = await captured(door, database, 300, "tok_refund=refuse")
    back: Moved = await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r-1"))
    assert (back.attempt.state, back.payment.refunded_minor) == ("refused", 0)
    # the same reference is the same refusal; another one is asked anew, for all of it
    again: Moved = await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r-1"))
    assert again == back
    other: Moved = await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r-2"))
    assert (other.attempt.state, other.attempt.minor) == ("refused", 300)


# --- webhooks ---------------------------------------------------------------------------------------------------------


class Posted:
    """A webhook as it comes in."""

    method = "POST"
    query = ""
    address = "203.0.113.7"

    def __init__(self, body: bytes, signature: str | None, provider: str = "simulator") -> None:
        self.path = f"/payments/webhooks/{provider}"
        self.body = body
        self.signature = signature

    def header(self, name: str) -> str | None:
        return self.signature if name == "simulator-signature" else None


async def told(door: Door, *news: Told, secret: bytes = SECRET, provider: str = "simulator") -> Response:
    return await door.answer(Posted(*webhook(*news, secret=secret), provider))


async def test_failed_never_overwrites_paid(door: Door, bank: Bank, database: Database) -> None:
    """Shopware#19037: a late webhook turned a paid order back into a failed one."""
    order = await captured(door, database, 800)
    before = await account(database, order.payment)
    for attempt in ("authorise", "capture:all"):
        response = await told(door, Told(f"{order.payment}:{attempt}", Refused("it failed after all")))
        assert response.status == 200
    assert await account(database, order.payment) == before
    money = await balance(database, order)
    assert (money.state, money.authorised_minor, money.captured_minor) == ("open", 800, 800)


async def test_a_webhook_settles_what_timed_out(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(800, "tok_timeout_then_success"))
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "pending"
    [charge] = [each for each in await bank.books() if each.order == str(order.id)]
    done = Told(f"{order.payment}:authorise", Done(charge.reference, 800))
    failed = Told(f"{order.payment}:authorise", Refused("no"))
    # doubled, reordered, together and apart, all at once
    answers = await asyncio.gather(
        *(told(door, *news) for news in [(done,), (done, failed), (failed, done), (done,)] * 4)
    )
    assert {each.status for each in answers} == {200}
    assert await sums(database, order.payment) == (800, 0, 0, 0)
    assert (await balance(database, order)).state == "open"
    entries = (await account(database, order.payment)).ledger
    assert [each.kind for each in entries if each.kind != "failed"] == ["authorised"]


async def test_a_webhook_may_come_before_the_answer(door: Door, bank: Bank, database: Database) -> None:
    await bank.rules(pause_s=0.3)
    order = await placed(database, card(800, "tok_slow"))
    going = asyncio.ensure_future(door.ask(BUYER, actions.authorise, payment=order.payment))
    await until(lambda: bank.charges(order), [(800, 0, 0, 0)])
    [charge] = [each for each in await bank.books() if each.order == str(order.id)]
    await told(door, Told(f"{order.payment}:authorise", Done(charge.reference, 800)))
    assert await sums(database, order.payment) == (800, 0, 0, 0)
    assert (await going).state == "authorised"
    assert await sums(database, order.payment) == (800, 0, 0, 0)


@pytest.mark.parametrize(
    "how", ["another secret", "old", "from the future", "unsigned", "altered", "no form", "no news"]
)
async def test_a_forged_webhook_changes_nothing(door: Door, bank: Bank, database: Database, how: str) -> None:
    order = await placed(database, card(800, "tok_declined"))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    news = Told(f"{order.payment}:authorise", Done("x", 800))
    body, signature = webhook(news)
    forged = {
        "another secret": webhook(news, secret=b"guessed"),
        "old": webhook(news, at=time.time() - 301),
        "from the future": webhook(news, at=time.time() + 302),
        "unsigned": (body, None),
        "altered": (body.replace(b"800", b"900"), signature),
        "no form": (body, signature + "0"),
        "no news": (b"{}", webhook()[1]),
    }[how]
    before = await account(database, order.payment)
    response = await door.answer(Posted(*forged))
    assert (response.status, b"forged-webhook" in response.body) == (401, True)
    assert await account(database, order.payment) == before


async def test_news_of_what_is_not_ours_is_passed_over(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(800))
    for key in (f"{ids.new()}:authorise", f"{order.payment}:capture:x", f"{order.payment}", "nonsense", ""):
        assert (await told(door, Told(key, Done("x", 800)))).status == 200
    assert (await told(door, provider="nobody")).status == 404
    assert (await told(door, provider="manual")).status == 401
    assert (await account(database, order.payment)).ledger == []


async def test_nobody_speaks_for_another_provider(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(800, "tok_declined"))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    PROVIDERS["other"] = Bank("http://127.0.0.1:1", b"its own")
    try:
        news = Told(f"{order.payment}:authorise", Done("x", 800))
        assert (await told(door, news, secret=b"its own", provider="other")).status == 200
    finally:
        del PROVIDERS["other"]
    assert await sums(database, order.payment) == (0, 0, 0, 0)


async def test_what_was_refused_may_turn_out_to_be_done(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(600, "tok_authorise=turn"))
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "failed"
    [charge] = [each for each in await bank.books() if each.order == str(order.id)]
    await told(door, Told(f"{order.payment}:authorise", Done(charge.reference, 600)))
    assert (await balance(database, order)).state == "open"
    assert await sums(database, order.payment) == (600, 0, 0, 0)


# --- what goes back is what came, and its own -------------------------------------------------------------------------


async def test_a_second_charge_for_a_paid_order_goes_back_and_the_first_stays(
    door: Door, bank: Bank, database: Database
) -> None:
    """Medusa PR#15527: making up for one attempt refunded the capture of another."""
    order = await placed(database, card(600, "tok_authorise=turn"))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    other: Payment = await door.ask(BUYER, actions.pay, order=order.id, tender=card(600))
    taken: Moved = await door.ask(FINANCE, actions.capture, payment=other.id, move=Move("all"))
    assert taken.payment.state == "captured"
    [charge] = [each for each in await bank.books() if each.key == f"{order.payment}:authorise"]
    await told(door, Told(f"{order.payment}:authorise", Done(charge.reference, 600)))
    await settled(database)
    assert await sums(database, order.payment) == (600, 0, 600, 0)
    assert await sums(database, other.id) == (600, 600, 0, 0)
    assert sorted(await bank.charges(order)) == [(600, 0, 600, 0), (600, 600, 0, 0)]
    money = await balance(database, order)
    assert (money.authorised_minor, money.captured_minor, money.refunded_minor) == (600, 600, 0)


async def test_of_two_captures_each_is_refunded_by_itself(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(300), card(200, "tok_refund=refuse"))
    for payment in order.payments:
        await door.ask(BUYER, actions.authorise, payment=payment)
        await door.ask(FINANCE, actions.capture, payment=payment, move=Move("all"))
    await cancel(database, order)
    await settled(database)
    assert [await sums(database, each) for each in order.payments] == [(300, 300, 0, 300), (200, 200, 0, 0)]
    owed = [(each.payment, each.why, each.minor) for each in await door.ask(FINANCE, actions.unsettled)]
    assert owed == [(order.payments[1], "owed", 200)]
    # whatever is refused on one payment is never taken from another
    with pytest.raises(NothingLeft):
        await door.ask(SUPPORT, actions.refund, payment=order.payments[0], move=Move("the other's", 1))


@pytest.mark.parametrize("mishap", MISHAPS)
async def test_money_that_arrives_after_cancelling_goes_back(
    door: Door, bank: Bank, database: Database, mishap: str
) -> None:
    order = await placed(database, card(400, f"tok_authorise={mishap}"))
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "pending"
    await cancel(database, order)
    await settled(database)
    assert await sums(database, order.payment) == (400, 0, 400, 0)
    assert await bank.charges(order) == [(400, 0, 400, 0)]

    order = await authorised(door, database, 400, f"tok_capture={mishap};refund={mishap};void={mishap}")
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("part", 150))
    await cancel(database, order)
    await settled(database)
    assert await sums(database, order.payment) == (400, 150, 250, 150)
    assert await bank.charges(order) == [(400, 150, 250, 150)]


async def test_a_capture_refused_after_cancelling_is_let_go(door: Door, bank: Bank, database: Database) -> None:
    order = await authorised(door, database, 400, "tok_capture=lapse")
    taken: Moved = await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    assert taken.attempt.state == "unknown"
    await cancel(database, order)
    assert (await sums(database, order.payment)) == (400, 0, 0, 0)
    await settled(database)
    assert await bank.charges(order) == [(400, 0, 400, 0)]
    assert await sums(database, order.payment) == (400, 0, 400, 0)


async def test_news_of_an_order_may_come_twice_and_in_any_order(door: Door, bank: Bank, database: Database) -> None:
    gone, sent = await captured(door, database, 100), await authorised(door, database, 200)
    both = await authorised(door, database, 300)
    async with database.transaction("commerce") as tx:
        await orders.ship(tx, sent.id)
    news: dict[Any, list[Any]] = {
        reactions.give_back: [OrderCancelled(gone.id, "x"), OrderCancelled(both.id, "x"), OrderCancelled(gone.id, "x")],
        reactions.take: [OrderShipped(sent.id), OrderShipped(both.id), OrderShipped(sent.id)],
    }
    for again in range(2):
        for act, events in news.items():
            async with database.transaction("commerce") as tx:
                await act(tx, [Envelope("0-0", "", "", clock.now(), each) for each in events])
            if again:
                await settled(database)
    await settled(database)
    assert await bank.charges(gone) == [(100, 100, 0, 100)]
    assert await bank.charges(sent) == [(200, 200, 0, 0)]
    assert await bank.charges(both) == [(300, 0, 300, 0)]


# --- races ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["tok_ok", "tok_refund=slow", "tok_refund=late", "tok_refund=cut"])
async def test_refunds_at_once_never_exceed_what_was_captured(
    door: Door, bank: Bank, database: Database, token: str
) -> None:
    order = await captured(door, database, 1_000, token)
    asked = (
        door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move(f"r-{number}", 90)) for number in range(20)
    )
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, Moved) for each in answers) == 11
    assert sum(isinstance(each, NothingLeft) for each in answers) == 9
    await settled(database)
    assert await bank.charges(order) == [(1_000, 1_000, 0, 990)]
    assert await sums(database, order.payment) == (1_000, 1_000, 0, 990)


async def test_one_reference_at_once_moves_once(door: Door, bank: Bank, database: Database) -> None:
    order = await authorised(door, database, 1_000)
    for action, after in ((actions.capture, (1_000, 400, 0, 0)), (actions.refund, (1_000, 400, 0, 400))):
        asked = (door.ask(FINANCE, action, payment=order.payment, move=Move("one", 400)) for _ in range(20))
        answers = await asyncio.gather(*asked)
        assert {each.attempt.attempt for each in answers} == {f"{action.__name__}:one"}
        assert await sums(database, order.payment) == after
        assert await bank.charges(order) == [after]


async def test_one_payment_at_once_is_authorised_once(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, card(1_000, "tok_slow"))
    answers = await asyncio.gather(*(door.ask(BUYER, actions.authorise, payment=order.payment) for _ in range(20)))
    assert {each.state for each in answers} <= {"pending", "authorised"}
    assert await bank.charges(order) == [(1_000, 0, 0, 0)]
    assert await states(database, order.payment) == {"authorise": "done"}


async def test_tenders_at_once_never_exceed_what_is_missing(door: Door, bank: Bank, database: Database) -> None:
    order = await placed(database, total=1_000)
    asked = (door.ask(BUYER, actions.pay, order=order.id, tender=card(300)) for _ in range(10))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, Payment) for each in answers) == 3
    assert sum(isinstance(each, TendersUnfit) for each in answers) == 7
    assert (await balance(database, order)).authorised_minor == 900
    assert len(await bank.charges(order)) == 3


async def test_capture_void_and_cancelling_at_once(door: Door, bank: Bank, database: Database) -> None:
    for _ in range(8):
        order = await authorised(door, database, 500)
        await asyncio.gather(
            door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("a", 300)),
            door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("b", 300)),
            door.ask(FINANCE, actions.void, payment=order.payment, move=Move("c")),
            cancel(database, order),
            return_exceptions=True,
        )
        await settled(database)
        promised, taken, gone, back = await sums(database, order.payment)
        assert (promised, taken + gone, taken - back) == (500, 500, 0)


# --- crashes ----------------------------------------------------------------------------------------------------------


async def killed(asked: Awaitable[Any], after_s: float) -> None:
    task = asyncio.ensure_future(asked)
    await asyncio.sleep(after_s)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_killed_anywhere_it_is_charged_exactly_once(door: Door, bank: Bank, database: Database) -> None:
    await bank.rules(pause_s=0.02)
    chance = random.Random(11)
    lots = [await placed(database, card(100 + n, "tok_authorise=slow;capture=slow")) for n in range(50)]
    steps: list[Any] = [
        lambda order: door.ask(BUYER, actions.authorise, payment=order.payment),
        lambda order: door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all")),
        lambda order: door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("some", 50)),
    ]
    for step in steps:
        await asyncio.gather(*(killed(step(order), chance.uniform(0, 0.12)) for order in lots))
        await settled(database)
        for order in lots:  # those that were killed before anything was written begin now; the others are as they are
            await step(order)
        await settled(database)
    for n, order in enumerate(lots):
        assert await bank.charges(order) == [(100 + n, 100 + n, 0, 50)]
        assert await sums(database, order.payment) == (100 + n, 100 + n, 0, 50)


async def test_killed_while_settling_it_is_settled_by_the_next(door: Door, bank: Bank, database: Database) -> None:
    lots = [await authorised(door, database, 100) for _ in range(20)]
    for order in lots:
        await cancel(database, order)
    for _ in range(10):
        await killed(settle(database), random.Random(3).uniform(0.005, 0.03))
    await settled(database)
    for order in lots:
        assert await bank.charges(order) == [(100, 0, 100, 0)]


async def test_several_processes_settle_side_by_side(door: Door, bank: Bank, database: Database) -> None:
    lots = [await authorised(door, database, 100) for _ in range(20)]
    for order in lots:
        async with database.transaction("commerce") as tx:
            await orders.ship(tx, order.id)
    await ship(database, lots[0])
    tasks = [asyncio.ensure_future(settle(database)) for _ in range(4)]

    async def all_sums() -> set[tuple[int, int, int, int]]:
        return {await sums(database, order.payment) for order in lots}

    await until(all_sums, {(100, 100, 0, 0)})
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for order in lots:
        assert await bank.charges(order) == [(100, 100, 0, 0)]
        assert [each.tries for each in (await account(database, order.payment)).attempts] == [1, 1]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_in_chaos_every_grosz_is_accounted_for(door: Door, bank: Bank, database: Database, seed: int) -> None:
    """Random steps at once, half of which go wrong and some are killed; the fixture compares all books afterwards."""
    await bank.rules(chaos=0.5, pause_s=0.05, late_s=0.6)
    chance = random.Random(seed)
    lots = [
        await placed(database, *(card(chance.randint(1, 999)) for _ in range(chance.randint(1, 3)))) for _ in range(20)
    ]

    async def steps(order: Order) -> None:
        for _ in range(6):
            move = Move(f"m-{chance.randint(1, 4)}", chance.choice([None, 1, 50, 400]))
            payment = chance.choice(order.payments)
            step: Any = chance.choice(
                [
                    lambda: asyncio.gather(
                        *(door.ask(BUYER, actions.authorise, payment=each) for each in order.payments)
                    ),
                    lambda payment=payment, move=move: door.ask(FINANCE, actions.capture, payment=payment, move=move),
                    lambda payment=payment, move=move: door.ask(FINANCE, actions.void, payment=payment, move=move),
                    lambda payment=payment, move=move: door.ask(SUPPORT, actions.refund, payment=payment, move=move),
                    lambda: cancel(database, order),
                    lambda: ship(database, order),
                ]
            )
            with suppress(Exception):
                await (killed(step(), chance.uniform(0, 0.2)) if chance.random() < 0.3 else step())

    await asyncio.gather(*(steps(order) for order in lots))
    await settled(database, patience_s=60)
    for order in lots:
        money = await balance(database, order)
        if money.state == "cancelled":
            assert (money.authorised_minor - money.captured_minor, money.captured_minor - money.refunded_minor) == (
                0,
                0,
            )
