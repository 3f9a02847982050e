"""Queries and posted forms: read as the documents promise, and not more liberally."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from types import NoneType
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from rynek.kernel.faults import Invalid

S = TypeVar("S", bound=Struct)

_NUMBER = re.compile(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")


@cache
def _lists(into: type[Struct]) -> frozenset[str]:
    """Tell which parameters may be given several times; asked in every request, so looked up once."""
    return frozenset(
        field.name
        for field in msgspec.structs.fields(into)
        if "list[" in repr(field.type) or "tuple[" in repr(field.type) or "Sequence[" in repr(field.type)
    )


@cache
def _loose(into: type[Struct], word: str, kinds: tuple[type, ...]) -> frozenset[str]:
    """Tell which parameters would read ``word`` as one of ``kinds``, which the documents do not promise."""
    found = set()
    for field in msgspec.structs.fields(into):
        with suppress(msgspec.ValidationError):
            if isinstance(msgspec.convert(word, field.type, strict=False), kinds):
                found.add(field.encode_name)
    return frozenset(found)


def _strictly(name: str, value: str, into: type[Struct]) -> None:
    """Take one way to say nothing and one way to say a time, though more could be understood."""
    if value.lower() == "null" and name in _loose(into, "null", (NoneType,)):
        raise Invalid(f"{name}: leave it out rather than sending null", field=name)
    if value[-1:].isdigit() and _NUMBER.fullmatch(value) and name in _loose(into, "0", (datetime, timedelta)):
        raise Invalid(f"{name}: write it as ISO 8601 does, not as a number of seconds", field=name)


def read(text: str, into: type[S]) -> S:
    """Read a query or a posted form.

    Raises:
        Invalid: a name is unknown, or given twice, or says something in a way the documents do not promise.
        msgspec.ValidationError: a value is not what it has to be.
    """
    return msgspec.convert(texts(text, into), into, strict=False)


def texts(text: str, into: type[Struct]) -> dict[str, Any]:
    """Take a query apart: texts by name, lists where ``into`` has some.

    Raises:
        Invalid: a name is unknown, or given twice, or says something in a way the documents do not promise.
    """
    many = _lists(into)
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=1_000, errors="strict"):
        _strictly(name, value, into)
        if name in many:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Invalid(f"{name} is given twice", field=name)
        else:
            found[name] = value
    unknown = set(found) - set(into.__struct_encode_fields__)
    if unknown:
        raise Invalid(
            f"there is no parameter {', '.join(sorted(unknown))}; known: {', '.join(into.__struct_encode_fields__)}"
        )
    return found
