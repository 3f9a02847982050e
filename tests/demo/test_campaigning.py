"""A piece of the real month through the door: decided, compared, summed up, explained."""

from collections.abc import Sequence

import pytest

from rynek.app import App
from rynek.campaigning import TILL, compared, decided, furnish, replay, report, told
from rynek.commerce import promotions
from rynek.demo import CURRENCY, Basket, Year
from rynek.demo.campaigns import Campaigns, day_of, instant, month_of
from rynek.demo.learning import Method, elsewhere, method, taken, teachers
from rynek.demo.offers import learned, numbered
from rynek.demo.verdicts import Sum, judged
from rynek.kernel import clock

MONTH = month_of("2017-11")
ALL_KINDS = ("retail", "coupon", "coupon-match")


@pytest.fixture(scope="module")
def year() -> Year:
    return Year()


@pytest.fixture(scope="module")
def campaigns() -> Campaigns:
    return Campaigns.read()


@pytest.fixture(scope="module")
def baskets(year: Year) -> list[Basket]:
    _, start = year.within(*map(instant, MONTH))
    return list(year.baskets(250, start + 4_000))


@pytest.fixture(scope="module")
def known(year: Year, campaigns: Campaigns, baskets: Sequence[Basket]) -> Method:
    return method(year, campaigns, MONTH, baskets)


def test_the_files_are_read_whole(year: Year, campaigns: Campaigns) -> None:
    assert len(campaigns.campaigns) == 27
    assert sum(len(each.households) for each in campaigns.campaigns.values()) == 6_589
    assert sum(len(each.skus) for each in campaigns.coupons.values()) == 116_204
    assert len(campaigns.redemptions) == 2_102
    assert [each.number for each in campaigns.between(*MONTH)] == [14, 15, 16, 17, 18, 19, 20]
    couponed = list(year.couponed())
    assert sum(each.coupon for each in couponed) == 2_635_990
    limit, start = year.within(*map(instant, MONTH))
    days = {day_of(each.sold_at) for each in (*year.baskets(1, start), *year.baskets(1, start + limit - 1))}
    assert days == {MONTH[0], MONTH[1].replace(month=11, day=30)}


def test_what_numbers_say_is_what_redemptions_took_off(year: Year, campaigns: Campaigns) -> None:
    shown, _ = elsewhere(year, campaigns, (MONTH[0], MONTH[0]))  # no month left out
    read = [(found.minor, cents) for upc, cents in shown if (found := numbered(upc))]
    assert len(read) > 700
    assert sum(said == cents for said, cents in read) / len(read) > 0.9
    assert len(learned(shown)) > 250


def test_the_replayed_month_teaches_no_coupon(year: Year, campaigns: Campaigns) -> None:
    whole, _ = elsewhere(year, campaigns, (MONTH[0], MONTH[0]))
    others, _ = elsewhere(year, campaigns, MONTH)
    inside, _ = elsewhere(year, campaigns, (month_of("2017-01")[0], MONTH[0]))
    assert 0 < len(others) < len(whole)
    assert len(inside) < len(whole)


async def test_a_piece_of_the_month_is_decided_and_every_cent_has_its_reason(
    world: App, year: Year, baskets: Sequence[Basket], known: Method, capsys: pytest.CaptureFixture[str]
) -> None:
    with clock.at(instant(MONTH[0])):
        await furnish(world, year, known, lambda *_: None)
        result = await replay(world, year, baskets, known, lambda *_: None)
        theirs = sum(taken(line, kind) for each in baskets for line in each.lines for kind in ALL_KINDS)
        whole = Sum(sum(len(each.lines) for each in baskets), result.ours, theirs)
        assert report(result, whole, known) == 0
        said = capsys.readouterr().out
        assert said.splitlines()[-1].startswith(f"bench=campaigns lines={whole.lines} equal={result.equal} ")
        assert f"difference_minor={whole.ours - theirs} " in said
        assert result.ours > 0
        assert result.equal > whole.lines / 2
        assert result.strangers[0] == sum(len(b.lines) for b in baskets if b.customer not in teachers(year))
        # the control: a cent that no reason has, and a line that is missing, are told
        assert report(result, Sum(whole.lines, whole.ours, theirs + 1), known) == 1
        assert report(result, Sum(whole.lines + 1, whole.ours, theirs), known) == 1
        assert capsys.readouterr().out.count("BROKEN: ") == 4
        await _explained(world, year, baskets, known)


async def _explained(world: App, year: Year, baskets: Sequence[Basket], known: Method) -> None:
    coupons = 0
    for basket in [each for each in baskets if known.codes.get(each.reference)]:
        [found] = await decided(world, [basket], known)
        lines = compared(basket, found, known)
        coupons += sum(each.coupon.ours for each in lines)
        shares = [sum(pair.ours for pair in (each.shelf, each.coupon, each.match)) for each in lines]
        assert sum(shares) == sum(found.outcome.discounts) == sum(each.minor for each in found.trace.tried)
        async with world.database.transaction("commerce") as tx:
            reasons = await promotions.explain(tx, found.trace, TILL, CURRENCY)
        text = "\n".join(told(year, basket, found, reasons, known))
        assert f"basket {basket.reference} " in text
        for each in found.trace.tried:
            assert f"  {each.promotion}: " in text
        for verdicts in judged(lines):
            assert all(verdict.reason in text for verdict in verdicts if verdict.ours or verdict.theirs)
    assert coupons > 0
