"""Numbers as people in Viet Nam type them: 1.234,5 has a point between the thousands and a decimal comma."""

import re
from decimal import Decimal
from typing import Final

_NO_DIGIT: Final = re.compile(r"\D")
# Points or spaces between groups of three. A comma is always the decimal sign.
_GROUPED: Final = re.compile(r"([-\u2212]?)([1-9]\d{0,2}(?:[. \u00a0\u202f]\d{3})+|\d{1,18})(?:,(\d{1,9}))?")
# Some phones offer no comma. Three digits after the only point would be thousands.
_POINTED: Final = re.compile(r"([-\u2212]?)(\d{1,18})\.(\d{1,9})")


def parse_decimal(text: str) -> Decimal | None:
    """The number in `text`, exactly: 1.000 is a thousand, 1,5 and 1.5 one and a half; else None."""
    match = _GROUPED.fullmatch(text) or _POINTED.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction = match.groups(default="")
    value = Decimal(f"{_NO_DIGIT.sub('', whole)}.{fraction or 0}")
    return -value if sign else value


def parse_coordinate(text: str) -> float | None:
    """The degrees in `text`, where 10.292 has no thousands; None if there are none."""
    if not re.fullmatch(r"[-\u2212]?\d{1,3}(?:[.,]\d{1,15})?", text):
        return None
    return float(text.replace("\u2212", "-").replace(",", "."))


def decimal_text(value: Decimal) -> str:
    """`value` as a form shows it: without thousands or needless zeros, with a decimal comma."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
