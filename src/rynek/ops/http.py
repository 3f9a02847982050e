"""Operations of ops; its pages are in ``pages``."""

from rynek.kernel.operations import process
from rynek.ops import actions

operations = [
    process("GET /health/live", actions.live, "ops.health", rate="read"),
    process("GET /health/ready", actions.ready, "ops.health", rate="read"),
    process("GET /ops/backlog", actions.backlog, "ops.watch", rate="read"),
    process("POST /ops/reactions/{reaction}/replay", actions.replay, "ops.repair"),
    process("POST /ops/jobs/{job}/revival", actions.revive, "ops.repair"),
    process("GET /events/types", actions.news, "ops.docs", rate="read"),
]
