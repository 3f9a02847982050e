"""Security: who asks, may they, and what happened. The gate stands before every operation; the door asks it."""

from rynek.security.actions import ensure_admin
from rynek.security.gate import GUEST_DAYS, Gate, keep, open_gate
from rynek.security.model import AuditBroken, Finding, Role, Verdict, Why
from rynek.security.policies import PolicyError, check
from rynek.security.rules import cookie
from rynek.security.seals import keep_sealing, seal, verify

__all__ = [
    "GUEST_DAYS",
    "AuditBroken",
    "Finding",
    "Gate",
    "PolicyError",
    "Role",
    "Verdict",
    "Why",
    "check",
    "cookie",
    "ensure_admin",
    "keep",
    "keep_sealing",
    "open_gate",
    "seal",
    "verify",
]
