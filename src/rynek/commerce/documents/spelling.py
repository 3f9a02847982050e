"""Amounts in words, in Polish and English: the grammar of two languages; pure, as rules are."""

from rynek.commerce.documents.model import Language
from rynek.kernel.money import exponent

_PL_ONES = (
    "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście czternaście "
    "piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście"
).split()
_PL_TENS = "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt".split()
_PL_TENS.append("dziewięćdziesiąt")
_PL_HUNDREDS = "sto dwieście trzysta czterysta pięćset sześćset siedemset osiemset dziewięćset".split()
_PL_SCALES = (
    ("tysiąc", "tysiące", "tysięcy"),
    ("milion", "miliony", "milionów"),
    ("miliard", "miliardy", "miliardów"),
    ("bilion", "biliony", "bilionów"),
    ("biliard", "biliardy", "biliardów"),
)
_PL_MONEY = {"PLN": ("złoty", "złote", "złotych"), "EUR": ("euro", "euro", "euro")}
_EN_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_EN_SCALES = ("thousand", "million", "billion", "trillion", "quadrillion")
_EN_MONEY = {"PLN": ("zloty", "zlotys"), "EUR": ("euro", "euros")}


def spelled(minor: int, currency: str, language: Language) -> str:
    """Write an amount in words; its minor units stay figures, as is the custom: ``sto złotych 05/100``."""
    places = exponent(currency)
    whole, rest = divmod(abs(minor), 10**places)
    said = _polish(whole) if language == "pl" else _english(whole)
    sign = ("minus ") if minor < 0 else ""
    end = f" {rest:0{places}}/{10**places}" if places else ""
    return f"{sign}{said} {_unit(whole, currency, language)}{end}"


def number(value: int, language: Language) -> str:
    """Write a number below 10 to the 18th, not negative, in words."""
    return _polish(value) if language == "pl" else _english(value)


def _unit(whole: int, currency: str, language: Language) -> str:
    if language == "pl":
        forms = _PL_MONEY.get(currency)
        return forms[_form(whole)] if forms else currency
    names = _EN_MONEY.get(currency)
    return names[whole != 1] if names else currency


def _form(value: int) -> int:
    """Choose one, few or many, as Polish counts.

    Source: Unicode CLDR plural rules.
    """
    if value == 1:
        return 0
    return 1 if value % 10 in (2, 3, 4) and value % 100 not in (12, 13, 14) else 2


def _groups(value: int) -> list[tuple[int, int]]:
    """Cut a number into groups of three digits, the highest first, each with its place."""
    found = []
    place = 0
    while value:
        value, group = divmod(value, 1000)
        if group:
            found.append((group, place))
        place += 1
    return found[::-1]


def _polish(value: int) -> str:
    words: list[str] = []
    for group, place in _groups(value):
        if not place:
            words += _polish_group(group)
        else:
            scale = _PL_SCALES[place - 1][_form(group)]
            words += [scale] if group == 1 else [*_polish_group(group), scale]
    return " ".join(words) or _PL_ONES[0]


def _polish_group(group: int) -> list[str]:
    hundreds, rest = divmod(group, 100)
    words = [_PL_HUNDREDS[hundreds - 1]] if hundreds else []
    if rest >= 20:
        words.append(_PL_TENS[rest // 10 - 2])
        rest %= 10
    return [*words, _PL_ONES[rest]] if rest else words


def _english(value: int) -> str:
    words: list[str] = []
    for group, place in _groups(value):
        words += [*_english_group(group), *([_EN_SCALES[place - 1]] if place else [])]
    return " ".join(words) or _EN_ONES[0]


def _english_group(group: int) -> list[str]:
    hundreds, rest = divmod(group, 100)
    words = [_EN_ONES[hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        return [*words, _EN_TENS[tens - 2] + (f"-{_EN_ONES[ones]}" if ones else "")]
    return [*words, _EN_ONES[rest]] if rest else words
