"""What chooses the places of an order: the declared rules, or a router of a plugin."""

from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Protocol

from rynek.commerce.fulfilment.model import Criterion, Place, Plan
from rynek.kernel.settings import Settings, SettingsError

DECLARED = "declared"
GROUP = "rynek.routers"
"""The group of entry points in which plugins offer theirs."""


class Router(Protocol):
    """Chooses where an order's units are taken from. It is asked within a transaction, so it waits for nothing."""

    def __call__(
        self, wants: Mapping[str, int], places: Sequence[Place], tiers: Sequence[Sequence[Criterion]]
    ) -> Plan | None:
        """Give picks that come to exactly ``wants`` and take no more than is free; None where there is no such plan.

        A plan that does not do so is not used: the declared rules decide instead.
        """


_chosen: list[Router] = []


def configure(settings: Settings, _secret: Callable[[str], bytes]) -> None:
    """Take the router that the settings name.

    Raises:
        SettingsError: none of this name is installed.
    """
    if settings.router == DECLARED:
        _chosen.clear()
        return
    found = {each.name: each for each in metadata.entry_points(group=GROUP)}
    if settings.router not in found:
        raise SettingsError(f"router: {settings.router} is not installed; known are {DECLARED}, {', '.join(found)}")
    _chosen[:] = [found[settings.router].load()]


def router(declared: Router) -> Router:
    """Give the router in use in this process: that of a plugin, or the declared rules."""
    return _chosen[0] if _chosen else declared
