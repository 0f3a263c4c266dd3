"""Audit entries as they are stored, checked against their MACs."""

import json
from hmac import compare_digest
from typing import Final

from records.core.chain import COLUMNS, entry_mac
from records.core.fetch import Row

ENTRY_COLUMNS: Final = ", ".join(f"e.{name}" for name in (*COLUMNS, "mac"))


def is_signed(key: bytes, row: Row) -> bool:
    """Whether the row says what it said when it was signed under `key`; whatever else it may hold, no."""
    mac = row["mac"]
    if not isinstance(mac, bytes):
        return False
    try:
        values = {name: row[name] for name in COLUMNS}
        for name in ("before", "after"):
            values[name] = None if values[name] is None else json.loads(values[name])
        return compare_digest(entry_mac(key, values), mac)
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        return False
