"""Decisions about what others say of our money: pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import blake2b

from msgspec import Struct

from rynek.commerce.payments import Known
from rynek.commerce.reconciliation.model import Candidate, Said, Share

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:#|\b(?:order|zam(?:[óo]wieni[eau])?|zam[óo]w|nr|no|number|numer)\b)[\s.:#]*(?:nr|no|numer)?[\s.:#]*0*([1-9]\d{0,17})\b",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?<![\d.,/-])0*([1-9]\d{0,17})(?![\d/-]|[.,]\d)")
MOST_NUMBERS = 20
"""So many numbers of one text are looked at."""


class Named(Struct, frozen=True):
    """What a text names: payments and orders by their ids (hex), orders by number, and numbers that may be anything."""

    ids: tuple[str, ...]
    numbers: tuple[int, ...]
    bare: tuple[int, ...]


class Fit(Struct, frozen=True):
    """What a line books: so much to each payment. ``why`` it is work all the same, empty if it is none."""

    books: tuple[Share, ...] = ()
    why: str = ""


def named(text: str) -> Named:
    """Read what a text names: banks break it anywhere, so that blanks within a number of ours are none."""
    ids = dict.fromkeys(each.replace("-", "").lower() for each in _UUID.findall(text.replace(" ", "")))
    rest = _UUID.sub(" ", text)
    numbers = dict.fromkeys(int(each) for each in _NAMED.findall(rest))
    bare = dict.fromkeys(int(each) for each in _BARE.findall(rest))
    return Named(
        tuple(ids)[:MOST_NUMBERS], tuple(numbers)[:MOST_NUMBERS],
        tuple(each for each in bare if each not in numbers)[:MOST_NUMBERS],
    )  # fmt: skip


def identities(lines: Iterable[Said]) -> list[str]:
    """Tell what makes each line one and the same, in whichever document it is told.

    The sender's number, where it gives one. Else all that the line says, and which of several that say the same on
    that day it is: two buyers may pay the same with the same words.
    """
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        if line.number:
            key = f"n:{line.number}"
        else:
            parts = (line.kind, line.minor, line.currency, line.booked_on, line.reference, line.text, line.party)
            key = "c:" + blake2b("\0".join(map(str, parts)).encode(), digest_size=20).hexdigest()
        found.append(f"{key}:{seen[key]}" if seen[key] or not line.number else key)
        seen[key] += 1
    return found


def fit(line: Said, said: Named, candidates: Sequence[Candidate]) -> Fit:
    """Decide which payments take the money of a line that came to us.

    Whoever is named takes it, up to what is missing. A number that is not called an order's counts only if exactly what
    it misses came. Several that are named take it if it is just the sum of what they miss, or if just one misses it.

    Args:
        candidates: payments that people collect, of the orders that may be meant.
    """
    sure = [each for each in candidates if _sure(each, said)]
    meant = sure or [each for each in candidates if _misses(each, line) and each.number in said.bare]
    takers = [each for each in meant if not each.closed and each.missing_minor > 0]
    if not takers:
        return Fit(why="closed" if meant else "unknown")
    if any(each.currency != line.currency for each in takers):
        return Fit(why="currency")
    if len(takers) > 1 and sum(each.missing_minor for each in takers) == line.minor:
        return Fit(tuple(Share(each.payment, each.missing_minor) for each in takers))
    if len(takers) > 1:
        takers = [each for each in takers if _misses(each, line)]
    if len(takers) != 1:
        return Fit(why="ambiguous")
    missing = takers[0].missing_minor
    why = "under" if line.minor < missing else "over" if line.minor > missing else ""
    return Fit((Share(takers[0].payment, min(line.minor, missing)),), why)


def _sure(each: Candidate, said: Named) -> bool:
    named = {each.payment.hex, each.order.hex} & {*said.ids}
    return bool(named) or (each.number is not None and each.number in said.numbers)


def _misses(each: Candidate, line: Said) -> bool:
    return not each.closed and each.missing_minor == line.minor and each.currency == line.currency


def differs(line: Said, known: Known | None, settled_minor: int) -> str:
    """Tell why what a provider settled differs from our ledger; empty if it does not.

    Args:
        known: what our ledger says of the payment it is about; None: there is none.
        settled_minor: what lines of this kind said of that payment before, counted as the ledger counts.
    """
    if line.kind == "fee":
        return ""
    if line.kind in ("payout", "other"):
        return line.kind
    if known is None:
        return "unknown"
    if (line.original_currency or line.currency) != known.currency:
        return "currency"
    ledger = {"payment": known.captured_minor, "refund": known.refunded_minor, "chargeback": known.disputed_minor}
    return "more" if settled_minor + counted(line) > ledger[line.kind] else ""


def counted(line: Said) -> int:
    """Count a line as the ledger does: what was taken, given back or taken back, in the currency that was paid."""
    minor = line.minor if line.original_minor is None else line.original_minor
    sign = 1 if line.minor >= 0 else -1
    return abs(minor) * (sign if line.kind == "payment" else -sign)


def pays_out(line: Said, minor: int, currency: str, reference: str, source: str) -> bool:
    """Tell whether money on a bank's statement is what a provider paid out, where it is negative: it left it."""
    words = f"{line.reference} {line.text} {line.party}".lower()
    told = bool(reference) and reference.lower() in words.replace(" ", "")
    return line.minor == -minor and line.currency == currency and (told or source in words)


def overdue(captured_minor: int, settled_minor: int) -> bool:
    """Tell whether a provider owes us a settlement."""
    return settled_minor < captured_minor


def chunks(lines: Sequence[Said], size: int) -> list[range]:
    """Cut many lines into few at a time."""
    return [range(start, min(start + size, len(lines))) for start in range(0, len(lines), size)]


def sound(line: Said, today: date) -> str:
    """Tell what is impossible about a line; empty if nothing is."""
    if line.minor == 0 and line.kind != "fee":
        return "an amount of nothing"
    if abs((line.booked_on - today).days) > 3_660:
        return f"booked on {line.booked_on}"
    return ""
