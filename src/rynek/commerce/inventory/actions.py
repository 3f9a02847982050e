"""What can be done with stock."""

from datetime import UTC, date, datetime
from typing import Annotated

from msgspec import Meta

from rynek.commerce.inventory.events import (
    LocationChanged,
    RoutesChanged,
)
from rynek.commerce.inventory.holding import q
from rynek.commerce.inventory.model import (
    Available,
    Beyond,
    BeyondRow,
    ChannelCode,
    Entry,
    Level,
    Limit,
    Location,
    LocationCode,
    LotLevel,
    Route,
    Safeties,
    Safety,
    Sku,
    Skus,
    Total,
    Unbalanced,
)
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Forbidden, Invalid

_END = datetime.max.replace(tzinfo=UTC)


# --- locations and whom they serve ------------------------------------------------------------------------------------


async def put_locations(tx: Tx, locations: Annotated[list[Location], Meta(min_length=1, max_length=1000)]) -> None:
    """Add or change stores and warehouses.

    Raises:
        Invalid: a location is given twice.
    Emits:
        LocationChanged
    """
    columns = zip(*((each.code, each.name, each.kind, each.country, each.active) for each in locations), strict=True)
    codes, names, kinds, countries, actives = columns
    if len(set(codes)) < len(codes):
        raise Invalid("a location is given twice", field="locations")
    await q.put_locations(tx, codes=codes, names=names, kinds=kinds, countries=countries, actives=actives)
    emit(tx, *(LocationChanged(location) for location in codes))


async def locations(tx: Tx, after: str = "", limit: Limit = 500) -> list[Location]:
    """List stores and warehouses by code; go on with the last code as ``after``."""
    found: list[Location] = await q.locations(tx, after=after, limit=limit)
    return found


async def put_routes(tx: Tx, channel: ChannelCode, routes: Annotated[list[Route], Meta(max_length=5000)]) -> None:
    """Say which locations serve a channel, instead of those that did.

    Raises:
        Invalid: a location is given twice.
        LocationUnknown: there is no such location.
    Emits:
        RoutesChanged
    """
    codes = [each.location for each in routes]
    if len(set(codes)) < len(codes):
        raise Invalid("a location is given twice", field="routes")
    await q.clear_routes(tx, channel=channel)
    await q.put_routes(tx, channel=channel, locations=codes, ranks=[each.rank for each in routes])
    emit(tx, RoutesChanged(channel))


async def routes(tx: Tx, channel: ChannelCode) -> list[Route]:
    """List the locations that serve a channel, first asked first."""
    found: list[Route] = await q.routes(tx, channel=channel)
    return found


async def put_safety(tx: Tx, channel: ChannelCode, safety: Safeties) -> None:
    """Keep units back from a channel at locations, of all items or of one.

    Raises:
        Invalid: a location and item are given twice.
        LocationUnknown: there is no such location.
    Emits:
        RoutesChanged
    """
    keys = [(each.location, each.sku) for each in safety]
    if len(set(keys)) < len(keys):
        raise Invalid("a location and item are given twice", field="safety")
    places, skus = zip(*keys, strict=True)
    await q.put_safety(tx, channel=channel, locations=places, skus=skus, units=[each.units for each in safety])
    emit(tx, RoutesChanged(channel))


async def safety(tx: Tx, channel: ChannelCode) -> list[Safety]:
    """List the units kept back from a channel, by location and item."""
    found: list[Safety] = await q.safety(tx, channel=channel)
    return found


async def put_beyond(
    tx: Tx, channel: ChannelCode, beyond: Annotated[list[Beyond], Meta(min_length=1, max_length=1000)]
) -> None:
    """Say how many units of items a channel may sell beyond what is there.

    Raises:
        Invalid: an item is given twice, or a preorder without its day.
        BeyondSold: more is sold already.
    Emits:
        RoutesChanged
    """
    of = {name: [getattr(each, name) for each in beyond] for name in Beyond.__struct_fields__}
    if len(set(of["sku"])) < len(beyond):
        raise Invalid("an item is given twice", field="beyond")
    await q.put_beyond(
        tx, channel=channel, skus=of["sku"], kinds=of["kind"], mosts=of["most"], days=of["from_on"]
    )  # fmt: skip
    emit(tx, RoutesChanged(channel))


async def beyond(
    tx: Tx, channel: ChannelCode, skus: Skus | None = None, after: str = "", limit: Limit = 500
) -> list[BeyondRow]:
    """List what a channel may sell beyond stock, and how much of it is sold; go on with the last sku as ``after``."""
    found: list[BeyondRow] = await q.beyond(tx, channel=channel, skus=skus or [], after=after, limit=limit)
    return found


# --- whose it is -----------------------------------------------------------------------------------------------------


def reaches(tx: Tx, location: str) -> bool:
    """Tell whether a location is the actor's: who belongs to a store, or reaches no other, has that one alone."""
    return tx.actor.location == location or (tx.reach == "all" and tx.actor.location is None)


def works_at(tx: Tx, location: str) -> None:
    """See that a location is the actor's.

    Raises:
        Forbidden: it is another's.
    """
    if not reaches(tx, location):
        raise Forbidden(f"you work at {tx.actor.location or 'no store'}")


# --- what is there ----------------------------------------------------------------------------------------------------


def _looked_at(tx: Tx, location: str) -> str:
    """Tell whose stock is looked at: who belongs to a store looks at that one alone, '' is all of them."""
    if tx.reach == "all":
        return location
    if tx.actor.location is None or location not in ("", tx.actor.location):
        raise Forbidden(f"you belong to {tx.actor.location or 'no store'}")
    return tx.actor.location


async def levels(tx: Tx, skus: Skus, location: str = "", after: str = "", limit: Limit = 500) -> list[Level]:
    """Tell what locations have of items, by item and location.

    Args:
        after: ``sku@location`` of the last level of the page before.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[Level] = await q.levels(tx, skus=skus, location=_looked_at(tx, location), after=after, limit=limit)
    return found


async def totals(tx: Tx, skus: Skus) -> list[Total]:
    """Tell what all locations have of items together; to who belongs to a store, what that store has.

    Raises:
        Forbidden: you belong to no store.
    """
    found: list[Total] = await q.totals(tx, skus=skus, location=_looked_at(tx, ""))
    return found


async def shelf(tx: Tx, location: LocationCode, after: str = "", limit: Limit = 500) -> list[Level]:
    """Tell everything a location has, by item; go on with the last sku as ``after``.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[Level] = await q.shelf(tx, location=_looked_at(tx, location), after=after, limit=limit)
    return found


async def owing(tx: Tx, location: str = "", limit: Limit = 500) -> list[Level]:
    """List levels below zero: stores that sold what their book did not show, and should count.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[Level] = await q.owing(tx, location=_looked_at(tx, location), limit=limit)
    return found


async def lots(
    tx: Tx,
    skus: Skus | None = None,
    location: str = "",
    until: date | None = None,
    after: Annotated[str, Meta(max_length=120)] = "",
    limit: Limit = 500,
) -> list[LotLevel]:
    """Tell what lies there of lots and serial numbers, by item and location, the first expired first.

    Args:
        until: only lots best before that day or an earlier one.
        after: ``sku/location/lot`` of the last of the page before.

    Raises:
        Forbidden: it is not your store.
    """
    found: list[LotLevel] = await q.lots(
        tx, skus=skus or [], location=_looked_at(tx, location), lot="", until=until, after=after, limit=limit
    )
    return found


async def available(tx: Tx, channel: ChannelCode, skus: Skus) -> list[Available]:
    """Tell what a channel may promise of items: free at its locations, less safety stock."""
    found: list[Available] = await q.available(tx, channel=channel, skus=skus)
    return found


async def ledger(
    tx: Tx, sku: Sku, location: str = "", before: datetime | None = None, limit: Limit = 100
) -> list[Entry]:
    """Tell why an item's level is as it is, newest first; go on with the last ``at`` as ``before``.

    Raises:
        Forbidden: it is not your store.
    """
    at = _looked_at(tx, location)
    found: list[Entry] = await q.ledger(tx, sku=sku, location=at, before=before or _END, limit=limit)
    return found


async def unbalanced(tx: Tx) -> list[Unbalanced]:
    """List levels that are not the sum of their ledger or of their holds: none, unless something is damaged.

    Raises:
        Forbidden: you belong to no store.
    """
    found: list[Unbalanced] = await q.unbalanced(tx, location=_looked_at(tx, ""), limit=100)
    return found
