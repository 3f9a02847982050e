"""Where parcels are: told by polling and by signed news, twice and out of order, and one tidy history comes of it."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from rynek.app import App
from rynek.bench.stall import set_up
from rynek.commerce.shipping import actions
from rynek.commerce.shipping.simulator import tracker
from rynek.kernel import clock
from rynek.kernel.faults import Fault
from tests.commerce.shipping.wagon import Wagon, post, simulator

SECRET = "whsec_" + base64.b64encode(b"a secret of tests, 32 bytes long").decode()
ROUTE = ["collected", "in-transit", "out-for-delivery", "delivered"]


@pytest.fixture(scope="module")
def adversary() -> Iterator[str]:
    with simulator() as address:
        yield address


@pytest.fixture(scope="module")
async def wagon(world: App, adversary: str) -> Wagon:
    await set_up(world)
    made = Wagon(world)
    await made.carrier("van")
    follow = "https://follow.example/{number}"
    await made.carrier("sim", kind="karrio", address=adversary, service="standard", brand="generic", follow=follow)
    await made.ask(actions.put_credentials, code="sim", token="t", webhook_secret=SECRET)
    return made


class Sent:
    """News as they come in over HTTP."""

    method, path, query, address = "POST", "/shipping/webhooks/sim", "", "192.0.2.7"

    def __init__(self, body: bytes, marks: dict[str, str]) -> None:
        self.body = body
        self.marks = {name.replace("_", "-"): value for name, value in marks.items()}

    def header(self, name: str) -> str | None:
        return self.marks.get(name)


async def told(wagon: Wagon, body: bytes, **marks: str) -> int:
    return (await wagon.world.door.answer(Sent(body, marks))).status


def signed(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    stamp = str(int(at.timestamp()))
    mark = hmac.digest(key, b"msg_1." + stamp.encode() + b"." + body, hashlib.sha256)
    return {
        "webhook_id": "msg_1", "webhook_timestamp": stamp,
        "webhook_signature": f"v1,c3B1cmlvdXM= v1,{base64.b64encode(mark).decode()}",
    }  # fmt: skip


async def test_a_parcel_is_followed_until_it_is_delivered(wagon: Wagon, adversary: str) -> None:
    parcel = await wagon.booked("sim")
    await wagon.work()
    shown = await wagon.shown(parcel)
    assert shown.follow == f"https://follow.example/{shown.tracking}"
    hours = 0
    for standing in ROUTE:
        post(adversary, f"/move/{shown.tracking}")
        hours += 7
        await wagon.work(timedelta(hours=hours))
        assert (await wagon.shown(parcel)).standing == standing
    shown = await wagon.shown(parcel)
    assert [each.status for each in shown.sights] == ROUTE
    moved = await wagon.news("shipping.parcel-moved", shown.order)
    assert [each["standing"] for each in moved] == ROUTE
    assert await wagon.work(timedelta(days=30)) <= 1


async def test_signed_news_count_once_in_whatever_order_they_come(wagon: Wagon) -> None:
    parcel = await wagon.booked("sim")
    await wagon.work()
    number = (await wagon.shown(parcel)).tracking or ""
    for steps in (4, 2, 4, 3, 1):
        body = msgspec.json.encode({"event": "tracker_updated", "data": tracker(number, steps)})
        assert await told(wagon, body, **signed(body, clock.now())) == 200
    shown = await wagon.shown(parcel)
    assert [each.status for each in shown.sights] == ROUTE
    assert [each["standing"] for each in await wagon.news("shipping.parcel-moved", shown.order)] == ["delivered"]


async def test_karrio_itself_names_the_secret(wagon: Wagon) -> None:
    parcel = await wagon.booked("sim")
    await wagon.work()
    number = (await wagon.shown(parcel)).tracking or ""
    body = msgspec.json.encode({"event": "tracker_updated", "data": tracker(number, 1)})
    assert await told(wagon, body, x_event_id="another") == 401
    assert (await wagon.shown(parcel)).sights == []
    assert await told(wagon, body, x_event_id=SECRET) == 200
    assert (await wagon.shown(parcel)).standing == "collected"


@pytest.mark.parametrize(
    "marks",
    [
        lambda _: {},
        lambda body: signed(body + b" ", clock.now()),
        lambda body: signed(body, clock.now() - timedelta(minutes=10)),
        lambda body: signed(
            body, clock.now(), "whsec_" + base64.b64encode(b"somebody else's secret, 32 bytes").decode()
        ),
        lambda _: {"webhook_id": "msg_1", "webhook_timestamp": "soon", "webhook_signature": "v1,"},
    ],
)
async def test_forged_news_change_nothing(wagon: Wagon, marks: Any) -> None:
    parcel = await wagon.booked("sim")
    await wagon.work()
    number = (await wagon.shown(parcel)).tracking or ""
    body = msgspec.json.encode({"event": "tracker_updated", "data": tracker(number, 4)})
    assert await told(wagon, body, **marks(body)) == 401
    assert (await wagon.shown(parcel)).standing == "announced"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"null",
        b"[]",
        b'{"event":"tracker_updated"}',
        b'{"event":"tracker_updated","data":{"tracking_number":"?","events":[7,{}]}}',
        b'{"event":"tracker_updated","data":{"tracking_number":"SIM1","events":5}}',
        b'{"event":"shipment_purchased","data":{}}',
    ],
)
async def test_news_that_say_nothing_are_taken_without_effect(wagon: Wagon, said: bytes) -> None:
    assert await told(wagon, said, **signed(said, clock.now())) == 200


async def test_the_van_is_where_its_drivers_say(wagon: Wagon) -> None:
    parcel = await wagon.booked("van")
    await wagon.work()
    at = clock.now() - timedelta(hours=1)
    seen = [{"at": at, "status": "out-for-delivery"}, {"at": at - timedelta(hours=2), "status": "collected"}]
    await wagon.ask(actions.scan, parcel=parcel, sights=seen)
    shown = await wagon.ask(actions.scan, parcel=parcel, sights=seen)
    assert (shown.standing, [each.status for each in shown.sights]) == (
        "out-for-delivery",
        ["collected", "out-for-delivery"],
    )
    assert len(await wagon.news("shipping.parcel-moved", shown.order)) == 1
    with pytest.raises(Fault) as refused:
        await wagon.ask(actions.cancel_label, parcel=parcel)
    assert refused.value.code == "on-its-way"
    for wrong in (datetime(2026, 1, 1), clock.now() + timedelta(days=1)):  # noqa: DTZ001 - that is what is wrong
        with pytest.raises(Fault) as refused:
            await wagon.ask(actions.scan, parcel=parcel, sights=[{"at": wrong, "status": "delivered"}])
        assert refused.value.status == 422
    unlabelled = await wagon.booked("van")
    with pytest.raises(Fault) as refused:
        await wagon.ask(actions.scan, parcel=unlabelled, sights=seen)
    assert refused.value.code == "no-label"
