from msgspec import Struct

from rynek.kernel.events import event


@event("hello.guest-greeted", key="name")
class GuestGreeted(Struct, frozen=True):
    """Somebody was greeted."""

    name: str
