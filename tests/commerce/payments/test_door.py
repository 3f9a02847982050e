"""Checkout's way in: tenders written with their orders."""

from uuid import UUID

import asyncpg
import pytest

from rynek.commerce import payments
from rynek.commerce.payments import Opening
from rynek.kernel import ids
from rynek.kernel.database import Database


def opening(amount: int, authorised: int = 0, captured: int = 0, method: str = "cash") -> Opening:
    return Opening(ids.new(), ids.new(), "manual", method, "PLN", amount, authorised, captured)


async def test_many_are_written_with_their_ledger_and_news(database: Database) -> None:
    cash, later, card = opening(1000, 1000, 1000), opening(700, 700), opening(300)
    async with database.transaction("commerce") as tx:
        await payments.open_many(tx, [cash, later, card])
        told = [(type(each).__name__, each.payment, each.minor) for each in tx.events]  # type: ignore[attr-defined]
    assert told == [
        ("PaymentAuthorised", cash.id, 1000),
        ("PaymentCaptured", cash.id, 1000),
        ("PaymentAuthorised", later.id, 700),
    ]
    async with database.transaction("commerce") as tx:
        entries = await tx.rows(
            "select payment, kind, minor from commerce.payment_entry where payment = any($1) order by payment, kind",
            [cash.id, later.id, card.id],
        )
        rows = await tx.rows(
            "select id, order_id, amount_minor, authorised_minor, captured_minor from commerce.payment"
            " where id = any($1) order by id",
            [cash.id, later.id, card.id],
        )
    assert [tuple(each) for each in entries] == [
        (cash.id, "authorised", 1000),
        (cash.id, "captured", 1000),
        (later.id, "authorised", 700),
    ]
    assert [tuple(each) for each in rows] == [
        (cash.id, cash.order, 1000, 1000, 1000),
        (later.id, later.order, 700, 700, 0),
        (card.id, card.order, 300, 0, 0),
    ]


@pytest.mark.parametrize(("authorised", "captured"), [(101, 0), (50, 51), (-1, 0), (0, -1)])
async def test_no_tender_brings_more_than_it_is_for(database: Database, authorised: int, captured: int) -> None:
    bad = opening(100, authorised, captured)
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction("commerce") as tx:
            await payments.open_many(tx, [bad])
    assert await written(database, bad.id) == 0


async def test_the_ledger_is_not_rewritten(database: Database) -> None:
    cash = opening(1000, 1000, 1000)
    async with database.transaction("commerce") as tx:
        await payments.open_many(tx, [cash])
    for statement in ("update commerce.payment_entry set minor = 1", "delete from commerce.payment_entry"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction("commerce") as tx:
                await tx.execute(statement)
    assert await written(database, cash.id) == 2


async def written(database: Database, payment: UUID) -> int:
    async with database.transaction("commerce") as tx:
        return int(await tx.value("select count(*) from commerce.payment_entry where payment = $1", payment))
