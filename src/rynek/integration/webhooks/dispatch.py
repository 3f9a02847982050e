"""What each process keeps doing: taking what is due from each endpoint's queue, sending it, writing down how it went.

A delivery is claimed by moving its time a lease ahead, committed before anything is sent: whoever crashes leaves it to
be tried again, with the same ``webhook-id``. Each endpoint has room of its own, and only little when it fails or is
slow; so a dead one keeps nobody waiting.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from rynek.integration.stream import envelope, told
from rynek.integration.webhooks import model, rules
from rynek.integration.webhooks.events import EndpointStopped
from rynek.integration.webhooks.model import Claimed, Outcome, Sick
from rynek.integration.webhooks.ports import opened
from rynek.integration.webhooks.sending import CONNECTIONS, TIMEOUT_S, Sender, headers_for
from rynek.kernel import clock, ids
from rynek.kernel.database import Database, Tx
from rynek.kernel.events import NAMES, Envelope, emit
from rynek.kernel.sql import queries

logger = logging.getLogger(__name__)

q = queries(__file__, model)

LEASE = timedelta(seconds=TIMEOUT_S * 3)
"""How long whoever claimed a delivery may take before another process tries it."""
PAUSE_S = 0.1
AT_ONCE = 8
"""How many deliveries one process has under way to one endpoint that is well."""
SLOW_MS = 1_000
"""An endpoint whose answers take longer gets one at a time."""
PARTING_S = 3.0
PING = "webhooks.ping"

_encode = msgspec.json.Encoder().encode


class Dispatcher:
    """The deliveries that one process has under way."""

    def __init__(self, database: Database, sender: Sender) -> None:
        self.database = database
        self.sender = sender
        self.flying: set[asyncio.Task[None]] = set()
        self.in_flight: Counter[UUID] = Counter()
        self.slow: dict[UUID, bool] = {}
        self.failing: set[UUID] = set()
        self.done: list[Outcome] = []
        self.bell = asyncio.Event()

    async def advance(self) -> int:
        """Write down how tries went, and begin what is due; gives how many were begun."""
        done, self.done = self.done, []
        try:
            async with self.database.transaction("integration") as tx:
                if done:
                    await record(tx, done)
                claimed = await self._claim(tx)
        except BaseException:
            self.done = done + self.done
            raise
        for each in claimed:
            self.in_flight[each.endpoint] += 1
            task = asyncio.create_task(self._try(each))
            self.flying.add(task)
            task.add_done_callback(self.flying.discard)
        return len(claimed)

    async def _claim(self, tx: Tx) -> list[Claimed]:
        free = CONNECTIONS - len(self.flying)
        if free <= 0:
            return []
        known = {*self.in_flight, *self.slow, *self.failing}
        rooms = {
            each: rules.room(
                AT_ONCE, self.in_flight[each], failing=each in self.failing, slow=self.slow.get(each, False)
            )
            for each in known
        }
        found: list[Claimed] = await q.claim(
            tx, busy=list(rooms), rooms=list(rooms.values()), at_once=AT_ONCE, limit=free, at=tx.at, until=tx.at + LEASE
        )
        return found

    async def _try(self, due: Claimed) -> None:
        try:
            outcome = await send(self.sender, due)
            self._learn(outcome)
        except Exception as error:  # whatever cannot be sent is a try that failed, and parked in the end
            logger.exception("delivery %s could not be sent", due.id)
            why = f"it could not be sent: {type(error).__name__}"
            outcome = Outcome(due.id, due.endpoint, due.number, ids.new(), clock.now(), None, 0, error=why)
        finally:
            self.in_flight[due.endpoint] -= 1
            if not self.in_flight[due.endpoint]:
                del self.in_flight[due.endpoint]
            self.bell.set()
        self.done.append(outcome)

    def _learn(self, outcome: Outcome) -> None:
        endpoint, well = outcome.endpoint, outcome.status is not None and 200 <= outcome.status < 300
        (self.failing.discard if well else self.failing.add)(endpoint)
        if outcome.duration_ms > SLOW_MS:
            self.slow[endpoint] = True
        else:
            self.slow.pop(endpoint, None)

    async def part(self) -> None:
        """Wait a moment for what is under way and write down how it went; the rest is tried again by others."""
        if self.flying:
            await asyncio.wait(self.flying, timeout=PARTING_S)
        for task in self.flying:
            task.cancel()
        if self.done:
            async with self.database.transaction("integration") as tx:
                await record(tx, self.done)


async def deliver(database: Database) -> None:
    """Keep delivering what is due, until cancelled."""
    async with Sender() as sender:
        dispatcher = Dispatcher(database, sender)
        try:
            while True:
                await _go_on(dispatcher)
        finally:
            await asyncio.shield(asyncio.ensure_future(dispatcher.part()))


async def _go_on(dispatcher: Dispatcher) -> None:
    dispatcher.bell.clear()
    try:
        begun = await dispatcher.advance()
    except Exception:
        logger.exception("webhooks could not be delivered; trying again")
        await asyncio.sleep(1)
        return
    if begun:
        await asyncio.sleep(0)
    else:
        try:
            await asyncio.wait_for(dispatcher.bell.wait(), PAUSE_S)
        except TimeoutError:
            return
    await asyncio.sleep(0.005)  # what ends meanwhile is written down with it


async def send(sender: Sender, due: Claimed) -> Outcome:
    """Try a delivery once."""
    request = ids.new()
    began = clock.now()
    body = written(due)
    if body is None:
        why = "the log does not have it any more, or nobody here knows its type"
        return Outcome(due.id, due.endpoint, due.number, request, began, None, 0, error=why, lost=True)
    keys = [opened(box, due.endpoint.bytes) for box in due.secrets]
    answer = await sender.post(due.url, headers_for(due.event, str(request), keys, body), body)
    return Outcome(
        due.id, due.endpoint, due.number, request, began, answer.status, answer.duration_ms, answer.text, answer.error,
        answer.again_s,
    )  # fmt: skip


def written(due: Claimed) -> bytes | None:
    """Write the message as it is sent; None: the log does not have it, or nobody here knows its type any more."""
    if due.type == PING:
        return _encode(envelope(due.event, PING, str(due.endpoint), due.at, {"endpoint": due.endpoint}))
    kind = NAMES.get(due.type)
    if kind is None or due.data is None or due.key is None:
        return None
    entry = Envelope(due.event, due.type, due.key, due.at, kind.read(due.data))
    return _encode(told(entry, personal=due.personal))


async def record(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """Write down how tries went and what becomes of their deliveries; the endpoint that failed for too long is stopped.

    Emits:
        EndpointStopped
    """
    fates = [
        rules.fate(each.status, each.number, each.again_s, random.random(), lost=each.lost)  # noqa: S311 - spreads retries, hides nothing
        for each in outcomes
    ]
    deliveries = [each.delivery for each in outcomes]
    numbers, statuses = [each.number for each in outcomes], [each.status for each in outcomes]
    errors = [each.error or (f"status {each.status}" if fate.state != "delivered" else "")
              for each, fate in zip(outcomes, fates, strict=True)]  # fmt: skip
    await q.settle(
        tx, deliveries=deliveries, numbers=numbers, states=[fate.state for fate in fates],
        dues=[tx.at + timedelta(seconds=fate.wait_s) for fate in fates], statuses=statuses, errors=errors, at=tx.at,
    )  # fmt: skip
    await q.note(
        tx, ids=[each.request for each in outcomes], deliveries=deliveries, numbers=numbers,
        ats=[each.at for each in outcomes], statuses=statuses, durations=[each.duration_ms for each in outcomes],
        answers=[each.answer for each in outcomes], errors=[each.error for each in outcomes],
    )  # fmt: skip
    well = {each.endpoint for each, fate in zip(outcomes, fates, strict=True) if fate.state == "delivered"}
    gone = {each.endpoint for each, fate in zip(outcomes, fates, strict=True) if fate.gone}
    if well:
        await q.well(tx, endpoints=list(well), at=tx.at)
    failed = Counter(each.endpoint for each in outcomes if each.endpoint not in well and not each.lost)
    why = {each.endpoint: error for each, error in zip(outcomes, errors, strict=True)}
    if failed:
        sick: list[Sick] = await q.unwell(
            tx, endpoints=list(failed), counts=list(failed.values()), errors=[why[each] for each in failed], at=tx.at,
            patience=rules.PATIENCE,
        )  # fmt: skip
        await stop(tx, [each.id for each in sick], "failing")
    await stop(tx, list(gone), "gone")


async def stop(tx: Tx, endpoints: Sequence[UUID], why: str) -> None:
    """Send nothing more to endpoints, and say so.

    Emits:
        EndpointStopped
    """
    if endpoints:
        stopped: list[UUID] = await q.stop(tx, ids=list(endpoints), why=why, at=tx.at)
        emit(tx, *(EndpointStopped(each, why) for each in stopped))
