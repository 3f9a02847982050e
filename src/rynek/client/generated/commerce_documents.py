"""Documents: what is given in writing about an order, numbered without gaps and never changed after.

Made by ``make client`` from the registry; do not edit.
"""

import datetime
import rynek.commerce.documents.model as commerce_documents
import typing
import uuid
from rynek.client.calls import Calls, Route

_AMISS = Route[commerce_documents.Amiss]("GET", "/documents/amiss", commerce_documents.Amiss)
_BILL = Route[list[commerce_documents.Issued]]("POST", "/companies/{company}/bills", list[commerce_documents.Issued])
_BILLS = Route[list[commerce_documents.Bill]]("GET", "/companies/{company}/bills", list[commerce_documents.Bill])
_CLAIMS = Route[list[commerce_documents.Claimed]](
    "GET", "/companies/{company}/invoices", list[commerce_documents.Claimed]
)
_CORRECT = Route[commerce_documents.Issued]("POST", "/documents/{document}/corrections", commerce_documents.Issued)
_DOCUMENT = Route[commerce_documents.Shown]("GET", "/documents/{document}", commerce_documents.Shown)
_DOCUMENTS = Route[list[commerce_documents.Summary]]("GET", "/documents", list[commerce_documents.Summary])
_DOWNLOAD = Route[bytes]("GET", "/documents/{document}/files/{form}", bytes)
_EXCHANGE_RATES = Route[list[commerce_documents.Rate]](
    "GET", "/documents/exchange-rates", list[commerce_documents.Rate]
)
_INVOICE_RECEIPT = Route[commerce_documents.Issued](
    "POST", "/pos/stores/{store}/tills/{till}/receipts/{number}/invoice", commerce_documents.Issued
)
_ISSUE = Route[commerce_documents.Issued]("POST", "/documents", commerce_documents.Issued)
_PUT_EXCHANGE_RATES = Route[None]("PUT", "/documents/exchange-rates", None)
_PUT_SELLERS = Route[None]("PUT", "/documents/sellers", None)
_PUT_SERIES = Route[None]("PUT", "/documents/series", None)
_RECEIPT_INVOICES = Route[list[commerce_documents.ReceiptInvoice]](
    "GET", "/documents/receipts", list[commerce_documents.ReceiptInvoice]
)
_RECEIPT_PAPERS = Route[commerce_documents.ReceiptPapers](
    "GET", "/pos/stores/{store}/tills/{till}/receipts/{number}/documents", commerce_documents.ReceiptPapers
)
_REQUEST = Route[commerce_documents.Requested]("POST", "/orders/{order}/invoice", commerce_documents.Requested)
_SELLERS = Route[list[commerce_documents.Seller]]("GET", "/documents/sellers", list[commerce_documents.Seller])
_SERIES = Route[list[commerce_documents.Series]]("GET", "/documents/series", list[commerce_documents.Series])


class CommerceDocuments:
    """Documents: what is given in writing about an order, numbered without gaps and never changed after."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def amiss(self) -> commerce_documents.Amiss:
        """List what is wrong with documents: numbers that are missing, and documents that are not as they were issued.

        Also orders of companies that are invoiced for more than they come to.
        """
        return await self._calls.ask(_AMISS, {}, None)

    async def bill(self, company: uuid.UUID) -> list[commerce_documents.Issued]:
        """Invoice a company for what left for it in periods that are over and is on no invoice: each shipment once.

        What came back meanwhile is not on it, and what was credited is taken off.

        Raises:
            NotFound: there is no such company.
            SeriesMissing: no active series numbers invoices in a channel that it buys in.
            RateUnknown: what the currency was worth before the sale is not known.
        Emits:
            DocumentIssued, OrdersBilled
        """
        return await self._calls.ask(_BILL, {"company": company}, None)

    async def bills(self, company: uuid.UUID) -> list[commerce_documents.Bill]:
        """Show what a company would be invoiced now for what left in periods that are over, without invoicing it.

        Raises:
            NotFound: there is no such company.
            SeriesMissing: no active series numbers invoices in a channel that it buys in.
            RateUnknown: what the currency was worth before the sale is not known.
        """
        return await self._calls.ask(_BILLS, {"company": company}, None)

    async def claims(self, company: uuid.UUID, limit: int = 100) -> list[commerce_documents.Claimed]:
        """List a company's invoices with what of each is still to be paid: the open ones first, the oldest before."""
        return await self._calls.ask(_CLAIMS, {"company": company}, {"limit": limit})

    async def correct(
        self, document: uuid.UUID, correction: commerce_documents.Correction
    ) -> commerce_documents.Issued:
        """Correct an invoice, an advance or a final invoice, again if need be: never below nothing.

        A correction that is named is corrected itself: the next is of the document that it was of.

        Raises:
            DocumentMissing: there is no such document.
            NotCorrectable: documents of its kind are not corrected.
            OverCorrected: more would be taken off than there is.
            Invalid: it has no such line, it is not said what to take off, or lines are of several orders.
            VatIdWrong: the check digits of the buyer's VAT number are wrong: something is mistyped.
            SeriesMissing: no active series numbers corrections in its channel.
        Emits:
            DocumentIssued
        """
        return await self._calls.ask(_CORRECT, {"document": document}, correction)

    async def document(self, document: uuid.UUID) -> commerce_documents.Shown:
        """Show a document as it was issued.

        Raises:
            DocumentMissing: there is no such document, or it is not yours.
        """
        return await self._calls.ask(_DOCUMENT, {"document": document}, None)

    async def documents(self, search: commerce_documents.Search) -> list[commerce_documents.Summary]:
        """Find documents, newest first; your own and your store's tills', unless you look after everybody's."""
        return await self._calls.ask(_DOCUMENTS, {}, search)

    async def download(
        self,
        document: uuid.UUID,
        form: typing.Literal["html", "pdf", "json"],
        language: typing.Literal["pl", "en"] | None = None,
    ) -> bytes:
        """Give a document as a page, as a PDF, or as the JSON that its hash is of.

        Args:
            language: None for the one it was issued in.

        Raises:
            DocumentMissing: there is no such document, or it is not yours.
        """
        return await self._calls.ask(_DOWNLOAD, {"document": document, "form": form}, {"language": language})

    async def exchange_rates(
        self, since: datetime.date | None = None, until: datetime.date | None = None, currency: str | None = None
    ) -> list[commerce_documents.Rate]:
        """List what currencies were worth, the newest first.

        Args:
            since: None for the last 140 days.
            until: None for no end.
        """
        return await self._calls.ask(_EXCHANGE_RATES, {}, {"since": since, "until": until, "currency": currency})

    async def invoice_receipt(
        self, store: str, till: str, number: int, wanted: commerce_documents.OnReceipt
    ) -> commerce_documents.Issued:
        """Issue the invoice to a till's receipt, of what has not come back: once, whoever asks.

        A taxpayer gets it if the till printed the VAT id, and no other; whoever has none until three months after the month
        of the sale. The receipt and what was paid by it prove that it is in the buyer's hand.

        Raises:
            NotFound: there is no such receipt, it is another customer's, or something else was paid by it.
            Forbidden: it is not your store's.
            VatIdWrong: the check digits of the buyer's VAT number are wrong: something is mistyped.
            AlreadyInvoiced: it has its invoice: ask for a correction.
            ReceiptGiven: the receipt bears no such VAT id, or it bears one that the invoice would not.
            ReceiptIsInvoice: of so little with the buyer's VAT id it is an invoice itself.
            AskedTooLate: three months have passed after the month of the sale.
            SeriesMissing: no active series numbers invoices in the channel of the store's tills.
            TaxUnknown: what VAT an item bore is not known.
            RateUnknown: what the currency was worth before the sale is not known.
            NothingToIssue: all of it came back, or nothing was paid for it.
        Emits:
            DocumentIssued
        Source:
            ustawa o VAT, art. 106b (3) 1 and (5), 106e (5) 3.
        """
        return await self._calls.ask(_INVOICE_RECEIPT, {"store": store, "till": till, "number": number}, wanted)

    async def issue(
        self,
        order: uuid.UUID,
        kind: typing.Literal["confirmation", "invoice", "advance", "final", "receipt", "delivery-note"],
        series: str | None = None,
        amount_minor: int | None = None,
        language: typing.Literal["pl", "en"] | None = None,
    ) -> commerce_documents.Issued:
        """Issue documents for orders: all that are asked for at once are numbered in one transaction, without gaps.

        Raises:
            NotFound: there is no such order.
            SeriesMissing: no active series numbers such documents in the order's channel.
            NothingToIssue: all of the order has such a document, or nothing was paid in advance.
            AlreadyInvoiced: the order is invoiced: no receipt and no advance comes after that.
            ReceiptGiven: a receipt without the buyer's VAT id was given.
            RateUnknown: what the currency was worth before the sale is not known.
        Emits:
            DocumentIssued
        """
        return await self._calls.ask(
            _ISSUE,
            {},
            {"order": order, "kind": kind, "series": series, "amount_minor": amount_minor, "language": language},
        )

    async def put_exchange_rates(self, rates: list[commerce_documents.Rate]) -> None:
        """Say what currencies were worth on a day: invoices in them bear their VAT in the seller's currency too.

        Raises:
            Invalid: a rate is given twice.
        """
        return await self._calls.ask(_PUT_EXCHANGE_RATES, {}, {"rates": rates})

    async def put_sellers(self, sellers: list[commerce_documents.Seller]) -> None:
        """Add or change who sells; documents that were issued keep what stood on them.

        Raises:
            Invalid: a seller is given twice, or there is no such time zone.
            VatIdWrong: the check digits of a VAT number are wrong: something is mistyped.
        """
        return await self._calls.ask(_PUT_SELLERS, {}, {"sellers": sellers})

    async def put_series(self, series: list[commerce_documents.Series]) -> None:
        """Add or change series.

        Raises:
            Invalid: a series is given twice.
            PatternUnfit: numbers of a pattern would repeat, or it cannot be read.
            SellerUnknown: there is no such seller.
            SeriesInUse: a series has numbered documents; its kind, seller, pattern and reset stay.
        """
        return await self._calls.ask(_PUT_SERIES, {}, {"series": series})

    async def receipt_invoices(
        self, since: datetime.date, until: datetime.date, store: str | None = None, limit: int = 1000
    ) -> list[commerce_documents.ReceiptInvoice]:
        """List receipts that have an invoice, or are one: their VAT is in the tills' reports, and is not to be told twice.

        Args:
            since: the first day on which an invoice was issued to a receipt, or a receipt with a VAT id was printed.
            until: the last.
            limit: the oldest first.

        Source:
            JPK_V7M: invoices to receipts bear ``FP`` and add nothing to what is owed.
        """
        return await self._calls.ask(
            _RECEIPT_INVOICES, {}, {"since": since, "until": until, "store": store, "limit": limit}
        )

    async def receipt_papers(self, store: str, till: str, number: int) -> commerce_documents.ReceiptPapers:
        """Tell what was given in writing about a receipt: whether it has an invoice or is one, and what came back.

        Raises:
            NotFound: there is no such receipt.
            Forbidden: it is not your store's.
        """
        return await self._calls.ask(_RECEIPT_PAPERS, {"store": store, "till": till, "number": number}, None)

    async def request(self, order: uuid.UUID, buyer: commerce_documents.Party) -> commerce_documents.Requested:
        """Ask for an invoice for an order, to whom it should say: it comes when the goods leave, or at once if they have.

        Asked again before that, the last buyer counts.

        Raises:
            NotFound: there is no such order, or it is not yours.
            AskedTooLate: three months have passed after the month of the sale.
            SeriesMissing: no active series numbers invoices in the order's channel.
            NothingToIssue: advances cover it all; the last of them is the invoice.
            AlreadyInvoiced: it is invoiced already; ask for a correction.
            ReceiptGiven: a receipt without this VAT id was given.
            RateUnknown: what the currency was worth before the sale is not known.
            VatIdWrong: the check digits of the buyer's VAT number are wrong: something is mistyped.
        Emits:
            DocumentIssued
        """
        return await self._calls.ask(_REQUEST, {"order": order}, buyer)

    async def sellers(self) -> list[commerce_documents.Seller]:
        """List who sells."""
        return await self._calls.ask(_SELLERS, {}, None)

    async def series(self) -> list[commerce_documents.Series]:
        """List the series that documents are numbered by."""
        return await self._calls.ask(_SERIES, {}, None)
