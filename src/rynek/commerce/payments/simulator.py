r"""An adversarial payment provider for rehearsals and tests: a process of its own, with its own books.

    python -m rynek.commerce.payments.simulator --port 8090 --secret-file .rynek/simulator \
        --notify http://127.0.0.1:8000/payments/webhooks/simulator

What goes wrong is said by the token: ``tok_ok``, ``tok_declined``, ``tok_slow``, ``tok_timeout_then_success``, or per
command, ``tok_authorise=cut;refund=refuse``. With ``--chaos 0.3`` three in ten commands go wrong by chance besides.
The same key always gets the same outcome, and nothing is refunded or captured beyond what there is.
"""

import argparse
import asyncio
import random
import secrets
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from rynek.commerce.payments import signatures
from rynek.commerce.payments.model import Done, Outcome, Refused, Told, Unknown, Unseen

NAMED = {
    "tok_ok": "",
    "tok_declined": "authorise=refuse",
    "tok_slow": "authorise=slow",
    "tok_timeout_then_success": "authorise=late",
}
MISHAPS = {
    "refuse": "it is refused",
    "half": "half of it is done",
    "more": "more than was asked is claimed",
    "slow": "it is done, and told after a pause",
    "late": "it is done, and told long after anybody waits; a webhook tells it before",
    "cut": "it is done, and the connection is cut instead of an answer",
    "drop": "the first time the connection is cut and nothing is done",
    "lapse": "the first time the connection is cut, and afterwards it is refused",
    "error": "the first time an error is answered and nothing is done",
    "pending": "it is taken down, and done after a pause",
    "flip": "it is done, and a webhook says afterwards that it failed",
    "turn": "it is refused, and done nevertheless; a webhook says so",
}
CHANCE = ("slow", "late", "cut", "drop", "error", "pending")
"""What may happen by chance: nothing of this changes what is done in the end."""
_encode = msgspec.json.Encoder().encode


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """What the shop asks for."""

    key: str
    amount_minor: int = 0
    currency: str = ""
    token: str | None = None
    order: str = ""
    reference: str = ""


class Charge(Struct):
    """What the simulator's own books say of one authorisation."""

    reference: str
    order: str
    key: str
    currency: str
    token: str
    authorised: int = 0
    captured: int = 0
    voided: int = 0
    refunded: int = 0


class Asked(Struct):
    """A command under its key: what was asked, and what came of it (None: not yet)."""

    command: str
    order: Order
    outcome: Done | Refused | None = None


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """How adverse the simulator is."""

    chaos: float = 0.0
    """How likely each command goes wrong by chance."""
    pause_s: float = 0.3
    """How long slow things take."""
    late_s: float = 30.0
    """How long after its time a late answer comes."""
    notify: tuple[str, ...] = ()
    """Where webhooks go; none are sent when empty."""
    doubles: int = 3
    """At most so often each webhook is sent."""


class Bank:
    """The books, and what goes wrong with them."""

    def __init__(self, secret: bytes, rules: Rules, seed: int | None = None) -> None:
        self.secret = secret
        self.rules = rules
        self.chance = random.Random(seed)  # noqa: S311 - mishaps, not secrets
        self.charges: dict[str, Charge] = {}
        self.asked: dict[str, Asked] = {}
        self.stumbled: set[str] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def mishap(self, command: str, order: Order) -> str:
        """Say what goes wrong with a command: what its token says, else perhaps something by chance."""
        charge = self.charges.get(order.reference)
        token = order.token or (charge.token if charge else "")
        said = NAMED.get(token, token.removeprefix("tok_"))
        for part in said.split(";"):
            name, _, what = part.partition("=")
            if name == command:
                return what
        return self.chance.choice(CHANCE) if self.chance.random() < self.rules.chaos else ""

    def do(self, command: str, order: Order, mishap: str) -> Done | Refused:
        """Move money in the books."""
        if mishap in ("refuse", "lapse"):
            return Refused("the card's bank says no")
        minor = max(1, order.amount_minor // 2) if mishap == "half" else order.amount_minor
        if command == "authorise":
            charge = Charge(secrets.token_hex(8), order.order, order.key, order.currency, order.token or "", minor)
            self.charges[charge.reference] = charge
            return Done(charge.reference, minor, slip(charge, command, minor))
        found = self.charges.get(order.reference)
        if found is None:
            return Refused("there is no such charge")
        return self._move(found, command, minor)

    def _move(self, charge: Charge, command: str, minor: int) -> Done | Refused:
        held = charge.authorised - charge.captured - charge.voided
        left = charge.captured - charge.refunded if command == "refund" else held
        if command == "void":
            minor = held
        if not 0 < minor <= left:
            return Refused(f"{left} is left, {minor} is asked")
        match command:
            case "capture":
                charge.captured += minor
            case "void":
                charge.voided += minor
            case _:
                charge.refunded += minor
        return Done(charge.reference, minor, slip(charge, command, minor))

    async def take(self, command: str, order: Order) -> Outcome | None:
        """Do a command once, and tell its outcome; None: tell nothing and hang up."""
        known = self.asked.get(order.key)
        if known is not None:
            if (known.command, known.order) != (command, order):
                return Unknown("this key was used for something else")
            return known.outcome or Unknown("it is being worked on")
        mishap = self.mishap(command, order)
        if mishap in ("drop", "lapse", "error") and order.key not in self.stumbled:
            self.stumbled.add(order.key)
            return Unknown("error") if mishap == "error" else None
        taken = self.asked[order.key] = Asked(command, order)
        if mishap == "pending":
            self.later(self._finish(taken, self.rules.pause_s))
            return Unknown("it is being worked on")
        return await self._answered(taken, mishap)

    async def _answered(self, taken: Asked, mishap: str) -> Outcome | None:
        outcome = taken.outcome = self.do(taken.command, taken.order, mishap)
        key = taken.order.key
        if mishap == "flip":
            self.tell(Told(key, outcome), Told(key, Refused("it failed after all")))
        else:
            self.tell(Told(key, outcome))
        match mishap:
            case "cut":
                return None
            case "slow" | "late":
                await asyncio.sleep(self.rules.pause_s if mishap == "slow" else self.rules.late_s)
            case "more" if isinstance(outcome, Done):
                return Done(outcome.reference, outcome.minor + 1)
            case "turn":
                return Refused("it failed, or so it seemed")
        return outcome

    async def _finish(self, taken: Asked, after_s: float) -> None:
        await asyncio.sleep(after_s)
        taken.outcome = self.do(taken.command, taken.order, "")
        self.tell(Told(taken.order.key, taken.outcome))

    def tell(self, *news: Told) -> None:
        """Send webhooks: each several times, in any order, after any while."""
        for url in self.rules.notify:
            for each in news:
                for _ in range(self.chance.randint(1, max(1, self.rules.doubles))):
                    self.later(self._post(url, each, self.chance.uniform(0, self.rules.pause_s)))

    def later(self, work: Any) -> None:
        """Let something go on behind an answer."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _post(self, url: str, news: Told, after_s: float) -> None:
        await asyncio.sleep(after_s)
        place, body = urlsplit(url), _encode([news])
        for again in range(3):
            head = (
                f"POST {place.path} HTTP/1.1\r\nhost: {place.netloc}\r\nconnection: close\r\n"
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
                f"{signatures.HEADER}: {signatures.sign(self.secret, time.time(), body)}\r\n\r\n"
            )
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(5):
                    reader, writer = await asyncio.open_connection(place.hostname, place.port or 80)
                    writer.write(head.encode() + body)
                    status = await reader.readline()
                    writer.close()
                if b" 2" in status[:12]:
                    return
            await asyncio.sleep(0.2 * 2**again)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and hang up."""
        try:
            asking = await reader.readuntil(b"\r\n\r\n")
            first, *lines = asking.decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, path, _ = first.split(" ")
            answer = await self._route(method, path, headers.get(signatures.HEADER), body)
            if answer is not None:
                status, said = answer
                head = f"HTTP/1.1 {status} .\r\nconnection: close\r\ncontent-length: {len(said)}\r\n\r\n"
                writer.write(head.encode() + said)
                await writer.drain()
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            print(f"simulator: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - it is a program
        finally:
            writer.close()

    async def _route(self, method: str, path: str, signature: str | None, body: bytes) -> tuple[int, bytes] | None:
        if not signatures.holds(self.secret, time.time(), body, signature):
            return 401, b'"forged"'
        match method, path.strip("/"):
            case "POST", "books":
                return 200, _encode(list(self.charges.values()))
            case "POST", "rules":
                self.rules = msgspec.json.decode(body, type=Rules)
                return 200, _encode(self.rules)
            case "POST", ("inquire" | "authorise" | "capture" | "void" | "refund") as command:
                return await self._answer(command, msgspec.json.decode(body, type=Order))
        return 404, b'"no such address"'

    async def _answer(self, command: str, order: Order) -> tuple[int, bytes] | None:
        if command == "inquire":
            known = self.asked.get(order.key)
            return 200, _encode(Unseen() if known is None else known.outcome or Unknown("it is being worked on"))
        outcome = await self.take(command, order)
        if outcome == Unknown("error"):
            return 500, b'"something went wrong"'
        return None if outcome is None else (200, _encode(outcome))


def slip(charge: Charge, command: str, minor: int) -> str:
    """Print what a terminal would for the buyer; only a token that names one (``till-3``) does."""
    if not charge.token.startswith("till"):
        return ""
    return f"{command.upper()}\n{minor / 100:.2f} {charge.currency}\nCARD **** 4242\nREF {charge.reference}"


async def run(bank: Bank, host: str, port: int) -> None:
    """Serve until stopped; says on its output which port it listens on (``--port 0``: any free one)."""
    server = await asyncio.start_server(bank.serve, host, port)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - whoever started it reads it
    async with server:
        await server.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="simulator", description="An adversarial payment provider for rehearsals.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--secret-file", type=Path, required=True, help="the secret it shares with the shop, in hex")
    parser.add_argument("--notify", action="append", default=[], help="where webhooks go")
    parser.add_argument("--chaos", type=float, default=0.0, help="how likely each command goes wrong, 0 to 1")
    parser.add_argument("--pause", type=float, default=0.3, help="how long slow things take, in seconds")
    parser.add_argument("--seed", type=int)
    given = parser.parse_args()
    rules = Rules(given.chaos, given.pause, notify=tuple(given.notify))
    bank = Bank(bytes.fromhex(given.secret_file.read_text()), rules, given.seed)
    with suppress(KeyboardInterrupt):
        asyncio.run(run(bank, given.host, given.port))


if __name__ == "__main__":
    main()
