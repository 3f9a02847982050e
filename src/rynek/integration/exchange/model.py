"""The words of import and export."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from rynek.kernel.faults import Conflict, Fault, Invalid, NotFound

SheetName = Annotated[
    str, Meta(max_length=40, pattern="^[^\\u0000]*$", description="name of a sheet", examples=["products"])
]
Word = Annotated[str, Meta(max_length=200, pattern="^[^\\u0000]*$")]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern="^[^\\u0000/]*$")]
Format = Literal["csv", "xlsx", "jsonl"]
Encoding = Literal["utf-8", "utf-8-bom", "utf-16", "windows-1250", "windows-1252"]
Delimiter = Literal["comma", "semicolon", "tab", "pipe"]
Mark = Literal["point", "comma"]
Kind = Literal["text", "whole", "number", "money", "yes-no", "time", "choice", "id", "value", "json"]
Direction = Literal["import", "export"]
Phase = Literal["rehearsal", "import", "undo", "export"]
State = Literal["open", "ready", "waiting", "running", "done", "cancelled", "failed"]
What = Literal["new", "changed", "gone"]
Mapped = Annotated[dict[Word, Word], Meta(max_length=1_000)]
"""Which column of the sheet each column of a file is; one that is read as none is not in it."""

DELIMITERS: dict[str, str] = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
MARKS: dict[str, str] = {"point": ".", "comma": ","}
CODECS: dict[str, str] = {
    "utf-8": "utf-8",
    "utf-8-bom": "utf-8-sig",
    "utf-16": "utf-16",
    "windows-1250": "cp1250",
    "windows-1252": "cp1252",
}


class ExchangeUnknown(NotFound):
    """There is no such import or export, or you may not see it."""


class SheetUnknown(NotFound):
    """There is no sheet of this name."""


class MappingUnknown(NotFound):
    """There is no mapping of this name for this sheet."""


class WrongState(Conflict):
    """This cannot be done with it now."""


class FileUnreadable(Invalid):
    """The file cannot be read as what it is said to be."""


class FileTooLarge(Fault):
    """The file holds more than is taken at once."""

    status = 413


class ColumnUnknown(Invalid):
    """The sheet has no such column."""


class Column(Struct, frozen=True):
    """A column of a sheet. In a name with ``*`` stands what it is about: ``attribute.*`` is ``attribute.colour``."""

    name: str
    kind: Kind
    many: bool
    """Whether a cell holds several values, with ``|`` between them."""
    needed: bool
    """Whether a new row cannot do without it."""
    choices: list[str]
    key: bool = False


class Sheet(Struct, frozen=True):
    """What can be imported and exported: its columns, and whether you may."""

    name: str
    columns: list[Column]
    may_import: bool
    may_export: bool


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """How a file is read; what is None is found out from the file."""

    format: Format | None = None
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    decimal: Mark | None = None
    """What stands before the decimals of a number."""
    day_first: bool = True
    """Whether 01/02/2026 is the first of February."""
    zone: Annotated[str, Meta(max_length=60, pattern="^[A-Za-z0-9_+/-]+$", examples=["Europe/Warsaw"])] = "UTC"
    """The time zone of times that name none."""


class Exchange(Struct, frozen=True):
    """An import or an export, and how far it has come."""

    id: UUID
    direction: Direction
    sheet: str
    name: str
    state: State
    phase: Phase
    """What it does in this state, or did last: a rehearsal changes nothing."""
    by: str
    created_at: datetime
    reading: Reading
    guessed: list[str]
    """What of the reading was found out from the file rather than said."""
    header: list[str]
    mapping: dict[str, str]
    columns: list[str]
    filters: dict[str, str]
    size: int
    total: int
    """Rows of the file, about."""
    done: int
    new: int
    changed: int
    unchanged: int
    refused: int
    per_s: float
    seconds_left: float | None
    began_at: datetime | None
    ended_at: datetime | None
    error: str | None


class NewImport(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be imported: the file itself is sent next."""

    sheet: SheetName
    name: Name = "import"
    """What the file is called."""
    reading: Reading = Reading()
    mapping: Mapped | None = None
    """None: proposed by the file's header."""
    saved: Name | None = None
    """The name of a saved mapping to read it by."""


class NewExport(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be exported, and how it is written."""

    sheet: SheetName
    format: Format = "csv"
    columns: Annotated[list[Word], Meta(max_length=1_000)] = []
    """None named: all of them."""
    filters: Annotated[dict[Word, Word], Meta(max_length=20)] = {}
    """Which rows: what the operation that lists them can be asked, such as ``category`` for products."""
    encoding: Encoding = "utf-8"
    delimiter: Delimiter = "comma"
    decimal: Mark = "point"


class Settled(Struct, frozen=True, forbid_unknown_fields=True):
    """How an uploaded file is to be read."""

    reading: Reading | None = None
    """None: as it is."""
    mapping: Mapped | None = None
    """None: proposed anew by the file's header."""


class Saved(Struct, frozen=True):
    """A mapping kept under a name."""

    sheet: str
    name: str
    mapping: dict[str, str]
    reading: Reading


class Keep(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping to be kept: for files of this kind that come again."""

    mapping: Mapped
    reading: Reading = Reading()


class Amiss(Struct, frozen=True):
    """A row that is not taken, or not as it is: where, what stood there and why. ``column`` '' is the row itself."""

    line: int
    column: str
    value: str
    reason: str


class Shown(Struct, frozen=True):
    """A row of a file as it would be read."""

    line: int
    cells: list[str]
    values: dict[str, Any]
    amiss: list[Amiss]


class Preview(Struct, frozen=True):
    """The first rows of a file: what stands there, and what it is read as."""

    header: list[str]
    mapping: dict[str, str]
    unmapped: list[str]
    missing: list[str]
    """Columns that a new row needs and the file does not have."""
    rows: list[Shown]


class Difference(Struct, frozen=True):
    """What an import does, or did, to one row; ``fields`` is each column that differs: before, after."""

    line: int
    key: str
    what: What
    fields: Mapping[str, tuple[Any, Any]]


class Differences(Struct, frozen=True):
    """A page of differences; ``following`` leads on to the next (None: there is none)."""

    rows: list[Difference]
    following: int | None


class Row(Struct, frozen=True):
    """An import or export as it is kept."""

    id: UUID
    direction: Direction
    sheet: str
    name: str
    state: State
    phase: Phase
    actor: str
    created_at: datetime
    reading: str
    guessed: list[str]
    header: list[str]
    mapping: str
    columns: list[str]
    filters: str
    file: str | None
    size: int
    total: int
    stopping: bool
    began_at: datetime | None
    ended_at: datetime | None
    error: str | None
    done: int
    new: int
    changed: int
    unchanged: int
    refused: int


class Come(Struct, frozen=True):
    """How far a phase has come."""

    chunks: int
    following: int
    rows: int


class Kept(Struct, frozen=True):
    """A mapping as it is kept."""

    sheet: str
    name: str
    mapping: str
    reading: str


class Past(Struct, frozen=True):
    """An import or export that is past keeping."""

    id: UUID
    file: str | None


class Chunk(Struct, frozen=True):
    """Some rows that were done together."""

    number: int
    body: bytes


class Refused(Struct, frozen=True):
    """A refused cell or row as it is kept, with its place among them and the row as it was written."""

    id: int
    line: int
    column: str
    value: str
    reason: str
    cells: list[str]


class Outcome(Struct, frozen=True, array_like=True):
    """What became of one thing of a chunk: its first line, what it was and what it is; None: there was, or is, none."""

    line: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Result(Struct, array_like=True):
    """What became of a chunk: outcomes of what is different, how many rows of which kind, and what was refused."""

    outcomes: list[Outcome]
    new: int
    changed: int
    unchanged: int
    refused: list[tuple[int, str, str, str]]
    """Line, column, value, reason."""
