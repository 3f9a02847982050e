"""Forms with files, as browsers post them (multipart/form-data)."""

from email.message import Message

from msgspec import Struct
from multipart import MultipartError, PushMultipartParser, parse_options_header

from rynek.kernel.faults import Malformed, UnsupportedMediaType

MEDIA = "multipart/form-data"
PARTS = 32
"""Most fields of one form."""


class Field(Struct, frozen=True):
    """One field: its name, and a file's name and declared kind where it is a file."""

    name: str
    body: bytes
    file: str | None = None
    kind: str = ""

    @property
    def text(self) -> str:
        """Give what was written in it."""
        return self.body.decode("utf-8", "replace").strip()


def read(kind: str | None, body: bytes) -> list[Field]:
    """Take a posted form apart; a file that was not chosen is not in it.

    Args:
        kind: the ``Content-Type`` header.

    Raises:
        UnsupportedMediaType: it is no form with files.
        Malformed: it cannot be read.
    """
    what, told = parse_options_header(kind or "")
    if what != MEDIA or not told.get("boundary"):
        raise UnsupportedMediaType("send multipart/form-data")
    try:
        return [each for each in _fields(told["boundary"], body) if each.body or each.file is None]
    except (MultipartError, ValueError) as error:
        raise Malformed(f"the form cannot be read: {error}") from None


def file_name(disposition: str | None) -> str | None:
    """Read a file's name from a ``Content-Disposition`` header. Source: RFC 6266."""
    header = Message()
    header["content-disposition"] = disposition or ""
    return header.get_filename()


def _fields(boundary: str, body: bytes) -> list[Field]:
    found: list[Field] = []
    pieces: list[bytes] = []
    with PushMultipartParser(boundary, content_length=len(body), max_segment_count=PARTS) as parser:
        begun = None
        for event in (*parser.parse(body), *parser.parse(b"")):
            if isinstance(event, bytes | bytearray):
                pieces.append(bytes(event))
            elif event is not None:
                begun = event
            elif begun is not None:
                found.append(Field(begun.name, b"".join(pieces), begun.filename, begun.content_type or ""))
                pieces = []
    return found
