"""Goods ordered and received, on the real database."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from rynek.app import App
from rynek.kernel import clock, ids
from rynek.kernel.faults import Fault
from tests.commerce.purchasing.office import BUYER, CLERK, MILL, A, B, C, Office, opened


@pytest.fixture(scope="module")
async def office(world: App) -> Office:
    return await opened(world)


async def test_an_order_is_drafted_changed_sent_confirmed_and_comes(office: Office) -> None:
    item = {"sku": A, "code": "M-1", "pack": 6, "minimum": 12, "cost_minor": 199}
    await office.ask("put_items", supplier=MILL, items=[item])
    few = await office.refused("draft", supplier=MILL, lines=[{"sku": A, "units": 7, "location": "WH-1"}])
    assert (few.code, few.facts["send"]) == ("not-in-packs", 12)
    made = await office.ask("draft", supplier=MILL, lines=[{"sku": A, "units": 12, "location": "WH-1"}])
    id_ = made.head.id
    assert (made.head.state, made.head.cost_minor, made.lines[0].code) == ("draft", 12 * 199, "M-1")
    lines = [{"sku": A, "units": 18, "location": "WH-1"}, {"sku": B, "units": 5, "location": "S-1", "cost_minor": 50}]
    await office.ask("change", purchase=id_, lines=lines)
    sent = await office.ask("send", purchase=id_)
    assert (sent.head.state, sent.head.units) == ("sent", 23)
    before, store = await office.level(A), await office.level(B, "S-1")
    assert (await office.refused("change", purchase=id_, lines=lines)).code == "wrong-purchase-step"
    done = await office.ask("confirm", purchase=id_, dates=[{"line": 1, "promised_on": "2030-05-01", "units": 17}])
    expected = sent.head.sent_at.date() + timedelta(days=7)
    assert [(e.promised_on, e.dropped) for e in done.lines] == [(date(2030, 5, 1), 1), (expected, 0)]
    assert await office.level(A) == (before[0], before[1] + 17)
    assert await office.level(B, "S-1") == (store[0], store[1] + 5)
    [line] = await office.ask("expected", CLERK, location="S-1", purchase=id_)
    assert (line.sku, line.coming, line.promised_on) == (B, 5, expected)
    await office.came(id_, (B, 5), at="S-1", who=CLERK)
    part = await office.ask("purchase", purchase=id_)
    assert (part.head.state, part.head.coming) == ("partly-received", 17)
    await office.came(id_, (A, 17))
    whole = await office.ask("purchase", purchase=id_)
    assert (whole.head.state, whole.head.coming, whole.differences) == ("closed", 0, [])
    assert await office.level(A) == (before[0] + 17, before[1])
    assert await office.events(id_) == [
        "order-sent", "order-confirmed", "goods-received", "goods-received", "order-closed",
    ]  # fmt: skip
    await office.sound()


async def test_a_delivery_told_twice_is_taken_in_once(office: Office) -> None:
    id_ = await office.ordered((B, 10), day="2030-01-10")
    before = await office.level(B)
    first = await office.came(id_, (B, 4, 1, "wet"), reference="WZ 7")
    again = await office.came(id_, (B, 4, 1, "wet"), reference="WZ 7")
    assert again.receipt.id == first.receipt.id
    assert await office.level(B) == (before[0] + 4, before[1] - 4)
    other: dict[str, Any] = {
        "purchase": id_,
        "location": "WH-1",
        "reference": "WZ 7",
        "lines": [{"sku": B, "units": 5}],
    }
    assert (await office.refused("receive", **other)).code == "delivery-differs"
    answers = await asyncio.gather(*(office.came(id_, (B, 6), reference="WZ 8") for _ in range(8)))
    assert len({each.receipt.id for each in answers}) == 1
    assert await office.level(B) == (before[0] + 10, before[1] - 10)
    last = await office.came(id_, (B, 6), reference="WZ 8")  # it is closed by now
    assert last.receipt.id == answers[0].receipt.id
    await office.sound()


async def test_two_who_receive_at_once_never_take_in_more_than_was_ordered(office: Office) -> None:
    id_ = await office.ordered((C, 10), day="2030-01-10")
    before = await office.level(C)
    results = await asyncio.gather(*(office.came(id_, (C, 3)) for _ in range(8)), return_exceptions=True)
    refused = [each for each in results if isinstance(each, Fault)]
    assert {each.code for each in refused} <= {"wrong-purchase-step"}  # it was closed meanwhile
    shown = await office.ask("purchase", purchase=id_)
    [line] = shown.lines
    assert (line.received, line.extra, shown.head.state) == (10, 0, "closed")
    taken = 3 * (8 - len(refused))
    assert sum(each.units for each in shown.differences if each.kind == "more") == taken - 10
    assert await office.level(C) == (before[0] + 10, before[1] - 10)
    await office.sound()


async def test_what_is_different_becomes_work_and_is_settled(office: Office) -> None:
    id_ = await office.ordered((A, 12), (B, 10), day="2030-01-10")
    b, c = await office.level(B), await office.level(C)
    await office.came(id_, (A, 14), (B, 4, 3, "crushed"), (C, 2, 0, "we never ordered these"), complete=True)
    shown = await office.ask("purchase", purchase=id_)
    found = {(each.kind, each.sku): each for each in shown.differences}
    assert {key: each.units for key, each in found.items()} == {
        ("more", A): 2, ("damaged", B): 3, ("wrong", C): 2, ("less", B): 3,
    }  # fmt: skip
    assert found["damaged", B].reason == "crushed"
    listed = await office.ask("differences", supplier=MILL, limit=1000)
    assert {each.id for each in shown.differences} <= {each.id for each in listed}
    assert await office.level(C) == c  # nothing that was not ordered is in stock
    nothing = await office.refused("settle", difference=found["more", A].id, resolution="expect")
    assert nothing.code == "cannot-expect"
    await office.ask("settle", difference=found["more", A].id, resolution="accept", note="we can sell them")
    await office.ask("settle", difference=found["wrong", C].id, resolution="accept")
    await office.ask("settle", difference=found["damaged", B].id, resolution="credit", note="credit note 7")
    twice = await office.refused("settle", difference=found["damaged", B].id, resolution="accept")
    assert twice.code == "difference-settled"
    assert await office.level(C) == (c[0] + 2, c[1])
    assert await office.level(B) == (b[0] + 4, b[1] - 7)  # three are still to come
    await office.ask("settle", difference=found["less", B].id, resolution="expect")
    await office.came(id_, (B, 3))
    done = await office.ask("purchase", purchase=id_)
    assert (done.head.state, done.head.differences) == ("closed", 0)
    assert [(e.received, e.dropped, e.extra) for e in done.lines] == [(12, 0, 2), (7, 3, 0)]
    await office.sound()


async def test_what_was_missing_and_came_after_all_is_settled_by_that(office: Office) -> None:
    id_ = await office.ordered((B, 5), day="2030-01-10")
    await office.came(id_, (B, 2), complete=True)
    await office.came(id_, (B, 1), complete=True)  # two are missing still: that is known
    [missing] = (await office.ask("purchase", purchase=id_)).differences
    assert (missing.kind, missing.units) == ("less", 3)
    await office.came(id_, (B, 2))
    done = await office.ask("purchase", purchase=id_)
    assert (done.head.state, done.differences[0].resolution) == ("closed", "came")
    assert "difference-settled" in await office.events(id_)
    await office.sound()


async def test_damaged_goods_taken_as_they_are_count_and_never_twice(office: Office) -> None:
    id_ = await office.ordered((B, 5), day="2030-01-10")
    before = await office.level(B)
    await office.came(id_, (B, 0, 3, "scratched"))
    await office.came(id_, (B, 4))
    [broken] = (await office.ask("purchase", purchase=id_)).differences
    done = await office.ask("settle", difference=broken.id, resolution="accept", note="sold as seconds")
    [line] = done.lines
    assert (line.received, line.extra, done.head.state) == (5, 2, "closed")
    assert await office.level(B) == (before[0] + 7, before[1] - 5)
    await office.sound()


async def test_goods_that_come_before_the_answer_confirm_it(office: Office) -> None:
    id_ = await office.ordered((C, 4))
    before = await office.level(C)
    await office.came(id_, (C, 1))
    assert await office.level(C) == (before[0] + 1, before[1] + 3)
    assert await office.events(id_) == ["order-sent", "order-confirmed", "goods-received"]
    closed = await office.ask("close", purchase=id_)
    assert (closed.head.state, closed.lines[0].dropped) == ("closed", 3)
    assert await office.level(C) == (before[0] + 1, before[1])
    assert (await office.refused("close", purchase=id_)).code == "wrong-purchase-step"
    await office.sound()


async def test_dates_slip_and_that_is_told(office: Office) -> None:
    id_ = await office.ordered((A, 12), (B, 5), day="2030-02-01")
    before = await office.level(B)
    dates = [{"line": 1, "promised_on": "2030-02-01"}, {"line": 2, "promised_on": "2030-02-08", "units": 4}]
    moved = await office.ask("move", purchase=id_, dates=dates)
    assert [(e.promised_on, e.first_promised_on, e.dropped) for e in moved.lines] == [
        (date(2030, 2, 1), date(2030, 2, 1), 0), (date(2030, 2, 8), date(2030, 2, 1), 1),
    ]  # fmt: skip
    assert await office.level(B) == (before[0], before[1] - 1)
    assert (await office.events(id_)).count("order-moved") == 1
    for wrong in ([{"line": 3, "promised_on": "2030-02-01"}], [dates[0], dates[0]], [{**dates[1], "units": 5}]):
        assert (await office.refused("move", purchase=id_, dates=wrong)).code == "invalid"
    cancelled = await office.ask("cancel", purchase=id_)
    assert cancelled.head.state == "cancelled"
    assert (await office.refused("receive", purchase=id_, location="WH-1", reference="x", lines=[])).code == "invalid"
    assert await office.level(B) == (before[0], before[1] - 5)
    await office.sound()


async def test_a_store_takes_in_its_own_and_sees_no_costs(office: Office) -> None:
    id_ = await office.ordered((A, 12), day="2030-02-01")
    line = [{"sku": A, "units": 12}]
    for action, values in (
        ("receive", {"purchase": id_, "location": "WH-1", "reference": "x", "lines": line}),
        ("expected", {"location": "WH-1"}),
        ("purchase", {"purchase": id_}),
        ("purchases", {}),
    ):
        assert (await office.refused(action, CLERK, **values)).code == "forbidden"
    assert (await office.ask("purchase", purchase=id_)).head.coming == 12
    await office.ask("cancel", purchase=id_)


async def test_what_cannot_be_ordered_is_refused(office: Office) -> None:
    line: dict[str, Any] = {"sku": C, "units": 1, "location": "WH-1", "cost_minor": 5}
    for supplier, said, code in (
        ("NOBODY", line, "supplier-unknown"),
        (MILL, line | {"sku": "NO-SUCH"}, "item-unknown"),
        (MILL, line | {"location": "NOWHERE"}, "location-unknown"),
        (MILL, line | {"cost_minor": None}, "invalid"),
    ):
        assert (await office.refused("draft", supplier=supplier, lines=[said])).code == code
    assert (await office.refused("purchase", purchase=ids.new())).code == "not-found"
    assert (await office.refused("put_items", supplier="NOBODY", items=[{"sku": C}])).code == "supplier-unknown"


async def test_lead_times_are_measured(office: Office) -> None:
    await office.ask("put_suppliers", suppliers=[
        {"code": "SLOW", "name": "Slow", "lead_days": 3, "currency": "PLN"}])  # fmt: skip
    await office.ask("put_items", supplier="SLOW", items=[{"sku": C, "cost_minor": 1}])
    begin = datetime(2029, 1, 1, 12, tzinfo=UTC)

    async def sent() -> Any:
        made = await office.ask("draft", supplier="SLOW", lines=[{"sku": C, "units": 1, "location": "WH-2"}])
        await office.ask("send", purchase=made.head.id)
        return made.head.id

    for days in (4, 10, 6):
        with clock.at(begin):
            id_ = await sent()
            await office.ask("confirm", purchase=id_, dates=[{"line": 1, "promised_on": "2029-01-08"}])
        with clock.at(begin + timedelta(days=days)):
            await office.came(id_, (C, 1), at="WH-2")
    with clock.at(begin):
        [found] = await office.ask("lead_times", supplier="SLOW")
        assert (found.declared, found.deliveries, found.median, found.longest) == (3, 3, 6.0, 10)
        assert found.punctual == pytest.approx(2 / 3)
        id_ = await sent()
        done = await office.ask("confirm", purchase=id_)
        assert done.lines[0].promised_on == date(2029, 1, 7)
        await office.ask("cancel", purchase=id_)
    await office.sound()


async def test_orders_are_found(office: Office) -> None:
    first, second = await office.ordered((A, 12)), await office.ordered((B, 1), day="2030-03-01")
    newest = await office.ask("purchases", supplier=MILL, limit=2)
    assert [each.id for each in newest] == [second, first]
    [older] = await office.ask("purchases", supplier=MILL, before=second, limit=1)
    assert older.id == first
    [one] = await office.ask("purchases", number=newest[0].number)
    assert (one.id, one.next_on, one.supplier_name) == (second, date(2030, 3, 1), "The Mill")
    assert {each.state for each in await office.ask("purchases", state="sent")} == {"sent"}
    for each in (first, second):
        await office.ask("cancel", who=BUYER, purchase=each)


async def test_goods_told_by_lot_come_in_with_their_lots_and_what_is_beyond_when_it_is_accepted(office: Office) -> None:
    milk = "ITEM-00009"
    wants = [{"sku": milk, "by": "lots", "fresh_days": 3}]
    await office.world.door.ask(BUYER, "commerce.inventory.put_tracking", items=wants)
    id_ = await office.ordered((milk, 10), day="2030-01-10")
    first = {"lot": "L-1", "units": 6, "best_before": "2030-02-01"}
    second = {"lot": "L-2", "units": 6, "best_before": "2030-03-01"}

    async def refused(*batches: dict[str, Any]) -> str:
        lines = [{"sku": milk, "units": 12, "batches": list(batches)}]
        found = await office.refused("receive", purchase=id_, location="WH-1", reference="d", lines=lines)
        return found.code

    assert (await refused(), await refused(first)) == ("lots-wanted", "invalid")
    lines = [{"sku": milk, "units": 12, "batches": [first, second]}]
    said: dict[str, Any] = {"purchase": id_, "location": "WH-1", "reference": "d", "lines": lines}
    once, again = await office.ask("receive", **said), await office.ask("receive", **said)
    assert once.receipt.id == again.receipt.id

    async def there() -> dict[str, int]:
        found = await office.world.door.ask(BUYER, "commerce.inventory.lots", skus=[milk])
        return {each.lot: each.units for each in found}

    assert await there() == {"L-1": 6, "L-2": 4}
    [more] = (await office.ask("purchase", purchase=id_)).differences
    wanted = await office.refused("settle", difference=more.id, resolution="accept")
    assert (wanted.code, more.units) == ("lots-wanted", 2)
    await office.ask("settle", difference=more.id, resolution="accept", batches=[{"lot": "L-2", "units": 2}])
    assert await there() == {"L-1": 6, "L-2": 6}
    await office.sound()
