r"""PayU by its documented states, for rehearsals and tests: a process of its own, with its own books, and adverse.

    python -m rynek.commerce.payments.payu_simulator --port 8091

What the buyer does is said by her BLIK code: ``777001`` confirms, ``777002`` refuses, ``777003`` does nothing. On the
page she is sent to, ``?how=pay`` pays and ``?how=cancel`` does not. What goes wrong is said by ``POST /_rules``.
Point of sale ``300746`` with client ``300746``, secret ``secret`` and second key ``second`` may use it.
"""

import argparse
import asyncio
import hashlib
import random
import secrets
from contextlib import suppress
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from msgspec import Struct, field

POS, CLIENT, SECRET, SECOND = "300746", "300746", "secret", "second"
CONFIRMS, REFUSES, IGNORES = "777001", "777002", "777003"
MISHAPS = {
    "cut": "it is done, and the connection is cut instead of an answer",
    "drop": "the first time the connection is cut and nothing is done",
    "error": "the first time an error is answered and nothing is done",
    "down": "it is always unavailable",
    "slow": "it is done, and told after a pause",
    "more": "more is claimed than is so",
    "stranger": "another order is told of",
    "expired": "the token counts for nothing any more",
}
Thing = dict[str, Any]


class Refund(Struct):
    """Money on its way back."""

    refundId: str  # noqa: N815 - PayU's word
    extRefundId: str  # noqa: N815 - PayU's word
    amount: int
    status: str = "PENDING"


class Order(Struct):
    """What the books say of one order."""

    orderId: str  # noqa: N815 - PayU's word
    extOrderId: str  # noqa: N815 - PayU's word
    amount: int
    currency: str
    notify: str
    returns: str
    status: str = "NEW"
    customerIp: str = ""  # noqa: N815 - PayU's word
    refunds: list[Refund] = field(default_factory=list)


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """How adverse it is."""

    mishaps: dict[str, str] = {}
    """What goes wrong with ``create``, ``read``, ``capture``, ``cancel``, ``refund``."""
    receives: bool = False
    """Take money at once (automatic receipt) instead of waiting for confirmation."""
    notifies: int = 2
    """So often each notification is sent, in any order; 0: never."""
    signs: str = "MD5"
    pause_s: float = 0.3
    """How long slow things take, and at most how late notifications are."""
    finalizes: bool = True
    """Let refunds become final; else they stay under way."""


class Books:
    """The books, and what goes wrong with them."""

    def __init__(self) -> None:
        self.rules = Rules()
        self.orders: dict[str, Order] = {}
        self.tokens: set[str] = set()
        self.stumbled: set[str] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.chance = random.Random(7)  # noqa: S311 - mishaps, not secrets

    # --- what is asked ------------------------------------------------------------------------------------------------

    async def enter(self, request: web.Request) -> web.Response:
        """Give a token to who knows the client's secret."""
        given = await request.post()
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return web.json_response({"access_token": token, "token_type": "bearer", "expires_in": 43_199})

    async def create(self, request: web.Request) -> web.Response:
        """Take an order down."""
        given: Thing = await request.json()
        key = str(given["extOrderId"])
        await self._stumble(request, "create", key)
        known = next((each for each in self.orders.values() if each.extOrderId == key), None)
        if known is not None:
            return _no(400, "ERROR_ORDER_NOT_UNIQUE", orderId=known.orderId, extOrderId=key)
        if str(given["merchantPosId"]) != POS:
            return _no(403, "ERROR_VALUE_INVALID", "INVALID_AUTH_FOR_THIS_ORDER")
        way: Thing = (given.get("payMethods") or {}).get("payMethod") or {}
        code = way.get("value") if way.get("type") == "BLIK_AUTHORIZATION_CODE" else None
        if code is not None and not (len(code) == 6 and code.isdigit()):
            return _no(400, "ERROR_VALUE_INVALID", "INVALID_BLIK_CODE")
        order = Order(
            secrets.token_hex(10).upper(), key, int(given["totalAmount"]), given["currencyCode"],
            given.get("notifyUrl", ""), given.get("continueUrl", ""), customerIp=str(given["customerIp"]),
        )  # fmt: skip
        self.orders[order.orderId] = order
        if code is not None:
            order.status = "PENDING"
            self.later(self._on_her_telephone(order, code))
        said: Thing = {"status": {"statusCode": "SUCCESS"}, "orderId": order.orderId, "extOrderId": key}
        if code is None:
            said["redirectUri"] = f"{request.url.origin()}/pay/{order.orderId}"
        return await self._answer(request, "create", said, 201 if code else 302)

    async def read(self, request: web.Request) -> web.Response:
        """Tell how an order stands."""
        order = self._order(request)
        await self._stumble(request, "read", order.orderId)
        mishap = self.rules.mishaps.get("read")
        claimed = order.amount + 1 if mishap == "more" else order.amount
        told: Thing = {
            "orderId": order.orderId, "extOrderId": "of:another" if mishap == "stranger" else order.extOrderId,
            "status": order.status, "totalAmount": str(claimed), "currencyCode": order.currency,
        }  # fmt: skip
        return await self._answer(request, "read", {"orders": [told], "status": {"statusCode": "SUCCESS"}})

    async def capture(self, request: web.Request) -> web.Response:
        """Take what was paid."""
        order = self._order(request)
        await self._stumble(request, "capture", order.orderId)
        if order.status != "WAITING_FOR_CONFIRMATION":
            return _no(400, "ERROR_VALUE_INVALID", "wrong order status")
        self._become(order, "COMPLETED")
        return await self._answer(request, "capture", {"status": {"statusCode": "SUCCESS"}})

    async def cancel(self, request: web.Request) -> web.Response:
        """Call an order off."""
        order = self._order(request)
        await self._stumble(request, "cancel", order.orderId)
        if order.status == "COMPLETED":
            return _no(400, "ERROR_VALUE_INVALID", "wrong order status")
        self._become(order, "CANCELED")
        return await self._answer(request, "cancel", {"orderId": order.orderId, "status": {"statusCode": "SUCCESS"}})

    async def refund(self, request: web.Request) -> web.Response:
        """Give money back; the same key is the same refund."""
        order, given = self._order(request), (await request.json())["refund"]
        key, amount = str(given["extRefundId"]), int(given["amount"])
        await self._stumble(request, "refund", key)
        found = next((each for each in order.refunds if each.extRefundId == key), None)
        if found is not None and found.amount != amount:
            return _no(400, "ERROR_VALUE_INVALID", "REFUND_IDEMPOTENCY_MISMATCH")
        if found is None:
            left = order.amount - sum(each.amount for each in order.refunds if each.status != "CANCELED")
            if order.status != "COMPLETED" or not 0 < amount <= left:
                return _no(400, "ERROR_VALUE_INVALID", f"{left} is left")
            found = Refund(str(len(order.refunds) + 1) + order.orderId, key, amount)
            order.refunds.append(found)
            self.later(self._finish(order, found))
        return await self._answer(
            request, "refund",
            {"orderId": order.orderId, "refund": msgspec.to_builtins(found), "status": {"statusCode": "SUCCESS"}},
        )  # fmt: skip

    async def refunds(self, request: web.Request) -> web.Response:
        """List what goes back."""
        order = self._order(request)
        return web.json_response({"refunds": [msgspec.to_builtins(each) for each in order.refunds]})

    async def pay(self, request: web.Request) -> web.Response:
        """Stand for the page on which the buyer pays; she goes back to the shop from there."""
        order = self._order(request)
        if order.status in ("NEW", "PENDING"):
            self._paid(order, sure=request.query.get("how", "pay") == "pay")
        if not order.returns:
            return web.Response(text=order.status)
        return web.Response(status=302, headers={"location": order.returns})

    async def look(self, _: web.Request) -> web.Response:
        """Show the books."""
        return web.json_response([msgspec.to_builtins(each) for each in self.orders.values()])

    async def rule(self, request: web.Request) -> web.Response:
        """Say what goes wrong from now on."""
        self.rules = msgspec.json.decode(await request.read(), type=Rules)
        return web.Response()

    # --- what happens -------------------------------------------------------------------------------------------------

    async def _on_her_telephone(self, order: Order, code: str) -> None:
        await asyncio.sleep(self.rules.pause_s / 3)
        if code != IGNORES and order.status == "PENDING":
            self._paid(order, sure=code != REFUSES)

    def _paid(self, order: Order, *, sure: bool) -> None:
        self._become(
            order, "CANCELED" if not sure else "COMPLETED" if self.rules.receives else "WAITING_FOR_CONFIRMATION"
        )

    async def _finish(self, order: Order, refund: Refund) -> None:
        await asyncio.sleep(self.rules.pause_s / 3)
        if self.rules.finalizes:
            refund.status = "FINALIZED"
            self._tell(
                order, {"orderId": order.orderId, "extOrderId": order.extOrderId, "refund": {"status": "FINALIZED"}}
            )

    def _become(self, order: Order, status: str) -> None:
        order.status = status
        for state in ("PENDING", status):  # the older news may come later than the newer
            self._tell(order, {"order": {"orderId": order.orderId, "extOrderId": order.extOrderId, "status": state}})

    def _tell(self, order: Order, news: Thing) -> None:
        for _ in range(self.rules.notifies if order.notify else 0):
            self.later(self._post(order.notify, msgspec.json.encode(news)))

    async def _post(self, url: str, body: bytes) -> None:
        await asyncio.sleep(self.chance.uniform(0, self.rules.pause_s))
        headers = {"openpayu-signature": sign(body, self.rules.signs), "content-type": "application/json"}
        with suppress(aiohttp.ClientError, TimeoutError):
            async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers):
                pass

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    async def _stumble(self, request: web.Request, command: str, key: str) -> None:
        """Go wrong before anything is done, where that is said."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        mishap = self.rules.mishaps.get(command, "")
        if mishap == "expired" and f"{command} {key}" not in self.stumbled:
            self.tokens.discard(token)
            self.stumbled.add(f"{command} {key}")
        if token not in self.tokens:
            raise _refusal(401, "UNAUTHORIZED")
        if mishap == "down":
            raise _refusal(503, "SERVICE_NOT_AVAILABLE")
        if mishap in ("drop", "error") and f"{command} {key}" not in self.stumbled:
            self.stumbled.add(f"{command} {key}")
            if mishap == "error":
                raise _refusal(500, "GENERAL_ERROR")
            _hang_up(request)

    async def _answer(self, request: web.Request, command: str, said: Thing, status: int = 200) -> web.Response:
        """Answer, or go wrong after all is done."""
        match self.rules.mishaps.get(command):
            case "cut":
                _hang_up(request)
            case "slow":
                await asyncio.sleep(self.rules.pause_s)
        return web.json_response(said, status=status)

    def later(self, work: Any) -> None:
        """Let something go on behind an answer."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _order(self, request: web.Request) -> Order:
        found = self.orders.get(request.match_info["order"])
        if found is None:
            raise _refusal(404, "DATA_NOT_FOUND")
        return found


def sign(body: bytes, how: str = "MD5", key: str = SECOND) -> str:
    """Write the signature of a notification."""
    digest = hashlib.new(how.replace("-", "").lower(), body + key.encode()).hexdigest()
    return f"sender=checkout;signature={digest};algorithm={how};content=DOCUMENT"


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError


def _no(status: int, code: str, why: str = "", **more: str) -> web.Response:
    return web.json_response({"status": {"statusCode": code, "statusDesc": why}, **more}, status=status)


def _refusal(status: int, code: str) -> web.HTTPException:
    kinds: dict[int, type[web.HTTPException]] = {
        401: web.HTTPUnauthorized, 404: web.HTTPNotFound, 500: web.HTTPInternalServerError,
        503: web.HTTPServiceUnavailable,
    }  # fmt: skip
    body = msgspec.json.encode({"status": {"statusCode": code}})
    return kinds[status](body=body, content_type="application/json")


def application(books: Books) -> web.Application:
    """Put the addresses together."""
    made, orders = web.Application(), "/api/v2_1/orders"
    made.add_routes(
        [
            web.post("/pl/standard/user/oauth/authorize", books.enter),
            web.post(orders, books.create),
            web.get(orders + "/{order}", books.read),
            web.delete(orders + "/{order}", books.cancel),
            web.post(orders + "/{order}/captures", books.capture),
            web.post(orders + "/{order}/refunds", books.refund),
            web.get(orders + "/{order}/refunds", books.refunds),
            web.get("/pay/{order}", books.pay),
            web.get("/_books", books.look),
            web.post("/_rules", books.rule),
        ]
    )
    return made


async def run(port: int) -> None:
    """Serve on loopback until stopped; says on its output which port it listens on (``--port 0``: any free one)."""
    runner = web.AppRunner(application(Books()))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201 - whoever started it reads it
    while True:  # noqa: ASYNC110 - until it is stopped
        await asyncio.sleep(3_600)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="payu_simulator", description="PayU for rehearsals.")
    parser.add_argument("--port", type=int, default=8091)
    with suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args().port))


if __name__ == "__main__":
    main()
