"""Benches: how fast the shop is, measured by commands that also check that nothing was lost or doubled."""

from rynek.bench.load import Ask, NotLoopback, Run, Script, Timing, drive, line
from rynek.bench.proc import NotReady, Server, Usage, postmaster, usage
from rynek.bench.wire import Answer, Malformed, request

__all__ = [
    "Answer",
    "Ask",
    "Malformed",
    "NotLoopback",
    "NotReady",
    "Run",
    "Script",
    "Server",
    "Timing",
    "Usage",
    "drive",
    "line",
    "postmaster",
    "request",
    "usage",
]
