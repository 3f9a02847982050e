"""Who knows which VAT numbers are somebody's: the port, and VIES, where the member states answer."""

import logging
from collections.abc import Callable
from typing import Protocol

import aiohttp
import msgspec
from msgspec import Struct

from rynek.commerce.companies import vat
from rynek.commerce.companies.model import Answer, RegisterAway, VatIdWrong
from rynek.kernel.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

_TIMEOUT = aiohttp.ClientTimeout(total=15)
_LARGEST = 65_536
_AGAIN_S = 60
"""After how many seconds to ask again: member states' registers are away for minutes, or for the night."""
_NOBODY = "---"
"""What VIES says where a member state tells no name or address."""


class Register(Protocol):
    """Somebody who knows which VAT numbers are valid."""

    async def check(self, vat_id: str) -> Answer:
        """Ask about a number, written as it is kept.

        Raises:
            RegisterAway: it cannot be asked at this moment.
            VatIdWrong: it does not take this for a number.
        """


class _Said(Struct, frozen=True, rename="camel"):
    valid: bool | None = None
    name: str | None = None
    address: str | None = None
    request_identifier: str | None = None
    error_wrappers: list[dict[str, str]] = []


class Vies:
    """The register of the European Commission, which passes each question on to the member state's own.

    Source: VIES REST API, https://ec.europa.eu/taxation_customs/vies/#/technical-information.
    """

    def __init__(self, address: str, requester: str | None = None) -> None:
        self.address = address.rstrip("/")
        self.requester = requester

    async def check(self, vat_id: str) -> Answer:
        """Ask; with the shop's own number as requester the answer has a consultation number, which is the proof."""
        question = {"countryCode": vat_id[:2], "vatNumber": vat_id[2:]}
        if self.requester:
            question |= {
                "requesterMemberStateCode": self.requester[:2], "requesterNumber": self.requester[2:]
            }  # fmt: skip
        said = await self._post(question)
        if said.error_wrappers:
            error = said.error_wrappers[0].get("error", "")
            if error == "INVALID_INPUT":
                raise VatIdWrong("VIES does not take this for a VAT number", vat_id=vat_id)
            raise RegisterAway(f"VIES says {error[:60]}", error=error[:60], retry_after=_AGAIN_S)
        if said.valid is None:
            raise RegisterAway("VIES says nothing that can be read", retry_after=_AGAIN_S)
        return Answer(said.valid, _told(said.name), _told(said.address), said.request_identifier or "")

    async def _post(self, question: dict[str, str]) -> _Said:
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.post(f"{self.address}/check-vat-number", json=question) as response,
            ):
                return msgspec.json.decode(await response.content.read(_LARGEST), type=_Said)
        except (aiohttp.ClientError, OSError, TimeoutError, msgspec.MsgspecError, ValueError) as error:
            logger.warning("VIES could not be asked: %s", type(error).__name__)
            raise RegisterAway(retry_after=_AGAIN_S) from error


def _told(text: str | None) -> str:
    return "" if text in (None, _NOBODY) else " ".join(str(text).replace("\0", "").split())[:500]


_register: list[Register] = [Vies("https://ec.europa.eu/taxation_customs/vies/rest-api")]


def register() -> Register:
    """Give the register that this process asks."""
    return _register[0]


def use(instead: Register) -> None:
    """Ask another register from now on."""
    _register[0] = instead


def configure(settings: Settings, secret: Callable[[str], bytes]) -> None:  # noqa: ARG001 - as every set-up is called
    """Ask the register that the settings name, in the name of the shop.

    Raises:
        SettingsError: the shop's own VAT number is none.
    """
    own = vat.written(settings.vat_id) if settings.vat_id else None
    if own and vat.amiss(own):
        raise SettingsError(f"vat_id: {own}: {vat.amiss(own)}")
    use(Vies(settings.vies, own))
