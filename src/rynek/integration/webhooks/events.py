"""What webhooks announce."""

from uuid import UUID

from msgspec import Struct

from rynek.kernel.events import event


@event("webhooks.endpoint-stopped", key="endpoint")
class EndpointStopped(Struct, frozen=True):
    """Nothing is sent to an endpoint any more: it failed for too long (``failing``), or said so itself (``gone``)."""

    endpoint: UUID
    why: str
