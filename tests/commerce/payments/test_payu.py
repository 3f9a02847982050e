"""PayU, against a simulator of its documented states: told twice, late, in any order, forged or never."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from rynek.app import App
from rynek.commerce import orders
from rynek.commerce.payments import Move, Moved, Payment, Tender, actions
from rynek.commerce.payments.payu import WAITED, PayU, holds
from rynek.commerce.payments.payu_simulator import (
    CLIENT,
    CONFIRMS,
    IGNORES,
    POS,
    REFUSES,
    SECOND,
    SECRET,
    Order,
    Rules,
    sign,
)
from rynek.commerce.payments.ports import PROVIDERS, configure, register
from rynek.commerce.payments.settlement import settle_due
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.settings import PayU as Keys
from rynek.kernel.settings import Settings, SettingsError
from tests.commerce.payments import shop
from tests.commerce.payments.shop import BUYER, FINANCE, SUPPORT, account, balance, cancel, placed, settled, ship, sums
from tests.conftest import free_port

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))


class Posted:
    method = "POST"
    query = ""
    address = "203.0.113.7"
    path = "/payments/webhooks/payu"

    def __init__(self, body: bytes, signature: str | None) -> None:
        self.body = body
        self.signature = signature

    def header(self, name: str) -> str | None:
        return self.signature if name == "openpayu-signature" else None


class Asking(Posted):
    """A buyer who asks to pay from her address."""

    def __init__(self, address: str) -> None:
        super().__init__(b"", None)
        self.address = address


class Panel:
    """The simulator, with a look into its books and a hand on what goes wrong."""

    def __init__(self, address: str, notify: str) -> None:
        self.address = address
        self.provider = PayU(Keys(POS, CLIENT, SECRET, SECOND, notify, address), "https://shop.example/back/{order}")

    async def rules(self, **rules: Any) -> None:
        async with aiohttp.ClientSession() as session:
            await session.post(f"{self.address}/_rules", data=msgspec.json.encode(Rules(**({"pause_s": 0.1} | rules))))

    async def books(self, order: shop.Order) -> list[Order]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.address}/_books") as answer:
            found = msgspec.json.decode(await answer.read(), type=list[Order])
        return [each for each in found if each.extOrderId.startswith(str(order.payment))]

    async def visit(self, url: str, how: str) -> tuple[int, str | None]:
        """Be the buyer on PayU's page."""
        async with aiohttp.ClientSession() as session, session.get(f"{url}?how={how}", allow_redirects=False) as answer:
            return answer.status, answer.headers.get("location")


@pytest.fixture(scope="module")
async def running(world: App) -> AsyncIterator[Panel]:
    """Give the simulator as a process of its own; its notifications come to the shop over HTTP."""

    async def hear(request: web.Request) -> web.Response:
        said = await world.door.answer(Posted(await request.read(), request.headers.get("openpayu-signature")))
        return web.Response(status=said.status)

    port, listening = free_port(), web.Application()
    listening.add_routes([web.post("/payments/webhooks/payu", hear)])
    runner = web.AppRunner(listening)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rynek.commerce.payments.payu_simulator", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    theirs = int(await asyncio.wait_for(process.stdout.readline(), 30))
    panel = Panel(f"http://127.0.0.1:{theirs}", f"http://127.0.0.1:{port}/payments/webhooks/payu")
    try:
        yield panel
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]
        await panel.provider.close()
        await runner.cleanup()


@pytest.fixture
async def payu(running: Panel) -> AsyncIterator[Panel]:
    register("payu", running.provider)
    await running.rules()
    yield running
    await running.rules()
    PROVIDERS.pop("payu", None)


@pytest.fixture
def door(world: App, payu: Panel) -> Door:
    return world.door


@pytest.fixture(autouse=True)
async def _balanced(door: Door, payu: Panel, database: Database) -> AsyncIterator[None]:
    """See after each test that our books and PayU's agree."""
    yield
    await payu.rules()
    await settled(database)
    assert await door.ask(FINANCE, actions.unbalanced) == []
    async with database.transaction("commerce") as tx:
        ours = await tx.rows(
            """select id::text, captured_minor > 0, refunded_minor from commerce.payment
            where provider = 'payu' and authorised_minor > voided_minor + refunded_minor"""
        )
    async with aiohttp.ClientSession() as session, session.get(f"{payu.address}/_books") as answer:
        found = msgspec.json.decode(await answer.read(), type=list[Order])
    theirs = {
        (each.extOrderId.partition(":")[0], each.status == "COMPLETED", sum(r.amount for r in each.refunds))
        for each in found
        if each.status in ("COMPLETED", "WAITING_FOR_CONFIRMATION")
        and each.amount > sum(r.amount for r in each.refunds)
    }
    assert {tuple(each) for each in ours} == theirs


def tender(amount: int, method: str = "blik", token: str | None = CONFIRMS) -> Tender:
    return Tender(provider="payu", method=method, amount_minor=amount, token=token)


async def until(database: Database, order: shop.Order, expected: tuple[int, int, int, int]) -> None:
    """Let time pass until a payment has moved so much."""
    async with asyncio.timeout(20):
        while await sums(database, order.payment) != expected:
            with clock.at(clock.now() + timedelta(minutes=10)):
                await settle_due(database, 100)
            await asyncio.sleep(0.05)


async def authorised(door: Door, database: Database, amount: int) -> shop.Order:
    order = await placed(database, tender(amount))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await until(database, order, (amount, 0, 0, 0))
    return order


# --- as it should be --------------------------------------------------------------------------------------------------


async def test_blik_is_confirmed_on_the_telephone_taken_and_given_back(
    door: Door, payu: Panel, database: Database
) -> None:
    order = await placed(database, tender(5_000))
    paid = await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert (paid.state, paid.action_url) == ("pending", None)
    await until(database, order, (5_000, 0, 0, 0))
    assert (await balance(database, order)).state == "open"
    await ship(database, order)
    await until(database, order, (5_000, 5_000, 0, 0))
    back: Moved = await door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move("part", 2_000))
    assert back.attempt.state == "unknown"  # it is under way until PayU says that it is final
    await until(database, order, (5_000, 5_000, 0, 2_000))
    [theirs] = await payu.books(order)
    assert (theirs.status, [(each.amount, each.status) for each in theirs.refunds]) == (
        "COMPLETED",
        [(2_000, "FINALIZED")],
    )


@pytest.mark.parametrize(
    ("who", "address", "told"),
    [
        (BUYER, "198.51.100.23", "198.51.100.23"),
        (BUYER, "[2001:db8::7]", "2001:db8::7"),
        (BUYER, "not an address", "127.0.0.1"),
        (ADMIN, "198.51.100.23", "127.0.0.1"),  # a colleague asks for her
    ],
)
async def test_it_is_told_from_where_the_buyer_asks_and_nobody_keeps_that(
    door: Door, payu: Panel, database: Database, who: Actor, address: str, told: str
) -> None:
    await payu.rules(mishaps={"create": "drop"})  # asked again by whoever settles
    order = await placed(database, tender(500))
    await door.pass_on(who, actions.authorise, {"payment": order.payment}, Asking(address))
    await until(database, order, (500, 0, 0, 0))
    assert [each.customerIp for each in await payu.books(order)] == [told]
    async with database.transaction("commerce") as tx:
        kept = await tx.rows("select asker from commerce.payment_attempt where payment = $1", order.payment)
    assert [row[0] for row in kept] == [None]


@pytest.mark.parametrize("method", ["pay-by-link", "card", "blik"])
@pytest.mark.parametrize(("how", "state"), [("pay", "authorised"), ("cancel", "failed")])
async def test_the_buyer_goes_to_its_page_and_comes_back(
    door: Door, payu: Panel, database: Database, method: str, how: str, state: str
) -> None:
    order = await placed(database, tender(700, method, None))
    waiting: Payment = await door.ask(BUYER, actions.authorise, payment=order.payment)
    assert waiting.state == "pending"
    assert waiting.action_url is not None
    assert await payu.visit(waiting.action_url, how) == (302, f"https://shop.example/back/{order.id}")
    known = await door.ask(SUPPORT, actions.inquire, payment=order.payment)
    assert (known.payment.state, known.payment.action_url) == (state, None)


async def test_a_link_stays_known_while_it_is_waited_for(door: Door, payu: Panel, database: Database) -> None:
    order = await placed(database, tender(700, "pay-by-link", None))
    first = await door.ask(BUYER, actions.authorise, payment=order.payment)
    known = await door.ask(SUPPORT, actions.inquire, payment=order.payment)
    assert known.payment.action_url == first.action_url


async def test_refused_on_the_telephone_another_way_pays(door: Door, payu: Panel, database: Database) -> None:
    order = await placed(database, tender(700, token=REFUSES))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await settled(database)
    assert (await account(database, order.payment)).payment.state == "failed"
    assert (await door.ask(BUYER, actions.pay, order=order.id, tender=tender(700, "card", None))).state == "pending"


async def test_a_code_that_is_none_is_refused(door: Door, payu: Panel, database: Database) -> None:
    order = await placed(database, tender(700, token="abcdef"))
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "failed"
    [attempt] = (await account(database, order.payment)).attempts
    assert "INVALID_BLIK_CODE" in attempt.error


async def test_who_does_not_pay_does_not_block_her_order(door: Door, payu: Panel, database: Database) -> None:
    order = await placed(database, tender(700, token=IGNORES))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    with clock.at(clock.now() + WAITED + timedelta(seconds=1)):
        known = await door.ask(SUPPORT, actions.inquire, payment=order.payment)
    assert known.payment.state == "failed"
    [theirs] = await payu.books(order)
    assert theirs.status == "CANCELED"


async def test_a_cancelled_order_is_called_off(door: Door, payu: Panel, database: Database) -> None:
    order = await authorised(door, database, 900)
    await cancel(database, order)
    await settled(database)
    assert await sums(database, order.payment) == (900, 0, 900, 0)
    [theirs] = await payu.books(order)
    assert theirs.status == "CANCELED"


async def test_what_it_takes_of_its_own_accord_goes_back(door: Door, payu: Panel, database: Database) -> None:
    """With automatic receipt there is nothing to be called off: the money is there, and is refunded."""
    await payu.rules(receives=True)
    order = await authorised(door, database, 900)
    await cancel(database, order)
    await until(database, order, (900, 0, 900, 0))
    [theirs] = await payu.books(order)
    assert (theirs.status, [each.amount for each in theirs.refunds]) == ("COMPLETED", [900])


async def test_parts_are_refused_and_on_the_list(door: Door, payu: Panel, database: Database) -> None:
    order = await authorised(door, database, 900)
    taken: Moved = await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("part", 400))
    assert (taken.attempt.state, "whole" in taken.attempt.error) == ("refused", True)
    [work] = [each for each in await door.ask(FINANCE, actions.unsettled) if each.payment == order.payment]
    assert (work.why, work.minor) == ("missed", 400)
    await door.ask(FINANCE, actions.capture, payment=order.payment, move=Move("all"))
    assert (await sums(database, order.payment))[1] == 900


async def test_what_is_due_by_then_is_taken_whole_and_the_rest_given_back(
    door: Door, payu: Panel, database: Database
) -> None:
    order = await authorised(door, database, 900)
    async with database.transaction("commerce") as tx:
        await orders.credit(tx, order.id, orders.Credit("C-1", 300, "late"))
    await ship(database, order)
    await until(database, order, (900, 900, 0, 300))
    [theirs] = await payu.books(order)
    assert (theirs.status, [each.amount for each in theirs.refunds]) == ("COMPLETED", [300])
    assert not [each for each in await door.ask(FINANCE, actions.unsettled) if each.payment == order.payment]


# --- as it may be -----------------------------------------------------------------------------------------------------

STEPS = ["create", "read", "capture", "cancel", "refund"]


@pytest.mark.parametrize("mishap", ["cut", "drop", "error", "slow", "expired"])
@pytest.mark.parametrize("notifies", [0, 3])
async def test_whatever_is_lost_on_the_way_everything_happens_once(
    door: Door, payu: Panel, database: Database, mishap: str, notifies: int
) -> None:
    await payu.rules(mishaps=dict.fromkeys(STEPS, mishap), notifies=notifies)
    kept, gone = await placed(database, tender(600)), await placed(database, tender(700))
    for order in (kept, gone):
        await door.ask(BUYER, actions.authorise, payment=order.payment)
    if mishap == "cut":  # a book that is never read tells nothing: only what is written goes wrong
        await payu.rules(mishaps=dict.fromkeys(set(STEPS) - {"read"}, mishap), notifies=notifies)
    await until(database, kept, (600, 0, 0, 0))
    await until(database, gone, (700, 0, 0, 0))
    await ship(database, kept)
    await cancel(database, gone)
    await until(database, kept, (600, 600, 0, 0))
    await until(database, gone, (700, 0, 700, 0))
    await door.ask(SUPPORT, actions.refund, payment=kept.payment, move=Move("r", 250))
    await until(database, kept, (600, 600, 0, 250))
    [theirs] = await payu.books(kept)
    assert (theirs.status, [each.amount for each in theirs.refunds]) == ("COMPLETED", [250])
    assert [each.status for each in await payu.books(gone)] == ["CANCELED"]


@pytest.mark.parametrize("mishap", ["more", "stranger"])
async def test_one_that_lies_is_not_believed(door: Door, payu: Panel, database: Database, mishap: str) -> None:
    await payu.rules(mishaps={"read": mishap}, notifies=0)
    order = await placed(database, tender(600))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    await asyncio.sleep(0.2)
    known = await door.ask(SUPPORT, actions.inquire, payment=order.payment)
    assert (known.payment.state, known.payment.authorised_minor) == ("pending", 0)
    assert [each.why for each in await door.ask(FINANCE, actions.unsettled)] in (["disputed"], ["unknown"])
    await payu.rules()
    assert (await door.ask(SUPPORT, actions.inquire, payment=order.payment)).payment.authorised_minor == 600


async def test_one_that_is_down_is_asked_again(door: Door, payu: Panel, database: Database) -> None:
    await payu.rules(mishaps={"create": "down"})
    order = await placed(database, tender(600))
    assert (await door.ask(BUYER, actions.authorise, payment=order.payment)).state == "pending"
    [attempt] = (await account(database, order.payment)).attempts
    assert (attempt.state, "503" in attempt.error) == ("unknown", True)
    await payu.rules()
    await until(database, order, (600, 0, 0, 0))
    assert len(await payu.books(order)) == 1


async def test_many_refunds_at_once_never_exceed(door: Door, payu: Panel, database: Database) -> None:
    order = await authorised(door, database, 1_000)
    await ship(database, order)
    await until(database, order, (1_000, 1_000, 0, 0))
    asked = [door.ask(SUPPORT, actions.refund, payment=order.payment, move=Move(f"r{n}", 300)) for n in range(8)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, Moved) for each in answers) == 3
    await until(database, order, (1_000, 1_000, 0, 900))


# --- notifications ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["MD5", "SHA-256"])
async def test_a_notification_tells_of_an_order_whose_answer_was_lost(
    door: Door, payu: Panel, database: Database, how: str
) -> None:
    await payu.rules(mishaps={"create": "cut"}, notifies=0)
    order = await placed(database, tender(600))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    [theirs] = await payu.books(order)
    await asyncio.sleep(0.1)
    news = {"order": {"orderId": theirs.orderId, "extOrderId": theirs.extOrderId, "status": "WAITING_FOR_CONFIRMATION"}}
    body = msgspec.json.encode(news)
    for _ in range(3):
        assert (await door.answer(Posted(body, sign(body, how)))).status == 200
    await settle_due(database, 100)  # at once: nothing has to become due
    assert await sums(database, order.payment) == (600, 0, 0, 0)


@pytest.mark.parametrize("how", ["another key", "altered", "unsigned", "weak", "no news"])
async def test_a_forged_notification_changes_nothing(door: Door, payu: Panel, database: Database, how: str) -> None:
    order = await placed(database, tender(600, token=IGNORES))
    await door.ask(BUYER, actions.authorise, payment=order.payment)
    [theirs] = await payu.books(order)
    body = msgspec.json.encode({"order": {"orderId": theirs.orderId, "status": "COMPLETED"}})
    forged: tuple[bytes, str | None] = {
        "another key": (body, sign(body, key="guessed")),
        "altered": (body.replace(b"COMPLETED", b"CANCELED"), sign(body)),
        "unsigned": (body, None),
        "weak": (body, "sender=checkout;signature=;algorithm=NONE;content=DOCUMENT"),
        "no news": (b"[]", sign(b"[]")),
    }[how]
    before = await account(database, order.payment)
    assert (await door.answer(Posted(*forged))).status == 401
    assert await account(database, order.payment) == before


@given(st.binary(), st.binary(), st.binary(), st.sampled_from(["MD5", "SHA-256"]), st.none() | st.text())
def test_a_signature_is_of_one_key_and_one_body(
    key: bytes, body: bytes, other: bytes, how: str, rubbish: str | None
) -> None:
    text = key.hex()
    signature = sign(body, how, text)
    assert holds(text.encode(), body, signature)
    assert holds(text.encode(), other, signature) == (other == body)
    assert not holds(text.encode() + b"x", body, signature)
    assert not holds(text.encode(), body, rubbish)


def test_keys_are_needed_and_never_printed() -> None:
    keys = Keys(POS, CLIENT, "do not tell", "nor this", "https://shop.example/payments/webhooks/payu")
    shown = repr(Settings(payu=keys))
    assert "do not tell" not in shown
    assert "nor this" not in shown
    with pytest.raises(SettingsError, match=r"payu\.client_secret"):
        configure(Settings(payment_providers=("manual", "payu"), payu=Keys(pos="1")), lambda _: b"")
    configure(Settings(), lambda _: b"")
