"""Gift cards and store credit pay orders as any provider does, and never more than is on them."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from rynek.app import App
from rynek.commerce.payments import Done, Refused, Unseen, actions
from rynek.commerce.wallets.model import Card, GiftTaken, Lapsed, NoSuchCard
from rynek.commerce.wallets.reactions import sweep
from rynek.kernel import clock, ids
from rynek.kernel.database import Database
from rynek.kernel.faults import Forbidden, KeyReused, NotFound
from tests.commerce.payments import shop
from tests.commerce.wallets.purse import (
    FINANCE,
    GUEST,
    SUPPORT,
    ask,
    balanced,
    by_card,
    card,
    credited,
    customer,
    due,
    left,
    wallets,
)


async def test_a_gift_card_pays_one_part_and_people_take_another(world: App) -> None:
    database, gift = world.database, await card(world, 60_00)
    order = await shop.placed(database, await by_card(world, gift, 60_00), shop.manual(40_00, "transfer"))
    assert await left(world, gift) == (60_00, 0)
    paid = await world.door.ask(shop.BUYER, actions.authorise, payment=order.payments[0])
    assert (paid.state, paid.authorised_minor) == ("authorised", 60_00)
    assert (await shop.balance(database, order)).state == "open"
    assert await left(world, gift) == (0, 60_00)

    await shop.ship(database, order)
    await shop.settled(database)
    assert await left(world, gift) == (0, 0)
    assert await shop.sums(database, order.payments[0]) == (60_00, 60_00, 0, 0)
    back = await world.door.ask(
        SUPPORT, actions.refund, payment=order.payments[0], move={"reference": "r", "amount_minor": 2_50}
    )
    assert back.payment.refunded_minor == 2_50
    assert await left(world, gift) == (2_50, 0)
    await balanced(world)


async def test_a_cancelled_order_lets_go_of_what_it_set_aside(world: App) -> None:
    database, gift = world.database, await card(world, 10_00)
    order = await shop.placed(database, await by_card(world, gift, 7_00))
    await world.door.ask(shop.BUYER, actions.authorise, payment=order.payment)
    assert await left(world, gift) == (3_00, 7_00)
    await shop.cancel(database, order)
    await shop.settled(database)
    assert await left(world, gift) == (10_00, 0)
    assert await shop.sums(database, order.payment) == (7_00, 0, 7_00, 0)
    await balanced(world)


async def test_the_same_key_does_nothing_again_and_tells_the_same(world: App) -> None:
    provider, gift, payment = wallets(world.database), await card(world, 100), ids.new()
    token = (await by_card(world, gift, 80)).token
    first = due(payment, "authorise", "authorise", 80, token)
    assert await provider.inquire(first) == Unseen()
    assert await provider.capture(due(payment, "c", "capture", 1)) == Refused("nothing was set aside for this payment")
    for _ in range(2):
        assert await provider.authorise(first) == await provider.inquire(first) == Done(str(payment), 80)
        assert await provider.capture(due(payment, "c-1", "capture", 30)) == Done(str(payment), 30)
        assert await provider.refund(due(payment, "r-1", "refund", 10)) == Done(str(payment), 10)
    assert await provider.refund(due(payment, "r-2", "refund", 21)) == Refused("20 is left")
    assert await provider.capture(due(payment, "c-2", "capture", 51)) == Refused("50 is left")
    assert await provider.void(due(payment, "v-1", "void", 50)) == Done(str(payment), 50)
    assert await left(world, gift) == (80, 0)
    await balanced(world)


async def test_a_token_pays_once_soon_and_what_it_is_for(world: App) -> None:
    provider, gift = wallets(world.database), await card(world, 100)
    token = (await by_card(world, gift, 50)).token
    assert isinstance(await provider.authorise(due(ids.new(), "a", "authorise", 10, token, "points")), Refused)
    assert isinstance(await provider.authorise(due(ids.new(), "a", "authorise", 101, token)), Refused)
    assert isinstance(await provider.authorise(due(ids.new(), "a", "authorise", 50, "rw_made-up")), Refused)
    assert isinstance(await provider.authorise(due(ids.new(), "a", "authorise", 50)), Refused)
    assert isinstance(await provider.authorise(due(ids.new(), "a", "authorise", 50, token)), Done)
    assert isinstance(await provider.authorise(due(ids.new(), "a", "authorise", 50, token)), Refused)
    late = (await by_card(world, gift, 50)).token
    with clock.at(clock.now() + timedelta(minutes=21)):
        assert isinstance(await provider.authorise(due(ids.new(), "a", "authorise", 50, late)), Refused)
    blocked = (await by_card(world, gift, 50)).token
    await ask(world, "block", SUPPORT, card=gift.id, blocked=True)
    assert await provider.authorise(due(ids.new(), "a", "authorise", 50, blocked)) == Refused("the card is blocked")
    assert await left(world, gift) == (50, 50)
    await balanced(world)


async def test_four_hundred_spends_at_once_never_overdraw_a_card(world: App) -> None:
    provider, gift = wallets(world.database), await card(world, 1_000)
    tokens = [(await ask(world, "claim_card", GUEST, code=gift.code)).token for _ in range(400)]
    said = await asyncio.gather(
        *(provider.authorise(due(ids.new(), "authorise", "authorise", 7, token)) for token in tokens)
    )
    assert sum(isinstance(each, Done) for each in said) == 142
    assert sum(isinstance(each, Refused) for each in said) == 258
    assert await left(world, gift) == (6, 994)
    await balanced(world)


async def test_one_token_in_a_hundred_payments_at_once_pays_one(world: App) -> None:
    provider, gift = wallets(world.database), await card(world, 1_000)
    token, same = (await by_card(world, gift, 1)).token, ids.new()
    said = await asyncio.gather(
        *(provider.authorise(due(ids.new(), "authorise", "authorise", 5, token)) for _ in range(50))
    )
    assert sum(isinstance(each, Done) for each in said) == 1
    another = (await by_card(world, gift, 1)).token
    again = await asyncio.gather(
        *(provider.authorise(due(same, "authorise", "authorise", 5, another)) for _ in range(50))
    )
    assert again == [Done(str(same), 5)] * 50
    assert await left(world, gift) == (990, 10)
    await balanced(world)


async def test_codes_are_shown_once_and_wrong_ones_told_nothing_about(world: App, owner_dsn: str) -> None:
    gift, worn = await card(world, 5_00), await card(world, 5_00)
    assert (await ask(world, "look", GUEST, code=gift.code.lower().replace("-", " "))).balance_minor == 5_00
    await ask(world, "block", SUPPORT, card=worn.id, blocked=True)
    for code in (worn.code, "0000-0000-0000-0000", "nonsense", "\u00e9" * 16):
        for way in ("look", "claim_card"):
            with pytest.raises(NoSuchCard) as refused:
                await ask(world, way, GUEST, code=code)
            assert refused.value.problem() == NoSuchCard().problem()
    await ask(world, "block", SUPPORT, card=worn.id, blocked=False)
    assert (await ask(world, "look", GUEST, code=worn.code)).balance_minor == 5_00
    with pytest.raises(NotFound):
        await ask(world, "block", card=ids.new(), blocked=True)
    with pytest.raises(Forbidden):
        await ask(world, "issue", SUPPORT, currency="PLN", amount_minor=1)
    plain = gift.code.replace("-", "")
    connection = await asyncpg.connect(owner_dsn)
    for table in ("commerce.wallet_account", "commerce.wallet_entry", "commerce.wallet_claim", "kernel.event",
                  "kernel.answer", "security.audit"):  # fmt: skip
        rows = await connection.fetch(f"select t::text from {table} t")  # noqa: S608 - names of ours
        assert not [row for row in rows if plain in row[0] or gift.code in row[0]]
    await connection.close()


async def test_a_sheet_of_cards_is_issued_at_once(world: App) -> None:
    many = await ask(world, "issue", currency="EUR", amount_minor=25_00, count=300)
    assert len({each.code for each in many}) == len({each.id for each in many}) == 300
    with pytest.raises(Lapsed):
        await ask(world, "issue", currency="EUR", amount_minor=1, expires_on=clock.now().date() - timedelta(days=1))
    await balanced(world)


async def test_cards_lapse_after_their_last_day_and_what_comes_back_has_a_month(world: App) -> None:
    provider, today = wallets(world.database), clock.now().date()
    gift, payment = await card(world, 100, expires_on=today + timedelta(days=10)), ids.new()
    token = (await by_card(world, gift, 40)).token
    await provider.authorise(due(payment, "a", "authorise", 40, token))
    await provider.capture(due(payment, "c", "capture", 40))
    with clock.at(clock.now() + timedelta(days=10)):
        assert (await ask(world, "look", GUEST, code=gift.code)).balance_minor == 60
    with clock.at(clock.now() + timedelta(days=11)):
        for _ in range(2):
            async with world.database.transaction("commerce") as tx:
                await sweep(tx)
        assert await left(world, gift) == (0, 0)
        await provider.refund(due(payment, "r", "refund", 40))
        assert (await ask(world, "look", GUEST, code=gift.code)).balance_minor == 40
    with clock.at(clock.now() + timedelta(days=41)):
        assert (await ask(world, "look", GUEST, code=gift.code)).balance_minor == 40
    with clock.at(clock.now() + timedelta(days=43)):
        assert (await ask(world, "look", GUEST, code=gift.code)).balance_minor == 0
    told = [(each.source, each.target, each.minor) for each in await ask(world, "entries", account=gift.id)]
    assert told[::-1] == [
        ("issued", "available", 100), ("available", "aside", 40), ("aside", "spent", 40), ("available", "expired", 60),
        ("spent", "available", 40), ("available", "expired", 40),
    ]  # fmt: skip
    await balanced(world)


async def test_store_credit_is_given_once_and_is_its_owners(world: App, database: Database) -> None:
    ola, jan = customer(), customer()
    gift = {"reference": "late-parcel-7", "currency": "PLN", "amount_minor": 20_00, "why": "the parcel was late"}
    given, again = [await ask(world, "give", SUPPORT, customer=ola.id, **gift) for _ in range(2)]
    assert given == again
    assert given.balance_minor == 20_00
    with pytest.raises(GiftTaken):
        await ask(world, "give", SUPPORT, customer=jan.id, **gift)
    with pytest.raises(NotFound):
        await ask(world, "entries", jan, account=given.id)
    assert [each.why for each in await ask(world, "entries", ola, account=given.id)] == ["the parcel was late"]
    with pytest.raises(Forbidden):
        await ask(world, "wallet", ola, customer=jan.id)
    assert (await ask(world, "mine", jan)).accounts == [] or (await ask(world, "mine", jan)).accounts[
        0
    ].balance_minor == 0
    assert (await ask(world, "mine", ola)).accounts == [given]
    assert await ask(world, "wallet", customer=ola.id) == await ask(world, "mine", ola)


async def test_damage_is_found(world: App, owner_dsn: str) -> None:
    """The control: an account that somebody changed by hand is on the list."""
    gift = await card(world, 100)
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute("update commerce.wallet_account set balance_minor = 101 where id = $1", gift.id)
    [found] = await ask(world, "unbalanced")
    assert (found.account, found.balance_minor, found.balance_entries) == (gift.id, 101, 100)
    await connection.execute("update commerce.wallet_account set balance_minor = 100 where id = $1", gift.id)
    await connection.close()
    async with world.database.transaction("commerce") as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.execute("update commerce.wallet_entry set minor = 0")
    await balanced(world)


async def test_a_key_issues_once_and_shows_codes_once(world: App) -> None:
    async def issued(key: bytes, **given: Any) -> list[Card]:
        call, _ = world.door.prepared(FINANCE, "commerce.wallets.issue", {"currency": "PLN", "count": 3} | given)
        call.key = key
        made: list[Card] = await call.operation.action(call, call.input)
        return made

    first, again = [await issued(b"a sheet of cards", amount_minor=1_00) for _ in range(2)]
    assert [each.id for each in first] == [each.id for each in again]
    assert all(each.code and each.code.endswith(each.hint) for each in first)
    assert [each.code for each in again] == [None] * 3
    with pytest.raises(KeyReused):
        await issued(b"a sheet of cards", amount_minor=2_00)
    with pytest.raises(KeyReused):
        await issued(b"a sheet of cards", amount_minor=1_00, count=2)
    await balanced(world)


async def test_a_return_gives_back_to_card_and_bank_in_order(world: App, bank: shop.Bank) -> None:
    """The journey: 60.00 on a gift card and 40.00 on a bank card; goods for 75.00 come back."""
    database, gift = world.database, await card(world, 60_00)
    order = await shop.placed(database, await by_card(world, gift, 60_00), shop.card(40_00))
    for payment in order.payments:
        await world.door.ask(shop.BUYER, actions.authorise, payment=payment)
    await shop.ship(database, order)
    await shop.settled(database)
    await credited(database, order.id, 75_00)
    await shop.react(database)
    await shop.settled(database)
    assert [await shop.sums(database, each) for each in order.payments] == [
        (60_00, 60_00, 0, 60_00), (40_00, 40_00, 0, 15_00)
    ]  # fmt: skip
    assert await bank.charges(order) == [(40_00, 40_00, 0, 15_00)]
    assert await left(world, gift) == (60_00, 0)
    await balanced(world)
