"""Codes that people say: a series and a year, numbered without a gap."""

from typing import Final

from tortoise.connection import get_connection
from tortoise.models import Model

from records.core.search import longest_text
from records.core.text import normalize_text

_LONGEST: Final = 32


def normalize_code(code: str) -> str:
    """A code as it is stored: in capitals, so that "tnt-01" is not another than "TNT-01"."""
    return normalize_text(code).upper()


def lookup_code(code: str, table: type[Model] | None = None) -> str:
    """A code that somebody wrote, to look a record up by; empty where no record can have it.

    Without a `table` the length is that of the longest codes.
    """
    normalized_code = normalize_code(code)
    longest = (longest_text(table, "code") if table else None) or _LONGEST
    return normalized_code if len(normalized_code) <= longest else ""


async def next_code(series: str, year: int) -> str:
    """The next code of the series, such as "TB-2026-000123".

    The counter's row is locked until the transaction ends, so that two never get the same number and a
    number whose transaction failed is given again.
    """
    key = f"{series}-{year}"
    rows = await get_connection("default").execute_query_dict(
        "INSERT INTO counters (series, number) VALUES ($1, 1)"
        " ON CONFLICT (series) DO UPDATE SET number = counters.number + 1 RETURNING number",
        [key],
    )
    return f"{key}-{rows[0]['number']:06d}"
