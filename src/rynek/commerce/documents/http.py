"""Documents' operations."""

from rynek.commerce.documents import actions, billing, counter
from rynek.kernel.operations import batch, process, read, write
from rynek.kernel.sheets import sheet

operations = [
    read("GET /documents", actions.documents, "documents.read"),
    read("GET /documents/amiss", actions.amiss, "documents.check", rate="bulk"),
    read("GET /documents/sellers", actions.sellers, "documents.settings"),
    write("PUT /documents/sellers", actions.put_sellers, "documents.set-up"),
    read("GET /documents/series", actions.series, "documents.settings"),
    write("PUT /documents/series", actions.put_series, "documents.set-up"),
    read("GET /documents/exchange-rates", actions.exchange_rates, "documents.settings"),
    write("PUT /documents/exchange-rates", actions.put_exchange_rates, "documents.set-up", rate="bulk"),
    read("GET /documents/{document}", actions.document, "documents.read"),
    process("GET /documents/{document}/files/{form}", actions.download, "documents.read", rate="read"),
    batch("POST /documents", actions.issue, "documents.issue"),
    write("POST /documents/{document}/corrections", actions.correct, "documents.correct"),
    read("GET /companies/{company}/bills", billing.bills, "documents.bills"),
    write("POST /companies/{company}/bills", billing.bill, "documents.bill"),
    read("GET /companies/{company}/invoices", billing.claims, "documents.bills"),
    write("POST /orders/{order}/invoice", actions.request, "documents.request"),
    read("GET /documents/receipts", counter.receipt_invoices, "documents.check"),
    read(
        "GET /pos/stores/{store}/tills/{till}/receipts/{number}/documents",
        counter.receipt_papers,
        "documents.receipts",
    ),
    write(
        "POST /pos/stores/{store}/tills/{till}/receipts/{number}/invoice",
        counter.invoice_receipt,
        "documents.invoice-receipt",
    ),
]

sheets = [
    sheet("sellers", "code", put="commerce.documents.put_sellers", get="commerce.documents.sellers"),
    sheet(
        "document-series", "code", put="commerce.documents.put_series", get="commerce.documents.series",
        gone={"active": False},
    ),
]  # fmt: skip
