"""The house's own van, behind the port: prices by its table, labels made here, news as its drivers scan."""

from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from threading import Lock

from font_roboto import Roboto, RobotoBold
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from rynek.commerce.shipping import rules
from rynek.commerce.shipping.model import (
    Asked,
    CarrierFacts,
    Consignment,
    Label,
    Party,
    Point,
    Rate,
    Sight,
    Spotted,
)
from rynek.commerce.shipping.ports import Declined, forged

_SIZE = (100 * mm, 150 * mm)
_FNC1 = "\xf1"
_alone = Lock()
"""One at a time in a process: what the library keeps of fonts is shared."""


class House:
    """Our own van."""

    def __init__(self, code: str, facts: CarrierFacts) -> None:
        self.code, self.facts = code, facts

    async def rates(self, asked: Asked) -> list[Rate]:
        """Price a parcel by our table."""
        found = rules.house_rate(self.code, self.facts, asked)
        return [found] if found else []

    async def label(self, wanted: Consignment) -> Label:
        """Make a label; made again it is the same."""
        asked = Asked(wanted.weight_g, wanted.recipient)
        if self.facts.zones and rules.house_rate(self.code, self.facts, asked) is None:
            raise Declined(f"the van takes no {wanted.weight_g} g to {wanted.recipient.postcode or 'nowhere'}")
        made = pdf(self.facts.name, wanted) if self.facts.form == "pdf" else zpl(self.facts.name, wanted)
        return Label(wanted.number, wanted.number, self.facts.form, made)

    async def labels(self, wanted: Consignment) -> list[Label]:  # noqa: ARG002 - the port's
        """Remember none: the same one is made again."""
        return []

    async def cancel(self, outside: str) -> None:
        """Forget a label: nobody else knows of it."""

    async def track(self, tracking: str) -> list[Sight]:  # noqa: ARG002 - the port's
        """Know nothing but what our drivers scan."""
        return []

    async def points(self) -> Sequence[Point]:
        """Have no lockers."""
        return []

    def read_news(self, header: Callable[[str], str | None], body: bytes) -> list[Spotted]:  # noqa: ARG002 - the port's
        """Tell nothing: nobody signs for our van."""
        raise forged()


@cache
def _fonts() -> None:
    pdfmetrics.registerFont(TTFont("Label", Roboto))
    pdfmetrics.registerFont(TTFont("Label-Bold", RobotoBold))


def _lines(party: Party) -> list[str]:
    return [each for each in (party.street, f"{party.postcode} {party.city}".strip(), party.country) if each]


def pdf(carrier: str, wanted: Consignment) -> bytes:
    """Print a label of 100 × 150 mm; the same parcel comes to the same bytes.

    Source: GS1 Logistic Label: the SSCC as GS1-128 under AI (00).
    """
    with _alone:
        _fonts()
        made = BytesIO()
        page = Canvas(made, pagesize=_SIZE, invariant=1)
        page.setTitle(f"{carrier} {wanted.number}")
        _say(page, 142, 11, carrier, bold=True)
        _say(page, 142, 9, f"{wanted.weight_g / 1000:.2f} kg", right=True)
        page.line(5 * mm, 139 * mm, 95 * mm, 139 * mm)
        _say(page, 134, 7, " · ".join((wanted.sender.name, *_lines(wanted.sender))))
        page.line(5 * mm, 131 * mm, 95 * mm, 131 * mm)
        _say(page, 122, 15, wanted.recipient.name, bold=True)
        place = [wanted.point] if wanted.point else []
        for n, text in enumerate((*place, *_lines(wanted.recipient), wanted.recipient.phone)):
            _say(page, 113 - 8 * n, 13, text)
        page.line(5 * mm, 60 * mm, 95 * mm, 60 * mm)
        _say(page, 53, 9, wanted.reference)
        bars = Code128(f"{_FNC1}00{wanted.number}", barWidth=0.45 * mm, barHeight=28 * mm, quiet=True)
        bars.drawOn(page, (100 * mm - bars.width) / 2, 18 * mm)
        page.setFont("Label", 12)
        page.drawCentredString(50 * mm, 10 * mm, f"(00) {wanted.number}")
        page.save()
        return made.getvalue()


def _say(page: Canvas, up: float, size: float, text: str, *, bold: bool = False, right: bool = False) -> None:
    font = "Label-Bold" if bold else "Label"
    while size > 5 and pdfmetrics.stringWidth(text, font, size) > 90 * mm:
        size -= 0.5
    page.setFont(font, size)
    if right:
        page.drawRightString(95 * mm, up * mm, text)
    else:
        page.drawString(5 * mm, up * mm, text)


def zpl(carrier: str, wanted: Consignment) -> bytes:
    """Write a label in ZPL II for printers of 203 dpi, in UTF-8.

    Source: Zebra, ZPL II Programming Guide (^CI28, ^FH, ^BC with >;>8 for FNC1).
    """
    place = [wanted.point] if wanted.point else []
    rows = [
        (40, 40, carrier), (90, 24, " / ".join((wanted.sender.name, *_lines(wanted.sender)))),
        (180, 56, wanted.recipient.name),
        *((260 + 60 * n, 44, each) for n, each in enumerate((*place, *_lines(wanted.recipient)))),
        (640, 32, f"{wanted.reference}   {wanted.weight_g / 1000:.2f} kg"),
    ]  # fmt: skip
    texts = "".join(f"^FO40,{y}^A0N,{size}^FH^FD{rules.zpl_text(text)}^FS\n" for y, size, text in rows)
    bars = f"^FO60,760^BY3^BCN,240,N,N,N^FD>;>800{wanted.number}^FS\n^FO60,1020^A0N,40^FD(00) {wanted.number}^FS\n"
    return f"^XA\n^CI28\n^PW800\n^LL1200\n{texts}{bars}^XZ\n".encode()
