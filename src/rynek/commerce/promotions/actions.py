"""What is done with promotions."""

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from rynek.commerce import catalog, pricing
from rynek.commerce.catalog import Code, Refusal, Taken
from rynek.commerce.promotions import events as announced
from rynek.commerce.promotions import model, rules
from rynek.commerce.promotions.language import Lane, Promotion, PromotionCode
from rynek.commerce.promotions.model import (
    Asked,
    Batch,
    Buyer,
    Buying,
    Claim,
    Coupon,
    CouponKept,
    CouponSaid,
    CouponText,
    Decided,
    Facts,
    Kept,
    Line,
    Membership,
    Outcome,
    Program,
    PromotionRow,
    Reason,
    Tally,
    Trace,
    Trial,
    Tryout,
    UnknownPromotion,
    Used,
    Version,
)
from rynek.commerce.promotions.programs import Programs
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.faults import Invalid
from rynek.kernel.jobs import enqueue, job
from rynek.kernel.sql import queries

q = queries(__file__, model)

_MANY = Meta(max_length=1_000)
Size = Annotated[int, Meta(ge=1, le=1_000)]
CHUNK = 20_000
"""How many codes of a batch are made in one transaction."""
LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
"""What made codes are written with: nothing that is mistaken for something else, and no vowels, so no words."""
LETTERS_EACH = 10
_REMEMBERED = 16
_NONE: list[str] = []
_NOBODY: list[UUID] = []

_encode = msgspec.json.Encoder().encode
_promotion = msgspec.json.Decoder(Promotion).decode
_lanes = msgspec.json.Decoder(list[Lane]).decode
_programs = msgspec.json.Decoder(list[Program]).decode
_ready: dict[UUID, Programs] = {}
"""Promotions compiled, by which they are; the newest last."""


# --- saying them ------------------------------------------------------------------------------------------------------


async def put_lanes(tx: Tx, lanes: Annotated[list[Lane], Meta(max_length=100)]) -> Taken:
    """Make lanes, or change their order and how promotions meet in them.

    Emits:
        LaneChanged for each that is new or different.
    """
    refused = rules.lane_faults(lanes)
    wrong = {each.row for each in refused}
    kept = [each for row, each in enumerate(lanes) if row not in wrong]
    changed = await q.put_lanes(tx, given=_encode(kept).decode())
    if changed:
        await q.raise_version(tx)
    emit(tx, *(announced.LaneChanged(code) for code in changed))
    return Taken(len(changed), len(kept) - len(changed), refused)


async def lanes(tx: Tx) -> list[Lane]:
    """List the lanes in which promotions count, the first first."""
    found: list[Lane] = await q.lanes(tx)
    return found


async def put_promotions(tx: Tx, promotions: Annotated[list[Promotion], _MANY]) -> Taken:
    """Make promotions, or change what they say; every version is kept. Those that are active count from now on.

    Emits:
        PromotionChanged for each that is new or different.
    """
    wrong_ones = await refused(tx, promotions)
    wrong = {each.row for each in wrong_ones}
    kept = [each for row, each in enumerate(promotions) if row not in wrong]
    documents = msgspec.json.encode([msgspec.to_builtins(each) for each in kept]).decode()
    changed = await q.put(tx, given=documents, at=tx.at, kind=tx.actor.kind, actor=tx.actor.id)
    if changed:
        await q.raise_version(tx)
    emit(tx, *(announced.PromotionChanged(p.code, p.version, p.state, p.shelf) for p in changed))
    return Taken(len(changed), len(kept) - len(changed), wrong_ones)


async def refused(tx: Tx, promotions: Sequence[Promotion]) -> list[Refusal]:
    """Say which promotions cannot be taken, and why: what they say is checked, and what they speak of has to exist."""
    found = rules.faults(promotions, {each.code for each in await q.lanes(tx)})
    wrong = {each.row for each in found}
    whats = [what for each in promotions for what in rules.whats(each)]
    known: model.Known = await q.known(
        tx,
        skus=list({sku for what in whats for sku in what.skus}),
        categories=list({code for what in whats for code in what.categories}),
        brands=list({code for what in whats for code in what.brands}),
        attributes=list({code for what in whats for code in what.attributes}),
        channels=list({code for each in promotions for code in rules.channels(each)}),
    )
    for row, each in enumerate(promotions):
        if row not in wrong and (reason := rules.unknown(each, known)):
            found.append(Refusal(row, each.code, reason))
    return sorted(found, key=lambda each: each.row)


async def promotions(
    tx: Tx, after: Annotated[str, Meta(max_length=40)] = "", state: Annotated[str, Meta(max_length=10)] | None = None,
    codes: Annotated[list[PromotionCode], _MANY] = _NONE, limit: Size = 200,
) -> list[Kept]:  # fmt: skip
    """List promotions by code, with how far each was used; go on with the last code as ``after``.

    Args:
        codes: only these; none for all.
    """
    return [_kept(row) for row in await q.promotions(tx, after=after, state=state, codes=codes, limit=limit)]


def _kept(row: PromotionRow) -> Kept:
    return Kept(_promotion(row.document), row.version, row.changed_at, row.used, row.spent_minor, row.coupons)


async def promotion(tx: Tx, promotion: PromotionCode) -> Kept:
    """Look a promotion up.

    Raises:
        UnknownPromotion: there is none of this code.
    """
    row = await q.promotion(tx, code=promotion)
    if row is None:
        raise UnknownPromotion(f"there is no promotion {promotion}")
    return _kept(row)


async def versions(tx: Tx, promotion: PromotionCode) -> list[Version]:
    """Tell what a promotion ever said, and who said it, the newest first."""
    return [
        Version(each.at, each.version, _promotion(each.document), each.actor_kind, each.actor)
        for each in await q.entries(tx, code=promotion)
    ]


async def uses(tx: Tx, promotion: PromotionCode, before: UUID | None = None, limit: Size = 100) -> list[Used]:
    """List the orders that had a promotion, the newest first; go on with the last order as ``before``."""
    found: list[Used] = await q.uses_of(tx, promotion=promotion, before=before, limit=limit)
    return found


async def put_members(tx: Tx, members: Annotated[list[Membership], _MANY]) -> int:
    """Let customers into segments, or out of them; gives how many memberships changed.

    Raises:
        Invalid: a customer is named twice for a segment.
    """
    if len({(each.segment, each.customer) for each in members}) < len(members):
        raise Invalid("a customer is named twice for a segment", field="members")
    changed: int = await q.put_members(
        tx, segments=[each.segment for each in members], customers=[each.customer for each in members],
        outs=[each.out for each in members],
    )  # fmt: skip
    return changed


async def members(
    tx: Tx, customers: Annotated[list[UUID], _MANY] = _NOBODY, segment: Code | None = None, after: UUID | None = None,
    limit: Size = 200,
) -> list[Membership]:  # fmt: skip
    """List who is in which segments: these customers, or all there are on from the customer ``after``.

    Args:
        customers: none for all.
        segment: only this one.
        limit: of how many customers.
    """
    if not customers:
        customers = await q.members_next(tx, segment=segment, after=after, size=limit)
    found: list[Membership] = await q.members(tx, customers=customers, segment=segment)
    return found


# --- codes ------------------------------------------------------------------------------------------------------------


async def put_coupons(tx: Tx, coupons: Annotated[list[Coupon], _MANY]) -> Taken:
    """Make codes by which promotions are had, or change for whom and how often they count."""
    known = {each.code: each.coded for each in await q.coded(tx, promotions=list({c.promotion for c in coupons}))}
    refused = rules.coupon_faults(coupons, known)
    wrong = {each.row for each in refused}
    kept = [replace(each, coupon=rules.written(each.coupon)) for row, each in enumerate(coupons) if row not in wrong]
    changed = await q.put_coupons(tx, given=_encode(kept).decode())
    return Taken(len(changed), len(kept) - len(changed), refused)


async def codes(
    tx: Tx, coupons: Annotated[list[CouponText], _MANY] = _NONE, promotion: PromotionCode | None = None,
    after: Annotated[str, Meta(max_length=40)] = "", limit: Size = 500,
) -> list[CouponKept]:  # fmt: skip
    """List codes of all promotions or of one: these, or all on from the code ``after``.

    Args:
        coupons: in any case; none for all.
    """
    wanted = [rules.written(each) for each in coupons]
    found: list[CouponKept] = await q.codes(tx, coupons=wanted, promotion=promotion, after=after, limit=limit)
    return found


async def coupons(
    tx: Tx, promotion: PromotionCode, batch: UUID | None = None, after: Annotated[str, Meta(max_length=40)] = "",
    limit: Size = 500,
) -> list[CouponKept]:  # fmt: skip
    """List the codes of a promotion, or of one batch of it; go on with the last code as ``after``."""
    found: list[CouponKept] = await q.coupons_of(tx, promotion=promotion, batch=batch, after=after, limit=limit)
    return found


async def make_coupons(
    tx: Tx, promotion: PromotionCode, size: Annotated[int, Meta(ge=1, le=5_000_000)],
    prefix: Annotated[str, Meta(max_length=12, pattern=r"^[A-Za-z0-9]*\Z")] = "",
    uses: Annotated[int, Meta(ge=1, le=1_000_000)] = 1, until_at: datetime | None = None,
) -> Batch:  # fmt: skip
    """Order a batch of codes that nobody can guess; they are made in the background, look at ``batches`` for how far.

    Args:
        prefix: what each begins with.
        uses: how often each counts.

    Raises:
        UnknownPromotion: there is none of this code.
        Invalid: the promotion is not had by code, or the end has no time zone.
    """
    kept = await promotion_of(tx, promotion)
    if not kept.coded:
        raise Invalid(f"{promotion} is for everybody; say coded in the promotion to have it by code", field="promotion")
    if until_at is not None and until_at.tzinfo is None:
        raise Invalid("an instant needs its time zone", field="until_at")
    made = Batch(ids.new(), promotion, prefix.upper(), size, 0, uses, until_at, tx.at)
    await q.begin_batch(
        tx, id=made.id, promotion=promotion, prefix=made.prefix, size=size, uses=uses, until_at=until_at, at=tx.at
    )
    await enqueue(tx, go_on_making, str(made.id), batch=made.id)
    return made


async def promotion_of(tx: Tx, code: str) -> Promotion:
    """Read what a promotion says.

    Raises:
        UnknownPromotion: there is none of this code.
    """
    return (await promotion(tx, code)).promotion


async def batches(tx: Tx, promotion: PromotionCode) -> list[Batch]:
    """List the batches of codes of a promotion, the newest first, with how many of each are made."""
    found: list[Batch] = await q.batches(tx, promotion=promotion)
    return found


@job("promotions.make-coupons", "commerce")
async def go_on_making(tx: Tx, *, batch: UUID) -> None:
    """Make the next codes of a batch; what was made before a crash stays, and the rest follows."""
    found: Batch | None = await q.lock_batch(tx, id=batch)
    if found is None or found.made >= found.size:
        return
    wanted = min(CHUNK, found.size - found.made)
    fresh = list({_coupon(found.prefix) for _ in range(wanted)})
    made = await q.make_coupons(tx, batch=batch, coupons=fresh)
    if made < found.size:
        await enqueue(tx, go_on_making, f"{batch} {made}", batch=batch)


def _coupon(prefix: str) -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(LETTERS_EACH))
    return f"{prefix}-{letters}" if prefix else letters


# --- deciding ---------------------------------------------------------------------------------------------------------


async def programs(tx: Tx) -> Programs:
    """Give all promotions compiled, as they are in this transaction."""
    found = _ready.get(await q.version(tx))
    return found if found is not None else await _load(tx)


async def _load(tx: Tx) -> Programs:
    read: model.Loaded = await q.loaded(tx, at=tx.at)
    said = [(each.promotion, each.version) for each in _programs(read.programs) if not each.promotion.shelf]
    found = _ready[read.version] = Programs(read.version, _lanes(read.lanes), said)
    while len(_ready) > _REMEMBERED:
        del _ready[next(iter(_ready))]
    return found


async def decide(tx: Tx, asked: Sequence[Asked], given: Programs | None = None) -> list[Decided]:
    """Tell what promotions give baskets: a few statements however many baskets and promotions there are.

    Args:
        given: the promotions to decide by; None: those that count.
    """
    ready = given or await programs(tx)
    if not ready.all and not any(each.coupons for each in asked):
        return [Decided(_nothing(each), Trace(each.at, ready.version)) for each in asked]
    found = []
    for each, said in await baskets(tx, asked, ready):
        outcome = rules.decide(ready, each)
        found.append(Decided(outcome, Trace(each.at, ready.version, outcome.tried, tuple(said), each.group)))
    return found


async def baskets(tx: Tx, asked: Sequence[Asked], ready: Programs) -> list[tuple[Buying, list[CouponSaid]]]:
    """Look up all that promotions are decided from, with what became of the codes that were typed in."""
    facts = await _facts(tx, ready, asked)
    typed = {each for basket in asked for each in basket.coupons}
    known = {row.coupon: row for row in await q.coupons(tx, coupons=list(typed))} if typed else {}
    customers = {each.customer for each in asked if each.customer is not None}
    buyers = await _buyers(tx, ready, customers)
    left = {row.promotion: row for row in await q.left(tx, promotions=list(ready.limited))} if ready.limited else {}
    mine = await _mine(tx, ready, customers)
    found = []
    for basket in asked:
        said, coupons = rules.sound(basket.coupons, known, basket.customer, basket.at)
        buyer = buyers.get(basket.customer) if basket.customer else None
        lines = [Line(sku, many, unit, minor, facts[sku], weight) for sku, many, unit, minor, weight in basket.lines]
        buying = Buying(
            basket.currency, lines, basket.at, basket.channel, basket.country, basket.delivery, basket.delivery_minor,
            basket.shop, basket.customer, basket.group, frozenset(buyer.segments) if buyer else frozenset(),
            buyer is not None and not buyer.ordered, coupons,
            {
                code: rules.left_of(left.get(code), mine.get((code, basket.customer)), ready.each.get(code))
                for code in ready.counted
            },
        )  # fmt: skip
        found.append((buying, said))
    return found


def _nothing(basket: Asked) -> Outcome:
    return Outcome([0] * len(basket.lines), 0, [], (), None)


async def _facts(tx: Tx, ready: Programs, asked: Sequence[Asked]) -> dict[str, Facts]:
    skus = list({line[0] for basket in asked for line in basket.lines})
    if not ready.asks_facts:
        return {sku: ready.bare(sku) for sku in skus}
    known = {row.sku: ready.learn(row) for row in await q.facts(tx, skus=skus)}
    return {sku: known.get(sku) or ready.bare(sku) for sku in skus}


async def _buyers(tx: Tx, ready: Programs, customers: set[UUID]) -> dict[UUID, Buyer]:
    if not customers or not (ready.asks_segments or ready.asks_first):
        return {}
    return {each.customer: each for each in await q.buyers(tx, customers=list(customers))}


async def _mine(tx: Tx, ready: Programs, customers: set[UUID]) -> dict[tuple[str, UUID | None], int]:
    if not customers or not ready.each:
        return {}
    rows = await q.mine(tx, promotions=list(ready.each), customers=list(customers))
    return {(row.promotion, row.customer): row.used for row in rows}


async def explain(tx: Tx, trace: Trace | None, channel: str, currency: str) -> list[Reason]:
    """Say what became of each promotion that there was: those that have to do with a basket in order, then the others.

    Args:
        trace: how the basket was decided; None: it was before there were promotions.
    """
    if trace is None:
        return []
    found = [rules.reason(each, currency) for each in trace.tried]
    seen = {each.promotion for each in found}
    for row in await q.active_at(tx, at=trace.at):
        promotion = _promotion(row.document)
        if promotion.code not in seen:
            found.append(rules.untouched(promotion, row.version, channel, currency, trace.at))
    return found


async def tryout(tx: Tx, trial: Trial) -> Tryout:
    """Try a promotion on a basket before it counts: what the basket comes to without it and with it.

    It is tried as if it were active and its codes were typed in; its limits are as if it were new.

    Raises:
        UnknownChannel: there is none of this code.
        NotSellable: something is not sold there.
        NoPrice: something has no price there.
        NoTaxRate: the VAT of something is not known.
        Invalid: the promotion cannot be taken, or it is one of the shelf.
    """
    if wrong := await refused(tx, [trial.promotion]):
        raise Invalid(wrong[0].reason, field="promotion")
    if trial.promotion.shelf:
        raise Invalid("a promotion on the shelf changes prices, not baskets", field="promotion")
    place = await catalog.channel(tx, trial.channel)
    at = trial.at or tx.at
    lines = [(each.sku, each.quantity) for each in trial.lines]
    country = trial.country or place.country
    found = await pricing.quote(tx, pricing.Ask(place.code, place.currency, country, lines, at, trial.group))
    amounts = [
        (each.sku, each.quantity, each.unit, each.gross if place.display == "gross" else each.net, each.weight_g)
        for each in found.lines
    ]
    basket = Asked(
        place.code, place.currency, country, amounts, at, None if trial.delivery_minor is None else "any",
        trial.delivery_minor, trial.customer, trial.group, trial.shop, [rules.written(each) for each in trial.coupons],
    )  # fmt: skip
    read: model.Loaded = await q.loaded(tx, at=at)
    others = [
        (each.promotion, each.version)
        for each in _programs(read.programs)
        if not each.promotion.shelf and each.promotion.code != trial.promotion.code
    ]
    tried = replace(trial.promotion, state="active", coded=False, uses=None, budget_minor=None)
    both = [Programs(read.version, _lanes(read.lanes), some) for some in (others, [*others, (tried, 0)])]
    before, after = [(await decide(tx, [basket], each))[0].outcome for each in both]
    total = sum(minor for *_, minor, _ in amounts) + (trial.delivery_minor or 0)
    return Tryout(place.currency, _tally(total, before), _tally(total, after))


def _tally(total: int, outcome: Outcome) -> Tally:
    return Tally(total, sum(outcome.discounts) + outcome.delivery, outcome.gifts, outcome.tried)


# --- taking of what is limited ----------------------------------------------------------------------------------------


async def counters(tx: Tx, claims: Sequence[Claim]) -> rules.Counters:
    """Lock what orders are about to take of limited promotions and codes, in key order, and tell what is left."""
    named = {promotion for claim in claims for promotion, _, _ in claim.uses}
    if not named:
        return rules.Counters({}, {}, {}, {})
    ready = await programs(tx)
    left = {row.promotion: row for row in await q.lock_left(tx, promotions=list(named))}
    each = {code: most for code, most in ready.each.items() if code in named}
    customers = {claim.customer for claim in claims if claim.customer is not None}
    rows = await q.lock_mine(tx, promotions=list(each), customers=list(customers)) if each and customers else []
    coupons = {coupon for claim in claims for _, _, coupon in claim.uses if coupon is not None}
    locked = await q.lock_coupons(tx, coupons=list(coupons)) if coupons else []
    return rules.Counters(
        left, {(row.promotion, row.customer): row.used for row in rows}, each, {row.coupon: row for row in locked}
    )


async def book(tx: Tx, claims: Sequence[Claim], counted: rules.Counters) -> None:
    """Write what orders had of promotions, and count it where it is limited.

    Raises:
        PromotionSpent: somebody else had the last of it meanwhile.
    """
    taken = [(claim, *use) for claim in claims for use in claim.uses]
    if not taken:
        return
    uses = Counter(promotion for _, promotion, _, _ in taken if promotion in counted.limited)
    if uses:
        minors = Counter[str]()
        for _, promotion, minor, _ in taken:
            minors[promotion] += minor
        order = sorted(uses)
        await q.count(tx, promotions=order, uses=[uses[p] for p in order], minors=[minors[p] for p in order])
    mine = Counter((promotion, claim.customer) for claim, promotion, _, _ in taken if promotion in counted.each)
    if mine:
        pairs = sorted(mine, key=str)
        await q.count_mine(
            tx, promotions=[p for p, _ in pairs], customers=[c for _, c in pairs], used=[mine[pair] for pair in pairs],
            uses=[counted.each[p] for p, _ in pairs],
        )  # fmt: skip
    coupons = Counter(coupon for _, _, _, coupon in taken if coupon is not None)
    if coupons:
        await q.count_coupons(tx, coupons=sorted(coupons), uses=[coupons[each] for each in sorted(coupons)])
    await q.write_uses(
        tx, orders=[claim.order for claim, *_ in taken], parts=[claim.part for claim, *_ in taken],
        promotions=[promotion for _, promotion, _, _ in taken], coupons=[coupon for *_, coupon in taken],
        customers=[claim.customer for claim, *_ in taken],
        minors=[minor for _, _, minor, _ in taken], at=tx.at,
    )  # fmt: skip


async def used_by(tx: Tx, order: UUID) -> list[Used]:
    """Tell what an order had of promotions."""
    found: list[Used] = await q.uses(tx, order=order)
    return found


async def give_back(tx: Tx, order: UUID) -> None:
    """Let others have what a cancelled order had of promotions; done once, however often it is asked.

    Emits:
        UseReturned for each.
    """
    for each in await q.give_back(tx, order=order, at=tx.at):
        emit(tx, announced.UseReturned(order, each.promotion, each.minor))
