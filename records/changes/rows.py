"""One visible row: found or refused, locked, and changed at the version that the caller saw."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.queryset import QuerySet

from records.changes.unit_of_work import transaction, update
from records.core.actor import Actor
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, NotFound
from records.core.rights import Right, check_right
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)


@dataclass(frozen=True)
class RowChange(Generic[K]):
    """A change of a locked row by somebody who saw it at `expected_version`."""

    noun: Noun
    row: K
    expected_version: int
    action: Right
    by: Actor

    def require(self, condition: bool, text: str) -> None:
        """Raises `Conflict` with `text` unless `condition` holds; at another version, `save` says that."""
        if self.row.version == self.expected_version and not condition:
            raise Conflict(text)

    async def save(self, *, motive: str = "", fallback_area_id: UUID | None = None, **values: Any) -> K:
        """The row with new values. Raises `ValidationFailed`, or `Conflict` at another version."""
        return await update(
            self.noun,
            self.row,
            expected_version=self.expected_version,
            by=self.by,
            action=self.action,
            motive=motive,
            fallback_area_id=fallback_area_id,
            **values,
        )


@asynccontextmanager
async def change_row(
    noun: Noun, rows: QuerySet[K], row_id: UUID, expected_version: int, action: Right, *, by: Actor
) -> AsyncIterator[RowChange[K]]:
    """A transaction that changes one of `rows`. Raises `PermissionDenied` or `NotFound`."""
    check_right(by, action)
    async with transaction():
        yield RowChange(noun, await lock(noun, rows, row_id), expected_version, action, by)


async def lock(noun: Noun, rows: QuerySet[K], row_id: UUID) -> K:
    """The row, locked until the transaction ends. Raises `NotFound`."""
    return await find(noun, rows.select_for_update(no_key=True), row_id)


async def find(noun: Noun, rows: QuerySet[K], row_id: UUID) -> K:
    """The row with this id among `rows`. Raises `NotFound`."""
    row = await rows.get_or_none(id=row_id)
    if row is None:
        raise NotFound(noun.missing)
    return row


async def check_visible(noun: Noun, rows: QuerySet[K], row_id: UUID) -> None:
    """Raises `NotFound` unless the row is one of `rows`."""
    if not await rows.filter(id=row_id).exists():
        raise NotFound(noun.missing)
