"""What texts are made of: words folded and stemmed, sizes in one form. The same for what is sold and what is asked.

A text becomes tokens with blanks between. A word stands as it is written, without its diacritics (``maslo``), and again
as its stem in a language (``p~masl``, ``e~butter``). A size becomes one token whatever it is written in (``1500ml``).

Source: Snowball (snowballstem.org) for stems; NIST Handbook 44, appendix C for US units.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from threading import local

from msgspec import Struct
from snowballstemmer import stemmer

MARKS = {"pl": "p~", "en": "e~"}
LANGUAGES = ("pl", "en")


class _Stemmers(local):
    """A stemmer keeps the word it works on: each thread has its own."""

    def __init__(self) -> None:
        self.of = {"pl": stemmer("polish"), "en": stemmer("english")}


_stemmers = _Stemmers()
_STOPPED = {
    "pl": frozenset("i w z na do dla od lub oraz ze po a o u".split()),
    "en": frozenset("the a an of for with in and or to by".split()),
}
# letters that no decomposition takes apart
_WHOLE = str.maketrans({"ł": "l", "Ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "\u0131": "i"})
_WORD = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*")

_UNITS: dict[str, tuple[str, Fraction]] = {
    unit: (form, Fraction(many))
    for units, form, many in (
        ("mg", "g", "1/1000"),
        ("g gr gram grams gramow gramy", "g", "1"),
        ("dag dkg deko", "g", "10"),
        ("kg kilo kilogram kilograms kilogramy", "g", "1000"),
        ("oz ozs ounce ounces uncja uncji uncje", "oz", "1"),
        ("lb lbs pound pounds funt funty funtow", "oz", "16"),
        ("ml mililitr mililitrow milliliter millilitre", "ml", "1"),
        ("cl", "ml", "10"),
        ("dl", "ml", "100"),
        ("l lt ltr litr litry litrow litra liter liters litre litres", "ml", "1000"),
        ("pt pint pints", "floz", "16"),
        ("qt quart quarts", "floz", "32"),
        ("gal gallon gallons galon galony", "floz", "128"),
        ("ct count pcs pc szt sztuk sztuki sztuka pk pack", "pcs", "1"),
        ("mm", "mm", "1"),
        ("cm", "mm", "10"),
        ("in inch inches cal cali", "in", "1"),
    )
    for unit in units.split()
}
_DIGIT = re.compile(r"\d")
_MEASURE = re.compile(
    r"(?<![\w.,])(?:(?P<times>\d{1,3})\s*[x×*/]\s*)?(?P<number>\d{1,6}(?:[.,]\d{1,3})?)\s*-?\s*"
    r"(?P<unit>fl\.?\s*oz|[a-z]{1,10})\.?(?![a-z\d])"
)


class Word(Struct, frozen=True, gc=False):
    """A word of a text; a size is one too, and ``form`` is then its one form."""

    form: str
    size: bool = False
    shown: str = ""


@lru_cache(maxsize=100_000)
def fold(text: str) -> str:
    """Take away case and diacritics: ``Masło`` and ``maslo`` are one."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_WHOLE))
    bare = "".join(each for each in plain if not unicodedata.combining(each))
    return bare.casefold().translate(_WHOLE)


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """Give the stem of a word, as a token of its language; the word has its diacritics, the stem has none."""
    return MARKS[language] + fold(_stemmers.of[language].stemWord(word.casefold()))


@lru_cache(maxsize=10_000)
def measure(number: str, unit: str) -> str | None:
    """Write a size in its one form; None when it is no unit: ``measure("1,5", "l")`` is ``1500ml``.

    Litres become millilitres, kilograms grams, pounds ounces, gallons, quarts and pints fluid ounces.
    """
    known = ("floz", Fraction(1)) if unit.startswith("fl") and unit.endswith("oz") else _UNITS.get(unit)
    if known is None:
        return None
    amount = Fraction(number.replace(",", ".")) * known[1]
    return f"{_decimal(amount)}{known[0]}" if amount else None


def _decimal(amount: Fraction) -> str:
    return f"{float(round(amount, 3)):.3f}".rstrip("0").rstrip(".")


def words(text: str) -> Iterator[Word]:
    """Take a text apart into words and sizes, in their order. ``6x330 ml`` is six pieces and 330 ml."""
    return (each if isinstance(each, Word) else _word(each) for each in _pieces(text))


def _pieces(text: str) -> Iterator[Word | str]:
    """Give sizes, and words as they are written."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    plain = text.casefold() if len(text.casefold()) == len(text) else text
    at = 0
    for found in _MEASURE.finditer(plain) if _DIGIT.search(plain) else ():
        form = measure(found["number"], found["unit"])
        if form is None:
            continue
        yield from _written(text[at : found.start()])
        if found["times"] and found["times"] != "0":
            yield Word(f"{int(found['times'])}pcs", size=True, shown=found["times"])
        yield Word(form, size=True, shown=found[0].strip())
        at = found.end()
    yield from _written(text[at:])


def _written(text: str) -> Iterator[str]:
    return (each for each in _WORD.findall(text) if _word(each).form)


@lru_cache(maxsize=50_000)
def _word(written: str) -> Word:
    return Word(fold(written).replace("'", "").replace(",", "."), shown=written)


@lru_cache(maxsize=50_000)
def forms(word: str, languages: tuple[str, ...] = LANGUAGES) -> tuple[str, ...]:
    """Give all tokens by which a word is known: as it is written, and its stems.

    A word without its diacritics is stemmed as it stands; so is the one with them, so that both meet.
    """
    bare = fold(word).replace("'", "")
    if not bare.isalpha():
        return (bare.replace(",", "."),)
    stems = [found for language in languages for found in (stem(word, language), stem(bare, language))]
    return tuple(dict.fromkeys([bare, *stems]))


_FLEETING = re.compile(r"^(p~\w*[^aeiouy\W])(i?e)([^aeiouy\W])$")
_CLOSED = re.compile(r"^(p~\w*[^aeiouy\W])([^aeiouy\W])$")


@lru_cache(maxsize=50_000)
def wider(word: str, languages: tuple[str, ...] = LANGUAGES) -> tuple[str, ...]:
    """Give the forms of a word that is asked for, and those of its stems with and without a fleeting e.

    *Cukru* is a form of *cukier* and *ogórki* of *ogórek*: in Polish an e comes and goes before the last consonant.
    """
    found = list(forms(word, languages))
    for each in tuple(found):
        if fleeting := _FLEETING.match(each):
            found.append(fleeting[1] + fleeting[3])
        elif closed := _CLOSED.match(each):
            found += [closed[1] + "e" + closed[2], closed[1] + "ie" + closed[2]]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=20_000)
def tokens(text: str, languages: tuple[str, ...] = LANGUAGES) -> str:
    """Write a text as the index has it: every word by all its forms, sizes in their one form."""
    return " ".join([each.form if isinstance(each, Word) else _spelled(each, languages) for each in _pieces(text)])


@lru_cache(maxsize=50_000)
def _spelled(written: str, languages: tuple[str, ...]) -> str:
    return " ".join(forms(written, languages))


def keys(phrase: Iterable[Word], language: str) -> set[tuple[str, ...]]:
    """Give the stems by which a phrase is known, with its diacritics and without."""
    given = list(phrase)
    return {
        tuple(each.form if each.size else stem(text, language) for each, text in zip(given, texts, strict=True))
        for texts in ([each.shown for each in given], [each.form for each in given])
    }


def stopped(form: str, language: str) -> bool:
    """Tell whether a word says nothing in a query."""
    return form in _STOPPED[language]


_CLAUSE = re.compile(r"\s[–-]\s|[,;:(]|\d")
_AFTER = re.compile(r"\b(?:with|for|in|of|without|from)\b", re.IGNORECASE)


def head(name: str, language: str) -> str:
    """Give the word that says what a thing is: *Soy milk, organic 1 l* is milk, *Mleko sojowe* is mleko."""
    clause = _CLAUSE.split(name, maxsplit=1)[0]
    if language == "en":
        # what is listed is all of it: bread, buns & rolls
        clause = _AFTER.split(clause, maxsplit=1)[0]
        parts = [_WORD.findall(each) for each in re.split(r"[&/]|\band\b", clause)]
        return " ".join(found[-1] for found in parts if found)
    found = _WORD.findall(clause)
    return found[0] if found else ""


def spoken(locale: str) -> str:
    """Give the language of a locale, as far as it is one that is known here."""
    language = locale.partition("-")[0]
    return language if language in LANGUAGES else "en"


def joined(texts: Iterable[str]) -> str:
    """Join tokenised texts."""
    return " ".join(each for each in texts if each)
