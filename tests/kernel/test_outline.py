"""Schemas are told so that people can read them, and examples fit the schema they are made from."""

from datetime import date
from typing import Annotated, Any, Literal, Optional
from uuid import UUID

import jsonschema_rs
import msgspec
import pytest
from msgspec import Meta, Struct

from rynek.kernel.outline import Outliner


class Crate(Struct, frozen=True):
    id: UUID
    kind: Literal["wood", "paper"]
    apples: Annotated[list[Annotated[str, Meta(max_length=9)]], Meta(min_length=1)]
    weight_g: Annotated[int, Meta(gt=5, le=900, description="without the crate")]
    counts: dict[str, int] = {}
    place: tuple[int, str] = (1, "a")
    picked_on: date | None = None
    within: Optional["Crate"] = None


def crate() -> tuple[dict[str, Any], Outliner]:
    (schema,), components = msgspec.json.schema_components([Crate], ref_template="#/components/schemas/{name}")
    return schema, Outliner(components)


def test_an_outline_tells_every_field() -> None:
    schema, reader = crate()
    assert reader.outline(schema) == (
        "{\n"
        "  id: uuid\n"
        '  kind: "paper" | "wood"\n'
        "  apples: [string (at most 9 characters), …] (at least 1)\n"
        "  weight_g: integer (> 5, ≤ 900)  # without the crate\n"
        "  counts?: {[name]: integer} = {}\n"
        '  place?: [integer, string] = [1,"a"]\n'
        "  picked_on?: date | null = null\n"
        "  within?: Crate | null = null\n"
        "}"
    )


def test_an_example_has_what_is_required_and_fits() -> None:
    schema, reader = crate()
    made = reader.example(schema)
    assert set(made) == {"id", "kind", "apples", "weight_g"}
    assert msgspec.convert(made, Crate).weight_g == 6


@pytest.mark.parametrize(
    "kind", [int, str, bool, date, list[int], dict[str, int], Literal["a", "b"], int | None, tuple[int, str], float]
)
def test_every_kind_has_an_example_that_fits(kind: Any) -> None:
    schema = msgspec.json.schema(kind)
    jsonschema_rs.validate(schema, Outliner({}).example(schema))
