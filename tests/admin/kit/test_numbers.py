"""Numbers as people type them."""

from decimal import Decimal

import pytest

from admin.kit.forms.fields import Form
from admin.kit.forms.numbers import decimal_text, parse_coordinate, parse_decimal


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("37", "37"),
        ("1.000", "1000"),
        ("1 000", "1000"),
        ("1,5", "1.5"),
        ("1.5", "1.5"),
        ("1.234.567,8901", "1234567.8901"),
        ("40000,25", "40000.25"),
        ("0,125", "0.125"),
        ("0.125", "0.125"),
        ("-8,5", "-8.5"),
        ("\u22123", "-3"),
        ("123456789012345678", "123456789012345678"),
    ],
)
def test_decimal_is_read_exactly_as_typed(typed: str, value: str) -> None:
    assert parse_decimal(typed) == Decimal(value)


@pytest.mark.parametrize(
    "typed", ["1,000,000", "1.00.000", "1.000.5", "1e5", "NaN", "abc", "1,", ",5", "--1"]
)
def test_decimal_is_refused_when_not_a_number(typed: str) -> None:
    assert parse_decimal(typed) is None
    form = Form({"value": typed})
    assert form.decimal("value") is None
    assert set(form.problems) == {"value"}


@pytest.mark.parametrize("value", ["0", "37", "1000", "-1500.5", "0.0001", "123456789012.3456"])
def test_decimal_is_read_back_when_shown(value: str) -> None:
    stored = Decimal(value).quantize(Decimal("0.0001"))
    assert parse_decimal(decimal_text(stored)) == stored


def test_decimal_is_shown_without_needless_zeros() -> None:
    assert [decimal_text(Decimal(value)) for value in ("37.0000", "1500.5000", "1000")] == [
        *("37", "1500,5", "1000")
    ]


def test_coordinate_has_no_thousands() -> None:
    assert (parse_coordinate("10.292"), parse_coordinate("105,7650")) == (10.292, 105.765)
    assert parse_coordinate("1.000.000") is None


def test_decimal_is_none_when_empty() -> None:
    form = Form({"value": " "})
    assert (form.decimal("value"), form.problems) == (None, {})
