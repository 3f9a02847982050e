"""A firm from its first order on account to the bill, told as stories on the real database."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER, Stall
from rynek.commerce.companies import Billable, ports
from rynek.commerce.companies.actions import bill, settle, with_shipped
from rynek.commerce.companies.reactions import forget, note_shipped, release
from rynek.commerce.orders.events import Item, OrderCancelled, UnitsShipped
from rynek.commerce.payments.events import PaymentCaptured, PaymentVoided
from rynek.commerce.payments.reactions import give_back
from rynek.commerce.payments.settlement import settle_due
from rynek.kernel import clock, ids, log
from rynek.kernel.actor import Actor
from rynek.kernel.door import refusal
from rynek.kernel.events import Envelope
from rynek.kernel.faults import Conflict, Fault, Forbidden, Invalid, NotFound
from rynek.kernel.openapi import document
from tests.commerce.companies.conftest import SELLER, Firm, ask, cart_of, customer, firm, place, seat
from tests.news import in_sight


async def account(world: App, of: Firm) -> tuple[int, int]:
    found = (await ask(world, "companies.company", company=of.id)).account
    return found.exposure_minor, found.limit_minor


async def refused(asking: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        await asking
    return caught.value


async def heard(world: App, reaction: Any, *news: Any) -> None:
    """Deliver news twice, the second time the other way round."""
    envelopes = [Envelope("1-1", "x", "x", clock.now(), each) for each in news]
    for each in (envelopes, envelopes[::-1]):
        async with world.database.transaction("commerce") as tx:
            await reaction(tx, each)


async def payment_of(world: App, order: Any) -> Any:
    [found] = await ask(world, "payments.payments", order=order)
    return found


# --- on account -------------------------------------------------------------------------------------------------------


async def test_a_firm_orders_on_account_and_owes_it_until_it_pays(world: App, stall: Stall) -> None:
    of = await firm(world, limit=10_000, terms_days=30)
    cart = await cart_of(world, of.buyer, ("ITEM-00000", 3))
    assert cart.priced.company.company == of.id
    placed = await place(world, of.buyer, cart)
    assert placed.state == "open"
    assert await account(world, of) == (4_500, 10_000)
    [debt] = await ask(world, "companies.owed", company=of.id)
    assert (debt.order, debt.minor, debt.due_on) == (placed.order, 4_500, date.today() + timedelta(days=30))  # noqa: DTZ011
    payment = await payment_of(world, placed.order)
    for reference, minor in (("first", 1_500), ("rest", None)):
        await ask(world, "payments.capture", payment=payment.id, reference=reference, amount_minor=minor)
        said = PaymentCaptured(placed.order, payment.id, "manual", "invoice", "PLN", minor or 3_000)
        await heard(world, release, said)
        left = 3_000 if minor else 0
        assert await account(world, of) == (left, 10_000)
    ledger = await ask(world, "companies.ledger", company=of.id)
    assert {
        account: sum(each.minor for each in ledger if each.account == account) for account in ("owed", "sold", "paid")
    } == {"owed": 0, "sold": -4_500, "paid": 4_500}
    assert await ask(world, "companies.owed", company=of.id) == []
    assert len(await ask(world, "companies.owed", company=of.id, open=False)) == 1
    assert await ask(world, "companies.unbalanced") == []


async def test_what_is_cancelled_is_owed_no_more_and_spends_no_limit(world: App, stall: Stall) -> None:
    of = await firm(world, limit=5_000)
    await seat(world, of.id, of.buyer, period_limit_minor=5_000)
    placed = await place(world, of.buyer, await cart_of(world, of.buyer, ("ITEM-00000", 3)))
    assert (await ask(world, "companies.mine", of.buyer)).period_left_minor == 500
    await ask(world, "orders.cancel", order=placed.order, reason="wrong colour")
    cancelled = [Envelope("1-1", "x", "x", clock.now(), OrderCancelled(placed.order, "wrong colour"))]
    async with world.database.transaction("commerce") as tx:
        await give_back(tx, cancelled)
    await settle_due(world.database)
    payment = await payment_of(world, placed.order)
    assert payment.voided_minor == 4_500
    await heard(world, release, PaymentVoided(placed.order, payment.id, "manual", "invoice", "PLN", 4_500))
    await heard(world, forget, OrderCancelled(placed.order, "wrong colour"))
    assert await account(world, of) == (0, 5_000)
    mine = await ask(world, "companies.mine", of.buyer)
    assert (mine.period_left_minor, mine.credit_left_minor) == (5_000, 5_000)
    assert await ask(world, "companies.unbalanced") == []


async def test_credit_ends_where_it_ends(world: App, stall: Stall) -> None:
    of = await firm(world, limit=4_999)
    cart = await cart_of(world, of.buyer, ("ITEM-00000", 3))
    await place(world, of.buyer, cart)
    more = await cart_of(world, of.buyer, ("ITEM-00000", 1))
    fault = await refused(place(world, of.buyer, more))
    assert (fault.code, fault.facts) == ("credit-spent", {"left_minor": 499})
    assert (await place(world, of.buyer, more, "transfer")).state == "open"
    assert await account(world, of) == (4_500, 4_999)
    in_use = await refused(ask(world, "companies.put_credit", company=of.id, limit_minor=4_000))
    assert (in_use.code, in_use.facts) == ("credit-in-use", {"exposure_minor": 4_500})
    await ask(world, "companies.put_credit", company=of.id, limit_minor=100_000, blocked=True)
    blocked = await refused(place(world, of.buyer, await cart_of(world, of.buyer, ("ITEM-00000", 1))))
    assert (blocked.code, blocked.detail) == ("credit-spent", "the account is blocked")


async def test_consumers_pay_by_invoice_only_where_the_channel_lets_them(world: App, stall: Stall) -> None:
    who = customer()
    cart = await cart_of(world, who, ("ITEM-00000", 1))
    assert (await refused(place(world, who, cart))).code == "tenders-unfit"
    await ask(world, "companies.put_channel", channel="WEB-PL", consumers=True)
    assert (await place(world, who, cart)).state == "open"
    await ask(world, "companies.put_channel", channel="WEB-PL", consumers=False)
    late = await cart_of(world, who, ("ITEM-00000", 1))
    assert (await refused(place(world, who, late))).code == "tenders-unfit"
    assert (await place(world, SELLER, late)).state == "open"


async def test_of_400_buyers_as_many_order_on_account_as_the_credit_holds(world: App, other: App, stall: Stall) -> None:
    """One order comes to 2,500; the credit holds 100 of them and a bit."""
    of = await firm(world, limit=250_100)
    buyers = [customer() for _ in range(400)]
    await asyncio.gather(*(seat(world, of.id, who) for who in buyers))
    carts = await asyncio.gather(*(cart_of(world, who, ("ITEM-00000", 1)) for who in buyers))

    async def one(number: int, who: Actor, cart: Any) -> str:
        try:
            return str((await place((world, other)[number % 2], who, cart)).state)
        except Fault as fault:
            return fault.code

    got = Counter(await asyncio.gather(*(one(n, *each) for n, each in enumerate(zip(buyers, carts, strict=True)))))
    assert got == {"open": 100, "credit-spent": 300}
    assert await account(world, of) == (250_000, 250_100)
    assert await ask(world, "companies.unbalanced") == []


async def test_a_budget_is_never_overspent_by_many_at_once(world: App, other: App, stall: Stall) -> None:
    of = await firm(world)
    units = [
        {"code": "head", "name": "Head", "budget_minor": 26_000},
        {"code": "shop", "name": "Shop", "parent": "head"},
    ]
    await ask(world, "companies.put_units", company=of.id, units=units)
    buyers = [customer() for _ in range(40)]
    await asyncio.gather(*(seat(world, of.id, who, unit=("head", "shop")[n % 2]) for n, who in enumerate(buyers)))
    carts = await asyncio.gather(*(cart_of(world, who, ("ITEM-00000", 1)) for who in buyers))

    async def one(number: int, who: Actor, cart: Any) -> str:
        try:
            return str((await place((world, other)[number % 2], who, cart, "transfer")).state)
        except Fault as fault:
            return fault.code

    got = Counter(await asyncio.gather(*(one(n, *each) for n, each in enumerate(zip(buyers, carts, strict=True)))))
    assert got == {"open": 10, "approval-needed": 30}


async def test_a_damaged_account_is_found(world: App, owner_dsn: str, stall: Stall) -> None:
    """The control of the check: each of the ways in which an account can be wrong is seen."""
    of = await firm(world, limit=10_000)
    placed = await place(world, of.buyer, await cart_of(world, of.buyer, ("ITEM-00000", 1)))
    assert await ask(world, "companies.unbalanced") == []
    owner = await asyncpg.connect(owner_dsn)
    damages = [
        ("update commerce.company_account set exposure_minor = exposure_minor + 1 where company = $1", 0),
        ("update commerce.company_debt set paid_minor = paid_minor + 1 where company = $1", 0),
        ("update commerce.company_entry set minor = minor + 1 where company = $1 and account = 'sold'", 1),
        ("update commerce.company_entry set minor = minor + 1 where company = $1 and account = 'owed'", 1),
    ]
    for damage, uneven in damages:
        await owner.execute(damage, of.id)
        [found] = await ask(world, "companies.unbalanced")
        assert (found.company, found.uneven) == (of.id, uneven)
        await owner.execute(damage.replace("+ 1", "- 1"), of.id)
        assert await ask(world, "companies.unbalanced") == []
    await owner.close()
    async with world.database.transaction("commerce") as tx:
        await settle(tx, [placed.order, ids.new()])
    assert await account(world, of) == (2_500, 10_000)


# --- terms ------------------------------------------------------------------------------------------------------------


async def test_a_firm_of_another_country_pays_no_vat_once_its_number_is_proved(
    world: App, stall: Stall, vies: list[Any]
) -> None:
    of = await firm(world, limit=100_000, vat_id="de 136.695.976", tax="reverse-charge")
    berlin = {"name": "Muster", "street": "Hauptstr. 1", "city": "Berlin", "postcode": "10115", "country": "DE"}
    rate = {"country": "DE", "category": "standard", "rate_bp": 1900, "label": "19%"}
    await ask(world, "pricing.put_tax_rates", rates=[rate])
    before = await cart_of(world, of.buyer, ("ITEM-00000", 1), address=berlin)
    assert (before.priced.tax > 0, before.priced.company.tax) == (True, "standard")
    proof = await ask(world, "companies.prove", company=of.id)
    assert (proof.valid, proof.name, proof.address) == (True, "MUSTER GMBH", "Hauptstr. 1 10115 BERLIN")
    assert vies == [
        {
            "countryCode": "DE",
            "vatNumber": "136695976",
            "requesterMemberStateCode": "PL",
            "requesterNumber": "5260250995",
        }
    ]
    cart = await cart_of(world, of.buyer, ("ITEM-00000", 1), address=berlin)
    firm_of, line = cart.priced.company, cart.priced.lines[0]
    assert (firm_of.tax, firm_of.proof) == ("reverse-charge", "WAPIAAAAZ12")
    assert (line.net, line.tax, line.gross, line.rate_bp, line.label) == (813, 0, 813, 0, "0 WDT")
    assert (cart.priced.country, cart.priced.tax, cart.priced.total) == ("DE", 0, 813 + 1220)
    placed = await place(world, of.buyer, cart)
    order = await ask(world, "orders.order", of.buyer, order=placed.order)
    said = msgspec.json.decode(bytes(order.agreed))["priced"]["company"]
    assert (said["vat_id"], "138" in said["reason"]) == ("DE136695976", True)
    assert (await ask(world, "checkout.explain_order", order=placed.order)).company.tax == "reverse-charge"
    at_home = await cart_of(world, of.buyer, ("ITEM-00000", 1))
    assert at_home.priced.company.tax == "standard"
    with clock.at(clock.now() + timedelta(days=91)):
        late = await cart_of(world, of.buyer, ("ITEM-00000", 1), address=berlin)
    assert late.priced.company.tax == "standard"


async def test_a_number_that_is_nobodys_proves_nothing(world: App, stall: Stall, vies: list[Any]) -> None:
    of = await firm(world, vat_id="DE811907980", tax="reverse-charge")
    assert (await ask(world, "companies.prove", company=of.id)).valid is False
    cart = await cart_of(world, of.buyer, ("ITEM-00000", 1), country="PL")
    assert cart.priced.company.tax == "standard"


@pytest.mark.parametrize(
    ("digits", "code"), [("200", "register-away"), ("300", "vat-id-wrong"), ("400", "register-away")]
)
async def test_a_register_that_is_away_is_no_answer(vies: list[Any], digits: str, code: str) -> None:
    fault = await refused(ports.register().check(f"NL000000{digits}"))
    assert fault.code == code


async def test_nobody_there_is_no_answer_either() -> None:
    assert (await refused(ports.Vies("http://127.0.0.1:9").check("PL5260250995"))).code == "register-away"


async def test_that_the_register_is_away_is_told_as_the_document_says(world: App, stall: Stall) -> None:
    of = await firm(world, vat_id="DE811907980")
    asked = ports.register()
    ports.use(ports.Vies("http://127.0.0.1:9"))
    try:
        answer = refusal(await refused(ask(world, "companies.prove", company=of.id)), "companies.prove")
    finally:
        ports.use(asked)
    assert (answer.status, answer.headers) == (503, (("retry-after", "60"),))
    said = document(world.door.registry, "Rynek", "0")["paths"]["/companies/{company}/vat-proofs"]["post"]
    kinds = said["responses"]["503"]["content"]["application/problem+json"]["schema"]["allOf"][1]
    assert "/docs/faults#register-away" in kinds["properties"]["type"]["enum"]
    assert "Retry-After" in said["responses"]["503"]["headers"]


async def test_an_exempt_firm_pays_net_through_the_last_day(world: App, stall: Stall) -> None:
    today = datetime.now(UTC).date()
    of = await firm(world, tax="exempt", certificate="ZW 12/2026", exempt_until=today)
    cart = await cart_of(world, of.buyer, ("ITEM-00000", 1))
    assert (cart.priced.total, cart.priced.rates[0].label) == (813 + 1220, "zw")
    assert cart.priced.company.reason == "exempt by certificate ZW 12/2026"
    with clock.at(datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1)):
        assert (await ask(world, "checkout.cart", of.buyer, cart=cart.id)).priced.total == 2_500


async def test_a_firm_pays_its_negotiated_prices_and_its_member_own_ones(world: App, stall: Stall) -> None:
    of = await firm(world, price_group="wholesale")
    for group, minor in (("wholesale", 500), ("friends", 400)):
        listed = {"code": group.upper(), "name": group, "currency": "PLN", "customer_group": group, "basis": "net"}
        await ask(world, "pricing.put_lists", lists=[listed])
        await ask(world, "pricing.put_prices", prices=[{"list": group.upper(), "sku": "ITEM-00001", "minor": minor}])
    cart = await cart_of(world, of.buyer, ("ITEM-00001", 2))
    assert (cart.priced.lines[0].net, cart.priced.lines[0].tax) == (1_000, 230)
    await ask(world, "checkout.put_group", KEEPER, customer=of.buyer.id, price_group="friends")
    assert (await cart_of(world, of.buyer, ("ITEM-00001", 2))).priced.lines[0].net == 800


async def test_a_firm_buys_within_its_assortment(world: App, stall: Stall) -> None:
    made = [{"code": "tools", "name": "Tools"}, {"code": "saws", "name": "Saws", "parent": "tools"}]
    await ask(world, "catalog.put_categories", KEEPER, categories=made)
    await ask(world, "catalog.put_brands", KEEPER, brands=[{"code": "acme", "name": "Acme"}])
    products = [
        {"code": "ITEM-00010", "name": "Saw", "categories": ["saws"], "variants": [{"sku": "ITEM-00010"}]},
        {
            "code": "ITEM-00011",
            "name": "Acme",
            "brand": "acme",
            "categories": ["saws"],
            "variants": [{"sku": "ITEM-00011"}],
        },
    ]
    await ask(world, "catalog.put_products", KEEPER, products=products)
    only = {"allowed_categories": ["tools"], "blocked_brands": ["acme"], "allowed_skus": ["ITEM-00012"]}
    of = await firm(world, assortment=only)
    assert (await cart_of(world, of.buyer, ("ITEM-00010", 1), ("ITEM-00012", 1))).priced.lines
    fault = await refused(cart_of(world, of.buyer, ("ITEM-00010", 1), ("ITEM-00011", 1), ("ITEM-00013", 1)))
    assert (fault.code, fault.facts["skus"]) == ("not-sellable", ["ITEM-00011", "ITEM-00013"])
    assert (await cart_of(world, customer(), ("ITEM-00011", 1))).priced.lines


@pytest.mark.parametrize(
    "terms",
    [
        {"vat_id": "PL5260250996"},
        {"tax": "reverse-charge"},
        {"tax": "exempt"},
        {"tax": "exempt", "certificate": "ZW"},
    ],
)
async def test_terms_lack_nothing_they_are_proved_by(world: App, terms: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await firm(world, **terms)


async def test_an_account_stays_in_the_currency_that_was_ordered_in(world: App, stall: Stall) -> None:
    of = await firm(world, limit=10_000)
    terms = msgspec.to_builtins((await ask(world, "companies.company", company=of.id)).terms)
    await ask(world, "companies.put", company=of.id, **terms | {"currency": "EUR"})
    fault = await refused(place(world, of.buyer, await cart_of(world, of.buyer, ("ITEM-00000", 1))))
    assert fault.detail == "the account is kept in EUR"
    await ask(world, "companies.put", company=of.id, **terms)
    await place(world, of.buyer, await cart_of(world, of.buyer, ("ITEM-00000", 1)))
    with pytest.raises(Invalid):
        await ask(world, "companies.put", company=of.id, **terms | {"currency": "EUR"})
    await ask(world, "companies.put", company=of.id, **terms | {"active": False})
    assert (await cart_of(world, of.buyer, ("ITEM-00000", 1))).priced.company is None


# --- people -----------------------------------------------------------------------------------------------------------


async def test_an_admin_invites_people_and_sees_to_their_seats(world: App, stall: Stall) -> None:
    of = await firm(world)
    boss, newcomer = customer(), customer()
    await seat(world, of.id, boss, role="admin")
    invited = await ask(
        world, "companies.invite", boss, company=of.id, unit="head", name="Jan", order_limit_minor=2_000
    )
    joined = await ask(world, "companies.join", newcomer, token=invited.token)
    assert (joined.company, joined.role, joined.order_limit_minor) == (of.id, "buyer", 2_000)
    assert (await refused(ask(world, "companies.join", customer(), token=invited.token))).code == "invitation-gone"
    fault = await refused(place(world, newcomer, await cart_of(world, newcomer, ("ITEM-00000", 1)), "transfer"))
    assert (fault.code, fault.facts["limit"], fault.facts["left_minor"]) == ("approval-needed", "order", 2_000)
    changed = {"unit": "head", "name": "Jan", "order_limit_minor": 3_000}
    await ask(world, "companies.put_member", boss, company=of.id, customer=newcomer.id, **changed)
    cart = await cart_of(world, newcomer, ("ITEM-00000", 1))
    assert (await place(world, newcomer, cart, "transfer")).state == "open"
    unsettled = await cart_of(world, newcomer, ("ITEM-00000", 1))
    await ask(world, "companies.drop_member", boss, company=of.id, customer=newcomer.id)
    assert (await refused(place(world, newcomer, unsettled, "transfer"))).code == "buyer-changed"
    assert (await ask(world, "checkout.cart", newcomer, cart=unsettled.id)).priced.company is None
    assert (await place(world, newcomer, unsettled, "transfer")).state == "open"
    assert await ask(world, "companies.mine", newcomer) is None


async def test_invitations_end(world: App, stall: Stall) -> None:
    of = await firm(world)
    invited = await ask(world, "companies.invite", company=of.id, unit="head", name="Late")
    with clock.at(clock.now() + timedelta(days=15)):
        assert (await refused(ask(world, "companies.join", customer(), token=invited.token))).code == "invitation-gone"
    elsewhere = await firm(world)
    with pytest.raises(Conflict):
        await ask(world, "companies.join", elsewhere.buyer, token=invited.token)


async def test_nobody_reaches_into_another_company(world: App, stall: Stall) -> None:
    ours, theirs = await firm(world), await firm(world)
    boss = customer()
    await seat(world, ours.id, boss, role="admin")
    stranger = {"company": theirs.id}
    head: dict[str, Any] = {"unit": "head", "name": "X"}
    trials: list[tuple[str, dict[str, Any]]] = [
        ("companies.company", {}),
        ("companies.owed", {}),
        ("companies.put_units", {"units": [{"code": "head", "name": "Mine now"}]}),
        ("companies.put_member", {"customer": theirs.buyer.id, **head}),
        ("companies.put_member", {"customer": boss.id, **head}),
        ("companies.drop_member", {"customer": theirs.buyer.id}),
        ("companies.invite", head),
    ]
    for operation, more in trials:
        with pytest.raises(NotFound):
            await ask(world, operation, boss, **stranger, **more)
    for customer_id in (theirs.buyer.id, ids.new()):
        with pytest.raises(NotFound):
            await ask(world, "companies.put_member", boss, company=ours.id, customer=customer_id, **head)
    with pytest.raises(Forbidden):
        await ask(world, "companies.invite", ours.buyer, company=ours.id, **head)
    with pytest.raises(Forbidden):
        await ask(world, "companies.company", ours.buyer, company=ours.id)
    with pytest.raises(Invalid):
        await ask(world, "companies.put_member", company=ours.id, customer=theirs.buyer.id, **head)


async def test_units_make_a_tree(world: App, stall: Stall) -> None:
    of = await firm(world)
    for units in (
        [{"code": "a", "name": "A", "parent": "b"}, {"code": "b", "name": "B", "parent": "a"}],
        [{"code": "a", "name": "A", "parent": "nowhere"}],
        [{"code": "a", "name": "A"}, {"code": "a", "name": "A"}],
    ):
        with pytest.raises(Invalid):
            await ask(world, "companies.put_units", company=of.id, units=units)
    assert [each.code for each in (await ask(world, "companies.company", company=of.id)).units] == ["head"]


# --- finding, and what is invoiced together ---------------------------------------------------------------------------


async def test_companies_are_found_by_name_and_number(world: App, stall: Stall) -> None:
    one, two = await firm(world, name="Żuraw A", vat_id="PL8567346215"), await firm(world, name="Żuraw B")
    found = await ask(world, "companies.companies", text="żuraw")
    assert [each.id for each in found] == [one.id, two.id]
    assert [each.id for each in await ask(world, "companies.companies", text="żuraw", after=one.id)] == [two.id]
    assert one.id in [each.id for each in await ask(world, "companies.companies", text="pl856")]
    assert found[0].members == 1


async def test_a_months_orders_are_on_one_invoice(world: App, stall: Stall) -> None:
    of = await firm(world, limit=100_000, invoicing="month")
    orders = [
        (await place(world, of.buyer, await cart_of(world, of.buyer, ("ITEM-00000", n)))).order for n in (1, 2, 3)
    ]
    may, june = datetime(2026, 5, 10, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)
    for order, at in zip(orders, (may, may, june), strict=True):
        async with world.database.transaction("commerce") as tx:
            for _ in range(2):
                gone = UnitsShipped(order, "P-1", 1_000, [Item("ITEM-00000", 1, 1_000)])
                await note_shipped(tx, [Envelope("1-1", "x", "x", at, gone)])
    with clock.at(datetime(2026, 6, 15, tzinfo=UTC)):
        [group] = await ask(world, "companies.billable", company=of.id)
    assert (set(group.orders), group.begins_on, group.ends_on) == (set(orders[:2]), date(2026, 5, 1), date(2026, 5, 31))
    assert group.total_minor == 2 * 1_000
    assert [each.items for each in group.deliveries] == [{"ITEM-00000": 1}] * 2
    invoice = ids.new()

    async def billed(number: int) -> str:
        try:
            async with world.database.transaction("commerce") as tx:
                await bill(tx, group, invoice if number == 0 else ids.new())
        except Conflict:
            return "refused"
        return "billed"

    assert Counter(await asyncio.gather(*(billed(n) for n in range(8)))) == {"billed": 1, "refused": 7}
    with clock.at(datetime(2026, 7, 1, tzinfo=UTC)):
        [rest] = await ask(world, "companies.billable", company=of.id)
    assert rest.orders == orders[2:]
    assert isinstance(rest, Billable)
    async with world.database.transaction("commerce") as tx:
        assert of.id in await with_shipped(tx)


async def test_reactions_follow_the_log(world: App, stall: Stall) -> None:
    """The whole way by the log: cancelled, let go by the payment, and owed no more."""
    of = await firm(world, limit=10_000)
    await log.enrol(world.database)
    placed = await place(world, of.buyer, await cart_of(world, of.buyer, ("ITEM-00000", 1)))
    await ask(world, "orders.cancel", order=placed.order, reason="mistake")
    for name in ("commerce.payments.give_back", "commerce.companies.forget"):
        await in_sight(world.database)
        while await log.advance(world.database, log.REACTIONS[name]):
            pass
    await settle_due(world.database)
    await in_sight(world.database)
    while await log.advance(world.database, log.REACTIONS["commerce.companies.release"]):
        pass
    assert await account(world, of) == (0, 10_000)
