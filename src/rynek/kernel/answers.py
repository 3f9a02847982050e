"""What repeated requests were answered: kept with the effect, so that it happens once however often it is sent."""

from collections.abc import Iterable
from datetime import timedelta

from rynek.kernel.database import Tx
from rynek.kernel.jobs import every

KEPT = timedelta(days=7)
"""How long an Idempotency-Key is known."""


async def recall(tx: Tx, keys: Iterable[bytes | None]) -> dict[bytes, tuple[bytes, int, bytes]]:
    """Look up what repeated requests were answered: fingerprint of the request, status and body by key."""
    rows = await tx.rows(
        "select key, fingerprint, status, body from kernel.answer where key = any($1)", [key for key in keys if key]
    )
    return {key: (fingerprint, status, body) for key, fingerprint, status, body in rows}


async def keep(tx: Tx, answers: Iterable[tuple[bytes | None, bytes, int, bytes]]) -> None:
    """Keep answers: each with its key, the fingerprint of the request, status and body."""
    keys, prints, statuses, bodies = zip(*answers, strict=True)
    await tx.execute(
        "insert into kernel.answer (key, fingerprint, status, body)"
        " select * from unnest($1::bytea[], $2::bytea[], $3::smallint[], $4::bytea[])",
        keys, prints, statuses, bodies,
    )  # fmt: skip


@every(3_600, "kernel.forget_answers", "kernel")
async def forget(tx: Tx) -> None:
    """Forget the answers to requests that nobody will repeat any more."""
    await tx.execute("delete from kernel.answer where at < $1", tx.at - KEPT)
