"""Who moves the money: the port, the provider that is ourselves, and the registry that the settings fill."""

from collections.abc import Callable
from typing import Protocol

from rynek.commerce.payments.model import MANUAL, Done, ForgedWebhook, Outcome, Told, Unseen
from rynek.commerce.payments.wire import Simulator
from rynek.kernel.settings import Settings, SettingsError

SIMULATOR = "simulator"


class Provider(Protocol):
    """Somebody outside who moves money.

    Each call carries a key: asked again with the same key it does nothing again and tells the same outcome. A call may
    take long or raise; either means that the outcome is unknown.
    """

    async def authorise(self, key: str, amount_minor: int, currency: str, token: str | None, order: str) -> Outcome:
        """Promise an amount of the buyer's money."""

    async def capture(self, key: str, reference: str, amount_minor: int) -> Outcome:
        """Take a part or all of an authorisation."""

    async def void(self, key: str, reference: str, amount_minor: int) -> Outcome:
        """Let go of what is left of an authorisation, which is ``amount_minor``."""

    async def refund(self, key: str, reference: str, amount_minor: int) -> Outcome:
        """Give back a part or all of what was captured of an authorisation."""

    async def inquire(self, key: str) -> Outcome:
        """Tell what became of what was asked with this key."""

    def read_webhook(self, header: Callable[[str], str | None], body: bytes) -> list[Told]:
        """Read what it tells of its own accord.

        Raises:
            ForgedWebhook: it does not bear the provider's signature.
        """


class Manual:
    """What people do themselves: by the time they say so it is done."""

    async def authorise(self, key: str, amount_minor: int, currency: str, token: str | None, order: str) -> Outcome:  # noqa: ARG002 - the port's
        """Believe it."""
        return Done(key, amount_minor)

    async def capture(self, key: str, reference: str, amount_minor: int) -> Outcome:  # noqa: ARG002 - the port's
        """Believe it."""
        return Done(key, amount_minor)

    async def void(self, key: str, reference: str, amount_minor: int) -> Outcome:  # noqa: ARG002 - the port's
        """Believe it."""
        return Done(key, amount_minor)

    async def refund(self, key: str, reference: str, amount_minor: int) -> Outcome:  # noqa: ARG002 - the port's
        """Believe it."""
        return Done(key, amount_minor)

    async def inquire(self, key: str) -> Outcome:  # noqa: ARG002 - the port's
        """Remember nothing: what was cut off is said again."""
        return Unseen()

    def read_webhook(self, header: Callable[[str], str | None], body: bytes) -> list[Told]:  # noqa: ARG002 - the port's
        """Tell nothing: nobody signs for this provider."""
        raise ForgedWebhook


PROVIDERS: dict[str, Provider] = {MANUAL: Manual()}
"""The providers in use in this process, by name."""


def configure(settings: Settings, secret: Callable[[str], bytes]) -> None:
    """Put the providers in use that the settings name.

    Args:
        secret: gives the installation's secret of a name.

    Raises:
        SettingsError: there is no provider of such a name.
    """
    unknown = sorted(set(settings.payment_providers) - {MANUAL, SIMULATOR})
    if unknown:
        raise SettingsError(f"payment_providers: {', '.join(unknown)} unknown; known: {MANUAL}, {SIMULATOR}")
    PROVIDERS.clear()
    if MANUAL in settings.payment_providers:
        PROVIDERS[MANUAL] = Manual()
    if SIMULATOR in settings.payment_providers:
        PROVIDERS[SIMULATOR] = Simulator(settings.payment_simulator, secret(SIMULATOR))
