"""The look takes its theme from the settings; its pages are in ``pages``."""

from typing import Any

from rynek.design.looks import configure

setup = [configure]
operations: list[Any] = []
