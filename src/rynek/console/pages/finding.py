"""Search: what was looked for in vain, and how it is tuned, each change looked at before it counts."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from rynek.commerce import search
from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault

ACTS = ("pin", "bury", "raise", "redirect")
SHOWN = 10
Line = Annotated[str, Meta(max_length=300)]


@shown
async def reports(call: Call[Any], channel: str = "") -> Response:
    """Show how a channel's search does: what is looked for, in vain or not, and which places are chosen."""
    channels, chosen = await _channels(call, channel)
    report = await call.ask("commerce.search.report", channel=chosen) if chosen else None
    state = await call.ask("commerce.search.state")
    return show(call, "console/search.html", channels=channels, channel=chosen, report=report, state=state)


async def _channels(call: Call[Any], channel: str) -> tuple[list[str], str]:
    channels = [each.code for each in await call.ask("commerce.catalog.channels") if each.kind != "pos"]
    return channels, channel if channel in channels else next(iter(channels), "")


@shown
async def tuning(call: Call[Any], channel: str = "", q: Line = "", done: str = "") -> Response:
    """Show what is set, and try a query with the reasons for each place."""
    return await _tuning(call, channel, q, done=done)


async def _tuning(
    call: Call[Any], channel: str, q: str, *, done: str = "", draft: dict[str, Any] | None = None,
    refusal: Fault | None = None,
) -> Response:  # fmt: skip
    channels, chosen = await _channels(call, channel)
    weights = msgspec.structs.asdict(await call.ask("commerce.search.weights", channel=chosen))
    compared, draft = None, draft or {}
    if q.strip() and refusal is None:
        try:
            wanted = {"q": q, "limit": SHOWN, "facets": False}
            answer = await call.ask("commerce.search.preview", channel=chosen, wanted=wanted, **draft)
            compared = msgspec.json.decode(answer.body, type=search.Compared)
        except Fault as fault:
            refusal = fault
    rules = await call.ask("commerce.search.merchandising")
    return show(
        call, "console/tuning.html", refusal.status if refusal else 200, channels=channels, channel=chosen, q=q,
        weights=weights | draft.get("weights", {}), synonyms=await call.ask("commerce.search.synonyms"), rules=rules,
        acts=ACTS, compared=compared, tried=bool(draft), done=done,
        refused=told(language(call.request), refusal) if refusal else None,
    )  # fmt: skip


def _back(channel: str, q: str, done: str) -> Response:
    return go(f"/console/search/tuning?{urlencode({'channel': channel, 'q': q, 'done': done})}")


class Weighed(Struct, frozen=True):
    """A form of weights: ``act`` is preview or save."""

    channel: str
    name: float
    head: float
    around: float
    prose: float
    code: float
    stem: float
    spelling: float
    synonym: float
    begun: float
    also: float
    sales: float
    margin: float
    sold_out: float
    window: int
    q: Line = ""
    act: str = "preview"


@shown
async def weigh(call: Call[Any], given: Weighed) -> Response:
    """Set what counts how much, or look at what that would change."""
    weights = {
        name: value for name, value in msgspec.structs.asdict(given).items() if name not in ("channel", "q", "act")
    }
    if given.act != "save":
        return await _tuning(call, given.channel, given.q, draft={"weights": weights})
    try:
        await call.ask("commerce.search.put_weights", channel=given.channel, **weights)
    except Fault as fault:
        return await _tuning(call, given.channel, given.q, refusal=fault)
    return _back(given.channel, given.q, "saved")


class Ruled(Struct, frozen=True):
    """A form of a rule: ``act`` is what it does, ``then`` preview or save."""

    channel: str
    name: Line = ""
    act: str = "pin"
    query: Line = ""
    category: Line = ""
    target: Line = ""
    place: int = 1
    factor: float = 2.0
    campaign: Line = ""
    from_at: Line = ""
    until_at: Line = ""
    everywhere: bool = False
    q: Line = ""
    then: str = "preview"


@shown
async def rule(call: Call[Any], given: Ruled) -> Response:
    """Write a rule, or look at what it would change."""
    written = {
        "name": given.name or given.query or given.category or "?", "act": given.act, "target": given.target.strip(),
        "place": given.place, "factor": given.factor, "campaign": given.campaign, "query": given.query or None,
        "category": given.category or None, "channel": None if given.everywhere else given.channel,
        "from_at": _instant(given.from_at), "until_at": _instant(given.until_at),
    }  # fmt: skip
    q = given.query or given.q
    if given.then != "save":
        rules = [msgspec.to_builtins(each) for each in await call.ask("commerce.search.merchandising")]
        return await _tuning(call, given.channel, q, draft={"rules": [*rules, written]})
    try:
        await call.ask("commerce.search.put_rule", **written)
    except Fault as fault:
        return await _tuning(call, given.channel, q, refusal=fault)
    return _back(given.channel, q, "saved")


def _instant(text: str) -> str | None:
    """Read what a browser's field for an instant says, as UTC."""
    return f"{text.strip()}Z" if text.strip() else None


@shown
async def drop_rule(call: Call[Any], rule: UUID, channel: str = "", q: Line = "") -> Response:
    """Forget a rule."""
    await call.ask("commerce.search.drop_rule", rule=rule)
    return _back(channel, q, "dropped")


@shown
async def synonym(
    call: Call[Any], channel: str, words: Line, spoken: str = "pl", one_way: bool = False, q: Line = ""  # noqa: FBT001, FBT002
) -> Response:  # fmt: skip
    """Write words for the same thing, with commas between."""
    given = [each.strip() for each in words.split(",") if each.strip()]
    written = [{"language": spoken, "words": given, "one_way": one_way}]
    try:
        await call.ask("commerce.search.put_synonyms", synonyms=written)
    except Fault as fault:
        return await _tuning(call, channel, q, refusal=fault)
    return _back(channel, q, "saved")


@shown
async def drop_synonym(call: Call[Any], synonym: UUID, channel: str = "", q: Line = "") -> Response:
    """Forget synonyms."""
    await call.ask("commerce.search.drop_synonym", synonym=synonym)
    return _back(channel, q, "dropped")


@shown
async def rebuild(call: Call[Any]) -> Response:
    """Have the index built anew."""
    await call.ask("commerce.search.rebuild")
    return go("/console/search")
