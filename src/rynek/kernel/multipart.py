"""Posted forms with files (``multipart/form-data``), as browsers send them.

Source: RFC 7578.
"""

import re

from msgspec import Struct

from rynek.kernel.faults import Malformed

MEDIA = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
_FIELD = re.compile(rb'[;\s]name="([^"\r\n]*)"', re.IGNORECASE)
_FILE = re.compile(rb'[;\s]filename="([^"\r\n]*)"', re.IGNORECASE)
_HEAD = 4_096
_FIELDS = 100


class Part(Struct, frozen=True):
    """One field of a form: its text, or the bytes of its file."""

    data: bytes
    filename: str | None = None

    @property
    def text(self) -> str:
        """The field as text."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            raise Malformed("a field of the form is no UTF-8") from None


def fields(body: bytes, media: str | None) -> dict[str, Part]:
    """Take a form apart; of fields of one name the last counts.

    Args:
        media: the Content-Type header.

    Raises:
        Malformed: it is no such form.
    """
    kind, _, rest = (media or "").partition(";")
    found = _BOUNDARY.search(rest)
    if kind.strip().lower() != MEDIA or found is None:
        raise Malformed(f"send the form as {MEDIA}")
    mark = b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(mark, _FIELDS + 2)
    if len(pieces) < 2 or len(pieces) > _FIELDS + 2 or not pieces[-1].startswith(b"--"):
        raise Malformed("the form is not whole")
    made = {}
    for piece in pieces[1:-1]:
        head, gap, _ = piece[:_HEAD].partition(b"\r\n\r\n")
        name, file = _FIELD.search(head), _FILE.search(head)
        if not gap or name is None:
            raise Malformed("a field of the form has no name")
        given = None if file is None else file[1].decode("utf-8", "replace").rpartition("\\")[2]
        made[name[1].decode("utf-8", "replace")] = Part(piece[len(head) + 4 :], given)
    return made
