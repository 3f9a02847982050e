"""Some rows at a time, through the door: read what there is, write, read what there is then, and tell the difference.

All of it in one transaction of the sheet's own context, as the actor who began it (``kernel.together``).
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from rynek.integration.exchange import rules
from rynek.integration.exchange.columns import Form, limit, listed, parameters
from rynek.integration.exchange.model import Outcome, Result
from rynek.integration.exchange.things import Item, Key, Refusal, Rows, Said, blamed, overlaid, struct
from rynek.kernel.door import understood
from rynek.kernel.faults import Fault
from rynek.kernel.operations import Operation
from rynek.kernel.together import Together

Ask = Callable[..., Any]
_PAGE = 500
_NUMBERED = re.compile(r"(\w+)\[(\d+|\.\.\.)\]")


class _Wanted(Struct):
    """A thing to be written: what it was, what it is to be, and what it says of itself if it is refused."""

    key: Key
    before: dict[str, Any] | None
    thing: dict[str, Any]
    made: Struct
    item: Any


# --- reading ----------------------------------------------------------------------------------------------------------


def plain(form: Form, found: Any, group: Sequence[Any]) -> dict[str, Any]:
    """Write a thing as the operation that lists it gives it in the words of the one that writes it."""
    given: dict[str, Any] = msgspec.to_builtins(
        found if form.sheet.within is None else getattr(found, form.sheet.within)
    )
    renamed = {form.sheet.renamed.get(name, name): value for name, value in given.items()}
    thing = dict(zip(form.group, group, strict=True)) if group else {name: renamed[name] for name in form.group}
    thing |= {name: renamed[name] for name in form.row.__struct_fields__ if name in renamed}
    if form.sheet.drop and "id" in given:
        thing["id"] = given["id"]
    return thing


def key_of(form: Form, thing: Mapping[str, Any]) -> Key:
    """Tell the key of a thing."""
    return tuple(thing.get(each) for each in form.sheet.key)


async def find(ask: Ask, form: Form, keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
    """Read what there is of these keys."""
    operation = form.find
    by = listed(operation, form.sheet.key)
    found: dict[Key, dict[str, Any]] = {}
    for group, some in _grouped(form, operation, keys).items():
        said = _group_values(form, operation, group)
        if by is None:
            things = [each async for page in _pages(ask, form, operation, said) for each in page]
        else:
            name, column = by
            place = form.sheet.key.index(column)
            asked = list(dict.fromkeys(key[place] for key in some if key[place] not in (None, "")))
            size = limit(operation, name, 200)
            more = {"limit": limit(operation, "limit", _PAGE)} if "limit" in parameters(operation) else {}
            things = []
            for begin in range(0, len(asked), size):
                things += await ask(operation.name, **said, **more, **{name: asked[begin : begin + size]})
        wanted = set(some)
        for each in things:
            thing = plain(form, each, group)
            if (key := key_of(form, thing)) in wanted:
                found[key] = thing
    return found


def _grouped(form: Form, operation: Operation, keys: Iterable[Key]) -> dict[Key, list[Key]]:
    takes = {*operation.variables, *parameters(operation)}
    places = [form.sheet.key.index(each) for each in form.group] if takes.issuperset(form.group) else []
    found: dict[Key, list[Key]] = defaultdict(list)
    for key in keys:
        found[tuple(key[place] for place in places)].append(key)
    return found


def _group_values(form: Form, operation: Operation, group: Sequence[Any]) -> dict[str, Any]:
    takes = {*operation.variables, *parameters(operation)}
    return {name: value for name, value in zip(form.group, group, strict=False) if name in takes}


async def _pages(ask: Ask, form: Form, operation: Any, said: Mapping[str, Any]) -> AsyncIterator[list[Any]]:
    """Read on page by page, where an operation gives pages."""
    takes = parameters(operation)
    on = next((each for each in ("after", "before") if each in takes), None)
    if on is None:
        found = await ask(operation.name, **said)
        yield found if isinstance(found, list) else [found]
        return
    size = limit(operation, "limit", _PAGE)
    by = listed(operation, form.sheet.key)
    column = by[1] if by else form.plain_key[-1]
    after: dict[str, Any] = {}
    while True:
        page = await ask(operation.name, **said, **after, limit=min(size, _PAGE))
        if not page:
            return
        yield page
        after = {on: getattr(getattr(page[-1], form.sheet.within or "", page[-1]), column)}


async def everything(ask: Ask, form: Form, filters: Mapping[str, str]) -> AsyncIterator[list[dict[str, Any]]]:
    """Read all there is of a sheet, page by page."""
    groups: list[Sequence[Any]] = [()]
    if form.sheet.over is not None:
        own = [filters[each] for each in form.group if each in filters]
        groups = [own] if own else [(each.code,) for each in await ask(form.sheet.over)]
    asked = {name: value for name, value in filters.items() if name not in form.group}
    for group in groups:
        said = _group_values(form, form.get, group) | asked
        async for page in _pages(ask, form, form.get, said):
            yield [plain(form, each, group) for each in page]


# --- writing ----------------------------------------------------------------------------------------------------------


class Writer:
    """Writes some things of a sheet in one transaction."""

    def __init__(self, ask: Together, form: Form, mark: str) -> None:
        self.ask = ask
        self.form = form
        self.mark = mark
        self.written = 0

    async def write(self, wanted: Sequence[_Wanted]) -> list[tuple[_Wanted, str]]:
        """Write things; gives those that were refused, and why."""
        groups: dict[Key, list[_Wanted]] = defaultdict(list)
        for each in wanted:
            groups[tuple(each.thing[name] for name in self.form.group)].append(each)
        refused = []
        for group, some in groups.items():
            values = dict(zip(self.form.group, group, strict=True))
            standing = await self._standing(values, some) if self.form.sheet.replaces else []
            refused += await self._put(values, some, standing)
        return refused

    async def _standing(self, values: Mapping[str, Any], some: Sequence[_Wanted]) -> list[Struct]:
        """Read what stays beside the rows that are written, where all of them are written together."""
        form = self.form
        ours = {each.key for each in some}
        there = [
            plain(form, each, tuple(values.values()))
            async for page in _pages(self.ask.ask, form, form.get, values)
            for each in page
        ]
        return [struct(form, each) for each in there if key_of(form, each) not in ours]

    async def _put(
        self, values: Mapping[str, Any], some: Sequence[_Wanted], standing: list[Struct]
    ) -> list[tuple[_Wanted, str]]:
        """Write things of one group; where all together are refused, find out by halves which of them are meant."""
        if self.form.one and len(some) > 1:
            return [amiss for each in some for amiss in await self._put(values, [each], [])]
        more = {}
        if self.form.sheet.reference is not None:
            self.written += 1
            more = {self.form.sheet.reference: f"{self.mark} {self.written}"}
        try:
            async with self.ask.attempt():
                given = self.form.given([*standing, *(each.made for each in some)])
                taken = await self.ask.ask(self.form.put.name, **values, **more, **given)
        except Exception as error:
            fault = understood(error)
            if fault is None or fault.status >= 500:
                raise
            if len(some) == 1:
                return [(some[0], fault.detail)]
            middle = len(some) // 2
            refused = await self._put(values, some[:middle], standing)
            if self.form.sheet.replaces:
                out = {id(each) for each, _ in refused}
                standing = [*standing, *(each.made for each in some[:middle] if id(each) not in out)]
            return [*refused, *await self._put(values, some[middle:], standing)]
        return [(some[each.row], each.reason) for each in getattr(taken, "refused", ()) if each.row < len(some)]


async def bring(ask: Together, rows: Rows, chunk: Sequence[Item | Said], mark: str) -> Result:
    """Write a chunk of a file; gives what became of it."""
    form = rows.form
    refused: list[Refusal] = [each for said in chunk if isinstance(said, Said) for each in said.refused]
    items = [each for each in chunk if isinstance(each, Item)]
    before = await find(ask.ask, form, [each.key for each in items])
    wanted = []
    for item in items:
        was = before.get(item.key)
        thing = overlaid(form, item, was) | dict(zip(form.group, item.group, strict=True))
        try:
            wanted.append(_Wanted(item.key, was, thing, struct(form, thing), item))
        except msgspec.ValidationError as error:
            refused.append(_unsound(form, item, str(error)))
    amiss = await Writer(ask, form, mark).write(wanted)
    out = {id(each) for each, _ in amiss}
    refused += [blamed(each.item, rows, why) for each, why in amiss]
    kept = [each for each in wanted if id(each) not in out]
    after = await find(ask.ask, form, [each.key for each in kept])
    result = Result([], 0, 0, 0, sorted(refused))
    for each in kept:
        now, size = after.get(each.key), len(each.item.lines)
        if now == each.before or _alike(each.before, now):
            result.unchanged += size
            continue
        result.outcomes.append(Outcome(each.item.lines[0].number, each.before, now))
        if each.before is None:
            result.new += size
        else:
            result.changed += size
    return result


def _alike(before: dict[str, Any] | None, now: dict[str, Any] | None) -> bool:
    if before is None or now is None:
        return before is now
    return {name: value for name, value in before.items() if name != "id"} == {
        name: value for name, value in now.items() if name != "id"
    }


def _unsound(form: Form, item: Item, told: str) -> Refusal:
    """Say of a thing that is not sound which column is meant."""
    reason, _, where = told.partition(" - at `$")
    way = where.strip("`.")
    if reason.startswith("Object missing required field"):
        name = reason.partition("`")[2].rstrip("`")
        way, reason = f"{way}.{name}".lstrip("."), "a new one needs it, and the file says nothing"
    parts = form.sheet.parts
    if parts and way.startswith(f"{parts[0]}["):
        way = f"{parts[0]}.{way.partition('].')[2]}"
    column = _NUMBERED.sub(_numbered, way)
    place = next((each for each in form.places if ".".join(each.path) == way), None)
    return item.lines[0].number, place.column.name if place else column, "", reason


def _numbered(found: re.Match[str]) -> str:
    """Write ``media[0]`` as the columns are called: ``media.1``."""
    return f"{found[1].removesuffix('s')}.{int(found[2]) + 1 if found[2].isdigit() else '*'}"


# --- taking back ------------------------------------------------------------------------------------------------------


async def undo(ask: Together, form: Form, outcomes: Sequence[Outcome], mark: str) -> Result:
    """Make things what they were before an import, field by field, where nobody has changed them since."""
    result = Result([], 0, 0, 0, [])
    keys = [key_of(form, each.after or each.before or {}) for each in outcomes]
    now = await find(ask.ask, form, keys)
    wanted: list[_Wanted] = []
    dropped: list[tuple[Outcome, dict[str, Any]]] = []
    for each, key in zip(outcomes, keys, strict=True):
        here = now.get(key)
        if each.before is None:
            if here is None or not _alike(each.after, here):
                why = "it is gone already" if here is None else "somebody has changed it since; it stays"
                result.refused.append((each.line, "", "", why))
            else:
                dropped.append((each, here))
            continue
        thing, since = rules.merged(each.before, each.after or {}, here or {}, form.sheet.parts and form.sheet.parts[1])
        result.refused += [(each.line, name, "", "somebody has changed it since; it stays") for name in since]
        try:
            wanted.append(_Wanted(key, here, thing, struct(form, thing), each))
        except msgspec.ValidationError as error:
            result.refused.append((each.line, "", "", str(error)))
    wanted += await _drop(ask, form, dropped, result)
    amiss = await Writer(ask, form, mark).write(wanted)
    result.refused += [(one.item.line, "", "", why) for one, why in amiss]
    after = await find(ask.ask, form, keys)
    told = {one.item.line for one, _ in amiss}
    for one in wanted:
        here = now.get(one.key)
        if _alike(here, after.get(one.key)) and not _alike(one.thing, here) and one.item.line not in told:
            result.refused.append((one.item.line, "", "", "it stays: what is older changes nothing there"))
    for each, key in zip(outcomes, keys, strict=True):
        if _alike(now.get(key), after.get(key)):
            result.unchanged += 1
        else:
            result.changed += 1
            result.outcomes.append(Outcome(each.line, now.get(key), after.get(key)))
    return result


async def _drop(
    ask: Together, form: Form, dropped: Sequence[tuple[Outcome, dict[str, Any]]], result: Result
) -> list[_Wanted]:
    """Take out what an import brought; gives what is taken out by writing it."""
    wanted = []
    for outcome, here in dropped:
        sheet = form.sheet
        if sheet.gone is not None:
            thing = here | dict(sheet.gone)
            wanted.append(_Wanted(key_of(form, here), here, thing, struct(form, thing), outcome))
        elif sheet.drop is not None:
            operation = ask.door.registry.by_name[sheet.drop]
            [name] = operation.variables
            try:
                async with ask.attempt():
                    await ask.ask(sheet.drop, **{name: here[name] if name in sheet.key else here["id"]})
            except Fault as fault:
                result.refused.append((outcome.line, "", "", fault.detail))
        elif sheet.replaces:
            await _without(ask, form, here)
        else:
            result.refused.append((outcome.line, "", "", f"what is new in {sheet.name} is not taken out again"))
    return wanted


async def _without(ask: Together, form: Form, here: Mapping[str, Any]) -> None:
    """Write a group without one of its rows."""
    values = {name: here[name] for name in form.group}
    there = [
        plain(form, each, tuple(values.values()))
        async for page in _pages(ask.ask, form, form.get, values)
        for each in page
    ]
    rest = [struct(form, each) for each in there if key_of(form, each) != key_of(form, here)]
    await ask.ask(form.put.name, **values, **form.given(rest))
