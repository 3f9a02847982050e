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
from rynek.commerce.promotions.programs import Compiled, Programs, Stage, leaves
from rynek.commerce.promotions.rewards import NOTHING, Miss, Offer, Room, Shares, State
from rynek.kernel.money import EXPONENTS, Money


def decide(programs: Programs, buying: Buying) -> Outcome:
    """Count promotions in a basket: what each line gets, what is off delivery, what is given on top, and why."""
    order = sorted(range(len(buying.lines)), key=lambda place: buying.lines[place].sku)
    lines = [buying.lines[place] for place in order]
    state = State(buying, lines, programs.select(lines))
    tried: list[Tried] = []
    for stage in programs.of(buying.channel, buying.currency):
        if stage.programs:
            state.sums.clear()
            tried += _stage(state, stage)
    discounts = [0] * len(lines)
    for place, line, left in zip(order, lines, state.left, strict=False):
        discounts[place] = line.minor - left
    delivery = (buying.delivery_minor or 0) - state.left[-1]
    applied = [each for each in tried if each.outcome == "applied"]
    until = [end for each in applied if (end := programs.ends[each.promotion])]
    gifts = [each.gift for each in applied if each.gift is not None]
    return Outcome(discounts, delivery, gifts, tuple(tried), min(until, default=None))


def _stage(state: State, stage: Stage) -> list[Tried]:
    """Count what may count in a lane: who does not have what it takes and gifts first, then the others together."""
    told: list[Tried] = []
    live: list[Compiled] = []
    for each in stage.among(state.selected, state.buying):
        for test in each.tests:
            if (miss := test(state)) is not None:
                told.append(_unmet(each, miss))
                break
        else:
            if isinstance(each.promotion.gives, Gift):
                told.append(_tried(state, each, {}, (each.promotion.gives.sku, each.promotion.gives.units)))
            else:
                live.append(each)
    return told + _PICK[stage.lane.pick](state, live) if live else told


def _affordable(state: State, each: Compiled, shares: Shares) -> bool:
    left = state.buying.left.get(each.promotion.code)
    return left is None or left.minor is None or sum(shares.values()) <= left.minor


def _all(state: State, live: Sequence[Compiled]) -> list[Tried]:
    """Count promotions by priority, one on what the others left."""
    tried = []
    for each in live:
        shares, _ = each.give(Room(state, state.touched if each.exclusive else state.closed))
        if each.budgeted and not _affordable(state, each, shares):
            tried.append(_unmet(each, _TOO_LITTLE))
        elif shares:
            state.take(shares, exclusive=each.exclusive)
            tried.append(_tried(state, each, shares))
        else:
            tried.append(_lost(state, each, {}, {}))
    return tried


def _first(state: State, live: Sequence[Compiled]) -> list[Tried]:
    """Count promotions by priority, each on lines that none before it counts for."""
    claims: dict[int, str] = {}
    tried = []
    for each in live:
        shut = state.touched if each.exclusive else state.closed
        shares, _ = each.give(Room(state, shut | claims.keys()))
        if each.budgeted and not _affordable(state, each, shares):
            tried.append(_unmet(each, _TOO_LITTLE))
        elif shares:
            state.take(shares, exclusive=each.exclusive)
            tried.append(_tried(state, each, shares))
            claims |= dict.fromkeys(shares, each.promotion.code)
        else:
            instead, _ = each.give(Room(state, state.closed)) if claims else NOTHING
            tried.append(_lost(state, each, instead, claims))
    return tried


def _best(state: State, live: Sequence[Compiled]) -> list[Tried]:
    """Let promotions compete: together where that is more than the lines would get by themselves, else line by line."""
    offers: list[tuple[Compiled, Offer]] = []
    tried: list[Tried] = []
    unclosed, fresh = Room(state, state.closed), Room(state, state.touched)
    for each in live:
        offer = each.give(fresh if each.exclusive else unclosed)
        if each.budgeted and not _affordable(state, each, offer[0]):
            tried.append(_unmet(each, _TOO_LITTLE))
        else:
            offers.append((each, offer))
    given = _winners([offer for _, offer in offers])
    claims: dict[int, str] = {}
    for number, shares in given.items():
        each = offers[number][0]
        state.take(shares, exclusive=each.exclusive)
        claims |= dict.fromkeys(shares, each.promotion.code)
    for number, (each, (shares, _)) in enumerate(offers):
        won = given.get(number)
        tried.append(_lost(state, each, shares, claims) if won is None else _tried(state, each, won))
    return tried


def _winners(offers: Sequence[Offer]) -> dict[int, Shares]:
    """Tell which offers count, on which lines, and what each line gets."""
    best: Shares = {}
    by: dict[int, int] = {}
    together: list[tuple[int, int, Shares]] = []
    for number, (shares, whole) in enumerate(offers):
        if whole and len(shares) > 1:
            together.append((-sum(shares.values()), number, shares))
            continue
        for place, minor in shares.items():
            if minor > best.get(place, 0):
                best[place] = minor
                by[place] = number
    given: dict[int, Shares] = {}
    claimed: set[int] = set()
    lacks = [(lack + sum([best.get(place, 0) for place in shares]), number) for lack, number, shares in together]
    for lack, number in sorted(lacks):
        shares, _ = offers[number]
        if lack < 0 and claimed.isdisjoint(shares):
            given[number] = shares
            claimed.update(shares)
    for place, number in sorted(by.items()):
        if place not in claimed:
            given.setdefault(number, {})[place] = best[place]
    return given


_PICK = {"best": _best, "first": _first, "all": _all}
_MET = Miss()
_TOO_LITTLE = Miss("its budget does not suffice")


# --- telling ----------------------------------------------------------------------------------------------------------


def _tried(state: State, each: Compiled, shares: Shares, gift: tuple[str, int] | None = None) -> Tried:
    p, skus = each.promotion, state.skus
    more = (each.next(state) if each.next is not None else None) or _MET
    named = tuple([(skus[place], minor) for place, minor in shares.items() if minor])
    return Tried(
        p.code, each.version, p.name, p.lane, "applied", "", sum(shares.values()), 0, None, more.lacks_minor,
        more.lacks_units, more.lacks_weight_g, named, gift, state.buying.coupons.get(p.code),
    )  # fmt: skip


def _unmet(each: Compiled, miss: Miss) -> Tried:
    p = each.promotion
    return Tried(
        p.code, each.version, p.name, p.lane, "unmet", miss.why, lacks_minor=miss.lacks_minor,
        lacks_units=miss.lacks_units, lacks_weight_g=miss.lacks_weight_g,
    )  # fmt: skip


def _lost(state: State, each: Compiled, shares: Shares, claims: Mapping[int, str]) -> Tried:
    p = each.promotion
    for place in shares:
        if place in claims:
            why, worth, winner = "another one counts there", sum(shares.values()), claims[place]
            return Tried(p.code, each.version, p.name, p.lane, "lost", why, 0, worth, winner)
    closed = any(not state.closed.isdisjoint(state.chosen(what)) for what in each.targets)
    why = (
        "its lines take nothing else: another promotion there is exclusive"
        if closed
        else "there is nothing left to take off"
    )
    return Tried(p.code, each.version, p.name, p.lane, "lost", why)


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
