"""A workbook (XLSX), read in a process of its own that may take so much memory and time and no more.

    python -m rynek.integration.exchange.workbook IN OUT MEGABYTES ROWS COLUMNS

Formulas are not calculated (what a cell showed when it was saved is read), nothing is fetched from anywhere, XML
entities are not expanded, and whatever else a file may do to its reader happens to this process alone. Writes
each row of the first sheet as a line ``[number, [cells]]``.
"""

import datetime as dt
import resource
import sys
from pathlib import Path
from typing import Any

import msgspec
from python_calamine import CalamineWorkbook

_SECONDS = 300
_ROOM = 512 * 1_048_576
"""What Python and its libraries take themselves."""


def main(arguments: list[str]) -> int:
    """Read a workbook; says on standard error what is wrong with it."""
    into, megabytes, rows, columns = Path(arguments[1]), *map(int, arguments[2:5])
    memory = megabytes * 1_048_576
    resource.setrlimit(resource.RLIMIT_AS, (memory + _ROOM, memory + _ROOM))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (memory * 2, memory * 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sheet = CalamineWorkbook.from_path(arguments[0]).get_sheet_by_index(0)
    except Exception as error:  # noqa: BLE001 - whatever the library says of it
        return _amiss(f"it cannot be read: {error}")
    if sheet.total_height > rows + 1 or sheet.total_width > columns:
        return _amiss(f"it has {sheet.total_height} rows and {sheet.total_width} columns; at most {rows} and {columns}")
    encode = msgspec.json.Encoder().encode
    with into.open("wb") as out:
        for number, cells in enumerate(sheet.to_python(skip_empty_area=False), 1):
            plain = [_plain(each) for each in cells]
            if any(each not in (None, "") for each in plain):
                out.write(encode((number, plain)) + b"\n")
    return 0


def _amiss(why: str) -> int:
    sys.stderr.write(why[:500])
    return 2


def _plain(cell: Any) -> Any:
    match cell:
        case bool() | str() | int():
            return cell
        case float():
            return int(cell) if cell.is_integer() and abs(cell) < 2**53 else cell
        case dt.datetime() | dt.date() | dt.time():
            return cell.isoformat()
        case None:
            return None
        case _:
            return str(cell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
