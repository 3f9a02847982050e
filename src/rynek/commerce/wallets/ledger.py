"""The ledger, and the provider that pays from it: what verbs, reactions and payments move alike.

Locks are taken in the order token or hold, account; nothing else is locked while they are.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

from rynek.commerce import payments
from rynek.commerce.payments import Captures, Done, Due, ForgedWebhook, News, Outcome, Refused, Transaction, Unseen
from rynek.commerce.wallets import model, rules
from rynek.commerce.wallets.events import BalanceChanged
from rynek.commerce.wallets.model import Account, Book, Claim, Hold, Lot
from rynek.kernel import ids
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.settings import Settings
from rynek.kernel.sql import queries

q = queries(__file__, model)

WALLET = "wallet"
SPARED = timedelta(days=30)
"""How long what came back can be spent at least."""
_key = [b""]


def configure(_settings: Settings, secret: Callable[[str], bytes]) -> None:
    """Learn the secret under which codes are kept, and let payments pay from wallets."""
    _key[0] = hmac.digest(secret("secret"), b"the codes of gift cards", "sha256")
    payments.register(WALLET, Wallets())


def hashed(code: str) -> bytes:
    """Give the form in which a code is kept: without the installation's secret it tells nothing."""
    return hmac.digest(_key[0], code.encode(), "sha256")


async def move(  # noqa: PLR0913 - an entry says what it says
    tx: Tx, account: Account, reference: str, source: Book, target: Book, minor: int, *, why: str,
    order: UUID | None = None, tender: int | None = None, expires_on: date | None = None,
) -> None:  # fmt: skip
    """Move units of a locked account from one book to another, once for each reference.

    Emits:
        BalanceChanged
    """
    balance = await q.move(
        tx, id=ids.new(), reference=reference, account=account.id, source=source, target=target, minor=minor,
        tender=tender, order_id=order, why=why, expires_on=expires_on, spared=tx.at.date() + SPARED, at=tx.at,
    )  # fmt: skip
    change = minor * ((target == "available") - (source == "available"))
    if balance is not None and change:
        of = (account.id, account.owner, account.kind, account.currency)
        emit(tx, BalanceChanged(*of, change, balance, why))


async def lapse(tx: Tx, account: Account) -> Account:
    """Take from a locked account what has lapsed; gives it as it is then.

    Emits:
        BalanceChanged
    """
    today = tx.at.date()
    if account.expires_on is None or account.expires_on >= today or account.balance_minor <= 0:
        return account
    lots: list[Lot] = await q.lots(tx, account=account.id)
    over, following = rules.lapse(lots, today)
    await q.set_day(tx, id=account.id, expires_on=following)
    if over:
        await move(tx, account, f"lapse:{account.id}:{today}", "available", "expired", over, why="expired")
    found: Account = await q.lock(tx, id=account.id)
    return found


class Wallets:
    """The provider ``wallet``: money and points that lie here, set aside, spent and given back.

    A move is an entry by the payment's own key, so asked again it does nothing again and tells the same.
    """

    methods: Mapping[str, bool] = {"gift-card": True, "store-credit": True, "points": True}
    captures: Captures = "parts"

    def __init__(self, transaction: Transaction | None = None) -> None:
        self._transaction = transaction

    def within(self, transaction: Transaction) -> Self:
        """Give it with the transactions of whoever asks."""
        return type(self)(transaction)

    def _begin(self) -> Any:
        if self._transaction is None:
            raise RuntimeError("wallets are asked within somebody's transactions")
        return self._transaction()

    async def authorise(self, due: Due) -> Outcome:
        """Set aside what a token pays; a token is one payment's."""
        token = hashlib.sha256((due.token or "").encode()).digest()
        async with self._begin() as tx:
            claim: Claim | None = await q.claim(tx, token_hash=token)
            if (known := await q.hold(tx, payment=due.payment)) is not None:
                return Done(str(due.payment), known.tender_minor)
            if claim is None or claim.payment is not None or claim.until < due.asked_at:
                return Refused("the token pays nothing: it was used, or it is too late")
            account = await lapse(tx, await q.lock(tx, id=claim.account))
            minor = rules.units(due.minor, claim.unit_minor)
            if why := _amiss(due, claim, account, minor):
                return Refused(why)
            await q.use_claim(tx, token_hash=token, payment=due.payment)
            await q.add_hold(
                tx, payment=due.payment, account=account.id, order_id=due.order, minor=minor, tender=due.minor
            )
            await move(tx, account, due.key, "available", "aside", minor, why="paid", order=due.order, tender=due.minor)
            return Done(str(due.payment), due.minor)

    async def capture(self, due: Due) -> Outcome:
        """Spend a part or all of what was set aside."""
        return await self._move(due, "aside", "spent", "taken")

    async def void(self, due: Due) -> Outcome:
        """Let go of what is left set aside."""
        return await self._move(due, "aside", "available", "let go")

    async def refund(self, due: Due) -> Outcome:
        """Give back a part or all of what was spent."""
        return await self._move(due, "spent", "available", "given back")

    async def _move(self, due: Due, source: Book, target: Book, why: str) -> Outcome:
        async with self._begin() as tx:
            hold: Hold | None = await q.hold(tx, payment=due.payment)
            if (made := await q.made(tx, reference=due.key)) is not None:
                return Done(str(due.payment), made.tender_minor)
            if hold is None:
                return Refused("nothing was set aside for this payment")
            before, most = (
                (hold.gone_minor, hold.tender_minor) if source == "aside" else (hold.back_minor, hold.taken_minor)
            )
            if before + due.minor > most:
                return Refused(f"{most - before} is left")
            account = await q.lock(tx, id=hold.account)
            minor = rules.part(hold.minor, hold.tender_minor, before, due.minor)
            moved = {"gone": source == "aside", "taken": target == "spent", "back": source == "spent"}
            await q.move_hold(tx, payment=due.payment, **{name: due.minor * it for name, it in moved.items()})
            await move(tx, account, due.key, source, target, minor, why=why, order=hold.order, tender=due.minor)
            return Done(str(due.payment), due.minor)

    async def inquire(self, due: Due) -> Outcome:
        """Tell what the ledger says; what is not in it was not done, and may be asked now."""
        async with self._begin() as tx:
            made = await q.made(tx, reference=due.key)
            return Unseen() if made is None else Done(str(due.payment), made.tender_minor)

    def read_webhook(self, header: Callable[[str], str | None], body: bytes) -> list[News]:  # noqa: ARG002 - the port's
        """Tell nothing: all that happens here was asked for."""
        raise ForgedWebhook


def _amiss(due: Due, claim: Claim, account: Account, minor: int) -> str:
    if account.kind != due.method or claim.currency != due.currency:
        return f"the token is for {account.kind} in {claim.currency}"
    if account.blocked:
        return "the card is blocked"
    return "there is not so much left" if account.balance_minor < minor else ""
