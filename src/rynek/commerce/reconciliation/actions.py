"""What is done with statements: read, booked once, and what does not match is work until somebody saw to it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from rynek.commerce import orders, payments
from rynek.commerce.reconciliation import model, rules, statements
from rynek.commerce.reconciliation.model import (
    Account,
    Candidate,
    Document,
    Form,
    Line,
    LineSettled,
    Missing,
    Note,
    Page,
    Received,
    Said,
    Source,
    Standing,
    State,
    Statement,
    StatementRefused,
    Suggestion,
)
from rynek.kernel import clock, forms, ids
from rynek.kernel.database import Tx
from rynek.kernel.door import Call, Request
from rynek.kernel.faults import NotFound
from rynek.kernel.sql import queries

q = queries(__file__, model)

AT_ONCE = 100
"""So many lines are booked in one transaction."""
BANK = frozenset({"credit", "debit"})
WAYS = {"credit": "transfer", "remitted": "cash-on-delivery"}
"""How what a kind of line brings is paid."""
DAYS = 3
"""So long a provider may take to settle what it took, before that is missing."""

# --- statements -------------------------------------------------------------------------------------------------------


async def receive(call: Call[Any], form: Form, source: Source) -> Received:
    """Take in a statement, report or list; what matches is booked, and what does not is work.

    Send the file as the body, or a form with one file (``multipart/form-data``). The same statement twice books nothing
    twice, whole or in part, also where one of them was cut off half-way.

    Args:
        form: ``mt940`` and ``camt053`` of a bank; ``payouts`` a provider's report and ``remittance`` a carrier's list
            of cash on delivery, both as CSV with a line of headings.
        source: whose it is: a bank account, or the provider or carrier by its name here.

    Raises:
        StatementRefused: it is not of this form, says something impossible, or is too long.
        Malformed: the form with it cannot be read.
    Emits:
        PaymentCaptured
    """
    found = await asyncio.to_thread(statements.read, form, _file(call.request))
    today = clock.now().date()
    for number, each in enumerate(found.lines, 1):
        amiss = rules.sound(each, today)
        if amiss:
            raise StatementRefused(f"line {number}: {amiss}", line=number)
    return await _take_in(call, source, form, found)


def _file(request: Request | None) -> bytes:
    """Take the file out of a request."""
    if request is None:
        return b""
    kind = request.header("content-type") or ""
    if not kind.startswith(forms.MEDIA):
        return request.body
    return b"".join(each.body for each in forms.read(kind, request.body) if each.file is not None)


async def fetch(call: Call[Any], provider: Source, since: datetime | None = None) -> Received:
    """Ask a provider what it settled, and take that in.

    Args:
        since: UTC; None: the last 30 days.

    Raises:
        NotFound: this provider is not in use here, or tells nothing of the kind.
        Unavailable: it does not answer.
    """
    told = await payments.settlements(provider, since or clock.now() - timedelta(days=30))
    lines = [
        Said(
            each.kind, each.minor, each.currency, each.at.date(), each.number, each.reference, each.text, "",
            each.fee_minor, each.original_minor, each.original_currency,
        )
        for each in told
    ]  # fmt: skip
    return await _take_in(call, provider, "told", Statement(f"since {since or 'a month'}"[:40], lines))


async def _take_in(call: Call[Any], source: str, form: str, statement: Statement) -> Received:
    document = ids.new()
    async with call.transaction() as tx:
        await q.source(tx, source=source)
        await q.write_document(
            tx, id=document, source=source, form=form, number=statement.number, lines=len(statement.lines),
            by_kind=tx.actor.kind, by_id=tx.actor.id, at=tx.at,
        )  # fmt: skip
        await call.note(tx, str(document))
    identities = rules.identities(statement.lines)
    states: list[State] = []
    for chunk in rules.chunks(statement.lines, AT_ONCE):
        # as the shop itself: payments are booked whoever sent the statement
        async with call.door.database.transaction("commerce") as tx:
            await q.source(tx, source=source)
            fresh = [
                (line, row)
                for line, row in [
                    (await _write(tx, source, document, statement.lines[n], identities[n]), statement.lines[n])
                    for n in chunk
                ]
                if line is not None
            ]
            states += [await _judge(tx, source, line, said) for line, said in await _in_order(tx, fresh)]
            await q.count_fresh(tx, id=document, fresh=len(fresh))
    lines = len(statement.lines)
    return Received(document, lines, lines - len(states), states.count("matched"), states.count("open"))


async def _write(tx: Tx, source: str, document: UUID, line: Said, identity: str) -> UUID | None:
    found: UUID | None = await q.write_line(
        tx, id=ids.new(), source=source, identity=identity, document=document, kind=line.kind, minor=line.minor,
        currency=line.currency, fee=line.fee_minor, original=line.original_minor,
        original_currency=line.original_currency, booked_on=line.booked_on, reference=line.reference, text=line.text,
        party=line.party, at=tx.at,
    )  # fmt: skip
    return found


Fresh = list[tuple[UUID, Said]]


async def _in_order(tx: Tx, fresh: Fresh) -> Fresh:
    """Lock the orders that lines may be about, in the order in which everybody locks them."""
    meant: set[UUID] = set()
    for _, said in fresh:
        if said.kind in WAYS:
            meant |= {each.order for each in (await _meant(tx, said))[1]}
    for order in sorted(meant):
        await orders.balance(tx, order)
    return fresh


# --- what is made of a line -------------------------------------------------------------------------------------------


async def _judge(tx: Tx, source: str, line: UUID, said: Said) -> State:
    if said.kind in WAYS and said.minor > 0:
        return await _collect(tx, line, said)
    if said.kind == "debit":
        return await _outgoing(tx, line, said)
    if said.kind in WAYS:
        return await _settle(tx, line, None, "other")
    return await _compare(tx, source, line, said)


async def _settle(tx: Tx, line: UUID, payment: UUID | None, why: str, *, aside: bool = False) -> State:
    state: State = "aside" if aside else "open" if why else "matched"
    await q.judge(tx, id=line, payment=payment, state=state, why=why)
    return state


async def _meant(tx: Tx, said: Said) -> tuple[rules.Named, list[Candidate]]:
    """Find the payments that a line may be about."""
    named = rules.named(f"{said.reference} {said.text}")
    found = await orders.numbered(tx, [*named.numbers, *named.bare])
    numbers = {order: number for number, order in found.items()}
    sure = [UUID(each) for each in named.ids]
    awaited = await payments.awaited(tx, [*numbers, *sure], sure, WAYS.get(said.kind, ""))
    return named, [
        Candidate(each.payment, each.order, numbers.get(each.order), each.currency, each.missing_minor, each.closed)
        for each in awaited
    ]


async def _collect(tx: Tx, line: UUID, said: Said) -> State:
    if said.kind == "credit" and await _paid_out(tx, line, said):
        return "matched"
    named, candidates = await _meant(tx, said)
    return await _book(tx, line, rules.fit(said, named, candidates))


async def _book(tx: Tx, line: UUID, fit: rules.Fit) -> State:
    """Give payments their money; what one of them did not take after all makes the line work."""
    why = fit.why
    for share in fit.books:
        taken = await payments.collect(tx, share.payment, f"line {line}", share.minor)
        if taken:
            await q.book(tx, line=line, payment=share.payment, minor=taken, at=tx.at)
        if taken < share.minor:
            why = "over" if taken else "closed"
        if not why or why == "over":
            await q.fill(tx, payment=share.payment)
    return await _settle(tx, line, fit.books[0].payment if len(fit.books) == 1 else None, why)


async def _outgoing(tx: Tx, line: UUID, said: Said) -> State:
    """Money that left us is nothing of ours to match, unless it names an order of ours."""
    named = rules.named(f"{said.reference} {said.text}")
    ours = bool(named.ids) or bool(await orders.numbered(tx, named.numbers))
    return await _settle(tx, line, None, "outgoing", aside=not ours)


async def _paid_out(tx: Tx, line: UUID, said: Said) -> bool:
    """Tell whether money on the bank's statement is what a provider paid out; then both lines match."""
    for each in await q.payouts(tx, currency=said.currency, minor=-said.minor):
        if rules.pays_out(said, each.minor, each.currency, each.reference, each.source):
            await _settle(tx, line, None, "")
            await _settle(tx, each.id, None, "")
            return True
    return False


async def _compare(tx: Tx, provider: str, line: UUID, said: Said) -> State:
    """Compare what a provider settled with our ledger."""
    named = rules.named(f"{said.reference} {said.text}")
    found = await payments.known(
        tx, provider, [said.reference] if said.reference else [], [UUID(each) for each in named.ids]
    )
    known = found[0] if len(found) == 1 else None
    sums = await q.settled(tx, payments=[known.payment] if known else [], kind=said.kind)
    why = rules.differs(said, known, sums[0].minor if sums else 0)
    return await _settle(tx, line, known.payment if known else None, why)


# --- what is work -----------------------------------------------------------------------------------------------------


async def match(tx: Tx, line: UUID, payment: UUID, note: Note = "matched by hand") -> Account:
    """Give a payment what a line brought, as far as it takes it: for what could not be told by itself.

    Raises:
        NotFound: there is no such line, or no such payment that people collect.
        LineSettled: it is settled, has given all of its money, or brought none.
    Emits:
        PaymentCaptured
    """
    found = await _open(tx, line)
    left = found.minor - await q.booked(tx, line=line)
    if found.kind not in WAYS or left <= 0:
        raise LineSettled("this line has no money for a payment", left_minor=max(left, 0))
    taken = await payments.collect(tx, payment, f"line {line}", left)
    if not taken:
        raise LineSettled("this payment takes no more", left_minor=left)
    await q.book(tx, line=line, payment=payment, minor=taken, at=tx.at)
    await q.fill(tx, payment=payment)
    await _settle(tx, line, payment, "over" if taken < left else "")
    await _step(tx, line, "matched", f"{payment}: {note}")
    return await _shown(tx, line)


async def resolve(tx: Tx, line: UUID, note: Note) -> Account:
    """Say what was done about a line that does not match, so that it is no work any more.

    Raises:
        NotFound: there is no such line.
        LineSettled: it is settled already.
    """
    await _open(tx, line)
    await q.judge(tx, id=line, payment=None, state="resolved", why="")
    await _step(tx, line, "resolved", note)
    return await _shown(tx, line)


async def _open(tx: Tx, line: UUID) -> Line:
    found: Line | None = await q.lock_line(tx, id=line)
    if found is None:
        raise NotFound("there is no such line")
    if found.state != "open":
        raise LineSettled(f"this line is {found.state}", state=found.state)
    return found


async def _step(tx: Tx, line: UUID, what: str, note: str) -> None:
    await q.step(tx, line=line, what=what, note=note, by_kind=tx.actor.kind, by_id=tx.actor.id, at=tx.at)


# --- what is known ----------------------------------------------------------------------------------------------------


async def line(tx: Tx, line: UUID) -> Account:
    """Show a line with where its money went, what was done about it, and who may be meant by it.

    Raises:
        NotFound: there is no such line.
    """
    return await _shown(tx, line)


async def _shown(tx: Tx, line: UUID) -> Account:
    found: Line | None = await q.line(tx, id=line)
    if found is None:
        raise NotFound("there is no such line")
    return Account(
        found, await q.bookings(tx, line=line), await q.steps(tx, line=line), await _suggested(tx, found)
    )  # fmt: skip


async def _suggested(tx: Tx, line: Line) -> list[Suggestion]:
    if line.state != "open" or line.kind not in WAYS or line.minor <= 0:
        return []
    found = await payments.awaited_of(tx, line.currency, line.minor, WAYS[line.kind])
    return [Suggestion(each.payment, each.order, None, each.missing_minor) for each in found]


async def lines(
    tx: Tx, state: State | None = None, source: Source | None = None, document: UUID | None = None,
    before: UUID | None = None, limit: Page = 100,
) -> list[Line]:  # fmt: skip
    """List lines, newest first.

    Args:
        before: the last line of the page before.

    Raises:
        NotFound: there is no line ``before``.
    """
    last: Line | None = await q.line(tx, id=before) if before else None
    if before and last is None:
        raise NotFound("there is no such line before")
    found: list[Line] = await q.lines(
        tx, state=state, source=source, document=document, before_on=last.booked_on if last else None, before=before,
        limit=limit,
    )  # fmt: skip
    return found


async def documents(tx: Tx, limit: Page = 100) -> list[Document]:
    """List what came in, newest first."""
    found: list[Document] = await q.documents(tx, limit=limit)
    return found


async def standing(tx: Tx) -> list[Standing]:
    """Tell how many lines of each source stand how, and what they sum to."""
    found: list[Standing] = await q.standing(tx)
    return found


async def missing(
    tx: Tx, provider: Source, before: datetime | None = None, limit: Annotated[int, Meta(ge=1, le=1000)] = 200
) -> list[Missing]:
    """List money that a provider took for us and has not settled, in the order of our payments.

    Args:
        before: UTC; what it took before that; None: three days ago.
    """
    until = (before or tx.at - timedelta(days=DAYS)).astimezone(UTC)
    found: list[Missing] = []
    after: UUID | None = None
    while len(found) < limit:
        page = await payments.taken(tx, provider, until, after)
        if not page:
            break
        found += await _unsettled(tx, page)
        after = page[-1].payment
    return found[:limit]


async def _unsettled(tx: Tx, page: Sequence[payments.Taken]) -> list[Missing]:
    sums = await q.settled(tx, payments=[each.payment for each in page], kind="payment")
    settled = {each.payment: each.minor for each in sums}
    return [
        Missing(each.payment, each.order, each.currency, each.captured_minor, settled.get(each.payment, 0), each.at)
        for each in page
        if rules.overdue(each.captured_minor, settled.get(each.payment, 0))
    ]
