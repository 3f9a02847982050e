"""Decisions about returns: pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from rynek.commerce.returns.model import (
    AskedLine,
    Came,
    Ground,
    NotInspected,
    Policy,
    ReturnLine,
    Sale,
    Sold,
    State,
    TooManyReturned,
    Verdict,
    Why,
)
from rynek.kernel.faults import Fault, Invalid

OWN_REASONS = frozenset({"changed-mind", "wrong-size", "late"})
"""Reasons that lie with the buyer: goods come back for them in the period of withdrawal."""
_SATURDAY = 5
_STEPS: dict[tuple[State, str], State] = {
    ("asked", "agree"): "approved",
    ("asked", "deny"): "denied",
    ("asked", "withdraw"): "withdrawn",
    ("asked", "picture"): "asked",
    ("approved", "picture"): "approved",
    ("approved", "withdraw"): "withdrawn",
    ("approved", "arrive"): "arrived",
    ("arrived", "repair"): "in-repair",
    ("in-repair", "mended"): "settled",
    ("in-repair", "failed"): "arrived",
    ("arrived", "settle"): "settled",
}


def step(state: State, what: str) -> State | None:
    """Tell where a return is after something happened to it; None: that cannot happen there."""
    return _STEPS.get((state, what))


# --- time -------------------------------------------------------------------------------------------------------------


def working_day(day: date) -> date:
    """Give the day on which a period ends that would end on this one: not on a Saturday or Sunday.

    Source: Regulation 1182/71, art. 3(4). Public holidays are not known here: a policy of more days covers them.
    """
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= _SATURDAY else day


def years_later(day: date, years: int) -> date:
    """Give the same day so many years later; of 29 February the 28th."""
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def delivered(sale: Sale, policy: Policy) -> date | None:
    """Tell when all of an order had arrived, as far as anybody knows; None while some of it has not left."""
    if sale.delivered_on is not None or sale.left_at is None:
        return sale.delivered_on
    return sale.left_at.date() + timedelta(days=policy.transit_days)


def withdrawal_until(arrived: date | None, policy: Policy) -> date | None:
    """Give the last day on which buyers may think otherwise; None: the time has not begun.

    Source: Directive 2011/83/EU, art. 9 (14 days after delivery) and 10 (12 months more where buyers were not told).
    """
    if arrived is None:
        return None
    end = arrived + timedelta(days=policy.days)
    return working_day(end if policy.told else years_later(end, 1))


def claims_until(arrived: date | None, policy: Policy) -> date | None:
    """Give the last day on which a defect may be claimed; None: the time has not begun.

    Source: Directive (EU) 2019/771, art. 10 (two years from delivery).
    """
    return None if arrived is None else years_later(arrived, policy.claim_years)


def ground(line: AskedLine, today: date, arrived: date | None, policy: Policy, exempt: Why | None) -> Ground:
    """Tell by what right goods come back; goodwill: by none, somebody decides.

    Sealed goods may come back as long as they are sealed: whoever inspects them sees.
    """
    withdrawal, claims = withdrawal_until(arrived, policy), claims_until(arrived, policy)
    if line.reason in OWN_REASONS:
        by_right = exempt in (None, "sealed") and (withdrawal is None or today <= withdrawal)
        return "withdrawal" if by_right else "goodwill"
    return "claim" if claims is None or today <= claims else "goodwill"


def remedies(grounds: Collection[Ground], repaired: int) -> list[str]:
    """Tell what a buyer may insist on: of a defect first repair or exchange, when that failed a lower price or money.

    Source: Directive (EU) 2019/771, art. 13.
    """
    if "claim" not in grounds:
        return ["refund"] if "withdrawal" in grounds else []
    return ["reduction", "refund"] if repaired else ["repair", "exchange"]


def proof_is_with(arrived: date | None, today: date, years: int = 2) -> str:
    """Tell who has to show whether a defect was there at delivery: for so many years that it was not, the seller.

    Source: Directive (EU) 2019/771, art. 11 (one year; a country may say two, as Poland does).
    """
    return "seller" if arrived is None or today <= years_later(arrived, years) else "buyer"


# --- units ------------------------------------------------------------------------------------------------------------


def amiss(
    wanted: Sequence[AskedLine] | Sequence[Came], sold: Iterable[Sold], announced: Mapping[int, int]
) -> Fault | None:
    """Find what keeps units from coming back: never more than was sent, less what came or is on its way.

    Args:
        announced: by line, units that are on their way by this very return.
    """
    free = {line.line: line.free + announced.get(line.line, 0) for line in sold}
    if len({each.line for each in wanted}) < len(wanted):
        return Invalid("a line is given twice", field="lines")
    if any(each.line not in free for each in wanted):
        return Invalid("the order has no such line", field="lines")
    for each in wanted:
        if each.units > free[each.line]:
            return TooManyReturned(f"{free[each.line]} of line {each.line} can come back", line=each.line)
    return None


def uninspected(lines: Iterable[ReturnLine], verdicts: Sequence[Verdict]) -> Fault | None:
    """Find units that arrived and are nothing, or that are something and did not arrive."""
    said = {each.line: each.kept + each.back for each in verdicts}
    came = {line.line: line.arrived for line in lines if line.arrived}
    if len(said) < len(verdicts):
        return NotInspected("a line is given twice", field="verdicts")
    wrong = sorted(line for line in said.keys() | came.keys() if said.get(line, 0) != came.get(line, 0))
    if wrong:
        return NotInspected(f"line {wrong[0]}: {came.get(wrong[0], 0)} arrived", line=wrong[0])
    return None


# --- money ------------------------------------------------------------------------------------------------------------


def refunds(sold: Iterable[Sold], kept: Mapping[int, int]) -> dict[int, int]:
    """Tell what units that were kept bring back: their share of what was paid for their line, discounts taken off.

    The shares of a line add up to it, in however many parts it comes back.
    """
    return {
        line.line: line.gross_minor * (line.returned + n) // line.quantity
        - line.gross_minor * line.returned // line.quantity
        for line in sold
        if (n := kept.get(line.line, 0))
    }


def whole(sold: Iterable[Sold], kept: Mapping[int, int]) -> bool:
    """Tell whether with these all that was sent is back."""
    return all(line.returned + kept.get(line.line, 0) == line.quantity - line.cancelled for line in sold)


def delivery_back(paid_minor: int, given_minor: int, offered: Iterable[int]) -> int:
    """Tell what of a delivery's cost goes back with a whole order: not what a dearer way than the cheapest cost more.

    Source: Directive 2011/83/EU, art. 13(1) and (2).
    """
    return max(0, min([paid_minor, *offered]) - given_minor)
