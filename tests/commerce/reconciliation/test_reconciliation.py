"""Money on statements becomes money in the ledger once, and what does not match is work until somebody saw to it."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from rynek.commerce import orders, payments
from rynek.commerce.payments.model import Contested
from rynek.commerce.payments.ports import PROVIDERS, Manual, register
from rynek.commerce.payments.settlement import contest
from rynek.commerce.reconciliation import LineSettled, StatementRefused, actions
from rynek.commerce.reconciliation.model import Line
from rynek.kernel import ids
from rynek.kernel.database import Database
from rynek.kernel.door import Door
from rynek.kernel.faults import Forbidden, NotFound
from tests.commerce.payments.shop import Order, cancel, manual, placed, sums
from tests.commerce.reconciliation.papers import AUDITOR, BUYER, FINANCE, camt, mt940, sent


async def ordered(database: Database, amount: int, method: str = "transfer") -> tuple[Order, int]:
    """Place an order that is paid later; gives it with its number."""
    order = await placed(database, manual(amount, method))
    async with database.transaction("commerce") as tx:
        return order, (await orders.order(tx, order.id)).number


async def work(door: Door, source: str) -> list[Line]:
    found: list[Line] = await door.ask(FINANCE, actions.lines, state="open", source=source)
    return found


async def balanced(door: Door, database: Database) -> None:
    """See that payments are the sums of their ledger, and that lines gave what payments took."""
    assert await door.ask(FINANCE, payments.unbalanced) == []
    async with database.transaction("commerce") as tx:
        amiss = await tx.rows(
            """select l.id from commerce.reconciliation_line l
            join commerce.reconciliation_booking b on b.line = l.id group by l.id having sum(b.minor) > l.minor
            union all select b.line from commerce.reconciliation_booking b
            left join commerce.payment_entry e on e.payment = b.payment and e.attempt = 'capture:line ' || b.line
                and e.kind = 'captured' where e.minor is distinct from b.minor"""
        )
    assert amiss == []


# --- the bank ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [mt940, camt])
async def test_a_transfer_pays_its_order_and_the_same_statement_books_nothing_twice(
    door: Door, database: Database, write: Any
) -> None:
    (one, number), (two, other) = await ordered(database, 100_00), await ordered(database, 50_00)
    source = f"bank-{write.__name__}"
    form = "mt940" if write is mt940 else "camt053"
    body = write((100_00, f"Zamowienie nr {number}"), (50_00, f"za zakupy {other}"), (-5_00, "oplata"))
    first = await sent(door, form, body, source)
    assert (first.lines, first.known, first.matched, first.open) == (3, 0, 2, 0)
    for _ in range(2):
        again = await sent(door, form, body, source)
        assert (again.lines, again.known, again.matched, again.open) == (3, 3, 0, 0)
    assert await sums(database, one.payment) == (100_00, 100_00, 0, 0)
    assert await sums(database, two.payment) == (50_00, 50_00, 0, 0)
    await balanced(door, database)


async def test_a_statement_that_overlaps_books_only_what_is_new(door: Door, database: Database) -> None:
    """Two buyers may pay the same with the same words: of two such lines neither is lost."""
    (one, number), (two, other) = await ordered(database, 10_00), await ordered(database, 10_00)
    entries = [(10_00, "sklep"), (10_00, "sklep"), (10_00, f"order {number}")]
    first = await sent(door, "mt940", mt940(*entries, number="1"), "overlap")
    assert (first.known, first.matched, first.open) == (0, 1, 2)
    longer = await sent(
        door, "mt940", mt940(*entries, (10_00, f"order {other}"), (10_00, "sklep"), number="2"), "overlap"
    )
    assert (longer.known, longer.matched, longer.open) == (3, 1, 1)
    assert (await sums(database, one.payment))[1] == (await sums(database, two.payment))[1] == 10_00
    assert len(await work(door, "overlap")) == 3


async def test_the_same_statement_sent_by_many_at_once_books_once(door: Door, database: Database) -> None:
    lots = [await ordered(database, 10_00 + n) for n in range(12)]
    body = mt940(*((10_00 + n, f"order {number}") for n, (_, number) in enumerate(lots)))
    answers = await asyncio.gather(*(sent(door, "mt940", body, "race") for _ in range(6)))
    assert sum(each.matched for each in answers) == 12
    assert sum(each.known for each in answers) == 12 * 5
    for n, (order, _) in enumerate(lots):
        assert (await sums(database, order.payment))[1] == 10_00 + n
    await balanced(door, database)


async def test_two_banks_paying_one_order_at_once_never_pay_it_twice(door: Door, database: Database) -> None:
    order, number = await ordered(database, 100_00)
    bodies = [mt940((60_00 + n, f"order {number}"), number=str(n)) for n in range(6)]
    await asyncio.gather(*(sent(door, "mt940", body, f"twice-{n}") for n, body in enumerate(bodies)))
    assert (await sums(database, order.payment))[1] == 100_00
    over = [line for n in range(6) for line in await work(door, f"twice-{n}")]
    brought = sum(
        line.minor for line in await door.ask(FINANCE, actions.lines, limit=500) if line.source.startswith("twice-")
    )
    assert brought == sum(60_00 + n for n in range(6))
    assert {line.why for line in over} <= {"over", "closed"}
    await balanced(door, database)


async def test_too_little_is_work_until_the_rest_comes(door: Door, database: Database) -> None:
    order, number = await ordered(database, 100_00)
    await sent(door, "mt940", mt940((60_00, f"order {number}"), number="1"), "under")
    [line] = await work(door, "under")
    assert (line.why, line.payment, line.minor) == ("under", order.payment, 60_00)
    assert (await sums(database, order.payment))[1] == 60_00
    await sent(door, "mt940", mt940((40_00, f"order {number} reszta"), number="2"), "under")
    assert await work(door, "under") == []
    assert (await sums(database, order.payment))[1] == 100_00


async def test_too_much_is_work(door: Door, database: Database) -> None:
    order, number = await ordered(database, 100_00)
    await sent(door, "mt940", mt940((130_00, f"order {number}")), "over")
    [line] = await work(door, "over")
    assert line.why == "over"
    known = await door.ask(FINANCE, actions.line, line=line.id)
    assert [(each.payment, each.minor) for each in known.bookings] == [(order.payment, 100_00)]
    done = await door.ask(FINANCE, actions.resolve, line=line.id, note="30.00 sent back on the 25th")
    assert (done.line.state, done.steps[-1].what, done.steps[-1].by_id) == ("resolved", "resolved", FINANCE.id)
    assert await work(door, "over") == []
    with pytest.raises(LineSettled):
        await door.ask(FINANCE, actions.resolve, line=line.id, note="again")


async def test_money_for_a_cancelled_order_is_work_and_books_nothing(door: Door, database: Database) -> None:
    order, number = await ordered(database, 100_00)
    await cancel(database, order)
    await sent(door, "mt940", mt940((100_00, f"order {number}")), "late")
    [line] = await work(door, "late")
    assert line.why == "closed"
    assert (await sums(database, order.payment))[1] == 0


async def test_one_transfer_for_several_orders(door: Door, database: Database) -> None:
    (one, first), (two, second) = await ordered(database, 10_00), await ordered(database, 20_00)
    got = await sent(door, "mt940", mt940((30_00, f"order {first}, order {second}")), "several")
    assert (got.matched, got.open) == (1, 0)
    assert [(await sums(database, each.payment))[1] for each in (one, two)] == [10_00, 20_00]


async def test_who_is_meant_is_suggested_and_matched_by_hand_once(door: Door, database: Database) -> None:
    order, _ = await ordered(database, 77_31)
    await sent(door, "mt940", mt940((77_31, "dziekuje")), "unknown")
    [line] = await work(door, "unknown")
    known = await door.ask(FINANCE, actions.line, line=line.id)
    assert (line.why, [each.payment for each in known.suggestions]) == ("unknown", [order.payment])
    answers: list[Any] = await asyncio.gather(
        *(door.ask(FINANCE, actions.match, line=line.id, payment=order.payment) for _ in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, LineSettled) for each in answers) == 4
    assert (await sums(database, order.payment))[1] == 77_31
    with pytest.raises(NotFound):
        await door.ask(FINANCE, actions.match, line=ids.new(), payment=order.payment)
    await balanced(door, database)


async def test_outgoing_money_is_aside_unless_it_names_an_order(door: Door, database: Database) -> None:
    _, number = await ordered(database, 10_00)
    got = await sent(door, "mt940", mt940((-10_00, "czynsz"), (-10_00, f"zwrot order {number}")), "outgoing")
    assert (got.matched, got.open) == (0, 1)
    assert [each.why for each in await work(door, "outgoing")] == ["outgoing"]


# --- the carrier ------------------------------------------------------------------------------------------------------


async def test_cash_on_delivery_is_settled_parcel_by_parcel(door: Door, database: Database) -> None:
    (one, first), (two, second) = [await ordered(database, amount, "cash-on-delivery") for amount in (99_90, 20_00)]
    body = (
        "parcel;order;cod amount;currency;date\n"
        f"P1;order {first};99,90;PLN;2026-11-24\nP2;{second};20,00;PLN;2026-11-24\n"
        "P3;order 999999999;5,00;PLN;2026-11-24\n"
    ).encode()
    got = await sent(door, "remittance", body, "dpd")
    assert (got.lines, got.matched, got.open) == (3, 2, 1)
    assert (await sent(door, "remittance", body, "dpd")).known == 3
    assert [(await sums(database, each.payment))[1] for each in (one, two)] == [99_90, 20_00]
    # money that a bank brings is nobody's cash on delivery
    order, number = await ordered(database, 5_00, "cash-on-delivery")
    await sent(door, "mt940", mt940((5_00, f"order {number}")), "cod-bank")
    assert (await sums(database, order.payment))[1] == 0


# --- providers --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def acme() -> Any:
    register("acme", Manual())
    yield "acme"
    PROVIDERS.pop("acme")


async def taken(database: Database, amount: int, reference: str, refunded: int = 0) -> UUID:
    """Have a provider take so much."""
    order, payment = ids.new(), ids.new()
    async with database.transaction("commerce") as tx:
        line = orders.OrderLine(1, "A-1", "Apple", 1, amount, amount, 0, amount, 0)
        await orders.place_many(
            tx,
            [orders.Placing(order, ids.new(), "WEB-PL", "guest", BUYER.id, "a@example.com", "PLN", "open", 0, 0, amount,
                            amount, amount, "{}", [line])],
        )  # fmt: skip
        await payments.open_many(tx, [payments.Opening(payment, order, "acme", "card", "PLN", amount, amount, amount)])
        await tx.execute("update commerce.payment set reference = $2 where id = $1", payment, reference)
    if refunded:
        async with database.transaction("commerce") as tx:
            await tx.execute(
                """insert into commerce.payment_entry (payment, attempt, kind, minor, at)
                values ($1, 'r', 'refunded', $2, now())""",
                payment, refunded,
            )  # fmt: skip
            await tx.execute("update commerce.payment set refunded_minor = $2 where id = $1", payment, refunded)
    return payment


def report(*rows: str) -> bytes:
    return "\n".join(
        ["date,number,amount,currency,kind,reference,fee,original_amount,original_currency", *rows]
    ).encode()


async def test_a_providers_report_is_compared_with_the_ledger(door: Door, database: Database, acme: str) -> None:
    paid, part, gone = (
        await taken(database, 100_00, "a-1", 30_00),
        await taken(database, 50_00, "a-2"),
        await taken(database, 20_00, "a-3"),
    )
    async with database.transaction("commerce") as tx:
        await contest(tx, "acme", Contested("a-3", "d-1", 20_00, "fraud", "open"))
    got = await sent(
        door, "payouts",
        report(
            "2026-11-24,1,100.00,PLN,payment,a-1,1.20,,", "2026-11-24,2,-30.00,PLN,refund,a-1,0,,",
            "2026-11-24,3,12.00,EUR,payment,a-2,0.30,50.00,PLN", "2026-11-24,4,-20.00,PLN,chargeback,a-3,15.00,,",
            "2026-11-24,5,-2.50,PLN,fee,monthly,0,,", "2026-11-24,6,-34.30,PLN,payout,po-77,0,,",
            # what our ledger does not know
            "2026-11-24,7,5.00,PLN,payment,a-9,0,,", "2026-11-24,8,1.00,PLN,payment,a-1,0,,",
            "2026-11-24,9,-30.00,PLN,refund,a-1,0,,", "2026-11-24,10,20.00,EUR,payment,a-3,0,,",
        ),
        "acme",
    )  # fmt: skip
    assert (got.lines, got.matched, got.open) == (10, 5, 5)
    found = {each.reference + each.kind + each.why: each for each in await work(door, "acme")}
    assert {key[len(key) - len(each.why) :] for key, each in found.items()} == {"payout", "unknown", "more", "currency"}
    # what was paid out came to the bank: both lines match
    await sent(door, "mt940", mt940((34_30, "ACME PAYOUT PO-77")), "acme-bank")
    assert "payout" not in {each.why for each in await work(door, "acme")}
    assert await work(door, "acme-bank") == []
    missing = {
        each.payment: each
        for each in await door.ask(FINANCE, actions.missing, provider="acme", before="2100-01-01T00:00:00Z")
    }
    assert {paid, part} & missing.keys() == set()
    assert (missing[gone].captured_minor, missing[gone].settled_minor) == (20_00, 0)
    [fees] = [
        each
        for each in await door.ask(FINANCE, actions.standing)
        if (each.source, each.state, each.currency) == ("acme", "matched", "EUR")
    ]
    assert fees.fee_minor == 30


# --- who may, and what is no statement --------------------------------------------------------------------------------


async def test_only_who_keeps_the_books_may(door: Door, database: Database) -> None:
    with pytest.raises(Forbidden):
        await sent(door, "mt940", mt940((1, "x")), "bank", AUDITOR)
    with pytest.raises(Forbidden):
        await door.ask(BUYER, actions.lines)
    assert isinstance(await door.ask(AUDITOR, actions.lines), list)
    assert isinstance(await door.ask(AUDITOR, actions.documents), list)


async def test_a_statement_that_cannot_be_read_leaves_nothing(door: Door, database: Database) -> None:
    before = await door.ask(FINANCE, actions.documents)
    for body in (b"", b"rubbish", mt940((0, "x")), mt940((1, "x"), day="460101")):
        with pytest.raises(StatementRefused):
            await sent(door, "mt940", body, "broken")
    assert await door.ask(FINANCE, actions.documents) == before


async def test_nothing_of_it_can_be_deleted_or_rewritten(database: Database) -> None:
    import asyncpg  # noqa: PLC0415 - for its refusal alone

    for statement in (
        "delete from commerce.reconciliation_line", "delete from commerce.reconciliation_document",
        "update commerce.reconciliation_booking set minor = 1", "delete from commerce.reconciliation_step",
    ):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction("commerce") as tx:
                await tx.execute(statement)
