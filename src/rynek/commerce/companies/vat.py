"""VAT identification numbers of the European Union: how each country writes them, and their check digits. Pure.

A number that is sound here may still be nobody's: that only the member states know, whom ``ports.Register`` asks.

Source: Council Directive 2006/112/EC, articles 214 and 215; the structures and check digits that the member states have
published (European Commission, VIES, "VAT identification number structure"; ISO 7064 for MOD 11,10 and MOD 97-10).
"""

import re
from collections.abc import Callable, Sequence
from datetime import date

_SEPARATORS = re.compile(r"[\s.-]")
_CODE = re.compile(r"[A-Z]{2}")
LETTERS_ES = "TRWAGMYFPDXBNJZSQVHLCKE"
LETTERS_IE = "WABCDEFGHIJKLMNOPQRSTUV"
LETTERS_FR = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
UNION = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
"""The member states as addresses name them (ISO 3166)."""


def written(number: str) -> str:
    """Write a number as it is kept: capitals, no separators, and Greece as EL."""
    text = _SEPARATORS.sub("", number).upper()
    return "EL" + text[2:] if text.startswith("GR") else text


def country(number: str) -> str:
    """Tell where a number (as ``written``) was given, as addresses name it; Northern Ireland is XI."""
    return "GR" if number.startswith("EL") else number[:2]


def amiss(number: str) -> str:
    """Say what is wrong with a number (as ``written``); nothing when it is sound."""
    code, rest = number[:2], number[2:]
    if not _CODE.fullmatch(code):
        return "it begins with the two letters of its country"
    form = _FORMS.get(code)
    if form is None:
        return f"{code} gives no VAT numbers of the European Union"
    pattern, check = form
    if not pattern.fullmatch(rest):
        return f"numbers of {code} are not written like this"
    return "" if check(rest) else "its check digits are wrong: something is mistyped"


def mistyped(number: str) -> str:
    """Say what is wrong with a number of the European Union (as ``written``); of other countries' nothing is known."""
    return amiss(number) if number[:2] in _FORMS else ""


# --- arithmetic ------------------------------------------------------------------------------------------------------


def _weighed(text: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(text, weights, strict=False))


def _luhn(text: str) -> bool:
    doubled = [int(each) * (1 + place % 2) for place, each in enumerate(reversed(text))]
    return sum(each - 9 * (each > 9) for each in doubled) % 10 == 0


def _mod_11_10(text: str) -> bool:
    product = 10
    for digit in text[:-1]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (product + int(text[-1])) % 10 == 1


def _mod_97(text: str) -> bool:
    return int("".join(str(int(each, 36)) for each in text)) % 97 == 1


def _born(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


# --- the countries ----------------------------------------------------------------------------------------------------


def _at(text: str) -> bool:
    digits = [int(each) for each in text[1:]]
    crossed = sum(each // 5 + each * 2 % 10 for each in digits[1:6:2])
    return (10 - (crossed + sum(digits[0:7:2]) + 4) % 10) % 10 == digits[7]


def _be(text: str) -> bool:
    return 97 - int(text[:8]) % 97 == int(text[8:])


def _bg(text: str) -> bool:
    if len(text) == 9:
        check = _weighed(text, range(1, 9)) % 11
        if check == 10:
            check = _weighed(text, range(3, 11)) % 11 % 10
        return check == int(text[8])
    return _bg_person(text) or _bg_other(text)


def _bg_person(text: str) -> bool:
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:6])
    century = {0: 1900, 1: 1900, 2: 1800, 3: 1800, 4: 2000, 5: 2000}.get(month // 10, 0)
    month -= {1800: 20, 2000: 40}.get(century, 0)
    sound = _weighed(text, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(text[9])
    return bool(century) and sound and _born(century + year, month, day)


def _bg_other(text: str) -> bool:
    foreigner = _weighed(text, (21, 19, 17, 13, 11, 9, 7, 3, 1)) % 10 == int(text[9])
    return foreigner or (11 - _weighed(text, (4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11 == int(text[9])


def _cy(text: str) -> bool:
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
    total = sum(odd[int(each)] for each in text[0:8:2]) + sum(int(each) for each in text[1:8:2])
    return not text.startswith("12") and chr(ord("A") + total % 26) == text[8]


def _cz(text: str) -> bool:
    if len(text) == 8:
        return (11 - _weighed(text, range(8, 1, -1)) % 11) % 10 == int(text[7])
    if len(text) == 9 and text[0] == "6":
        short = 11 - _weighed(text[1:], range(8, 1, -1)) % 11
        return (9 - short) % 10 == int(text[8])
    year, month, day = int(text[:2]), int(text[2:4]) % 50, int(text[4:6])
    if len(text) == 9:
        return year < 54 and _born(1900 + year, month, day)
    month -= 20 * (month > 20)
    return int(text) % 11 == 0 and _born((1900 if year >= 54 else 2000) + year, month, day)


def _dk(text: str) -> bool:
    return _weighed(text, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _ee(text: str) -> bool:
    return _weighed(text, (3, 7, 1, 3, 7, 1, 3, 7, 1)) % 10 == 0


def _el(text: str) -> bool:
    return _weighed(text, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == int(text[8])


def _es(text: str) -> bool:
    first, middle, last = text[0], text[1:8], text[8]
    if first.isdigit():
        return LETTERS_ES[int(text[:8]) % 23] == last
    if first in "KLMXYZ":
        led = {"Y": "1", "Z": "2"}.get(first, "0")
        return LETTERS_ES[int(led + middle) % 23] == last
    doubled = (2 * int(each) for each in middle[0:7:2])
    total = sum(each // 10 + each % 10 for each in doubled) + sum(int(each) for each in middle[1:7:2])
    check = (10 - total % 10) % 10
    as_letter, as_digit = "JABCDEFGHI"[check], str(check)
    if first in "NPQRSW":
        return last == as_letter
    return last == as_digit if first in "ABEH" else last in (as_letter, as_digit)


def _fi(text: str) -> bool:
    return _weighed(text, (7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0


def _fr(text: str) -> bool:
    key, siren = text[:2], text[2:]
    if not (_luhn(siren) or siren.startswith("000")):  # Monaco's begin with zeros and have no check digit
        return False
    if key.isdigit():
        return int(siren + "12") % 97 == int(key)
    one, two = (LETTERS_FR.index(each) for each in key)
    check = one * 24 + two - 10 if key[0].isdigit() else one * 34 + two - 100
    return (int(siren) + 1 + check // 11) % 11 == check % 11


def _hu(text: str) -> bool:
    return _weighed(text, (9, 7, 3, 1, 9, 7, 3, 1)) % 10 == 0


def _ie(text: str) -> bool:
    if not text[1].isdigit():  # as they were written until 2013
        text = "0" + text[2:7] + text[0] + text[7]
    second = ord(text[8]) - ord("A") + 1 if len(text) == 9 and text[8] != "W" else 0
    return LETTERS_IE[(_weighed(text[:7], range(8, 1, -1)) + 9 * second) % 23] == text[7]


def _it(text: str) -> bool:
    office = int(text[7:10])
    given = 1 <= office <= 100 or office in (120, 121, 888, 999)
    return given and text[:7] != "0000000" and _luhn(text)


def _lt(text: str) -> bool:
    body = text[:-1]
    check = _weighed(body, [1 + place % 9 for place in range(len(body))]) % 11
    if check == 10:
        check = _weighed(body, [1 + (place + 2) % 9 for place in range(len(body))]) % 11 % 10
    return text[-2] == "1" and check == int(text[-1])


def _lu(text: str) -> bool:
    return int(text[:6]) % 89 == int(text[6:])


def _lv(text: str) -> bool:
    if text[0] > "3":  # legal persons
        return _weighed(text, (9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)) % 11 == 3
    if text.startswith("32"):  # persons since 2017: nothing of the number tells anything
        return True
    day, month, year = int(text[:2]), int(text[2:4]), int(text[4:6])
    check = (1 + _weighed(text, (10, 5, 8, 4, 2, 1, 6, 3, 7, 9))) % 11 % 10
    return check == int(text[10]) and _born(1800 + 100 * int(text[6]) + year, month, day)


def _mt(text: str) -> bool:
    return _weighed(text[:6], (3, 4, 6, 7, 8, 9)) % 37 == (37 - int(text[6:])) % 37 and text[6:] <= "37"


def _nl(text: str) -> bool:
    company = _weighed(text, range(9, 1, -1)) % 11 == int(text[8])
    return company or _mod_97("NL" + text)  # sole traders have numbers of their own since 2020


def _pl(text: str) -> bool:
    return _weighed(text, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(text[9])


def _pt(text: str) -> bool:
    return (11 - _weighed(text, range(9, 1, -1)) % 11) % 11 % 10 == int(text[8])


def _ro(text: str) -> bool:
    return 10 * _weighed(text[:-1].zfill(9), (7, 5, 3, 2, 1, 7, 5, 3, 2)) % 11 % 10 == int(text[-1])


def _se(text: str) -> bool:
    return _luhn(text[:10])


def _si(text: str) -> bool:
    check = 11 - _weighed(text, range(8, 1, -1)) % 11
    return check != 11 and check % 10 == int(text[7])


def _sk(text: str) -> bool:
    return int(text) % 11 == 0


def _xi(text: str) -> bool:
    if text.startswith(("GD", "HA")):  # the government's and the health service's: below 500 and from there on
        return (text[2:] < "500") == (text[:2] == "GD")
    total = _weighed(text, range(8, 1, -1)) + int(text[7:9])
    return total % 97 == 0 or (total + 55) % 97 == 0


_FORMS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    code: (re.compile(pattern, re.ASCII), check)
    for code, pattern, check in (
        ("AT", r"U\d{8}", _at),
        ("BE", r"[01]\d{9}", _be),
        ("BG", r"\d{9,10}", _bg),
        ("CY", r"[0-59]\d{7}[A-Z]", _cy),
        ("CZ", r"[0-8]\d{7}|\d{9,10}", _cz),
        ("DE", r"[1-9]\d{8}", _mod_11_10),
        ("DK", r"[1-9]\d{7}", _dk),
        ("EE", r"10\d{7}", _ee),
        ("EL", r"\d{9}", _el),
        ("ES", r"[A-HJ-NP-SUVWXYZ]\d{7}[0-9A-Z]|\d{8}[A-Z]", _es),
        ("FI", r"\d{8}", _fi),
        ("FR", r"[0-9A-HJ-NP-Z]{2}\d{9}", _fr),
        ("HR", r"\d{11}", _mod_11_10),
        ("HU", r"[1-9]\d{7}", _hu),
        ("IE", r"\d[\dA-Z+*]\d{5}[A-W]|\d{7}[A-W][A-IW]", _ie),
        ("IT", r"\d{11}", _it),
        ("LT", r"\d{9}|\d{12}", _lt),
        ("LU", r"[1-9]\d{7}", _lu),
        ("LV", r"\d{11}", _lv),
        ("MT", r"[1-9]\d{7}", _mt),
        ("NL", r"\d{9}B(?!00)\d{2}", _nl),
        ("PL", r"[1-9]\d{9}", _pl),
        ("PT", r"[1-9]\d{8}", _pt),
        ("RO", r"[1-9]\d{1,9}", _ro),
        ("SE", r"\d{10}(?!00)\d{2}", _se),
        ("SI", r"[1-9]\d{7}", _si),
        ("SK", r"[1-9]\d[2-47-9]\d{7}", _sk),
        ("XI", r"(?:\d{9}|\d{12}|(?:GD|HA)\d{3})", _xi),
    )
}
GIVERS = tuple(_FORMS)
"""Who gives VAT numbers: the codes that they begin with."""
