"""Amounts as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.kernel import money
from rynek.kernel.faults import Invalid


@given(st.integers(0, 10**12), st.sampled_from(["PLN", "JPY", "KWD"]), st.sampled_from([",", "."]))
def test_what_is_written_is_read(minor: int, currency: str, point: str) -> None:
    places = money.exponent(currency)
    whole, rest = divmod(minor, 10**places)
    text = f"{whole:,}".replace(",", " ") + (f"{point}{rest:0{places}}" if places else "")
    assert money.parse(text, currency) == minor


@given(st.text(max_size=20))
def test_nothing_that_can_be_typed_breaks_it(text: str) -> None:
    try:
        found = money.parse(text, "PLN")
    except Invalid:
        return
    assert found is None or 0 <= found < 10**16


@pytest.mark.parametrize("text", ["1,234", "-1", "1e5", "abc", "1.2.3", "\u0661"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        money.parse(text, "PLN")
    assert money.parse("  ", "PLN") is None
