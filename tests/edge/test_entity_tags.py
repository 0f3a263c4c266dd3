"""Entity tags: compared as If-None-Match asks for."""

import pytest

from edge.entity_tags import matches_etag


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", W/"a"', True),
        ('"b"', False),
        ("*", True),
        ('*, "b"', False),
    ],
)
def test_tag_is_found_when_header_names_it(header: str, expected: bool) -> None:
    assert matches_etag(header, '"a"') is expected
