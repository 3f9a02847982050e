"""Whoever a karrio server speaks with, behind the port.

Karrio knows no idempotency key, but it keeps what it sells: a shipment bears our parcel's id as its reference, so what
was asked without an answer is looked up before it is asked again.

Source: Karrio API 2026.1: POST /v1/proxy/rates, /v1/shipments, /v1/shipments/{id}/cancel, /v1/proxy/tracking, and its
webhooks (event ``tracker_updated``, their secret in ``X-Event-Id``); InPost, API ShipX, GET /v1/points.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp
import msgspec

from rynek.commerce.shipping.model import (
    Asked,
    CarrierFacts,
    Consignment,
    Credentials,
    Label,
    Party,
    Point,
    Rate,
    Sight,
    Size,
    Spotted,
    Status,
)
from rynek.commerce.shipping.ports import HERE, Declined, Silent, forged
from rynek.kernel import clock

TIMEOUT_S = 20.0
LIMIT = 8_388_608
MOST_POINTS = 60_000
_TOLERANCE_S = 300
_STATUSES: dict[str, Status] = {
    "pending": "announced", "picked_up": "collected", "in_transit": "in-transit", "on_hold": "in-transit",
    "delivery_delayed": "in-transit", "out_for_delivery": "out-for-delivery", "ready_for_pickup": "ready",
    "delivery_failed": "failed", "delivered": "delivered", "return_to_sender": "returned",
}  # fmt: skip
"""Karrio's words for where a parcel stands, and ours; what is not here says nothing."""
_NUMBER = re.compile(r"[A-Za-z0-9-]{4,60}")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")
Said = Any


class Karrio:
    """A carrier that a karrio server speaks with."""

    def __init__(self, code: str, facts: CarrierFacts, keys: Credentials) -> None:
        self.code, self.facts, self.keys = code, facts, keys

    async def rates(self, asked: Asked) -> list[Rate]:
        """Ask what a parcel costs."""
        said = await self._ask(
            "POST", "v1/proxy/rates",
            {"shipper": _party(asked.sender), "recipient": _party(asked.to),
             "parcels": [_parcel(asked.weight_g, asked.size)], "options": {},
             "services": [self.facts.service] if self.facts.service else [],
             "carrier_ids": [self.facts.account] if self.facts.account else []},
        )  # fmt: skip
        return [self._rate(each) for each in said["rates"]]

    def _rate(self, said: Said) -> Rate:
        minor, meta = round(float(said["total_charge"]) * 100), said.get("meta") or {}
        name = str(meta.get("service_name") or said["service"])
        return Rate(self.code, str(said["service"]), name, str(said["currency"]), minor, said.get("transit_days"))

    async def label(self, wanted: Consignment) -> Label:
        """Buy a label in one call."""
        options = {"hold_at_location": True, "pickup_point": wanted.point} if wanted.point else {}
        said = await self._ask(
            "POST", "v1/shipments",
            {"shipper": _party(wanted.sender), "recipient": _party(wanted.recipient),
             "parcels": [_parcel(wanted.weight_g, wanted.size)], "service": self.facts.service,
             "carrier_ids": [self.facts.account] if self.facts.account else [], "reference": wanted.parcel.hex,
             "label_type": self.facts.form.upper(), "options": options},
        )  # fmt: skip
        if not _bought(said):
            raise Silent("a label came without its number")
        return await self._label(said)

    async def labels(self, wanted: Consignment) -> list[Label]:
        """Look up what was bought for a parcel; what was begun there and has no number is called off."""
        said = await self._ask("GET", f"v1/shipments?reference={wanted.parcel.hex}")
        mine = [
            each
            for each in said["results"]
            if each.get("reference") == wanted.parcel.hex and each.get("status") != "cancelled"
        ]
        for each in mine:
            if not _bought(each):
                await self.cancel(str(each["id"]))
        bought = sorted(filter(_bought, mine), key=lambda each: str(each.get("created_at") or ""))
        return [await self._label(each) for each in bought]

    async def _label(self, said: Said) -> Label:
        form: Any = str(said.get("label_type") or self.facts.form).lower()
        if form not in ("pdf", "zpl"):
            raise Declined(f"the label is a {form}, neither PDF nor ZPL")
        drawn = (said.get("docs") or {}).get("label")
        if not drawn:
            drawn = (await self._ask("POST", f"v1/shipments/{said['id']}/documents/label", {})).get("base64")
        try:
            file = base64.b64decode(str(drawn or ""), validate=True)
        except binascii.Error:
            file = b""
        if not file.startswith(b"%PDF" if form == "pdf" else b"^XA"):
            raise Silent("a number came without its label")
        return Label(str(said["tracking_number"]), str(said["id"]), form, file)

    async def cancel(self, outside: str) -> None:
        """Take a label back."""
        await self._ask("POST", f"v1/shipments/{outside}/cancel", {})

    async def track(self, tracking: str) -> list[Sight]:
        """Ask where a parcel was seen."""
        asked = {"tracking_number": tracking, "carrier_name": self.facts.brand}
        if self.facts.account:
            asked["account_number"] = self.facts.account
        said = await self._ask("POST", "v1/proxy/tracking", asked)
        return _sights(said.get("tracking") or {})

    async def points(self) -> Sequence[Point]:
        """Read the lockers from where InPost, or whoever speaks as it does, lists them."""
        if not self.facts.points:
            return []
        found: dict[str, Point] = {}
        page, pages = 1, 1
        while page <= pages and len(found) < MOST_POINTS:
            joint = "&" if "?" in self.facts.points else "?"
            said = await _answered("GET", f"{self.facts.points}{joint}page={page}&per_page=500", {}, None)
            found |= {each.code: each for each in (_point(item) for item in said["items"]) if each is not None}
            page, pages = page + 1, int(said.get("total_pages") or 1)
        return list(found.values())

    def read_news(self, header: Callable[[str], str | None], body: bytes) -> list[Spotted]:
        """Read a tracker's news: signed by the secret (Standard Webhooks), or naming it, as karrio itself does."""
        secret = self.keys.webhook_secret
        if not secret or not (_signed(secret, header, body) or _named(secret, header)):
            raise forged()
        try:
            said = msgspec.json.decode(body)
            tracker = said["data"] if said["event"] == "tracker_updated" else None
            return [Spotted(str(tracker["tracking_number"]), _sights(tracker))] if tracker else []
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
            return []

    async def _ask(self, method: str, path: str, body: Said = None) -> Said:
        headers = {"authorization": f"Token {self.keys.token}"}
        return await _answered(method, f"{self.facts.address.rstrip('/')}/{path}", headers, body)


def _bought(said: Said) -> bool:
    number = said.get("tracking_number")
    return isinstance(number, str) and bool(_NUMBER.fullmatch(number))


async def _answered(method: str, url: str, headers: Mapping[str, str], body: Said) -> Said:
    """Ask, and read the answer, which is bounded in time and size."""
    if not (HERE.plain or url.startswith("https://")):
        raise Declined("carriers are asked over https only")
    sent = None if body is None else msgspec.json.encode(body)
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT_S)) as session,
            session.request(
                method, url, data=sent, headers={**headers, "content-type": "application/json"}, allow_redirects=False
            ) as answer,
        ):
            raw, status = await _whole(answer), answer.status
    except aiohttp.ClientConnectorError:
        raise Silent("it cannot be reached", untouched=True) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Silent(f"it did not answer: {type(error).__name__}") from None
    if status in (502, 503, 429):
        raise Silent(f"it is not at hand: {status}", untouched=True)
    try:
        said = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        raise Silent(f"its answer cannot be read: {status}") from None
    if status >= 500:
        raise Silent(f"it failed: {status}")
    if status >= 300:
        raise Declined(_reasons(said) or f"it answered {status}")
    return said


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    pieces, size = [], 0
    async for piece in answer.content.iter_chunked(65_536):
        pieces.append(piece)
        size += len(piece)
        if size > LIMIT:
            raise Silent("it answers at too great length")
    return b"".join(pieces)


def _reasons(said: Said) -> str:
    listed = said.get("errors") or said.get("messages") or [] if isinstance(said, dict) else []
    return "; ".join(str(each.get("message") or "")[:200] for each in listed if isinstance(each, dict))[:500]


def _party(party: Party) -> dict[str, str]:
    named = {
        "person_name": party.name[:50], "address_line1": party.street[:50], "postal_code": party.postcode[:10],
        "city": party.city[:30], "country_code": party.country, "phone_number": party.phone[:20], "email": party.email,
    }  # fmt: skip
    return {name: value for name, value in named.items() if value}


def _parcel(weight_g: int, size: Size | None) -> dict[str, Any]:
    said: dict[str, Any] = {"weight": weight_g / 1000, "weight_unit": "KG"}
    if size:
        sides = {"length": size.length_mm / 10, "width": size.width_mm / 10, "height": size.height_mm / 10}
        said |= {**sides, "dimension_unit": "CM"}
    return said


def _sights(tracker: Said) -> list[Sight]:
    """Read what is told of a parcel; what cannot be read, or says nothing of where it stands, is passed over."""
    told = [_sight(each) for each in (tracker.get("events") or []) if isinstance(each, dict)]
    return [each for each in told if each is not None]


def _sight(said: dict[str, Any]) -> Sight | None:
    status = _STATUSES.get(str(said.get("status") or said.get("code") or "").lower())
    at = _at(said)
    if status is None or at is None:
        return None
    note, place = (_clean(said.get(name)) for name in ("description", "location"))
    return Sight(at, status, note, place)


def _clean(text: object) -> str:
    return "".join(each if each.isprintable() else " " for each in str(text or ""))[:200]


def _at(said: dict[str, Any]) -> datetime | None:
    stamp = said.get("timestamp") or f"{said.get('date')} {said.get('time') or '00:00'}"
    for form in ("", "%Y-%m-%d %H:%M", "%Y-%m-%d %I:%M %p", "%Y-%m-%d %H:%M:%S"):
        try:
            read = datetime.strptime(str(stamp), form) if form else datetime.fromisoformat(str(stamp))  # noqa: DTZ007
        except ValueError:
            continue
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    return None


def _signed(secret: str, header: Callable[[str], str | None], body: bytes) -> bool:
    """Tell whether news bear a fresh signature of the secret (Standard Webhooks 1.0)."""
    identity, stamp, given = (header(f"webhook-{name}") or "" for name in ("id", "timestamp", "signature"))
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        fresh = abs(clock.now().timestamp() - int(stamp)) <= _TOLERANCE_S
    except (binascii.Error, ValueError):
        return False
    made = hmac.digest(key, b"%s.%s.%s" % (identity.encode(), stamp.encode(), body), hashlib.sha256)
    wanted = base64.b64encode(made).decode()
    return fresh and any(hmac.compare_digest(f"v1,{wanted}".encode(), each.encode()) for each in given.split())


def _named(secret: str, header: Callable[[str], str | None]) -> bool:
    return hmac.compare_digest(secret.encode(), (header("x-event-id") or "").encode())


def _point(said: Said) -> Point | None:
    """Read a locker as InPost lists it; None: it is shut, or cannot be read."""
    try:
        if said.get("status") != "Operating":
            return None
        there, where = said["address_details"], said["location"]
        street = " ".join(each for each in (there.get("street"), there.get("building_number")) if each)
        code, latitude, longitude = str(said["name"]), float(where["latitude"]), float(where["longitude"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    if not _CODE.fullmatch(code) or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Point(
        code, _clean(said.get("location_description") or code), _clean(street), _clean(there.get("post_code"))[:20],
        _clean(there.get("city")), "PL", latitude, longitude, _clean(said.get("opening_hours")),
        bool(said.get("payment_available")),
    )  # fmt: skip
