"""The counter's operations."""

from rynek.commerce.pos import actions, returning
from rynek.kernel.operations import batch, read, write

operations = [
    batch("POST /pos/receipts", actions.sell, "pos.sell", rate="bulk"),
    read("GET /pos/stores/{store}/receipts", actions.receipts, "pos.read"),
    read("GET /pos/stores/{store}/tills/{till}/receipts/{number}", actions.receipt, "pos.read"),
    read("GET /pos/stores/{store}/tills/{till}/receipts/{number}/returnable", returning.returnable, "pos.take-back"),
    write("POST /pos/stores/{store}/returns", returning.take_back, "pos.take-back"),
    write("POST /pos/stores/{store}/unproven-returns", returning.take_unproven, "pos.take-unproven"),
    read("GET /pos/stores/{store}/return-rule", returning.return_rule, "pos.take-back"),
    write("PUT /pos/stores/{store}/return-rule", returning.put_return_rule, "pos.set-up"),
    read("GET /pos/customers/{customer}/receipts", actions.bought, "pos.read-bought"),
    read("GET /pos/intake", actions.intake, "pos.read"),
    read("GET /pos/takings", actions.takings, "pos.read"),
]
