"""The rounding of `records.metrics.disclosure`, worked out once more in Python."""

from datetime import date
from hashlib import sha256
from typing import Final
from uuid import UUID

from records.metrics.catalogue import indicator_id
from records.metrics.disclosure import rounding_key

BASE: Final = 5
# From this day on PostgreSQL counts.
_EPOCH: Final = date(2000, 1, 1)


def rounded(code: str, area: UUID, month: date, value: int) -> int:
    """What partners see of a cell."""
    days = (month - _EPOCH).days.to_bytes(4, signed=True)
    digest = sha256(rounding_key() + indicator_id(code).bytes + area.bytes + days).digest()
    return (value + int.from_bytes(digest[:4]) % BASE) // BASE * BASE
