"""How the simulator and the shop know each other: an HMAC over the time and the body of each message."""

import hashlib
import hmac
import re

HEADER = "simulator-signature"
TOLERANCE_S = 300
"""How old a message may be: what was overheard is of no use later."""
_FORM = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def sign(secret: bytes, at: float, body: bytes) -> str:
    """Write the signature of a message that is sent at this time (seconds since 1970)."""
    return f"t={int(at)},v1={_digest(secret, str(int(at)), body)}"


def holds(secret: bytes, now: float, body: bytes, signature: str | None) -> bool:
    """Tell whether a message comes from somebody who knows the secret, and recently."""
    found = _FORM.fullmatch(signature or "")
    if found is None or abs(now - int(found[1])) > TOLERANCE_S:
        return False
    return hmac.compare_digest(_digest(secret, found[1], body), found[2])


def _digest(secret: bytes, at: str, body: bytes) -> str:
    return hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
