"""What the tests of payments add: the simulator, and a shop that uses it."""

from collections.abc import AsyncIterator

import pytest

from rynek.app import App
from rynek.commerce.payments.ports import PROVIDERS
from rynek.kernel.door import Door
from tests.commerce.payments import shop


@pytest.fixture(scope="module")
async def bank(world: App, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[shop.Bank]:
    """Give the simulator, a process of its own, in use in this process."""
    secret = tmp_path_factory.mktemp("bank") / "secret"
    secret.write_text(shop.SECRET.hex())
    async with shop.simulator(secret) as running:
        await running.rules()
        PROVIDERS["simulator"] = running
        yield running
        PROVIDERS.pop("simulator", None)


@pytest.fixture(scope="module")
def door(world: App, bank: shop.Bank) -> Door:
    """Give the door of the shop."""
    return world.door
