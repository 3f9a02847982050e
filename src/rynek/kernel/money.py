"""Money: whole minor units of one currency. No floats, ever."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from msgspec import Meta, Struct

from rynek.kernel.faults import Invalid

Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code", examples=["PLN"])]
Minor = Annotated[int, Meta(ge=-(10**15), le=10**15, description="minor units (grosze, cents)")]

# ISO 4217 minor-unit exponents of the currencies we trade in; what is not here is refused rather than guessed.
EXPONENTS = {
    **dict.fromkeys(
        (
            "AUD BGN BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS INR MXN NOK NZD PLN RON RSD SEK SGD TRY UAH USD ZAR"
        ).split(),
        2,
    ),
    **dict.fromkeys("JPY KRW CLP ISK VND".split(), 0),
    **dict.fromkeys("BHD KWD TND".split(), 3),
}


class CurrencyMismatch(Invalid):
    """Amounts of different currencies cannot be added or compared."""


class UnknownCurrency(Invalid):
    """This currency is not one we trade in."""


class Money(Struct, frozen=True, order=False):
    """An amount of one currency, in minor units (grosze, cents); may be negative."""

    minor: Minor
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        """Add two amounts of one currency.

        Raises:
            CurrencyMismatch: the currencies differ.
        """
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Take an amount of the same currency away.

        Raises:
            CurrencyMismatch: the currencies differ.
        """
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        """Turn a charge into a refund and back."""
        return Money(-self.minor, self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")

    def text(self) -> str:
        """Write the amount with its decimal point: ``12.90 PLN``."""
        places = exponent(self.currency)
        return f"{Decimal(self.minor).scaleb(-places):.{places}f} {self.currency}"


def exponent(currency: str) -> int:
    """Tell how many decimal places the currency's minor unit has.

    Raises:
        UnknownCurrency: it is not one we trade in.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(f"{currency}: one of {', '.join(sorted(EXPONENTS))}") from None


_WRITTEN = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,4})?")


def parse(text: str, currency: str) -> int | None:
    """Read an amount as people write it (``1 200,50``) as minor units; None where nothing is written.

    Raises:
        Invalid: it is no amount of this currency, or a negative one.
    """
    written = "".join(text.split()).replace(",", ".")
    if not written:
        return None
    minor = Decimal(written).scaleb(exponent(currency)) if _WRITTEN.fullmatch(written) else None
    if minor is None or minor != int(minor):
        raise Invalid(f"{text.strip()[:30]} is no amount of {currency}", field="amount")
    return int(minor)


def rounded(amount: Decimal) -> int:
    """Round minor units half away from zero, as tax offices and tills do."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def split(minor: int, weights: Sequence[int]) -> list[int]:
    """Share an amount out by weights so that the parts sum to it exactly (largest remainder).

    Equal remainders go to the earlier part; when all weights are zero the first part takes all.

    Args:
        minor: the amount in minor units, any sign.
        weights: not negative; at least one.
    """
    total = sum(weights)
    if not total:
        return [minor] + [0] * (len(weights) - 1)
    amount = abs(minor)
    parts = [amount * weight // total for weight in weights]
    left = amount - sum(parts)
    if left:
        remainders = [amount * weight % total for weight in weights]
        for i in sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)[:left]:
            parts[i] += 1
    return parts if minor >= 0 else [-part for part in parts]
