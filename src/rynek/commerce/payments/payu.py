"""PayU (REST) as a provider: BLIK with a code, links of banks, cards on PayU's own page.

PayU knows an order by our key (``extOrderId``) and says so when it is sent twice; a refund it knows by ``extRefundId``.
With automatic receipt switched off a paid order waits for confirmation: that is our authorisation. It is captured
whole: its documentation says that a capture always concerns the whole order.

Source: developers.payu.com/europe (orders, capture and cancel, refunds, notifications), API 2.1.
"""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from rynek.commerce.payments.model import (
    Captures,
    Done,
    Due,
    ForgedWebhook,
    News,
    Outcome,
    Refused,
    Stirred,
    Unknown,
    Unseen,
    Waits,
)
from rynek.kernel import clock
from rynek.kernel.settings import PayU as Keys

TIMEOUT_S = 15.0
LIMIT = 262_144
WAITED = timedelta(hours=1)
"""How long a buyer may take to pay; then the order is called off there, so that it may be paid otherwise."""
BLIK_DIGITS = 6
UNKNOWN = "127.0.0.1"
"""What is told as the buyer's address where somebody else asks for her: a renewal, a colleague at the telephone."""
SIGNED = {"MD5": hashlib.md5, "SHA256": hashlib.sha256, "SHA-256": hashlib.sha256}
"""How notifications may be signed; each with a key that only the two of us know."""
Said = dict[str, Any]


class Silent(Exception):  # noqa: N818 - named as what is wrong, as faults are
    """PayU did not answer as one that is well does."""


class PayU:
    """PayU. A token is a BLIK code (``blik``) or the bank's code (``pay-by-link``); without one PayU's page asks."""

    methods: Mapping[str, bool] = {"blik": False, "pay-by-link": False, "card": False}
    captures: Captures = "whole"

    def __init__(self, keys: Keys, returns: str = "") -> None:
        """Be ready to ask PayU.

        Args:
            returns: where buyers come back to; ``{order}`` stands for the order.
        """
        self.keys = keys
        self.returns = returns
        self.token, self.until = "", 0.0
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def authorise(self, due: Due) -> Outcome:
        """Have the buyer pay an order there; what she pays waits for us to confirm it."""

        async def ask() -> Outcome:
            status, said = await self._ask("POST", "orders", self._order(due))
            code = _code(said)
            if code == "ERROR_ORDER_NOT_UNIQUE":
                known = said.get("orderId")
                return await self._promised(due, str(known)) if known else Unknown("it was taken down before")
            if status in (200, 201, 302) and (code == "SUCCESS" or code.startswith("WARNING_CONTINUE")):
                return Waits(str(said["orderId"]), said.get("redirectUri"))
            return _refused(said)

        return await _asked(ask)

    async def capture(self, due: Due) -> Outcome:
        """Confirm an order; PayU takes no part of one."""

        async def ask() -> Outcome:
            order = await self._read(due)
            total = int(order["totalAmount"])
            if due.minor != total:
                return Refused(f"PayU takes orders whole: {total}; take all and give back the rest")
            if order["status"] == "WAITING_FOR_CONFIRMATION":
                await self._do("POST", f"orders/{_path(due)}/captures")
                order = await self._read(due)
            return _captured(order)

        return await _asked(ask)

    async def void(self, due: Due) -> Outcome:
        """Call an order off; one that PayU has taken of its own accord is refunded."""

        async def ask() -> Outcome:
            order = await self._read(due)
            if order["status"] == "COMPLETED":
                return await self._give_back(due)
            if order["status"] != "CANCELED":
                await self._do("DELETE", f"orders/{_path(due)}")
                order = await self._read(due)
            return Done(due.reference or "", due.minor) if order["status"] == "CANCELED" else _waiting(order)

        return await _asked(ask)

    async def refund(self, due: Due) -> Outcome:
        """Give back a part or all of an order; that is under way until PayU says that it is final."""
        return await _asked(lambda: self._give_back(due))

    async def inquire(self, due: Due) -> Outcome:
        """Tell what became of what was asked."""
        if due.reference is None:
            return Unseen()  # sent again it is known by our key
        match due.kind:
            case "authorise":
                return await _asked(lambda: self._promised(due, due.reference or ""))
            case "refund":
                return await _asked(lambda: self._given_back(due))
        return await _asked(lambda: self._settled(due))

    def read_webhook(self, header: Callable[[str], str | None], body: bytes) -> list[News]:
        """Read a notification: that something happened to an order, which PayU is then asked about.

        Raises:
            ForgedWebhook: it does not bear PayU's signature.
        """
        if not holds(self.keys.second_key.encode(), body, header("openpayu-signature")):
            raise ForgedWebhook
        try:
            told = msgspec.json.decode(body, type=dict[str, Any])
            order = told.get("order") or told
            return [Stirred(str(order["orderId"]), str(order.get("extOrderId") or ""))]
        except (msgspec.DecodeError, KeyError, AttributeError):
            raise ForgedWebhook("it is signed, but no news") from None

    # --- what is asked ------------------------------------------------------------------------------------------------

    def _order(self, due: Due) -> Said:
        order: Said = {
            "extOrderId": due.key, "merchantPosId": self.keys.pos, "notifyUrl": self.keys.notify,
            "customerIp": due.asker or UNKNOWN, "description": f"{due.order}", "currencyCode": due.currency,
            "totalAmount": str(due.minor), "validityTime": str(int(WAITED.total_seconds())),
            "products": [{"name": f"{due.order}", "unitPrice": str(due.minor), "quantity": "1"}],
        }  # fmt: skip
        if self.returns:
            order["continueUrl"] = self.returns.format(order=due.order)
        way = _way(due.method, due.token)
        return {**order, "payMethods": {"payMethod": way}} if way else order

    async def _promised(self, due: Due, reference: str) -> Outcome:
        """Tell how an order stands; one that the buyer did not come back for is called off."""
        order = await self._read(due, reference)
        if order["status"] in ("NEW", "PENDING") and clock.now() - due.asked_at > WAITED:
            await self._do("DELETE", f"orders/{quote(reference, safe='')}")
            order = await self._read(due, reference)
        match order["status"]:
            case "WAITING_FOR_CONFIRMATION" | "COMPLETED":
                return Done(reference, int(order["totalAmount"]))
            case "CANCELED":
                return Refused("the buyer or her bank said no, or she did not come back")
            case "NEW" | "PENDING":
                return Waits(reference)
        return _waiting(order)

    async def _settled(self, due: Due) -> Outcome:
        """Tell what became of a capture or of calling an order off."""
        order = await self._read(due)
        if order["status"] == "WAITING_FOR_CONFIRMATION":
            return Unseen()
        if due.kind == "capture":
            return _captured(order)
        if order["status"] == "COMPLETED":
            return await self._given_back(due)
        return Done(due.reference or "", due.minor) if order["status"] == "CANCELED" else _waiting(order)

    async def _give_back(self, due: Due) -> Outcome:
        body = {
            "refund": {
                "description": f"{due.order}", "amount": str(due.minor), "currencyCode": due.currency,
                "extRefundId": due.key,
            }
        }  # fmt: skip
        status, said = await self._ask("POST", f"orders/{_path(due)}/refunds", body)
        if status == 200 and _code(said) == "SUCCESS":
            return _returned(said.get("refund") or {})
        return _refused(said)

    async def _given_back(self, due: Due) -> Outcome:
        said = await self._do("GET", f"orders/{_path(due)}/refunds")
        for each in said.get("refunds") or []:
            if each.get("extRefundId") == due.key:
                return _returned(each)
        return Unseen()

    async def _read(self, due: Due, reference: str | None = None) -> Said:
        """Read an order, and see that it is the one that is meant."""
        said = await self._do("GET", f"orders/{quote(reference or due.reference or '', safe='')}")
        order: Said = (said.get("orders") or [{}])[0]
        ours = str(order.get("extOrderId", "")).partition(":")[0] == str(due.payment)
        if not (ours and order.get("currencyCode") == due.currency):
            raise Silent("it tells of another order")
        return order

    async def _do(self, method: str, path: str, body: Said | None = None) -> Said:
        """Ask for something that succeeds, or about something that is."""
        status, said = await self._ask(method, path, body)
        if status == 404:
            raise Silent("it does not know the order")
        return said

    async def _ask(self, method: str, path: str, body: Said | None = None) -> tuple[int, Said]:
        await self._enter()
        status, said = await self._allowed(method, path, body)
        if status == 401:  # the token was withdrawn before its time
            await self._enter(anew=True)
            status, said = await self._allowed(method, path, body)
        if status in (401, 403, 408, 429) or status >= 500:
            raise Silent(f"{status} {_code(said)}".strip())
        return status, said

    async def _allowed(self, method: str, path: str, body: Said | None) -> tuple[int, Said]:
        headers = {"authorization": f"Bearer {self.token}"}
        return await self._send(method, f"api/v2_1/{path}", json=body, headers=headers)

    async def _enter(self, *, anew: bool = False) -> None:
        """Get a token, where there is none that lasts."""
        if self.token and not anew and time.monotonic() < self.until:
            return
        given = {
            "grant_type": "client_credentials", "client_id": self.keys.client_id,
            "client_secret": self.keys.client_secret,
        }  # fmt: skip
        status, said = await self._send("POST", "pl/standard/user/oauth/authorize", data=given)
        if status != 200 or not said.get("access_token"):
            raise Silent("it does not take our key")
        self.token, self.until = str(said["access_token"]), time.monotonic() + int(said.get("expires_in", 300)) - 60

    async def _send(self, method: str, path: str, **given: Any) -> tuple[int, Said]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT_S))
        url = f"{self.keys.address.rstrip('/')}/{path}"
        async with self._session.request(method, url, allow_redirects=False, **given) as answer:
            body = await answer.content.read(LIMIT)
            return answer.status, msgspec.json.decode(body, type=Said) if body else {}


def holds(key: bytes, body: bytes, header: str | None) -> bool:
    """Tell whether a notification is signed with the second key: ``sender=…;signature=…;algorithm=MD5;…``."""
    parts = dict(part.strip().partition("=")[::2] for part in (header or "").split(";"))
    how = SIGNED.get(parts.get("algorithm", "MD5").upper())
    if how is None:
        return False
    return hmac.compare_digest(how(body + key).hexdigest().encode(), parts.get("signature", "").lower().encode())


async def _asked(ask: Callable[[], Awaitable[Outcome]]) -> Outcome:
    try:
        return await ask()
    except Silent as silent:
        return Unknown(str(silent)[:200], silent=True)
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        return Unknown(f"{type(error).__name__}: no answer to be read", silent=True)


def _path(due: Due) -> str:
    return quote(due.reference or "", safe="")


def _way(method: str, token: str | None) -> Said | None:
    """Say how the buyer pays; None leaves it to PayU's page."""
    if method == "blik":
        code = token is not None and len(token) == BLIK_DIGITS
        return {"type": "BLIK_AUTHORIZATION_CODE", "value": token} if code else {"type": "PBL", "value": "blik"}
    if method == "card":
        return {"type": "CARD_TOKEN", "value": token} if token else {"type": "PBL", "value": "c"}
    return {"type": "PBL", "value": token} if token else None


def _code(said: Said) -> str:
    return str((said.get("status") or {}).get("statusCode", ""))


def _refused(said: Said) -> Outcome:
    status = said.get("status") or {}
    why = " ".join(str(status[name]) for name in ("codeLiteral", "statusDesc", "statusCode") if status.get(name))
    return Refused(why[:200] or "refused")


def _captured(order: Said) -> Outcome:
    match order["status"]:
        case "COMPLETED":
            return Done(str(order["orderId"]), int(order["totalAmount"]))
        case "CANCELED":
            return Refused("the order was called off")
    return _waiting(order)


def _returned(refund: Said) -> Outcome:
    match refund.get("status"):
        case "FINALIZED":
            return Done(str(refund["refundId"]), int(refund["amount"]))
        case "CANCELED":
            return Refused("the refund was called off")
    return Unknown(f"the refund is {refund.get('status')}")


def _waiting(order: Said) -> Outcome:
    return Unknown(f"the order is {order['status']}")
