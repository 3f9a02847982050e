"""The OpenAPI document is valid, and says what the door does: parameters, bodies, answers and refusals."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import jsonschema_rs
import pytest
from msgspec import Meta, Struct
from schemathesis.specs.openapi.definitions import OPENAPI_31

from rynek.kernel.database import Tx
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Invalid, NotFound
from rynek.kernel.openapi import document, explained
from rynek.kernel.operations import Registry, batch, process, read, write


class OutOfApples(Fault):
    """There are not enough apples."""


class RottenApple(Invalid):
    """Nobody buys this apple."""


class Apple(Struct, frozen=True, forbid_unknown_fields=True):
    """One apple on the stall."""

    sort: Annotated[str, Meta(min_length=1, max_length=20)]
    weight_g: Annotated[int, Meta(gt=0)]
    picked_on: date | None = None


class Pick(Struct, frozen=True):
    stall: str
    apples: Annotated[int, Meta(ge=1)]
    bag: str = "paper"


async def apples(tx: Tx, sorts: Sequence[str], limit: int = 10, before: date | None = None) -> list[Apple]:
    """List the apples on the stall.

    Ripe ones come first.

    Args:
        sorts: names of sorts,
            such as Antonówka.
        limit: at most 100.
    """
    raise NotImplementedError


async def apple(tx: Tx, id: UUID) -> Apple:  # noqa: A002
    """Show one apple.

    Raises:
        NotFound: it was eaten.
    """
    raise NotImplementedError


async def lay_out(tx: Tx, stall: str, apple: Apple) -> None:
    """Lay an apple on a stall.

    Raises:
        RottenApple: it is brown.
    """
    raise NotImplementedError


async def pick(tx: Tx, calls: Sequence[Call[Pick]]) -> list[Apple | Fault]:
    """Pick apples for a buyer.

    Raises:
        OutOfApples: fewer are left.
    """
    raise NotImplementedError


async def find_note(tx: Tx, stall: str) -> str | None:
    """Read the note on a stall."""
    raise NotImplementedError


async def page(call: Call[None]) -> Response:
    """Show the stall as a page."""
    raise NotImplementedError


REGISTRY = Registry(
    [
        read("GET /apples", apples, "apples.read"),
        read("GET /apples/{id}", apple, "apples.read"),
        write("PUT /stalls/{stall}/apples", lay_out, "apples.sell"),
        batch("POST /stalls/{stall}/picks", pick, "apples.buy", welcome=True),
        read("GET /stalls/{stall}/note", find_note, "apples.read", rate="open"),
        process("GET /stall", page, "apples.read", shown=False),
    ]
)


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return document(REGISTRY, "Apples", "1.2.3", open_to_anyone=lambda policy: policy == "apples.read")


def problems(made: dict[str, Any], entry: dict[str, Any], status: str) -> list[str]:
    """List the problem types that an operation documents for a status."""
    found = entry["responses"][status]
    if "$ref" in found:
        found = made["components"]["responses"][found["$ref"].rpartition("/")[2]]
    _, types = found["content"]["application/problem+json"]["schema"]["allOf"]
    return [str(each) for each in types["properties"]["type"]["enum"]]


def test_it_is_valid_openapi(made: dict[str, Any]) -> None:
    jsonschema_rs.validator_for(OPENAPI_31).validate(made)
    for schema in made["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_the_validator_finds_what_is_wrong(made: dict[str, Any]) -> None:
    broken = {**made, "paths": {"/apples": {"get": {"responses": {"fine": {}}}}}}
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validator_for(OPENAPI_31).validate(broken)


def test_every_reference_leads_somewhere(made: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [each for inner in value.values() for each in references(inner)]
        return [each for inner in value for each in references(inner)] if isinstance(value, list) else []

    found = references(made)
    assert "#/components/schemas/Apple" in found
    for reference in found:
        place: Any = made
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_pages_are_not_in_it(made: dict[str, Any]) -> None:
    assert sorted(made["paths"]) == [
        "/apples",
        "/apples/{id}",
        "/stalls/{stall}/apples",
        "/stalls/{stall}/note",
        "/stalls/{stall}/picks",
    ]


def test_a_query_is_parameters_and_absent_is_not_null(made: dict[str, Any]) -> None:
    entry = made["paths"]["/apples"]["get"]
    assert entry["parameters"] == [
        {
            "name": "sorts",
            "in": "query",
            "required": True,
            "schema": {"type": "array", "items": {"type": "string"}},
            "description": "names of sorts, such as Antonówka.",
        },
        {
            "name": "limit",
            "in": "query",
            "required": False,
            "schema": {"type": "integer", "default": 10},
            "description": "at most 100.",
        },
        {"name": "before", "in": "query", "required": False, "schema": {"type": "string", "format": "date"}},
    ]
    assert "ApplesInput" not in made["components"]["schemas"]
    assert (entry["summary"], entry["description"]) == ("List the apples on the stall", "Ripe ones come first.")
    assert (entry["x-policy"], entry["x-rate"], entry["tags"]) == ("apples.read", "read", ["tests.kernel"])


def test_a_body_that_is_one_struct_is_that_struct(made: dict[str, Any]) -> None:
    entry = made["paths"]["/stalls/{stall}/apples"]["put"]
    assert entry["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Apple"}}},
    }
    assert made["components"]["schemas"]["Apple"]["additionalProperties"] is False
    assert entry["responses"]["204"] == {"description": "Done"}
    assert problems(made, entry, "422") == [
        "/docs/faults#invalid",
        "/docs/faults#key-reused",
        "/docs/faults#rotten-apple",
    ]
    assert "- Nobody buys this apple: it is brown." in entry["responses"]["422"]["description"]


def test_a_batched_command_takes_its_path_and_the_rest(made: dict[str, Any]) -> None:
    entry = made["paths"]["/stalls/{stall}/picks"]["post"]
    assert entry["parameters"] == [
        {"name": "stall", "in": "path", "required": True, "schema": {"type": "string"}},
        {"$ref": "#/components/parameters/IdempotencyKey"},
    ]
    body = made["components"]["schemas"]["PickInput"]
    assert (sorted(body["properties"]), body["required"], body["additionalProperties"]) == (
        ["apples", "bag"],
        ["apples"],
        False,
    )
    assert entry["responses"]["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Apple"}
    assert "Rynek-Session" in entry["responses"]["200"]["headers"]
    assert problems(made, entry, "409") == ["/docs/faults#out-of-apples"]


def test_what_the_door_refuses_is_said_once_for_all(made: dict[str, Any]) -> None:
    entry = made["paths"]["/stalls/{stall}/picks"]["post"]
    expected = {"200", "400", "401", "403", "404", "409", "413", "415", "422", "429", "503"}
    assert set(entry["responses"]) == expected
    assert entry["responses"]["429"] == {"$ref": "#/components/responses/TooManyRequests"}
    assert "Retry-After" in made["components"]["responses"]["TooManyRequests"]["headers"]
    assert problems(made, entry, "404") == [f"/docs/faults#{NotFound.code}"]


def test_nothing_found_is_204(made: dict[str, Any]) -> None:
    assert {"200", "204"} <= set(made["paths"]["/stalls/{stall}/note"]["get"]["responses"])


def test_credentials_are_asked_for_where_anyone_may_not(made: dict[str, Any]) -> None:
    assert "security" not in made["paths"]["/apples"]["get"]
    assert made["security"][0] == {}
    assert made["paths"]["/stalls/{stall}/picks"]["post"]["security"] == [{"bearer": []}, {"cookie": []}]


def test_two_contexts_may_have_operations_of_one_name() -> None:
    async def search(tx: Tx, text: str) -> list[str]:
        """Search orders."""
        raise NotImplementedError

    first = search
    first.__module__ = "rynek.commerce.orders.actions"

    async def again(tx: Tx, number: int) -> list[str]:
        """Search wares."""
        raise NotImplementedError

    again.__name__, again.__module__ = "search", "rynek.commerce.catalog.actions"
    made = document(
        Registry([write("POST /orders/search", first, "a.b"), write("POST /wares/search", again, "a.b")]), "Two", "1"
    )
    bodies = {
        path: made["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for path in made["paths"]
    }
    found = {
        path: list(made["components"]["schemas"][ref.rpartition("/")[2]]["properties"]) for path, ref in bodies.items()
    }
    assert found == {"/orders/search": ["text"], "/wares/search": ["number"]}


def test_a_docstring_is_read_by_its_sections() -> None:
    docs = explained(
        "Sell.\n\nAll of it.\n\n"
        "Args:\n    a: one\n        long.\n    b, c: two.\nRaises:\n    NotFound: none: at all.\n"
    )
    assert docs.text == "All of it."
    assert docs.sections == {
        "Args": {"a": "one long.", "b": "two.", "c": "two."},
        "Raises": {"NotFound": "none: at all."},
    }
