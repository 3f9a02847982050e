"""Operations: every capability is a typed async function, registered once; all ways in are derived from it.

A context's ``http.py`` lists them, one line each:

    operations = [
        read("GET /inventory/levels", levels, "inventory.read"),
        write("POST /inventory/holds/{holder}", hold, "inventory.hold"),
    ]
"""

import functools
import inspect
import operator
import re
from collections.abc import Awaitable, Callable, Sequence
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from rynek.kernel.faults import Fault

Style = Literal["read", "write", "batch", "process"]

_VARIABLE = re.compile(r"\{(\w+)\}")
_LISTED = re.compile(r"^ {4}(\w+(?:, \w+)*):", re.MULTILINE)
_SECTION = re.compile(r"^(\w+):[ \t]*$", re.MULTILINE)


class Operation(Struct, frozen=True, kw_only=True):
    """One capability of the platform and everything the door needs to offer it."""

    name: str
    """``commerce.inventory.levels``: where the function lives and what it is called."""
    context: str
    """Whose database role it runs as."""
    style: Style
    method: str
    path: str
    policy: str
    """The Cedar action that has to be allowed."""
    rate: str
    action: Callable[..., Awaitable[Any]]
    variables: dict[str, Any]
    """Types of the parameters in the path, by name."""
    input: type[Struct] | None
    """What comes as body (POST, PUT, PATCH, DELETE) or query (GET); None: nothing."""
    whole: str | None
    """Name of the parameter that is the whole input; None: the input's fields are the parameters."""
    command: type[Struct] | None
    """What a batched action takes, path variables and input together."""
    result: Any
    shown: bool
    """Whether it is part of the public API's documents; pages are not."""
    welcome: bool
    """Whether somebody without credentials becomes a guest by it (the answer brings the guest's token)."""
    form: bool
    """Whether it takes a posted HTML form rather than JSON."""
    raw: bool
    """Whether it takes whatever is posted, and reads it from the request: signatures cover every byte."""
    limit: int | None
    """Largest body in bytes, for those who may call it; None: as the settings say."""
    title: str
    doc: str
    faults: tuple[type[Fault], ...]


def read(route: str, action: Any, policy: str, *, rate: str = "read", shown: bool = True) -> Operation:
    """Offer a question: it changes nothing."""
    return _operation("read", route, action, policy, rate, shown=shown)


def write(route: str, action: Any, policy: str, *, rate: str = "write", form: bool = False) -> Operation:
    """Offer a command that runs in a transaction of its own, noted in the audit."""
    return _operation("write", route, action, policy, rate, form=form)


def batch(route: str, action: Any, policy: str, *, rate: str = "write", welcome: bool = False) -> Operation:
    """Offer a command of which many run in one transaction.

    ``action(tx, calls)`` gives a result or a fault for each call, in order.
    """
    return _operation("batch", route, action, policy, rate, welcome=welcome)


def process(  # noqa: PLR0913 - each says one thing about how it is offered
    route: str,
    action: Any,
    policy: str,
    *,
    rate: str = "write",
    shown: bool = True,
    form: bool = False,
    raw: bool = False,
    limit: int | None = None,
) -> Operation:
    """Offer something of several transactions, or with a call to the outside between them: ``action(call, ...)``."""
    return _operation("process", route, action, policy, rate, shown=shown, form=form, raw=raw, limit=limit)


def _operation(  # noqa: PLR0913 - what the four ways to offer one are made of
    style: Style, route: str, action: Any, policy: str, rate: str, *, shown: bool = True, form: bool = False,
    welcome: bool = False, raw: bool = False, limit: int | None = None,
) -> Operation:  # fmt: skip
    method, path = route.split(" ", 1)
    hints = get_type_hints(action, include_extras=True)
    result = hints.pop("return", None)
    names = _VARIABLE.findall(path)
    command = None
    if style == "batch":
        command = get_args(get_args(hints["calls"])[0])[0]
        result = answer_of(action)
        fields = {
            entry.name: (entry.type, entry.default, entry.default_factory) for entry in msgspec.structs.fields(command)
        }
    else:
        fields = _parameters(action, hints)
    amiss = [name for name in names if name not in fields]
    if amiss:
        raise LookupError(f"{action.__module__}.{action.__name__} has no parameter {', '.join(amiss)}, but {path} has")
    variables = {name: fields.pop(name)[0] for name in names}
    if command is not None and not names:
        given, whole = command, None
    else:
        given, whole = _input(action, fields, single=style != "batch")
    where = action.__module__.removeprefix("rynek.").rsplit(".", 1)[0]
    doc = inspect.cleandoc(action.__doc__ or "")
    return Operation(
        name=f"{where}.{action.__name__}", context=where.split(".")[0], style=style, method=method, path=path,
        policy=policy, rate=rate, action=action, variables=variables, input=given, whole=whole, command=command,
        result=result, shown=shown, welcome=welcome, form=form, raw=raw, limit=limit,
        title=doc.split("\n", 1)[0].rstrip("."), doc=doc, faults=raised(action),
    )  # fmt: skip


def _parameters(action: Any, hints: dict[str, Any]) -> dict[str, tuple[Any, Any, Any]]:
    first, *signature = inspect.signature(action).parameters.values()
    kind = hints[first.name]
    if getattr(get_origin(kind) or kind, "__name__", "") not in ("Tx", "Call"):
        raise LookupError(f"{action.__module__}.{action.__name__} takes {first.name} first, and no Tx or Call")
    none = msgspec.NODEFAULT
    return {p.name: (hints[p.name], none if p.default is p.empty else p.default, none) for p in signature}


def _input(action: Any, fields: dict[str, Any], *, single: bool) -> tuple[type[Struct] | None, str | None]:
    if not fields:
        return None, None
    if single and len(fields) == 1:
        (parameter, (kind, _, _)) = next(iter(fields.items()))
        if isinstance(kind, type) and issubclass(kind, Struct):
            return kind, parameter
    specification: list[Any] = []
    for parameter, (kind, default, factory) in fields.items():
        if default is not msgspec.NODEFAULT:
            specification.append((parameter, kind, default))
        elif factory is not msgspec.NODEFAULT:
            specification.append((parameter, kind, msgspec.field(default_factory=factory)))
        else:
            specification.append((parameter, kind))
    title = "".join(part.title() for part in action.__name__.split("_")) + "Input"
    # with its module it has a name of its own in the OpenAPI document, where two contexts offer a ``search``
    made = msgspec.defstruct(
        title, specification, module=action.__module__, kw_only=True, frozen=True, forbid_unknown_fields=True
    )
    return made, None


def answer_of(action: Any) -> Any:
    """Tell what a batched action answers one command: an Order where it gives ``list[Order | OutOfStock]``."""
    hint = get_args(get_type_hints(action, include_extras=True)["return"])[0]
    if get_origin(hint) not in (Union, UnionType):
        return hint
    kinds = [kind for kind in get_args(hint) if not (isinstance(kind, type) and issubclass(kind, Fault))]
    return functools.reduce(operator.or_, kinds)


def raised(action: Any) -> tuple[type[Fault], ...]:
    """Read the faults an action declares under ``Raises:`` in its docstring."""
    text = inspect.cleandoc(action.__doc__ or "")
    parts = _SECTION.split(text)
    body = dict(zip(parts[1::2], parts[2::2], strict=True)).get("Raises", "")
    return tuple(_fault(action, name) for names in _LISTED.findall(body) for name in names.split(", "))


def _fault(action: Any, name: str) -> type[Fault]:
    """Find a fault by the name an action calls it by; what it does not import itself, its callees raise."""
    own = action.__globals__.get(name)
    if isinstance(own, type) and issubclass(own, Fault):
        return own
    for kind in Fault.kinds.values():
        if kind.__name__ == name:
            return kind
    raise LookupError(f"{action.__module__}.{action.__name__} declares Raises {name}, which is no Fault")


class Registry:
    """All operations of a process, by name."""

    def __init__(self, operations: Sequence[Operation] = ()) -> None:
        self.by_name: dict[str, Operation] = {}
        self.by_action: dict[Any, Operation] = {}
        self.routes: set[tuple[str, str]] = set()
        for each in operations:
            self.add(each)

    def add(self, operation: Operation) -> None:
        """Register an operation; its name and its route must be new."""
        route = (operation.method, _VARIABLE.sub("{}", operation.path))
        if operation.name in self.by_name or route in self.routes:
            raise ValueError(f"{operation.name} ({operation.method} {operation.path}) is registered twice")
        self.routes.add(route)
        self.by_name[operation.name] = self.by_action[operation.action] = operation
