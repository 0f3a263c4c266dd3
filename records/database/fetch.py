"""Reading rows with hand-written SQL: a door that reads as another database role brings its own way."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol

from tortoise.connection import get_connection


class Row(Protocol):
    """The values of the columns."""

    def keys(self) -> Iterable[str]:
        """The names of the columns."""

    def __getitem__(self, column: str, /) -> Any:
        """The value of `column`."""


# The statement and its parameters in, rows out.
Fetch = Callable[[str, Sequence[Any]], Awaitable[Sequence[Row]]]


async def fetch(sql: str, values: Sequence[Any]) -> Any:
    """The rows, read as `ketnoi_app`, in this task's transaction where there is one: asyncpg's records."""
    return (await get_connection("default").execute_query(sql, list(values)))[1]
