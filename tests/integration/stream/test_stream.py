"""The event stream: who is told what, in the order of the log, from any place in it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.app import App
from rynek.commerce.catalog.events import ChannelChanged
from rynek.commerce.checkout.events import CartChanged
from rynek.integration.stream import AheadOfTheLog, NoSuchEvent, rules
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.events import NAMES, emit
from rynek.kernel.faults import Forbidden

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
ERP = Actor("workload", ids.new(), frozenset({"integrator", "stock", "merchandise"}))

families = st.text("abcxyz-", min_size=1, max_size=8)
kinds = st.builds("{}.{}".format, families, families)
places = st.tuples(st.integers(0, 2**63), st.integers(0, 2**62))


@given(kinds, kinds)
def test_a_type_fits_itself_its_family_and_everything(one: str, other: str) -> None:
    family = one.partition(".")[0]
    assert rules.matches(one, one)
    assert rules.matches("*", one)
    assert rules.matches(f"{family}.*", other) == (other.partition(".")[0] == family)
    assert rules.matches(one, other) == (one == other)
    assert rules.chosen([one, f"{family}.*"], [other]) == ([other] if other.startswith(f"{family}.") else [])
    assert rules.chosen([], [one]) == [one]


@given(places, places)
def test_sequences_compare_as_places_do(one: tuple[int, int], other: tuple[int, int]) -> None:
    written = [rules.sequence(f"{xid}-{seq}") for xid, seq in (one, other)]
    assert (written[0] < written[1]) == (one < other)


@given(kinds, st.text(), st.dictionaries(st.text(min_size=1), st.integers(), max_size=4), st.data())
def test_an_envelope_says_what_happened_and_a_schema_hides_what_is_hidden(
    kind: str, key: str, data: dict[str, int], draw: st.DataObject
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = rules.envelope("7-9", kind, key, at, data)
    assert (made.specversion, made.id, made.type, made.subject, made.time, made.data) == (
        "1.0",
        "7-9",
        kind,
        key,
        at,
        data,
    )
    hidden = draw.draw(st.sets(st.sampled_from(sorted(data) or ["none"])))
    whole = {"type": "object", "properties": {name: {} for name in data}, "required": list(data)}
    shown = rules.schema(whole, hidden)
    assert set(shown["properties"]) == set(shown["required"]) == set(data) - hidden


async def announce(world: App, *news: Any) -> None:
    async with world.database.transaction("commerce") as tx:
        emit(tx, *news)


def cart(total: int = 100) -> CartChanged:
    return CartChanged(ids.new(), 1, "WEB-PL", "guest", ids.new(), "PLN", total, ["A"])


async def read(world: App, who: Actor, **values: Any) -> Any:
    return await world.door.ask(who, "integration.stream.read", **values)


async def test_the_catalogue_lists_what_one_may_read(world: App) -> None:
    everything = await world.door.ask(ADMIN, "integration.stream.types")
    assert {each.type for each in everything} == set(NAMES)
    some = {each.type: each for each in await world.door.ask(ERP, "integration.stream.types")}
    assert {"orders.order-placed", "catalog.product-changed", "inventory.stock-moved"} <= some.keys()
    assert not {"payments.payment-captured", "security.customer-registered", "pos.receipt-accepted"} & some.keys()
    placed = some["orders.order-placed"]
    assert (placed.subject, placed.personal) == ("order", ["owner"])
    assert "owner" not in placed.data["properties"]
    assert "owner" in next(each for each in everything if each.type == "orders.order-placed").data["properties"]


async def test_who_is_no_integrator_reads_nothing(world: App) -> None:
    for who in (Actor("customer", ids.new()), Actor("workload", ids.new(), frozenset({"stock"}))):
        with pytest.raises(Forbidden):
            await read(world, who)


async def read_all(world: App, who: Actor, count: int, after: str, *types: str) -> list[Any]:
    """Read on until so many came: transactions in other tests' databases may keep the log from being settled."""
    seen: list[Any] = []
    async with asyncio.timeout(60):
        while len(seen) < count:
            found = await read(world, who, after=after, types=list(types), wait_s=5)
            seen += found.events
            after = found.next
    return seen


async def test_the_log_is_read_on_page_by_page(world: App) -> None:
    begin = (await read(world, ERP, after="now")).next
    sent = [cart(total) for total in range(5)]
    for each in sent:
        await announce(world, each)
    seen: list[Any] = []
    after = begin
    while len(seen) < 5:
        found = await read(world, ERP, after=after, types=["checkout.cart-changed"], limit=2, wait_s=5)
        seen += found.events
        after = found.next
    assert [each.subject for each in seen] == [str(each.cart) for each in sent]
    assert [each.sequence for each in seen] == sorted(each.sequence for each in seen)
    assert (await read(world, ERP, after=after)).events == []


async def test_what_says_who_somebody_is_comes_only_to_those_who_may_know(world: App) -> None:
    begin = (await read(world, ADMIN, after="now")).next
    sent = cart()
    await announce(world, sent)
    [known] = await read_all(world, ADMIN, 1, begin, "checkout.*")
    [told] = await read_all(world, ERP, 1, begin, "checkout.*")
    assert known.data.owner == sent.owner
    assert told.data["total_minor"] == 100
    assert "owner" not in told.data


async def test_one_who_commits_late_is_not_skipped(world: App) -> None:
    begin = (await read(world, ADMIN, after="now")).next
    async with world.database.transaction("commerce") as slow:
        await slow.value("select pg_current_xact_id()")
        await announce(world, ChannelChanged("FAST"))
        first = await read(world, ADMIN, after=begin, types=["catalog.*"])
        emit(slow, ChannelChanged("SLOW"))
    assert first.events == []
    both = await read_all(world, ADMIN, 2, first.next, "catalog.*")
    assert [each.subject for each in both] == ["SLOW", "FAST"]


async def test_one_may_wait_for_news(world: App) -> None:
    begin = (await read(world, ADMIN, after="now")).next
    waiting = asyncio.create_task(read(world, ADMIN, after=begin, types=["catalog.channel-changed"], wait_s=20))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await announce(world, ChannelChanged("NEW"))
    assert [each.subject for each in (await waiting).events] == ["NEW"]
    assert (await read(world, ADMIN, after="now")).events == []


async def test_wrong_questions_are_refused(world: App) -> None:
    with pytest.raises(NoSuchEvent):
        await read(world, ADMIN, types=["orders.order-plced"])
    with pytest.raises(Forbidden, match=r"payments\.read"):
        await read(world, ERP, types=["payments.payment-captured"])
    with pytest.raises(AheadOfTheLog):
        await read(world, ADMIN, after="9000000000000000000-0")
    assert (await read(world, ERP, types=["payments.*"])).events == []
