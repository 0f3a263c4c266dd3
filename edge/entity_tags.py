"""Entity tags of conditional requests."""


def matches_etag(if_none_match: str, tag: str) -> bool:
    """Whether If-None-Match names the strong `tag`, by weak comparison (RFC 9110, section 13.1.2), or any."""
    tags = [value.strip().removeprefix("W/") for value in if_none_match.split(",")]
    return tag in tags or tags == ["*"]
