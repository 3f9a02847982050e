"""Points: earned when an order is shipped, gone again with what comes back, worth money, gone after their months."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from rynek.app import App
from rynek.bench.stall import set_up
from rynek.commerce.orders.events import OrderPlaced, OrderShipped
from rynek.commerce.payments import Done, actions
from rynek.commerce.wallets.model import NoProgramme, NotYours, TiersUnfit
from rynek.commerce.wallets.reactions import earn, sweep
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.events import Envelope
from rynek.kernel.faults import Forbidden
from tests.commerce.payments import shop
from tests.commerce.wallets.purse import (
    FINANCE,
    GUEST,
    ask,
    balanced,
    credited,
    customer,
    due,
    react,
    wallets,
)

TIERS = [
    {"name": "Guest of the house", "from_minor": 0, "multiplier_bp": 10_000},
    {"name": "Friend of the house", "from_minor": 500_00, "multiplier_bp": 15_000},
]


@pytest.fixture(scope="module", autouse=True)
async def programme(world: App) -> None:
    """Give a point for each 1.00 bought; it pays 0.02 for a year."""
    await set_up(world, 3)
    given: dict[str, Any] = {"per_minor": 100, "point_minor": 2, "months": 12, "tiers": TIERS}
    await ask(world, "put_programme", channel="WEB-PL", programme=given)


async def points(world: App, who: Actor) -> int:
    return sum(each.balance_minor for each in (await ask(world, "mine", who)).accounts if each.kind == "points")


async def bought(world: App, who: Actor, minor: int) -> shop.Order:
    order = await shop.placed(world.database, shop.manual(minor), owner=who)
    await shop.ship(world.database, order)
    await react(world.database)
    return order


async def test_a_shipped_order_earns_and_what_comes_back_takes_its_part(world: App) -> None:
    ola = customer()
    order = await shop.placed(world.database, shop.manual(250_99), owner=ola)
    await react(world.database)
    assert await points(world, ola) == 0
    await shop.ship(world.database, order)
    await react(world.database)
    assert await points(world, ola) == 250
    await credited(world.database, order.id, 100_00)
    await react(world.database)
    assert await points(world, ola) == 150
    [account] = (await ask(world, "mine", ola)).accounts
    told = await ask(world, "entries", ola, account=account.id)
    assert [(each.why, each.minor, each.order) for each in told] == [
        ("reversed", 100, order.id), ("earned", 250, order.id)
    ]  # fmt: skip
    await balanced(world)


async def test_news_heard_twice_and_in_any_order_earns_once(world: App) -> None:
    ola = customer()
    order = await shop.placed(world.database, shop.manual(80_00), owner=ola)
    await shop.ship(world.database, order)
    placed = OrderPlaced(order.id, 1, ids.new(), "WEB-PL", "customer", ola.id, "PLN", 80_00, 0, [])
    for news in ([OrderShipped(order.id)], [placed], [OrderShipped(order.id), placed, placed], [placed]):
        async with world.database.transaction("commerce") as tx:
            await earn(tx, [Envelope("1-1", "", str(order.id), clock.now(), each) for each in news])
    await react(world.database)
    assert await points(world, ola) == 80
    await balanced(world)


async def test_guests_and_what_was_never_shipped_earn_nothing(world: App) -> None:
    ola = customer()
    order = await shop.placed(world.database, shop.manual(80_00), owner=ola)
    await shop.placed(world.database, shop.manual(80_00), owner=GUEST)
    await shop.cancel(world.database, order)
    await react(world.database)
    assert (await ask(world, "wallet", customer=ola.id)).accounts == []
    assert (await ask(world, "wallet", customer=GUEST.id)).accounts == []


async def test_a_tier_is_reached_tells_what_is_missing_and_multiplies(world: App) -> None:
    ola = customer()
    await bought(world, ola, 400_00)
    standing = (await ask(world, "mine", ola, channel="WEB-PL")).standing
    assert (standing.tier.name, standing.missing_minor, standing.points) == ("Guest of the house", 100_00, 400)
    assert (standing.worth_minor, standing.following.name) == (8_00, "Friend of the house")
    await bought(world, ola, 100_00)
    standing = (await ask(world, "mine", ola, channel="WEB-PL")).standing
    assert (standing.tier.name, standing.missing_minor, standing.following) == ("Friend of the house", None, None)
    await bought(world, ola, 10_00)
    assert await points(world, ola) == 515
    with clock.at(clock.now() + timedelta(days=366)):
        assert (await ask(world, "mine", ola, channel="WEB-PL")).standing.spent_minor == 0


async def test_points_pay_and_come_back_and_may_be_owed(world: App) -> None:
    ola, provider = customer(), wallets(world.database)
    order, payment = await bought(world, ola, 100_00), ids.new()
    claimed = await ask(world, "claim_own", ola, kind="points", channel="WEB-PL")
    assert (claimed.balance_minor, claimed.currency) == (2_00, "PLN")
    first = due(payment, "a", "authorise", 1_51, claimed.token, "points")
    assert await provider.authorise(first) == Done(str(payment), 1_51)
    assert await points(world, ola) == 24
    await provider.capture(due(payment, "c-1", "capture", 1_00))
    await provider.capture(due(payment, "c-2", "capture", 51))
    await provider.refund(due(payment, "r", "refund", 51))
    assert await points(world, ola) == 24 + 76 - 76 * 1_00 // 1_51 - 1
    await provider.refund(due(payment, "r-2", "refund", 50))
    held = await points(world, ola)
    await credited(world.database, order.id, 100_00)
    await react(world.database)
    assert await points(world, ola) == held - 100 < 0
    assert (await ask(world, "claim_own", ola, kind="points", channel="WEB-PL")).balance_minor == 0
    await balanced(world)


async def test_points_lapse_first_in_first_out(world: App) -> None:
    ola = customer()
    await bought(world, ola, 100_00)
    with clock.at(clock.now() + timedelta(days=100)):
        await bought(world, ola, 50_00)
        claimed = await ask(world, "claim_own", ola, kind="points", channel="WEB-PL")
        spent = due(ids.new(), "a", "authorise", 60, claimed.token, "points")
        assert isinstance(await wallets(world.database).authorise(spent), Done)
    for days, left in ((360, 120), (370, 50), (480, 0)):
        with clock.at(clock.now() + timedelta(days=days)):
            async with world.database.transaction("commerce") as tx:
                await sweep(tx)
            assert await points(world, ola) == left
    await balanced(world)


async def test_a_cart_is_placed_with_points_credit_and_a_card(world: App) -> None:
    """The journey through checkout: three tenders of one wallet and the rest by transfer."""
    ola, home = (
        customer(),
        {"name": "Ola", "street": "Prosta 1", "city": "Warszawa", "postcode": "00-001", "country": "PL"},
    )
    await bought(world, ola, 300_00)
    await ask(world, "give", customer=ola.id, reference=ids.new().hex, currency="PLN", amount_minor=5_00, why="sorry")
    tokens = {
        kind: (await ask(world, "claim_own", ola, kind=kind, channel="WEB-PL")).token
        for kind in ("points", "store-credit")
    }
    cart = await world.door.ask(
        ola, "commerce.checkout.open_cart", channel="WEB-PL", email="ola@example.com", address=home, delivery="courier",
        lines=[{"sku": "ITEM-00001", "quantity": 3}],
    )  # fmt: skip
    rest = cart.priced.total - 6_00 - 5_00
    tenders = [
        {"provider": "wallet", "method": "points", "amount_minor": 6_00, "token": tokens["points"]},
        {"provider": "wallet", "method": "store-credit", "amount_minor": 5_00, "token": tokens["store-credit"]},
        {"method": "transfer", "amount_minor": rest},
    ]
    order = await world.door.ask(ola, "commerce.checkout.place", cart=cart.id, tenders=tenders)
    order_id: UUID = order.order
    for payment in await world.door.ask(ola, actions.payments, order=order_id):
        if payment.state == "open":
            await world.door.ask(ola, actions.authorise, payment=payment.id)
    known = await world.door.ask(ola, "commerce.orders.order", order=order_id)
    assert (known.state, known.authorised_minor) == ("open", cart.priced.total)
    assert [each.balance_minor for each in (await ask(world, "mine", ola)).accounts] == [0, 0]
    await world.door.ask(ola, "commerce.orders.cancel", order=order_id, reason="changed my mind")
    await shop.react(world.database)
    await shop.settled(world.database)
    assert [each.balance_minor for each in (await ask(world, "mine", ola)).accounts] == [300, 5_00]
    await balanced(world)


async def test_programmes_are_sound_and_for_those_who_keep_them(world: App) -> None:
    given: dict[str, Any] = {"per_minor": 100, "point_minor": 2, "months": 12, "tiers": TIERS[::-1]}
    with pytest.raises(TiersUnfit):
        await ask(world, "put_programme", channel="WEB-PL", programme=given)
    with pytest.raises(Forbidden):
        await ask(world, "put_programme", customer(), channel="WEB-PL", programme=given)
    assert [each.name for each in (await ask(world, "programme", GUEST, channel="WEB-PL")).tiers] == [
        each["name"] for each in TIERS
    ]
    with pytest.raises(NoProgramme):
        await ask(world, "programme", GUEST, channel="NONE")
    with pytest.raises((NotYours, Forbidden)):
        await ask(world, "claim_own", FINANCE, kind="points", channel="WEB-PL")
