"""What security announces. Ids only: who somebody is stays here."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("security.customer-registered", key="customer", seen_by="security.audit", personal=("customer",))
class CustomerRegistered(Struct, frozen=True):
    """Somebody made an account."""

    customer: UUID


@event("security.customer-logged-in", key="customer", seen_by="security.audit", personal=("customer", "guest"))
class CustomerLoggedIn(Struct, frozen=True):
    """A customer came in; ``guest`` is who they were until then, with proof, so what the guest has is theirs."""

    customer: UUID
    guest: UUID | None = None
