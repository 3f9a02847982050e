"""An adversarial carrier for rehearsals and tests: a process of its own that speaks as a karrio server does.

    python -m rynek.commerce.shipping.simulator --port 8095

What goes wrong is said by the service that is bought: ``standard``, or one of ``MISHAPS``. Where a parcel is, it tells
in the wrong order and twice. ``/v1/points`` lists lockers as InPost does.
"""

import argparse
import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from msgspec import Struct, field

MISHAPS = {
    "refuse": "it takes no such parcel",
    "slow": "it is done, and told after a pause",
    "late": "it is done, and the connection is cut instead of an answer",
    "drop": "the first time the connection is cut and nothing is done",
    "down": "the first times it is not at hand",
    "twice": "two labels are made for one, and the connection is cut",
    "bare": "the first time there is a label without a number",
}
DOWN_TIMES = 2
SLOW_S = 0.5
_ROUTE = ("picked_up", "in_transit", "out_for_delivery", "delivered")


class Shipment(Struct):
    """What the simulator's own books say of a parcel."""

    id: str
    reference: str
    created_at: str
    tracking_number: str | None
    label_type: str
    status: str = "purchased"


class Books(Struct):
    """All that was asked of it."""

    shipments: list[Shipment] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    """How often each reference was asked for."""
    way: dict[str, int] = field(default_factory=dict)
    """How far each number has gone."""


class Simulator:
    """A carrier with books of its own."""

    def __init__(self) -> None:
        self.books = Books()

    def app(self) -> web.Application:
        """Put its addresses together."""
        made = web.Application()
        made.add_routes(
            [
                web.post("/v1/proxy/rates", self.rates),
                web.post("/v1/shipments", self.buy),
                web.get("/v1/shipments", self.list),
                web.post("/v1/shipments/{id}/documents/label", self.document),
                web.post("/v1/shipments/{id}/cancel", self.cancel),
                web.post("/v1/proxy/tracking", self.track),
                web.post("/move/{number}", self.move),
                web.get("/v1/points", self.points),
            ]
        )
        return made

    async def rates(self, request: web.Request) -> web.Response:
        """Ask for ten, and one more for each kilogram."""
        said = await request.json()
        price = 10 + int(sum(each["weight"] for each in said["parcels"]))
        rate = {"service": "standard", "currency": "PLN", "total_charge": price, "transit_days": 1, "meta": {}}
        return web.json_response({"rates": [rate], "messages": []})

    async def buy(self, request: web.Request) -> web.StreamResponse:
        """Make a label, or what goes wrong."""
        said = await request.json()
        mishap, reference = said.get("service", ""), said["reference"]
        times = self.books.asked[reference] = self.books.asked.get(reference, 0) + 1
        if mishap == "refuse":
            return web.json_response({"errors": [{"message": "the parcel is too heavy"}]}, status=400)
        if mishap == "down" and times <= DOWN_TIMES:
            return web.Response(status=503)
        if mishap == "drop" and times == 1:
            return _cut(request)
        made = self._made(said, numbered=not (mishap == "bare" and times == 1))
        if mishap == "twice" and times == 1:
            self._made(said, numbered=True)
        if mishap == "slow":
            await asyncio.sleep(SLOW_S)
        if mishap in {"late", "twice"} and times == 1:
            return _cut(request)
        return web.json_response(_told(made), status=201)

    def _made(self, said: dict[str, Any], *, numbered: bool) -> Shipment:
        n = len(self.books.shipments) + 1
        at = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n)).isoformat()
        number = f"SIM{n:09d}" if numbered else None
        made = Shipment(f"shp_{n}", said["reference"], at, number, said["label_type"])
        self.books.shipments.append(made)
        return made

    async def list(self, request: web.Request) -> web.Response:
        """List what was made for a reference."""
        found = [_told(each) for each in self.books.shipments if each.reference == request.query["reference"]]
        return web.json_response({"count": len(found), "results": found[::-1]})

    async def document(self, request: web.Request) -> web.Response:
        """Give a label."""
        made = next(each for each in self.books.shipments if each.id == request.match_info["id"])
        drawn = b"%PDF-1.4 a label" if made.label_type == "PDF" else b"^XA^XZ"
        return web.json_response({"category": "label", "base64": base64.b64encode(drawn).decode()})

    async def cancel(self, request: web.Request) -> web.Response:
        """Take a label back."""
        made = next(each for each in self.books.shipments if each.id == request.match_info["id"])
        made.status = "cancelled"
        return web.json_response(_told(made))

    async def move(self, request: web.Request) -> web.Response:
        """Let a parcel go one step further."""
        number = request.match_info["number"]
        self.books.way[number] = min(self.books.way.get(number, 0) + 1, len(_ROUTE))
        return web.Response(status=204)

    async def track(self, request: web.Request) -> web.Response:
        """Tell where a parcel was, twice and the other way round."""
        number = (await request.json())["tracking_number"]
        return web.json_response({"tracking": tracker(number, self.books.way.get(number, 0)), "messages": []})

    async def points(self, request: web.Request) -> web.Response:
        """List two lockers, one a page, and one that is shut."""
        page = int(request.query.get("page", "1"))
        items = [_locker(n) for n in ((1, 3) if page == 1 else (2,))]
        return web.json_response({"items": items, "page": page, "total_pages": 2})


def tracker(number: str, steps: int) -> dict[str, Any]:
    """Tell where a parcel was after so many steps, twice and the other way round."""
    began = datetime(2026, 1, 2, 8, tzinfo=UTC)
    events = [
        {"timestamp": (began + timedelta(hours=4 * n)).isoformat(), "status": status, "description": status.title(),
         "location": "Kraków"}
        for n, status in enumerate(_ROUTE[:steps])
    ]  # fmt: skip
    return {"tracking_number": number, "events": [*events[::-1], *events]}


def _told(made: Shipment) -> dict[str, Any]:
    return {
        "id": made.id, "reference": made.reference, "created_at": made.created_at, "status": made.status,
        "tracking_number": made.tracking_number, "label_type": made.label_type,
    }  # fmt: skip


def _locker(n: int) -> dict[str, Any]:
    return {
        "name": f"KRA{n:03d}", "status": "Operating" if n < 3 else "Disabled",
        "location": {"latitude": 50.06 + n / 100, "longitude": 19.94}, "opening_hours": "24/7",
        "location_description": f"At the shop {n}", "payment_available": n == 1,
        "address_details": {"city": "Kraków", "street": "Długa", "building_number": str(n), "post_code": "31-147"},
    }  # fmt: skip


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def main() -> None:
    """Serve until stopped, on loopback."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8095)
    web.run_app(Simulator().app(), host="127.0.0.1", port=parser.parse_args().port)


if __name__ == "__main__":
    main()
