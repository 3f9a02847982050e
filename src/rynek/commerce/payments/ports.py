"""Who moves the money: the port, the provider that is ourselves, and the registry that the settings fill."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from rynek.commerce.payments.model import MANUAL, METHODS, Captures, Done, Due, ForgedWebhook, News, Outcome, Unseen
from rynek.commerce.payments.wire import Simulator, Terminals
from rynek.kernel.database import Tx
from rynek.kernel.settings import Settings, SettingsError

Transaction = Callable[[], AbstractAsyncContextManager[Tx]]
"""Opens a transaction of whoever asks."""
SIMULATOR = "simulator"
TERMINAL = "terminal"
STRIPE = "stripe"
PAYU = "payu"


class Provider(Protocol):
    """Somebody who moves money.

    Each call carries a key (``due.key``): asked again with the same key it does nothing again and tells the same
    outcome. A call may take long or raise; either means that the outcome is unknown.
    """

    methods: Mapping[str, bool]
    """The ways to pay by it, and whether each needs a token."""
    captures: Captures
    """How its authorisations can be captured, where it does not say otherwise of one (``Done.captures``).

    ``parts``: money is taken with each parcel. ``once``, ``whole``: when all of the order has left.
    """

    async def authorise(self, due: Due) -> Outcome:
        """Promise an amount of the buyer's money."""

    async def capture(self, due: Due) -> Outcome:
        """Take a part or all of an authorisation."""

    async def void(self, due: Due) -> Outcome:
        """Let go of what is left of an authorisation, which is ``due.minor``."""

    async def refund(self, due: Due) -> Outcome:
        """Give back a part or all of what was captured of an authorisation."""

    async def inquire(self, due: Due) -> Outcome:
        """Tell what became of what was asked; ``Unseen`` when it was not, and may be asked now."""

    def read_webhook(self, header: Callable[[str], str | None], body: bytes) -> list[News]:
        """Read what it tells of its own accord.

        Raises:
            ForgedWebhook: it does not bear the provider's signature.
        """


@runtime_checkable
class Inside(Provider, Protocol):
    """A provider whose books lie in this database: it is asked with the transactions of whoever asks."""

    def within(self, transaction: Transaction) -> Provider:
        """Give it as it is asked with these transactions."""


class Manual:
    """What people do themselves: by the time they say so it is done."""

    methods: Mapping[str, bool] = dict.fromkeys(METHODS, False)
    captures: Captures = "parts"

    async def authorise(self, due: Due) -> Outcome:
        """Believe it."""
        return Done(due.key, due.minor)

    async def capture(self, due: Due) -> Outcome:
        """Believe it."""
        return Done(due.key, due.minor)

    async def void(self, due: Due) -> Outcome:
        """Believe it."""
        return Done(due.key, due.minor)

    async def refund(self, due: Due) -> Outcome:
        """Believe it."""
        return Done(due.key, due.minor)

    async def inquire(self, due: Due) -> Outcome:  # noqa: ARG002 - the port's
        """Remember nothing: what was cut off is said again."""
        return Unseen()

    def read_webhook(self, header: Callable[[str], str | None], body: bytes) -> list[News]:  # noqa: ARG002 - the port's
        """Tell nothing: nobody signs for this provider."""
        raise ForgedWebhook


PROVIDERS: dict[str, Provider] = {MANUAL: Manual()}
"""The providers in use in this process, by name."""
OUTSIDE: set[str] = set()
"""Those of them that are reached over a network, and so may be silent."""


def register(name: str, provider: Provider, *, outside: bool = False) -> None:
    """Put a provider in use.

    Args:
        outside: it is reached over a network: one that does not answer is left alone for a while.
    """
    PROVIDERS[name] = provider
    (OUTSIDE.add if outside else OUTSIDE.discard)(name)


def configure(settings: Settings, secret: Callable[[str], bytes]) -> None:
    """Put the providers in use that the settings name; those that other contexts bring are theirs to register.

    Args:
        secret: gives the installation's secret of a name.

    Raises:
        SettingsError: there is no provider of such a name, or a key of one is missing.
    """
    makers: dict[str, Callable[[], Any]] = {
        MANUAL: Manual,
        SIMULATOR: lambda: Simulator(settings.payment_simulator, secret(SIMULATOR)),
        TERMINAL: lambda: Terminals(settings.payment_terminals, secret(TERMINAL)),
        STRIPE: lambda: _stripe(settings),
        PAYU: lambda: _payu(settings),
    }
    unknown = sorted(set(settings.payment_providers) - makers.keys())
    if unknown:
        raise SettingsError(f"payment_providers: {', '.join(unknown)} unknown; known: {', '.join(makers)}")
    for name, make in makers.items():
        PROVIDERS.pop(name, None)
        if name in settings.payment_providers:
            register(name, make(), outside=name != MANUAL)


def _stripe(settings: Settings) -> Provider:
    """Make Stripe's provider; its library is read only where it is in use, for it is large."""
    given = settings.stripe
    if not (given.secret_key and given.webhook_secret):
        raise SettingsError("payment_providers: stripe needs stripe.secret_key and stripe.webhook_secret")
    made: Provider = import_module("rynek.commerce.payments.stripe").Stripe(
        given.secret_key, given.webhook_secret, given.address, settings.payment_return
    )
    return made


def _payu(settings: Settings) -> Provider:
    given = settings.payu
    missing = [
        name for name in ("pos", "client_id", "client_secret", "second_key", "notify") if not getattr(given, name)
    ]
    if missing:
        raise SettingsError(f"payment_providers: payu needs {', '.join(f'payu.{name}' for name in missing)}")
    made: Provider = import_module("rynek.commerce.payments.payu").PayU(given, settings.payment_return)
    return made
