"""Entity tags: whether a caller has what would be sent."""


def has_tag(if_none_match: str, tag: str) -> bool:
    """Whether If-None-Match names the strong `tag`, by weak comparison (RFC 9110, section 13.1.2), or any."""
    tags = [given.strip().removeprefix("W/") for given in if_none_match.split(",")]
    return tag in tags or tags == ["*"]
