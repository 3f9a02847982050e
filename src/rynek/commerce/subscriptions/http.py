"""Subscriptions' operations."""

from rynek.commerce.subscriptions import actions
from rynek.kernel.operations import read, write
from rynek.kernel.sheets import sheet

operations = [
    write("PUT /subscriptions/plans", actions.put_plans, "subscriptions.plan"),
    read("GET /subscriptions/plans", actions.plans, "subscriptions.look"),
    read("POST /subscriptions/preview", actions.preview, "subscriptions.start"),
    read("POST /subscriptions/{subscription}/preview", actions.preview_change, "subscriptions.see"),
    write("POST /subscriptions", actions.start, "subscriptions.start"),
    read("GET /subscriptions", actions.subscriptions, "subscriptions.see"),
    read("GET /subscriptions/{subscription}", actions.subscription, "subscriptions.see"),
    write("POST /subscriptions/{subscription}/pause", actions.pause, "subscriptions.change"),
    write("POST /subscriptions/{subscription}/resumption", actions.resume, "subscriptions.change"),
    write("POST /subscriptions/{subscription}/skip", actions.skip, "subscriptions.change"),
    write("PUT /subscriptions/{subscription}/lines", actions.swap, "subscriptions.change"),
    write("PUT /subscriptions/{subscription}/address", actions.readdress, "subscriptions.change"),
    write("PUT /subscriptions/{subscription}/paying", actions.repay, "subscriptions.change"),
    write("POST /subscriptions/{subscription}/cancellation", actions.cancel, "subscriptions.change"),
]

sheets = [
    sheet(
        "subscription-plans", "code", put="commerce.subscriptions.put_plans", get="commerce.subscriptions.plans",
        gone={"active": False},
    ),
]  # fmt: skip
