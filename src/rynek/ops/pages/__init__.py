"""Pages that explain Rynek to engineers: operations, refusals and events; the OpenAPI document, metrics and assets."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Struct

from rynek.design import look
from rynek.kernel import metrics as figures
from rynek.kernel import pages
from rynek.kernel.actor import ANYONE
from rynek.kernel.door import Call, Door, Response
from rynek.kernel.faults import Fault
from rynek.kernel.openapi import PROBLEM, document
from rynek.kernel.operations import process
from rynek.kernel.outline import Outliner
from rynek.ops import actions

pages.bring("ops", Path(__file__).parents[1])

_made: WeakKeyDictionary[Door, dict[str, Response]] = WeakKeyDictionary()


def _page(call: Call[None], name: str, **values: Callable[[], Any]) -> Response:
    """Answer with a page, light or dark as its reader chose."""
    chosen = look(call.request.header("cookie")) if call.request else ""
    return _once(
        call, f"{name} {chosen}", lambda: pages.page(name, look=chosen, **{key: made() for key, made in values.items()})
    )


def _once(call: Call[None], name: str, make: Callable[[], Response]) -> Response:
    """Answer with what was made for this door before: its operations do not change while it runs."""
    kept = _made.setdefault(call.door, {})
    if name not in kept:
        kept[name] = make()
    found = kept[name]
    return Response(found.status, found.body, found.kind, found.headers)


def _document(door: Door) -> dict[str, Any]:
    return document(
        door.registry,
        "Rynek",
        version("rynek"),
        open_to_anyone=lambda policy: door.gate.may(ANYONE, policy) is not None,
    )


async def openapi(call: Call[None]) -> Response:
    """Give the OpenAPI document of the public API."""
    return _once(call, "openapi", lambda: Response(200, msgspec.json.encode(_document(call.door))))


async def metrics(_call: Call[None]) -> Response:
    """Give this process's figures to Prometheus."""
    return Response(200, figures.text(), "text/plain; version=0.0.4; charset=utf-8", (("cache-control", "no-store"),))


async def asset(call: Call[None], file: str) -> Response:
    """Give a static file of a page.

    Raises:
        NotFound: there is no such file.
    """
    return pages.asset(file, call.request.header("if-none-match") if call.request else None)


async def docs(call: Call[None]) -> Response:
    """Show every operation: what it takes, answers and refuses, with a form to try it."""
    return _page(call, "ops/docs.html", groups=lambda: groups(_document(call.door)))


async def faults(call: Call[None]) -> Response:
    """Show every refusal by its code, where problem documents point to."""
    every = sorted(Fault.kinds.values(), key=lambda kind: kind.code)
    return _page(call, "ops/faults.html", faults=lambda: every)


async def events(call: Call[None]) -> Response:
    """Show every event that Rynek announces."""
    news = await actions.news(call)
    shapes = {each.type: Outliner(each.data.get("$defs", {})).outline(each.data) for each in news}
    return _page(call, "ops/events.html", news=lambda: news, shapes=lambda: shapes)


class Shown(Struct, frozen=True):
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    title: str
    text: str
    policy: str
    rate: str
    closed: bool
    """Whether it needs credentials."""
    parameters: list[dict[str, Any]]
    body: str
    example: str
    answers: list[tuple[str, str, str]]
    """Status, what it means and the outline of what it carries."""
    refusals: list[tuple[str, list[str], str]]
    """Status, the codes and what they mean."""


def groups(made: Mapping[str, Any]) -> list[tuple[str, str, list[Shown]]]:
    """Sort a document's operations by the part of the house they belong to: name, what it is for, operations."""
    reader = Outliner(made["components"]["schemas"])
    every: dict[str, list[Shown]] = {}
    for path, methods in made["paths"].items():
        for method, entry in methods.items():
            every.setdefault(entry["tags"][0], []).append(_shown(made, reader, f"{method.upper()} {path}", entry))
    return [(each["name"], each["description"], every[each["name"]]) for each in made["tags"]]


def _shown(made: Mapping[str, Any], reader: Outliner, route: str, entry: Mapping[str, Any]) -> Shown:
    method, path = route.split(" ", 1)
    content = next((each for each in entry.get("requestBody", {}).get("content", {}).values() if each), None)
    responses = {status: _followed(made, each) for status, each in entry["responses"].items()}
    return Shown(
        id=entry["operationId"],
        method=method,
        path=path,
        title=entry["summary"],
        text=entry.get("description", ""),
        policy=entry["x-policy"],
        rate=entry["x-rate"],
        closed="security" in entry,
        parameters=[_parameter(reader, each) for each in entry.get("parameters", ()) if "$ref" not in each],
        body=reader.outline(content["schema"]) if content else "",
        example=msgspec.json.format(msgspec.json.encode(reader.example(content["schema"]))).decode() if content else "",
        answers=[_answer(reader, status, each) for status, each in responses.items() if status < "3"],
        refusals=[(status, _codes(each), each["description"]) for status, each in responses.items() if status > "3"],
    )


def _followed(made: Mapping[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in response:
        return response
    found: dict[str, Any] = made["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return found


def _parameter(reader: Outliner, each: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": each["name"],
        "place": each["in"],
        "required": each.get("required", False),
        "kind": reader.outline(each["schema"]),
        "many": each["schema"].get("type") == "array",
        "default": each["schema"].get("default"),
        "text": each.get("description", ""),
    }


def _answer(reader: Outliner, status: str, response: Mapping[str, Any]) -> tuple[str, str, str]:
    content = response.get("content", {}).get("application/json")
    return status, response["description"], reader.outline(content["schema"]) if content else ""


def _codes(response: Mapping[str, Any]) -> list[str]:
    if "content" not in response:  # the server itself refuses, before the door
        return []
    _, types = response["content"][PROBLEM]["schema"]["allOf"]
    return [each.rpartition("#")[2] for each in types["properties"]["type"]["enum"]]


operations = [
    process("GET /openapi.json", openapi, "ops.docs", rate="read", shown=False),
    process("GET /docs", docs, "ops.docs", rate="read", shown=False),
    process("GET /docs/faults", faults, "ops.docs", rate="read", shown=False),
    process("GET /docs/events", events, "ops.docs", rate="read", shown=False),
    process("GET /assets/{file}", asset, "ops.docs", rate="bulk", shown=False),
    process("GET /metrics", metrics, "ops.metrics", rate="read", shown=False),
]
