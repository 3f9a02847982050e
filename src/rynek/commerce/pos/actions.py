"""What tills do."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce import inventory
from rynek.commerce.pos import model, rules
from rynek.commerce.pos.events import ReceiptAccepted
from rynek.commerce.pos.model import (
    RETURNS,
    Accepted,
    Intake,
    NotYourStore,
    Receipt,
    ReceiptDiffers,
    Stored,
    StoreUnknown,
    Takings,
    TillCode,
)
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.events import emit
from rynek.kernel.faults import Fault, Forbidden, Invalid
from rynek.kernel.sql import queries

q = queries(__file__, model)

Limit = Annotated[int, Meta(ge=1, le=200)]
_encode = msgspec.json.Encoder().encode
_stores: set[str] = set()
"""Stores this process has seen; none is ever deleted."""
_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

LATELY = timedelta(minutes=3)

Name = tuple[str, str, int]


def _name(receipt: Receipt) -> Name:
    return receipt.store, receipt.till, receipt.number


async def sell(tx: Tx, calls: Sequence[Call[Receipt]]) -> list[Accepted | Fault]:
    """Take in what a till sold: once, however often it is sent, late and in any order.

    Stock may fall below zero at a store, because the goods are gone: that is reported, not refused.

    Raises:
        ReceiptUnbalanced: what was paid is not what the lines come to.
        LineContradicts: a line's kind, quantity and amount do not fit together.
        StoreUnknown: there is no such store.
        ReceiptDiffers: this till has sent another receipt under this number.
        NotYourStore: it is another store's till.
    Emits:
        ReceiptAccepted, StockMoved, StockOwed
    """
    stores = await known_stores(tx, {call.input.store for call in calls})
    refusals = [_refusal(call, stores) for call in calls]
    said: dict[Name, tuple[Receipt, bytes]] = {}
    digests = [blake2b(_encode(call.input), digest_size=16).digest() for call in calls]
    for call, refused, digest in zip(calls, refusals, digests, strict=True):
        if refused is None:
            said.setdefault(_name(call.input), (call.input, digest))
    new = await _take_in(tx, sorted(said.items())) if said else {}
    before = await _seen_before(tx, [name for name in said if name not in new])
    results: list[Accepted | Fault] = []
    for call, refused, digest in zip(calls, refusals, digests, strict=True):
        name = _name(call.input)
        if refused is not None:
            results.append(refused)
        elif (new.get(name) or before[name]) != digest:
            results.append(ReceiptDiffers("this till has sent another receipt under this number"))
        else:
            results.append(
                Accepted(
                    *name,
                    rules.amount(call.input),
                    rules.units(call.input),
                    repeated=said[name][0] is not call.input or name in before,
                )
            )
    return results


def _refusal(call: Call[Receipt], stores: set[str]) -> Fault | None:
    if call.reach == "own" and call.actor.location != call.input.store:
        return NotYourStore(f"you sell for {call.actor.location or 'no store'}")
    if call.input.till == RETURNS:
        return Invalid(f"no till is named {RETURNS}: goods come back so", field="till")
    if call.input.store not in stores:
        return StoreUnknown(f"there is no store {call.input.store}", field="store")
    return rules.check(call.input)


async def known_stores(tx: Tx, codes: set[str]) -> set[str]:
    """Tell which of these are stores."""
    if not codes <= _stores:
        _stores.update(await q.stores(tx, codes=list(codes - _stores)))
    return codes & _stores


async def take_in(tx: Tx, receipts: Sequence[Receipt]) -> None:
    """Write receipts of ours, with what they moved.

    Emits:
        ReceiptAccepted, StockMoved, StockOwed
    """
    digests = [blake2b(_encode(each), digest_size=16).digest() for each in receipts]
    pairs = zip(receipts, digests, strict=True)
    await _take_in(tx, [(_name(each), (each, digest)) for each, digest in pairs])


async def _take_in(tx: Tx, receipts: list[tuple[Name, tuple[Receipt, bytes]]]) -> dict[Name, bytes]:
    """Write the receipts that are new, and what they moved; gives their names."""
    rows = [
        (r.store, r.till, r.number, r.sold_at, r.customer, r.currency, rules.amount(r), rules.discount(r),
         _encode(r.lines).decode(), _encode(r.tenders).decode(), r.reference, digest, r.vat_id or None)
        for _, (r, digest) in receipts
    ]  # fmt: skip
    (stores, tills, numbers, sold, customers, currencies, amounts, discounts, lines, tenders, references, digests,
     vat_ids) = zip(*rows, strict=True)  # fmt: skip
    keys = await q.accept(
        tx, stores=stores, tills=tills, numbers=numbers, sold=sold, at=tx.at, customers=customers,
        currencies=currencies, amounts=amounts, discounts=discounts, lines=lines, tenders=tenders,
        references=references, digests=digests, vat_ids=vat_ids,
    )  # fmt: skip
    new = {(key.store, key.till, key.number): key.digest for key in keys}
    taken = [receipt for name, (receipt, _) in receipts if name in new]
    await inventory.sell(tx, [_sale(receipt) for receipt in taken])
    emit(
        tx,
        *(
            ReceiptAccepted(
                r.store, r.till, r.number, r.sold_at, r.customer, r.currency, rules.amount(r), r.lines, r.tenders
            )
            for r in taken
        ),
    )
    return new


def _sale(receipt: Receipt) -> inventory.Sale:
    reference = f"{receipt.store}/{receipt.till}/{receipt.number}"
    lines = [(line.sku, units) for line in receipt.lines if (units := rules.moved(line))]
    return inventory.Sale(receipt.store, reference, receipt.sold_at, lines)


async def _seen_before(tx: Tx, names: list[Name]) -> dict[Name, bytes]:
    if not names:
        return {}
    stores, tills, numbers = zip(*names, strict=True)
    return {
        (k.store, k.till, k.number): k.digest for k in await q.known(tx, stores=stores, tills=tills, numbers=numbers)
    }


def _shown(stored: Stored) -> Stored:
    raw = {"lines": msgspec.Raw(stored.lines.encode()), "tenders": msgspec.Raw(stored.tenders.encode())}  # type: ignore[attr-defined]
    return msgspec.structs.replace(stored, **raw)


def own_store(tx: Tx, store: str) -> None:
    """See that a store is the asker's.

    Raises:
        Forbidden: it is not.
    """
    if tx.reach == "own" and tx.actor.location != store:
        raise Forbidden(f"you belong to {tx.actor.location or 'no store'}")


async def receipt(
    tx: Tx, store: inventory.LocationCode, till: TillCode, number: Annotated[int, Meta(ge=1, le=2**53)]
) -> Stored:
    """Show a receipt as it was taken in.

    Raises:
        NotFound: there is no such receipt.
        Forbidden: it is not your store's.
    """
    own_store(tx, store)
    return _shown(await q.receipt(tx, store=store, till=till, number=number))


async def receipts(
    tx: Tx, store: inventory.LocationCode, before: datetime | None = None, limit: Limit = 50
) -> list[Stored]:
    """List a store's receipts, newest first; go on with the last ``sold_at`` as ``before``.

    Raises:
        Forbidden: it is not your store.
    """
    own_store(tx, store)
    return [_shown(each) for each in await q.receipts(tx, store=store, before=before or _END, limit=limit)]


async def bought(tx: Tx, customer: UUID, before: datetime | None = None, limit: Limit = 50) -> list[Stored]:
    """List a customer's receipts of all stores, newest first.

    Raises:
        Forbidden: they are somebody else's.
    """
    if tx.reach == "own" and tx.actor.id != customer:
        raise Forbidden("you see your own receipts")
    return [_shown(each) for each in await q.bought(tx, customer=customer, before=before or _END, limit=limit)]


async def takings(
    tx: Tx, store: inventory.LocationCode | None = None, since: datetime | None = None, until: datetime | None = None
) -> list[Takings]:
    """Tell what stores took in a period, the most first.

    Raises:
        Forbidden: it is not your store.
    """
    if tx.reach == "own":
        store = store or tx.actor.location
        own_store(tx, store or "")
    found: list[Takings] = await q.takings(tx, store=store, since=since or _BEGINNING, until=until or _END)
    return found


async def intake(tx: Tx, since: datetime | None = None) -> Intake:
    """Tell what came in from tills, whatever day it was sold on.

    Args:
        since: None for the beginning of this day (UTC).

    Raises:
        Forbidden: you belong to no store.
    """
    store = tx.actor.location if tx.reach == "own" else None
    if tx.reach == "own":
        own_store(tx, store or "")
    day = tx.at.replace(hour=0, minute=0, second=0, microsecond=0)
    found = await q.intake(tx, store=store, since=since or day, recent=tx.at - LATELY)
    return msgspec.json.decode(found, type=Intake)
