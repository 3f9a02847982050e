"""Which promotions count in a basket, in which order, and what each line gets.

Lanes come one after the other. What a condition or a share is measured on is the basket as it stands when the lane
begins. In a lane that picks the ``best``, a promotion that gives to each line by itself competes line by line; one that
gives to lines together (an amount, a bundle, three for two) is taken where it gives more than those lines would get
otherwise. ``first`` goes by priority; ``all`` counts one promotion on what the others left. An exclusive promotion
takes only lines that have had nothing, and closes them. Equals are decided by priority and then code, lines by sku: the
order of lines and of promotions never matters.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rynek.commerce.catalog import Refusal
from rynek.commerce.promotions.language import (
    Amount,
    Basket,
    BundlePrice,
    BuyGet,
    Channels,
    Condition,
    FixedPrice,
    Gift,
    Groups,
    Lane,
    Percent,
    Promotion,
    Steps,
    What,
)
from rynek.commerce.promotions.model import (
    Buying,
    Claim,
    Coupon,
    CouponRow,
    CouponSaid,
    Known,
    Left,
    LeftRow,
    Outcome,
    Reason,
    Tried,
)
from rynek.commerce.promotions.programs import Compiled, Programs, leaves
from rynek.commerce.promotions.rewards import Miss, Shares, State
from rynek.kernel.money import EXPONENTS, Money

Taken = dict[str, Shares]
"""What each promotion has given so far, by its code."""


def decide(programs: Programs, buying: Buying) -> Outcome:
    """Count promotions in a basket: what each line gets, what is off delivery, what is given on top, and why."""
    order = sorted(range(len(buying.lines)), key=lambda place: buying.lines[place].sku)
    lines = [buying.lines[place] for place in order]
    state = State(buying, lines, programs.select(lines))
    tried: list[Tried] = []
    gifts: list[tuple[str, int]] = []
    for lane, here in programs.of(buying.channel, buying.currency):
        if here:
            state.sums.clear()
            _lane(state, lane, here, tried, gifts)
    discounts = [0] * len(lines)
    for place, line, left in zip(order, lines, state.left, strict=False):
        discounts[place] = line.minor - left
    delivery = (buying.delivery_minor or 0) - state.left[-1]
    until = [end for each in tried if each.outcome == "applied" and (end := programs.ends[each.promotion])]
    return Outcome(discounts, delivery, gifts, tuple(tried), min(until, default=None))


def _lane(state: State, lane: Lane, here: Sequence[Compiled], tried: list[Tried], gifts: list[tuple[str, int]]) -> None:
    live: list[Compiled] = []
    there = state.selected.keys()
    for each in here:
        if not there >= each.targets or not _concerned(state, each):
            continue
        for test in each.tests:
            miss = test(state)
            if miss is not None:
                break
        else:
            miss = None
        if miss is not None:
            tried.append(_unmet(each, miss))
        elif isinstance(each.promotion.gives, Gift):
            given = (each.promotion.gives.sku, each.promotion.gives.units)
            gifts.append(given)
            tried.append(_tried(state, each, [], gift=given))
        else:
            live.append(each)
    if live:
        tried += _LANES[lane.pick](state, live)


def _concerned(state: State, each: Compiled) -> bool:
    """Tell whether a promotion has to do with this basket at all."""
    promotion, at = each.promotion, state.buying.at
    if promotion.coded and promotion.code not in state.buying.coupons:
        return False
    begun = promotion.from_at is None or promotion.from_at <= at
    return begun and (promotion.until_at is None or at < promotion.until_at)


def _blocked(state: State, each: Compiled, claimed: Collection[int] = ()) -> list[bool]:
    """Tell which lines a promotion may not touch."""
    taken = state.touched if each.promotion.exclusive else state.closed  # what is closed has been touched
    if not claimed:
        return taken
    return [shut or place in claimed for place, shut in enumerate(taken)]


def _affordable(state: State, each: Compiled, pieces: Sequence[Shares]) -> bool:
    left = state.buying.left.get(each.promotion.code)
    return left is None or left.minor is None or sum(minor for piece in pieces for _, minor in piece) <= left.minor


def _book(state: State, each: Compiled, shares: Shares) -> None:
    for place, minor in shares:
        state.left[place] -= minor
        state.touched[place] = True
        if each.promotion.exclusive:
            state.closed[place] = True


def _all(state: State, live: Sequence[Compiled]) -> list[Tried]:
    return _in_turn(state, live, claiming=False)


def _first(state: State, live: Sequence[Compiled]) -> list[Tried]:
    return _in_turn(state, live, claiming=True)


def _in_turn(state: State, live: Sequence[Compiled], *, claiming: bool) -> list[Tried]:
    """Count promotions by priority: on what is left of lines, or ``claiming`` them."""
    claims: dict[int, str] = {}
    tried = []
    for each in live:
        pieces = each.give(state, _blocked(state, each, claims))
        if not _affordable(state, each, pieces):
            tried.append(_unmet(each, Miss("its budget does not suffice")))
            continue
        shares = [share for piece in pieces for share in piece]
        if not shares:
            tried.append(_lost(state, each, claims, each.give(state, state.closed) if claims else ()))
            continue
        _book(state, each, shares)
        tried.append(_tried(state, each, shares))
        if claiming:
            claims |= dict.fromkeys((place for place, _ in shares), each.promotion.code)
    return tried


def _best(state: State, live: Sequence[Compiled]) -> list[Tried]:
    """Let promotions compete: together where that is more than the lines would get by themselves, else line by line."""
    offers: list[tuple[Compiled, list[Shares]]] = []
    poor: list[Tried] = []
    for each in live:
        pieces = each.give(state, _blocked(state, each))
        if _affordable(state, each, pieces):
            offers.append((each, pieces))
        else:
            poor.append(_unmet(each, Miss("its budget does not suffice")))
    single: dict[int, tuple[int, int]] = {}
    together: list[tuple[int, int, Shares]] = []
    for number, (_, pieces) in enumerate(offers):
        for piece in pieces:
            if len(piece) > 1:
                together.append((sum(minor for _, minor in piece), number, piece))
            elif piece[0][0] not in single or piece[0][1] > single[piece[0][0]][0]:
                single[piece[0][0]] = (piece[0][1], number)
    given: list[Shares] = [[] for _ in offers]
    claims = _together(offers, together, single, given)
    for place, (minor, number) in sorted(single.items()):
        if place not in claims and minor > 0:
            given[number].append((place, minor))
            claims[place] = offers[number][0].promotion.code
    for (each, _), shares in zip(offers, given, strict=True):
        _book(state, each, shares)
    return poor + [
        _tried(state, each, shares) if shares else _lost(state, each, claims, pieces)
        for (each, pieces), shares in zip(offers, given, strict=True)
    ]


def _together(
    offers: Sequence[tuple[Compiled, list[Shares]]],
    together: Sequence[tuple[int, int, Shares]],
    single: Mapping[int, tuple[int, int]],
    given: Sequence[Shares],
) -> dict[int, str]:
    """Take what gives to lines together where it is worth it; gives which lines are taken, and by what."""
    claims: dict[int, str] = {}
    worth = [
        (gain - sum(single[place][0] for place, _ in piece if place in single), -number, piece)
        for gain, number, piece in together
    ]
    for surplus, negative, piece in sorted(worth, key=lambda each: each[:2], reverse=True):
        if surplus > 0 and not any(place in claims for place, _ in piece):
            given[-negative].extend(piece)
            claims |= dict.fromkeys((place for place, _ in piece), offers[-negative][0].promotion.code)
    return claims


_LANES = {"best": _best, "first": _first, "all": _all}


_NOTHING = Miss()


# --- telling ----------------------------------------------------------------------------------------------------------


def _tried(state: State, each: Compiled, shares: Shares, gift: tuple[str, int] | None = None) -> Tried:
    p, lines, last = each.promotion, state.lines, len(state.lines)
    more = (each.next(state) if each.next is not None else None) or _NOTHING
    named = tuple((lines[place].sku if place < last else "", minor) for place, minor in shares if minor)
    return Tried(
        p.code, each.version, p.name, p.lane, "applied", minor=sum(minor for _, minor in shares), shares=named,
        gift=gift, coupon=state.buying.coupons.get(p.code), lacks_minor=more.lacks_minor,
        lacks_units=more.lacks_units, lacks_weight_g=more.lacks_weight_g,
    )  # fmt: skip


def _unmet(each: Compiled, miss: Miss) -> Tried:
    p = each.promotion
    return Tried(
        p.code, each.version, p.name, p.lane, "unmet", miss.why, lacks_minor=miss.lacks_minor,
        lacks_units=miss.lacks_units, lacks_weight_g=miss.lacks_weight_g,
    )  # fmt: skip


def _lost(state: State, each: Compiled, claims: Mapping[int, str], pieces: Sequence[Shares]) -> Tried:
    p = each.promotion
    worth = sum(minor for piece in pieces for _, minor in piece)
    winner = next((claims[place] for piece in pieces for place, _ in piece if place in claims), None)
    if winner is None:
        closed = any(state.closed[place] for what in each.targets for place in state.chosen(what))
        why = (
            "its lines take nothing else: another promotion there is exclusive"
            if closed
            else "there is nothing left to take off"
        )
        return Tried(p.code, each.version, p.name, p.lane, "lost", why)
    return Tried(p.code, each.version, p.name, p.lane, "lost", "another one counts there", worth=worth, to=winner)


def reason(tried: Tried, currency: str) -> Reason:
    """Say in a sentence what became of a promotion."""
    return Reason(
        tried.promotion, tried.version, tried.name, tried.lane, tried.outcome, _sentence(tried, currency), tried.minor,
        tried.shares, tried.coupon,
    )  # fmt: skip


def _sentence(tried: Tried, currency: str) -> str:
    lacks = [
        Money(tried.lacks_minor, currency).text() if tried.lacks_minor else "",
        f"{tried.lacks_units} pcs" if tried.lacks_units else "",
        f"{tried.lacks_weight_g} g" if tried.lacks_weight_g else "",
    ]
    more = " and ".join(each for each in lacks if each)
    if tried.outcome == "applied":
        gave = (
            f"gave {tried.gift[1]} of {tried.gift[0]}"
            if tried.gift
            else f"took off {Money(tried.minor, currency).text()}"
        )
        return f"{gave}; {more} more, and it gives more" if more else gave
    if tried.outcome == "lost" and tried.to:
        return f"{tried.to} counts instead; this one would have taken off {Money(tried.worth, currency).text()}"
    return tried.why or f"{more} more, and it counts"


def untouched(promotion: Promotion, version: int, channel: str, currency: str, at: datetime) -> Reason:
    """Say why a promotion had nothing to do with a basket."""
    here = [frozenset(each.of) for each in promotion.when if isinstance(each, Channels)]
    if any(channel not in each for each in here):
        why = "not in this channel"
    elif promotion.currency not in (None, currency):
        why = f"for {promotion.currency} only"
    elif promotion.from_at is not None and at < promotion.from_at:
        why = f"it begins at {promotion.from_at.isoformat()}"
    elif promotion.until_at is not None and at >= promotion.until_at:
        why = f"it ended at {promotion.until_at.isoformat()}"
    elif promotion.coded:
        why = "no code of it was typed in"
    else:
        why = "nothing that it is for is in the basket"
    return Reason(promotion.code, version, promotion.name, promotion.lane, "untouched", why)


# --- what can be taken ------------------------------------------------------------------------------------------------


def lane_faults(lanes: Sequence[Lane]) -> list[Refusal]:
    """Say which lanes cannot be taken."""
    seen: set[str] = set()
    refused = []
    for row, lane in enumerate(lanes):
        if lane.code in seen:
            refused.append(Refusal(row, lane.code, "it comes twice"))
        seen.add(lane.code)
    return refused


def faults(promotions: Sequence[Promotion], lanes: Collection[str]) -> list[Refusal]:
    """Say which promotions cannot be taken, and why.

    Args:
        lanes: the codes of those that exist.
    """
    seen: set[str] = set()
    refused = []
    for row, each in enumerate(promotions):
        reason = "it comes twice" if each.code in seen else fault(each, lanes)
        if reason:
            refused.append(Refusal(row, each.code, reason))
        seen.add(each.code)
    return refused


def fault(promotion: Promotion, lanes: Collection[str]) -> str | None:  # noqa: PLR0911 - each says what is wrong
    """Say what is wrong with a promotion; None: nothing."""
    if promotion.lane not in lanes:
        return f"there is no lane {promotion.lane}; known: {', '.join(sorted(lanes))}"
    try:
        ZoneInfo(promotion.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"{promotion.zone} is no time zone"
    if any(each is not None and each.tzinfo is None for each in (promotion.from_at, promotion.until_at)):
        return "an instant needs its time zone"
    if promotion.from_at and promotion.until_at and promotion.from_at >= promotion.until_at:
        return "it ends before it begins"
    if promotion.currency is not None and promotion.currency not in EXPONENTS:
        return f"{promotion.currency} is not a currency we trade in"
    if promotion.currency is None and _speaks_of_money(promotion):
        return "it speaks of money, so it has to say its currency"
    return _condition_fault(promotion.when) or _reward_fault(promotion) or _shelf_fault(promotion)


def _speaks_of_money(promotion: Promotion) -> bool:
    gives = promotion.gives
    given = (
        isinstance(gives, Amount | FixedPrice | BundlePrice)
        or (isinstance(gives, Percent) and gives.most_minor is not None)
        or (isinstance(gives, Steps) and (gives.by == "minor" or any(step.minor for step in gives.steps)))
    )
    asked = any(isinstance(each, Basket) and each.minor is not None for each in leaves(promotion.when))
    return given or asked or promotion.budget_minor is not None


def _condition_fault(when: Sequence[Condition]) -> str | None:
    if len(list(leaves(when))) > 100:
        return "at most 100 conditions, those inside others counted"
    for each in leaves(when):
        if isinstance(each, Basket) and each.units is each.minor is each.weight_g is None:
            return "the condition basket has to say how much: units, minor or weight_g"
    return None


def _reward_fault(promotion: Promotion) -> str | None:
    gives = promotion.gives
    if isinstance(gives, Steps):
        if any((step.bp is None) == (step.minor is None) for step in gives.steps):
            return "each step gives either a share (bp) or an amount (minor)"
        if len({step.at_least for step in gives.steps}) < len(gives.steps):
            return "two steps begin at the same"
    if isinstance(gives, Gift) and promotion.budget_minor is not None:
        return "a gift has no budget in money; limit its uses"
    return None


def _shelf_fault(promotion: Promotion) -> str | None:
    """Say why something cannot be seen on the shelf: it depends on more than item, channel and group."""
    if not promotion.shelf:
        return None
    gives = promotion.gives
    if not (
        isinstance(gives, FixedPrice)
        or (isinstance(gives, Percent) and gives.most_minor is None)
        or (isinstance(gives, Amount) and gives.each)
    ):
        return "on the shelf there are percent (without most_minor), amount (each) and price"
    if not all(isinstance(each, Channels | Groups) for each in promotion.when):
        return "on the shelf a price may depend on channel and group alone"
    if promotion.coded or promotion.uses or promotion.uses_each or promotion.budget_minor:
        return "a price on the shelf has no code, no limit and no budget"
    return None


def whats(promotion: Promotion) -> list[What]:
    """List everything that a promotion speaks of, exceptions too: to check that it exists."""
    gives = promotion.gives
    found: list[What | None] = [each.of for each in leaves(promotion.when) if isinstance(each, Basket)]
    if isinstance(gives, Percent | Amount | FixedPrice | Steps):
        found.append(gives.of)
    elif isinstance(gives, BuyGet):
        found += [gives.buy, gives.get]
    elif isinstance(gives, BundlePrice):
        found += [part.of for part in gives.parts]
    elif isinstance(gives, Gift):
        found.append(What(skus=[gives.sku]))
    every = []
    for each in found:
        what = each
        while what is not None:
            every.append(what)
            what = what.but
    return every


def channels(promotion: Promotion) -> set[str]:
    """Name the channels that a promotion speaks of."""
    return {code for each in leaves(promotion.when) if isinstance(each, Channels) for code in each.of}


def unknown(promotion: Promotion, known: Known) -> str | None:
    """Say what a promotion speaks of that there is not; None: nothing."""
    every = whats(promotion)
    for kind, named, there in (
        ("sku", {sku for what in every for sku in what.skus}, known.skus),
        ("category", {code for what in every for code in what.categories}, known.categories),
        ("brand", {code for what in every for code in what.brands}, known.brands),
        ("attribute", {code for what in every for code in what.attributes}, known.attributes),
        ("channel", channels(promotion), known.channels),
    ):
        missing = sorted(named - set(there))
        if missing:
            return f"there is no {kind} {', '.join(missing[:5])}"
    return None


# --- codes and limits -------------------------------------------------------------------------------------------------


def written(coupon: str) -> str:
    """Read a code as it was typed: in any case, with or without spaces around."""
    return coupon.strip().upper()


def coupon_faults(coupons: Sequence[Coupon], promotions: Mapping[str, bool]) -> list[Refusal]:
    """Say which codes cannot be taken.

    Args:
        promotions: those that exist, and whether they are had by code.
    """
    seen: set[str] = set()
    refused = []
    for row, each in enumerate(coupons):
        coupon = written(each.coupon)
        reason = None
        if each.promotion not in promotions:
            reason = f"there is no promotion {each.promotion}"
        elif not promotions[each.promotion]:
            reason = f"{each.promotion} is for everybody; say coded in the promotion to have it by code"
        elif each.until_at is not None and each.until_at.tzinfo is None:
            reason = "an instant needs its time zone"
        elif coupon in seen:
            reason = "it comes twice"
        if reason:
            refused.append(Refusal(row, coupon, reason))
        seen.add(coupon)
    return refused


def sound(
    typed: Iterable[str], known: Mapping[str, CouponRow], customer: object, at: datetime
) -> tuple[list[CouponSaid], dict[str, str]]:
    """Tell of codes that were typed in which let a buyer have what; of several for one promotion the first counts."""
    said: list[CouponSaid] = []
    coupons: dict[str, str] = {}
    for each in typed:
        row = known.get(each)
        if row is None:
            said.append(CouponSaid(each, None, "there is no such code"))
        elif row.until_at is not None and row.until_at <= at:
            said.append(CouponSaid(each, row.promotion, "it has ended"))
        elif row.uses is not None and row.used >= row.uses:
            said.append(CouponSaid(each, row.promotion, "it was used as often as it may be"))
        elif row.customer is not None and row.customer != customer:
            said.append(CouponSaid(each, row.promotion, "it is somebody else's"))
        else:
            said.append(CouponSaid(each, row.promotion))
            coupons.setdefault(row.promotion, each)
    return said, coupons


def left_of(row: LeftRow | None, mine: int | None, each: int | None) -> Left:
    """Tell what is left of a limited promotion.

    Args:
        mine: how often this customer had it; None: it is not known who that is.
        each: how often one customer may have it; None: any number of times.
    """
    return Left(
        None if row is None or row.uses is None else row.uses - row.used,
        None if each is None else each - (mine or 0),
        None if row is None or row.budget_minor is None else row.budget_minor - row.spent_minor,
    )


class Counters:
    """What is left of promotions and codes while orders of one transaction take of them, one after the other."""

    def __init__(
        self, left: Mapping[str, LeftRow], mine: Mapping[tuple[str, object], int], each: Mapping[str, int],
        coupons: Mapping[str, CouponRow],
    ) -> None:  # fmt: skip
        self.limited = frozenset(left)
        self.uses = {code: row.uses - row.used for code, row in left.items() if row.uses is not None}
        self.minor = {
            code: row.budget_minor - row.spent_minor for code, row in left.items() if row.budget_minor is not None
        }
        self.mine = dict(mine)
        self.each = each
        self.coupons = {code: None if row.uses is None else row.uses - row.used for code, row in coupons.items()}

    def take(self, claim: Claim) -> str | None:
        """Take what an order asks for, all or nothing; gives the promotion of which too little is left."""
        for place, (promotion, minor, coupon) in enumerate(claim.uses):
            if not self._there(promotion, minor, coupon, claim.customer):
                self._undo(claim, place)
                return promotion
            self._count(promotion, minor, coupon, claim.customer, 1)
        return None

    def put_back(self, claim: Claim) -> None:
        """Give back what an order took that came to nothing."""
        self._undo(claim, len(claim.uses))

    def _undo(self, claim: Claim, until: int) -> None:
        for promotion, minor, coupon in claim.uses[:until]:
            self._count(promotion, minor, coupon, claim.customer, -1)

    def _there(self, promotion: str, minor: int, coupon: str | None, customer: object) -> bool:
        left = self.coupons.get(coupon, 0) if coupon is not None else None
        return (
            self.uses.get(promotion, 1) > 0
            and self.minor.get(promotion, minor) >= minor
            and (promotion not in self.each or self.mine.get((promotion, customer), 0) < self.each[promotion])
            and (left is None or left > 0)
        )

    def _count(self, promotion: str, minor: int, coupon: str | None, customer: object, by: int) -> None:
        if promotion in self.uses:
            self.uses[promotion] -= by
        if promotion in self.minor:
            self.minor[promotion] -= minor * by
        if promotion in self.each:
            self.mine[promotion, customer] = self.mine.get((promotion, customer), 0) + by
        left = self.coupons.get(coupon) if coupon is not None else None
        if coupon is not None and left is not None:
            self.coupons[coupon] = left - by
