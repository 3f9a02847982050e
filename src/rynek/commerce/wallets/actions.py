"""What can be done with wallets."""

import hashlib
import secrets
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from rynek.commerce import catalog
from rynek.commerce.catalog import ChannelCode
from rynek.commerce.wallets import rules
from rynek.commerce.wallets.events import BalanceChanged, CardBlocked, ProgrammeChanged
from rynek.commerce.wallets.ledger import hashed, lapse, move, q
from rynek.commerce.wallets.model import (
    POINTS,
    Account,
    Book,
    Card,
    Claim,
    Claimed,
    Code,
    Correction,
    Entry,
    Gift,
    GiftTaken,
    Hint,
    Issue,
    Kind,
    Lapsed,
    NoProgramme,
    NoSuchCard,
    NothingCorrected,
    NotYours,
    Page,
    PayToken,
    Programme,
    Seen,
    Standing,
    Sum,
    Terms,
    Tier,
    Unbalanced,
    Wallet,
)
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.door import Call
from rynek.kernel.events import emit
from rynek.kernel.faults import KeyReused, NotFound
from rynek.kernel.money import exponent

CLAIMED = timedelta(minutes=20)
"""How long a token can be used to pay."""
YEAR = timedelta(days=365)
_NO_ACCOUNT = "there is no such account, or it is not yours"


# --- gift cards -------------------------------------------------------------------------------------------------------


async def issue(call: Call[Any], issue: Issue) -> list[Card]:
    """Issue gift cards. Their codes are in this answer and nowhere else: print them or send them now.

    Sent again with its Idempotency-Key nothing more is issued, and the codes are not shown again: block the cards whose
    codes were lost, and issue others.

    Raises:
        UnknownCurrency: we do not trade in it.
        Lapsed: their last day is over.
        KeyReused: the key was used for other cards.
    Emits:
        BalanceChanged
    """
    exponent(issue.currency)
    key = UUID(bytes=call.key) if call.key else ids.new()
    references = [f"issue:{key}:{number}" for number in range(issue.count)]
    async with call.transaction() as tx:
        _check_day(tx, issue.expires_on)
        known = await q.issued(tx, references=references)
        codes = [] if known else await _issue(tx, issue, references)
        found: list[Account] = known or await q.issued(tx, references=references)
        other = any((each.currency, each.balance_minor) != (issue.currency, issue.amount_minor) for each in found)
        if other or len(found) != issue.count or await q.made(tx, reference=f"issue:{key}:{issue.count}"):
            raise KeyReused
        await call.note(tx, str(found[0].id))
    return [
        Card(each.id, rules.shown(code) if code else None, each.hint, each.currency, each.balance_minor,
             each.expires_on)
        for each, code in zip(found, codes or [""] * len(found), strict=True)
    ]  # fmt: skip


async def _issue(tx: Tx, issue: Issue, references: list[str]) -> list[str]:
    codes = ["".join(secrets.choice(rules.SIGNS) for _ in range(rules.LENGTH)) for _ in references]
    cards, entries = [ids.new() for _ in codes], [ids.new() for _ in codes]
    await q.issue(
        tx, ids=cards, hashes=[hashed(code) for code in codes], hints=[code[-4:] for code in codes],
        references=references, entries=entries, currency=issue.currency, minor=issue.amount_minor, why=issue.why,
        expires_on=issue.expires_on, at=tx.at,
    )  # fmt: skip
    for card in cards:
        emit(
            tx,
            BalanceChanged(card, None, "gift-card", issue.currency, issue.amount_minor, issue.amount_minor, "issued"),
        )
    return codes


async def cards(tx: Tx, before: UUID | None = None, hint: Hint | None = None, limit: Page = 50) -> list[Account]:
    """List gift cards, newest first; by the end of their code, if it is given. Go on before the last of a page."""
    found: list[Account] = await q.cards(tx, before=before, hint=hint.upper() if hint else None, limit=limit)
    return found


async def block(tx: Tx, card: UUID, blocked: bool) -> Account:  # noqa: FBT001 - an operation's field
    """Say that a gift card cannot be used any more, or that it can again; what is on it stays.

    Raises:
        NotFound: there is no such gift card.
    Emits:
        CardBlocked
    """
    found: Account | None = await q.block(tx, id=card, blocked=blocked)
    if found is None:
        raise NotFound("there is no such gift card")
    emit(tx, CardBlocked(card, blocked))
    return found


async def look(call: Call[Any], code: Code) -> Seen:
    """Tell what is left on a gift card, to whoever has its code.

    Raises:
        NoSuchCard: no gift card can be used by this code.
    """
    async with call.transaction() as tx:
        card = await _card(tx, code)
        return Seen(card.currency, card.balance_minor, card.expires_on)


async def _card(tx: Tx, code: str) -> Account:
    """Find the gift card of a code; of one that is wrong, blocked or empty is told no more than that."""
    plain = rules.written(code)
    card: Account | None = await q.by_code(tx, code_hash=hashed(plain)) if plain else None
    if card is None or card.blocked:
        raise NoSuchCard
    return await lapse(tx, await q.lock(tx, id=card.id))


# --- store credit -----------------------------------------------------------------------------------------------------


async def give(tx: Tx, customer: UUID, gift: Gift) -> Account:
    """Give a customer store credit, once for each reference.

    Raises:
        UnknownCurrency: we do not trade in it.
        Lapsed: its last day is over.
        GiftTaken: the reference was used for somebody else or another amount.
    Emits:
        BalanceChanged
    """
    exponent(gift.currency)
    _check_day(tx, gift.expires_on)
    account = await owned(tx, customer, "store-credit", gift.currency)
    reference = f"gift:{gift.reference}"
    made = await q.made(tx, reference=reference)
    if made is None:
        await move(
            tx, account, reference, "issued", "available", gift.amount_minor, why=gift.why, expires_on=gift.expires_on
        )
    elif (made.account, made.minor) != (account.id, gift.amount_minor):
        raise GiftTaken(f"this reference stands for {made.minor}", amount_minor=made.minor)
    found: Account = await q.lock(tx, id=account.id)
    return found


async def correct(tx: Tx, customer: UUID, correction: Correction) -> Account:
    """Give a customer points, or take some, once for each reference; what is taken may leave them below zero.

    Raises:
        NothingCorrected: it is no point.
        Lapsed: their last day is over.
        GiftTaken: the reference was used for somebody else or another number.
    Emits:
        BalanceChanged
    """
    if not correction.points:
        raise NothingCorrected(field="points")
    _check_day(tx, correction.expires_on)
    account = await owned(tx, customer, "points", POINTS)
    reference, many = f"correction:{correction.reference}", abs(correction.points)
    made = await q.made(tx, reference=reference)
    way: tuple[Book, Book] = ("issued", "available") if correction.points > 0 else ("available", "issued")
    if made is None:
        await move(tx, account, reference, *way, many, why=correction.why, expires_on=correction.expires_on)
    elif (made.account, made.minor) != (account.id, many):
        raise GiftTaken(f"this reference stands for {made.minor}", amount_minor=made.minor)
    found: Account = await q.lock(tx, id=account.id)
    return found


async def owned(tx: Tx, customer: UUID, kind: Kind, currency: str) -> Account:
    """Give a customer's account of a kind and currency, locked; begun when there is none yet."""
    account = await q.owned(tx, id=ids.new(), owner=customer, kind=kind, currency=currency, at=tx.at)
    found: Account = await q.lock(tx, id=account)
    return found


def _check_day(tx: Tx, expires_on: date | None) -> None:
    if expires_on is not None and expires_on < tx.at.date():
        raise Lapsed(f"{expires_on} is over", field="expires_on")


# --- paying -----------------------------------------------------------------------------------------------------------


async def claim_card(call: Call[Any], code: Code) -> Claimed:
    """Turn a gift card's code into a token that pays once, as provider ``wallet`` by method ``gift-card``.

    The token is what goes to checkout and lies with the payment; the code is kept nowhere.

    Raises:
        NoSuchCard: no gift card can be used by this code.
    """
    async with call.transaction() as tx:
        card = await _card(tx, code)
        claimed = await _claim(tx, card, card.currency, 1)
        await call.note(tx, str(card.id))
    return claimed


async def claim_own(call: Call[Any], kind: Kind, channel: ChannelCode) -> Claimed:
    """Get a token that pays once in a channel's currency, from one's own store credit or points.

    Raises:
        NotYours: only a customer has a wallet.
        UnknownChannel: there is none of this code.
        NoProgramme: points are worth nothing in this channel.
        NoSuchCard: a gift card pays by its code.
    """
    async with call.transaction() as tx:
        if tx.actor.kind != "customer":
            raise NotYours
        if kind == "gift-card":
            raise NoSuchCard("claim a gift card by its code")
        currency = (await catalog.channel(tx, channel)).currency
        unit, of = 1, currency
        if kind == "points":
            terms = await _terms(tx, channel)
            unit, of = terms.point_minor, POINTS
        account = await lapse(tx, await owned(tx, tx.actor.id, kind, of))
        claimed = await _claim(tx, account, currency, unit)
        await call.note(tx, str(account.id))
    return claimed


async def _claim(tx: Tx, account: Account, currency: str, unit_minor: int) -> Claimed:
    token, until = f"rw_{secrets.token_urlsafe(24)}", tx.at + CLAIMED
    await q.add_claim(
        tx, token_hash=hashlib.sha256(token.encode()).digest(), account=account.id, currency=currency,
        unit_minor=unit_minor, until=until,
    )  # fmt: skip
    return Claimed(token, account.kind, currency, max(0, account.balance_minor) * unit_minor, until)


async def claimed(tx: Tx, token: PayToken) -> Claimed:
    """Tell what a token can pay now, to whoever has it.

    Raises:
        NoSuchCard: it pays nothing: it was used, or it is too late.
    """
    claim: Claim | None = await q.claim(tx, token_hash=hashlib.sha256(token.encode()).digest())
    account: Account | None = await q.account(tx, id=claim.account) if claim else None
    if claim is None or account is None or claim.payment or claim.until < tx.at or account.blocked:
        raise NoSuchCard("the token pays nothing: it was used, or it is too late")
    worth = max(0, account.balance_minor) * claim.unit_minor
    return Claimed(token, account.kind, claim.currency, worth, claim.until)


# --- points -----------------------------------------------------------------------------------------------------------


async def put_programme(tx: Tx, channel: ChannelCode, programme: Programme) -> None:
    """Say how points are earned in a channel and what they are worth; orders shipped before keep what they earned.

    Raises:
        UnknownChannel: there is none of this code.
        TiersUnfit: they do not begin at 0 and rise, or two have one name.
    Emits:
        ProgrammeChanged
    """
    currency = (await catalog.channel(tx, channel)).currency
    rules.check_tiers(programme.tiers)
    await q.put_programme(
        tx, channel=channel, currency=currency, per_minor=programme.per_minor, point_minor=programme.point_minor,
        months=programme.months, tiers=msgspec.json.encode(programme.tiers).decode(), active=programme.active,
        at=tx.at,
    )  # fmt: skip
    emit(tx, ProgrammeChanged(channel))


async def programme(tx: Tx, channel: ChannelCode) -> Programme:
    """Tell how points are earned in a channel and what they are worth.

    Raises:
        NoProgramme: this channel gives no points.
    """
    terms = await _terms(tx, channel)
    return Programme(terms.per_minor, terms.point_minor, terms.months, tiers_of(terms))


async def _terms(tx: Tx, channel: str) -> Terms:
    terms: Terms | None = await q.programme(tx, channel=channel)
    if terms is None or not terms.active:
        raise NoProgramme
    return terms


def tiers_of(terms: Terms) -> list[Tier]:
    """Read a programme's tiers."""
    return msgspec.json.decode(terms.tiers, type=list[Tier])


# --- what is known ----------------------------------------------------------------------------------------------------


async def mine(tx: Tx, channel: ChannelCode | None = None) -> Wallet:
    """Show your wallet; with a channel, also your tier there and what is missing for the next one."""
    return await wallet(tx, tx.actor.id, channel)


async def wallet(tx: Tx, customer: UUID, channel: ChannelCode | None = None) -> Wallet:
    """Show a customer's wallet; with a channel, also their tier there and what is missing for the next one."""
    accounts: list[Account] = await q.of_owner(tx, owner=customer)
    terms: Terms | None = await q.programme(tx, channel=channel) if channel else None
    standing = await _standing(tx, customer, terms, accounts) if terms and terms.active else None
    return Wallet(accounts, standing)


async def _standing(tx: Tx, customer: UUID, terms: Terms, accounts: list[Account]) -> Standing:
    spent = await q.spent(tx, owner=customer, channel=terms.channel, since=tx.at - YEAR)
    reached, following = rules.tier(tiers_of(terms), spent)
    points = sum(each.balance_minor for each in accounts if each.kind == "points")
    missing = following.from_minor - spent if following else None
    worth = max(0, points) * terms.point_minor
    return Standing(terms.channel, terms.currency, spent, reached, following, missing, points, worth)


async def entries(tx: Tx, account: UUID, before: UUID | None = None, limit: Page = 50) -> list[Entry]:
    """List what happened to an account and why, newest first; go on before the last of a page.

    Raises:
        NotFound: there is no such account, or it is not yours.
    """
    known: Account | None = await q.account(tx, id=account)
    if known is None or (tx.reach == "own" and known.owner != tx.actor.id):
        raise NotFound(_NO_ACCOUNT)
    found: list[Entry] = await q.entries(tx, account=account, before=before, limit=limit)
    return found


async def sums(tx: Tx) -> list[Sum]:
    """Tell what lies in each book, by kind and currency; all books of a currency sum to zero."""
    found: list[Sum] = await q.sums(tx)
    return found


async def unbalanced(tx: Tx) -> list[Unbalanced]:
    """List accounts that are not the sums of their entries: there are none, unless the data were damaged."""
    found: list[Unbalanced] = await q.unbalanced(tx)
    return found
