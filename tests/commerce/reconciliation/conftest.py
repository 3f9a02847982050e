"""What the tests of reconciliation add: a shop whose door takes statements."""

import pytest

from rynek.app import App
from rynek.kernel.door import Door


@pytest.fixture(scope="module")
def door(world: App) -> Door:
    """Give the door of the shop."""
    return world.door
