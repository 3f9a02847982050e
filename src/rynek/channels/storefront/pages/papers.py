"""Invoices to receipts of tills, for whoever holds one."""

from typing import Any
from uuid import UUID

import msgspec

from rynek.channels.storefront.pages.shop import Visit, buyer_of, go, show, shown, told, visit
from rynek.channels.storefront.pages.story import Wished, billed
from rynek.kernel import money
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid, NotFound


class Held(Wished, frozen=True, kw_only=True):
    """What the form says: the receipt as it is named on itself, what was paid by it, and who is to be invoiced."""

    receipt: str = ""
    total: str = ""


@shown
async def receipt(call: Call[Any], channel: str, invoice: UUID | None = None) -> Response:
    """Show the form of an invoice to a receipt; with one that was issued, where it is."""
    return _form(call, await visit(call, channel), invoice=invoice)


def _form(call: Call[Any], at: Visit, said: Held | None = None, fault: Fault | str = "", **more: Any) -> Response:
    status = fault.status if isinstance(fault, Fault) else 422 if fault else 200
    amiss = told(at.w, fault) if isinstance(fault, Fault) else fault
    shown_ = msgspec.structs.asdict(said or Held(country=at.front.country))
    return show(call, at, "storefront/till-receipt.html", status, said=shown_, amiss=amiss, **{"invoice": None, **more})


@shown
async def invoice_receipt(call: Call[Any], channel: str, said: Held) -> Response:
    """Issue the invoice to a receipt for whoever holds it; who was nobody becomes a guest who may fetch it."""
    at = await visit(call, channel)
    place, _, number = said.receipt.strip().rpartition("/")
    store, _, till = place.partition("/")
    buyer = billed(said)
    if buyer is None:
        return _form(call, at, said, at.w("documents.wrong"))
    if not (till and number.isascii() and number.isdigit()):
        return _form(call, at, said, at.w("receipt.unread"))
    who, headers = buyer_of(call)
    asking: Call[Any] = Call(call.door, call.operation, who, call.reach, None)
    asking.request = call.request
    named = {"store": store.strip().upper(), "till": till.strip(), "number": int(number[:18])}
    try:
        total = money.parse(said.total, at.front.currency)
        if total is None:
            raise Invalid("an amount is written like 12.30", field="total")
        made = await asking.ask("commerce.documents.invoice_receipt", **named, buyer=buyer, total_minor=total)
    except NotFound:
        return _form(call, at, said, at.w("receipt.missing"))
    except Fault as fault:
        return _form(call, at, said, fault)
    return go(f"{at.home}/receipt?invoice={made.id}", headers)
