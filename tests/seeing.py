"""What nobody may be kept out by: axe-core looks at pages, and keys alone have to be enough."""

import fcntl
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from playwright.async_api import Page

HERE = Path(__file__).parent / "axe"
GRAVE = ("serious", "critical")
_MOST_STEPS = 150


@cache
def _axe() -> str:
    """Give axe-core's script; it comes from npm, once in a run."""
    if not shutil.which("npm"):
        pytest.fail("this test needs Node.js and npm: apt-get install nodejs npm, or see https://nodejs.org")
    folder = Path(os.environ["TESTS_FOLDER_OF_RYNEK"]) / "axe"
    found = folder / "node_modules" / "axe-core" / "axe.min.js"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            shutil.copy(HERE / "package.json", folder)
            npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
            subprocess.run(npm, cwd=folder, check=True)
    return found.read_text("utf-8")


async def in_the_way(page: Page) -> list[str]:
    """List what axe-core finds serious or critical on a page, light and dark."""
    found = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.evaluate(_axe())
        looked = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert len(looked["passes"]) > 10
        found += [
            f"{scheme} {page.url}: {each['id']} {each['nodes'][0]['target']} {each['nodes'][0]['failureSummary']}"
            for each in looked["violations"]
            if each["impact"] in GRAVE
        ]
    await page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found


async def fits(page: Page, width: int) -> bool:
    """Tell whether a page is read without scrolling aside in a window as narrow as that."""
    before = page.viewport_size or {"width": 1280, "height": 800}
    await page.set_viewport_size({"width": width, "height": 800})
    fitting = await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.set_viewport_size(before)
    return bool(fitting)


async def reach(page: Page, selector: str) -> None:
    """Go to something by the Tab key alone, and see that one sees where one is."""
    for _ in range(_MOST_STEPS):
        await page.keyboard.press("Tab")
        if await page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            shown = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert shown != "none", selector
            return
    raise AssertionError(f"{selector} is not reached by keys")
