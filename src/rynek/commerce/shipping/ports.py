"""Who carries parcels: the port, the kinds of carriers there are, and how their credentials are kept."""

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Protocol

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rynek.commerce.shipping.model import (
    Asked,
    CarrierFacts,
    CarrierRow,
    Consignment,
    Credentials,
    ForgedNews,
    Label,
    Point,
    Rate,
    Sight,
    Spotted,
)
from rynek.kernel import storage
from rynek.kernel.settings import Settings
from rynek.kernel.storage import Store

_NONCE = 12
_read_facts = msgspec.json.Decoder(CarrierFacts).decode
_read_credentials = msgspec.json.Decoder(Credentials).decode


class Silent(Exception):  # noqa: N818 - named as what is wrong, as faults are
    """A carrier did not answer as one that is well does. ``untouched``: it cannot have heard what was asked."""

    def __init__(self, why: str, *, untouched: bool = False) -> None:
        super().__init__(why)
        self.untouched = untouched


class Declined(Exception):  # noqa: N818 - named as what is wrong, as faults are
    """A carrier does not do what was asked, and says why."""


class Carrier(Protocol):
    """Somebody who takes parcels to buyers. Any call may raise ``Silent``, or ``Declined``."""

    async def rates(self, asked: Asked) -> list[Rate]:
        """Say what a parcel costs."""

    async def label(self, wanted: Consignment) -> Label:
        """Take a parcel, and give it its number and label."""

    async def labels(self, wanted: Consignment) -> list[Label]:
        """Give the labels that were made for a parcel and stand, oldest first; more than one is one too many."""

    async def cancel(self, outside: str) -> None:
        """Take a label back; one that is taken back already is."""

    async def track(self, tracking: str) -> list[Sight]:
        """Say where a parcel was seen."""

    async def points(self) -> Sequence[Point]:
        """List the lockers where its parcels can be collected."""

    def read_news(self, header: Callable[[str], str | None], body: bytes) -> list[Spotted]:
        """Read what it tells of its own accord.

        Raises:
            ForgedNews: it does not bear the carrier's signature.
        """


class _Place:
    """Where this process keeps labels, and what it opens credentials with."""

    key: bytes = b""
    plain: bool = False
    store: Store


HERE = _Place()
Maker = Callable[[str, CarrierFacts, Credentials], Any]
KINDS: dict[str, Maker] = {
    "house": lambda code, facts, _: import_module("rynek.commerce.shipping.house").House(code, facts),
    "karrio": lambda code, facts, keys: import_module("rynek.commerce.shipping.karrio").Karrio(code, facts, keys),
}
"""The kinds of carriers there are, and what speaks with them; a plugin may add its own."""
_open: dict[str, tuple[CarrierRow, Carrier]] = {}


def configure(settings: Settings, secret: Callable[[str], bytes]) -> None:
    """Take from the settings where labels lie, and the key of the credentials.

    Raises:
        SettingsError: there is no such storage.
    """
    HERE.store = storage.choose(settings)
    HERE.key = secret("carriers")
    HERE.plain = settings.carriers_plain
    _open.clear()


def sealed(credentials: Credentials, code: str) -> bytes:
    """Seal credentials so that only this installation opens them, and only for their carrier."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(HERE.key).encrypt(nonce, msgspec.json.encode(credentials), code.encode())


def opened(row: CarrierRow) -> Credentials:
    """Open what we are known by at a carrier."""
    if row.sealed is None:
        return Credentials()
    return _read_credentials(AESGCM(HERE.key).decrypt(row.sealed[:_NONCE], row.sealed[_NONCE:], row.code.encode()))


def facts(row: CarrierRow) -> CarrierFacts:
    """Read a carrier as it is stored."""
    return _read_facts(row.body)


def speak(row: CarrierRow) -> Carrier:
    """Give what speaks with a carrier; as long as nothing of it is changed, it is the same."""
    known = _open.get(row.code)
    if known is not None and known[0] == row:
        return known[1]
    given = facts(row)
    made: Carrier = KINDS[given.kind](row.code, given, opened(row))
    _open[row.code] = row, made
    return made


def forged() -> ForgedNews:
    """Refuse news that nobody signed."""
    return ForgedNews("the news bear no signature of this carrier")
