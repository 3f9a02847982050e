"""Take the README's screenshots anew, against a running shop: ``uv run python docs/screenshots.py --password …``.

Start one with ``uv run rynek demo``; it prints how to log in. Nothing is bought or changed but a guest's cart.
"""

import argparse
import base64
import struct
import zlib
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

REDUCE = """async (png) => {
    const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const dots = new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer);
    const often = new Map();
    for (const dot of dots) often.set(dot, (often.get(dot) ?? 0) + 1);
    const kept = [...often].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([dot]) => dot);
    const parts = (dot) => [dot & 255, (dot >> 8) & 255, (dot >> 16) & 255];
    const nearest = new Map(kept.map((dot, place) => [dot, place]));
    for (const dot of often.keys()) {
        if (nearest.has(dot)) continue;
        const far = kept.map((each) => parts(each).reduce((sum, part, at) => sum + (part - parts(dot)[at]) ** 2, 0));
        nearest.set(dot, far.indexOf(Math.min(...far)));
    }
    const bytes = (list) => Uint8Array.from(list).toBase64();
    return [bytes(kept.flatMap(parts)), bytes([...dots].map((dot) => nearest.get(dot)))];
}"""
"""Keep the 256 colours that are most used; text and flat surfaces have few more."""
IMAGES = Path(__file__).with_name("images")
SIZE = {"width": 1280, "height": 800}
LIMIT_BYTES = 150_000
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]


def main() -> None:
    """Take them all, in light and in dark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--email", required=True, help="of somebody of staff who may see everything")
    parser.add_argument("--password", required=True)
    parser.add_argument("--channel", required=True, help="whose shop is shown, such as WEB-US")
    parser.add_argument("--settle", type=float, default=4, help="seconds to let the live figures run")
    given = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for scheme in ("light", "dark"):
            console(window(browser, scheme), given, scheme)
            shop(window(browser, scheme), given, scheme)
        browser.close()


def window(browser: Browser, scheme: str) -> BrowserContext:
    """Open a window in which nothing moves."""
    return browser.new_context(viewport=SIZE, color_scheme=scheme, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]


def console(context: BrowserContext, given: argparse.Namespace, scheme: str) -> None:
    """Show the back office: today, the orders, one of them, the stock of an item."""
    page = context.new_page()
    page.goto(f"{given.url}/console/login")
    page.fill("#email", given.email)
    page.fill("#password", given.password)
    page.click("button.primary")
    page.wait_for_selector("#pulse.on")
    page.wait_for_timeout(given.settle * 1000)
    take(page, "console-today", scheme)
    page.goto(f"{given.url}/console/orders")
    take(page, "console-orders", scheme)
    page.locator("tbody a").first.click()
    page.wait_for_selector(".steps")
    take(page, "console-order", scheme)
    page.locator("a.sku").first.click()
    page.wait_for_selector(".ledger")
    take(page, "console-stock", scheme)
    context.close()


def shop(context: BrowserContext, given: argparse.Namespace, scheme: str) -> None:
    """Show the shop: the shelves, a product, the checkout."""
    page = context.new_page()
    home = f"{given.url}/shop/{given.channel}"
    page.goto(home)
    page.wait_for_load_state("networkidle")
    take(page, "shop-listing", scheme)
    for place in range(3):
        page.locator("form[data-add] button").nth(place).click()
        page.wait_for_selector(f"[data-pieces]:text-is('{place + 1}')")
    page.locator(".ware").first.click()
    page.wait_for_selector(".single")
    page.wait_for_load_state("networkidle")
    take(page, "shop-product", scheme)
    page.goto(f"{home}/checkout")
    take(page, "shop-checkout", scheme)
    context.close()


def take(page: Page, name: str, scheme: str) -> None:
    """Take one, and see that it stays small."""
    path = IMAGES / f"{name}{'' if scheme == 'light' else '-dark'}.png"
    taken = page.screenshot()
    with page.context.new_page() as easel:  # an empty page, which no content policy keeps from drawing
        colours, dots = easel.evaluate(REDUCE, base64.b64encode(taken).decode())
    path.write_bytes(written(base64.b64decode(colours), base64.b64decode(dots)))
    size = path.stat().st_size
    print(f"{path.relative_to(IMAGES.parent.parent)}  {size / 1000:.0f} kB")
    if size > LIMIT_BYTES:
        raise SystemExit(f"{path.name} is larger than {LIMIT_BYTES / 1000:.0f} kB")


def written(colours: bytes, dots: bytes) -> bytes:
    """Write a PNG of up to 256 colours, a byte a dot.

    Source: W3C Portable Network Graphics, colour type 3.
    """
    width, height = SIZE["width"], SIZE["height"]
    rows = b"".join(b"\0" + dots[row * width : (row + 1) * width] for row in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", colours),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


if __name__ == "__main__":
    main()
