"""Labels: one for each parcel, whatever carriers answer; on the real database, with the adversarial carrier."""

import asyncio
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from pypdf import PdfReader

from rynek.app import App
from rynek.bench.stall import set_up
from rynek.commerce.shipping import actions, labelling, ports
from rynek.commerce.shipping.karrio import Karrio
from rynek.commerce.shipping.model import CarrierFacts, Credentials
from rynek.commerce.shipping.simulator import MISHAPS
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.door import Response
from rynek.kernel.faults import Fault
from tests.commerce.shipping.wagon import OLA, Wagon, simulator

CLERK = Actor("staff", ids.new(), frozenset({"store"}), "S-1")
STRANGER = Actor("staff", ids.new(), frozenset({"store"}), "S-2")
ZONES = [
    {"name": "Kraków", "prefixes": ["30", "31"], "prices": [{"up_to_g": 5000, "minor": 900}]},
    {"name": "Poland", "prices": [{"up_to_g": 2000, "minor": 1500}, {"up_to_g": 30000, "minor": 2500}], "days": 2},
]


@pytest.fixture(scope="module")
async def wagon(world: App) -> Wagon:
    await set_up(world)
    made = Wagon(world)
    await made.carrier("van", zones=ZONES)
    return made


@pytest.fixture(scope="module")
def adversary() -> Iterator[str]:
    with simulator() as address:
        yield address


async def until_made(wagon: Wagon, parcel: Any) -> Any:
    """Let time pass until a carrier is done with a parcel."""
    for minutes in range(1, 9):
        await wagon.work(timedelta(minutes=minutes))
        shown = await wagon.shown(parcel)
        if shown.state in {"labelled", "refused"}:
            return shown
    return await wagon.shown(parcel)


async def standing_at(address: str, parcel: Any) -> list[str]:
    """List the labels of a parcel that the adversary has and that were not cancelled."""
    reader = Karrio("x", CarrierFacts("X", "karrio", address=address), Credentials())
    said = await reader._ask("GET", f"v1/shipments?reference={parcel.hex}")
    return [each["id"] for each in said["results"] if each["status"] != "cancelled"]


# --- the house's van --------------------------------------------------------------------------------------------------


async def test_the_van_has_a_label_that_can_be_read(wagon: Wagon) -> None:
    parcel = await wagon.booked("van")
    assert (await wagon.shown(parcel)).state == "waiting"
    await wagon.work()
    shown = await wagon.shown(parcel)
    assert (shown.state, shown.form, shown.standing) == ("labelled", "pdf", "announced")
    file: Response = await wagon.ask(actions.label_file, CLERK, parcel=parcel)
    [page] = PdfReader(io.BytesIO(file.body)).pages
    text = page.extract_text()
    assert "Ola Nowak" in text
    assert "31-147 Kraków" in text
    assert f"(00) {shown.tracking}" in text
    assert [round(float(each) / 72 * 25.4) for each in page.mediabox[2:]] == [100, 150]


async def test_a_printer_of_labels_gets_its_own_language(wagon: Wagon) -> None:
    await wagon.carrier("van-zpl", form="zpl")
    parcel = await wagon.booked("van-zpl", recipient=OLA.__class__(name="Ola ^XZ~JR", postcode="31-147"))
    await wagon.work()
    file: Response = await wagon.ask(actions.label_file, parcel=parcel)
    text = file.body.decode()
    assert (file.kind, text[:3], text.count("^XZ")) == ("application/zpl", "^XA", 1)
    assert "^BCN,240,N,N,N^FD>;>800" in text
    assert "Ola _5EXZ_7EJR" in text


async def test_the_van_says_its_prices_and_where_it_does_not_go(wagon: Wagon) -> None:
    async def price(postcode: str, weight: int, country: str = "PL") -> list[tuple[str, int, int | None]]:
        to = {"postcode": postcode, "country": country}
        found = await wagon.ask(actions.rates, weight_g=weight, to=to)
        return [(each.name, each.minor, each.days) for each in found.rates if each.carrier == "van"]

    assert await price("31-042", 5000) == [("Kraków", 900, 1)]
    assert await price("00-950", 2001) == [("Poland", 2500, 2)]
    assert await price("00-950", 30_001) == []
    assert await price("10115", 100, "DE") == []


async def test_what_the_van_does_not_take_waits_for_somebody(wagon: Wagon) -> None:
    parcel = await wagon.booked("van", weight_g=40_000)
    await wagon.work()
    shown = await wagon.shown(parcel)
    assert (shown.state, shown.why) == ("refused", "the van takes no 40000 g to 31-147")
    [told] = await wagon.news("shipping.label-refused", shown.order)
    assert told["parcel"] == str(parcel)
    heavier = [{"name": "Poland", "prices": [{"up_to_g": 50_000, "minor": 9900}]}]
    await wagon.carrier("van", zones=[*ZONES[:1], *heavier])
    await wagon.carrier("van", zones=heavier)
    assert (await wagon.ask(actions.relabel, CLERK, parcel=parcel)).state == "waiting"
    await wagon.work()
    assert (await wagon.shown(parcel)).state == "labelled"
    await wagon.carrier("van", zones=ZONES)


# --- an adversarial carrier -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mishap", ["standard", *(each for each in MISHAPS if each != "refuse")])
async def test_a_parcel_gets_one_label_whatever_goes_wrong(wagon: Wagon, adversary: str, mishap: str) -> None:
    await wagon.carrier(f"sim-{mishap}", kind="karrio", address=adversary, service=mishap)
    parcel = await wagon.booked(f"sim-{mishap}")
    shown = await until_made(wagon, parcel)
    assert shown.state == "labelled", shown
    assert len(await standing_at(adversary, parcel)) == 1
    assert [each["tracking"] for each in await wagon.news("shipping.parcel-labelled", shown.order)] == [shown.tracking]
    file: Response = await wagon.ask(actions.label_file, parcel=parcel)
    assert file.body.startswith(b"%PDF")


async def test_what_a_carrier_refuses_is_told_with_its_reason(wagon: Wagon, adversary: str) -> None:
    await wagon.carrier("sim-refuse", kind="karrio", address=adversary, service="refuse")
    parcel = await wagon.booked("sim-refuse")
    await wagon.work()
    shown = await wagon.shown(parcel)
    assert (shown.state, shown.why) == ("refused", "the parcel is too heavy")
    assert await standing_at(adversary, parcel) == []


async def test_a_carrier_that_is_away_is_asked_again_until_it_is_back(wagon: Wagon, adversary: str) -> None:
    await wagon.carrier("gone", kind="karrio", address="http://127.0.0.1:9", service="standard")
    parcel = await wagon.booked("gone")
    await wagon.work()
    shown = await wagon.shown(parcel)
    assert (shown.state, shown.why, shown.tracking) == ("waiting", "it cannot be reached", None)
    with pytest.raises(Fault) as refused:
        await wagon.ask(actions.label_file, parcel=parcel)
    assert (refused.value.status, refused.value.code) == (404, "no-label")
    await wagon.carrier("gone", kind="karrio", address=adversary, service="standard")
    assert (await until_made(wagon, parcel)).state == "labelled"


async def test_a_crash_between_the_carrier_and_the_book_makes_no_second_label(
    wagon: Wagon, adversary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wagon.carrier("sim-crash", kind="karrio", address=adversary, service="standard")
    parcel = await wagon.booked("sim-crash")

    async def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(labelling, "_keep", dies)
        with pytest.raises(KeyboardInterrupt):
            await wagon.work()
    [made] = await standing_at(adversary, parcel)
    assert (await wagon.shown(parcel)).state == "asking"
    await wagon.work(timedelta(minutes=6))
    assert (await wagon.shown(parcel)).state == "labelled"
    assert await standing_at(adversary, parcel) == [made]


async def test_two_that_ask_for_one_parcel_at_once_make_one_label(wagon: Wagon, adversary: str) -> None:
    await wagon.carrier("sim-race", kind="karrio", address=adversary, service="slow")
    parcel = await wagon.booked("sim-race")
    both = [labelling.label(wagon.world.database, "x", parcel) for _ in range(2)]
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(each, ports.Silent) for each in done) == 1
    assert len(await standing_at(adversary, parcel)) == 1
    assert (await wagon.shown(parcel)).state == "labelled"


async def test_a_label_that_is_not_wanted_any_more_is_taken_back_at_the_carrier(wagon: Wagon, adversary: str) -> None:
    await wagon.carrier("sim-back", kind="karrio", address=adversary, service="standard")
    parcel = await wagon.booked("sim-back")
    await wagon.work()
    order = (await wagon.shown(parcel)).order
    await wagon.ask(actions.cancel_label, CLERK, parcel=parcel)
    await wagon.work()
    assert (await wagon.shown(parcel)).state == "cancelled"
    assert await standing_at(adversary, parcel) == []
    assert len(await wagon.news("shipping.label-cancelled", order)) == 1
    await wagon.ask(actions.relabel, parcel=parcel)
    await wagon.work()
    assert (await wagon.shown(parcel)).state == "labelled"
    assert len(await standing_at(adversary, parcel)) == 1


async def test_a_label_that_comes_after_it_was_given_up_is_taken_back(wagon: Wagon, adversary: str) -> None:
    await wagon.carrier("sim-late", kind="karrio", address=adversary, service="slow")
    parcel = await wagon.booked("sim-late")
    asked = asyncio.create_task(labelling.label(wagon.world.database, "x", parcel))
    await asyncio.sleep(0.2)
    await wagon.ask(actions.cancel_label, parcel=parcel)
    await asked
    assert (await wagon.shown(parcel)).state == "cancelled"
    assert await standing_at(adversary, parcel) == []


# --- whose, and what is known -----------------------------------------------------------------------------------------


async def test_staff_of_a_store_see_to_its_own_parcels(wagon: Wagon) -> None:
    parcel = await wagon.booked("van")
    await wagon.work()
    assert parcel in {each.parcel for each in await wagon.ask(actions.parcels, CLERK)}
    assert await wagon.ask(actions.parcels, STRANGER) == []
    for action in (actions.parcel, actions.label_file, actions.cancel_label, actions.relabel):
        with pytest.raises(Fault) as refused:
            await wagon.ask(action, STRANGER, parcel=parcel)
        assert (refused.value.status, refused.value.code) == (404, "no-consignment")
    with pytest.raises(Fault) as refused:
        await wagon.ask(actions.relabel, CLERK, parcel=parcel)
    assert refused.value.code == "label-stands"


async def test_credentials_are_sealed_and_never_shown(wagon: Wagon, caplog: pytest.LogCaptureFixture) -> None:
    await wagon.carrier("secretive", kind="karrio", address="http://127.0.0.1:9", service="standard")
    await wagon.ask(
        actions.put_credentials, code="secretive", token="key_very_secret", webhook_secret="whsec_even_more"
    )
    [shown] = [each for each in await wagon.ask(actions.carriers) if each.code == "secretive"]
    assert shown.known
    async with wagon.world.database.transaction("commerce") as tx:
        row = await labelling.q.carrier(tx, code="secretive")
        sealed = await tx.value("select sealed from commerce.carrier where code = 'secretive'")
    assert b"secret" not in sealed
    assert ports.opened(row).token == "key_very_secret"
    assert "secret" not in repr(ports.opened(row))
    with pytest.raises(InvalidTag):
        ports.opened(type(row)("another", row.active, row.body, row.sealed))
    await wagon.booked("secretive")
    await wagon.work()
    assert "very_secret" not in caplog.text
    async with wagon.world.database.transaction("kernel") as tx:
        for table in ("kernel.event", "kernel.answer", "kernel.job"):
            assert await tx.value(f"select count(*) from {table} t where t::text like '%very_secret%'") == 0  # noqa: S608 - ours


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "rocket"}, "kind"),
        ({"kind": "karrio"}, "address"),
        ({"kind": "karrio", "address": "http://127.0.0.1:1"}, "address"),
        ({"points": "http://127.0.0.1:1"}, "points"),
    ],
)
async def test_a_carrier_that_cannot_be_asked_is_refused(wagon: Wagon, facts: dict[str, Any], field: str) -> None:
    ports.HERE.plain = False
    try:
        with pytest.raises(Fault) as refused:
            await wagon.carrier("odd", **facts)
    finally:
        ports.HERE.plain = True
    assert (refused.value.status, refused.value.facts["field"]) == (422, field)
    assert "odd" not in {each.code for each in await wagon.ask(actions.carriers)}


async def test_a_carrier_that_nobody_knows_is_labelled_by_hand(wagon: Wagon) -> None:
    with pytest.raises(AssertionError):
        await wagon.booked("by-hand")
    with pytest.raises(Fault) as refused:
        await wagon.ask(actions.put_credentials, code="by-hand", token="x")
    assert refused.value.code == "carrier-unknown"
