"""A browser for tests of pages: Debian's Chromium, and the rule that pages complain of nothing."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def program() -> str:
    """Find Chromium; where it is missing, install Debian's, or say how to get it."""
    if not shutil.which("chromium"):
        with Path("/tmp/rynek-chromium.lock").open("w") as lock:  # noqa: S108 - one lock for all workers of a machine
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not shutil.which("chromium"):
                _install()
    found = shutil.which("chromium")
    if not found:
        pytest.fail("tests of pages need Chromium: apt-get install chromium, or another `chromium` on the PATH")
    return found


def _install() -> None:
    apt = [*([] if os.geteuid() == 0 else ["sudo", "-n"]), "apt-get", "-qq"]
    if shutil.which("apt-get") and shutil.which(apt[0]):
        subprocess.run([*apt, "update"], check=False)
        subprocess.run([*apt, "install", "--no-install-recommends", "-y", "chromium"], check=False)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
        yield browser
        await browser.close()


class Visitor:
    """Somebody at a browser: a window of their own, and all that it complained of."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.expected = 0
        """How many answers of 4xx the visitor provokes: the browser says each of them on its console."""
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def open(self, path: str) -> int:
        answer = await self.page.goto(self.url + path)
        assert answer is not None
        return answer.status

    async def text(self, selector: str = "main") -> str:
        return await self.page.inner_text(selector)

    def content(self) -> None:
        """See that nothing was complained of: no script failed, nothing was blocked by the content policy."""
        refusals = [said for said in self.complaints if "the server responded with a status of 4" in said]
        assert len(refusals) == self.expected, self.complaints
        assert [said for said in self.complaints if said not in refusals] == []


@asynccontextmanager
async def visiting(browser: Browser, address: str, *, scripts: bool = True, **more: Any) -> AsyncIterator[Visitor]:
    """Open a window; at its end nothing may have been complained of."""
    more = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **more}
    context = await browser.new_context(java_script_enabled=scripts, **more)
    context.set_default_timeout(8_000)
    visitor = Visitor(context, await context.new_page(), f"http://{address}")
    yield visitor
    visitor.content()
    await context.close()
