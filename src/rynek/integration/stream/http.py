"""Operations of the event stream."""

from rynek.integration.stream import actions, live
from rynek.kernel.operations import process

operations = [
    process("GET /stream/types", actions.types, "events.read", rate="read"),
    process("GET /stream/asyncapi", actions.asyncapi, "events.read", rate="read"),
    process("GET /stream/events", actions.read, "events.read", rate="read"),
    # it has no end, so it is told of by AsyncAPI and not by OpenAPI
    process("GET /stream/live", live.live, "events.read", rate="read", shown=False),
]
