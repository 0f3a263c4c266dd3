import asyncio

import pytest
from tortoise.transactions import in_transaction

from records.core.identifiers.codes import lookup_code, next_code
from records.tables import Counter


async def take(series: str, year: int) -> str:
    async with in_transaction("default"):
        return await next_code(series, year)


@pytest.mark.parametrize(
    ("written", "code"),
    [("ĐC-1", "ĐC-1"), (" ĐC-1\n", "ĐC-1"), ("Đ\0C", "ĐC"), ("x" * 32, "X" * 32), ("x" * 33, ""), (" ", "")],
)
def test_code_is_looked_up_as_stored(written: str, code: str) -> None:
    assert lookup_code(written) == code


async def test_codes_are_numbered_per_series_and_year(database: str) -> None:
    assert [
        await take("TB", 2025),
        await take("TB", 2025),
        await take("TB", 2026),
        await take("GD", 2025),
    ] == [
        "TB-2025-000001",
        "TB-2025-000002",
        "TB-2026-000001",
        "GD-2025-000001",
    ]


async def test_code_number_is_reused_when_transaction_fails(database: str) -> None:
    await take("TB", 2025)

    async def fail() -> None:
        async with in_transaction("default"):
            assert await next_code("TB", 2025) == "TB-2025-000002"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await take("TB", 2025) == "TB-2025-000002"


async def test_codes_are_unique_when_many_are_taken_at_once(database: str) -> None:
    codes = await asyncio.gather(*(take("TB", 2025) for _ in range(20)))
    assert sorted(codes) == [f"TB-2025-{number:06d}" for number in range(1, 21)]


async def test_code_series_continues_after_one_million(database: str) -> None:
    await Counter.create(series="TB-2025", number=999_999)
    assert await take("TB", 2025) == "TB-2025-1000000"
