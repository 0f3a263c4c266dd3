"""Reading rows with hand-written SQL: a door that reads as another database role brings its own way."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from tortoise.connection import get_connection
from tortoise.models import Model

M = TypeVar("M", bound=Model)


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


def columns(model: type[Model], alias: str) -> str:
    """The columns of `model`, whose table has the alias, as `from_row` reads them."""
    return ", ".join(f"{alias}.{column} AS {alias}_{column}" for column in _columns(model))


def from_row(model: type[M], row: Row, alias: str) -> M:
    """The model whose `columns` are in the row."""
    values = {column: row[f"{alias}_{column}"] for column in _columns(model)}
    return model._init_from_db(**values)  # noqa: SLF001 - as Tortoise makes those of its own queries


def _columns(model: type[Model]) -> Collection[str]:
    return model._meta.fields_db_projection.values()  # noqa: SLF001 - Tortoise shows it nowhere else
