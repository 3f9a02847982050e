"""Repricing's operations."""

from rynek.commerce.repricing import actions
from rynek.kernel.operations import read, write
from rynek.kernel.sheets import sheet

operations = [
    read("GET /repricing/channels", actions.places, "repricing.read"),
    write("PUT /repricing/channels/{channel}", actions.put_switch, "repricing.switch"),
    write("POST /repricing/stop", actions.stop, "repricing.switch"),
    read("GET /repricing/rules", actions.rules_of, "repricing.read"),
    write("PUT /repricing/rules", actions.put_rules, "repricing.write"),
    write("DELETE /repricing/rules/{code}", actions.drop_rule, "repricing.write"),
    read("POST /repricing/preview", actions.preview, "repricing.read", rate="bulk"),
    write("POST /repricing/channels/{channel}/looks", actions.look_now, "repricing.write", rate="bulk"),
    read("GET /repricing/proposals", actions.proposals, "repricing.read"),
    write("POST /repricing/proposals/decisions", actions.decide, "repricing.approve", rate="bulk"),
    read("GET /repricing/moves", actions.moves, "repricing.read"),
    read("GET /repricing/why", actions.why, "repricing.read"),
]

sheets = [
    sheet(
        "price-rules", "code", put="commerce.repricing.put_rules", get="commerce.repricing.rules_of",
        drop="commerce.repricing.drop_rule",
    ),
]  # fmt: skip
