"""Seals on the audit: stretches of it hashed, chained and signed, the newest seal kept outside the database as well.

Whoever changes the database afterwards, its superuser included, is found out by ``verify``: the signature needs the
installation's secret, and the anchor outside tells when the end was cut off. What is not sealed yet (the last seconds)
is not protected.
"""

import asyncio
import fcntl
import hmac
import logging
import os
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct

from rynek.kernel import sql
from rynek.kernel.database import Database, Tx
from rynek.security import model, rules
from rynek.security.model import AuditBroken, Finding, Seal, Span, Verdict

logger = logging.getLogger(__name__)

q = sql.queries(__file__, model)

BATCH = 10_000
"""Lines in one seal."""
PAUSE_S = 2.0
_PAGE = 500
_START = ("0", 0)
_EVERY = 2**62


class Anchor(Struct, frozen=True):
    """What is kept outside the database: the newest seal, and where the sealed audit ended then."""

    number: int
    last: str
    root: str
    signature: str


async def seal(database: Database, secret: bytes, anchor: Path) -> int:
    """Seal what was noted and is settled; gives how many lines were sealed (0: none waits, or another process does it).

    Args:
        anchor: file outside the database that holds the newest seal; keep it where the database's people cannot write.

    Raises:
        AuditBroken: the database has less sealed than the anchor says.
    """
    sealed, more = 0, True
    while more:
        held = await asyncio.to_thread(_anchored, anchor, _key(secret))
        async with database.transaction("security") as tx:
            if not await q.may_seal(tx):
                return sealed
            last: Seal | None = await q.last_seal(tx)
            _compare(last, held)
            fresh = await _seal(tx, last, _key(secret))
        newest = fresh or last
        if newest is not None:
            await asyncio.to_thread(_drop, anchor, newest, _key(secret))
        sealed += fresh.lines if fresh else 0
        more = fresh is not None and fresh.lines == BATCH
    return sealed


async def keep_sealing(database: Database, secret: bytes, anchor: Path, pause_s: float = PAUSE_S) -> None:
    """Seal the audit every ``pause_s`` seconds until cancelled."""
    while True:
        try:
            await seal(database, secret, anchor)
        except AuditBroken:
            logger.critical("the audit is not what was sealed; run `rynek audit verify`", exc_info=True)
            await asyncio.sleep(60)
        except Exception:
            logger.exception("the audit could not be sealed; trying again")
        await asyncio.sleep(pause_s)


async def verify(database: Database, anchor: Path, secret: bytes) -> Verdict:
    """Look through the whole audit for lines that were edited, removed, inserted, reordered or cut off."""
    key = _key(secret)
    findings: list[Finding] = []
    held: Anchor | None = None
    try:  # read before the seals, which only grow
        held = await asyncio.to_thread(_anchored, anchor, key)
    except AuditBroken as broken:
        findings.append(Finding("anchor", str(broken)))
    before: Seal | None = None
    lines = seals = 0
    while page := await _page(database, before.number if before else 0):
        for each in page:
            findings += await _look(database, before, each, key)
            if held and each.number == held.number and each.root.hex() != held.root:
                findings.append(Finding("seal", f"seal {each.number} is another than the anchor {anchor} holds"))
            before, lines, seals = each, lines + each.lines, seals + 1
    findings += _end(before, held, anchor)
    async with database.transaction("security") as tx:
        after = _last(before)
        unsealed = await q.count_lines(tx, after_xid=after[0], after_seq=after[1])
    return Verdict(seals, lines, unsealed, findings)


async def _page(database: Database, after: int) -> list[Seal]:
    async with database.transaction("security") as tx:
        found: list[Seal] = await q.seals(tx, after=after, most=_PAGE)
    return found


async def _seal(tx: Tx, last: Seal | None, key: bytes) -> Seal | None:
    after, horizon = _last(last), await q.horizon(tx)
    span: Span = await q.span(
        tx, after_xid=after[0], after_seq=after[1], last_xid=horizon, last_seq=0, most=BATCH
    )  # fmt: skip
    if span.last_xid is None or span.last_seq is None or span.content is None or span.prints is None:
        return None
    number, before = (last.number + 1, last.root) if last else (1, b"")
    end = (span.last_xid, span.last_seq)
    root = rules.root(before, number, end, span.lines, (span.content, span.prints))
    made = Seal(number, *end, span.lines, span.content, span.prints, root, _signed(root, key), tx.at)
    await q.add_seal(tx, **msgspec.structs.asdict(made))
    return made


async def _look(database: Database, before: Seal | None, each: Seal, key: bytes) -> list[Finding]:
    """Compare one seal with the seal before it and with the lines it covers."""
    expected = before.number + 1 if before else 1
    if each.number != expected:
        # where its stretch began is lost with them, so its lines cannot be told from theirs
        return [Finding("seal", f"seals {expected} to {each.number - 1} are gone")]
    end = (each.last_xid, each.last_seq)
    root = rules.root(before.root if before else b"", each.number, end, each.lines, (each.content, each.prints))
    if root != each.root or not hmac.compare_digest(each.signature, _signed(root, key)):
        return [Finding("seal", f"seal {each.number} was changed, or signed with another secret")]
    stretch = dict(
        zip(("after_xid", "after_seq", "last_xid", "last_seq"), (*_last(before), *end), strict=True)
    )  # fmt: skip
    async with database.transaction("security") as tx:
        span: Span = await q.span(tx, **stretch, most=_EVERY)
        if span.content == each.content and span.prints == each.prints:
            return []
        found = [(line.position, line.print) for line in await q.prints(tx, **stretch)]
    return _told(each, found)


def _told(each: Seal, found: list[tuple[str, bytes]]) -> list[Finding]:
    sealed = [each.prints[place : place + 8] for place in range(0, len(each.prints), 8)]
    said = rules.compared(sealed, found) or [("renumbered", "lines lie at other positions, in the same order")]
    return [Finding(kind, f"seal {each.number}: {where}") for kind, where in said]  # type: ignore[arg-type]


def _end(last: Seal | None, held: Anchor | None, path: Path) -> list[Finding]:
    if held is None:
        return [Finding("anchor", f"there are seals, but no anchor at {path}")] if last and not path.exists() else []
    if (last.number if last else 0) >= held.number:
        return []
    end = f"{last.last_xid}-{last.last_seq}" if last else "its beginning"
    return [
        Finding("truncated", f"the audit was sealed up to {held.last} (seal {held.number}), and now is up to {end}")
    ]


def _compare(last: Seal | None, held: Anchor | None) -> None:
    if held is None:
        return
    number = last.number if last else 0
    if number < held.number or (last and number == held.number and last.root.hex() != held.root):
        raise AuditBroken(f"the anchor holds seal {held.number}; the database has seal {number}")


def _last(seal: Seal | None) -> tuple[str, int]:
    return (seal.last_xid, seal.last_seq) if seal else _START


def _key(secret: bytes) -> bytes:
    return rules.key(secret, "seals")


def _signed(root: bytes, key: bytes) -> bytes:
    return blake2b(root, key=key, digest_size=32).digest()


def _anchored(path: Path, key: bytes) -> Anchor | None:
    """Read the anchor; None where there is none yet.

    Raises:
        AuditBroken: the file is not what this installation wrote.
    """
    try:
        held = msgspec.json.decode(path.read_bytes(), type=Anchor)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        raise AuditBroken(f"the anchor {path} cannot be read") from None
    if not hmac.compare_digest(held.signature, _anchor_signature(held.number, held.last, held.root, key)):
        raise AuditBroken(f"the anchor {path} was changed, or signed with another secret")
    return held


def _anchor_signature(number: int, last: str, root: str, key: bytes) -> str:
    return _signed(f"anchor|{number}|{last}|{root}".encode(), key).hex()


def _drop(path: Path, newest: Seal, key: bytes) -> None:
    """Write the newest seal outside the database, on the disk before this returns; never an older one over a newer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = _anchored(path, key)
        if held is not None and held.number >= newest.number:
            return
        last, root = f"{newest.last_xid}-{newest.last_seq}", newest.root.hex()
        fresh = Anchor(newest.number, last, root, _anchor_signature(newest.number, last, root, key))
        beside = path.with_name(path.name + ".new")
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(fresh))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
