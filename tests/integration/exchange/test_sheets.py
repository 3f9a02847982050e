"""Every sheet there is comes in, goes out and is taken back; what people maintain has one, or a reason why not."""

import tomllib
from importlib.resources import files
from typing import Any

import msgspec
import pytest

from rynek.app import App
from rynek.bench.stall import set_up
from rynek.console import pages
from rynek.kernel.operations import Operation, Registry
from rynek.kernel.sheets import SHEETS, Sheet
from tests.integration.exchange.files import ADMIN, X, brought, counts, done, refused, sent, taken_out
from tests.integration.exchange.tables import TABLES, furnished

NO_SHEET = {
    "commerce.pos.put_return_rule": "a store's three numbers, declared by hand by who answers for them",
    "commerce.amendments.put_window": "how long buyers may change an order: a channel's one setting",
    "commerce.checkout.put_group": "one customer's group: the sheet is price-groups",
    "commerce.companies.put": "a company is taken in by a person, with its proof of VAT and its credit; no table yet",
    "commerce.companies.put_channel": "a switch, thrown by hand",
    "commerce.companies.put_credit": "how much a company may owe: decided one by one, by who answers for it",
    "commerce.companies.put_member": "who may buy for a company: its own admins say so, one by one",
    "commerce.companies.put_units": "how a company is organised: its own admins keep that; no table yet",
    "commerce.documents.put_exchange_rates": "a bank's table of each day, as a program fetches it",
    "commerce.inventory.count_lots": "lots found at the shelf, posted once, as a scanner reads them; no table yet",
    "commerce.inventory.receive": "goods that came: a document with a number, posted once",
    "commerce.inventory.announce": "goods that will come: a document with a number, posted once",
    "commerce.inventory.adjust": "a movement with its reason, posted once; what there is is counted by stock-counts",
    "commerce.inventory.send": "a transfer: goods leave when it is written",
    "commerce.fulfilment.box": "parcels of tasks that were picked: work, not data",
    "commerce.fulfilment.confirm": "tasks that were picked: work, not data",
    "commerce.fulfilment.put_bins": "where things lie in a shop: its own staff say so as they walk; no table yet",
    "commerce.fulfilment.put_areas": "where postcodes lie: a country's list, as it is published",
    "commerce.fulfilment.put_routing": "a channel's few criteria: weighed against each other on one page",
    "commerce.payments.hear": "what a provider says of a payment, signed by it",
    "commerce.pos.sell": "receipts, as tills send them",
    "commerce.quotes.put_template": "a buyer's own list, with its own file of lines",
    "commerce.reconciliation.receive": "a bank's or provider's statement, in its own format, read once",
    "commerce.repricing.decide": "a person's approval of each move",
    "commerce.repricing.look_now": "an order to look, not data",
    "commerce.repricing.put_switch": "a switch that moves all prices of a channel at once: thrown by hand",
    "commerce.returns.delivered": "one order's day, as its carrier tells",
    "commerce.returns.put_exemptions": "what the law lets a shop not take back: decided by a person, few",
    "commerce.returns.put_policy": "a channel's one policy of returns",
    "commerce.checkout.move_window": "a buyer's other hours for one order",
    "commerce.shipping.put_points": "lockers: thousands, fetched from where their carrier lists them; no table yet",
    "commerce.shipping.put_windows": "hours of each day, as a planner sends them; no table yet",
    "commerce.shipping.put_carrier": "a carrier and its contract: few, taken in by a person",
    "commerce.shipping.put_credentials": "what we are known by at a carrier: secrets are in no file",
    "commerce.shipping.hear": "what a carrier says of parcels, signed by it",
    "commerce.subscriptions.readdress": "a customer says where it comes, with its price before the eyes",
    "commerce.subscriptions.repay": "how a customer pays: a provider's token, which is in no file",
    "commerce.subscriptions.swap": "a customer says what comes, with its price before the eyes",
    "commerce.wallets.block": "one card, blocked by whoever doubts it",
    "commerce.wallets.put_programme": "a channel's one programme of points",
    "integration.exchange.upload": "the file of an import",
    "integration.exchange.settle": "how one file is read",
    "integration.exchange.put_mapping": "how files are read; it names columns of the sheets themselves",
    "integration.webhooks.change": "its secret is shown once to who makes it, and events are what that person may see",
    "integration.webhooks.set_personal": "whether others are told who somebody is: decided one by one",
    "integration.webhooks.switch": "a switch, thrown by hand",
    "security.assign": "rights are given one by one, by a person",
    "security.bring_in": "customers' accounts with their passwords' hashes: no file that people keep",
}
"""Operations that write what people maintain, and why it is not maintained in tables."""


@pytest.fixture(scope="module", autouse=True)
async def stall(world: App) -> None:
    await set_up(world)
    await furnished(world)


def maintained(registry: Registry) -> dict[str, Operation]:
    """List the operations by which people maintain data: what is put, and what is written in bulk."""
    return {
        name: each
        for name, each in registry.by_name.items()
        if each.style != "read" and (each.method == "PUT" or each.rate == "bulk") and each.shown
    }


def unsaid(registry: Registry) -> set[str]:
    return {*maintained(registry)} - {each.put for each in SHEETS.values()} - {*NO_SHEET}


def test_what_people_maintain_has_a_sheet_or_a_reason_why_not(world: App, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unsaid(world.door.registry) == set()
    assert {*NO_SHEET} <= {*maintained(world.door.registry)}, "a reason for what there is not"
    assert not {*NO_SHEET} & {each.put for each in SHEETS.values()}
    monkeypatch.delitem(SHEETS, "brands")
    assert unsaid(world.door.registry) == {"commerce.catalog.put_brands"}


def test_every_sheet_has_an_example_and_a_name_in_both_languages() -> None:
    assert set(TABLES) == set(SHEETS)
    for language in ("en", "pl"):
        words = tomllib.loads((files(pages) / f"words/{language}.toml").read_text())
        assert set(words["sheet"]) == set(SHEETS)


@pytest.mark.parametrize("sheet", list(TABLES))
async def test_every_sheet_comes_in_goes_out_and_is_taken_back(world: App, sheet: str) -> None:
    who, file, changed = TABLES[sheet]
    rows = len(file.splitlines()) - 1
    before = await taken_out(world, sheet, ADMIN)
    run = await brought(world, sheet, file, who)
    assert (run.state, run.refused) == ("done", 0), (run.error, await refused(world, run, who))
    assert run.new + run.changed == rows
    again = await brought(world, sheet, file, who)
    assert counts(again) == ("done", 0, 0, rows, 0)
    whole = await taken_out(world, sheet, ADMIN)
    if changed:
        run2 = await brought(world, sheet, changed, who)
        assert (run2.new, run2.refused) == (0, 0), await refused(world, run2, who)
        assert run2.changed > 0
        undone = await done(world, run2, "undo", who)
        assert undone.state == "done"
        if sheet != "competitor-prices":
            assert undone.refused == 0, await refused(world, undone, who)
            assert await taken_out(world, sheet, ADMIN) == whole
    undone = await done(world, run, "undo", who)
    assert undone.state == "done", undone.error
    told = {reason for *_, reason in await refused(world, undone, who)}
    assert told <= {
        f"what is new in {sheet} is not taken out again",
        "it stays: what is older changes nothing there",
        "somebody has changed it since; it stays",
    }
    if not told and sheet not in (
        "stock-counts",
        "safety-stock",
        "beyond-stock",
        "delivery-options",
        "promotions",
        "coupons",
        "document-series",
        "subscription-plans",
    ):
        assert await taken_out(world, sheet, ADMIN) == before
    await brought(world, sheet, file, who)


async def amiss(world: App, sheet: str, wanted: str) -> list[Any]:
    """Take a sheet out and bring it in again; gives what that changed or lost."""
    whole = await taken_out(world, sheet, ADMIN, format=wanted)
    same = await brought(world, sheet, whole, ADMIN, name=f"same.{wanted}")
    found = [each for each in (same.error, same.new, same.changed, same.refused) if each]
    return found or ([] if same.unchanged else ["nothing came out"])


@pytest.mark.parametrize("wanted", ["csv", "xlsx", "jsonl"])
@pytest.mark.parametrize("sheet", sorted(TABLES))
async def test_what_comes_out_goes_in_and_changes_nothing(world: App, sheet: str, wanted: str) -> None:
    who, file, _ = TABLES[sheet]
    await brought(world, sheet, file, who)
    assert await amiss(world, sheet, wanted) == []


BROKEN = [
    ("promotions", {"within": None}),
    ("stock-counts", {"renamed": {}}),
    ("prices", {"key": ("list", "minimum")}),
]


@pytest.mark.parametrize(("sheet", "wrong"), BROKEN, ids=[sheet for sheet, _ in BROKEN])
async def test_a_sheet_that_is_broken_is_found(
    world: App, sheet: str, wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    who, file, _ = TABLES[sheet]
    await brought(world, sheet, file, who)
    broken: Sheet = msgspec.structs.replace(SHEETS[sheet], **wrong)
    monkeypatch.setitem(SHEETS, sheet, broken)
    try:
        found = await amiss(world, sheet, "csv")
    except Exception as error:  # noqa: BLE001 - however it shows
        found = [error]
    assert found


async def test_rows_that_name_no_key_are_the_same_rows_when_they_come_again(world: App) -> None:
    file = "language,words,one_way\npl,kawa|mała czarna,\npl,kawa|espresso,tak\n"
    run = await brought(world, "synonyms", file)
    assert counts(run) == ("done", 2, 0, 0, 0), await refused(world, run)
    again = await brought(world, "synonyms", file)
    assert counts(again) == ("done", 0, 0, 2, 0)
    kept = await world.door.ask(ADMIN, "commerce.search.synonyms")
    one = next(each for each in kept if each.words == ["kawa", "espresso"])
    run = await brought(world, "synonyms", f"id,language,words,one_way\n{one.id},pl,kawa|espresso|lungo,tak\n")
    assert counts(run) == ("done", 0, 1, 0, 0), await refused(world, run)
    after = await world.door.ask(ADMIN, "commerce.search.synonyms")
    assert len(after) == len(kept)
    assert next(each for each in after if each.id == one.id).words == ["kawa", "espresso", "lungo"]


async def test_codes_are_the_same_in_any_case(world: App) -> None:
    run = await brought(world, "coupons", "coupon,promotion,uses\nzima-26,CODED,5\nZIMA-26,CODED,6\n")
    assert (run.state, run.new, run.refused) == ("done", 1, 1)
    assert await refused(world, run) == [(3, "coupon", "ZIMA-26", "line 2 is of the same coupon")]
    run = await brought(world, "coupons", "coupon,promotion,uses\nZima-26,CODED,7\n")
    assert counts(run) == ("done", 0, 1, 0, 0)
    undone = await done(world, run, "undo")
    assert (undone.changed, undone.refused) == (1, 0)
    [kept] = await world.door.ask(ADMIN, "commerce.promotions.codes", coupons=["zima-26"])
    assert (kept.coupon, kept.uses) == ("ZIMA-26", 5)


async def test_rows_written_one_by_one_are_refused_one_by_one(world: App) -> None:
    file = "name,query,act,target\nA,herbata,redirect,/shop/x\nB,herbata,redirect,https://elsewhere.example\n"
    run = await brought(world, "search-rules", file)
    assert (run.state, run.new, run.refused) == ("done", 1, 1)
    [(line, *_, reason)] = await refused(world, run)
    assert (line, reason) == (3, "a redirect leads to an address in the shop: /shop/…")


async def test_a_page_of_a_sheet_ends_where_the_next_begins(world: App) -> None:
    """More rows than a page holds, of a sheet whose listing counts items and of one that counts customers."""
    skus = [f"P{number:04}" for number in range(620)]
    await brought(world, "products", "code,name,variant.sku\n" + "".join(f"{each},{each},{each}\n" for each in skus))
    costs = "sku,currency,amount\n" + "".join(f"{each},PLN,1.00\n{each},EUR,2.00\n" for each in skus)
    run = await brought(world, "unit-costs", costs)
    assert counts(run) == ("done", 1240, 0, 0, 0), await refused(world, run)
    body = await taken_out(world, "unit-costs", ADMIN)
    assert sum(line.startswith(b"P0") for line in body.splitlines()) == 1240
    run = await sent(world, "unit-costs", body, ADMIN)
    run = await done(world, run, who=ADMIN, rehearse=True)
    assert (run.new, run.changed, run.refused) == (0, 0, 0)
    assert (await world.door.ask(ADMIN, X + "differences", exchange=run.id)).rows == []
