"""The words of amendments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from rynek.commerce.checkout import Address, Want
from rynek.commerce.orders import LineUnits, Note
from rynek.kernel.faults import Conflict

Reference = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*\Z")]
OptionCode = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*\Z", examples=["courier"])]
Minutes = Annotated[int, Meta(ge=0, le=525_600)]
MOST_LINES = 500
"""How many lines an order may have."""


class WindowClosed(Conflict):
    """Buyers can no longer change this order themselves: ask us."""


class ChangeDiffers(Conflict):
    """This reference was used for another change."""


class AmountDiffers(Conflict):
    """The order would come to another amount than you saw: look at it again."""


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change about an order, by the change's own number; what is left out stays.

    The rest keeps its prices. ``more`` is priced as of now. With ``total_minor``, only if the order comes to that.
    """

    reference: Reference
    fewer: Annotated[list[LineUnits], Meta(max_length=200)] = []
    more: Annotated[list[Want], Meta(max_length=100)] = []
    address: Address | None = None
    """In the country that it went to: another one has other taxes."""
    delivery: OptionCode | None = None
    reason: Note = "changed"
    total_minor: Annotated[int, Meta(ge=0, le=10**15)] | None = None


class Part(Struct, frozen=True):
    """Units of an item that are given up or added, and what they come to, in minor units."""

    sku: str
    name: str
    units: int
    gross_minor: int


class Amended(Struct, frozen=True):
    """What an order comes to by a change. Money in minor units of ``currency``.

    ``to_pay_minor`` is what its payments do not hold yet; ``back_minor`` was taken and goes back.
    """

    order: UUID
    reference: str
    currency: str
    before_minor: int
    total_minor: int
    difference_minor: int
    to_pay_minor: int
    back_minor: int
    delivery_minor: int
    given_up: list[Part]
    added: list[Part]


class Made(Struct, frozen=True):
    """A change that was made to an order."""

    reference: str
    at: datetime
    actor_kind: str
    difference_minor: int
    total_minor: int


class Row(Struct, frozen=True):
    """A change as it is kept: JSON texts."""

    asked: str
    answered: str


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """For how many minutes after placing it buyers may change an order; None: until some of it has left."""

    minutes: Minutes | None = None
