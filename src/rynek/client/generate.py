"""Write the typed client from a registry: ``python -m rynek.client.generate``, or ``make client``.

One module per part of the house (``commerce_inventory.py``) with one method per operation, and a ``Client`` over them.
"""

import inspect
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import fields

from rynek.kernel.door import Response
from rynek.kernel.openapi import purpose
from rynek.kernel.operations import Operation, Registry

FOLDER = Path(__file__).with_name("generated")
_HEAD = '''"""{title}

Made by ``make client`` from the registry; do not edit.
"""
'''


class Writer:
    """Writes types as source, and knows what has to be imported for it."""

    def __init__(self, taken: Sequence[str] = ()) -> None:
        self.taken = set(taken)
        self.imports: set[str] = set()

    def type(self, hint: Any) -> str:
        """Write a type as an annotation."""
        origin, arguments = get_origin(hint), get_args(hint)
        if hint is None or hint is NoneType:
            return "None"
        if origin is Annotated:
            return self.type(arguments[0])
        if origin is Literal:
            return self._name("typing", "Literal") + f"[{', '.join(repr(each) for each in arguments)}]"
        written = [self._argument(each) for each in arguments]
        if origin in (Union, UnionType):
            return " | ".join(dict.fromkeys(written))
        return self._class(origin or hint) + (f"[{', '.join(written)}]" if written else "")

    def _argument(self, hint: Any) -> str:
        return "..." if hint is Ellipsis else self.type(hint)

    def _class(self, kind: Any) -> str:
        if isinstance(kind, NewType):
            return self.type(kind.__supertype__)
        if kind is Any:
            return self._name("typing", "Any")
        if kind is Response:
            return "bytes"
        # a method may be called ``list``; in its class that name is then no type any more
        plain = kind.__module__ == "builtins" and kind.__name__ not in self.taken
        return str(kind.__name__) if plain else self._name(kind.__module__, kind.__qualname__)

    def _name(self, module: str, name: str) -> str:
        plain = "." not in module or module == "collections.abc"
        short = module if plain else module.removeprefix("rynek.").removesuffix(".model").replace(".", "_")
        self.imports.add(f"import {module}" + (f" as {short}" if short != module else ""))
        return f"{short}.{name}"


def modules(registry: Registry) -> dict[str, str]:
    """Write the client's modules: source by file name."""
    parts: dict[str, list[Operation]] = defaultdict(list)
    for each in sorted(registry.by_name.values(), key=lambda each: each.name):
        if each.shown and not each.form and (not each.raw or each.limit):  # what others post to us is not called by us
            parts[each.name.rpartition(".")[0]].append(each)
    written = {f"{_file(part)}.py": _part(part, operations) for part, operations in parts.items()}
    return {"__init__.py": _client(sorted(parts)), **written}


def _file(part: str) -> str:
    return part.replace(".", "_")


def _title(part: str) -> str:
    return "".join(word.title() for word in part.replace(".", "_").split("_"))


def _part(part: str, operations: Sequence[Operation]) -> str:
    writer = Writer([each.action.__name__ for each in operations])
    said = purpose(operations[0])
    routes = [
        f"_{each.action.__name__.upper()} = Route[{writer.type(each.result)}]"
        f'("{each.method}", "{each.path}", {writer.type(each.result)})'
        for each in operations
    ]
    methods = [_method(each, writer) for each in operations]
    return "\n".join(
        (
            _HEAD.format(title=said),
            *sorted(writer.imports),
            "from rynek.client.calls import Calls, Route",
            *routes,
            f'class {_title(part)}:\n    """{said}"""\n',
            "    def __init__(self, calls: Calls) -> None:\n        self._calls = calls\n",
            *methods,
        )
    )


def _method(operation: Operation, writer: Writer) -> str:
    name = operation.action.__name__
    taken = _taken(operation)
    path = ", ".join(f'"{variable}": {variable}' for variable in operation.variables)
    rest = [field for field in taken if field not in operation.variables]
    given = operation.whole or ("{" + ", ".join(f'"{field}": {field}' for field in rest) + "}" if rest else "None")
    signature = ", ".join(("self", *_parameters(taken, operation, writer)))
    asked = f"ask(_{name.upper()}, {{{path}}}, {given})"
    if operation.raw:
        signature += ", body: bytes, kind: str"
        asked = f"send(_{name.upper()}, {{{path}}}, body, kind)"
    doc = operation.doc.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\n", "\n        ")
    closing = "\n        " if "\n" in doc else ""
    return (
        f"    async def {name}({signature}) -> {writer.type(operation.result)}:\n"
        f'        """{doc}{closing}"""\n'
        f"        return await self._calls.{asked}\n"
    )


def _taken(operation: Operation) -> dict[str, tuple[Any, Any]]:
    """List what an operation takes: type and default by name, path variables first where it is batched."""
    if operation.command is not None:
        found = {each.name: (each.type, ... if each.required else each.default) for each in fields(operation.command)}
        return {name: found.pop(name) for name in operation.variables} | found
    hints = get_type_hints(operation.action, include_extras=True)
    signature = list(inspect.signature(operation.action).parameters.values())[1:]
    return {each.name: (hints[each.name], ... if each.default is each.empty else each.default) for each in signature}


def _parameters(taken: Mapping[str, tuple[Any, Any]], operation: Operation, writer: Writer) -> list[str]:
    """Write parameters in their order; those that are given by name only stay so."""
    named = {
        each.name for each in inspect.signature(operation.action).parameters.values() if each.kind is each.KEYWORD_ONLY
    }
    written: list[str] = []
    star = optional = False
    for name, (kind, default) in taken.items():
        if not star and (name in named or (default is ... and optional)):
            written.append("*")
            star = True
        optional |= default is not ...
        written.append(f"{name}: " + (writer.type(kind) if default is ... else _optional(kind, default, writer)))
    return written


def _optional(kind: Any, default: Any, writer: Writer) -> str:
    """Write a type with its default; a default that cannot be written is left to the server."""
    if default is None or isinstance(default, (bool, int, str)) or default == ():
        return f"{writer.type(kind)} = {default!r}"
    return f"{writer.type(kind | msgspec.UnsetType)} = msgspec.UNSET"


def _client(parts: Sequence[str]) -> str:
    """Write the client's tree: ``client.commerce.inventory.levels``."""
    above = sorted({part[:at] for part in parts for at in range(len(part)) if part[at] == "."} | {""}, reverse=True)
    classes = [_branch(each, parts, above) for each in sorted(above, key=len, reverse=True)]
    imports = [f"from rynek.client.generated.{_file(part)} import {_title(part)}" for part in parts]
    exported = '__all__ = ["Client"]'
    return "\n".join(
        (
            _HEAD.format(title="Every operation of Rynek as a method."),
            "from typing import Any",
            "from rynek.client.calls import Calls",
            *imports,
            exported,
            *classes,
        )
    )


def _branch(name: str, parts: Sequence[str], above: Sequence[str]) -> str:
    inside = sorted({each for each in (*parts, *above) if each and each.rpartition(".")[0] == name})
    own = f"({_title(name)})" if name in parts else ""
    children = [f"        self.{each.rpartition('.')[2]} = {_place(each, above)}(calls)" for each in inside]
    if not name:
        opening = (
            '    """A caller\'s way to one Rynek; use it in ``async with``."""\n\n'
            '    def __init__(self, url: str = "http://127.0.0.1:8000", token: str | None = None, **options: Any) '
            "-> None:\n        super().__init__(url, token, **options)\n        calls = self"
        )
        return "\n".join(("class Client(Calls):", opening, *children))
    before = ["        super().__init__(calls)"] if own else []
    head = f'class {_place(name, above)}{own}:\n    """What is under ``{name}``."""\n'
    return "\n".join((head, "    def __init__(self, calls: Calls) -> None:", *before, *children))


def _place(name: str, above: Sequence[str]) -> str:
    return f"_{_title(name)}" if name in above else _title(name)


def formatted(source: str) -> str:
    """Lay source out as everything else in the house is (with ruff, which developers have)."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=120", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True, encoding="utf-8").stdout


def generate(registry: Registry) -> dict[str, str]:
    """Write the whole client, laid out: source by file name."""
    return {name: formatted(source) for name, source in modules(registry).items()}


def main() -> None:
    """Write the client of this version's registry."""
    from rynek.app import registry  # noqa: PLC0415 - what composes everything is loaded when asked for

    made = generate(registry())
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.py"):
        if path.name not in made:
            path.unlink()
    for name, source in made.items():
        (FOLDER / name).write_text(source, "utf-8")


if __name__ == "__main__":
    main()
