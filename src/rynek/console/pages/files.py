"""Files: tables brought in and taken out, tried before they count, watched while they go, and taken back."""

from typing import Any
from uuid import UUID

from rynek.console.pages.shell import go, language, show, shown, told
from rynek.kernel import forms
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault, Malformed

PAGE = 30
SHOWN = 50
TONES = {"waiting": "info", "running": "info", "ready": "warn", "done": "good", "cancelled": "", "failed": "bad"}
_NONE: list[str] = []


@shown
async def files(call: Call[Any], before: str = "", sheet: str = "") -> Response:
    """List what was brought in and taken out, with the forms to begin more."""
    return await _files(call, before=before, sheet=sheet)


async def _files(call: Call[Any], *, before: str = "", sheet: str = "", refusal: Fault | None = None) -> Response:
    found = await call.ask("integration.exchange.exchanges", before=before or None, limit=PAGE)
    sheets = await call.ask("integration.exchange.sheets")
    saved = []
    if call.door.gate.may(call.actor, "exchange.import") is not None:
        saved = await call.ask("integration.exchange.mappings")
    refused = told(language(call.request), refusal) if refusal else None
    return show(
        call, "console/files.html", refusal.status if refusal else 200, runs=[each for each in found if each.size
        or each.direction == "export"], older=found[-1].created_at.isoformat() if len(found) == PAGE else "",
        before=before, sheets=sheets, saved=saved, sheet=sheet, refused=refused, tones=TONES,
    )  # fmt: skip


@shown
async def send_file(call: Call[Any]) -> Response:
    """Take a posted file in."""
    sheet = ""
    try:
        request = call.request
        if request is None:
            raise Malformed("send the form with its file")
        posted = forms.read(request.header("content-type"), request.body)
        fields = {each.name: each for each in posted}
        sheet = fields["sheet"].text if "sheet" in fields else ""
        saved = fields["saved"].text.partition(" ")[2] if "saved" in fields else ""
        name = next((each.file for each in posted if each.file), None)
        begun = await call.ask(
            "integration.exchange.begin_import", sheet=sheet, name=(name or "file")[:100].replace("/", "_"),
            saved=saved or None,
        )  # fmt: skip
        await call.ask("integration.exchange.upload", exchange=begun.id)
    except Fault as fault:
        return await _files(call, sheet=sheet, refusal=fault)
    return go(f"/console/files/{begun.id}")


@shown
async def take_out(call: Call[Any], sheet: str = "", format: str = "csv", columns: str = "") -> Response:  # noqa: A002 - the form's field
    """Begin an export."""
    named = [each.strip() for each in columns.split(",") if each.strip()]
    try:
        begun = await call.ask("integration.exchange.begin_export", sheet=sheet, format=format, columns=named)
    except Fault as fault:
        return await _files(call, sheet=sheet, refusal=fault)
    return go(f"/console/files/{begun.id}")


@shown
async def file(call: Call[Any], exchange: UUID, after: int = -1, behind: int = 0) -> Response:
    """Show one import or export: how it is read, what it would do, how far it is, and what was refused."""
    return await _file(call, exchange, after, behind)


async def _file(
    call: Call[Any], exchange: UUID, after: int = -1, behind: int = 0, refusal: Fault | None = None
) -> Response:
    run = await call.ask("integration.exchange.exchange", exchange=exchange)
    values: dict[str, Any] = {"preview": None, "differences": None, "refusals": [], "columns": []}
    if run.direction == "import" and run.size:
        if run.state == "ready":
            values["preview"] = await call.ask("integration.exchange.preview", exchange=exchange, limit=8)
            sheets = await call.ask("integration.exchange.sheets")
            values["columns"] = next(each.columns for each in sheets if each.name == run.sheet)
        if run.new or run.changed:
            values["differences"] = await call.ask("integration.exchange.differences", exchange=exchange, after=after)
        if run.refused:
            values["refusals"] = await call.ask(
                "integration.exchange.refusals", exchange=exchange, after=behind, limit=SHOWN
            )
    refused = told(language(call.request), refusal) if refusal else None
    return show(
        call, "console/file.html", refusal.status if refusal else 200, run=run, refused=refused, tones=TONES,
        after=after, behind=behind, most=SHOWN, tried=run.phase == "rehearsal" and run.done > 0, **values,
    )  # fmt: skip


@shown
async def settle_file(  # noqa: PLR0913 - the fields of the form
    call: Call[Any], exchange: UUID, *, mapping: list[str] = _NONE, encoding: str = "", delimiter: str = "",
    decimal: str = "", dates: str = "", keep: str = "", then: str = "",
) -> Response:  # fmt: skip
    """Say how a file is read, keep that under a name, and perhaps try it or let it count."""
    try:
        run = await call.ask("integration.exchange.exchange", exchange=exchange)
        reading = {
            "format": run.reading.format, "encoding": encoding or None, "delimiter": delimiter or None,
            "decimal": decimal or None, "day_first": dates != "month", "zone": run.reading.zone,
        }  # fmt: skip
        same = all(getattr(run.reading, name) == value for name, value in reading.items())
        chosen = {name: each.strip() for name, each in zip(run.header, mapping, strict=False) if each.strip()}
        settled: dict[str, Any] = {"mapping": chosen} | ({} if same else {"reading": reading})
        run = await call.ask("integration.exchange.settle", exchange=exchange, settled=settled)
        if keep.strip():
            kept = {"mapping": chosen, "reading": {**reading, "encoding": run.reading.encoding}}
            await call.ask("integration.exchange.put_mapping", sheet=run.sheet, name=keep.strip(), keep=kept)
        if then in ("rehearse", "start"):
            await call.ask("integration.exchange.start", exchange=exchange, rehearse=then == "rehearse")
    except Fault as fault:
        return await _file(call, exchange, refusal=fault)
    return go(f"/console/files/{exchange}")


@shown
async def move_file(call: Call[Any], exchange: UUID, what: str = "") -> Response:
    """Let an import go on, stop it, or take it back."""
    operation = {"start": "start", "cancel": "cancel", "undo": "undo"}.get(what)
    try:
        if operation:
            await call.ask(f"integration.exchange.{operation}", exchange=exchange)
    except Fault as fault:
        return await _file(call, exchange, refusal=fault)
    return go(f"/console/files/{exchange}")
