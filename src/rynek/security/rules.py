"""Decisions at the gate: tokens, cookies, origins, e-mail, how fast is too fast. Pure; keys and times come in."""

import base64
import binascii
import hmac
import ipaddress
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from hashlib import blake2b

from rynek.kernel.faults import Invalid

COOKIE = "rynek_session"
ACCOUNT_TRIES = 10
ADDRESS_TRIES = 100
"""Logins that may fail, or be under way, within the throttle's window; an address may be a whole office."""
_MAC = 16
_POSITION = re.compile(r"(\d{1,20})-(\d{1,18})")
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]{1,64}@[^\s@,;:<>()\[\]\"\\.]+(\.[^\s@,;:<>()\[\]\"\\.]+)*")


def key(secret: bytes, purpose: str) -> bytes:
    """Derive the key for one purpose from the installation's secret, so that no two uses share a key."""
    return blake2b(purpose.encode(), key=blake2b(secret).digest(), digest_size=32).digest()


def sign(prefix: str, payload: bytes, key: bytes) -> str:
    """Make a token: a prefix that says whose it is, the payload, and proof that this installation made it."""
    mac = blake2b(prefix.encode() + payload, key=key, digest_size=_MAC).digest()
    return f"{prefix}_{base64.urlsafe_b64encode(payload + mac).rstrip(b'=').decode()}"


def opened(token: str, key: bytes) -> tuple[str, bytes] | None:
    """Read prefix and payload of a token; None when this installation did not make it."""
    prefix, _, text = token.partition("_")
    try:
        body = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    payload = body[:-_MAC]
    mine = sign(prefix, payload, key) if prefix.isascii() else ""
    return (prefix, payload) if hmac.compare_digest(mine.encode(), token.encode("utf-8", "replace")) else None


def guest_token(guest: bytes, until: datetime, key: bytes) -> str:
    """Make the token of a guest from the 16 bytes of its id; nothing else is kept of one."""
    return sign("rg", guest + int(until.timestamp()).to_bytes(5), key)


def guest(payload: bytes) -> tuple[bytes, datetime]:
    """Read the bytes of a guest's id and until when the token holds."""
    return payload[:16], datetime.fromtimestamp(int.from_bytes(payload[16:]), UTC)


def token_print(token: str) -> bytes:
    """Hash a session token for keeping; it has 256 random bits, so no slow hash is needed."""
    return blake2b(token.encode(), digest_size=32).digest()


def cookie_token(header: str) -> str | None:
    """Find the session's token in a Cookie header."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value:
            return value
    return None


def same_origin(fetch_site: str | None, origin: str | None, host: str | None) -> bool:
    """Tell whether a page of this shop asks, and not somebody else's page with the buyer's cookie.

    Browsers say so in Sec-Fetch-Site (where the connection is safe) or in Origin. Silence is no proof.
    """
    if fetch_site is not None:
        return fetch_site == "same-origin"
    if origin is None or host is None:
        return False
    return origin.partition("://")[2].lower() == host.lower()


def secure_cookie(host: str | None) -> bool:
    """Tell whether the cookie is for HTTPS only: everywhere but on the developer's own machine."""
    name = (host or "").rpartition(":")[0] if (host or "").rpartition(":")[2].isdigit() else host or ""
    return name not in {"localhost", "127.0.0.1", "[::1]"}


def email(text: str) -> str:
    """Write an e-mail address the one way it is stored and compared.

    Raises:
        Invalid: it is no e-mail address.
    """
    plain = unicodedata.normalize("NFKC", text.strip().lower())
    if not _EMAIL.fullmatch(plain) or plain != unicodedata.normalize("NFKC", plain.strip().lower()):
        raise Invalid("this is no e-mail address", field="email")
    return plain


def network(address: str) -> str:
    """Give the part of an address that one household or office shares: IPv4 whole, IPv6 its first 64 bits."""
    try:
        found = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))


def throttled(account: int, address: int) -> bool:
    """Tell whether a login was tried too often, for the account or from the address, this try included."""
    return account > ACCOUNT_TRIES or address > ADDRESS_TRIES


def till_code(noise: bytes) -> str:
    """Write 50 random bits so that they can be read out and typed: no I, L, O or U."""
    number = int.from_bytes(noise[:7]) >> 6
    letters = "".join(_LETTERS[number >> (5 * place) & 31] for place in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def typed_code(text: str) -> str:
    """Read a till code as people type it: small letters, blanks, O for 0 and I or L for 1."""
    plain = "".join(text.upper().split()).replace("-", "").translate(_MISREAD)
    return f"{plain[:5]}-{plain[5:]}"


def cookie(token: str, seconds: int, host: str | None) -> str:
    """Write the Set-Cookie header that holds a session; an empty token takes it away."""
    secure = "; Secure" if secure_cookie(host) else ""
    return f"{COOKIE}={token}; Path=/; Max-Age={seconds if token else 0}; HttpOnly; SameSite=Lax{secure}"


def position(text: str) -> tuple[str, int]:
    """Read a place in the audit, ``xid-seq``.

    Raises:
        Invalid: it is no such place.
    """
    if not (found := _POSITION.fullmatch(text)):
        raise Invalid("a position is two numbers with a dash between, as the lines have it", field="before")
    return found[1], int(found[2])


def root(before: bytes, number: int, last: tuple[str, int], lines: int, hashes: Sequence[bytes]) -> bytes:
    """Chain a stretch of the audit to the seals before it."""
    text = f"{number}|{last[0]}|{last[1]}|{lines}|".encode()
    return blake2b(before + text + b"|".join(each.hex().encode() for each in hashes), digest_size=32).digest()


def compared(sealed: Sequence[bytes], found: Sequence[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """Say what was done to a stretch of the audit, line by line, as (what, where).

    Args:
        sealed: the prints of the lines as they were sealed.
        found: position and print of the lines that are there.
    """
    now = [each for _, each in found]
    steps = SequenceMatcher(None, sealed, now, autojunk=False).get_opcodes()
    blocks = [(range(i1, i2), range(j1, j2)) for tag, i1, i2, j1, j2 in steps if tag != "equal"]
    moved = Counter(sealed[i] for gone, _ in blocks for i in gone) & Counter(now[j] for _, new in blocks for j in new)
    came, went, said = Counter(moved), Counter(moved), []
    for gone, new in blocks:
        lost = [i for i in gone if not _drawn(went, sealed[i])]
        extra = []
        for j in new:
            if _drawn(came, now[j]):
                said.append(("reordered", found[j][0]))
            else:
                extra.append(found[j][0])
        said += [("edited", where) for where in extra[: len(lost)]]
        said += [("inserted", where) for where in extra[len(lost) :]]
        said += [("removed", _place(i, found, new.start)) for i in lost[len(extra) :]]
    return said


def _drawn(of: "Counter[bytes]", one: bytes) -> bool:
    of[one] -= 1
    return of[one] >= 0


def _place(index: int, found: Sequence[tuple[str, bytes]], here: int) -> str:
    after = f"after {found[here - 1][0]}" if here else "at its beginning"
    return f"line {index + 1} of the stretch, {after}"


def paced(free_at: float, now: float, interval_s: float) -> tuple[float, float]:
    """Let one request into a bucket that refills one each ``interval_s`` and holds a second's worth.

    Args:
        free_at: when the bucket is full again, as the last call gave it; 0 for a new one.

    Returns:
        The new ``free_at``, and how many seconds too early the request is (0: let it in).
    """
    after = max(free_at, now) + interval_s
    early = after - now - max(1.0, interval_s)
    return (after, 0.0) if early <= 1e-9 else (free_at, early)
