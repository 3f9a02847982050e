"""Decisions about orders: pure."""

from collections.abc import Iterable, Mapping, Sequence

from rynek.commerce.orders.model import OrderLine

Components = Mapping[str, Sequence[tuple[str, int]]]


def goods(line: OrderLine, units: int, components: Components) -> list[tuple[str, int]]:
    """Tell what stands on the shelf for units of a line: of a bundle, what it was made of when it was bought."""
    return [(sku, each * units) for sku, each in components.get(line.sku, [(line.sku, 1)])]


def newly_shipped(lines: Iterable[OrderLine], components: Components, gone: Mapping[str, int]) -> dict[int, int]:
    """Tell how many more units of each line have left, from all goods that left so far.

    A bundle has left when all it is made of has. Goods count for the first line that can use them; what has counted
    for a line stays counted for it.
    """
    ordered = sorted(lines, key=lambda line: line.line)
    left = dict(gone)
    for line in ordered:
        for sku, units in goods(line, line.shipped, components):
            left[sku] = left.get(sku, 0) - units
    more: dict[int, int] = {}
    for line in ordered:
        of_one = goods(line, 1, components)
        waiting = line.quantity - line.cancelled - line.shipped
        units = min(waiting, *(left.get(sku, 0) // each for sku, each in of_one))
        if units > 0:
            more[line.line] = units
            for sku, each in of_one:
                left[sku] -= each * units
    return more


def to_leave(lines: Iterable[OrderLine], components: Components, gone: Mapping[str, int]) -> dict[str, int]:
    """Tell which goods are still to leave, from all goods that left so far.

    Less than none of something are parts of bundles that have left though the bundles were given up.
    """
    left: dict[str, int] = {}
    loose = dict(gone)
    for line in lines:
        for sku, units in goods(line, line.quantity - line.cancelled - line.shipped, components):
            left[sku] = left.get(sku, 0) + units
        for sku, units in goods(line, line.shipped, components):
            loose[sku] = loose.get(sku, 0) - units
    return {sku: units - max(loose.get(sku, 0), 0) for sku, units in left.items()}
