"""How payments are settled: what a provider is asked for is written down, then it is asked, then its answer is written.

Locks are taken in the order order, payment, attempt, and none is held while a provider is asked: what is asked is
committed first, under a key that the provider knows a repetition by. An answer that does not come is not guessed: the
attempt stays open, and is asked about with the same key until there is one.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from rynek.commerce import orders
from rynek.commerce.payments import circuits, model, rules
from rynek.commerce.payments.events import (
    DisputeDecided,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDisputed,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from rynek.commerce.payments.model import (
    MANUAL,
    Attempt,
    Captures,
    Contested,
    Done,
    Due,
    Kind,
    Outcome,
    PaymentClosed,
    Refused,
    Row,
    Unknown,
    Unseen,
    Waits,
)
from rynek.commerce.payments.ports import PROVIDERS, Inside, Provider, Transaction
from rynek.kernel.database import Database, Tx
from rynek.kernel.events import emit
from rynek.kernel.sql import queries

logger = logging.getLogger(__name__)

q = queries(__file__, model)

LEASE = timedelta(seconds=30)
"""How long whoever asks a provider may take, before another process asks what became of it."""
PATIENCE_S = 20.0
"""How long a provider is waited for; shorter than the lease."""
AT_ONCE = 32
"""How many attempts one process settles at once."""
PAUSE_S = 0.25

_AUTHORISE = "authorise"
_ENTRIES = {"authorise": "authorised", "capture": "captured", "void": "voided", "refund": "refunded"}
_EVENTS = {
    "authorise": PaymentAuthorised,
    "capture": PaymentCaptured,
    "void": PaymentVoided,
    "refund": PaymentRefunded,
}

# --- what a provider is asked for -------------------------------------------------------------------------------------


async def locked(tx: Tx, order: UUID) -> list[Row]:
    """Lock the payments of an order that is locked."""
    await q.lock(tx, ids=[row.id for row in await q.rows(tx, orders=[order])])
    found: list[Row] = await q.rows(tx, orders=[order])
    return found


async def ask_to_authorise(tx: Tx, balance: orders.Balance, row: Row, asker: str | None = None) -> Due | None:
    """Write down that a payment is to be authorised; None when that was asked before.

    Args:
        asker: the address from which the buyer asks.
    """
    if rules.standing(row) != "open":
        return None
    if row.unwinding or rules.surplus(balance.promised_minor, balance.due_minor, balance.state):
        raise PaymentClosed
    return await ask(tx, row, "authorise", _AUTHORISE, row.amount_minor, tries=1, asker=asker)


async def authorise_soon(tx: Tx, order: UUID) -> None:
    """Have the payments of an order that is placed in this transaction authorised by a process that settles."""
    balance = await orders.balance(tx, order)
    if rules.surplus(balance.authorised_minor, balance.total_minor, balance.state):
        return
    for row in await locked(tx, order):
        if rules.standing(row) == "open":
            await ask(tx, row, "authorise", _AUTHORISE, row.amount_minor, tries=0)


async def ask(  # noqa: PLR0913 - what is written down is one thing
    tx: Tx, row: Row, kind: Kind, attempt: str, minor: int, *, tries: int, asker: str | None = None
) -> Due:  # fmt: skip
    """Write down what a provider is to be asked for; with ``tries`` 0 a process that settles takes it at once."""
    due_at = tx.at + LEASE if tries else tx.at
    await q.ask(
        tx, payment=row.id, attempt=attempt, kind=kind, minor=minor, tries=tries, at=tx.at, due_at=due_at, asker=asker
    )  # fmt: skip
    of = (row.order, row.provider, row.method, row.currency, row.token, row.reference)
    return Due(row.id, attempt, kind, minor, tries, *of, tx.at, asker)


async def carry_out(transaction: Transaction, due: Due | None, *, again: bool = False) -> None:
    """Ask the provider, with no transaction open, and write down what it said."""
    if due is None:
        return
    outcome = await _outcome(transaction, due, again=again or due.tries > 1)
    async with transaction() as tx:
        await record(tx, due.payment, due.attempt, outcome)


async def _outcome(transaction: Transaction, due: Due, *, again: bool) -> Outcome:
    """Ask a provider; one that may have been asked before is first asked what became of that."""
    provider = PROVIDERS.get(due.provider)
    if provider is None:
        return Unknown(f"{due.provider} is not in use here")
    if isinstance(provider, Inside):
        provider = provider.within(transaction)
    if not circuits.admit(due.provider):
        return Unknown(f"{due.provider} does not answer at the moment, and was not asked")
    outcome = await _told(provider, due, again=again)
    circuits.hear(due.provider, answered=not (isinstance(outcome, Unknown) and outcome.silent))
    return outcome


async def _told(provider: Provider, due: Due, *, again: bool) -> Outcome:
    try:
        async with asyncio.timeout(PATIENCE_S):
            known = await provider.inquire(due) if again else Unseen()
            return await _send(provider, due) if isinstance(known, Unseen) else known
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody knows whether money moved
        return Unknown(f"{type(error).__name__}: {error}"[:200], silent=True)


async def _send(provider: Provider, due: Due) -> Outcome:
    match due.kind:
        case "authorise":
            return await provider.authorise(due)
        case "capture":
            return await provider.capture(due)
        case "void":
            return await provider.void(due)
        case "refund":
            return await provider.refund(due)


# --- what a provider said ---------------------------------------------------------------------------------------------


async def record(tx: Tx, payment: UUID, attempt: str, outcome: Outcome, provider: str | None = None) -> bool:
    """Write down what became of an attempt, once; gives whether it is one of ours.

    What is known to be done stays done. What cannot be true is not believed, and waits for somebody to look at it.

    Args:
        provider: who says so; nobody speaks for another's payments. None: it was asked itself.

    Emits:
        PaymentAuthorised, PaymentCaptured, PaymentVoided, PaymentRefunded, PaymentFailed
    """
    row: Row | None = await q.row(tx, id=payment)
    if row is None or provider not in (None, row.provider):
        return False
    balance = await orders.balance(tx, row.order)
    await q.lock(tx, ids=[payment])
    row = await _row_of(tx, payment)
    asked = next((each for each in await q.attempts(tx, payment=payment) if each.attempt == attempt), None)
    if asked is None:
        return False
    if not rules.news(asked, outcome):
        return True
    if not rules.believable(asked, row, outcome):
        said = f"it says that it moved {getattr(outcome, 'minor', 0)}"
        logger.error("payment %s, %s: %s is not believed: %s", payment, attempt, row.provider, said)
        await q.set_attempt(tx, payment=payment, attempt=attempt, state="disputed", error=said, at=tx.at)
    elif isinstance(outcome, Done):
        await _done(tx, balance, row, asked, outcome)
    elif isinstance(outcome, Refused):
        await _refused(tx, row, asked, outcome)
    else:
        due_at = tx.at + timedelta(seconds=rules.patience_s(asked.tries))
        why = outcome.why if isinstance(outcome, Unknown) else ""
        if isinstance(outcome, Waits):
            await q.wait(tx, payment=payment, reference=outcome.reference, action_url=outcome.action_url)
        await q.postpone(tx, payment=payment, attempt=attempt, error=why, due_at=due_at)
    if asked.kind in ("authorise", "capture") and isinstance(outcome, Done | Refused):
        await _look_back(tx, payment, came=isinstance(outcome, Done))
    return True


async def _row_of(tx: Tx, payment: UUID) -> Row:
    found: Row = await q.row(tx, id=payment)
    return found


async def _done(tx: Tx, balance: orders.Balance, row: Row, asked: Attempt, outcome: Done) -> None:
    minor, name = outcome.minor, _ENTRIES[asked.kind]
    moved = {each: minor if each == name else 0 for each in _ENTRIES.values()}
    if asked.kind == "authorise" and rules.surplus(balance.promised_minor, balance.due_minor, balance.state):
        await q.unwind(tx, ids=[row.id])
    await q.enter(
        tx, payment=row.id, attempt=asked.attempt, kind=name, minor=minor, reference=outcome.reference, at=tx.at
    )
    await q.move(tx, payment=row.id, **moved, reference=outcome.reference, captures=outcome.captures)
    await q.set_attempt(tx, payment=row.id, attempt=asked.attempt, state="done", error="", at=tx.at)
    if outcome.receipt:
        await q.keep_receipt(tx, payment=row.id, attempt=asked.attempt, receipt=outcome.receipt[:4_000])
    await orders.book(
        tx,
        row.order,
        authorised=moved["authorised"] - moved["voided"],
        captured=moved["captured"],
        refunded=moved["refunded"],
    )
    emit(tx, _EVENTS[asked.kind](row.order, row.id, row.provider, row.method, row.currency, minor))


async def _refused(tx: Tx, row: Row, asked: Attempt, outcome: Refused) -> None:
    why = outcome.why[:200]
    await q.enter(tx, payment=row.id, attempt=asked.attempt, kind="failed", minor=asked.minor, reference=None, at=tx.at)
    await q.set_attempt(tx, payment=row.id, attempt=asked.attempt, state="refused", error=why, at=tx.at)
    of = (row.order, row.id, row.provider, row.method, row.currency)
    emit(tx, PaymentFailed(*of, asked.minor, asked.kind, why))


async def _look_back(tx: Tx, payment: UUID, *, came: bool) -> None:
    """Let what came to a payment that is unwinding go back, and what came beyond what its order still comes to."""
    row = await _row_of(tx, payment)
    if row.unwinding:
        await unwind(tx, [row])
    elif came:
        balance = await orders.balance(tx, row.order)
        await level(tx, row.order, balance)
        await ask_to_capture(tx, row.order, balance)


async def unwind(tx: Tx, rows: Sequence[Row]) -> None:
    """Have all that locked payments hold go back: what is promised is let go, what is captured is refunded.

    Only their own: amounts are what the payment itself holds, less what is on its way back. Money that people took by
    hand they give back by hand: it is on the list of what is unsettled until they have.
    """
    await q.unwind(tx, ids=[row.id for row in rows])
    for row in rows:
        attempts: list[Attempt] = await q.attempts(tx, payment=row.id)
        left = rules.free(row, attempts)
        number = len(attempts) + 1
        if left.void:
            await ask(tx, row, "void", f"unwinding:void:{number}", left.void, tries=0)
        if left.refund and row.provider != MANUAL:
            await ask(tx, row, "refund", f"unwinding:refund:{number}", left.refund, tries=0)


async def ask_to_capture(tx: Tx, order: UUID, balance: orders.Balance) -> None:
    """Have what has left of an order be taken of what providers promised; what is left when all has left is let go.

    Never more than the order comes to, nor than is to be kept of it. It may be asked again whenever something left.
    """
    over = balance.state == "shipped"
    left = balance.total_minor if over else await orders.left_minor(tx, order)
    if not left or balance.state not in ("open", "shipped"):
        return
    rows, frees = await _free(tx, order)
    still = min(left - rules.taken(rows, frees), balance.due_minor - rules.kept(frees))
    ways = [_captures(row) for row in rows]
    lefts = [rules.takeable(row, free, way, over=over) for row, free, way in zip(rows, frees, ways, strict=True)]
    parts = rules.spread(still, lefts)
    for row, way, part, most in zip(rows, ways, parts, lefts, strict=True):
        if part:
            minor = most if way == "whole" else part
            await ask(tx, row, "capture", await _next(tx, row, "shipped:capture"), minor, tries=0)
        elif over:
            await _let_go(tx, row)


def _captures(row: Row) -> Captures:
    """Tell how a payment can be captured; of a provider that is not in use here nothing is taken before its time."""
    provider = PROVIDERS.get(row.provider)
    return row.captures or (provider.captures if provider is not None else "once")


async def level(tx: Tx, order: UUID, balance: orders.Balance) -> None:
    """Have what was captured for an order beyond what is due go back, to its tenders in the order they were given.

    What people took by hand they give back by hand: it is on the list of what is unsettled until they have.
    """
    rows, frees = await _free(tx, order)
    surplus = rules.kept(frees) - balance.due_minor
    for row, part in zip(rows, rules.spread(surplus, [free.refund for free in frees]), strict=True):
        if row.provider == MANUAL:
            await q.owe(tx, id=row.id, minor=part)
        elif part:
            await ask(tx, row, "refund", await _next(tx, row, "surplus:refund"), part, tries=0)
    await _lower_account(tx, rows, frees, balance.due_minor)


async def _lower_account(tx: Tx, rows: Sequence[Row], frees: Sequence[rules.Free], due_minor: int) -> None:
    """Let go of what a buyer on account promised beyond what is due: she owes no more than that."""
    surplus = sum(free.capture for free in frees) + rules.kept(frees) - due_minor
    account = [(row.provider, row.method) == (MANUAL, rules.ON_ACCOUNT) for row in rows]
    lefts = [free.void if owes else 0 for free, owes in zip(frees, account, strict=True)]
    for row, part in zip(rows, rules.spread(surplus, lefts), strict=True):
        if part:
            await ask(tx, row, "void", await _next(tx, row, "surplus:void"), part, tries=0)


async def _free(tx: Tx, order: UUID) -> tuple[list[Row], list[rules.Free]]:
    rows = await locked(tx, order)
    return rows, [rules.free(row, await q.attempts(tx, payment=row.id)) for row in rows]


async def _next(tx: Tx, row: Row, name: str) -> str:
    return f"{name}:{len(await q.attempts(tx, payment=row.id)) + 1}"


async def _let_go(tx: Tx, row: Row) -> None:
    """Let go of what a provider promised and nobody will take."""
    left = rules.free(row, await q.attempts(tx, payment=row.id)).void
    if left and row.provider != MANUAL:
        await ask(tx, row, "void", await _next(tx, row, "shipped:void"), left, tries=0)


async def contest(tx: Tx, provider: str, told: Contested) -> list[UUID]:
    """Write down, once each, that the buyer's bank took money back and whose it is in the end.

    Gives the payments it is about. What is decided stays decided; the news may come first that it is.

    Emits:
        PaymentDisputed, DisputeDecided
    """
    found: list[UUID] = await q.referred(tx, provider=provider, reference=told.reference)
    for payment in found:
        await orders.balance(tx, (await _row_of(tx, payment)).order)
        await q.lock(tx, ids=[payment])
        await _contest(tx, await _row_of(tx, payment), told)
    return found


async def _contest(tx: Tx, row: Row, told: Contested) -> None:
    of = (row.order, row.id, row.provider, row.method, row.currency)
    entry = {"payment": row.id, "attempt": f"dispute:{told.dispute}", "reference": told.dispute, "at": tx.at}
    reason = told.reason[:200]
    minor = await q.dispute(
        tx, payment=row.id, dispute=told.dispute, minor=told.minor, reason=reason, until=told.until, at=tx.at
    )
    if minor is not None:
        await q.enter(tx, kind="disputed", minor=minor, **entry)
        await q.contest(tx, payment=row.id, minor=minor)
        emit(tx, PaymentDisputed(*of, minor, told.dispute, reason))
    if told.state == "open":
        return
    minor = await q.decide(tx, payment=row.id, dispute=told.dispute, state=told.state, at=tx.at)
    if minor is not None and told.state == "won":
        await q.enter(tx, kind="recovered", minor=minor, **entry)
        await q.contest(tx, payment=row.id, minor=-minor)
    if minor is not None:
        emit(tx, DisputeDecided(*of, minor, told.dispute, told.state == "won"))


# --- settling ---------------------------------------------------------------------------------------------------------


async def settle_due(database: Database, limit: int = AT_ONCE) -> int:
    """Carry out or ask about the attempts whose time has come; gives how many those were."""
    claimed = await _claim(database, limit)
    await asyncio.gather(*(_settle(database, due) for due in claimed))
    return len(claimed)


async def settle(database: Database) -> None:
    """Keep settling what is due, until cancelled; one slow provider holds up nobody else's."""
    async with asyncio.TaskGroup() as group:
        flying: set[asyncio.Task[None]] = set()
        while True:
            claimed: list[Due] = []
            try:
                if len(flying) < AT_ONCE:
                    claimed = await _claim(database, AT_ONCE - len(flying))
            except Exception:
                logger.exception("payments could not be settled; trying again")
                await asyncio.sleep(1)
            for due in claimed:
                task = group.create_task(_settle(database, due))
                flying.add(task)
                task.add_done_callback(flying.discard)
            await asyncio.sleep(0 if claimed else PAUSE_S)


async def _claim(database: Database, limit: int) -> list[Due]:
    async with database.transaction("commerce") as tx:
        found: list[Due] = await q.claim(
            tx,
            providers=[name for name in PROVIDERS if circuits.available(name)],
            at=tx.at,
            until=tx.at + LEASE,
            limit=limit,
        )
        return found


async def _settle(database: Database, due: Due) -> None:
    try:
        await carry_out(lambda: database.transaction("commerce"), due)
    except Exception:
        logger.exception("payment %s, %s could not be settled; trying again", due.payment, due.attempt)
