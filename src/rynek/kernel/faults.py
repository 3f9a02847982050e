"""Refusals: each is its own exception and its own RFC 9457 problem."""

import re
from typing import Any, ClassVar

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Fault(Exception):  # noqa: N818 - a fault is the refusal itself, named as the trade names it
    """A request that is refused: what is wrong and how to mend it.

    A subclass is one kind of refusal. Its docstring is the title people read, ``status`` the HTTP status, and the
    keyword arguments are the facts (JSON values) that a client needs to mend its request.

    Source: RFC 9457 (problem details).
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "fault"
    title: ClassVar[str] = "Refused"
    kinds: ClassVar[dict[str, type["Fault"]]] = {}

    def __init_subclass__(cls) -> None:
        """Name the problem after the class: ``OutOfStock`` is ``out-of-stock``."""
        cls.code = _WORD.sub("-", cls.__name__).lower()
        cls.title = (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip(".")
        Fault.kinds[cls.code] = cls

    def __init__(self, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts

    def problem(self) -> dict[str, Any]:
        """Give the refusal as the members of a problem document."""
        return {
            "type": f"/docs/faults#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.facts,
        }


class Invalid(Fault):
    """The request is not of the form this operation takes."""

    status = 422


class Malformed(Fault):
    """The request body cannot be read."""

    status = 400


class Unauthenticated(Fault):
    """Nobody is known to be asking: log in or send a valid token."""

    status = 401


class Forbidden(Fault):
    """No policy allows this to you."""

    status = 403


class NotFound(Fault):
    """There is no such thing, or it is not yours."""

    status = 404


class MethodNotAllowed(Fault):
    """This address does not take that method."""

    status = 405


class TooLarge(Fault):
    """The body is larger than this operation takes."""

    status = 413


class UnsupportedMediaType(Fault):
    """The body has to be JSON."""

    status = 415


class KeyReused(Fault):
    """This Idempotency-Key was used for a different request."""

    status = 422


class TooManyRequests(Fault):
    """You are asking faster than is allowed: wait and try again."""

    status = 429


class Unavailable(Fault):
    """The shop cannot answer at this moment: try again."""

    status = 503


class Conflict(Fault):
    """The thing has changed meanwhile, or exists already."""

    status = 409
