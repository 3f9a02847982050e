"""Wallets: gift cards, store credit and points, as ledgers that balance; they pay orders as any provider does.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.commerce.wallets.model as commerce_wallets
import typing
import uuid
from rynek.client.calls import Calls, Route

_BLOCK = Route[commerce_wallets.Account]("PUT", "/wallets/gift-cards/{card}/block", commerce_wallets.Account)
_CARDS = Route[list[commerce_wallets.Account]]("GET", "/wallets/gift-cards", list[commerce_wallets.Account])
_CLAIM_CARD = Route[commerce_wallets.Claimed]("POST", "/wallets/claims", commerce_wallets.Claimed)
_CLAIM_OWN = Route[commerce_wallets.Claimed]("POST", "/wallets/mine/claims", commerce_wallets.Claimed)
_CLAIMED = Route[commerce_wallets.Claimed]("POST", "/wallets/tokens", commerce_wallets.Claimed)
_CORRECT = Route[commerce_wallets.Account]("POST", "/wallets/customers/{customer}/points", commerce_wallets.Account)
_ENTRIES = Route[list[commerce_wallets.Entry]](
    "GET", "/wallets/accounts/{account}/entries", list[commerce_wallets.Entry]
)
_GIVE = Route[commerce_wallets.Account]("POST", "/wallets/customers/{customer}/credit", commerce_wallets.Account)
_ISSUE = Route[list[commerce_wallets.Card]]("POST", "/wallets/gift-cards", list[commerce_wallets.Card])
_LOOK = Route[commerce_wallets.Seen]("POST", "/wallets/looks", commerce_wallets.Seen)
_MINE = Route[commerce_wallets.Wallet]("GET", "/wallets/mine", commerce_wallets.Wallet)
_PROGRAMME = Route[commerce_wallets.Programme]("GET", "/wallets/programmes/{channel}", commerce_wallets.Programme)
_PUT_PROGRAMME = Route[None]("PUT", "/wallets/programmes/{channel}", None)
_SUMS = Route[list[commerce_wallets.Sum]]("GET", "/wallets/sums", list[commerce_wallets.Sum])
_UNBALANCED = Route[list[commerce_wallets.Unbalanced]]("GET", "/wallets/unbalanced", list[commerce_wallets.Unbalanced])
_WALLET = Route[commerce_wallets.Wallet]("GET", "/wallets/customers/{customer}", commerce_wallets.Wallet)


class CommerceWallets:
    """Wallets: gift cards, store credit and points, as ledgers that balance; they pay orders as any provider does."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def block(self, card: uuid.UUID, blocked: bool) -> commerce_wallets.Account:
        """Say that a gift card cannot be used any more, or that it can again; what is on it stays.

        Raises:
            NotFound: there is no such gift card.
        Emits:
            CardBlocked
        """
        return await self._calls.ask(_BLOCK, {"card": card}, {"blocked": blocked})

    async def cards(
        self, before: uuid.UUID | None = None, hint: str | None = None, limit: int = 50
    ) -> list[commerce_wallets.Account]:
        """List gift cards, newest first; by the end of their code, if it is given. Go on before the last of a page."""
        return await self._calls.ask(_CARDS, {}, {"before": before, "hint": hint, "limit": limit})

    async def claim_card(self, code: str) -> commerce_wallets.Claimed:
        """Turn a gift card's code into a token that pays once, as provider ``wallet`` by method ``gift-card``.

        The token is what goes to checkout and lies with the payment; the code is kept nowhere.

        Raises:
            NoSuchCard: no gift card can be used by this code.
        """
        return await self._calls.ask(_CLAIM_CARD, {}, {"code": code})

    async def claim_own(
        self, kind: typing.Literal["gift-card", "store-credit", "points"], channel: str
    ) -> commerce_wallets.Claimed:
        """Get a token that pays once in a channel's currency, from one's own store credit or points.

        Raises:
            NotYours: only a customer has a wallet.
            UnknownChannel: there is none of this code.
            NoProgramme: points are worth nothing in this channel.
            NoSuchCard: a gift card pays by its code.
        """
        return await self._calls.ask(_CLAIM_OWN, {}, {"kind": kind, "channel": channel})

    async def claimed(self, token: str) -> commerce_wallets.Claimed:
        """Tell what a token can pay now, to whoever has it.

        Raises:
            NoSuchCard: it pays nothing: it was used, or it is too late.
        """
        return await self._calls.ask(_CLAIMED, {}, {"token": token})

    async def correct(self, customer: uuid.UUID, correction: commerce_wallets.Correction) -> commerce_wallets.Account:
        """Give a customer points, or take some, once for each reference; what is taken may leave them below zero.

        Raises:
            NothingCorrected: it is no point.
            Lapsed: their last day is over.
            GiftTaken: the reference was used for somebody else or another number.
        Emits:
            BalanceChanged
        """
        return await self._calls.ask(_CORRECT, {"customer": customer}, correction)

    async def entries(
        self, account: uuid.UUID, before: uuid.UUID | None = None, limit: int = 50
    ) -> list[commerce_wallets.Entry]:
        """List what happened to an account and why, newest first; go on before the last of a page.

        Raises:
            NotFound: there is no such account, or it is not yours.
        """
        return await self._calls.ask(_ENTRIES, {"account": account}, {"before": before, "limit": limit})

    async def give(self, customer: uuid.UUID, gift: commerce_wallets.Gift) -> commerce_wallets.Account:
        """Give a customer store credit, once for each reference.

        Raises:
            UnknownCurrency: we do not trade in it.
            Lapsed: its last day is over.
            GiftTaken: the reference was used for somebody else or another amount.
        Emits:
            BalanceChanged
        """
        return await self._calls.ask(_GIVE, {"customer": customer}, gift)

    async def issue(self, issue: commerce_wallets.Issue) -> list[commerce_wallets.Card]:
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
        return await self._calls.ask(_ISSUE, {}, issue)

    async def look(self, code: str) -> commerce_wallets.Seen:
        """Tell what is left on a gift card, to whoever has its code.

        Raises:
            NoSuchCard: no gift card can be used by this code.
        """
        return await self._calls.ask(_LOOK, {}, {"code": code})

    async def mine(self, channel: str | None = None) -> commerce_wallets.Wallet:
        """Show your wallet; with a channel, also your tier there and what is missing for the next one."""
        return await self._calls.ask(_MINE, {}, {"channel": channel})

    async def programme(self, channel: str) -> commerce_wallets.Programme:
        """Tell how points are earned in a channel and what they are worth.

        Raises:
            NoProgramme: this channel gives no points.
        """
        return await self._calls.ask(_PROGRAMME, {"channel": channel}, None)

    async def put_programme(self, channel: str, programme: commerce_wallets.Programme) -> None:
        """Say how points are earned in a channel and what they are worth; orders shipped before keep what they earned.

        Raises:
            UnknownChannel: there is none of this code.
            TiersUnfit: they do not begin at 0 and rise, or two have one name.
        Emits:
            ProgrammeChanged
        """
        return await self._calls.ask(_PUT_PROGRAMME, {"channel": channel}, programme)

    async def sums(self) -> list[commerce_wallets.Sum]:
        """Tell what lies in each book, by kind and currency; all books of a currency sum to zero."""
        return await self._calls.ask(_SUMS, {}, None)

    async def unbalanced(self) -> list[commerce_wallets.Unbalanced]:
        """List accounts that are not the sums of their entries: there are none, unless the data were damaged."""
        return await self._calls.ask(_UNBALANCED, {}, None)

    async def wallet(self, customer: uuid.UUID, channel: str | None = None) -> commerce_wallets.Wallet:
        """Show a customer's wallet; with a channel, also their tier there and what is missing for the next one."""
        return await self._calls.ask(_WALLET, {"customer": customer}, {"channel": channel})
