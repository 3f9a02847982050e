"""Ops: whether Rynek is well, what it can do, and how it looks: health, metrics, documents, the shared design."""

from rynek.ops.model import NotReady

__all__ = ["NotReady"]
