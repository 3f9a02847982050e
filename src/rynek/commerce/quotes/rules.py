"""Decisions about what is agreed before there is an order: pure."""

import csv
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from rynek.commerce.checkout import Settled, Terms, Want
from rynek.commerce.quotes.model import Line, LineFault, Read
from rynek.kernel import money
from rynek.kernel.faults import Invalid

_HEADS = {"sku", "item", "code", "gtin", "ean", "indeks", "kod", "towar", "artikel"}
_NUMBER = re.compile(r"[0-9]{1,7}")
_GAP = re.compile(r"[;\t,]|\s+[x×*]?\s*(?=[0-9]+\s*$)")
MOST_LINES = 500
LARGEST = 1_000_000


def name(number: int) -> str:
    """Name a quote as people and documents call it."""
    return f"Q-{number:06}"


def settled(terms: Terms, number: int, lines: Sequence[Line], delivery: tuple[str, int] | None) -> Terms:
    """Say what is bought when an offer is accepted: exactly its lines at its prices.

    Args:
        delivery: the item that delivery is, and what it costs net.
    """
    prices = {line.sku: line.unit_minor for line in lines} | (dict([delivery]) if delivery else {})
    wanted = [Want(line.sku, line.quantity) for line in lines]
    return Terms(
        terms.channel, wanted, terms.email, terms.country, terms.address, terms.delivery,
        settled=Settled(f"quote {name(number)}", prices), point=terms.point, recipient=terms.recipient,
    )  # fmt: skip


def each(net_minor: int, quantity: int, unit: str) -> int:
    """Tell what one piece (or 1000 g or ml) costs net where a whole line costs so much, rounded down."""
    return net_minor // quantity if unit == "pcs" else net_minor * 1_000 // quantity


def doubled(lines: Iterable[Line]) -> str | None:
    """Find an item that is offered twice: it has one price."""
    seen = set[str]()
    for line in lines:
        if line.sku in seen:
            return line.sku
        seen.add(line.sku)
    return None


def comes_to(lines: Iterable[Line], units: Mapping[str, str], delivery_minor: int | None) -> int:
    """Tell what lines come to net, with delivery.

    Args:
        units: of items that are sold by weight or volume, whose prices are per 1000.
    """
    total = delivery_minor or 0
    for line in lines:
        whole = line.unit_minor * line.quantity
        total += whole if units.get(line.sku, "pcs") == "pcs" else (whole + 500) // 1_000
    return total


def read(text: str) -> tuple[list[Read], list[LineFault]]:
    """Read a typed list: a code and a quantity in each line, with ``;``, ``,``, a tab or a space between.

    A quantity that is left out is one. A head and empty lines are passed over.
    """
    found: list[Read] = []
    faults: list[LineFault] = []
    lines = text.splitlines()
    for number, raw in enumerate(lines, 1):
        cells = _cells(raw)
        if not any(cells) or (number == 1 and cells[0].lower() in _HEADS):
            continue
        if len(found) == MOST_LINES:
            faults.append(LineFault(number, raw[:100], f"at most {MOST_LINES} lines", "many"))
            break
        why, quantity = _quantity(cells)
        if why:
            faults.append(LineFault(number, raw[:100], why, "quantity" if cells[0] else "code"))
        else:
            found.append(Read(number, raw[:100], cells[0], quantity))
    return found, faults


def priced(text: str, currency: str) -> list[Line]:
    """Read what somebody offers or would pay: a code, a quantity and the net price of one in each line.

    Raises:
        Invalid: a line is something else; it is told.
    """
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        cells = raw.split()
        if not cells:
            continue
        price = money.parse(cells[2], currency) if len(cells) == 3 else None
        if price is None or not _NUMBER.fullmatch(cells[1]):
            raise Invalid(f"{number}: {raw.strip()[:60]}", field="lines")
        lines.append(Line(cells[0], int(cells[1]), price))
    return lines


def lacking(terms: Terms) -> list[str]:
    """Name what a cart still lacks before it can be asked for."""
    needed = ("lines", "email", "delivery") if terms.point else ("lines", "email", "address", "delivery")
    return [each for each in needed if not getattr(terms, each)]


def _cells(raw: str) -> list[str]:
    line = raw.strip().lstrip("\ufeff")
    separator = next((each for each in ";\t," if each in line), None)
    if separator is None:
        return [part.strip() for part in _GAP.split(line, maxsplit=1)]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]


def _quantity(cells: Sequence[str]) -> tuple[str, int]:
    given = cells[1] if len(cells) > 1 else ""
    if not cells[0]:
        return "no code", 0
    if not given:
        return "", 1
    if not _NUMBER.fullmatch(given) or not 1 <= int(given) <= LARGEST:
        return f"{given[:20]} is no quantity", 0
    return "", int(given)


def matched(found: Sequence[Read], skus: Mapping[str, str]) -> tuple[list[tuple[Read, str]], list[LineFault]]:
    """Find the items that codes stand for; what stands for none is a fault of its line."""
    known = [(each, skus[each.code]) for each in found if each.code in skus]
    return known, [
        LineFault(each.line, each.text, "no such item", "unknown") for each in found if each.code not in skus
    ]


def without(
    known: Sequence[tuple[Read, str]], refused: Collection[str], why: str
) -> tuple[list[tuple[Read, str]], list[LineFault]]:
    """Take lines of items that cannot be bought out of a list, each with why."""
    kept = [each for each in known if each[1] not in refused]
    return kept, [LineFault(each.line, each.text, why, "unsold") for each, sku in known if sku in refused]
