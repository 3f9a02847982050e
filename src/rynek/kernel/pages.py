"""Pages: templates and static files of every context, and HTML that may load nothing but our own.

A context brings its folder once, at import: ``bring("console", Path(__file__).parent)``. Its templates are then named
``console/orders.html``, and what lies in its ``assets`` is served under an address that changes with its content.
"""

import re
from hashlib import blake2b
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from msgspec import Struct

from rynek.kernel.door import Response
from rynek.kernel.faults import NotFound

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing inline, nothing foreign. Source: Content Security Policy level 3."""

_SAFE = (
    ("content-security-policy", POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("cache-control", "no-store"),
)
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_NAMED = re.compile(r'url\("([\w.-]+)"\)')
"""What a sheet loads beside it, which is kept for ever as itself."""
_STAMPED = re.compile(r"^(.+)\.([0-9a-f]{12})(\.\w+)$")


class Asset(Struct, frozen=True):
    """A static file: read once, named by its content."""

    name: str
    kind: str
    body: bytes
    digest: str

    @property
    def address(self) -> str:
        """Where it is served and may be kept for ever."""
        stem, dot, ending = self.name.rpartition(".")
        return f"/assets/{stem}.{self.digest}{dot}{ending}"


_assets: dict[str, Asset] = {}
_folders: dict[str, FileSystemLoader] = {}
_environment = Environment(
    loader=PrefixLoader(_folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def bring(context: str, folder: Path) -> None:
    """Make a context's templates (``pages``) and static files (``assets``) known; ``folder`` is the context's own."""
    _folders[context] = FileSystemLoader(folder / "pages")
    paths = (folder / "assets").glob("*.*")
    for path in sorted(paths, key=lambda each: (each.suffix == ".css", each.name)):  # sheets name other files
        fresh = _asset(path.name, path.read_bytes())
        if _assets.setdefault(path.name, fresh).body != fresh.body:
            raise ValueError(f"two contexts bring an asset named {path.name}")


def put(name: str, text: str) -> None:
    """Give a static file another content than its context brought, as the installation wants it."""
    _assets[name] = _asset(name, text.encode())


def share(**values: Any) -> None:
    """Let every template know of something that stays as it is while the process runs."""
    _environment.globals.update(values)


def _asset(name: str, body: bytes) -> Asset:
    if name.endswith(".css"):
        body = _NAMED.sub(lambda found: f'url("{address(found[1])}")', body.decode()).encode()
    return Asset(name, _KINDS[Path(name).suffix], body, blake2b(body, digest_size=6).hexdigest())


def address(name: str) -> str:
    """Give the address of a static file, which changes when its content does."""
    return _assets[name].address


_environment.globals["asset"] = address


def asset(file: str, known: str | None = None) -> Response:
    """Answer a request for a static file.

    Args:
        file: its name, with the digest (kept for ever) or without (asked for again, as modules import each other).
        known: the ``If-None-Match`` header.

    Raises:
        NotFound: there is no such file.
    """
    stamped = _STAMPED.match(file)
    found = _assets.get(stamped[1] + stamped[3] if stamped else file)
    if found is None or (stamped and stamped[2] != found.digest):
        raise NotFound("there is no such asset")
    keeping = "public, max-age=31536000, immutable" if stamped else "no-cache"
    headers = (("cache-control", keeping), ("etag", f'"{found.digest}"'))
    if known == f'"{found.digest}"':
        return Response(304, b"", found.kind, headers)
    return Response(200, found.body, found.kind, headers)


def html(text: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Answer with a page that may run and load only what we serve ourselves."""
    return Response(status, text.encode(), "text/html; charset=utf-8", (*_SAFE, *headers))


def page(template: str, /, status: int = 200, **values: Any) -> Response:
    """Answer with a template (``console/orders.html``); everything put in is escaped.

    ``asset("rynek.css")`` in a template gives the address of a static file.
    """
    return html(_environment.get_template(template).render(values), status)
