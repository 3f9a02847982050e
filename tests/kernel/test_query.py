"""What a question's query may say: each name once but lists, nothing unknown, and null by leaving it out."""

from datetime import datetime

import pytest
from msgspec import Struct

from rynek.kernel.faults import Invalid
from rynek.kernel.query import read, texts


class Search(Struct, frozen=True):
    text: str | None = None
    before: datetime | None = None
    number: int | None = None
    skus: list[str] = []


def test_names_and_lists() -> None:
    asked = "text=a%26b&skus=x&skus=y&number=3"
    assert texts(asked, Search) == {"text": "a&b", "skus": ["x", "y"], "number": "3"}


@pytest.mark.parametrize("asked", ["before=null", "number=null", "number=NULL"])
def test_nothing_is_left_out_and_not_written_null(asked: str) -> None:
    with pytest.raises(Invalid, match="leave it out rather than sending null"):
        texts(asked, Search)


@pytest.mark.parametrize("asked", ["before=0.5", "before=0", "before=-12", "before=1e9"])
def test_a_time_is_no_number(asked: str) -> None:
    with pytest.raises(Invalid, match="ISO 8601"):
        texts(asked, Search)


def test_a_time_and_a_number_are_passed_on() -> None:
    assert texts("before=2026-01-31T12:00:00Z&number=5", Search) == {"before": "2026-01-31T12:00:00Z", "number": "5"}


def test_a_text_may_be_null() -> None:
    assert texts("text=null&skus=null", Search) == {"text": "null", "skus": ["null"]}


@pytest.mark.parametrize(("asked", "said"), [("text=a&text=b", "text is given twice"), ("txt=a", "no parameter txt")])
def test_what_is_wrong_is_named(asked: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        texts(asked, Search)


def test_values_become_what_they_are() -> None:
    assert read("number=3&skus=x", Search) == Search(number=3, skus=["x"])
