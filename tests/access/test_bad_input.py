"""Whatever is wrong with a request, it is told precisely, nothing breaks, and nothing has changed."""

import asyncio
import json
import re
from typing import Any
from uuid import UUID

import asyncpg
import jsonschema_rs
import pytest

from rynek.app import App
from rynek.bench.stall import COURIER
from rynek.client.connections import Answer, Connections
from rynek.kernel import ids
from tests.access.bodies import JSON, SKU, Taker, documented, in_path, mutants, problem, takers_of
from tests.access.digest import digest, worked


def test_every_example_is_what_its_operation_takes(takers: list[Taker]) -> None:
    """Only if they are sound is it the one thing put wrong in them that is refused."""
    assert len(takers) > 40
    for taker in takers:
        told = [
            str(error)
            for error in jsonschema_rs.validator_for(taker.schema, validate_formats=True).iter_errors(taker.example)
        ]
        assert told == [], (taker.name, taker.example)


async def test_one_wrong_thing_in_any_place_is_refused_precisely(
    takers: list[Taker], wire: Connections, admin: dict[str, str], owner: asyncpg.Connection
) -> None:
    before, tried = await digest(owner), 0

    async def refused(taker: Taker, body: str) -> None:
        said = problem(await wire.ask(taker.method, taker.address, admin, body.encode()), 400, 413, 422)
        assert "outside the range that can be stored" not in said["detail"], (taker.name, body[:500], said)

    for taker in takers:
        wrong = [body for body, fits in mutants(taker) if not fits]
        await asyncio.gather(*(refused(taker, body) for body in wrong))
        tried += len(wrong)
    assert tried > 2_000
    assert await digest(owner) == before


async def test_what_is_wrong_with_a_body_as_a_whole_is_refused(
    takers: list[Taker], wire: Connections, admin: dict[str, str], owner: asyncpg.Connection
) -> None:
    before = await digest(owner)
    bodies = [
        (b'{"lines": ', JSON, 400), (b"\xff\xfe{}", JSON, 400), (b'{"a": "\xc3\x28"}', JSON, 400),
        (b"[" * 100_000, JSON, 400), (b'{"a":' * 50_000, JSON, 400), (b"{} {}", JSON, 400), (b"\x00", JSON, 400),
        (b'"text"', JSON, 422), (b"[]", JSON, 422), (b"null", JSON, 422), (b"7", JSON, 422),
        (b'{"unknown": 1}', JSON, 422),
        (b"a=1", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b"<a/>", {"content-type": "text/xml"}, 415), (b"{}", {"content-type": ""}, 415),
    ]  # fmt: skip
    for taker in takers:
        for body, headers, status in bodies:
            answer = await wire.ask(taker.method, taker.address, {**admin, **headers}, body)
            expected = (status, 422) if status == 400 and body[:1] in b"[{" else (status,)
            assert problem(answer, *expected), (taker.name, body[:40])
        async with Connections(wire.url) as another:  # the server hangs up on who sends so much
            problem(await another.ask(taker.method, taker.address, admin, b"x" * 1_048_577), 413)
    assert await digest(owner) == before


async def test_what_is_wrong_with_an_address_is_refused(
    shop: App, wire: Connections, admin: dict[str, str], owner: asyncpg.Connection
) -> None:
    before, tried = await digest(owner), 0
    examples = {(taker.method, taker.path): json.dumps(taker.example).encode() for taker in takers_of(shop)}
    for operation in shop.door.registry.by_name.values():
        if not (operation.variables and operation.shown) or operation.form or operation.raw:
            continue
        body = examples.get((operation.method, operation.path))
        for name, kind in operation.variables.items():
            texts = ["%00", "a%00b", "%FF%FE", "x" * 3000, "%0A", "..%2f..%2fetc", "'%3Bselect"]
            texts += ["12", "not-a-uuid", "0" * 33] if kind is UUID else []
            for text in texts:
                target = operation.path.replace(f"{{{name}}}", text)
                target = re.sub(r"\{(\w+)\}", lambda found: in_path(found[1]), target)
                answer = await wire.ask(operation.method, target, admin, body)
                if operation.method == "GET" and answer.status == 200:
                    assert answer.body == b"[]", (target, answer)  # nothing is known of it
                else:
                    problem(answer, 400, 404, 422)
                tried += 1
    assert tried > 200
    assert await digest(owner) == before


async def test_what_is_wrong_with_a_query_is_refused(shop: App, wire: Connections, admin: dict[str, str]) -> None:
    tried = 0
    for path, methods in documented(shop)["paths"].items():
        parameters = [each for each in methods.get("get", {}).get("parameters", ()) if each.get("in") == "query"]
        address = re.sub(r"\{(\w+)\}", lambda found: in_path(found[1]), path)
        for each in parameters:
            name, many = each["name"], each["schema"].get("type") == "array"
            queries = [f"{name}=%00", f"{name}=%FF", f"{name}=" + "x" * 5000, "unknown=1", f"{name}[]=1"]
            if not many:
                queries.append(f"{name}=1&{name}=1")
            if "integer" in json.dumps(each["schema"]):
                queries += [f"{name}={number}" for number in ("-1", "0", "1e400", "9223372036854775808", "1.5", "x")]
            for query in queries:
                answer = await wire.ask("GET", f"{address}?{query}", admin)
                assert answer.status < 500, (query, answer)
                if "=1&" in query or query == "unknown=1" or "integer" in json.dumps(each["schema"]):
                    problem(answer, 400, 404, 422)
                tried += 1
    assert tried > 200


async def test_what_takes_no_body_is_given_one(
    shop: App, wire: Connections, admin: dict[str, str], owner: asyncpg.Connection
) -> None:
    before = await digest(owner)
    tried = 0
    for operation in shop.door.registry.by_name.values():
        if operation.method == "GET" or operation.input is not None or operation.raw or not operation.shown:
            continue
        target = re.sub(r"\{(\w+)\}", lambda found: in_path(found[1]), operation.path)
        problem(await wire.ask(operation.method, target, admin, b'{"unknown": 1}'), 422)
        tried += 1
    assert tried > 5
    assert await digest(owner) == before


async def test_an_idempotency_key_that_is_none_is_refused(
    takers: list[Taker], wire: Connections, admin: dict[str, str], owner: asyncpg.Connection
) -> None:
    before = await digest(owner)
    for taker in takers:
        body = json.dumps(taker.example).encode()
        for key in ("", "x" * 256):
            said = problem(await wire.ask(taker.method, taker.address, {**admin, "idempotency-key": key}, body), 422)
            assert "Idempotency-Key" in said["detail"]
    assert await digest(owner) == before


# --- commerce, by hand ------------------------------------------------------------------------------------------------


class Guest:
    """A guest with a cart and an order, over HTTP."""

    def __init__(self, wire: Connections) -> None:
        self.wire = wire
        self.headers = dict(JSON)
        self.cart = ""
        self.order = ""

    async def ask(self, route: str, body: Any = None) -> Answer:
        method, target = route.split(" ", 1)
        sent = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        return await self.wire.ask(method, target, self.headers, sent)

    async def begin(self) -> "Guest":
        home = {"name": "Ola", "street": "Rynek 1", "city": "Kraków", "postcode": "31-042", "country": "PL"}
        cart = {"channel": "WEB-PL", "lines": [{"sku": SKU}], "email": "ola@example.com", "address": home}
        opened = await self.ask("POST /checkout/carts", {**cart, "delivery": COURIER})
        self.headers["rynek-session"] = opened.headers["rynek-session"]
        first = json.loads(opened.body)["id"]
        tenders = [{"method": "transfer", "amount_minor": 2501}]
        placed = await self.ask(f"POST /checkout/carts/{first}/order", {"tenders": tenders})
        assert placed.status == 200, placed
        self.order = json.loads(placed.body)["order"]
        self.cart = json.loads((await self.ask("POST /checkout/carts", {**cart, "delivery": COURIER})).body)["id"]
        return self


@pytest.fixture
async def guest(shop: App, wire: Connections, owner: asyncpg.Connection) -> Guest:
    begun = await Guest(wire).begin()
    await worked(owner, begun.order)
    return begun


HUGE = ("0", "-1", "1000001", "1000000000000", "9223372036854775808", "1e400", "1.5", '"1"', "null", "true")


@pytest.mark.parametrize("quantity", HUGE)
async def test_impossible_quantities(guest: Guest, owner: asyncpg.Connection, quantity: str) -> None:
    before = await digest(owner)
    line = f'[{{"sku": "{SKU}", "quantity": {quantity}}}]'
    for route, body in (
        ("POST /checkout/carts", f'{{"channel": "WEB-PL", "lines": {line}}}'),
        (f"PATCH /checkout/carts/{guest.cart}", f'{{"lines": {line}}}'),
        (f"PATCH /checkout/carts/{guest.cart}", f'{{"add": {line}}}'),
    ):
        said = problem(await guest.ask(route, body.encode()), 400, 422)
        assert "quantity" in said["detail"] or "range" in said["detail"], said
    assert await digest(owner) == before


async def test_quantities_that_are_too_much_together(guest: Guest, owner: asyncpg.Connection) -> None:
    before = await digest(owner)
    lines = [{"sku": SKU, "quantity": 1_000_000}]
    problem(await guest.ask("POST /checkout/carts", {"channel": "WEB-PL", "lines": lines * 2}), 422)
    problem(await guest.ask(f"PATCH /checkout/carts/{guest.cart}", {"add": lines}), 422)
    assert await digest(owner) == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"channel": "NOWHERE"}, "channel-closed"),
        ({"lines": [{"sku": "NO-SUCH-ITEM"}]}, "not-sellable"),
        ({"delivery": "by-owl"}, "delivery-unknown"),
        ({"country": "DE"}, "no-tax-rate"),
        ({"country": "Poland"}, "invalid"),
        ({"email": "nobody"}, "invalid"),
        ({"version": 99}, "cart-changed"),
        ({"address": {"name": "Ola"}}, "invalid"),
        ({"lines": [{"sku": f"A{n}"} for n in range(501)]}, "invalid"),
    ],
)
async def test_a_cart_that_cannot_be(guest: Guest, owner: asyncpg.Connection, change: Any, code: str) -> None:
    before = await digest(owner)
    said = problem(await guest.ask(f"PATCH /checkout/carts/{guest.cart}", change), 409, 422)
    assert said["type"] == f"/docs/faults#{code}", said
    assert await digest(owner) == before


@pytest.mark.parametrize(
    ("tenders", "code"),
    [
        ([], "total-differs"),
        ([{"method": "transfer", "amount_minor": 2500}], "total-differs"),
        ([{"method": "transfer", "amount_minor": 0}], "invalid"),
        ([{"method": "transfer", "amount_minor": -2501}], "invalid"),
        ([{"method": "transfer", "amount_minor": 10**18}], "invalid"),
        ([{"method": "transfer", "amount_minor": 2501, "currency": "EUR"}], "invalid"),
        ([{"method": "no-such-method", "amount_minor": 2501}], "tenders-unfit"),
        ([{"method": "cash", "amount_minor": 2501}], "tenders-unfit"),
        ([{"method": "card", "amount_minor": 2501, "provider": "no-such-provider"}], "tenders-unfit"),
        ([{"method": "transfer", "amount_minor": 1}] * 11, "invalid"),
    ],
)
async def test_money_that_does_not_fit(guest: Guest, owner: asyncpg.Connection, tenders: Any, code: str) -> None:
    before = await digest(owner)
    said = problem(await guest.ask(f"POST /checkout/carts/{guest.cart}/order", {"tenders": tenders}), 409, 422)
    assert said["type"] == f"/docs/faults#{code}", said
    assert await digest(owner) == before


async def test_foreign_and_unknown_ids(guest: Guest, owner: asyncpg.Connection) -> None:
    stranger = await Guest(guest.wire).begin()
    await worked(owner, stranger.order)
    before = await digest(owner)
    for cart, order in ((guest.cart, guest.order), (str(ids.new()), str(ids.new())), (guest.order, guest.cart)):
        for route, body in (
            (f"GET /checkout/carts/{cart}", None),
            (f"PATCH /checkout/carts/{cart}", {"lines": []}),
            (f"DELETE /checkout/carts/{cart}", None),
            (f"POST /checkout/carts/{cart}/merge", {"other": stranger.cart}),
            (f"POST /checkout/carts/{stranger.cart}/merge", {"other": cart}),
            (f"POST /checkout/carts/{cart}/order", {"tenders": []}),
            (f"GET /orders/{order}", None),
            (f"POST /orders/{order}/cancellation", {"reason": "out of spite"}),
            (f"GET /payments?order={order}", None),
            (f"POST /orders/{order}/payments", {"method": "transfer", "amount_minor": 1}),
        ):
            said = problem(await stranger.ask(route, body), 404)
            assert said["type"] == "/docs/faults#not-found"
    assert await digest(owner) == before


SOLD: dict[str, Any] = {
    "store": "S-1", "till": "1", "number": 1, "sold_at": "2026-11-01T12:00:00Z", "currency": "PLN",
    "lines": [{"sku": SKU, "quantity": 1, "amount": 100}], "tenders": [{"method": "cash", "amount": 100}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "XXX"}, "invalid"),
        ({"currency": "zł"}, "invalid"),
        ({"store": "NOWHERE"}, "store-unknown"),
        ({"store": "WH-1"}, "store-unknown"),
        ({"tenders": []}, "receipt-unbalanced"),
        ({"tenders": [{"method": "cash", "amount": 99}]}, "receipt-unbalanced"),
        ({"number": 0}, "invalid"),
        ({"number": 2**53 + 1}, "invalid"),
        ({"sold_at": "2026-11-01T12:00:00"}, "invalid"),
        ({"sold_at": "0001-01-01T00:00:00+14:00"}, "invalid"),
        ({"sold_at": "9999-12-31T23:59:59-14:00"}, "invalid"),
        ({"lines": []}, "invalid"),
        ({"lines": [{"sku": SKU, "quantity": -1, "amount": 100}]}, "line-contradicts"),
        ({"lines": [{"sku": SKU, "quantity": 1, "amount": 100, "kind": "return"}]}, "line-contradicts"),
        ({"lines": [{"sku": SKU, "quantity": 10**12, "amount": 100}]}, "invalid"),
        ({"lines": [{"sku": SKU, "quantity": 1, "amount": 10**16}]}, "invalid"),
        ({"lines": [{"sku": "a b", "quantity": 1, "amount": 100}]}, "invalid"),
        ({"reference": "\x00"}, "invalid"),
    ],
)
async def test_receipts_that_cannot_be(
    shop: App, wire: Connections, admin: dict[str, str], owner: asyncpg.Connection, change: Any, code: str
) -> None:
    before = await digest(owner)
    said = problem(await wire.ask("POST", "/pos/receipts", admin, json.dumps({**SOLD, **change}).encode()), 422)
    assert said["type"] == f"/docs/faults#{code}", said
    assert await digest(owner) == before


async def test_the_sound_request_is_taken(
    wire: Connections, shop: App, admin: dict[str, str], owner: asyncpg.Connection
) -> None:
    """The control: without the one wrong thing it is done, and the digest tells."""
    before = await digest(owner)
    answer = await wire.ask("POST", "/pos/receipts", admin, json.dumps(SOLD).encode())
    assert answer.status == 200, answer
    after = await digest(owner)
    changed = {table for table in after if after[table] != before[table]}
    assert {"commerce.receipt", "commerce.level", "commerce.stock_entry"} <= changed
