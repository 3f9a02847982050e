"""The decisions of webhooks: where they may go, how they are signed, when they are tried again."""

import base64
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from yarl import URL

from rynek.integration.webhooks.model import BadAddress, Fate

ATTEMPTS = 10
"""After so many tries a delivery is parked: over a little more than a day."""
PATIENCE = timedelta(days=3)
"""How long an endpoint may fail without a success before nothing is sent to it any more."""
_FIRST_S, _FACTOR, _LONGEST_S = 5.0, 4.0, 6 * 3600.0
_ASKED_S = 3600.0
_PREFIX = "whsec_"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL = ("localhost", "local", "internal", "localdomain", "home.arpa")

Network = IPv4Network | IPv6Network
Ip = IPv4Address | IPv6Address

_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 …"),
    (re.compile(r"(?i)\b(whsec_|sk_|pk_|rs_|eyJ)[\w+/=.-]{8,}"), r"\1…"),
    (re.compile(r"(?i)((?:password|passwd|secret|token|api[_-]?key)\W{1,4})[^\s\"'&,;}]+"), r"\1…"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "…@…"),
    (re.compile(r"\b(?:\d[ -]?){9,}\d\b"), "…"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


# --- where to ---------------------------------------------------------------------------------------------------------


def address(url: str, ports: Collection[int], networks: Sequence[Network], *, plain: bool) -> URL:
    """Read an address to send to.

    Args:
        ports: those that may be sent to.
        networks: those that may be sent to though they are private.
        plain: whether http will do.

    Raises:
        BadAddress: it is no address, or none that may be sent to; names are looked up only when something is sent.
    """
    try:
        found = URL(url)
        host, port = found.host, found.port
    except ValueError:
        raise BadAddress("this is no address", field="url") from None
    if found.scheme not in (("https", "http") if plain else ("https",)) or not host:
        raise BadAddress("only https addresses are sent to", field="url")
    if found.user is not None or found.password is not None or found.fragment:
        raise BadAddress("an address has neither a user nor a fragment", field="url")
    if port not in ports:
        raise BadAddress(f"port {port} is not sent to; {', '.join(map(str, sorted(ports)))} are", field="url")
    _require_outside(host.rstrip("."), networks)
    return found


def _require_outside(host: str, networks: Sequence[Network]) -> None:
    ip = literal(host)
    if ip is not None:
        if not reachable(ip, networks):
            raise BadAddress(f"{host} is not an address of the public internet", field="url")
    elif host.rpartition(".")[2].isdigit() or (not networks and host.endswith(tuple(_LOCAL))):
        raise BadAddress(f"{host} is not a name of the public internet", field="url")


def literal(host: str) -> Ip | None:
    """Read a host that is an address itself; None: it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def reachable(ip: Ip, networks: Sequence[Network]) -> bool:
    """Tell whether something may be sent to an address: it is public, and so is every address hidden in it.

    Source: RFC 6890 and its registries; RFC 4291 (mapped), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 6052 (NAT64).
    """
    if any(ip in network for network in networks if network.version == ip.version):
        return True
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None:
            return False
        inner = _inside(ip)
        if inner is not None:
            return reachable(inner, networks)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _inside(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in _NAT64 or int(ip) >> 32 == 0:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


# --- signed how -------------------------------------------------------------------------------------------------------


def secret(key: bytes) -> str:
    """Write a secret as receivers keep it.

    Source: Standard Webhooks 1.0.
    """
    return _PREFIX + base64.b64encode(key).decode()


def signatures(keys: Sequence[bytes], identity: str, timestamp: int, body: bytes) -> str:
    """Sign a message with every secret that counts: what ``webhook-signature`` says.

    Source: Standard Webhooks 1.0, symmetric signatures (v1, HMAC-SHA256).
    """
    signed = b"%s.%d.%s" % (identity.encode(), timestamp, body)
    made = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return " ".join(f"v1,{each}" for each in made)


# --- tried when -------------------------------------------------------------------------------------------------------


def wait_s(attempt: int, chance: float) -> float:
    """Tell how long to wait after a failed try: four times as long each time, up to six hours, a fifth more or less.

    Args:
        attempt: how many tries there were, from 1 on.
        chance: 0 to 1; spreads those that failed together.
    """
    usual = min(_FIRST_S * _FACTOR ** min(attempt - 1, 20), _LONGEST_S)
    return usual * (0.8 + 0.4 * chance)


def fate(status: int | None, attempt: int, asked_s: float, chance: float, *, lost: bool = False) -> Fate:
    """Decide what becomes of a delivery.

    Args:
        status: what the receiver answered; None: nothing.
        asked_s: how long it asked us to wait; believed up to an hour.
        lost: whether there is nothing to send any more.

    Source: Standard Webhooks 1.0 (2xx is success, 410 ends it); RFC 9110 (Retry-After).
    """
    if status is not None and 200 <= status < 300:
        return Fate("delivered")
    if status == 410:
        return Fate("parked", gone=True)
    if lost or attempt >= ATTEMPTS:
        return Fate("parked")
    return Fate("waiting", max(wait_s(attempt, chance), min(asked_s, _ASKED_S)))


def room(at_once: int, in_flight: int, *, failing: bool, slow: bool) -> int:
    """Tell how many more deliveries an endpoint may have under way: one that fails or is slow has one at a time."""
    return max(0, (1 if failing or slow else at_once) - in_flight)


# --- told how ---------------------------------------------------------------------------------------------------------


def redacted(text: str, limit: int = 300) -> str:
    """Shorten what came back to a line, without what looks like a secret, an e-mail or a long number."""
    line = _CONTROL.sub(" ", text[: 4 * limit]).strip()
    for pattern, instead in _SECRETS:
        line = pattern.sub(instead, line)
    return line[:limit]
