"""Codes that people say: a series and a year, numbered without a gap."""

from tortoise.connection import get_connection


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
