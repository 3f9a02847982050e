"""Coming in and going out, and the language."""

from typing import Any

from rynek.console.pages.shell import WORDS, go, inside, language, show, shown, told
from rynek.kernel import words
from rynek.kernel.door import Call, Response
from rynek.kernel.faults import Fault
from rynek.kernel.words import Language


async def login(call: Call[Any], back: str = "") -> Response:
    """Show the form to come in by; who is in already is led on."""
    if call.door.gate.may(call.actor, "console.see") is not None:
        return go(inside(back))
    return _form(call, 200, inside(back), "", "")


async def enter(call: Call[Any], email: str = "", password: str = "", back: str = "") -> Response:
    """Come in by e-mail and password; the answer never tells which of them is wrong."""
    try:
        answer = await call.ask("security.login", email=email.strip(), password=password, cookie=True)
    except Fault as fault:
        return _form(call, fault.status, inside(back), email, _why(language(call.request), fault))
    return go(inside(back), *answer.headers)


def _why(w: Language, fault: Fault) -> str:
    match fault.code:
        case "wrong-login" | "invalid":
            return w("login.wrong")
        case "login-throttled" | "too-many-requests":
            return w("login.wait", minutes=max(1, round(fault.facts.get("retry_after", 60) / 60)))
        case _:
            return told(w, fault)["title"]


def _form(call: Call[Any], status: int, back: str, email: str, error: str) -> Response:
    stranger = call.actor.kind not in ("anyone", "staff")
    return show(call, "console/login.html", status, back=back, email=email, error=error, stranger=stranger)


@shown
async def leave(call: Call[Any]) -> Response:
    """Go out: the session ends here."""
    answer = await call.ask("security.logout")
    return go("/console/login", *answer.headers)


async def speak(_call: Call[Any], language: str, back: str = "") -> Response:
    """Choose the language of the console."""
    chosen = [("set-cookie", words.cookie(language))] if language in WORDS else []
    return go(inside(back), *chosen)
