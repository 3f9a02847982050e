"""Where the files of pictures lie: the storage that the settings choose."""

from collections.abc import Callable

from rynek.kernel import storage
from rynek.kernel.settings import Settings
from rynek.kernel.storage import Store

_chosen: list[Store] = []


def configure(settings: Settings, _secret: Callable[[str], bytes]) -> None:
    """Take the storage that the settings name.

    Raises:
        SettingsError: there is no such storage.
    """
    _chosen[:] = [storage.choose(settings)]


def store() -> Store:
    """Give the storage in use in this process."""
    return _chosen[0]
