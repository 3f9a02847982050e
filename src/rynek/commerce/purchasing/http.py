"""Purchasing's operations."""

from rynek.commerce.purchasing import actions, promising, receiving
from rynek.kernel.operations import read, write
from rynek.kernel.sheets import sheet

operations = [
    read("GET /purchasing/suppliers", actions.suppliers, "purchasing.read"),
    write("PUT /purchasing/suppliers", actions.put_suppliers, "purchasing.set-up", rate="bulk"),
    read("GET /purchasing/suppliers/{supplier}/items", actions.items, "purchasing.read"),
    write("PUT /purchasing/suppliers/{supplier}/items", actions.put_items, "purchasing.set-up", rate="bulk"),
    read("GET /purchasing/suppliers/{supplier}/lead-times", actions.lead_times, "purchasing.read"),
    read("GET /purchasing/purchases", actions.purchases, "purchasing.read"),
    write("POST /purchasing/purchases", actions.draft, "purchasing.order"),
    read("GET /purchasing/purchases/{purchase}", actions.purchase, "purchasing.read"),
    write("POST /purchasing/purchases/{purchase}/lines", actions.change, "purchasing.order"),
    write("POST /purchasing/purchases/{purchase}/sending", actions.send, "purchasing.order"),
    write("POST /purchasing/purchases/{purchase}/confirmation", actions.confirm, "purchasing.order"),
    write("POST /purchasing/purchases/{purchase}/dates", actions.move, "purchasing.order"),
    write("POST /purchasing/purchases/{purchase}/closing", actions.close, "purchasing.order"),
    write("POST /purchasing/purchases/{purchase}/cancellation", actions.cancel, "purchasing.order"),
    write("POST /purchasing/purchases/{purchase}/receipts", receiving.receive, "purchasing.receive"),
    read("GET /purchasing/locations/{location}/expected", receiving.expected, "purchasing.receive"),
    read("GET /purchasing/channels/{channel}/earliest", promising.earliest, "purchasing.see-earliest"),
    read("GET /purchasing/differences", receiving.differences, "purchasing.read"),
    write("POST /purchasing/differences/{difference}/resolution", receiving.settle, "purchasing.order"),
]

sheets = [
    sheet("suppliers", "code", put="commerce.purchasing.put_suppliers", get="commerce.purchasing.suppliers"),
    sheet(
        "supplier-items", "supplier", "sku", put="commerce.purchasing.put_items", get="commerce.purchasing.items",
        over="commerce.purchasing.suppliers", currency=("supplier", "commerce.purchasing.suppliers"),
    ),
]  # fmt: skip
