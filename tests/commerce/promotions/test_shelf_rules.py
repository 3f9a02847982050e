"""What promotions make of prices over time: at any instant, in any quantity, for anybody, what a basket of one says."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from rynek.commerce import pricing
from rynek.commerce.catalog import Channel
from rynek.commerce.pricing import Price, PriceList, Tag
from rynek.commerce.promotions import rules, shelf
from rynek.commerce.promotions.language import Amount, Condition, FixedPrice, Groups, Lane, Percent, Promotion
from rynek.commerce.promotions.model import Buying, FactsRow, Line, ShelfPrice, Ware
from rynek.commerce.promotions.programs import Programs, facts

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLACE = Channel(code="WEB-PL", name="Rynek", kind="web", currency="PLN", country="PL")
WARE = Ware("COCOA", "pcs", "standard", ["WEB-PL"], ["food/drinks"], "wawel", "{}")
LANES = [Lane(code="item", position=100, pick="best"), Lane(code="more", position=200, pick="all")]
HOURS = st.one_of(st.none(), st.integers(-6, 6).map(lambda hours: AT + timedelta(hours=hours)))


@st.composite
def periods(draw: st.DrawFn) -> tuple[datetime | None, datetime | None]:
    begin, end = draw(HOURS), draw(HOURS)
    return (end, begin) if begin and end and begin > end else (begin, None if begin == end else end)


@st.composite
def listed(draw: st.DrawFn) -> list[tuple[Price, PriceList]]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        begin, end = draw(periods())
        of = PriceList(
            code=f"L{number}", name="", currency="PLN", customer_group=draw(st.sampled_from([None, "gold"])),
            channel=draw(st.sampled_from([None, "WEB-PL"])), priority=draw(st.integers(0, 2)), from_at=begin,
            until_at=end,
        )  # fmt: skip
        for key in draw(st.sets(st.tuples(st.sampled_from([1, 5, 10]), HOURS), min_size=1, max_size=3)):
            minimum, since = key
            until = draw(HOURS)
            until = until if until and (since is None or until > since) else None
            price = Price(
                list=of.code, sku="COCOA", minor=draw(st.integers(0, 30)) * 100, minimum=minimum, from_at=since,
                until_at=until,
            )  # fmt: skip
            found.append((price, of))
    return found


@st.composite
def promoted(draw: st.DrawFn) -> list[Promotion]:
    gives = st.one_of(
        st.integers(1, 10_000).map(lambda bp: Percent(bp=bp)),
        st.integers(1, 900).map(lambda minor: Amount(minor=minor, each=True)),
        st.integers(0, 2_000).map(lambda minor: FixedPrice(minor=minor)),
    )
    found = []
    for number in range(draw(st.integers(0, 3))):
        begin, end = draw(periods())
        when: list[Condition] = [Groups(of=[each]) for each in draw(st.sampled_from([[], ["gold"], ["silver"]]))]
        found.append(
            Promotion(
                code=f"P{number}", name="", lane=draw(st.sampled_from(["item", "more"])), gives=draw(gives), when=when,
                state="active", priority=draw(st.integers(0, 1)), exclusive=draw(st.booleans()), shelf=True,
                from_at=begin, until_at=end, currency="PLN",
            )
        )  # fmt: skip
    return found


def compiled(promotions: Sequence[Promotion]) -> Programs:
    return Programs(UUID(int=7), LANES, [(each, 1) for each in promotions])


def tags(prices: Sequence[tuple[Price, PriceList]], group: str | None, quantity: int) -> list[Tag]:
    return [
        Tag(
            price.minor, price.minimum, price.from_at, price.until_at, of.code, of.basis, of.priority,
            of.channel is not None, of.customer_group is not None, of.from_at, of.until_at,
        )
        for price, of in prices
        if of.customer_group in (None, group) and price.minimum <= quantity
    ]  # fmt: skip


def written(made: Sequence[ShelfPrice]) -> list[tuple[Price, PriceList]]:
    return [
        (
            Price(
                list=each.list, sku=each.sku, minor=each.minor, minimum=each.minimum, from_at=each.from_at,
                until_at=each.until_at,
            ),
            PriceList(
                code=each.list, name="", currency="PLN", basis=each.basis, channel=each.channel,
                customer_group=each.group, priority=shelf.PRIORITY,
            ),
        )
        for each in made
    ]  # fmt: skip


def one(programs: Programs, minor: int, group: str | None, at: datetime) -> int:
    """Decide a basket of one piece."""
    row = facts(FactsRow("COCOA", ["food/drinks"], "wawel", "{}"))
    basket = Buying("PLN", [Line("COCOA", 1, "pcs", minor, row)], at, "WEB-PL", "PL", group=group)
    return minor - rules.decide(programs, basket).discounts[0]


@settings(max_examples=150, deadline=None)
@given(
    prices=listed(), promotions=promoted(), group=st.sampled_from([None, "gold", "silver", "bronze"]),
    quantity=st.sampled_from([1, 4, 5, 12]), minutes=st.integers(0, 7 * 60),
)  # fmt: skip
def test_who_buys_pays_what_a_basket_of_one_would_cost(
    prices: list[tuple[Price, PriceList]], promotions: list[Promotion], group: str | None, quantity: int, minutes: int
) -> None:
    """The whole of it: quantity breaks, groups, periods to come, and promotions that do not help."""
    programs, at = compiled(promotions), AT + timedelta(minutes=minutes)
    made = shelf.shelved(programs, PLACE, WARE, prices, [], AT)
    below, _ = pricing.choose(tags(prices, group, quantity), at)
    found, _ = pricing.choose(tags([*prices, *written(made)], group, quantity), at)
    if below is None or below.minor is None:
        assert found is None
    else:
        assert found is not None
        assert found.minor == one(programs, below.minor, group, at)


@settings(max_examples=100, deadline=None)
@given(prices=listed(), promotions=promoted())
def test_what_changes_nothing_is_not_said_and_order_does_not_matter(
    prices: list[tuple[Price, PriceList]], promotions: list[Promotion]
) -> None:
    programs = compiled(promotions)
    made = shelf.shelved(programs, PLACE, WARE, prices, [], AT)
    again = shelf.shelved(compiled(promotions[::-1]), PLACE, WARE, prices[::-1], [], AT)
    assert sorted(made, key=repr) == sorted(again, key=repr)
    assert len({(each.list, each.minimum, each.from_at) for each in made}) == len(made)
    assert all(each.minor <= each.listed_minor and (each.until_at is None or each.until_at > AT) for each in made)
    if not any(each.minor < each.listed_minor for each in made):
        assert made == []


@settings(max_examples=100, deadline=None)
@given(prices=listed(), before=promoted(), after=promoted(), hours=st.integers(0, 8))
def test_changes_lead_from_anything_to_what_is_wanted(
    prices: list[tuple[Price, PriceList]], before: list[Promotion], after: list[Promotion], hours: int
) -> None:
    now = AT + timedelta(hours=hours)
    there = [price for price, _ in written(shelf.shelved(compiled(before), PLACE, WARE, prices, [], AT))]
    wanted = shelf.shelved(compiled(after), PLACE, WARE, prices, [], now)
    table = {(each.list, each.minimum, each.from_at): each for each in there}
    for each in shelf.changes(wanted, there, now):
        table[each.list, each.minimum, each.from_at] = each
    left = [each for each in table.values() if each.minor is not None]
    assert shelf.changes(wanted, left, now) == []
    assert shelf.changes(wanted, [price for price, _ in written(wanted)], now) == []
    live = [each for each in left if each.until_at is None or each.until_at > now]
    assert sorted((each.list, each.minimum, each.minor or 0) for each in live) == sorted(
        (each.list, each.minimum, each.minor) for each in wanted
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["PL", "WEB-PL", "A" * 20, "NET-PL"]), st.one_of(st.none(), st.text(max_size=60)),
            st.sampled_from(["gross", "net"]),
        ),
        unique=True, max_size=8,
    )
)  # fmt: skip
def test_every_list_has_a_name_of_its_own(asked: list[tuple[str, str | None, str]]) -> None:
    codes = [shelf.list_code(*each) for each in asked]
    assert len(set(codes)) == len(codes)
    assert all(len(code) <= 40 and code.isascii() and " " not in code for code in codes)


def test_money_of_a_promotion_is_as_the_channel_shows_it() -> None:
    """A list without VAT under a shop that shows it: 10.00 net is 12.30, made 9.99, which is 8.12 net."""
    of = PriceList(code="NET", name="", currency="PLN", basis="net")
    price = Price(list="NET", sku="COCOA", minor=1_000)
    rate = pricing.TaxRate(country="PL", category="standard", rate_bp=2300, label="23%")
    fixed = Promotion(code="P", name="", gives=FixedPrice(minor=999), shelf=True, currency="PLN", lane="item")
    [made] = shelf.shelved(compiled([fixed]), PLACE, WARE, [(price, of)], [rate], AT)
    assert (made.list, made.basis, made.minor, made.listed_minor) == ("SHELF.net-WEB-PL", "net", 812, 1_000)
    assert shelf.shelved(compiled([fixed]), PLACE, WARE, [(price, of)], [], AT) == []


def test_a_group_keeps_its_own_lower_price_where_everybody_gets_a_promotion() -> None:
    everybody = PriceList(code="ALL", name="", currency="PLN")
    gold = PriceList(code="GOLD", name="", currency="PLN", customer_group="gold", priority=5)
    prices = [
        (Price(list="ALL", sku="COCOA", minor=1_000), everybody),
        (Price(list="GOLD", sku="COCOA", minor=700), gold),
    ]
    fixed = Promotion(code="P", name="", gives=FixedPrice(minor=900), shelf=True, currency="PLN", lane="item")
    made = shelf.shelved(compiled([fixed]), PLACE, WARE, prices, [], AT)
    assert [(each.list, each.minor, each.listed_minor) for each in made] == [
        ("SHELF-WEB-PL", 900, 1_000),
        ("SHELF-WEB-PL.gold", 700, 700),
    ]
