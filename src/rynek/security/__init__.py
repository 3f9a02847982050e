"""Security: who asks, may they, and what happened. The gate stands before every operation; the door asks it."""

from rynek.security.gate import Gate, keep, open_gate
from rynek.security.model import Role, Why
from rynek.security.policies import PolicyError, check

__all__ = ["Gate", "PolicyError", "Role", "Why", "check", "keep", "open_gate"]
