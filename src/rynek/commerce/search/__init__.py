"""Searching: what is found for words, why it stands where it does, and what was looked for in vain."""

from rynek.commerce.search.model import Compared, Facet, Found, Hit, SearchNotReady, Suggestion, Wanted

__all__ = ["Compared", "Facet", "Found", "Hit", "SearchNotReady", "Suggestion", "Wanted"]
