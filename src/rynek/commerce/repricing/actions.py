"""What is done with dynamic prices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import replace as with_

from rynek.commerce import catalog, pricing
from rynek.commerce.catalog import ChannelCode, Refusal, Sku, Taken, Text
from rynek.commerce.pricing import Price, PriceList
from rynek.commerce.repricing import rules
from rynek.commerce.repricing.events import PriceMoved, RulesChanged, Switched
from rynek.commerce.repricing.gathering import Known, gather, q
from rynek.commerce.repricing.model import (
    Claimed,
    Decided,
    Decision,
    Looked,
    Moved,
    NoRule,
    NoSwitch,
    NotDecided,
    Place,
    Preview,
    Proposal,
    ProposalState,
    Reason,
    Rule,
    RuleCode,
    RuleRefused,
    State,
    SwitchedOff,
    Why,
)
from rynek.kernel import ids, jobs
from rynek.kernel.database import Tx
from rynek.kernel.events import emit

PART = 4_000
"""How many prices are looked at in one transaction."""

Size = Annotated[int, Meta(ge=1, le=200)]
Number = Annotated[int, Meta(ge=1, le=2**62)]
Channel = Annotated[str, Meta(max_length=20, pattern="^[^\\u0000]*$", description="a channel; empty for all")]
_LAST = UUID(int=2**128 - 1)
_rule = msgspec.json.Decoder(Rule).decode
_moved = msgspec.json.Decoder(Moved).decode
_proposed = msgspec.json.Decoder(Proposal).decode


def _json(rows: Any) -> str:
    return msgspec.json.encode(rows).decode()


# --- whether prices may move ------------------------------------------------------------------------------------------


async def places(tx: Tx) -> list[Place]:
    """List the channels whose prices may move or might, and since when."""
    found: list[Place] = await q.places(tx)
    return found


async def put_switch(
    tx: Tx,
    channel: ChannelCode,
    on: bool,  # noqa: FBT001 - what a switch is
    reason: Text = "",
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] = 0,
    every_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 15,
) -> Place:
    """Let the prices of a channel move, or stop that: then the lists' prices count at once, all of them.

    Args:
        priority: prices of lists of this priority are moved, and no others: what lies above them, and what groups
            have, still counts.
        every_minutes: how often all prices are looked at; what the news is about is looked at as it comes.

    Raises:
        UnknownChannel: there is none of this code.
    Emits:
        Switched
    """
    place = await _at(tx, channel)
    terms = {"on": on, "reason": reason, "priority": priority, "every_minutes": every_minutes}
    await q.put_switch(
        tx, **terms, channel=channel, list=place.list, currency=place.currency, basis=place.basis,
        country=place.country, at=tx.at,
    )  # fmt: skip
    if on and not (place.on and place.priority == priority):
        await sweep(tx, place, "switched-off")
    place = with_(place, **terms, at=tx.at, begun_at=None)
    await pricing.put_lists(tx, [_list(place, tx.at)])
    if not on:
        await jobs.enqueue(tx, sweep_after_stop, channel, channel=channel)
    emit(tx, Switched(channel, on, reason))
    return place


def _list(place: Place, at: datetime) -> PriceList:
    return PriceList(
        code=place.list, name=f"Dynamic prices of {place.channel}", currency=place.currency, basis=place.basis,
        channel=place.channel, priority=place.priority, from_at=at, active=place.on,
    )  # fmt: skip


async def stop(tx: Tx, reason: Text = "") -> list[str]:
    """Stop it all: no price moves any more in any channel, and the lists' prices count at once. Gives the channels.

    Emits:
        Switched for each channel.
    """
    stopped: list[str] = await q.stop(tx, reason=reason, at=tx.at)
    for place in await q.places(tx):
        if place.channel in stopped:
            await pricing.put_lists(tx, [_list(place, tx.at)])
            await jobs.enqueue(tx, sweep_after_stop, place.channel, channel=place.channel)
            emit(tx, Switched(place.channel, on=False, reason=reason))
    return sorted(stopped)


async def _at(tx: Tx, channel: str, *, locked: bool = True) -> Place:
    """Give a channel as its switch says, or as it would begin.

    Args:
        locked: keep it from being switched meanwhile. Who only looks does not: nobody waits to stop prices for that.
    """
    found: Place | None = await q.place(tx, channel=channel) if locked else None
    if not locked:
        found = next((each for each in await q.places(tx) if each.channel == channel), None)
    if found is not None:
        return found
    its = await catalog.channel(tx, channel)
    return Place(
        channel, on=False, reason="", priority=0, every_minutes=15, list=f"DYN-{channel}", currency=its.currency,
        basis=its.display, country=its.country, at=tx.at, begun_at=None,
    )  # fmt: skip


async def sweep(tx: Tx, place: Place, why: str, skus: Sequence[str] = ()) -> int:
    """Take dynamic prices away, so that the lists' count; gives how many.

    Args:
        why: the word of the reason.
        skus: of which items; none: of all in the channel.
    """
    left = await q.standing(tx, channel=place.channel, skus=skus)
    away = [Decision(each.sku, "withdraw", each.base_minor or 0, None, "automatic", [Reason(why)]) for each in left]
    await _write(tx, place, [(None, *each) for each in zip(left, away, strict=True)], None)
    return len(left)


@jobs.job("repricing.sweep", "commerce")
async def sweep_after_stop(tx: Tx, channel: str) -> None:
    """After a stop, take away what stands, so that none of it comes back when prices may move again.

    Emits:
        PriceMoved
    """
    place: Place | None = await q.place(tx, channel=channel)
    if place is not None and not place.on:
        await sweep(tx, place, "switched-off")


# --- rules ------------------------------------------------------------------------------------------------------------


async def rules_of(tx: Tx, channel: Channel = "") -> list[Rule]:
    """List the rules that move prices, in the order in which they are asked."""
    return rules.by_rank(_rule(each) for each in await q.rules(tx, channel=channel))


async def put_rules(tx: Tx, rules: Annotated[list[Rule], Meta(max_length=200)]) -> Taken:
    """Write rules that move prices; a new one is off, and proposes, unless it says otherwise. The history is kept.

    Emits:
        RulesChanged for each channel of which a rule is new or different.
    """
    refused = await _refused(tx, rules)
    wrong = {each.row for each in refused}
    kept = [each for row, each in enumerate(rules) if row not in wrong]
    before = {each.code: each.channel for each in await rules_of(tx)}
    changed = await q.put_rules(tx, given=_json(kept), at=tx.at, by=tx.actor.id)
    touched = {each.channel for each in kept if each.code in changed}
    touched |= {before[code] for code in changed if code in before}
    await _changed(tx, touched)
    return Taken(len(changed), len(kept) - len(changed), refused)


async def _changed(tx: Tx, channels: set[str]) -> None:
    for channel in sorted(channels):
        await q.begin_again(tx, channel=channel)
        emit(tx, RulesChanged(channel))


async def _refused(tx: Tx, given: Sequence[Rule]) -> list[Refusal]:
    known: dict[str, set[str]] = {"channels": {each.code for each in await catalog.channels(tx)}}
    for what in ("categories", "brands", "skus", "lists"):
        codes = sorted({code for each in given for code in getattr(each.scope, what)})
        known[what] = set(await q.known_codes(tx, what=what, codes=codes)) if codes else set()
    return rules.rule_faults(given, known)


async def drop_rule(tx: Tx, code: RuleCode) -> None:
    """Forget a rule; prices that it moved go back to the lists' at the next look. The history is kept.

    Raises:
        NoRule: there is none of this code.
    Emits:
        RulesChanged
    """
    channel = await q.drop_rule(tx, code=code, at=tx.at, by=tx.actor.id)
    if channel is None:
        raise NoRule(f"there is no rule {code}")
    await _changed(tx, {channel})


async def preview(tx: Tx, rule: Rule) -> Preview:
    """Tell what a rule would do if it were on and alone: which prices it would move, how far, and why. Nothing moves.

    Raises:
        RuleRefused: the rule cannot be taken; the detail says why.
        UnknownChannel: there is none of this code.
    """
    place = await _at(tx, rule.channel, locked=False)
    if refused := await _refused(tx, [rule]):
        raise RuleRefused(refused[0].reason, field="rule")
    skus = await q.between(tx, channel=rule.channel, after="", upto="")
    known, _ = await gather(tx, place, [rule], skus)
    return rules.foresee(rule, [each.facts for each in known], tx.at, place.currency)


# --- moving -----------------------------------------------------------------------------------------------------------


async def look_now(
    tx: Tx, channel: ChannelCode, skus: Annotated[list[Sku], Meta(min_length=1, max_length=1_000)]
) -> Looked:
    """Look at prices now and move them, or propose to, as the rules say.

    Raises:
        NoSwitch: the prices of this channel were never let move.
        SwitchedOff: they may not move now.
    Emits:
        PriceMoved for each that does.
    """
    place: Place | None = await q.place(tx, channel=channel)
    if place is None:
        raise NoSwitch(f"the prices of {channel} were never let move")
    if not place.on:
        raise SwitchedOff(f"the prices of {channel} may not move: {place.reason or 'switched off'}")
    return await look(tx, place, skus)


async def look(tx: Tx, place: Place, skus: Sequence[str]) -> Looked:
    """Decide about any number of prices, and move what moves by itself; what a person is to approve is proposed.

    Safe beside others that do the same: what another has moved meanwhile is left as it is.

    Args:
        place: locked against being switched, and on.
    """
    asked = await rules_of(tx, place.channel)
    known, orphans = await gather(tx, place, asked, skus)
    decided = [(each, rules.decide(asked, each.facts, tx.at)) for each in known]
    proposed = [(each, next_) for each, next_ in decided if rules.to_propose(next_)]
    waiting = {each.facts.sku for each, _ in proposed}
    await q.lapse(tx, channel=place.channel, skus=[each for each in skus if each not in waiting], at=tx.at)
    if proposed:
        await q.propose(tx, given=_json([_proposal(tx, place, each, next_) for each, next_ in proposed]))
    moving = [(each, next_) for each, next_ in decided if next_.kind != "keep" and each.facts.sku not in waiting]
    moved = await _move(tx, place, moving, None)
    gone = await sweep(tx, place, "not-offered", [each.sku for each in orphans]) if orphans else 0
    return Looked(len(known), len(moved) + gone, len(proposed))


def _proposal(tx: Tx, place: Place, each: Known, next_: Decision) -> dict[str, Any]:
    return {
        "id": ids.new(), "made_at": tx.at, "channel": place.channel, "sku": next_.sku, "rule": next_.rule,
        "before": each.facts.price, "after": next_.minor, "base": each.facts.base, "why": next_.why,
        "facts": rules.told(each.facts),
    }  # fmt: skip


async def _move(tx: Tx, place: Place, moving: Sequence[tuple[Known, Decision]], by: UUID | None) -> set[str]:
    """Move prices that nobody has moved since they were looked at; gives which."""
    if not moving:
        return set()
    skus = sorted(next_.sku for _, next_ in moving)
    await q.open_states(tx, channel=place.channel, skus=skus)
    marks = {each.sku: each.moved_at for each in await q.lock_states(tx, channel=place.channel, skus=skus)}
    fresh = [(each, next_) for each, next_ in moving if marks.get(next_.sku) == each.facts.moved_at]
    await _write(tx, place, [(each, each.state, next_) for each, next_ in fresh], by)
    return {next_.sku for _, next_ in fresh}


async def _write(
    tx: Tx, place: Place, changes: Sequence[tuple[Known | None, State | None, Decision]], by: UUID | None
) -> None:
    """Write prices, what stands, and the log."""
    if not changes:
        return
    stops = {each.code: each.rails for each in await rules_of(tx, place.channel)}
    states, prices, log, news = [], list[Price](), [], []
    for known, state, next_ in changes:
        now = rules.laid(known.base, known.facts, stops.get(next_.rule or ""), next_, place) if known else []
        prices += rules.written(place.list, next_.sku, state, now)
        before = known.facts.price if known else (state.minor if state else None) or 0
        base = known.facts.base if known else next_.minor
        states.append(rules.state_of(place.channel, next_, now, (before, base), tx.at))
        log.append({
            "at": tx.at, "channel": place.channel, "sku": next_.sku, "rule": next_.rule, "kind": next_.kind,
            "before": before, "after": next_.minor, "base": base, "why": next_.why,
            "facts": rules.told(known.facts) if known else {}, "by": by,
        })  # fmt: skip
        news.append(
            PriceMoved(next_.sku, place.channel, next_.rule, next_.kind, before, next_.minor, place.currency, by)
        )
    await pricing.put_prices(tx, prices)
    await q.set_states(tx, given=_json(states))
    await q.note_moves(tx, given=_json(log))
    emit(tx, *news)


# --- what waits for a person, and what happened -----------------------------------------------------------------------


async def proposals(
    tx: Tx, channel: Channel = "", state: ProposalState = "open", before: UUID | None = None, limit: Size = 50
) -> list[Proposal]:
    """List moves that wait for a person, or did, newest first; go on with the last id as ``before``."""
    found = await q.proposals(tx, channel=channel, state=state, before=before or _LAST, limit=limit)
    return [_proposed(each) for each in found]


async def decide(
    tx: Tx,
    ids: Annotated[list[UUID], Meta(min_length=1, max_length=1_000)],
    approve: bool,  # noqa: FBT001 - yes or no is the question
    note: Text = "",
) -> Decided:
    """Approve moves, which are then made, or reject them, so that they are not proposed again for a while.

    A move is made only if the rules and the facts of now still say so: the rails hold for people's approvals too.

    Emits:
        PriceMoved for each that does.
    """
    done, refused = set[UUID](), dict[UUID, str]()
    for channel in await q.channels_of(tx, ids=ids):
        place = await _at(tx, channel)
        claimed = await q.claim(tx, channel=channel, ids=ids)
        if not approve:
            await q.open_states(tx, channel=channel, skus=[each.sku for each in claimed])
            await q.reject(tx, channel=channel, skus=[each.sku for each in claimed], at=tx.at)
            done |= {each.id for each in claimed}
        elif not place.on:
            refused |= dict.fromkeys((each.id for each in claimed), f"the prices of {channel} may not move now")
        else:
            made, others = await _approve(tx, place, claimed)
            done |= made
            refused |= others
    await q.close(tx, ids=done, state="approved" if approve else "rejected", by=tx.actor.id, note=note, at=tx.at)
    known = done | refused.keys()
    refused |= {each: "it is not open any more" for each in ids if each not in known}
    return Decided(len(done), [NotDecided(each, refused[each]) for each in dict.fromkeys(ids) if each in refused])


async def _approve(tx: Tx, place: Place, claimed: Sequence[Claimed]) -> tuple[set[UUID], dict[UUID, str]]:
    asked = await rules_of(tx, place.channel)
    known, _ = await gather(tx, place, asked, [each.sku for each in claimed])
    now = {each.facts.sku: (each, rules.decide(asked, each.facts, tx.at)) for each in known}
    still = {
        each.sku: now[each.sku]
        for each in claimed
        if each.sku in now and (now[each.sku][1].rule, now[each.sku][1].minor) == (each.rule, each.after)
    }
    moved = await _move(tx, place, [each for each in still.values() if each[1].kind != "keep"], tx.actor.id)
    refused = {
        each.id: rules.otherwise(now.get(each.sku, (None, None))[1], place.currency)
        for each in claimed
        if each.sku not in moved
    }
    return {each.id for each in claimed if each.sku in moved}, refused


async def moves(
    tx: Tx, channel: Channel = "", sku: Sku = "", rule: RuleCode = "", before: Number | None = None, limit: Size = 50
) -> list[Moved]:
    """Read the log of dynamic prices, newest first; go on with the last id as ``before``."""
    found = await q.moves(tx, channel=channel, sku=sku, rule=rule, before=before or 2**62, limit=limit)
    return [_moved(each) for each in found]


async def why(tx: Tx, channel: ChannelCode, sku: Sku) -> Why:
    """Explain a dynamic price: what it lies upon, what would be decided now and from which facts, and its moves so far.

    Raises:
        UnknownChannel: there is none of this code.
    """
    place = await _at(tx, channel, locked=False)
    asked = await rules_of(tx, channel)
    known, _ = await gather(tx, place, asked, [sku])
    history = await moves(tx, channel, sku)
    if not known:
        return Why(channel, sku, place.currency, None, None, place.on, None, {}, history)
    facts = known[0].facts
    next_ = rules.decide(asked, facts, tx.at)
    return Why(channel, sku, place.currency, facts.price, facts.base, place.on, next_, rules.told(facts), history)
