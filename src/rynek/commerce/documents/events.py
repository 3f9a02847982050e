"""What documents announce."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("documents.document-issued", key="order", personal=("owner",))
class DocumentIssued(Struct, frozen=True):
    """A document has its number. Money in minor units of ``currency``; a correction's is the difference."""

    document: UUID
    order: UUID
    owner: UUID
    kind: str
    series: str
    name: str
    currency: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    corrects: UUID | None = None
