"""Decisions about payments: pure."""

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from rynek.commerce.payments.model import (
    MANUAL,
    Attempt,
    Done,
    Kind,
    Outcome,
    PaymentState,
    Refused,
    Row,
    Tender,
    TendersUnfit,
)

METHODS = {
    "cash": (True, True),
    "cash-on-delivery": (True, False),
    "transfer": (True, False),
    "invoice": (True, False),
}
"""Manual methods: whether the order may go ahead on it at once, and whether the money is there already."""
COUNTER = frozenset({"cash"})
"""Methods where somebody of ours takes the money: a buyer cannot say of herself that she paid so."""
AT_MOST = 10
OPEN = frozenset({"asked", "unknown", "disputed"})
"""States of an attempt that may have moved money or may still."""


class Free(Struct, frozen=True):
    """How much of a payment may still be captured, voided, refunded (minor units), attempts in flight taken off."""

    capture: int
    void: int
    refund: int


def settles(provider: str, method: str) -> tuple[bool, bool]:
    """Tell whether a tender is authorised and whether it is captured as soon as it is written.

    Cash is both; what people pay later is authorised; of any other provider nothing is known until it is asked.
    """
    return METHODS.get(method, (False, False)) if provider == MANUAL else (False, False)


def check(tenders: Sequence[Tender], total_minor: int, providers: Collection[str], *, buyer: bool) -> None:
    """See that tenders pay a total exactly.

    Args:
        providers: those in use.
        buyer: whether the buyer says so, and not somebody of ours at the counter.

    Raises:
        TendersUnfit: they sum to something else, a provider or method is not offered, or a token is missing.
    """
    if len(tenders) > AT_MOST:
        raise TendersUnfit(f"at most {AT_MOST} tenders", field="tenders")
    for each in tenders:
        amiss = _amiss(each, providers, buyer=buyer)
        if amiss:
            raise TendersUnfit(amiss, field="tenders")
    tendered = sum(each.amount_minor for each in tenders)
    if tendered != total_minor:
        raise TendersUnfit(
            f"the tenders sum to {tendered}, not {total_minor}", tendered_minor=tendered, total_minor=total_minor
        )


def _amiss(tender: Tender, providers: Collection[str], *, buyer: bool) -> str:
    if tender.provider not in providers:
        return f"{tender.provider}: the payment providers here are {', '.join(sorted(providers))}"
    if tender.provider != MANUAL:
        return "" if tender.token else f"{tender.provider} needs a token"
    offered = METHODS.keys() - (COUNTER if buyer else frozenset())
    return "" if tender.method in offered else f"{tender.method}: one of {', '.join(sorted(offered))}"


def standing(row: Row) -> PaymentState:
    """Say in a word how a payment stands."""
    if row.captured_minor:
        return "refunded" if row.refunded_minor == row.captured_minor else "captured"
    if row.authorised_minor:
        return "voided" if row.voided_minor == row.authorised_minor else "authorised"
    if row.authorisation is None:
        return "voided" if row.unwinding else "open"
    return "failed" if row.authorisation == "refused" else "pending"


def free(row: Row, attempts: Iterable[Attempt]) -> Free:
    """Tell how much of a payment may still be moved; what is in flight counts as moved until it is known not to be."""
    flying: dict[Kind, int] = {}
    for each in attempts:
        if each.state in OPEN:
            flying[each.kind] = flying.get(each.kind, 0) + each.minor
    held = row.authorised_minor - row.captured_minor - row.voided_minor
    return Free(
        capture=max(0, held - flying.get("capture", 0) - flying.get("void", 0)),
        # a provider voids all that is left, so nothing else may be on its way to that
        void=0 if flying.keys() & {"capture", "void"} else held,
        refund=max(0, row.captured_minor - row.refunded_minor - flying.get("refund", 0)),
    )


def believable(asked: Attempt, row: Row, outcome: Outcome) -> bool:
    """Tell whether an outcome can be true: a provider never moves more than it was asked for, nor than was there."""
    if not isinstance(outcome, Done):
        return True
    held = row.authorised_minor - row.captured_minor - row.voided_minor
    there = {
        "authorise": row.amount_minor - row.authorised_minor,
        "capture": held,
        "void": held,
        "refund": row.captured_minor - row.refunded_minor,
    }
    return 0 < outcome.minor <= min(asked.minor, there[asked.kind])


def news(asked: Attempt, outcome: Outcome) -> bool:
    """Tell whether an outcome adds to what is known of an attempt.

    What was done stays done: a late or repeated "refused" undoes nothing. What was refused may turn out to be done.
    """
    if isinstance(outcome, Done):
        return asked.state != "done"
    return asked.state in ("asked", "unknown") or (asked.state == "disputed" and isinstance(outcome, Refused))


def surplus(authorised_minor: int, total_minor: int, state: str) -> bool:
    """Tell whether an order has all its money without this payment, so that what arrives on it goes back."""
    return state == "cancelled" or (total_minor > 0 and authorised_minor >= total_minor)


def patience_s(tries: int) -> int:
    """Tell how long to wait before a provider is asked again: twice as long each time, up to 5 minutes."""
    return min(300, 1 << min(max(tries, 0), 9))


def outstanding(rows: Iterable[Row], total_minor: int) -> int:
    """Tell how much of an order no payment has or may still bring; one that failed brings nothing."""
    brought = 0
    for row in rows:
        match standing(row):
            case "open" | "pending":
                brought += row.amount_minor
            case _:
                brought += row.authorised_minor - row.voided_minor
    return max(0, total_minor - brought)
