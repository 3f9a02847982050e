"""What the tests of shipping stand on: carriers, and their jobs done when the tests say."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from uuid import UUID

import msgspec

from rynek.app import App
from rynek.commerce.shipping import Consignment, Going, Party, actions, book
from rynek.commerce.shipping.ports import HERE
from rynek.kernel import clock, ids, jobs
from rynek.kernel.actor import Actor
from tests.conftest import free_port

ADMIN = Actor("staff", ids.new(), frozenset({"admin"}))
SHOP = Party("Store S-1", "Rynek Główny 1", "31-042", "Kraków", "PL")
OLA = Party("Ola Nowak", "Długa 5", "31-147", "Kraków", "PL", "+48600600600", "ola@example.com")


def post(address: str, path: str, body: Any = None) -> None:
    """Tell a program beside the tests something."""
    asked = HTTPConnection(address.removeprefix("http://"))
    asked.request("POST", path, msgspec.json.encode(body))
    assert asked.getresponse().status in (200, 204)
    asked.close()


@contextmanager
def simulator() -> Iterator[str]:
    """Run the adversarial carrier, a process of its own; gives its address."""
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "rynek.commerce.shipping.simulator", "--port", str(port)]) as process:
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(port: int) -> None:
    ends = time.monotonic() + 60
    while True:
        asked = HTTPConnection("127.0.0.1", port)
        try:
            asked.request("GET", "/v1/points")
            assert asked.getresponse().status == 200
        except OSError:
            assert time.monotonic() < ends, "the simulator does not answer"
            time.sleep(0.05)
        else:
            return
        finally:
            asked.close()


class Wagon:
    """The shop's side: carriers that are known, parcels that need labels, and jobs that are due."""

    def __init__(self, world: App) -> None:
        self.world = world
        HERE.plain = True

    async def ask(self, action: Any, who: Actor = ADMIN, **values: Any) -> Any:
        return await self.world.door.ask(who, action, **values)

    async def carrier(self, code: str, **facts: Any) -> None:
        await self.ask(actions.put_carrier, code=code, **({"name": code.title()} | facts))

    async def booked(self, carrier: str, **more: Any) -> UUID:
        """Have a label made for a parcel."""
        parcel = ids.new()
        said: dict[str, Any] = {
            "parcel": parcel, "order": ids.new(), "location": "S-1", "carrier": carrier,
            "number": f"0{parcel.int % 10**17:017d}", "weight_g": 1200, "sender": SHOP, "recipient": OLA,
        }  # fmt: skip
        async with self.world.database.transaction("commerce") as tx:
            assert await book(tx, [Consignment(**(said | more))]) == {parcel}
        return parcel

    async def work(self, after: timedelta = timedelta()) -> int:
        """Do what is due by then at carriers; gives how much that was."""
        done = 0
        with clock.at(clock.now() + after):
            while await jobs.advance(self.world.database, "commerce", outward=True):
                done += 1
        return done

    async def shown(self, parcel: UUID) -> Going:
        found: Going = await self.ask(actions.parcel, parcel=parcel)
        return found

    async def news(self, kind: str, order: UUID) -> list[dict[str, Any]]:
        """List what was announced of an order's parcels."""
        async with self.world.database.transaction("kernel") as tx:
            rows = await tx.rows(
                "select data::text from kernel.event where type = $1 and key = $2 order by seq", kind, str(order)
            )
        return [msgspec.json.decode(row[0]) for row in rows]
