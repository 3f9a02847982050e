"""What can be done with payments."""

from collections.abc import Sequence

from rynek.commerce.payments import model, rules
from rynek.commerce.payments.events import PaymentAuthorised, PaymentCaptured
from rynek.commerce.payments.model import Opening, Tender
from rynek.commerce.payments.ports import PROVIDERS
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.sql import queries

q = queries(__file__, model)


def check_tenders(tenders: Sequence[Tender], total_minor: int, *, buyer: bool) -> None:
    """See that tenders pay a total exactly, by providers that are in use here.

    Args:
        buyer: whether the buyer says so, and not somebody of ours at the counter: cash is taken, not claimed.

    Raises:
        TendersUnfit: they sum to something else, a provider or method is not offered, or a token is missing.
    """
    rules.check(tenders, total_minor, PROVIDERS, buyer=buyer)


async def open_many(tx: Tx, openings: Sequence[Opening]) -> None:
    """Write the tenders of orders that are placed in this transaction.

    What is authorised or captured with them is in the ledger at once; the orders' own money columns are the caller's.

    Emits:
        PaymentAuthorised, PaymentCaptured
    """
    if not openings:
        return
    ids, orders, providers, methods, currencies, amounts, authorised, captured, tokens = zip(
        *(
            (
                o.id,
                o.order,
                o.provider,
                o.method,
                o.currency,
                o.amount_minor,
                o.authorised_minor,
                o.captured_minor,
                o.token,
            )
            for o in openings
        ),
        strict=True,
    )
    await q.open(
        tx, ids=ids, orders=orders, providers=providers, methods=methods, currencies=currencies, amounts=amounts,
        authorised=authorised, captured=captured, tokens=tokens, at=tx.at,
    )  # fmt: skip
    for o in openings:
        if o.authorised_minor:
            emit(tx, PaymentAuthorised(o.order, o.id, o.provider, o.method, o.currency, o.authorised_minor))
        if o.captured_minor:
            emit(tx, PaymentCaptured(o.order, o.id, o.provider, o.method, o.currency, o.captured_minor))
