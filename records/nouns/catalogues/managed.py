"""Records of catalogues: everybody reads them, and those who work in the area of one manage it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import actor_can_reach
from records.changes.rows import RowChange, change_row
from records.core.actor import Actor
from records.core.declarations.nouns import Noun
from records.core.errors import PermissionDenied
from records.core.rights import Right
from records.tables import Organisation, Programme

K = TypeVar("K", Organisation, Programme)


async def with_reach(row: K, by: Actor) -> K:
    """The row, which knows whether `by` may manage it as far as its area goes."""
    row.manageable = await actor_can_reach(by, row.area_id)
    return row


@asynccontextmanager
async def change_managed(
    noun: Noun, rows: QuerySet[K], row_id: UUID, expected_version: int, action: Right, *, by: Actor
) -> AsyncIterator[RowChange[K]]:
    """A transaction that changes one of `rows`. Raises `PermissionDenied` outside the areas of `by`."""
    async with change_row(noun, rows, row_id, expected_version, action, by=by) as change:
        if not (await with_reach(change.row, by)).manageable:
            raise PermissionDenied("This lies outside the areas that you work in.")
        yield change
