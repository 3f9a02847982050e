"""What is changed about an order after it was placed: added, sent elsewhere, credited, held up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, structs

from rynek.commerce.orders.actions import documented, lock, q, write
from rynek.commerce.orders.events import HoldLifted, Item, OrderChanged, OrderCredited, OrderHeld
from rynek.commerce.orders.model import Balance, Credit, Held, HoldKind, NotChangeable, Note, OrderLine, Redelivery
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import NotFound

_BEGINNING = datetime.min.replace(tzinfo=UTC)


async def extend(
    tx: Tx,
    order: UUID,
    reference: str,
    lines: Sequence[OrderLine],
    components: Mapping[str, Sequence[tuple[str, int]]] | None = None,
    *,
    reopen: bool = False,
) -> Balance:
    """Add lines to an open order; gives what it comes to now. Twice by one number is once.

    Their numbers are given here. Their units are the caller's to set aside for the order. Where more is to be paid
    than its payments hold, the order is held up until it is.

    Args:
        components: what the bundles among them are made of.
        reopen: a shipped order goes on with them: for goods that are exchanged.

    Raises:
        NotFound: there is no such order.
        NotChangeable: it is shipped or cancelled.
    Emits:
        OrderChanged, OrderHeld
    """
    known = await lock(tx, order)
    again = reopen and known.state == "shipped"
    if not await documented(tx, order, reference, structs.replace(known, state="open") if again else known):
        return known
    if again:
        await q.set_state(tx, id=order, state="open")
    first = max(line.line for line in await q.lines(tx, id=order)) + 1
    new = [structs.replace(line, line=first + n) for n, line in enumerate(lines)]
    of = {name: [getattr(line, name) for line in new] for name in OrderLine.__struct_fields__}
    await q.add_lines(
        tx, order=order, lines=of["line"], skus=of["sku"], names=of["name"], quantities=of["quantity"],
        units=of["unit_minor"], nets=of["net_minor"], taxes=of["tax_minor"], grosses=of["gross_minor"],
        rates=of["rate_bp"], discounts=of["discount_minor"],
        components=msgspec.json.encode(components or {}).decode(),
    )  # fmt: skip
    after: Balance = await q.reprice(tx, id=order, total=sum(of["gross_minor"]), tax=sum(of["tax_minor"]), at=tx.at)
    await write(tx, order, "extended", reference)
    added = [Item(line.sku, line.quantity, line.gross_minor) for line in new]
    emit(tx, OrderChanged(order, reference, after.total_minor, [], added))
    await _await_money(tx, order, after)
    return after


async def _await_money(tx: Tx, order: UUID, known: Balance) -> None:
    if known.state == "open" and known.promised_minor < known.due_minor:
        await _hold_up(tx, order, "payment", "more is to be paid since it was changed")


async def redeliver(tx: Tx, order: UUID, given: Redelivery) -> Balance:
    """Have an order come another way, as long as nothing of it has left; gives what it comes to now.

    Twice by one number is once. Where more is to be paid than its payments hold, it is held up until it is.

    Raises:
        NotFound: there is no such order.
        NotChangeable: it is shipped or cancelled, or a part of it has left.
    Emits:
        OrderChanged, OrderHeld
    """
    known = await lock(tx, order)
    if not await documented(tx, order, given.reference, known):
        return known
    await _all_here(tx, order, known)
    line = msgspec.json.encode(given.line).decode()
    before: int = await q.redeliver(tx, id=order, option=given.option, line=line, minor=given.gross_minor)
    after: Balance = await q.reprice(tx, id=order, total=given.gross_minor - before, tax=given.tax_minor, at=tx.at)
    await write(tx, order, "redelivered", given.option)
    emit(tx, OrderChanged(order, given.reference, after.total_minor, [], []))
    await _await_money(tx, order, after)
    return after


async def _all_here(tx: Tx, order: UUID, known: Balance) -> None:
    if known.state in ("shipped", "cancelled"):
        raise NotChangeable(f"it is {known.state}", state=known.state)
    if any(line.shipped for line in await q.lines(tx, id=order)):
        raise NotChangeable("a part of it has left")


async def readdress(tx: Tx, order: UUID, address: Struct) -> None:
    """Send an order elsewhere, as long as nothing of it has left.

    Raises:
        NotFound: there is no such order.
        NotChangeable: it is shipped or cancelled, or a part of it has left.
    """
    known = await lock(tx, order)
    await _all_here(tx, order, known)
    await q.readdress(tx, id=order, address=msgspec.json.encode(address).decode())
    await write(tx, order, "readdressed")
    emit(tx, OrderChanged(order, "address", known.total_minor, [], []))


async def credit(tx: Tx, order: UUID, given: Credit) -> bool:
    """Let a buyer have money back, or not pay it; False when this credit was given already.

    Payments give it back to where it came from, as far as it was paid.

    Raises:
        NotFound: there is no such order.
        CreditTooHigh: with what was credited before it is more than the order comes to.
    Emits:
        OrderCredited
    """
    await lock(tx, order)
    if await q.credit(tx, order=order, reference=given.reference, minor=given.minor, why=given.why, at=tx.at) is None:
        return False
    await write(tx, order, "credited", given.why)
    emit(tx, OrderCredited(order, given.reference, given.minor, given.why))
    return True


async def hold_up(tx: Tx, order: UUID, kind: HoldKind, reason: Note) -> None:
    """Hold an order up until somebody has looked at it: nothing of it leaves. Held up twice is held up.

    Raises:
        NotFound: there is no such order.
        NotChangeable: it is shipped or cancelled.
    Emits:
        OrderHeld
    """
    known = await lock(tx, order)
    if known.state in ("shipped", "cancelled"):
        raise NotChangeable(f"it is {known.state}", state=known.state)
    await _hold_up(tx, order, kind, reason)


async def _hold_up(tx: Tx, order: UUID, kind: HoldKind, reason: str) -> None:
    if await q.hold_up(tx, order=order, kind=kind, reason=reason, at=tx.at) is not None:
        await write(tx, order, "held", f"{kind}: {reason}")
        emit(tx, OrderHeld(order, kind, reason))


async def lift(tx: Tx, order: UUID, kind: HoldKind, reason: Note) -> None:
    """Let an order go on that was held up. Lifted twice is lifted.

    Raises:
        NotFound: there is no such order, or nothing of this kind holds it up.
    Emits:
        HoldLifted
    """
    await lock(tx, order)
    if await q.lift(tx, order=order, kind=kind, at=tx.at) is None:
        raise NotFound("nothing of this kind holds it up")
    await write(tx, order, "let go", f"{kind}: {reason}")
    emit(tx, HoldLifted(order, kind))


async def held(
    tx: Tx,
    kind: HoldKind | None = None,
    after: datetime = _BEGINNING,
    limit: Annotated[int, Meta(ge=1, le=200)] = 50,
) -> list[Held]:
    """List orders that are held up, oldest first; go on with the last ``placed_at`` as ``after``."""
    found: list[Held] = await q.queue(tx, kind=kind, after=after, limit=limit)
    return found
