"""Reconciliation's operations."""

from rynek.commerce.reconciliation import actions
from rynek.commerce.reconciliation.model import LARGEST_BYTES
from rynek.kernel.operations import process, read, write

operations = [
    process(
        "POST /reconciliation/documents/{form}/{source}", actions.receive, "reconciliation.receive", rate="bulk",
        raw=True, limit=LARGEST_BYTES,
    ),
    process("POST /reconciliation/providers/{provider}/settlements", actions.fetch, "reconciliation.receive"),
    read("GET /reconciliation/documents", actions.documents, "reconciliation.read"),
    read("GET /reconciliation/lines", actions.lines, "reconciliation.read"),
    read("GET /reconciliation/lines/{line}", actions.line, "reconciliation.read"),
    read("GET /reconciliation/standing", actions.standing, "reconciliation.read"),
    read("GET /reconciliation/missing/{provider}", actions.missing, "reconciliation.read", rate="bulk"),
    write("POST /reconciliation/lines/{line}/match", actions.match, "reconciliation.resolve"),
    write("POST /reconciliation/lines/{line}/resolution", actions.resolve, "reconciliation.resolve"),
]  # fmt: skip
