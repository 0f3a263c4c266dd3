from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.core.identifiers.references import encode_reference, new_reference, parse_reference

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBERS = st.integers(0, 2**55 - 1).filter(encode_reference)


def test_reference_is_three_groups_of_four() -> None:
    assert encode_reference(1) == "0000-0000-0011"
    assert encode_reference(2**55 - 6) == "ZZZZ-ZZZZ-ZZTX"
    assert encode_reference(36) == ""


def test_references_differ_when_drawn_often() -> None:
    drawn = {new_reference() for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(parse_reference(one) == one for one in drawn)


@pytest.mark.parametrize("typed", ["0000-0000-0011", "0000 0000 0011", "oooo-oooo-ooli", " 000000000011 "])
def test_reference_is_read_however_it_is_typed(typed: str) -> None:
    assert parse_reference(typed) == "0000-0000-0011"


@pytest.mark.parametrize("typed", ["", "0000-0000-001", "0000-0000-0012", "UUUU-0000-0011", "TB-2026-000123"])
def test_reference_is_refused_when_it_cannot_be_one(typed: str) -> None:
    assert parse_reference(typed) == ""


@given(NUMBERS, st.data())
def test_reference_is_refused_when_one_character_is_wrong(number: int, data: st.DataObject) -> None:
    right = encode_reference(number).replace("-", "")
    place = data.draw(st.integers(0, len(right) - 1))
    other = data.draw(st.sampled_from(DIGITS.replace(right[place], "")))
    assert parse_reference(right[:place] + other + right[place + 1 :]) == ""


@given(NUMBERS)
def test_reference_is_refused_when_two_characters_are_swapped(number: int) -> None:
    right = encode_reference(number).replace("-", "")
    for place, (one, other) in enumerate(pairwise(right)):
        if one != other:
            assert parse_reference(right[:place] + other + one + right[place + 2 :]) == ""
