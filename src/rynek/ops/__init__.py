"""Ops: whether Rynek is well, what it can do, and how it looks: health, metrics, documents, the shared design."""

from rynek.ops.model import Backlog, NotReady, Ready

__all__ = ["Backlog", "NotReady", "Ready"]
