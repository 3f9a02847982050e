"""The words of the event stream."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from rynek.kernel.faults import Fault

Pattern = Annotated[
    str,
    Meta(
        max_length=100,
        pattern=r"^(\*|[a-z0-9-]+\.(\*|[a-z0-9-]+))\Z",
        description="a type of event, all of a family, or all",
        examples=["orders.order-placed", "orders.*", "*"],
    ),
]
Patterns = Annotated[list[Pattern], Meta(max_length=100)]
Cursor = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=r"^(now|[0-9]{1,19}-[0-9]{1,18})\Z",
        description="a place in the log, as an event's `id` or a page's `next`; `0-0` is the beginning, `now` the end",
        examples=["0-0", "now", "81234-5501"],
    ),
]


class EventKind(Struct, frozen=True):
    """A type of event that you may be told of."""

    type: str
    title: str
    subject: str
    """The field of ``data`` that is the event's ``subject``: what happened to one subject comes in its order."""
    personal: list[str]
    """The fields that say who somebody is; they are left out for those who may not have them."""
    data: dict[str, Any]
    """JSON Schema of ``data``, as it is told to you."""


class CloudEvent(Struct, frozen=True, omit_defaults=True):
    """One event, in the envelope that is common to the stream and to webhooks.

    ``id`` is its place in the log and unique; ``sequence`` says the same in an order that texts compare by.

    Source: CloudEvents 1.0.2, its JSON format, and its sequence extension.
    """

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str
    data: Any
    sequence: str = ""
    """Left out where an event is not of the log."""


class Events(Struct, frozen=True):
    """What the log says after a place; ask again after ``next``."""

    events: list[CloudEvent]
    next: str


class NoSuchEvent(Fault):
    """There is no event of this type; the catalogue lists what there is."""

    status = 422


class AheadOfTheLog(Fault):
    """The log has not come to this place: the cursor is another installation's, or an older copy was restored."""

    status = 409
