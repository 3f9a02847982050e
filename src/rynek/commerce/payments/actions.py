"""What can be done with payments."""

import asyncio
import logging
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from rynek.commerce import orders
from rynek.commerce.payments import rules
from rynek.commerce.payments.circuits import available
from rynek.commerce.payments.events import (
    PaymentAuthorised,
    PaymentCaptured,
)
from rynek.commerce.payments.model import (
    MANUAL,
    Account,
    Attempt,
    Contested,
    Due,
    Heard,
    Kind,
    Move,
    Moved,
    News,
    NothingLeft,
    Offer,
    Opening,
    Outstanding,
    Payment,
    PaymentClosed,
    ProviderUnavailable,
    ReferenceTaken,
    Row,
    Tender,
    TendersUnfit,
    Told,
    Unbalanced,
    Unsettled,
    Word,
)
from rynek.commerce.payments.ports import PROVIDERS, Transaction
from rynek.commerce.payments.settlement import ask, ask_to_authorise, carry_out, contest, locked, q, record
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.events import emit
from rynek.kernel.faults import KeyReused, NotFound

logger = logging.getLogger(__name__)

# --- tenders ----------------------------------------------------------------------------------------------------------


def check_tenders(tenders: Sequence[Tender], total_minor: int, *, buyer: bool, credit: bool = False) -> None:
    """See that tenders pay a total exactly, by providers that are in use here.

    Args:
        buyer: whether the buyer says so, and not somebody of ours at the counter: cash is taken, not claimed.
        credit: whether this buyer may pay later by invoice.

    Raises:
        TendersUnfit: they sum to something else, a provider or method is not offered, or a token is missing.
        ProviderUnavailable: a provider does not answer at the moment; ``others`` are in use.
    """
    known = {name: each.methods for name, each in PROVIDERS.items()}
    rules.check(tenders, total_minor, known, buyer=buyer, credit=credit)
    for tender in tenders:
        _reach(tender.provider)


def _reach(provider: str) -> None:
    """Refuse at once what a provider that does not answer would have to do, and name the others."""
    if not available(provider):
        others = sorted(name for name in PROVIDERS if available(name))
        raise ProviderUnavailable(
            f"{provider} does not answer at the moment; in use are {', '.join(others) or 'none'}",
            provider=provider,
            others=others,
        )


async def methods(tx: Tx) -> list[Offer]:
    """List the ways to pay here; one whose provider does not answer at the moment is not available.

    Who may pay later by invoice is not told here: that is a matter of the company's credit, or of the channel.
    """
    buyer = tx.actor.kind in ("guest", "customer")
    return [
        Offer(name, method, token, available(name))
        for name, provider in PROVIDERS.items()
        for method, token in provider.methods.items()
        if not (buyer and name == MANUAL and method in rules.COUNTER | {rules.ON_ACCOUNT})
    ]


async def open_many(tx: Tx, openings: Sequence[Opening]) -> None:
    """Write the tenders of orders that are placed in this transaction.

    What is authorised or captured with them is in the ledger at once; the orders' own money columns are the caller's.

    Emits:
        PaymentAuthorised, PaymentCaptured
    """
    if not openings:
        return
    numbers, of, providers, methods, currencies, amounts, authorised, captured, tokens = zip(
        *(
            (o.id, o.order, o.provider, o.method, o.currency, o.amount_minor, o.authorised_minor, o.captured_minor,
             o.token)
            for o in openings
        ),
        strict=True,
    )  # fmt: skip
    await q.open(
        tx, ids=numbers, orders=of, providers=providers, methods=methods, currencies=currencies, amounts=amounts,
        authorised=authorised, captured=captured, tokens=tokens, at=tx.at,
    )  # fmt: skip
    for o in openings:
        if o.authorised_minor:
            emit(tx, PaymentAuthorised(o.order, o.id, o.provider, o.method, o.currency, o.authorised_minor))
        if o.captured_minor:
            emit(tx, PaymentCaptured(o.order, o.id, o.provider, o.method, o.currency, o.captured_minor))


async def pay(call: Call[Any], order: UUID, tender: Tender) -> Payment:
    """Pay an order that waits for money by one more tender, after another failed.

    Sent again with its Idempotency-Key it is the same tender.

    Raises:
        NotFound: there is no such order, or it is not yours.
        PaymentClosed: the order does not wait for money.
        TendersUnfit: more is offered than the order still needs, or it is not offered here.
        KeyReused: the key was used for another tender.
        ProviderUnavailable: the provider does not answer at the moment; ``others`` are in use.
    Emits:
        PaymentAuthorised, PaymentCaptured, PaymentFailed
    """
    payment = UUID(bytes=call.key) if call.key else ids.new()
    async with call.transaction() as tx:
        await _own(tx, order)
        balance = await orders.balance(tx, order)
        row = await q.row(tx, id=payment)
        if row is None:
            await _add(tx, balance, order, payment, tender)
            row = await q.row(tx, id=payment)
        elif (row.order, row.method, row.amount_minor) != (order, tender.method, tender.amount_minor):
            raise KeyReused
        due = await ask_to_authorise(tx, balance, row, _asker(call))
        await call.note(tx, str(order))
    await carry_out(call.transaction, due)
    return await _shown(call.transaction, payment)


def _asker(call: Call[Any]) -> str | None:
    """Tell from where the buyer asks; nobody else's address is told to her provider."""
    if call.request is None or call.actor.kind not in ("guest", "customer"):
        return None
    try:
        return str(ip_address(call.request.address.strip("[]")))
    except ValueError:
        return None


async def _add(tx: Tx, balance: orders.Balance, order: UUID, payment: UUID, tender: Tender) -> None:
    if balance.state not in ("awaiting-payment", "open"):
        raise PaymentClosed(f"the order is {balance.state}", state=balance.state)
    check_tenders([tender], tender.amount_minor, buyer=tx.actor.kind in ("guest", "customer"))
    missing = rules.outstanding(await q.rows(tx, orders=[order]), balance.due_minor)
    if not missing and balance.state == "open":
        raise PaymentClosed("the order has its money")
    if tender.amount_minor > missing:
        raise TendersUnfit(f"{missing} is missing", missing_minor=missing)
    sure, there = rules.settles(tender.provider, tender.method)
    authorised, captured = tender.amount_minor * sure, tender.amount_minor * there
    given = (tender.provider, tender.method, balance.currency, tender.amount_minor, authorised, captured, tender.token)
    await open_many(tx, [Opening(payment, order, *given)])
    if authorised:
        await orders.book(tx, order, authorised=authorised, captured=captured)


# --- what is known ----------------------------------------------------------------------------------------------------


async def payments(tx: Tx, order: UUID) -> list[Payment]:
    """List an order's payments.

    Raises:
        NotFound: there is no such order, or it is not yours.
    """
    await _own(tx, order)
    return [_payment(row) for row in await q.rows(tx, orders=[order])]


async def outstanding(tx: Tx, order: UUID) -> Outstanding:
    """Tell how much of an order is still to be paid: what no payment has brought or may still bring.

    Raises:
        NotFound: there is no such order, or it is not yours.
    """
    found = await orders.order(tx, order)
    takes = found.state in ("awaiting-payment", "open")
    due = found.total_minor - found.credit_minor
    missing = rules.outstanding(await q.rows(tx, orders=[order]), due) if takes else 0
    return Outstanding(order, found.currency, missing)


async def payment(tx: Tx, payment: UUID) -> Account:
    """Show a payment with all that was tried and all that it did.

    Raises:
        NotFound: there is no such payment, or it is not yours.
    """
    row = await _row(tx, payment)
    attempts, ledger = await q.attempts(tx, payment=payment), await q.ledger(tx, payment=payment)
    return Account(_payment(row), attempts, ledger)


async def unsettled(tx: Tx, limit: Annotated[int, Meta(ge=1, le=1000)] = 200) -> list[Unsettled]:
    """List money whose whereabouts are not settled, longest first: what to look at when payments go wrong."""
    found: list[Unsettled] = await q.unsettled(tx, limit=limit)
    return found


async def unbalanced(tx: Tx) -> list[Unbalanced]:
    """List payments that are not the sums of their ledger: there are none, unless the data were damaged."""
    found: list[Unbalanced] = await q.unbalanced(tx)
    return found


async def _own(tx: Tx, order: UUID) -> None:
    if tx.reach == "own":
        await orders.order(tx, order)


async def _row(tx: Tx, payment: UUID) -> Row:
    row: Row | None = await q.row(tx, id=payment)
    if row is None:
        raise NotFound("there is no such payment, or it is not yours")
    await _own(tx, row.order)
    return row


async def _shown(transaction: Transaction, payment: UUID) -> Payment:
    async with transaction() as tx:
        return _payment(await q.row(tx, id=payment))


def _payment(row: Row) -> Payment:
    known = {name: getattr(row, name) for name in Payment.__struct_fields__ if name not in ("state", "action_url")}
    state = rules.standing(row)
    return Payment(**known, state=state, action_url=row.action_url if state == "pending" else None)


# --- asking a provider ------------------------------------------------------------------------------------------------


async def authorise(call: Call[Any], payment: UUID) -> Payment:
    """Have a payment's provider promise its amount; each payment is authorised at most once, however often asked.

    Raises:
        NotFound: there is no such payment, or it is not yours.
        PaymentClosed: its order is cancelled, or has its money.
        ProviderUnavailable: the provider does not answer at the moment; ``others`` are in use.
    Emits:
        PaymentAuthorised, PaymentFailed
    """
    async with call.transaction() as tx:
        balance, row = await _lock(tx, payment)
        if rules.standing(row) == "open":
            _reach(row.provider)
        due = await ask_to_authorise(tx, balance, row, _asker(call))
        await call.note(tx, str(payment))
    await carry_out(call.transaction, due)
    return await _shown(call.transaction, payment)


async def authorise_all(call: Call[Any], order: UUID) -> list[Payment]:
    """Have the providers of an order's payments promise their amounts; gives how all of them stand then.

    For a process that has just placed the order and committed it. What times out is pending, and is settled later.

    Raises:
        NotFound: there is no such order.
        PaymentClosed: the order is cancelled.
    Emits:
        PaymentAuthorised, PaymentFailed
    """
    async with call.transaction() as tx:
        balance = await orders.balance(tx, order)
        rows = await locked(tx, order)
        asked = [
            await ask_to_authorise(tx, balance, row, _asker(call)) for row in rows if rules.standing(row) == "open"
        ]
    await asyncio.gather(*(carry_out(call.transaction, due) for due in asked))
    async with call.transaction() as tx:
        return [_payment(row) for row in await q.rows(tx, orders=[order])]


async def capture(call: Call[Any], payment: UUID, move: Move) -> Moved:
    """Take a part or all of what a payment's provider promised, or write down that money came.

    Raises:
        NotFound: there is no such payment.
        NothingLeft: so much is not promised, or is being captured or voided already.
        PaymentClosed: its order is cancelled.
        ReferenceTaken: the reference was used for another amount.
    Emits:
        PaymentCaptured, PaymentFailed
    """
    return await _move(call, payment, "capture", f"capture:{move.reference}", move.amount_minor)


async def refund(call: Call[Any], payment: UUID, move: Move) -> Moved:
    """Give back a part or all of what was captured, or write down that money was given back.

    Raises:
        NotFound: there is no such payment.
        NothingLeft: so much was not captured, or is being given back already.
        ReferenceTaken: the reference was used for another amount.
    Emits:
        PaymentRefunded, PaymentFailed
    """
    return await _move(call, payment, "refund", f"refund:{move.reference}", move.amount_minor)


async def void(call: Call[Any], payment: UUID, move: Move) -> Moved:
    """Let go of all that is promised and not captured.

    Raises:
        NotFound: there is no such payment.
        NothingLeft: nothing is promised, or a capture is on its way.
        ReferenceTaken: the reference was used for another amount.
    Emits:
        PaymentVoided, PaymentFailed
    """
    return await _move(call, payment, "void", f"void:{move.reference}", move.amount_minor)


async def inquire(call: Call[Any], payment: UUID) -> Account:
    """Ask a payment's provider again about everything that is not settled, now.

    Raises:
        NotFound: there is no such payment.
    Emits:
        PaymentAuthorised, PaymentCaptured, PaymentVoided, PaymentRefunded, PaymentFailed
    """
    async with call.transaction() as tx:
        await _row(tx, payment)
        flying = [each for each in await q.attempts(tx, payment=payment) if each.state in rules.OPEN]
        asked = [await q.due(tx, payment=payment, attempt=each.attempt) for each in flying]
        await call.note(tx, str(payment))
    for due in asked:
        await carry_out(call.transaction, due, again=True)
    async with call.transaction() as tx:
        row = await _row(tx, payment)
        return Account(_payment(row), await q.attempts(tx, payment=payment), await q.ledger(tx, payment=payment))


async def _lock(tx: Tx, payment: UUID) -> tuple[orders.Balance, Row]:
    """Lock a payment's order and then the payment."""
    row = await _row(tx, payment)
    balance = await orders.balance(tx, row.order)
    await q.lock(tx, ids=[payment])
    return balance, await _row(tx, payment)


async def _move(call: Call[Any], payment: UUID, kind: Kind, attempt: str, amount: int | None) -> Moved:
    async with call.transaction() as tx:
        _, row = await _lock(tx, payment)
        due = await _wanted(tx, row, kind, attempt, amount)
        await call.note(tx, str(payment))
    await carry_out(call.transaction, due)
    async with call.transaction() as tx:
        row = await _row(tx, payment)
        tried = {each.attempt: each for each in await q.attempts(tx, payment=payment)}
    return Moved(_payment(row), tried[attempt])


async def _wanted(tx: Tx, row: Row, kind: Kind, attempt: str, amount: int | None) -> Due | None:
    """Write down a wish that is within bounds; None when it was written before."""
    attempts: list[Attempt] = await q.attempts(tx, payment=row.id)
    known = next((each for each in attempts if each.attempt == attempt), None)
    if known is not None:
        if amount not in (None, known.minor):
            raise ReferenceTaken(f"this reference stands for {known.minor}", amount_minor=known.minor)
        return None
    if kind == "capture" and row.unwinding:
        raise PaymentClosed
    left: int = getattr(rules.free(row, attempts), kind)
    minor = left if amount is None or kind == "void" else amount
    if not 0 < minor <= left:
        raise NothingLeft(f"{left} is left", left_minor=left)
    return await ask(tx, row, kind, attempt, minor, tries=1)


async def hear(call: Call[Any], provider: Word) -> Heard:
    """Take in what a provider tells of its own accord: signed, perhaps late, repeated or in another order.

    Raises:
        NotFound: this provider is not in use here.
        ForgedWebhook: it does not bear the provider's signature.
    Emits:
        PaymentAuthorised, PaymentCaptured, PaymentVoided, PaymentRefunded, PaymentFailed, PaymentDisputed,
        DisputeDecided
    """
    known = PROVIDERS.get(provider)
    if known is None or call.request is None:
        raise NotFound("this provider is not in use here")
    about = 0
    for told in known.read_webhook(call.request.header, call.request.body):
        # as the shop itself: nobody's session pays an order here
        async with call.door.database.transaction("commerce") as tx:
            found = await _heard(tx, provider, told)
            for payment in found:
                await call.note(tx, str(payment))
        about += len(found)
        if not found:
            logger.warning("%s tells of %.100r, which is not ours", provider, told)
    return Heard(about)


async def _heard(tx: Tx, provider: str, told: News) -> list[UUID]:
    """Take in one piece of news; gives the payments that it is about."""
    match told:
        case Told():
            number, _, attempt = told.key.partition(":")
            payment = _uuid(number)
            return [payment] if await record(tx, payment, attempt, told.outcome, provider) else []
        case Contested():
            return await contest(tx, provider, told)
    if told.key:
        await q.learn(tx, payment=_uuid(told.key.partition(":")[0]), provider=provider, reference=told.reference)
    found: list[UUID] = await q.stir(tx, provider=provider, reference=told.reference, at=tx.at)
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
