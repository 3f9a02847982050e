"""What carts come to: prices, promotions, delivery and gifts, for any number of carts in a few statements."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from rynek.commerce import catalog, companies, inventory, pricing, promotions
from rynek.commerce.checkout import model, rules
from rynek.commerce.checkout.model import Body, ChannelClosed, DeliveryUnknown, PointUnknown, Terms
from rynek.kernel.database import Tx
from rynek.kernel.faults import Fault
from rynek.kernel.sql import queries

q = queries(__file__, model)

_TAXED = companies.Treated("standard", "", None)


class Pricing(NamedTuple):
    """What is to be priced: what a buyer said, who that is, and when (None: now)."""

    terms: Terms
    owner_kind: str
    owner: UUID
    at: datetime | None = None


class Price(NamedTuple):
    """A priced cart and how long that holds."""

    body: Body
    good_until: datetime


class _Asking(NamedTuple):
    """A cart on its way to a price: what is asked, on whose terms, how VAT is treated, where the goods go and how."""

    cart: Pricing
    ask: pricing.Ask
    buyer: companies.Buyer | None
    how: companies.Treated
    goods: str
    kind: model.Kind | None
    windowed: bool


class Given(NamedTuple):
    """What gifts there may be: quoted lines by (channel, country, sku, units), and units free by (channel, sku)."""

    lines: Mapping[tuple[str, str, str, int], pricing.QuoteLine]
    free: Mapping[tuple[str, str], int]


async def price_one(tx: Tx, terms: Terms, owner_kind: str, owner: UUID, at: datetime | None = None) -> Price:
    """Price one cart.

    Raises:
        ChannelClosed, DeliveryUnknown, NotSellable, NoPrice, NoTaxRate: why it has no price.
    """
    [price] = await price_many(tx, [Pricing(terms, owner_kind, owner, at)])
    if isinstance(price, Fault):
        raise price
    return price


async def price_many(tx: Tx, carts: Sequence[Pricing]) -> list[Price | Fault]:
    """Price carts with their delivery: a few statements however many and however long they are."""
    channels = {each.code: each for each in await q.channels(tx, codes=list({cart.terms.channel for cart in carts}))}
    delivered = [(cart.terms.channel, cart.terms.delivery) for cart in carts if cart.terms.delivery is not None]
    options: dict[tuple[str, str], model.OptionRow] = {}
    if delivered:
        there, codes = zip(*set(delivered), strict=True)
        options = {(o.channel, o.code): o for o in await q.options(tx, channels=there, codes=codes)}
    customers = {cart.owner for cart in carts if cart.owner_kind == "customer"}
    buyers = {each.customer: each for each in await q.buyers(tx, customers=list(customers))} if customers else {}
    asks = await _assorted(tx, [_ask(each, channels, options, buyers.get(each.owner), tx.at) for each in carts])
    asked = [each for each in asks if not isinstance(each, Fault)]
    quoted = iter(await pricing.quote_many(tx, [each.ask for each in asked]) if asked else [])
    quotes = [each if isinstance(each, Fault) else _treated(each, next(quoted)) for each in asks]
    sound = [
        (each, quote)
        for each, quote in zip(asks, quotes, strict=True)
        if not isinstance(quote, Fault) and not isinstance(each, Fault)
    ]
    listed = [each for each in sound if each[0].cart.terms.settled is None]
    decided = await promotions.decide(tx, [_basket(*each) for each in listed]) if listed else []
    given = await _gifts(tx, [(ask.ask, each.outcome) for (ask, _), each in zip(listed, decided, strict=True)])
    skus = {want.sku for cart in carts for want in cart.terms.lines} | {key[2] for key in given.lines}
    components = await catalog.components(tx, list(skus)) if skus else {}
    outcomes = iter(decided)
    made = iter(
        _price(ask, quote, next(outcomes), given, components)
        if ask.cart.terms.settled is None
        else _settled(ask, quote, components)
        for ask, quote in sound
    )
    return [quote if isinstance(quote, Fault) else next(made) for quote in quotes]


async def misplaced(tx: Tx, bodies: Sequence[Body | None]) -> list[Fault | None]:
    """Refuse places at which a delivery cannot be collected; nothing is asked where no cart names one."""
    named = {(each.terms.channel, each.terms.delivery or "", each.terms.point) for each in bodies if each is not None}
    named = {each for each in named if each[2] is not None}
    if not named:
        return [None] * len(bodies)
    channels, deliveries, points = zip(*sorted(named), strict=True)
    found = await q.standing(tx, channels=channels, deliveries=deliveries, points=points)
    there = {(each.channel, each.delivery, each.point) for each in found}
    return [None if each is None else _misplaced(each.terms, there) for each in bodies]


def _misplaced(terms: Terms, there: Collection[tuple[str, str, str]]) -> Fault | None:
    if terms.point is None or (terms.channel, terms.delivery, terms.point) in there:
        return None
    what = f"nothing is collected at {terms.point} by delivery {terms.delivery}"
    if terms.delivery is None:
        what = "a place belongs to a delivery: choose that first"
    listed = f"GET /checkout/channels/{terms.channel}/points?delivery={terms.delivery or 'CODE'} lists the places"
    return PointUnknown(f"{what}; {listed}", field="point")


def _ask(
    cart: Pricing, channels: dict[str, Any], options: Mapping[tuple[str, str], model.OptionRow],
    buyer: companies.Buyer | None, now: datetime,
) -> _Asking | Fault:  # fmt: skip
    terms = cart.terms
    channel = channels.get(terms.channel)
    if channel is None:
        return ChannelClosed(f"nothing is sold in {terms.channel}", field="channel")
    lines = [(want.sku, want.quantity) for want in terms.lines]
    kind, windowed = None, False
    if terms.delivery is not None:
        option = options.get((terms.channel, terms.delivery))
        if option is None:
            return DeliveryUnknown(f"{terms.channel} has no delivery {terms.delivery}", field="delivery")
        lines.append((option.sku, 1))
        kind, windowed = option.kind, option.windowed
    goods, at = terms.country or (terms.address.country if terms.address else channel.country), cart.at or now
    how = companies.treated(buyer, channel.country, goods, at) if buyer else _TAXED
    # what goes without VAT costs what it costs at home without that country's
    country = goods if how.tax == "standard" else channel.country
    group = buyer.price_group if buyer else None
    ask = pricing.Ask(
        terms.channel, channel.currency, country, lines, at, group,
        terms.settled.prices if terms.settled else {}, terms.settled.by if terms.settled else "",
    )  # fmt: skip
    return _Asking(cart, ask, buyer, how, goods, kind, windowed)


async def _assorted(tx: Tx, asks: Sequence[_Asking | Fault]) -> Sequence[_Asking | Fault]:
    """Refuse what companies may not buy; nothing is asked where none has an assortment of its own."""
    wanted = [
        (each.buyer.company, want.sku)
        for each in asks
        if not isinstance(each, Fault)
        and each.buyer
        and each.buyer.company
        and each.buyer.restricted
        and each.cart.terms.settled is None
        for want in each.cart.terms.lines
    ]
    if not wanted:
        return asks
    outside = await companies.outside(tx, wanted)
    return [each if isinstance(each, Fault) or each.cart.terms.settled else _inside(each, outside) for each in asks]


def _inside(asking: _Asking, outside: Collection[tuple[UUID, str]]) -> _Asking | Fault:
    company = asking.buyer.company if asking.buyer else None
    skus = [want.sku for want in asking.cart.terms.lines if company and (company, want.sku) in outside]
    if not skus:
        return asking
    what = f"{', '.join(skus)} not in your company's assortment"
    return pricing.NotSellable(what, channel=asking.ask.channel, skus=skus)


def _treated(asking: _Asking, quote: pricing.Quote | Fault) -> pricing.Quote | Fault:
    if isinstance(quote, Fault) or asking.how.tax == "standard":
        return quote
    return pricing.untaxed(quote, companies.LABELS[asking.how.tax], asking.goods)


def _basket(asking: _Asking, quote: pricing.Quote) -> promotions.Asked:
    """Say what promotions are asked: the priced lines, as the channel shows money, and who buys where."""
    cart, ask = asking.cart, asking.ask
    terms, gross = cart.terms, quote.display == "gross"
    lines = [(e.sku, e.quantity, e.unit, e.gross if gross else e.net, e.weight_g) for e in quote.lines]
    delivery = lines.pop()[3] if terms.delivery else None
    return promotions.Asked(
        ask.channel, ask.currency, asking.goods, lines, ask.at, terms.delivery, delivery,
        cart.owner if cart.owner_kind == "customer" else None, ask.group, None, terms.coupons,
    )  # fmt: skip


async def _gifts(tx: Tx, outcomes: Sequence[tuple[pricing.Ask, promotions.Outcome]]) -> Given:
    """Price what is given on top, and look whether it is there; nothing is asked where nothing is given."""
    wanted = {
        (ask.channel, ask.country, sku, units): replace(ask, lines=[(sku, units)])
        for ask, outcome in outcomes
        for sku, units in outcome.gifts
    }
    if not wanted:
        return Given({}, {})
    quotes = await pricing.quote_many(tx, list(wanted.values()))
    lines = {key: quote.lines[0] for key, quote in zip(wanted, quotes, strict=True) if not isinstance(quote, Fault)}
    parts = await catalog.components(tx, [key[2] for key in lines])
    free: dict[tuple[str, str], int] = {}
    for channel in {key[0] for key in lines}:
        gifts = {key[2] for key in lines if key[0] == channel}
        needed = gifts | {sku for gift in gifts for sku, _ in parts.get(gift, [])}
        units = {each.sku: each.units for each in await inventory.available(tx, channel, list(needed))}
        for gift in gifts:
            held = parts.get(gift, [(gift, 1)])
            free[channel, gift] = min(units.get(sku, 0) // many for sku, many in held)
    return Given(lines, free)


def _settled(asking: _Asking, quote: pricing.Quote, components: dict[str, list[tuple[str, int]]]) -> Price:
    """Price what was agreed: no promotion changes it."""
    priced = rules.priced(quote, asking.cart.terms.delivery, components)
    firm = companies.agreed(asking.buyer, asking.how) if asking.buyer else None
    body = Body(asking.cart.terms, replace(priced, company=firm), kind=asking.kind, windowed=asking.windowed)
    return Price(body, rules.good_until(quote, asking.how.until_at))


def _price(
    asking: _Asking, quote: pricing.Quote, decided: promotions.Decided, given: Given,
    components: dict[str, list[tuple[str, int]]],
) -> Price:  # fmt: skip
    terms, ask, outcome = asking.cart.terms, asking.ask, decided.outcome
    off = [*outcome.discounts, outcome.delivery] if terms.delivery else outcome.discounts
    gifts, missing = rules.gifts(ask, outcome.gifts, given.lines, given.free)
    if asking.how.tax != "standard":
        gifts = [replace(each, rate_bp=0, label=companies.LABELS[asking.how.tax]) for each in gifts]
    priced = rules.priced(pricing.reduced(quote, off), terms.delivery, components, gifts)
    trace = rules.without(decided.trace, missing)
    firm = companies.agreed(asking.buyer, asking.how) if asking.buyer else None
    told = replace(priced, promotions=rules.told(trace), coupons=list(trace.coupons), company=firm)
    return Price(
        Body(terms, told, trace, asking.kind, asking.windowed),
        rules.good_until(quote, outcome.until_at, asking.how.until_at),
    )
