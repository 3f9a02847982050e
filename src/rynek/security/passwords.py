"""Passwords: argon2id, away from the event loop, two at once so that logins cannot take the machine."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, TypeVarTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rynek.kernel.faults import Unavailable

T = TypeVar("T")
P = TypeVarTuple("P")
_AT_ONCE = 2
_WAITING = 200
"""How many may wait their turn, some seconds' worth: more would only have given up when it comes."""
# Source: OWASP Password Storage Cheat Sheet, the first of its equal choices for argon2id
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_threads = ThreadPoolExecutor(_AT_ONCE, "password")
_going: set[asyncio.Future[Any]] = set()


async def hashed(password: str) -> str:
    """Hash a password for keeping.

    Raises:
        Unavailable: too many wait for theirs.
    """
    return await _turn(_hasher.hash, _plain(password))


async def fits(password: str, kept: str | None) -> bool:
    """Tell whether a password is the kept one. Takes as long where none is kept, so that nobody learns who exists.

    Raises:
        Unavailable: too many wait for theirs.
    """
    return await _turn(_fits, _plain(password), kept)


async def _turn(work: Callable[[*P], T], *values: *P) -> T:
    if len(_going) >= _WAITING:
        raise Unavailable("too many passwords wait to be looked at; try again", retry_after=2)
    going = asyncio.get_running_loop().run_in_executor(_threads, work, *values)
    _going.add(going)
    going.add_done_callback(_going.discard)
    return await going


def outdated(kept: str) -> bool:
    """Tell whether a hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(kept)


def _fits(password: str, kept: str | None) -> bool:
    if kept is None:
        _hasher.hash(password)
        return False
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _plain(password: str) -> str:
    """Write a password as one sequence of characters, whichever keyboard it came from (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)
