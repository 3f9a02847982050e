"""Karrio itself, offline: rates and labels are made by its own SDK, in a program beside the tests."""

import io
from collections.abc import Iterator

import pytest
from pypdf import PdfReader

from rynek.app import App
from rynek.bench.stall import set_up
from rynek.commerce.shipping import actions
from rynek.kernel.door import Response
from tests import karrioserver
from tests.commerce.shipping.wagon import Wagon


@pytest.fixture(scope="module")
def karrio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with karrioserver.served(tmp_path_factory.mktemp("karrio")) as address:
        yield address


@pytest.fixture(scope="module")
async def wagon(world: App, karrio: str) -> Wagon:
    await set_up(world)
    made = Wagon(world)
    there = {
        "kind": "karrio",
        "address": karrio,
        "brand": "generic",
        "account": "lockers",
        "service": "locker_standard",
    }
    await made.carrier("lockers", **there)
    await made.carrier("lockers-zpl", **there, form="zpl")
    await made.carrier("stranger", **there)
    for code in ("lockers", "lockers-zpl"):
        await made.ask(actions.put_credentials, code=code, token=karrioserver.TOKEN)
    return made


@pytest.mark.parametrize(("grams", "minor"), [(1200, 999), (5001, 1499)])
async def test_karrio_says_what_a_parcel_costs(wagon: Wagon, grams: int, minor: int) -> None:
    to = {"postcode": "31-147", "city": "Kraków", "name": "Ola", "street": "Długa 5"}
    found = await wagon.ask(actions.rates, weight_g=grams, to=to, sender=to)
    mine = [each for each in found.rates if each.carrier == "lockers"]
    assert [(each.service, each.name, each.currency, each.minor, each.days) for each in mine] == [
        ("locker_standard", "Locker", "PLN", minor, 1)
    ]
    assert found.silent == {"stranger": "who are you?"}


async def test_karrio_makes_a_label_as_pdf(wagon: Wagon) -> None:
    parcel = await wagon.booked("lockers")
    await wagon.work()
    shown = await wagon.shown(parcel)
    assert (shown.state, shown.form) == ("labelled", "pdf")
    file: Response = await wagon.ask(actions.label_file, parcel=parcel)
    assert len(PdfReader(io.BytesIO(file.body)).pages) == 1


async def test_karrio_makes_a_label_as_zpl(wagon: Wagon) -> None:
    parcel = await wagon.booked("lockers-zpl")
    await wagon.work()
    shown = await wagon.shown(parcel)
    file: Response = await wagon.ask(actions.label_file, parcel=parcel)
    assert (file.kind, file.body[:3]) == ("application/zpl", b"^XA")
    assert "RYNEK GŁÓW" in file.body.decode()
    assert b"^BCN" in file.body
    assert (shown.tracking or "").isdigit()


async def test_what_karrio_refuses_is_told(wagon: Wagon) -> None:
    parcel = await wagon.booked("stranger")
    await wagon.work()
    assert (await wagon.shown(parcel)).why == "who are you?"
