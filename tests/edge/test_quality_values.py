"""Weighted lists: in the order in which they stand, and without what is malformed."""

import pytest

from edge.quality_values import parse_quality_values


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", {}),
        ("gzip", {"gzip": 1.0}),
        ("b;q=0.5, A", {"b": 0.5, "a": 1.0}),
        ("text/html; charset=utf-8; q=0.25", {"text/html": 0.25}),
        ("a;q=0, *;q=0.001", {"a": 0.0, "*": 0.001}),
        ("a;q=1.5, b;q=-1, c;q=nan, d;q=0.1234, e;q=, f", {"f": 1.0}),
        (";;,=,,", {"=": 1.0}),
        ("a;q=0.2, a;q=0.9", {"a": 0.2}),
    ],
)
def test_weights_are_read_from_header(header: str, expected: dict[str, float]) -> None:
    assert parse_quality_values(header) == expected
    assert list(parse_quality_values(header)) == list(expected)
