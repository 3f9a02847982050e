"""What comes back over a counter: with the receipt it was sold by, or without one, within what is declared."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from uuid import UUID

import msgspec

from rynek.commerce import inventory, wallets
from rynek.commerce.pos import rules
from rynek.commerce.pos.actions import known_stores, own_store, q, take_in
from rynek.commerce.pos.events import GoodsReturned
from rynek.commerce.pos.model import (
    RETURNS,
    Bare,
    Cheapest,
    Day,
    Known,
    Line,
    NeverSold,
    Number,
    Proven,
    Receipt,
    ReceiptDiffers,
    Returnable,
    Returned,
    Rule,
    Stored,
    StoreUnknown,
    TakenBack,
    Tender,
    TillCode,
    TooLateBack,
    Unproven,
)
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid, NotFound

LOWEST = timedelta(days=30)
"""Over how long the lowest price is looked for of what comes back without a receipt."""
CREDIT = "store-credit"


async def returnable(tx: Tx, store: inventory.LocationCode, till: TillCode, number: Number) -> list[Returnable]:
    """Tell what of a receipt may still come back over the counter.

    Raises:
        NotFound: there is no such receipt.
        Forbidden: it is not your store's.
    """
    own_store(tx, store)
    _, there = await _receipt(tx, store, till, number)
    return there


async def _receipt(tx: Tx, store: str, till: str, number: int) -> tuple[Stored, list[Returnable]]:
    found: Stored | None = await q.sought(tx, store=store, till=till, number=number)
    if found is None or till == RETURNS:
        raise NotFound("there is no such receipt")
    back = {each.line: each.units for each in await q.lines_back(tx, store=store, till=till, number=number)}
    lines = msgspec.json.decode(str(found.lines), type=list[Line])
    return found, rules.returnable(lines, back)


async def take_back(tx: Tx, store: inventory.LocationCode, proven: Proven) -> TakenBack:
    """Take goods back over a store's counter with the receipt of any store: once for each reference.

    Each unit brings its share of what was paid for its line, by the receipt's tenders in their order, or as store
    credit. Stock and takings follow from a receipt of the till ``RETURNS``; what cannot be sold again is written off.

    Raises:
        StoreUnknown: there is no such store.
        Forbidden: it is not your store.
        NotFound: there is no such receipt.
        TooLateBack: this store takes goods back for a shorter time.
        Invalid: a line is given twice, or more is scrapped than comes back.
        NotBackAtAll: a line is nothing that comes back.
        TooManyBack: more would come back than was sold.
        ReceiptDiffers: the reference was used for another return.
    Emits:
        ReceiptAccepted, GoodsReturned, StockMoved, BalanceChanged
    """
    number, before = await _begin(tx, store, proven.reference, msgspec.json.encode(proven))
    if before is not None:
        return before
    name = {"store": proven.sold_at, "till": proven.till, "number": proven.number}
    gone: int = await q.lock_back(tx, **name)
    found, there = await _receipt(tx, proven.sold_at, proven.till, proven.number)
    rule = await _rule(tx, store)
    if tx.at - found.sold_at > timedelta(days=rule.days + 1):
        raise TooLateBack(f"{store} takes goods back for {rule.days} days", days=rule.days)
    refused = rules.amiss(there, proven.lines)
    if refused is not None:
        raise refused
    by_line = {line.line: line for line in there}
    lines = _paid_back(by_line, proven)
    minor = -sum(line.amount for line in lines)
    await q.add_lines_back(
        tx, **name, lines=[each.line for each in proven.lines],
        sold=[by_line[each.line].quantity for each in proven.lines], units=[each.units for each in proven.lines],
    )  # fmt: skip
    await q.add_back(tx, **name, minor=minor)
    tenders = rules.handed_out(msgspec.json.decode(str(found.tenders), type=list[Tender]), gone, minor)
    if proven.credit_to is not None:
        tenders = [Tender(CREDIT, minor)] if minor else []
        await _credit(tx, proven.credit_to, found.currency, minor, number)
    of = Receipt(
        store, RETURNS, number, tx.at, found.currency, lines, _negative(tenders), proven.credit_to or found.customer,
        f"{proven.sold_at}/{proven.till}/{proven.number}",
    )  # fmt: skip
    scrap = [(by_line[each.line].sku, each.scrap) for each in proven.lines]
    _tell(tx, of, [each.line for each in proven.lines], (proven.sold_at, proven.till, proven.number))
    return await _end(tx, of, proven.reference, tenders, scrap, credited=proven.credit_to is not None)


def _paid_back(sold: Mapping[int, Returnable], proven: Proven) -> list[Line]:
    return [
        Line(sold[each.line].sku, -each.units, -rules.share(sold[each.line], each.units), "return")
        for each in proven.lines
    ]


async def take_unproven(tx: Tx, store: inventory.LocationCode, bare: Bare) -> TakenBack:
    """Take goods back without a receipt: at the lowest price of the last 30 days in this store, as store credit only.

    What one customer brings so on a day, over all stores, stays within what the store declares.

    Raises:
        StoreUnknown: there is no such store.
        Forbidden: it is not your store.
        Invalid: an item is given twice, or more is scrapped than comes back.
        NeverSold: this store sold no such thing in the last 30 days.
        Unproven: nothing is declared for it, or it is more than for a day.
        ReceiptDiffers: the reference was used for another return.
    Emits:
        ReceiptAccepted, GoodsReturned, StockMoved, BalanceChanged
    """
    number, before = await _begin(tx, store, bare.reference, msgspec.json.encode(bare))
    if before is not None:
        return before
    skus = [each.sku for each in bare.lines]
    if len(set(skus)) < len(skus) or any(each.scrap > each.units for each in bare.lines):
        raise Invalid("an item is given twice, or more is scrapped than comes back", field="lines")
    found: list[Cheapest] = await q.cheapest(tx, store=store, skus=skus, since=tx.at - LOWEST)
    prices = {each.sku: each for each in found}
    missing = [sku for sku in skus if sku not in prices]
    if missing or len({each.currency for each in found}) > 1:
        raise NeverSold(f"{store} sold no {', '.join(missing) or 'such things in one currency'} lately", skus=missing)
    lines = [Line(each.sku, -each.units, -prices[each.sku].minor * each.units, "return") for each in bare.lines]
    minor, currency = -sum(line.amount for line in lines), found[0].currency
    await _within(tx, store, bare.customer, sum(each.units for each in bare.lines), minor)
    await _credit(tx, bare.customer, currency, minor, number)
    tenders = [Tender(CREDIT, minor)] if minor else []
    of = Receipt(store, RETURNS, number, tx.at, currency, lines, _negative(tenders), bare.customer, "no receipt")
    _tell(tx, of, [0] * len(lines))
    return await _end(tx, of, bare.reference, tenders, [(e.sku, e.scrap) for e in bare.lines], credited=True)


async def _begin(tx: Tx, store: str, reference: str, said: bytes) -> tuple[int, TakenBack | None]:
    """Begin a return, by its number; one that was sent before is answered as it was."""
    own_store(tx, store)
    if store not in await known_stores(tx, {store}):
        raise StoreUnknown(f"there is no store {store}", field="store")
    digest = blake2b(said, digest_size=16).digest()
    begun = await q.begin_return(
        tx, store=store, reference=reference, digest=digest, actor=tx.actor.id, at=tx.at
    )  # fmt: skip
    if begun is not None:
        return int(begun), None
    known: Known = await q.known_return(tx, store=store, reference=reference)
    if known.digest != digest or known.answered is None:
        raise ReceiptDiffers("this reference was used for another return")
    return 0, msgspec.json.decode(known.answered, type=TakenBack)


def _tell(tx: Tx, of: Receipt, lines: Sequence[int], sold: tuple[str, str, int] | None = None) -> None:
    """Announce what came back, by the lines of the receipt it was sold by."""
    back = [
        Returned(at, line.sku, -line.quantity, -line.amount) for at, line in zip(lines, of.lines, strict=True)
    ]  # fmt: skip
    store, till, number = sold or (None, None, None)
    minor = sum(each.minor for each in back)
    emit(tx, GoodsReturned(of.store, of.number, store, till, number, of.customer, of.currency, minor, back))


async def _within(tx: Tx, store: str, customer: UUID, units: int, minor: int) -> None:
    """Count what somebody brings without a receipt on a day, and see that it is within what is declared."""
    rule = await _rule(tx, store)
    by_now: Day = await q.count_day(tx, customer=customer, day=tx.at.date(), units=units, minor=minor)
    if by_now.units > rule.unproven_units or by_now.minor > rule.unproven_minor:
        raise Unproven(
            f"{rule.unproven_units} units and {rule.unproven_minor} on a day", units=rule.unproven_units,
            minor=rule.unproven_minor,
        )  # fmt: skip


async def _credit(tx: Tx, customer: UUID, currency: str, minor: int, number: int) -> None:
    if minor:
        await wallets.give(tx, customer, wallets.Gift(f"counter:{number}", currency, minor, f"return {number}"))


def _negative(tenders: Sequence[Tender]) -> list[Tender]:
    return [Tender(each.method, -each.amount) for each in tenders]


async def _end(
    tx: Tx, of: Receipt, reference: str, tenders: list[Tender], scrap: Sequence[tuple[str, int]], *, credited: bool
) -> TakenBack:  # fmt: skip
    """Write the receipt of a return, write off what cannot be sold again, and keep the answer."""
    await take_in(tx, [of])
    spoilt = [inventory.Need(sku, units) for sku, units in scrap if units]
    if spoilt:
        await inventory.write_off(tx, of.store, f"{of.store}/{RETURNS}/{of.number}/scrap", spoilt)
    minor = -rules.amount(of)
    handed = [] if credited else tenders
    answer = TakenBack(of.store, of.number, of.currency, minor, minor if credited else 0, handed)
    answered = msgspec.json.encode(answer).decode()
    await q.end_return(tx, store=of.store, reference=reference, answered=answered)
    return answer


async def _rule(tx: Tx, store: str) -> Rule:
    found: Rule | None = await q.rule(tx, store=store)
    return found or Rule()


async def return_rule(tx: Tx, store: inventory.LocationCode) -> Rule:
    """Tell how a store takes goods back over its counter.

    Raises:
        Forbidden: it is not your store.
    """
    own_store(tx, store)
    return await _rule(tx, store)


async def put_return_rule(tx: Tx, store: inventory.LocationCode, rule: Rule) -> None:
    """Say how a store takes goods back over its counter, and how much without a receipt.

    Raises:
        StoreUnknown: there is no such store.
    """
    await q.put_rule(tx, store=store, **msgspec.structs.asdict(rule))
