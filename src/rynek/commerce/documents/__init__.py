"""Documents: what is given in writing about an order, numbered without gaps and never changed after."""

from rynek.commerce.documents.actions import amiss, document, documents, issue
from rynek.commerce.documents.model import KINDS, Document, Issue, Issued, Series, Summary
from rynek.commerce.documents.paper import view

__all__ = [
    "KINDS",
    "Document",
    "Issue",
    "Issued",
    "Series",
    "Summary",
    "amiss",
    "document",
    "documents",
    "issue",
    "view",
]
