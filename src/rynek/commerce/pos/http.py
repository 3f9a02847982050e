"""The counter's operations."""

from rynek.commerce.pos import actions
from rynek.kernel.operations import batch, read

operations = [
    batch("POST /pos/receipts", actions.sell, "pos.sell", rate="bulk"),
    read("GET /pos/stores/{store}/receipts", actions.receipts, "pos.read"),
    read("GET /pos/stores/{store}/tills/{till}/receipts/{number}", actions.receipt, "pos.read"),
    read("GET /pos/customers/{customer}/receipts", actions.bought, "pos.read-bought"),
    read("GET /pos/intake", actions.intake, "pos.read"),
    read("GET /pos/takings", actions.takings, "pos.read"),
]
