"""What carts come to: prices, promotions, delivery and gifts, for any number of carts in a few statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from rynek.commerce import catalog, inventory, pricing, promotions
from rynek.commerce.checkout import model, rules
from rynek.commerce.checkout.model import Body, ChannelClosed, DeliveryUnknown, Terms
from rynek.kernel.database import Tx
from rynek.kernel.faults import Fault
from rynek.kernel.sql import queries

q = queries(__file__, model)


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
    options: dict[tuple[str, str], str] = {}
    if delivered:
        there, codes = zip(*set(delivered), strict=True)
        options = {(o.channel, o.code): o.sku for o in await q.options(tx, channels=there, codes=codes)}
    customers = {cart.owner for cart in carts if cart.owner_kind == "customer"}
    groups = {m.customer: m.price_group for m in await q.groups(tx, customers=list(customers))} if customers else {}
    asks = [_ask(cart, channels, options, groups.get(cart.owner), cart.at or tx.at) for cart in carts]
    asked = [ask for ask in asks if not isinstance(ask, Fault)]
    quoted = iter(await pricing.quote_many(tx, asked) if asked else [])
    quotes = [ask if isinstance(ask, Fault) else next(quoted) for ask in asks]
    sound = [
        (cart, ask, quote)
        for cart, ask, quote in zip(carts, asks, quotes, strict=True)
        if not isinstance(quote, Fault) and not isinstance(ask, Fault)
    ]
    decided = await promotions.decide(tx, [_basket(*each) for each in sound]) if sound else []
    given = await _gifts(tx, [(ask, each.outcome) for (_, ask, _), each in zip(sound, decided, strict=True)])
    skus = {want.sku for cart in carts for want in cart.terms.lines} | {key[2] for key in given.lines}
    components = await catalog.components(tx, list(skus)) if skus else {}
    made = iter(
        _price(cart.terms, ask, quote, each, given, components)
        for (cart, ask, quote), each in zip(sound, decided, strict=True)
    )
    return [quote if isinstance(quote, Fault) else next(made) for quote in quotes]


def _ask(
    cart: Pricing, channels: dict[str, Any], options: dict[tuple[str, str], str], group: str | None, at: datetime
) -> pricing.Ask | Fault:
    terms = cart.terms
    channel = channels.get(terms.channel)
    if channel is None:
        return ChannelClosed(f"nothing is sold in {terms.channel}", field="channel")
    lines = [(want.sku, want.quantity) for want in terms.lines]
    if terms.delivery is not None:
        sku = options.get((terms.channel, terms.delivery))
        if sku is None:
            return DeliveryUnknown(f"{terms.channel} has no delivery {terms.delivery}", field="delivery")
        lines.append((sku, 1))
    country = terms.country or (terms.address.country if terms.address else channel.country)
    return pricing.Ask(
        channel=terms.channel, currency=channel.currency, country=country, lines=lines, at=at, group=group
    )


def _basket(cart: Pricing, ask: pricing.Ask, quote: pricing.Quote) -> promotions.Asked:
    """Say what promotions are asked: the priced lines, as the channel shows money, and who buys where."""
    terms, gross = cart.terms, quote.display == "gross"
    lines = [(e.sku, e.quantity, e.unit, e.gross if gross else e.net, e.weight_g) for e in quote.lines]
    delivery = lines.pop()[3] if terms.delivery else None
    return promotions.Asked(
        ask.channel, ask.currency, ask.country, lines, ask.at, terms.delivery, delivery,
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


def _price(
    terms: Terms, ask: pricing.Ask, quote: pricing.Quote, decided: promotions.Decided, given: Given,
    components: dict[str, list[tuple[str, int]]],
) -> Price:  # fmt: skip
    outcome = decided.outcome
    off = [*outcome.discounts, outcome.delivery] if terms.delivery else outcome.discounts
    gifts, missing = rules.gifts(ask, outcome.gifts, given.lines, given.free)
    priced = rules.priced(pricing.reduced(quote, off), terms.delivery, components, gifts)
    trace = rules.without(decided.trace, missing)
    told = replace(priced, promotions=rules.told(trace), coupons=list(trace.coupons))
    return Price(Body(terms, told, trace), rules.good_until(quote, outcome.until_at))
