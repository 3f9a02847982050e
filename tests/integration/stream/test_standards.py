"""What we say of ourselves is read by the standards' own programs: AsyncAPI's parser, CloudEvents' library."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat

from rynek.app import App
from rynek.commerce.catalog.events import ChannelChanged
from rynek.commerce.checkout.events import CartChanged
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from rynek.kernel.events import NAMES, emit

HERE = Path(__file__).with_name("parser")
ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
ERP = Actor("workload", ids.new(), frozenset({"integrator", "stock", "merchandise"}))


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the parser where the program is; it comes from npm."""
    if not shutil.which("npm"):
        pytest.fail("this test needs Node.js and npm: apt-get install nodejs npm, or see https://nodejs.org")
    folder = tmp_path_factory.mktemp("asyncapi")
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run(npm, cwd=folder, check=True)
    return folder / "check.js"


async def test_the_document_is_asyncapi_and_lists_what_one_may_be_told(world: App, parser: Path) -> None:
    whole = await world.door.ask(ADMIN, "integration.stream.asyncapi")
    some = await world.door.ask(ERP, "integration.stream.asyncapi")
    broken = {**whole, "operations": {"tell": {"action": "shout", "channel": {"$ref": "#/channels/none"}}}}
    asked = "\n".join(json.dumps(each) for each in (whole, some, broken))
    done = subprocess.run(["node", parser], input=asked, capture_output=True, text=True, check=True)  # noqa: S607, ASYNC221 - the test waits
    first, second, third = (json.loads(line) for line in done.stdout.splitlines())
    assert first["wrong"] == second["wrong"] == []
    assert set(first["messages"]) == set(NAMES)
    assert "orders.order-placed" in second["messages"]
    assert "security.customer-registered" not in second["messages"]
    assert third["wrong"]  # the control


async def told(world: App, who: Actor, *news: Any) -> list[Any]:
    begin = (await world.door.ask(who, "integration.stream.read", after="now")).next
    async with world.database.transaction("commerce") as tx:
        emit(tx, *news)
    found: list[Any] = []
    async with asyncio.timeout(60):
        while len(found) < len(news):
            read = await world.door.ask(who, "integration.stream.read", after=begin, wait_s=10)
            found += read.events
            begin = read.next
    return found


async def test_an_event_is_a_cloudevent_and_fits_its_schema(world: App) -> None:
    sent = (ChannelChanged("X"), CartChanged(ids.new(), 1, "X", "guest", ids.new(), "PLN", 7, ["A"]))
    for who in (ADMIN, ERP):
        document = await world.door.ask(who, "integration.stream.asyncapi")
        for event in await told(world, who, *sent):
            body = msgspec.json.encode(event)
            headers = {"content-type": "application/cloudevents+json"}
            read = from_structured_event(HTTPMessage(headers, body), JSONFormat())
            assert (read.get_id(), read.get_type()) == (event.id, event.type)
            assert read.get_extension("sequence") == event.sequence
            payload = document["components"]["messages"][event.type]["payload"]
            schema = {**payload, "components": document["components"]}
            assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(json.loads(body))
            assert not jsonschema_rs.validator_for(schema).is_valid({**json.loads(body), "data": {}})
