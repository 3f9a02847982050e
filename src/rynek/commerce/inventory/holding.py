"""What is set aside for whom: promised units, held all or none, moved, given back, and let leave."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from rynek.commerce.inventory import lots as batches
from rynek.commerce.inventory import model, rules
from rynek.commerce.inventory.events import StockHeld, StockMoved, StockReleased, UnitsAwaited, WaitEnded
from rynek.commerce.inventory.model import (
    Ahead,
    Candidate,
    ChannelCode,
    Claim,
    Gone,
    HeldForOrder,
    Leaving,
    Move,
    Need,
    NotHeld,
    OutOfStock,
    Pick,
    Rehold,
)
from rynek.kernel.database import Tx, passing
from rynek.kernel.events import emit
from rynek.kernel.faults import NotFound
from rynek.kernel.sql import queries

q = queries(__file__, model)

_FOREVER = 10**12

_contested: dict[tuple[str, str], float] = {}
"""Items of channels that others were at while we looked again; until then (monotonic seconds) all of each is locked."""


async def hold_many(tx: Tx, claims: Sequence[Claim]) -> list[list[Pick] | OutOfStock]:
    """Set units aside for many holders, first come first served; each gets all it needs or nothing.

    Where a channel may sell beyond stock, orders (claims without an end) may wait for the units that are missing.

    Returns:
        for each claim its picks, those it waits for at no location (""), or the refusal that says how many units of
        what are missing.
    Emits:
        StockHeld, UnitsAwaited per holder.
    """
    wanted: dict[tuple[str, str], int] = {}
    for claim in claims:
        for sku, units in rules.summed(claim.needs).items():
            wanted[claim.channel, sku] = wanted.get((claim.channel, sku), 0) + units
    whole = {key for key in wanted if _contested.get(key, 0) > time.monotonic()} if _contested else set()
    candidates = await _lock(tx, wanted | dict.fromkeys(whole, _FOREVER))
    results, picked = _share(claims, candidates)
    if short := [key for key in _short(claims, results) if key not in whole]:
        # others took, between our look and our lock, what was to be enough: look at every location before refusing
        candidates = await _lock_rest(tx, short, candidates)
        results, picked = _share(claims, candidates)
    if (short := _short(claims, results)) and (ahead := await _beyond(tx, short)):
        results, picked = _share(claims, candidates, ahead)
        await _wait(tx, claims, results)
        picked = [each for each in picked if each[2]]
    if picked:
        holders, skus, places, taken, untils = zip(*picked, strict=True)
        await q.hold(tx, holders=holders, skus=skus, locations=places, units=taken, untils=untils)
    for who, got in zip(claims, results, strict=True):
        if isinstance(got, list) and (here := [pick for pick in got if pick.location]):
            emit(tx, StockHeld(who.holder, here))
    return results


async def _beyond(tx: Tx, short: Sequence[tuple[str, str]]) -> list[Ahead]:
    """Lock, in key order and after all levels, what may be sold beyond stock of what is missing."""
    channels, skus = zip(*short, strict=True)
    found: list[Ahead] = await q.lock_beyond(tx, channels=channels, skus=skus)
    return found


async def _wait(tx: Tx, claims: Sequence[Claim], results: Sequence[list[Pick] | OutOfStock]) -> None:
    """Write down who waits for what was sold beyond stock."""
    waits = [
        (claim, Need(pick.sku, pick.units))
        for claim, got in zip(claims, results, strict=True)
        if isinstance(got, list)
        for pick in got
        if not pick.location
    ]
    if not waits:
        return
    await q.wait(
        tx, holders=[claim.holder for claim, _ in waits], channels=[claim.channel for claim, _ in waits],
        skus=[need.sku for _, need in waits], units=[need.units for _, need in waits], at=tx.at,
    )  # fmt: skip
    for claim in {claim.holder: claim for claim, _ in waits}.values():
        emit(tx, UnitsAwaited(claim.holder, claim.channel, [n for c, n in waits if c.holder == claim.holder]))


async def _lock(tx: Tx, wanted: dict[tuple[str, str], int]) -> list[Candidate]:
    channels, skus = zip(*wanted, strict=True)
    found: list[Candidate] = await q.lock_levels(tx, channels=channels, skus=skus, wanted=list(wanted.values()))
    return found


def _short(claims: Sequence[Claim], results: Sequence[list[Pick] | OutOfStock]) -> list[tuple[str, str]]:
    """Tell in which channels what was missing, in order."""
    refused = [(claim, got) for claim, got in zip(claims, results, strict=True) if isinstance(got, OutOfStock)]
    return sorted({(claim.channel, sku) for claim, got in refused for sku in got.facts["short"]})


async def _lock_rest(tx: Tx, short: Sequence[tuple[str, str]], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Lock the locations that were not needed at first sight, without waiting for anybody.

    Whoever holds some levels and waits for lower ones can wait in a circle. Where somebody is at one of them the
    transaction is undone and tried again, and then locks all locations of these items at once, in order.
    """
    channels, skus = zip(*short, strict=True)
    try:
        more: list[Candidate] = await q.lock_rest(tx, channels=channels, skus=skus)
    except Exception as error:
        if passing(error):  # somebody is at one of them
            now = time.monotonic()
            for key in [key for key, until in _contested.items() if until < now]:
                del _contested[key]
            _contested.update(dict.fromkeys(short, now + 1))
        raise
    known = {(each.channel, each.sku, each.location): each for each in (*candidates, *more)}
    return list(known.values())


def _share(
    claims: Sequence[Claim], candidates: Sequence[Candidate], ahead: Sequence[Ahead] = ()
) -> tuple[list[list[Pick] | OutOfStock], list[tuple[object, ...]]]:
    shelf = rules.Shelf(candidates, ahead)
    results: list[list[Pick] | OutOfStock] = []
    picked: list[tuple[object, ...]] = []
    for claim in claims:
        picks, short = shelf.take(claim.channel, claim.needs, beyond=claim.until is None)
        if short:
            missing = ", ".join(f"{units} of {sku}" for sku, units in short.items())
            results.append(OutOfStock(f"missing: {missing}", short=short))
        else:
            results.append(picks)
            picked += [(claim.holder, pick.sku, pick.location, pick.units, claim.until) for pick in picks]
    return results, picked


async def hold(
    tx: Tx,
    holder: UUID,
    channel: ChannelCode,
    needs: Annotated[list[Need], Meta(min_length=1, max_length=200)],
    seconds: Annotated[int, Meta(ge=1, le=7 * 86_400)] = 900,
) -> list[Pick]:
    """Set units aside for ``holder`` for a time: all of them or none. Lines that ask for the same item count together.

    Args:
        seconds: after so many the hold lapses.

    Raises:
        OutOfStock: fewer units are free; ``short`` says how many are missing per item.
        HeldForOrder: the holder is an order.
    Emits:
        StockHeld
    """
    if await q.kept(tx, holder=holder):
        raise HeldForOrder
    (result,) = await hold_many(tx, [Claim(holder, channel, needs, tx.at + timedelta(seconds=seconds))])
    if isinstance(result, OutOfStock):
        raise result
    return result


async def lock_held(tx: Tx, holders: Sequence[UUID]) -> None:
    """Lock all that several holders have before one of them gives back: one by one would be out of order."""
    await q.held(tx, holders=holders)


async def release(tx: Tx, holder: UUID, why: str = "cancelled") -> list[Pick]:
    """Give a holder's units back; gives what they were, nothing when there are none (any more).

    Emits:
        StockReleased
    """
    await q.held(tx, holders=[holder])
    picks: list[Pick] = await q.release(tx, holder=holder)
    if picks:
        emit(tx, StockReleased(holder, picks, why))
    await wait_for(tx, holder, {})
    return picks


async def let_go(tx: Tx, holder: UUID) -> list[Pick]:
    """Give back the units that were set aside for ``holder``.

    Raises:
        NotFound: nothing is set aside for it.
        HeldForOrder: the holder is an order.
    Emits:
        StockReleased
    """
    if await q.kept(tx, holder=holder):
        raise HeldForOrder
    picks = await release(tx, holder)
    if not picks:
        raise NotFound("nothing is set aside for this holder")
    return picks


async def ship(tx: Tx, holder: UUID, reference: str) -> list[Pick]:
    """Let a holder's units leave the house: hold, level and ledger in one step; gives what left.

    Emits:
        StockMoved
    """
    await q.held(tx, holders=[holder])
    gone: list[Gone] = await q.ship(tx, holder=holder, at=tx.at, reference=reference)
    picks = [Pick(each.sku, each.location, each.units) for each in gone]
    if told := [Move(each.sku, each.location, -each.units) for each in gone if each.by_lot]:
        await batches.follow(tx, batches.Document("shipment", reference, holder), told, [])
    if picks:
        emit(tx, StockMoved(reference, "shipment", [Move(pick.sku, pick.location, -pick.units) for pick in picks]))
    return picks


async def held(tx: Tx, holder: UUID) -> list[Pick]:
    """Lock what is set aside for a holder and tell where it lies."""
    await q.held(tx, holders=[holder])
    found: list[Pick] = await q.held_picks(tx, holder=holder)
    return found


async def ship_part(tx: Tx, part: Leaving) -> None:
    """Let a part of a holder's units leave the house, from where they are set aside.

    Raises:
        NotHeld: so many units are not set aside there.
    Emits:
        StockMoved
    """
    [refused] = await ship_parts(tx, [part])
    if refused is not None:
        raise refused


async def ship_parts(tx: Tx, parts: Sequence[Leaving]) -> list[NotHeld | None]:
    """Let parts of many holders' units leave the house; each leaves whole, or stays as it is.

    Returns:
        for each the refusal, None for those that left.
    Emits:
        StockMoved
    """
    await _lock_at(tx, [pick for part in parts for pick in part.picks])
    holders = sorted({part.holder for part in parts})
    kept = {(e.holder, e.sku, e.location): e.units for e in await q.kept_at(tx, holders=holders)}
    results = [rules.leaves(part, kept) for part in parts]
    gone = [part for part, refused in zip(parts, results, strict=True) if refused is None]
    picks = [(part, pick) for part in gone for pick in rules.merged(part.picks)]
    if picks:
        of = of_holders([(part.holder, pick) for part, pick in picks])
        await q.take_from_holds(tx, **of)
        told = await q.leave(
            tx, skus=of["skus"], locations=of["locations"], units=of["units"],
            references=[part.reference for part, _ in picks], at=tx.at,
        )  # fmt: skip
        if told:
            await _leave_by_lot(tx, picks, {(each.sku, each.location) for each in told})
    for part in gone:
        moves = [Move(pick.sku, pick.location, -pick.units) for pick in rules.merged(part.picks)]
        emit(tx, StockMoved(part.reference, "shipment", moves))
    return results


async def _leave_by_lot(tx: Tx, picks: Sequence[tuple[Leaving, Pick]], told: set[tuple[str, str]]) -> None:
    """Let the lots leave that were taken off the shelf for what leaves."""
    parts = {part.reference: part for part, pick in picks if (pick.sku, pick.location) in told}
    for part in parts.values():
        mine = [pick for of, pick in picks if of is part and (pick.sku, pick.location) in told]
        said = await batches.from_list(tx, part.list, mine)
        moves = [Move(pick.sku, pick.location, -pick.units) for pick in mine]
        await batches.follow(tx, batches.Document("shipment", part.reference, part.holder), moves, said)


async def _lock_at(tx: Tx, picks: Sequence[Pick]) -> dict[tuple[str, str], int]:
    """Lock levels in the order of their keys; gives what is free at each."""
    places = sorted({(pick.sku, pick.location) for pick in picks})
    found = await q.lock_at(tx, skus=[sku for sku, _ in places], locations=[location for _, location in places])
    return {(each.sku, each.location): each.units for each in found}


async def release_part(tx: Tx, holder: UUID, needs: Sequence[Need], why: str = "cancelled") -> list[Pick]:
    """Give a part of a holder's units back, wherever they lie; gives what they were.

    Raises:
        NotHeld: so many units are not set aside.
    Emits:
        StockReleased
    """
    picks, short = rules.given_up(await held(tx, holder), needs)
    if short:
        raise NotHeld(short=short)
    gone = await _off_hold(tx, holder, picks)
    emit(tx, StockReleased(holder, gone, why))
    return gone


async def rehold(tx: Tx, holder: UUID, given: Sequence[Pick], taken: Sequence[Pick]) -> None:
    """Set units aside for a holder at other places than they were: ``given`` is free again, ``taken`` is not.

    Safety stock is the caller's to respect: he says where.

    Raises:
        NotHeld: of ``given`` so many units are not set aside.
        OutOfStock: of ``taken`` so many are not free there; ``short`` says how many are missing per item.
    Emits:
        StockReleased, StockHeld
    """
    [refused] = await rehold_many(tx, [Rehold(holder, given, taken)])
    if refused is not None:
        raise refused


async def rehold_many(tx: Tx, moves: Sequence[Rehold]) -> list[NotHeld | OutOfStock | None]:
    """Set units aside elsewhere for many holders, first come first served: each moves whole, or stays as it is.

    Returns:
        for each the refusal, None for those that moved.
    Emits:
        StockReleased, StockHeld
    """
    holders = sorted({move.holder for move in moves})
    free = await _lock_at(tx, [pick for move in moves for pick in (*move.given, *move.taken)])
    kept = {(e.holder, e.sku, e.location): e.units for e in await q.kept_at(tx, holders=holders)}
    results = [rules.moved(move, free, kept) for move in moves]
    done = [move for move, refused in zip(moves, results, strict=True) if refused is None]
    given = [(move.holder, pick) for move in done for pick in rules.merged(move.given)]
    taken = [(move.holder, pick) for move in done for pick in rules.merged(move.taken)]
    if given:
        await q.take_from_holds(tx, **of_holders(given))
    if taken:
        await q.hold(tx, **of_holders(taken), untils=[None] * len(taken))
    for move in done:
        if move.given:
            emit(tx, StockReleased(move.holder, rules.merged(move.given), "moved"))
        if move.taken:
            emit(tx, StockHeld(move.holder, rules.merged(move.taken)))
    return results


def of_holders(picks: Sequence[tuple[UUID, Pick]]) -> dict[str, list[object]]:
    """Put picks of holders into columns, as statements take them."""
    return {
        "holders": [holder for holder, _ in picks],
        "skus": [pick.sku for _, pick in picks],
        "locations": [pick.location for _, pick in picks],
        "units": [pick.units for _, pick in picks],
    }


async def _off_hold(tx: Tx, holder: UUID, picks: Sequence[Pick]) -> list[Pick]:
    """Lock levels in key order and take units off a holder's holds, all of them or none."""
    merged = rules.merged(picks)
    skus, places, units = _columns(merged)
    await q.lock_at(tx, skus=skus, locations=places)
    gone: list[Pick] = await q.take_from_hold(tx, holder=holder, skus=skus, locations=places, units=units)
    if len(gone) < len(merged):
        raise NotHeld(
            ", ".join(f"{each.units} of {each.sku} at {each.location}" for each in merged if each not in gone)
        )
    return gone


def _columns(picks: Sequence[Pick]) -> tuple[list[str], list[str], list[int]]:
    return [each.sku for each in picks], [each.location for each in picks], [each.units for each in picks]


# --- who waits for what is not there ----------------------------------------------------------------------------------


async def wait_for(tx: Tx, holder: UUID, units: Mapping[str, int]) -> None:
    """Wait for no more than so many units of items, for nothing of all others.

    Emits:
        WaitEnded
    """
    gone = await q.wait_for(tx, holder=holder, skus=list(units), units=list(units.values()))
    if gone:
        emit(tx, WaitEnded(holder, [Need(each.sku, each.units) for each in gone]))
