"""Parcel lockers: kept by table or as their carrier lists them, found by words and nearness, chosen in a cart."""

from collections.abc import Iterator
from typing import Any

import pytest

from rynek.app import App
from rynek.bench.stall import set_up
from rynek.commerce.checkout.actions import open_cart, points
from rynek.commerce.checkout.placing import place
from rynek.commerce.shipping import actions
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from tests.commerce.shipping.wagon import ADMIN, Wagon, simulator

ANYONE = Actor("anyone", ids.new())
LOCKERS: list[dict[str, Any]] = [
    {"code": "WAW01", "name": "By the station", "street": "Złota 3", "postcode": "00-019", "city": "Warszawa",
     "latitude": 52.2307, "longitude": 21.0011, "hours": "24/7", "pays": True},
    {"code": "GDA01", "name": "At the gate", "city": "Gdańsk", "latitude": 54.35, "longitude": 18.65},
    {"code": "POZ01", "name": "Shut", "city": "Poznań", "active": False},
]  # fmt: skip


@pytest.fixture(scope="module")
def adversary() -> Iterator[str]:
    with simulator() as address:
        yield address


@pytest.fixture(scope="module")
async def wagon(world: App, adversary: str) -> Wagon:
    await set_up(world)
    made = Wagon(world)
    await made.carrier("boxes")
    await made.carrier("others")
    await made.ask(actions.put_points, carrier="boxes", points=LOCKERS)
    await made.ask(actions.put_points, carrier="others", points=[{"code": "OTH01", "name": "Another's"}])
    option = {"code": "locker", "name": "Locker", "kind": "locker", "sku": "DELIVERY", "carrier": "boxes"}
    await made.ask("commerce.checkout.put_delivery", channel="WEB-PL", options=[option])
    await made.carrier("listed", kind="karrio", address=adversary, service="x", points=f"{adversary}/v1/points")
    return made


async def found(wagon: Wagon, **asked: Any) -> list[tuple[str, int | None]]:
    rows = await wagon.ask(points, ANYONE, channel="WEB-PL", delivery="locker", **asked)
    return [(each.code, each.distance_m) for each in rows]


async def test_lockers_are_found_by_words_and_nearness(wagon: Wagon) -> None:
    assert await found(wagon) == [("GDA01", None), ("WAW01", None)]
    assert await found(wagon, near="zlota") == [("WAW01", None)]
    assert await found(wagon, near="gdansk") == [("GDA01", None)]
    assert [code for code, _ in await found(wagon, latitude=52.0, longitude=21.0)] == ["WAW01", "GDA01"]
    [shown] = await wagon.ask(points, ANYONE, channel="WEB-PL", delivery="locker", near="waw01")
    assert (shown.hours, shown.pays) == ("24/7", True)


async def test_a_guest_buys_to_a_locker(wagon: Wagon) -> None:
    who = Actor("guest", ids.new())
    said: dict[str, Any] = {
        "channel": "WEB-PL", "lines": [{"sku": "ITEM-00001"}], "email": "ola@example.com", "delivery": "locker",
    }  # fmt: skip
    for wrong in ("POZ01", "OTH01", "NONE"):
        with pytest.raises(Fault) as refused:
            await wagon.ask(open_cart, who, **said, point=wrong)
        assert refused.value.code == "point-unknown"
    nobody = await wagon.ask(open_cart, who, **said, point="WAW01")
    tenders = [{"method": "transfer", "amount_minor": nobody.priced.total}]
    with pytest.raises(Fault) as refused:
        await wagon.ask(place, who, cart=nobody.id, tenders=tenders)
    assert refused.value.facts == {"missing": ["recipient"]}
    cart = await wagon.ask(open_cart, who, **said, point="WAW01", recipient={"name": "Ola", "phone": "600"})
    assert (await wagon.ask(place, who, cart=cart.id, tenders=tenders)).state == "open"


async def test_what_a_carrier_lists_is_kept_and_what_it_lists_no_more_is_shut(wagon: Wagon) -> None:
    await wagon.ask(actions.put_points, carrier="listed", points=[{"code": "OLD01", "name": "Gone"}])
    told = await wagon.ask(actions.fetch_points, carrier="listed")
    assert (told.listed, told.shut) == (2, 1)
    kept = {each.code: each for each in await wagon.ask(actions.points, carrier="listed")}
    assert {code: each.active for code, each in kept.items()} == {"KRA001": True, "KRA002": True, "OLD01": False}
    one = kept["KRA001"]
    assert (one.street, one.postcode, one.city, one.hours, one.pays) == ("Długa 1", "31-147", "Kraków", "24/7", True)
    assert (await wagon.ask(actions.fetch_points, carrier="listed")).shut == 0


async def test_a_carrier_that_does_not_answer_shuts_nothing(wagon: Wagon) -> None:
    await wagon.ask(actions.put_points, carrier="listed", points=[{"code": "OLD02", "name": "Stays"}])
    there = {"kind": "karrio", "address": "http://127.0.0.1:9", "service": "x", "points": "http://127.0.0.1:9/p"}
    await wagon.carrier("listed", **there)
    with pytest.raises(Fault) as refused:
        await wagon.ask(actions.fetch_points, carrier="listed")
    assert refused.value.status == 503
    assert {each.code for each in await wagon.ask(actions.points, carrier="listed") if each.active} >= {"OLD02"}
    for wrong in ([{"code": "A", "name": ""}] * 2, [{"code": "A", "name": "", "latitude": 5.0}]):
        with pytest.raises(Fault) as refused:
            await wagon.ask(actions.put_points, ADMIN, carrier="boxes", points=wrong)
        assert refused.value.status == 422
