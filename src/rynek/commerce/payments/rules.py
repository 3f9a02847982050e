"""Decisions about payments: pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from rynek.commerce.payments.model import (
    MANUAL,
    METHODS,
    Attempt,
    Captures,
    Done,
    Kind,
    Outcome,
    PaymentState,
    Refused,
    Row,
    Tender,
    TendersUnfit,
)

COUNTER = frozenset({"cash"})
"""Methods where somebody of ours takes the money: a buyer cannot say of herself that she paid so."""
ON_ACCOUNT = "invoice"
"""The method of those who are given credit: others pay before they get anything, or when they get it."""
AT_MOST = 10
OPEN = frozenset({"asked", "unknown", "disputed"})
"""States of an attempt that may have moved money or may still."""


class Free(Struct, frozen=True):
    """How much of a payment may still be captured, voided, refunded (minor units), attempts in flight taken off.

    ``coming`` is what captures in flight bring.
    """

    capture: int
    void: int
    refund: int
    coming: int = 0


def settles(provider: str, method: str) -> tuple[bool, bool]:
    """Tell whether a tender is authorised and whether it is captured as soon as it is written.

    Cash is both; what people pay later is authorised; of any other provider nothing is known until it is asked.
    """
    return METHODS.get(method, (False, False)) if provider == MANUAL else (False, False)


def check(
    tenders: Sequence[Tender],
    total_minor: int,
    providers: Mapping[str, Mapping[str, bool]],
    *,
    buyer: bool,
    credit: bool = False,
) -> None:
    """See that tenders pay a total exactly.

    Args:
        providers: those in use, each with its methods and whether they need a token.
        buyer: whether the buyer says so, and not somebody of ours at the counter.
        credit: whether this buyer may pay later by invoice.

    Raises:
        TendersUnfit: they sum to something else, a provider or method is not offered, or a token is missing.
    """
    if len(tenders) > AT_MOST:
        raise TendersUnfit(f"at most {AT_MOST} tenders", field="tenders")
    withheld = (COUNTER if credit else COUNTER | {ON_ACCOUNT}) if buyer else frozenset[str]()
    for each in tenders:
        amiss = _amiss(each, providers, withheld)
        if amiss:
            raise TendersUnfit(amiss, field="tenders")
    tendered = sum(each.amount_minor for each in tenders)
    if tendered != total_minor:
        raise TendersUnfit(
            f"the tenders sum to {tendered}, not {total_minor}", tendered_minor=tendered, total_minor=total_minor
        )


def on_account(tenders: Iterable[Tender]) -> int:
    """Tell how much of what is tendered is paid later by invoice."""
    return sum(each.amount_minor for each in tenders if (each.provider, each.method) == (MANUAL, ON_ACCOUNT))


def _amiss(tender: Tender, providers: Mapping[str, Mapping[str, bool]], withheld: Collection[str]) -> str:
    if tender.provider not in providers:
        return f"{tender.provider}: the payment providers here are {', '.join(sorted(providers))}"
    known = providers[tender.provider]
    offered = known.keys() - (withheld if tender.provider == MANUAL else frozenset())
    if tender.method not in offered:
        return f"{tender.method}: one of {', '.join(sorted(offered))}"
    return f"{tender.provider} needs a token" if known[tender.method] and not tender.token else ""


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
        # what the buyer's bank took back is not given back once more
        refund=max(0, row.captured_minor - row.refunded_minor - row.disputed_minor - flying.get("refund", 0)),
        coming=flying.get("capture", 0),
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
                brought += row.authorised_minor - row.voided_minor - row.refunded_minor
    return max(0, total_minor - brought)


def takeable(row: Row, free: Free, captures: Captures, *, over: bool) -> int:
    """Tell how much of a payment its provider can be told to take: people take cash themselves.

    Args:
        over: whether all of the order has left: what can be captured only once waits for that.
    """
    early = captures == "parts" or over
    return free.capture if early and row.provider != MANUAL and not row.unwinding else 0


def kept(frees: Iterable[Free]) -> int:
    """Tell what the shop will have of an order's payments when all that is on its way has come or gone."""
    return sum(free.refund + free.coming for free in frees)


def taken(rows: Iterable[Row], frees: Iterable[Free]) -> int:
    """Tell what will have been captured for an order, whether or not it went back."""
    return sum(row.captured_minor for row in rows) + sum(free.coming for free in frees)


def spread(minor: int, lefts: Sequence[int]) -> list[int]:
    """Take an amount from several, from the first as much as it has, then from the next; nothing of a negative one."""
    parts = []
    for left in lefts:
        part = max(0, min(minor, left))
        parts.append(part)
        minor -= part
    return parts


# --- a provider that does not answer ----------------------------------------------------------------------------------


class Circuit(Struct, frozen=True):
    """Whether a provider is asked: after so many silences in a row it is left alone for a while, then tried once.

    Times in seconds. ``failures`` in a row, ``opened_at`` None: it is asked as ever, ``trips`` how often it failed its
    trial, ``probed_at`` when somebody began to try it.

    Source: M. Nygard, Release It! (2007), "Circuit Breaker".
    """

    failures: int = 0
    opened_at: float | None = None
    trips: int = 0
    probed_at: float | None = None


PROBE_S = 30.0
"""How long one trial may take before another may begin."""


def cooling_s(trips: int, cool_s: float) -> float:
    """Tell how long a provider is left alone: twice as long each time, up to 5 minutes."""
    return min(300.0, cool_s * (1 << min(max(trips, 0), 9)))


def standing_of(circuit: Circuit, now: float, cool_s: float) -> Literal["closed", "open", "half-open"]:
    """Say in a word how a circuit stands: ``closed`` it conducts, ``open`` not, ``half-open`` for one trial."""
    if circuit.opened_at is None:
        return "closed"
    return "half-open" if now >= circuit.opened_at + cooling_s(circuit.trips, cool_s) else "open"


def admits(circuit: Circuit, now: float, cool_s: float) -> bool:
    """Tell whether a provider may be asked now."""
    standing = standing_of(circuit, now, cool_s)
    free = circuit.probed_at is None or now >= circuit.probed_at + PROBE_S
    return standing == "closed" or (standing == "half-open" and free)


def asking(circuit: Circuit, now: float, cool_s: float) -> Circuit:
    """Give a circuit as it is once a provider that may be asked is asked: a trial is under way, and the only one."""
    if standing_of(circuit, now, cool_s) == "half-open":
        return msgspec.structs.replace(circuit, probed_at=now)
    return circuit


def heard(circuit: Circuit, now: float, *, answered: bool, limit: int, cool_s: float) -> Circuit:
    """Give a circuit as it is after a provider answered or was silent."""
    if answered:
        return Circuit()
    failures = circuit.failures + 1
    match standing_of(circuit, now, cool_s):
        case "closed" if failures >= limit:
            return Circuit(failures, now)
        case "half-open":
            return Circuit(failures, now, circuit.trips + 1)
        case _:
            return msgspec.structs.replace(circuit, failures=failures)
