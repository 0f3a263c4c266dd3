"""Lists with quality values, as in the Accept headers (RFC 9110, section 12.4.2)."""

import re
from typing import Final

_QUALITY: Final = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def parse_quality_values(header: str) -> dict[str, float]:
    """The values of the list in lower case and in order, each with its quality; 0 means not acceptable.

    Other parameters are ignored, and malformed parts are skipped.
    """
    qualities: dict[str, float] = {}
    for part in header.lower().split(","):
        value, *parameters = [text.strip() for text in part.split(";")]
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        if value and _QUALITY.fullmatch(quality):
            qualities.setdefault(value, float(quality))
    return qualities
