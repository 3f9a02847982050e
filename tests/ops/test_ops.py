"""A running server tells whether it is well and what it can do; its pages load nothing foreign."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import asyncpg
import jsonschema_rs
import msgspec
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from rynek import security
from rynek.app import App
from rynek.bench import Server
from rynek.client import Answer, Connections
from rynek.kernel import pages
from rynek.kernel.actor import ANYONE, Actor
from rynek.kernel.database import Database
from rynek.kernel.faults import Fault, Forbidden, Unavailable
from rynek.ops import NotReady
from rynek.ops.pages import groups


@pytest.fixture
async def http(server: Server) -> AsyncIterator[Connections]:
    async with Connections(server.address) as opened:
        yield opened


class Links(HTMLParser):
    """What a page loads, where it leads, and what the content policy would not let it do."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.ids: set[str] = set()
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loads += [
            str(given[name]) for name in ("src", "href") if name in given and tag in ("script", "link", "img")
        ]
        self.leads += [str(given["href"])] if tag == "a" else []
        self.ids |= {str(given["id"])} if "id" in given else set()
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)


async def read(http: Connections, path: str) -> Answer:
    answer = await http.ask("GET", path)
    assert answer.status == 200, answer.body
    return answer


async def test_it_is_alive_and_ready(http: Connections) -> None:
    assert msgspec.json.decode((await read(http, "/health/live")).body) == {"status": "alive"}
    ready = msgspec.json.decode((await read(http, "/health/ready")).body)
    assert ready["status"] == "ready"
    assert ready["migrations"] >= 2
    assert 0 < ready["database_ms"] < 1000


async def test_it_is_not_ready_without_its_migrations(world: App, owner_dsn: str) -> None:
    owner = await asyncpg.connect(owner_dsn)
    try:
        row = await owner.fetchrow(
            "delete from kernel.migration where context = 'security' and number = 101 returning *"
        )
        with pytest.raises(NotReady, match=r"migrations are missing: security 0101; run `rynek migrate`"):
            await world.door.ask(ANYONE, "ops.ready")
        await owner.execute("insert into kernel.migration values ($1, $2, $3, $4, $5)", *row)
        ready = await world.door.ask(ANYONE, "ops.ready")
        assert ready.status == "ready"
    finally:
        await owner.close()


async def test_it_is_not_ready_while_its_database_keeps_it_waiting(world: App, owner_dsn: str) -> None:
    owner = await asyncpg.connect(owner_dsn)
    try:
        async with owner.transaction():
            await owner.execute("lock table kernel.migration in access exclusive mode")
            with pytest.raises(NotReady, match="did not answer within 1 s") as refusal:
                await world.door.ask(ANYONE, "ops.ready")
        assert (refusal.value.status, refusal.value.facts) == (503, {"retry_after": 1})
        assert isinstance(refusal.value, Unavailable)
        assert (await world.door.ask(ANYONE, "ops.ready")).status == "ready"
    finally:
        await owner.close()


async def test_metrics_are_for_those_who_watch(world: App) -> None:
    for actor in (ANYONE, Actor("customer", uuid4()), Actor("staff", uuid4(), frozenset({"support"}))):
        with pytest.raises(Forbidden):
            await world.door.ask(actor, "ops.metrics")
    watcher = Actor("workload", uuid4(), frozenset({"monitor"}))
    answer = await world.door.ask(watcher, "ops.metrics")
    assert answer.kind == "text/plain; version=0.0.4; charset=utf-8"
    assert b"# TYPE rynek_requests_total counter" in answer.body


async def test_metrics_over_http(http: Connections, database: Database) -> None:
    assert (await http.ask("GET", "/metrics")).status == 403
    await read(http, "/health/live")
    await security.ensure_admin(database, "watch@example.com", "a long enough password")
    body = msgspec.json.encode({"email": "watch@example.com", "password": "a long enough password"})
    entry = msgspec.json.decode(
        (await http.ask("POST", "/security/login", {"content-type": "application/json"}, body)).body
    )
    told = await http.ask("GET", "/metrics", {"authorization": f"Bearer {entry['token']}"})
    assert told.status == 200
    assert re.search(rb'^rynek_requests_total\{operation="ops.live",status="200"\} [1-9]', told.body, re.MULTILINE)


async def test_the_document_of_the_whole_registry_is_valid(http: Connections) -> None:
    made = msgspec.json.decode((await read(http, "/openapi.json")).body)
    jsonschema_rs.validator_for(OPENAPI_31).validate(made)
    for schema in made["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    assert {"/health/live", "/health/ready", "/events/types"} <= set(made["paths"])
    assert "/docs" not in made["paths"]
    assert "security" not in made["paths"]["/health/live"]["get"]
    assert made["paths"]["/security/staff"]["get"]["security"] == [{"bearer": []}, {"cookie": []}]


@pytest.mark.parametrize("path", ["/docs", "/docs/faults", "/docs/events"])
async def test_a_page_loads_only_what_is_ours(http: Connections, path: str) -> None:
    page = await read(http, path)
    links = Links(page.body.decode())
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == pages.POLICY
    assert "unsafe" not in pages.POLICY
    assert links.inline == []
    assert len(links.loads) >= 2
    for address in links.loads:
        assert (await read(http, address)).headers["cache-control"] == "public, max-age=31536000, immutable"
    for address in links.leads:
        where, _, anchor = address.partition("#")
        if where.startswith("/docs") or not where:
            target = Links((await read(http, where)).body.decode()) if where and where != path else links
            assert not anchor or anchor in target.ids, address


async def test_every_operation_can_be_read_without_script(http: Connections) -> None:
    made = msgspec.json.decode((await read(http, "/openapi.json")).body)
    text = (await read(http, "/docs")).body.decode()
    shown = [each for _, _, every in groups(made) for each in every]
    assert len(shown) == sum(map(len, made["paths"].values()))
    for each in shown:
        assert f'id="{each.id}"' in text
        assert f"<code>{each.path}</code>" in text


async def test_every_refusal_has_its_place(http: Connections) -> None:
    refused = msgspec.json.decode((await http.ask("GET", "/no/such/place")).body)
    assert refused["type"] == "/docs/faults#not-found"
    ids = Links((await read(http, "/docs/faults")).body.decode()).ids
    assert {"not-found", "not-ready", "key-reused"} <= ids
    assert {code for code, kind in Fault.kinds.items() if kind.__module__.startswith("rynek.kernel.")} <= ids


async def test_events_are_listed_with_their_shape(http: Connections) -> None:
    news = {each["type"]: each for each in msgspec.json.decode((await read(http, "/events/types")).body)}
    moved = news["inventory.stock-moved"]
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **moved["data"]})
    assert moved["title"]
    assert 'id="inventory.stock-moved"' in (await read(http, "/docs/events")).body.decode()


async def test_an_asset_is_kept_for_ever_by_its_content(http: Connections) -> None:
    address = pages.address("rynek.css")
    assert re.fullmatch(r"/assets/rynek\.[0-9a-f]{12}\.css", address)
    kept = await read(http, address)
    assert kept.headers["content-type"] == "text/css; charset=utf-8"
    assert b"prefers-reduced-motion" in kept.body
    plain = await read(http, "/assets/rynek.css")
    assert (plain.headers["cache-control"], plain.body) == ("no-cache", kept.body)
    again = await http.ask("GET", "/assets/rynek.css", {"if-none-match": plain.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    stale = await http.ask("GET", "/assets/rynek.000000000000.css")
    assert stale.status == 404


@pytest.mark.parametrize(
    "file", ["..%2Fpolicy.cedar", "%2e%2e%2fpolicy.cedar", "policy.cedar", "rynek", ".css", "x.y.css"]
)
async def test_nothing_but_assets_is_served(http: Connections, file: str) -> None:
    assert (await http.ask("GET", f"/assets/{file}")).status == 404


def test_what_is_put_into_a_page_is_escaped() -> None:
    fault: Any = type("Sly", (), {"code": "<script>", "status": 409, "title": "a & b"})
    text = pages.page("ops/faults.html", faults=[fault]).body.decode()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "a &amp; b" in text
