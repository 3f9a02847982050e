"""The way of parcels, told as stories: to a locker by somebody else's carrier, home by the house's own van."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER
from rynek.commerce.fulfilment import packing, working
from rynek.commerce.fulfilment.reactions import number
from rynek.commerce.fulfilment.sending import HandedOver, Parcel, Sent
from rynek.commerce.shipping import actions as shipping
from rynek.commerce.shipping.events import ParcelLabelled
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from tests import karrioserver
from tests.commerce.fulfilment.shops import Chain, clerk, home, opened, picked
from tests.commerce.shipping.wagon import Wagon, post

EWA = clerk("S-1")
LOCKERS: list[dict[str, Any]] = [
    {"code": "KRA010", "name": "At the market", "street": "Długa 5", "postcode": "31-147", "city": "Kraków",
     "latitude": 50.0683, "longitude": 19.9366, "hours": "24/7"},
    {"code": "KRA020", "name": "By the river", "postcode": "30-302", "city": "Kraków", "latitude": 50.0460,
     "longitude": 19.9286},
    {"code": "GDA01", "name": "At the gate", "postcode": "80-001", "city": "Gdańsk", "latitude": 54.35,
     "longitude": 18.65},
]  # fmt: skip


@pytest.fixture(scope="module")
def karrio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with karrioserver.served(tmp_path_factory.mktemp("karrio")) as address:
        yield address


@pytest.fixture(scope="module")
async def chain(world: App) -> Chain:
    return await opened(world)


@pytest.fixture(scope="module")
async def wagon(world: App, chain: Chain, karrio: str) -> Wagon:
    made = Wagon(world)
    await lockers(made, karrio)
    await made.ask(shipping.put_credentials, code="lockers", token=karrioserver.TOKEN)
    await made.ask(shipping.put_points, carrier="lockers", points=LOCKERS)
    await made.carrier(
        "van", zones=[{"name": "Kraków", "prefixes": ["31"], "prices": [{"up_to_g": 5000, "minor": 900}]}]
    )
    option = {"code": "locker", "name": "Locker", "kind": "locker", "sku": "DELIVERY", "carrier": "lockers"}
    by_van = {"code": "van-locker", "name": "By van", "kind": "locker", "sku": "DELIVERY", "carrier": "van"}
    await made.ask(shipping.put_points, carrier="van", points=LOCKERS[:1])
    await chain.ask("commerce.checkout.put_delivery", KEEPER, channel="WEB-PL", options=[option, by_van])
    return made


async def lockers(wagon: Wagon, address: str) -> None:
    """Say where the carrier of lockers is asked."""
    follow = "https://follow.example/{number}"
    there = {"brand": "generic", "account": "lockers", "service": "locker_standard", "follow": follow}
    await wagon.carrier("lockers", kind="karrio", address=address, **there)


async def bought(chain: Chain, delivery: str, sku: str = "ITEM-00001", **terms: Any) -> tuple[UUID, Actor]:
    """Buy something by a delivery; gives the order and who bought."""
    buyer = Actor("guest", ids.new())
    said = {"channel": "WEB-PL", "lines": [{"sku": sku}], "email": "ola@example.com", "delivery": delivery, **terms}
    cart = await chain.ask("commerce.checkout.open_cart", buyer, **said)
    tenders = [{"method": "transfer", "amount_minor": cart.priced.total}]
    placed = await chain.ask("commerce.checkout.place", buyer, cart=cart.id, tenders=tenders)
    await chain.heard()
    return placed.order, buyer


async def to_locker(chain: Chain, near: str) -> tuple[UUID, Actor]:
    """Look for lockers near a postcode, and buy to the nearest."""
    asked = {"channel": "WEB-PL", "delivery": "locker", "near": near}
    nearest, *_ = await chain.ask("commerce.checkout.points", Actor("anyone", ids.new()), **asked)
    recipient = {"name": "Ola Nowak", "phone": "600600600"}
    return await bought(chain, "locker", point=nearest.code, recipient=recipient)


async def packed(chain: Chain, order: UUID, carrier: str) -> Parcel:
    """Have a shop pick and pack an order; gives its parcel."""
    task = await picked(chain, order, EWA)
    [parcel] = await chain.ask(packing.pack, EWA, task=task, carrier=carrier, parcels=[{"weight_g": 1200}])
    return parcel  # type: ignore[no-any-return]


async def handed_over(chain: Chain, carrier: str) -> HandedOver:
    return await chain.ask(packing.hand_over, EWA, location="S-1", carrier=carrier)  # type: ignore[no-any-return]


async def seen(chain: Chain, order: UUID, buyer: Actor) -> Sent:
    """Give the one parcel of an order as its buyer sees it."""
    [parcel] = await chain.ask(packing.parcels_of, buyer, order=order)
    return parcel  # type: ignore[no-any-return]


async def told_on_its_way(wagon: Wagon, karrio: str, tracking: str) -> None:
    """Let the carrier tell where a parcel is, twice and the other way round, until it is delivered."""
    at = clock.now() + timedelta(minutes=5)
    steps = ("in_transit", "out_for_delivery", "ready_for_pickup", "delivered")
    told = [
        {"timestamp": (at + timedelta(hours=n)).isoformat(), "status": step, "description": step, "location": "Kraków"}
        for n, step in enumerate(steps)
    ]
    post(karrio, f"/told/{tracking}", [told[1], told[0], told[1]])
    await wagon.work(timedelta(hours=2))
    post(karrio, f"/told/{tracking}", told[2:])
    await wagon.work(timedelta(hours=8))


async def test_a_parcel_goes_to_a_locker_and_one_that_was_packed_while_the_carrier_was_down_follows(
    chain: Chain, wagon: Wagon, karrio: str
) -> None:
    await chain.stock("ITEM-00001", S_1=9, S_3=9)
    order, buyer = await to_locker(chain, "31-147")
    [task] = await chain.ask(working.tasks_of, order=order)
    assert task.location == "S-1"  # the shop nearest to the locker
    parcel = await packed(chain, order, "lockers")
    waits = await seen(chain, order, buyer)
    assert (waits.standing, waits.tracking, waits.sent, waits.sights) == ("packed", parcel.tracking, False, [])
    left = await handed_over(chain, "lockers")
    assert (left.handover, left.left) == (None, {order: "a parcel has no label yet"})

    await wagon.work()
    await chain.heard()
    label = await wagon.shown(parcel.id)
    assert (label.state, label.form) == ("labelled", "pdf")
    announced = await seen(chain, order, buyer)
    assert (announced.tracking, announced.standing) == (label.tracking, "announced")
    assert announced.follow == f"https://follow.example/{label.tracking}"

    await lockers(wagon, "http://127.0.0.1:9")  # the carrier is down
    other, another = await to_locker(chain, "30-302")
    later = await packed(chain, other, "lockers")
    await wagon.work()
    assert (await wagon.shown(later.id)).state == "waiting"

    gone = await handed_over(chain, "lockers")
    assert (gone.parcels, gone.left) == (1, {other: "a parcel has no label yet"})
    sheet = await chain.ask(packing.handover, EWA, handover=gone.handover)
    assert [(each.id, each.tracking) for each in sheet.parcels] == [(parcel.id, label.tracking)]
    assert (await chain.ask("commerce.orders.order", buyer, order=order)).state == "shipped"
    assert (await seen(chain, order, buyer)).standing == "collected"
    with pytest.raises(Fault) as refused:
        await wagon.ask(shipping.cancel_label, parcel=parcel.id)
    assert refused.value.code == "on-its-way"

    await lockers(wagon, karrio)  # it is back
    await wagon.work(timedelta(minutes=10))
    await chain.heard()
    assert (await seen(chain, other, another)).tracking == (await wagon.shown(later.id)).tracking != later.tracking
    assert (await handed_over(chain, "lockers")).parcels == 1

    await told_on_its_way(wagon, karrio, label.tracking or "")
    arrived = await seen(chain, order, buyer)
    way = ["collected", "in-transit", "out-for-delivery", "ready", "delivered"]
    assert (arrived.standing, [each.status for each in arrived.sights]) == ("delivered", way)
    assert [each["standing"] for each in await wagon.news("shipping.parcel-moved", order)] == [
        "collected",
        "out-for-delivery",
        "delivered",
    ]
    assert (await seen(chain, other, another)).standing == "collected"
    with pytest.raises(Fault) as refused:
        await chain.ask(packing.parcels_of, another, order=order)
    assert refused.value.status == 404
    await chain.sound()


@pytest.mark.parametrize("delivery", ["courier", "van-locker"])
async def test_the_houses_own_van_takes_what_has_its_label(chain: Chain, wagon: Wagon, delivery: str) -> None:
    await chain.stock("ITEM-00002", S_1=9)
    there = {"point": "KRA010", "recipient": {"name": "Ola"}} if delivery == "van-locker" else {"address": home("S-1")}
    order, buyer = await bought(chain, delivery, "ITEM-00002", **there)
    parcel = await packed(chain, order, "van")
    assert (await handed_over(chain, "van")).left == {order: "a parcel has no label yet"}
    await wagon.work()
    await chain.heard()
    assert (await wagon.shown(parcel.id)).why == ""
    assert (await seen(chain, order, buyer)).tracking == parcel.tracking  # the van goes by the house's own number
    assert (await handed_over(chain, "van")).parcels == 1
    await wagon.ask(shipping.scan, EWA, parcel=parcel.id, sights=[{"at": clock.now(), "status": "delivered"}])
    arrived = await seen(chain, order, buyer)
    assert (arrived.sent, [each.status for each in arrived.sights]) == (True, ["collected", "delivered"])


async def test_a_parcel_bears_the_number_of_the_label_that_stands_however_news_of_labels_come(
    chain: Chain, wagon: Wagon
) -> None:
    await chain.stock("ITEM-00003", S_1=9)
    order, buyer = await bought(chain, "courier", "ITEM-00003", address=home("S-1"))
    parcel = await packed(chain, order, "lockers")
    await wagon.work()
    first = (await wagon.shown(parcel.id)).tracking or ""
    await wagon.ask(shipping.cancel_label, EWA, parcel=parcel.id)
    assert (await handed_over(chain, "lockers")).left == {order: "a parcel has no label yet"}
    await wagon.ask(shipping.relabel, EWA, parcel=parcel.id)
    await wagon.work()
    second = (await wagon.shown(parcel.id)).tracking or ""
    assert first != second
    for tracking in (second, first, first, second, first):
        async with chain.world.database.transaction("commerce") as tx:
            await number(tx, ParcelLabelled(parcel.id, order, "lockers", tracking))
        assert (await seen(chain, order, buyer)).tracking == second
    await chain.heard()
    assert (await seen(chain, order, buyer)).tracking == second
    assert (await handed_over(chain, "lockers")).parcels == 1
