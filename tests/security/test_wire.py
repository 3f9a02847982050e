"""A browser's way in, over HTTP to a real server process: cookie, origin, logout, and a sealed audit behind it."""

import asyncio
import http.client
import json
from collections.abc import Mapping
from typing import Any

from rynek import app, security
from rynek.bench import Server
from rynek.kernel.database import Database
from rynek.kernel.settings import Settings

PERSON = {"email": "anna@wire.example", "password": "correct horse battery"}


async def ask(
    server: Server, route: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Any, str]:
    """Ask as a browser would; gives status, body and cookie."""
    method, path = route.split(" ", 1)

    def talk() -> tuple[int, Any, str]:
        connection = http.client.HTTPConnection(server.address, timeout=20)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), dict(headers or {}))
            answer = connection.getresponse()
            content = answer.read()
            cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
            return answer.status, json.loads(content) if content else None, cookie
        finally:
            connection.close()

    return await asyncio.to_thread(talk)


async def test_a_browser_comes_in_and_goes_out(server: Server, database: Database, settings: Settings) -> None:
    page = {"origin": f"http://{server.address}"}
    status, entry, cookie = await ask(
        server, "POST /security/register", {**PERSON, "name": "Anna", "cookie": True}, page
    )
    assert (status, entry["token"]) == (200, None)
    shown = {"cookie": f"theme=dark; {cookie}"}
    status, me, _ = await ask(server, "GET /security/me", headers=shown)
    assert (status, me["kind"], me["name"]) == (200, "customer", "Anna")
    status, refused, _ = await ask(server, "POST /security/logout", headers={**shown, "origin": "http://evil.example"})
    assert (status, refused["type"]) == (403, "/docs/faults#forbidden")
    assert (await ask(server, "POST /security/logout", headers=shown))[0] == 403
    assert (await ask(server, "GET /security/me", headers=shown))[0] == 200
    assert (await ask(server, "POST /security/logout", headers={**shown, **page}))[0] == 204
    await asyncio.sleep(1)
    assert (await ask(server, "GET /security/me", headers=shown))[0] == 403
    await sealed(database, settings, 2)


async def sealed(database: Database, settings: Settings, lines: int) -> None:
    """Wait until the server has sealed the audit in the background, and look through it."""
    anchor, secret = app.anchor(settings), app.secret(settings)
    verdict = await security.verify(database, anchor, secret)
    for _ in range(200):
        if not verdict.unsealed:
            break
        await asyncio.sleep(0.05)
        verdict = await security.verify(database, anchor, secret)
    assert (verdict.lines, verdict.unsealed, verdict.findings) == (lines, 0, [])
