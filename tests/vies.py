"""The European Commission's register of VAT numbers as its REST API is documented, on loopback.

Source: https://ec.europa.eu/taxation_customs/vies/#/technical-information
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


@asynccontextmanager
async def register() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """Run the register; gives its address and the list of all it is asked.

    Numbers that end in 200, 300 or 400 are answered by its errors: a member state away, no number, a page for people.
    """
    asked: list[dict[str, Any]] = []

    async def check(request: web.Request) -> web.Response:
        question = await request.json()
        asked.append(question)
        error = {"200": "MS_UNAVAILABLE", "300": "INVALID_INPUT"}.get(question["vatNumber"][-3:])
        if error:
            return web.json_response({"actionSucceed": False, "errorWrappers": [{"error": error}]}, status=500)
        if question["vatNumber"].endswith("400"):
            return web.Response(text="<html>the Commission is being painted</html>", status=502)
        valid = question["vatNumber"] != "811907980"
        known = {key: question[key] for key in ("countryCode", "vatNumber")}
        traded = {"name": "MUSTER GMBH" if valid else "---", "address": "Hauptstr. 1\n10115 BERLIN" if valid else "---"}
        told = known | traded | {"requestDate": "2026-05-19T12:25:12.544Z", "valid": valid}
        return web.json_response(told | {"requestIdentifier": "WAPIAAAAZ12" if "requesterNumber" in question else ""})

    app = web.Application()
    app.router.add_post("/rest-api/check-vat-number", check)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"{site.name}/rest-api", asked
    await runner.cleanup()
