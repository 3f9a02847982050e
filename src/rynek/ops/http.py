"""Operations of ops; its pages are in ``pages``."""

from rynek.kernel.operations import process
from rynek.ops import actions

operations = [
    process("GET /health/live", actions.live, "ops.health", rate="read"),
    process("GET /health/ready", actions.ready, "ops.health", rate="read"),
    process("GET /events/types", actions.news, "ops.docs", rate="read"),
]
