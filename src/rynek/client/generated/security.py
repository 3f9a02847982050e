"""Security: who asks, may they, and what happened. The gate stands before every operation; the door asks it.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.security.model as security
import typing
import uuid
from rynek.client.calls import Calls, Route

_ASSIGN = Route[security.Staff]("PUT", "/security/staff/{account}", security.Staff)
_AUDIT = Route[list[security.AuditLine]]("GET", "/security/audit", list[security.AuditLine])
_BRING_IN = Route[int]("POST", "/security/customers", int)
_CHANGE_PASSWORD = Route[None]("POST", "/security/password", None)
_DISENGAGE = Route[None]("DELETE", "/security/workloads/{workload}", None)
_DISMISS_TILL = Route[None]("DELETE", "/security/tills/{till}", None)
_ENGAGE = Route[security.Entry]("POST", "/security/workloads", security.Entry)
_ENROL = Route[security.Entry]("POST", "/security/tills/enrolment", security.Entry)
_EXPEL = Route[None]("DELETE", "/security/actors/{actor}/sessions", None)
_HIRE = Route[security.Staff]("POST", "/security/staff", security.Staff)
_LOGIN = Route[security.Entry]("POST", "/security/login", security.Entry)
_LOGOUT = Route[None]("POST", "/security/logout", None)
_ME = Route[security.Me]("GET", "/security/me", security.Me)
_PREPARE_TILL = Route[security.TillCode]("POST", "/security/tills", security.TillCode)
_REGISTER = Route[security.Entry]("POST", "/security/register", security.Entry)
_RESET_PASSWORD = Route[None]("POST", "/security/accounts/{account}/password", None)
_REVOKE = Route[None]("DELETE", "/security/sessions/{session}", None)
_REVOKE_ALL = Route[None]("DELETE", "/security/sessions", None)
_SESSIONS = Route[list[security.Session]]("GET", "/security/sessions", list[security.Session])
_STAFF = Route[list[security.Staff]]("GET", "/security/staff", list[security.Staff])
_TILLS = Route[list[security.Till]]("GET", "/security/tills", list[security.Till])
_WHY = Route[security.Why]("GET", "/security/why", security.Why)
_WORKLOADS = Route[list[security.Workload]]("GET", "/security/workloads", list[security.Workload])


class Security:
    """Security: who asks, may they, and what happened. The gate stands before every operation; the door asks it."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def assign(
        self,
        account: uuid.UUID,
        name: str,
        roles: list[typing.Literal["admin", "merchandise", "stock", "support", "store", "finance", "auditor"]],
        location: str | None = None,
        *,
        active: bool = True,
    ) -> security.Staff:
        """Say what a member of staff is there for, and where; inactive ones cannot come in. Holds within a second.

        Raises:
            NotFound: there is no such member of staff.
            LastAdmin: nobody would be left to administer the shop.
        """
        return await self._calls.ask(
            _ASSIGN, {"account": account}, {"name": name, "roles": roles, "location": location, "active": active}
        )

    async def audit(self, search: security.AuditSearch) -> list[security.AuditLine]:
        """Read what happened, newest first.

        Raises:
            Invalid: ``before`` is no position.
        """
        return await self._calls.ask(_AUDIT, {}, search)

    async def bring_in(self, customers: list[security.Newcomer]) -> int:
        """Take customers over from elsewhere; gives how many are new.

        Each has a password that nobody knows, so somebody has to set one before they can log in.
        """
        return await self._calls.ask(_BRING_IN, {}, {"customers": customers})

    async def change_password(self, present: str, new: str) -> None:
        """Change the caller's password and end their other sessions.

        Raises:
            WrongPassword: the present password is not right.
            LoginThrottled: it was wrong too often.
        """
        return await self._calls.ask(_CHANGE_PASSWORD, {}, {"present": present, "new": new})

    async def disengage(self, workload: uuid.UUID) -> None:
        """Shut a program out.

        Raises:
            NotFound: there is no such program.
        """
        return await self._calls.ask(_DISENGAGE, {"workload": workload}, None)

    async def dismiss_till(self, till: uuid.UUID) -> None:
        """Shut a till out: it was sold, lost or stolen.

        Raises:
            NotFound: there is no such till, or it stands in another store.
        """
        return await self._calls.ask(_DISMISS_TILL, {"till": till}, None)

    async def engage(
        self,
        name: str,
        roles: list[
            typing.Literal[
                "admin",
                "merchandise",
                "stock",
                "support",
                "store",
                "finance",
                "auditor",
                "system",
                "import",
                "browse",
                "monitor",
                "integrator",
            ]
        ],
        days: int = 365,
    ) -> security.Entry:
        """Take in a program and give it its token, shown this once.

        Args:
            days: how long the token holds.
        """
        return await self._calls.ask(_ENGAGE, {}, {"name": name, "roles": roles, "days": days})

    async def enrol(self, code: str) -> security.Entry:
        """Turn this device into the till that a code was made for; the token is shown this once.

        Raises:
            WrongCode: the code is wrong, used or too old.
            LoginThrottled: too many tries from this address.
        """
        return await self._calls.ask(_ENROL, {}, {"code": code})

    async def expel(self, actor: uuid.UUID) -> None:
        """End every session of somebody: their token or password has leaked."""
        return await self._calls.ask(_EXPEL, {"actor": actor}, None)

    async def hire(
        self,
        email: str,
        password: str,
        name: str,
        roles: list[typing.Literal["admin", "merchandise", "stock", "support", "store", "finance", "auditor"]],
        location: str | None = None,
    ) -> security.Staff:
        """Take in a member of staff, with a first password.

        Args:
            location: the store they belong to; None: none.

        Raises:
            Invalid: the e-mail is none.
            EmailTaken: somebody with this e-mail is known already.
        """
        return await self._calls.ask(
            _HIRE, {}, {"email": email, "password": password, "name": name, "roles": roles, "location": location}
        )

    async def login(self, email: str, password: str, *, cookie: bool = False) -> security.Entry:
        """Log in by e-mail and password; the answer is the same, and takes as long, whichever of them is wrong.

        Args:
            cookie: keep the token in an HttpOnly cookie, for browsers, instead of answering it.

        Raises:
            Invalid: the e-mail is none.
            WrongLogin: e-mail and password do not belong together.
            LoginThrottled: too many tries, for this account or from this address.
            Unavailable: too many passwords wait to be looked at.
            Forbidden: another site's page asks for a cookie of this one.

        Emits:
            CustomerLoggedIn with the guest they were.
        """
        return await self._calls.ask(_LOGIN, {}, {"email": email, "password": password, "cookie": cookie})

    async def logout(self) -> None:
        """End the session that asks."""
        return await self._calls.ask(_LOGOUT, {}, None)

    async def me(self) -> security.Me:
        """Tell who the gate takes the caller for."""
        return await self._calls.ask(_ME, {}, None)

    async def prepare_till(self, location: str, name: str) -> security.TillCode:
        """Make a till for a store; the code makes a device this till, once, within 15 minutes.

        Raises:
            Forbidden: the caller belongs to another store.
        """
        return await self._calls.ask(_PREPARE_TILL, {}, {"location": location, "name": name})

    async def register(self, email: str, password: str, name: str, *, cookie: bool = False) -> security.Entry:
        """Make a customer's account and log it in.

        Args:
            cookie: keep the token in an HttpOnly cookie, for browsers, instead of answering it.

        Raises:
            Invalid: the e-mail is none.
            EmailTaken: somebody with this e-mail is known already.
            Unavailable: too many passwords wait to be looked at.
            Forbidden: another site's page asks for a cookie of this one.

        Emits:
            CustomerRegistered; CustomerLoggedIn with the guest they were.
        """
        return await self._calls.ask(
            _REGISTER, {}, {"email": email, "password": password, "name": name, "cookie": cookie}
        )

    async def reset_password(self, account: uuid.UUID, new: str) -> None:
        """Give a member of staff or a customer another password and end their sessions.

        Raises:
            NotFound: there is no such account.
        """
        return await self._calls.ask(_RESET_PASSWORD, {"account": account}, {"new": new})

    async def revoke(self, session: uuid.UUID) -> None:
        """End one session: the caller's own, or for administrators anybody's.

        Raises:
            NotFound: there is no such session, or it is not the caller's.
        """
        return await self._calls.ask(_REVOKE, {"session": session}, None)

    async def revoke_all(self) -> None:
        """Log the caller out everywhere, here included."""
        return await self._calls.ask(_REVOKE_ALL, {}, None)

    async def sessions(self) -> list[security.Session]:
        """List where the caller is logged in, newest first."""
        return await self._calls.ask(_SESSIONS, {}, None)

    async def staff(self, after: uuid.UUID | None = None, limit: int = 100) -> list[security.Staff]:
        """List the members of staff, those who left included."""
        return await self._calls.ask(_STAFF, {}, {"after": after, "limit": limit})

    async def tills(self) -> list[security.Till]:
        """List the tills: of the caller's store, or all."""
        return await self._calls.ask(_TILLS, {}, None)

    async def why(
        self,
        action: str,
        kind: typing.Literal["anyone", "guest", "customer", "staff", "till", "workload"],
        roles: list[
            typing.Literal[
                "admin",
                "merchandise",
                "stock",
                "support",
                "store",
                "finance",
                "auditor",
                "system",
                "import",
                "browse",
                "monitor",
                "integrator",
            ]
        ]
        | None = None,
    ) -> security.Why:
        """Tell how far the policies let somebody of this kind, in these roles, do something, and which policies say so."""
        return await self._calls.ask(_WHY, {}, {"action": action, "kind": kind, "roles": roles})

    async def workloads(self) -> list[security.Workload]:
        """List the programs that come in by themselves."""
        return await self._calls.ask(_WORKLOADS, {}, None)
