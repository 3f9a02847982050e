"""Import and export: what people keep in tables, in and out of files, with a preview, a rehearsal and a way back.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.integration.exchange.model as integration_exchange
import typing
import uuid
from rynek.client.calls import Calls, Route

_BEGIN_EXPORT = Route[integration_exchange.Exchange]("POST", "/exchange/exports", integration_exchange.Exchange)
_BEGIN_IMPORT = Route[integration_exchange.Exchange]("POST", "/exchange/imports", integration_exchange.Exchange)
_CANCEL = Route[integration_exchange.Exchange](
    "POST", "/exchange/runs/{exchange}/cancellation", integration_exchange.Exchange
)
_DIFFERENCES = Route[integration_exchange.Differences](
    "GET", "/exchange/runs/{exchange}/differences", integration_exchange.Differences
)
_DOWNLOAD = Route[bytes]("GET", "/exchange/exports/{exchange}/file", bytes)
_DROP_MAPPING = Route[None]("DELETE", "/exchange/mappings/{sheet}/{name}", None)
_EXCHANGE = Route[integration_exchange.Exchange]("GET", "/exchange/runs/{exchange}", integration_exchange.Exchange)
_EXCHANGES = Route[list[integration_exchange.Exchange]]("GET", "/exchange/runs", list[integration_exchange.Exchange])
_MAPPINGS = Route[list[integration_exchange.Saved]]("GET", "/exchange/mappings", list[integration_exchange.Saved])
_PREVIEW = Route[integration_exchange.Preview](
    "GET", "/exchange/imports/{exchange}/preview", integration_exchange.Preview
)
_PUT_MAPPING = Route[integration_exchange.Saved]("PUT", "/exchange/mappings/{sheet}/{name}", integration_exchange.Saved)
_REFUSALS = Route[list[integration_exchange.Refused]](
    "GET", "/exchange/runs/{exchange}/refusals", list[integration_exchange.Refused]
)
_REFUSALS_FILE = Route[bytes]("GET", "/exchange/runs/{exchange}/refusals.csv", bytes)
_SETTLE = Route[integration_exchange.Exchange](
    "PUT", "/exchange/imports/{exchange}/settings", integration_exchange.Exchange
)
_SHEETS = Route[list[integration_exchange.Sheet]]("GET", "/exchange/sheets", list[integration_exchange.Sheet])
_START = Route[integration_exchange.Exchange](
    "POST", "/exchange/imports/{exchange}/start", integration_exchange.Exchange
)
_UNDO = Route[integration_exchange.Exchange](
    "POST", "/exchange/imports/{exchange}/undoing", integration_exchange.Exchange
)
_UPLOAD = Route[integration_exchange.Exchange](
    "PUT", "/exchange/imports/{exchange}/file", integration_exchange.Exchange
)


class IntegrationExchange:
    """Import and export: what people keep in tables, in and out of files, with a preview, a rehearsal and a way back."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def begin_export(self, given: integration_exchange.NewExport) -> integration_exchange.Exchange:
        """Begin an export; it is written in the background.

        Raises:
            SheetUnknown: there is no sheet of this name.
            ColumnUnknown: the sheet has no such column.
            Forbidden: you may not read what the sheet holds.
            Invalid: it cannot be filtered so.
        """
        return await self._calls.ask(_BEGIN_EXPORT, {}, given)

    async def begin_import(self, given: integration_exchange.NewImport) -> integration_exchange.Exchange:
        """Begin an import; send its file next.

        Raises:
            SheetUnknown: there is no sheet of this name.
            MappingUnknown: no mapping is saved under this name.
            ColumnUnknown: the mapping names a column that the sheet does not have.
            Forbidden: you may not write what the sheet holds.
            Invalid: the time zone is none.
        """
        return await self._calls.ask(_BEGIN_IMPORT, {}, given)

    async def cancel(self, exchange: uuid.UUID) -> integration_exchange.Exchange:
        """Stop an import or export where it is; what an import has done stays, until it is taken back or goes on.

        Raises:
            ExchangeUnknown: there is none, or you may not see it.
            WrongState: it is not going on.
        """
        return await self._calls.ask(_CANCEL, {"exchange": exchange}, None)

    async def differences(self, exchange: uuid.UUID, after: int = -1) -> integration_exchange.Differences:
        """Show what an import does (rehearsed), did or took back, row by row: new, or changed in these fields.

        Args:
            after: ``following`` of the page before; -1 for the first.

        Raises:
            ExchangeUnknown: there is no such import, or you may not see it.
        """
        return await self._calls.ask(_DIFFERENCES, {"exchange": exchange}, {"after": after})

    async def download(self, exchange: uuid.UUID) -> bytes:
        """Give the file that an export has written.

        Raises:
            ExchangeUnknown: there is no such export, or you may not see it.
            WrongState: it is not written yet.
        """
        return await self._calls.ask(_DOWNLOAD, {"exchange": exchange}, None)

    async def drop_mapping(self, sheet: str, name: str) -> None:
        """Forget a mapping.

        Raises:
            SheetUnknown: there is no sheet of this name.
            MappingUnknown: no mapping is kept under this name.
            Forbidden: you may not write what the sheet holds.
        """
        return await self._calls.ask(_DROP_MAPPING, {"sheet": sheet, "name": name}, None)

    async def exchange(self, exchange: uuid.UUID) -> integration_exchange.Exchange:
        """Tell how far an import or export has come.

        Raises:
            ExchangeUnknown: there is none, or you may not see it.
        """
        return await self._calls.ask(_EXCHANGE, {"exchange": exchange}, None)

    async def exchanges(
        self,
        direction: typing.Literal["import", "export"] | None = None,
        before: datetime.datetime | None = None,
        limit: int = 50,
    ) -> list[integration_exchange.Exchange]:
        """List imports and exports, newest first; go on with the last ``created_at`` as ``before``."""
        return await self._calls.ask(_EXCHANGES, {}, {"direction": direction, "before": before, "limit": limit})

    async def mappings(self, sheet: str | None = None) -> list[integration_exchange.Saved]:
        """List the mappings that are kept, of one sheet or of all."""
        return await self._calls.ask(_MAPPINGS, {}, {"sheet": sheet})

    async def preview(self, exchange: uuid.UUID, limit: int = 10) -> integration_exchange.Preview:
        """Show the first rows of an uploaded file as they would be read.

        Raises:
            ExchangeUnknown: there is no such import, or you may not see it.
            WrongState: it has no file yet.
        """
        return await self._calls.ask(_PREVIEW, {"exchange": exchange}, {"limit": limit})

    async def put_mapping(self, sheet: str, name: str, keep: integration_exchange.Keep) -> integration_exchange.Saved:
        """Keep a mapping under a name, for files of this kind that come again.

        Raises:
            SheetUnknown: there is no sheet of this name.
            ColumnUnknown: the sheet has no such column.
            Forbidden: you may not write what the sheet holds.
            Invalid: two columns are read as the same one, or the time zone is none.
        """
        return await self._calls.ask(_PUT_MAPPING, {"sheet": sheet, "name": name}, keep)

    async def refusals(
        self, exchange: uuid.UUID, after: int = 0, limit: int = 100
    ) -> list[integration_exchange.Refused]:
        """List the rows that were refused, with the column, its value and why; go on with the last ``id`` as ``after``.

        Raises:
            ExchangeUnknown: there is no such import, or you may not see it.
        """
        return await self._calls.ask(_REFUSALS, {"exchange": exchange}, {"after": after, "limit": limit})

    async def refusals_file(self, exchange: uuid.UUID) -> bytes:
        """Give the refused rows as CSV: line, column, value and reason, then the row as it stood in the file.

        Raises:
            ExchangeUnknown: there is no such import, or you may not see it.
        """
        return await self._calls.ask(_REFUSALS_FILE, {"exchange": exchange}, None)

    async def settle(self, exchange: uuid.UUID, settled: integration_exchange.Settled) -> integration_exchange.Exchange:
        """Say how an uploaded file is to be read: its form, and which column is which.

        Raises:
            ExchangeUnknown: there is no such import, or you may not see it.
            WrongState: it has no file yet, or has begun already.
            ColumnUnknown: the sheet has no such column.
            FileUnreadable: it cannot be read so.
            FileTooLarge: read so, it has too many columns.
            Invalid: the file has no such column, or two are read as the same one, or the time zone is none.
        """
        return await self._calls.ask(_SETTLE, {"exchange": exchange}, settled)

    async def sheets(self) -> list[integration_exchange.Sheet]:
        """List what can be imported and exported, with its columns."""
        return await self._calls.ask(_SHEETS, {}, None)

    async def start(self, exchange: uuid.UUID, rehearse: bool = False) -> integration_exchange.Exchange:
        """Let an import begin, or go on where it was cancelled; a rehearsal finds out what it would do and changes nothing.

        Raises:
            ExchangeUnknown: there is no such import, or you may not see it.
            WrongState: it has no file yet, or is done.
            ColumnUnknown: the file has nothing by which rows are told apart.
            Forbidden: you may not write what the sheet holds.
        """
        return await self._calls.ask(_START, {"exchange": exchange}, {"rehearse": rehearse})

    async def undo(self, exchange: uuid.UUID) -> integration_exchange.Exchange:
        """Take an import back: what it changed becomes what it was, field by field, where nobody has changed it since.

        Raises:
            ExchangeUnknown: there is no such import, or you may not see it.
            WrongState: it is not done, or taken back already.
            Forbidden: you may not write what the sheet holds.
        """
        return await self._calls.ask(_UNDO, {"exchange": exchange}, None)

    async def upload(self, exchange: uuid.UUID, body: bytes, kind: str) -> integration_exchange.Exchange:
        """Send the file of an import: its bytes as they are, or the one file of a posted form.

        What the file is (its format, encoding, delimiter and decimal mark) is found out where it was not said, and a
        mapping proposed by its header.

        Raises:
            ExchangeUnknown: there is no such import, or you may not see it.
            WrongState: it has begun already.
            FileTooLarge: the file is larger, or would unpack to more, than is taken.
            FileUnreadable: it is no file of a form that is understood.
            Malformed: the posted form is not whole.
        """
        return await self._calls.send(_UPLOAD, {"exchange": exchange}, body, kind)
