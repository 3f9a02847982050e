"""Where webhooks may go, who looks names up, and the key that their secrets are sealed with."""

import asyncio
import ipaddress
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from rynek.kernel.settings import Settings, SettingsError

_NONCE = 12
_threads = ThreadPoolExecutor(64, thread_name_prefix="names")  # slow name servers of some keep nobody else waiting


class Lookup(Protocol):
    """Somebody who looks names up."""

    async def __call__(self, host: str, port: int) -> list[str]:
        """Give all addresses of a name.

        Raises:
            OSError: nobody knows the name.
        """


async def system(host: str, port: int) -> list[str]:
    """Ask the system, which asks the name servers."""
    found = await asyncio.get_running_loop().run_in_executor(
        _threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Reach(Struct):
    """Where this process may send to."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    ports: frozenset[int] = frozenset({443, 8443})
    plain: bool = False
    lookup: Lookup = system
    key: bytes = b""


REACH = Reach()


def configure(settings: Settings, secret: Callable[[str], bytes]) -> None:
    """Take from the settings where webhooks may go, and the installation's key for their secrets.

    Raises:
        SettingsError: a network or a port is none.
    """
    given = settings.webhooks
    try:
        REACH.networks = tuple(ipaddress.ip_network(each) for each in given.networks)
        REACH.ports = frozenset(int(each) for each in given.ports)
    except ValueError as error:
        raise SettingsError(f"webhooks: {error}") from None
    REACH.plain = given.plain
    REACH.key = secret("webhooks")


def sealed(key: bytes, endpoint: bytes) -> bytes:
    """Seal a secret so that only this installation opens it, and only for its endpoint."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(REACH.key).encrypt(nonce, key, endpoint)


def opened(box: bytes, endpoint: bytes) -> bytes:
    """Open what was sealed for an endpoint."""
    return AESGCM(REACH.key).decrypt(box[:_NONCE], box[_NONCE:], endpoint)
