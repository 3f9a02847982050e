"""Stripe by its own library, against somebody else's stand-in for it, and what it says read exactly."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from rynek.app import App
from rynek.commerce.payments import Move, Moved, Tender, actions
from rynek.commerce.payments.model import (
    Contested,
    Done,
    Due,
    ForgedWebhook,
    NothingLeft,
    Refused,
    Stirred,
    Unknown,
    Unseen,
    Waits,
)
from rynek.commerce.payments.ports import PROVIDERS, configure, register
from rynek.commerce.payments.settlement import q
from rynek.commerce.payments.stripe import WAITED, Stripe, _gone, _promised, _returned, _taken
from rynek.kernel import clock, ids
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.faults import NotFound
from rynek.kernel.settings import Settings, SettingsError
from rynek.kernel.settings import Stripe as Keys
from tests import localstripe
from tests.commerce.payments import shop
from tests.commerce.payments.shop import BUYER, FINANCE, SUPPORT, Order, account, balance, cancel, placed, settled, sums

SECRET = "whsec_of_the_tests"
GOOD, DECLINED, ASKS = "4242424242424242", "4000000000000341", "4000002500003155"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with localstripe.served(tmp_path_factory.mktemp("localstripe")) as running:
        yield running


@pytest.fixture(scope="module")
async def stripe(world: App, address: str) -> AsyncIterator[Stripe]:
    made = Stripe("sk_test_12345", SECRET, address)
    register("stripe", made, outside=True)
    yield made
    PROVIDERS.pop("stripe", None)
    await made.close()


@pytest.fixture(scope="module")
def door(world: App, stripe: Stripe) -> Door:
    return world.door


async def method(stripe: Stripe, number: str = GOOD) -> str:
    card: Any = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    made = await stripe.client.v1.payment_methods.create_async({"type": "card", "card": card})
    return made.id


async def bought(stripe: Stripe, database: Database, amount: int, number: str = GOOD) -> Order:
    token = await method(stripe, number)
    return await placed(database, Tender(provider="stripe", method="card", amount_minor=amount, token=token))


async def intent(stripe: Stripe, database: Database, order: Order) -> Any:
    async with database.transaction("commerce") as tx:
        reference = await tx.value("select reference from commerce.payment where id = $1", order.payment)
    return await stripe._intent(reference)


# --- through the shop -------------------------------------------------------------------------------------------------


async def test_it_is_authorised_captured_and_refunded(door: Door, stripe: Stripe, database: Database) -> None:
    order = await bought(stripe, database, 5_000)
    paid = await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert (paid.state, paid.authorised_minor, paid.action_url) == ("authorised", 5_000, None)
    found = await intent(stripe, database, order)
    assert (found["status"], found["amount"], found["currency"]) == ("requires_capture", 5_000, "pln")
    assert found["metadata"] == {"rynek_key": f"{order.payment}:authorise", "order": str(order.id)}
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    assert (await intent(stripe, database, order))["status"] == "succeeded"
    for part in (1_500, 500):
        back: Moved = await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move(f"r{part}", part))
        assert back.attempt.state == "done"
    assert await sums(database, order.payment) == (5_000, 5_000, 0, 2_000)
    charge = (await intent(stripe, database, order))["latest_charge"]
    assert charge["amount_refunded"] == 2_000


async def test_a_part_is_captured_and_the_rest_let_go(door: Door, stripe: Stripe, database: Database) -> None:
    order = await bought(stripe, database, 5_000)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("part", 3_000))
    assert await sums(database, order.payment) == (5_000, 3_000, 0, 0)
    await cancel(database, order)
    await settled(database)
    promised, taken, _, back = await sums(database, order.payment)
    assert (promised, taken, back) == (5_000, 3_000, 3_000)


async def test_a_cancelled_order_lets_go_of_its_card(door: Door, stripe: Stripe, database: Database) -> None:
    order = await bought(stripe, database, 700)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await cancel(database, order)
    await settled(database)
    assert await sums(database, order.payment) == (700, 0, 700, 0)
    assert (await intent(stripe, database, order))["status"] == "canceled"


async def test_a_declined_card_is_a_refusal_and_another_pays(door: Door, stripe: Stripe, database: Database) -> None:
    order = await bought(stripe, database, 900, DECLINED)
    failed = await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert failed.state == "failed"
    [attempt] = (await account(database, order.payment)).attempts
    assert "declined" in attempt.error
    tender = Tender(provider="stripe", method="card", amount_minor=900, token=await method(stripe))
    assert (await door.ask(BUYER, actions.pay, order=order.id, tender=tender)).state == "authorised"
    assert (await balance(database, order)).state == "open"


async def test_a_token_that_is_none_is_refused(door: Door, stripe: Stripe, database: Database) -> None:
    order = await placed(database, Tender(provider="stripe", method="card", amount_minor=900, token="pm_of_nobody"))
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "failed"


@pytest.mark.parametrize(("success", "state"), [(True, "authorised"), (False, "failed")])
async def test_the_buyer_goes_to_her_bank_and_comes_back(
    door: Door, stripe: Stripe, database: Database, *, success: bool, state: str
) -> None:
    order = await bought(stripe, database, 1_200, ASKS)
    waiting = await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert waiting.state == "pending"
    found = await intent(stripe, database, order)
    assert found["status"] == "requires_action"
    await authenticate(stripe, found, success=success)
    known = await door.ask(SUPPORT, actions.inquire, payment=order.payment)
    assert known.payment.state == state
    assert (await balance(database, order)).state == ("open" if success else "awaiting-payment")


async def authenticate(stripe: Stripe, found: Any, *, success: bool) -> None:
    try:
        await stripe.client.raw_request_async(
            "post", f"/v1/payment_intents/{found['id']}/_authenticate", client_secret=found["client_secret"],
            success="true" if success else "false",
        )  # fmt: skip
    except Exception:
        if success:
            raise


async def test_who_does_not_come_back_does_not_block_her_order(door: Door, stripe: Stripe, database: Database) -> None:
    order = await bought(stripe, database, 1_200, ASKS)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    with clock.at(clock.now() + WAITED + timedelta(seconds=1)):
        known = await door.ask(SUPPORT, actions.inquire, payment=order.payment)
    assert known.payment.state == "failed"
    assert (await intent(stripe, database, order))["status"] == "canceled"
    tender = Tender(provider="stripe", method="card", amount_minor=1_200, token=await method(stripe))
    assert (await door.ask(BUYER, actions.pay, order=order.id, tender=tender)).state == "authorised"


async def test_nobody_is_paid_back_twice_however_often_it_is_asked(
    door: Door, stripe: Stripe, database: Database
) -> None:
    """The stand-in itself would give back any amount: the bounds are ours."""
    order = await bought(stripe, database, 1_000)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    asked = [door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move(f"r{n}", 400)) for n in range(6)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, Moved) for each in answers) == 2
    # a refund whose answer was lost is found by its key, and not asked for again
    [done, _] = [each for each in (await account(database, order.payment)).attempts if each.kind == "refund"]
    async with database.transaction("commerce") as tx:
        due = await q.due(tx, payment=order.payment, attempt=done.attempt)
    again = await stripe.inquire(due)
    assert isinstance(again, Done)
    assert again.minor == 400
    assert await stripe.inquire(msgspec.structs.replace(due, attempt="refund:never")) == Unseen()


async def test_what_it_settled_is_told_and_compared(door: Door, stripe: Stripe, database: Database) -> None:
    order = await bought(stripe, database, 3_300)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("part", 300))
    reference = (await intent(stripe, database, order))["id"]
    told = await stripe.settlements(clock.now() - timedelta(hours=1))
    assert sorted((each.kind, each.minor, each.currency) for each in told if each.reference == reference) == [
        ("payment", 3_300, "PLN"),
        ("refund", -300, "PLN"),
    ]
    first = await door.ask(FINANCE, "commerce.reconciliation.fetch", provider="stripe")
    assert (first.lines, first.known) == (len(told), 0)
    again = await door.ask(FINANCE, "commerce.reconciliation.fetch", provider="stripe")
    assert (again.lines, again.known, again.matched) == (len(told), len(told), 0)
    found = await door.ask(FINANCE, "commerce.reconciliation.lines", source="stripe", limit=500)
    assert {each.state for each in found if each.payment == order.payment} == {"matched"}
    with pytest.raises(NotFound):
        await door.ask(FINANCE, "commerce.reconciliation.fetch", provider="manual")


# --- webhooks ---------------------------------------------------------------------------------------------------------


def event(kind: str, thing: dict[str, Any], secret: str = SECRET, at: float | None = None) -> tuple[bytes, str]:
    body = msgspec.json.encode(
        {"id": f"evt_{ids.new().hex}", "object": "event", "type": kind, "data": {"object": thing}, "api_version": None,
         "created": int(time.time()), "livemode": False, "pending_webhooks": 0, "request": None}
    )  # fmt: skip
    seconds = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), b"%d." % seconds + body, hashlib.sha256).hexdigest()
    return body, f"t={seconds},v1={digest}"


class Posted:
    method = "POST"
    query = ""
    address = "203.0.113.7"
    path = "/payments/webhooks/stripe"

    def __init__(self, body: bytes, signature: str) -> None:
        self.body = body
        self.signature = signature

    def header(self, name: str) -> str | None:
        return self.signature if name == "stripe-signature" else None


def dispute(reference: str, status: str = "needs_response", number: str = "dp_1", minor: int = 800) -> dict[str, Any]:
    return {
        "id": number, "object": "dispute", "payment_intent": reference, "amount": minor, "currency": "pln",
        "reason": "fraudulent", "status": status, "evidence_details": {"due_by": 1_800_000_000},
    }  # fmt: skip


async def test_news_make_it_ask_at_once_and_nothing_is_believed_of_them(
    door: Door, stripe: Stripe, database: Database
) -> None:
    order = await bought(stripe, database, 1_200, ASKS)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    found = await intent(stripe, database, order)
    # it says that it is paid; it is not
    said = event("payment_intent.amount_capturable_updated", {"id": found["id"], "object": "payment_intent"})
    for _ in range(2):
        assert (await door.answer(Posted(*said))).status == 200
    async with database.transaction("commerce") as tx:
        due = await tx.value("select due_at from commerce.payment_attempt where payment = $1", order.payment)
    assert due <= clock.now()
    assert await sums(database, order.payment) == (0, 0, 0, 0)
    await authenticate(stripe, found, success=True)
    assert (await door.answer(Posted(*said))).status == 200
    await settled(database)
    assert await sums(database, order.payment) == (1_200, 0, 0, 0)


async def test_what_the_bank_takes_back_is_work_and_in_the_ledger(
    door: Door, stripe: Stripe, database: Database
) -> None:
    order = await bought(stripe, database, 800)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    reference = (await intent(stripe, database, order))["id"]
    for kind in ("created", "funds_withdrawn", "created"):
        said = event(f"charge.dispute.{kind}", dispute(reference))
        assert (await door.answer(Posted(*said))).status == 200
    known = await account(database, order.payment)
    assert known.payment.disputed_minor == 800
    assert [(each.kind, each.minor) for each in known.ledger].count(("disputed", 800)) == 1
    [work] = [each for each in await door.ask(FINANCE, actions.unsettled) if each.why == "contested"]
    assert (work.payment, work.minor, work.error) == (order.payment, 800, "fraudulent")
    # nobody gives back what the bank took already
    with pytest.raises(NothingLeft):
        await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("r", 1))
    await door.answer(Posted(*event("charge.dispute.closed", dispute(reference, "won"))))
    await door.answer(Posted(*event("charge.dispute.created", dispute(reference))))  # late
    await door.answer(Posted(*event("charge.dispute.closed", dispute(reference, "lost"))))  # what is decided stays
    known = await account(database, order.payment)
    assert known.payment.disputed_minor == 0
    assert [each.kind for each in known.ledger][-2:] == ["disputed", "recovered"]
    assert not [each for each in await door.ask(FINANCE, actions.unsettled) if each.payment == order.payment]
    assert await door.ask(FINANCE, actions.unbalanced) == []


async def test_that_it_is_lost_may_be_the_first_news(door: Door, stripe: Stripe, database: Database) -> None:
    order = await bought(stripe, database, 800)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    reference = (await intent(stripe, database, order))["id"]
    answers = await asyncio.gather(
        *(door.answer(Posted(*event("charge.dispute.closed", dispute(reference, "lost", "dp_2")))) for _ in range(4))
    )
    assert {each.status for each in answers} == {200}
    known = await account(database, order.payment)
    assert (known.payment.disputed_minor, [each.kind for each in known.ledger].count("disputed")) == (800, 1)
    assert await door.ask(FINANCE, actions.unbalanced) == []


@pytest.mark.parametrize("how", ["another secret", "old", "altered", "unsigned", "no event"])
async def test_forged_news_change_nothing(door: Door, stripe: Stripe, database: Database, how: str) -> None:
    order = await bought(stripe, database, 800)
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    reference = (await intent(stripe, database, order))["id"]
    body, signature = event("charge.dispute.created", dispute(reference, number="dp_forged"))
    forged = {
        "another secret": event("charge.dispute.created", dispute(reference), "whsec_guessed"),
        "old": event("charge.dispute.created", dispute(reference), at=time.time() - 301),
        "altered": (body.replace(b"800", b"900"), signature),
        "unsigned": (body, ""),
        "no event": (b"{}", signature),
    }[how]
    assert (await door.answer(Posted(*forged))).status == 401
    assert (await account(database, order.payment)).payment.disputed_minor == 0


# --- what it says, read exactly ---------------------------------------------------------------------------------------


@pytest.fixture
async def reader() -> AsyncIterator[Stripe]:
    made = Stripe("sk_test_12345", SECRET, "http://127.0.0.1:1")
    yield made
    await made.close()


def due(kind: Any = "authorise", **changed: Any) -> Due:
    return msgspec.structs.replace(
        Due(UUID(int=1), kind, kind, 800, 2, UUID(int=2), "stripe", "card", "PLN", "pm_1", None, clock.now()), **changed
    )


@pytest.mark.parametrize(
    ("kind", "thing", "expected"),
    [
        ("payment_intent.succeeded", {"id": "pi_1"}, [Stirred("pi_1")]),
        ("refund.failed", {"id": "re_1", "payment_intent": "pi_1"}, [Stirred("pi_1")]),
        ("charge.refund.updated", {"id": "re_1", "payment_intent": None}, []),
        ("charge.dispute.created", dispute("pi_1", "warning_needs_response"), []),
        ("customer.created", {"id": "cus_1"}, []),
    ],
)
async def test_news_are_read(reader: Stripe, kind: str, thing: dict[str, Any], expected: list[Any]) -> None:
    body, signature = event(kind, thing)
    assert reader.read_webhook(lambda _: signature, body) == expected
    with pytest.raises(ForgedWebhook):
        reader.read_webhook(lambda _: None, body)


async def test_a_dispute_is_read(reader: Stripe) -> None:
    body, signature = event("charge.dispute.closed", dispute("pi_1", "won"))
    [told] = reader.read_webhook(lambda _: signature, body)
    assert isinstance(told, Contested)
    assert (told.reference, told.state, told.minor, told.until is not None) == ("pi_1", "won", 800, True)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"status": "requires_capture", "amount_capturable": 700}, Done("pi_1", 700, captures="once")),
        ({"status": "requires_capture", "amount_capturable": 700, "latest_charge": {"payment_method_details": {
            "card": {"multicapture": {"status": "available"}}}}}, Done("pi_1", 700, captures="parts")),
        ({"status": "succeeded", "amount_received": 900}, Done("pi_1", 900)),
        ({"status": "requires_action", "next_action": {"redirect_to_url": {"url": "https://bank"}}},
         Waits("pi_1", "https://bank")),
        ({"status": "requires_payment_method", "last_payment_error": {"message": "no"}}, Refused("no")),
        ({"status": "processing"}, Unknown("the intent is processing")),
        ({"status": "canceled"}, Refused("it was called off, or the buyer did not come back")),
    ],
)  # fmt: skip
def test_an_intent_is_read(said: dict[str, Any], expected: Any) -> None:
    assert _promised({"id": "pi_1", "amount": 800, **said}) == expected


@pytest.mark.parametrize(
    ("said", "several", "expected"),
    [
        ({"status": "succeeded", "amount_received": 700}, False, Done("pi_1", 700)),
        # of several captures each is as large as it was asked to be: what was received is their sum
        ({"status": "succeeded", "amount_received": 1_500}, True, Done("pi_1", 800)),
        ({"status": "requires_capture", "amount_received": 700}, True, Done("pi_1", 800)),
        ({"status": "requires_capture"}, False, Unknown("the intent is requires_capture")),
        ({"status": "requires_payment_method", "last_payment_error": {"code": "lapsed"}}, False, Refused("lapsed")),
    ],
)
def test_a_capture_is_read(said: dict[str, Any], expected: Any, *, several: bool) -> None:
    assert _taken({"id": "pi_1", "amount": 1_600, **said}, due("capture"), several=several) == expected


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ({"status": "canceled"}, True),
        ({"status": "succeeded", "amount_received": 800}, True),
        ({"status": "succeeded", "amount_received": 801}, False),
        ({"status": "requires_capture"}, False),
    ],
)
def test_what_was_let_go_is_read(said: dict[str, Any], *, gone: bool) -> None:
    assert isinstance(_gone({"id": "pi_1", "amount": 1_600, **said}, due("void")), Done) == gone


@pytest.mark.parametrize(
    ("status", "expected"),
    [("succeeded", Done), ("pending", Unknown), ("failed", Refused), ("canceled", Refused)],
)
def test_a_refund_is_read(status: str, expected: type) -> None:
    assert isinstance(_returned({"id": "re_1", "amount": 5, "status": status}), expected)


async def test_one_that_is_away_is_silent(reader: Stripe) -> None:
    outcome = await reader.authorise(due())
    assert isinstance(outcome, Unknown)
    assert outcome.silent
    assert "sk_test" not in outcome.why


async def test_what_it_still_knows_by_its_key_is_asked_again(reader: Stripe) -> None:
    assert await reader.inquire(due()) == Unseen()
    assert await reader.inquire(due("capture", reference="pi_1")) == Unseen()
    old = clock.now() - timedelta(days=2)
    # later than that it is looked for: here nobody answers, so nothing is known
    assert isinstance(await reader.inquire(due(asked_at=old)), Unknown)
    assert isinstance(await reader.inquire(due("capture", reference="pi_1", asked_at=old)), Unknown)


async def test_currencies_that_it_counts_otherwise_are_not_taken(reader: Stripe) -> None:
    assert isinstance(await reader.authorise(due(currency="ISK")), Refused)


def test_keys_are_needed_and_never_printed(tmp_path: Path) -> None:
    keys = Keys("sk_live_1", "whsec_1")
    assert "sk_live" not in repr(Settings(stripe=keys))
    with pytest.raises(SettingsError, match="secret_key"):
        configure(Settings(payment_providers=("manual", "stripe")), lambda _: shop.SECRET)
    try:
        configure(Settings(payment_providers=("manual", "stripe"), stripe=keys), lambda _: shop.SECRET)
        assert isinstance(PROVIDERS["stripe"], Stripe)
    finally:
        configure(Settings(), lambda _: shop.SECRET)
