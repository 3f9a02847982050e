"""VAT numbers: those that their registers published, and that a slip of the pen is seen."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rynek.commerce.companies import vat

GOOD = """
ATU13585627 BE0428759497 BG175074752 BG7523169263 BG8032056031 BG7501020018 BG7111042925 CY10259033P CZ25123891
CZ7103192745 CZ640903926 DE136695976 DK13585628 EE100931558 EL094259216 ES54362315K ESX2482300W ESJ99216582
ESU99216632 ESB58378431 ESA28015865 FI20774740 FR40303265045 FR23334175221 FRK7399859412 HR33392005961 HU12892312
IE6433435F IE6433435OA IE8D79739I IT00743110157 LT119511515 LT100001919017 LT100004801610 LU15027442 LV40003521600
LV16117519997 MT11679112 NL004495445B01 PL8567346215 PL5260250995 PT501964843 RO18547290 SE556042722001 SI50223054
SK2022749619 XI980780684
""".split()
"""Numbers of firms and registers that are known to be given, or were published as examples."""
STRICT = [
    each
    for each in GOOD
    if each[:2] not in {"AT", "BG", "CY", "CZ", "FR", "LV", "NL", "PT", "SE", "XI", "RO", "EL", "LT"}
]
"""Those whose check digits see every single wrong digit."""


def test_every_country_of_the_union_is_known() -> None:
    assert {vat.country(each) for each in GOOD} == vat.UNION | {"XI"}
    assert {each[:2] for each in GOOD} == set(vat.GIVERS)


@pytest.mark.parametrize("number", GOOD)
def test_numbers_that_were_given_are_sound(number: str) -> None:
    assert vat.amiss(number) == ""


@pytest.mark.parametrize(
    "number",
    [
        "ATU13585626", "BE0428759498", "BG175074753", "BG7523169264", "CY10259034P", "CY12259033P", "CZ25123890",
        "CZ7103192746", "DE136695978", "DK13585627", "EE100931559", "EL123456781", "ES54362315Z", "ESX2482300A",
        "ESJ99216583", "FI20774741", "FR84323140391", "FRO0303265045", "HR33392005962", "HU12892313", "IE6433435E",
        "IE6433435VH", "IT00743110158", "IT00743119997", "LT100001919018", "LT100004801611", "LU15027443",
        "LV40003521601", "LV16137519997", "MT11679113", "NL004495446B01", "NL004495445B00", "PL8567346216",
        "PT501964842", "RO18547291", "SE556042722101", "SE556042722000", "SI50223055", "SK2022749618", "XI802311781",
        "GB980780684", "US123456789", "PL526025099", "PL52602509955", "PLX260250995", "", "PL", "5260250995", "P1526",
    ],
)  # fmt: skip
def test_what_is_mistyped_is_not(number: str) -> None:
    assert vat.amiss(number)


@given(st.sampled_from(STRICT), st.data())
def test_one_wrong_digit_is_always_seen(number: str, data: st.DataObject) -> None:
    places = [place for place, each in enumerate(number) if each.isdigit() and place > 1]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([each for each in string.digits if each != number[place]]))
    assert vat.amiss(number[:place] + other + number[place + 1 :])


@given(st.integers(0, 10**9 - 1).map(lambda each: f"{each:09}"))
def test_of_all_check_digits_at_most_one_is_right(body: str) -> None:
    for code in ("PL", "HR"):
        body_of = body if code == "PL" else body + "0"
        right = [digit for digit in string.digits if not vat.amiss(code + body_of + digit)]
        assert len(right) <= 1
        assert code == "PL" or len(right) == 1
    assert len([two for two in range(100) if not vat.amiss(f"BE0{body[:7]}{two:02}")]) == 1
    assert len([two for two in range(100) if not vat.amiss(f"FR{two:02}{body}")]) <= 1


@given(st.sampled_from(GOOD), st.data())
def test_how_it_is_written_does_not_matter(number: str, data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.sampled_from([" ", ".", "-", ""]), min_size=len(number), max_size=len(number)))
    typed = "".join(each + gap for each, gap in zip(number.lower(), gaps, strict=True))
    assert vat.written(typed) == number
    assert vat.written("GR" + number[2:]) == "EL" + number[2:]


@given(st.text(max_size=20))
def test_nothing_that_can_be_typed_breaks_it(text: str) -> None:
    written = vat.written(text)
    assert vat.written(written) == written
    for code in vat.GIVERS:
        assert isinstance(vat.amiss(code + written), str)
        assert isinstance(vat.amiss(written), str)
