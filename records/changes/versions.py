"""Optimistic locks: a row is changed only at the version that the caller saw."""

from typing import Any

from tortoise.expressions import F

from records.core.dates import now
from records.core.errors import Conflict
from records.tables.base import Editable


def check_version(row: Editable, expected_version: int) -> None:
    """Raises `Conflict` unless `row` is at `expected_version`."""
    if row.version != expected_version:
        raise _conflict()


async def save_next_version(row: Editable, changed: dict[str, Any]) -> None:
    """Saves new values and the next version of `row`. Raises `Conflict`."""
    updated_at = now()
    rows = type(row).filter(id=row.id, version=row.version)
    if not await rows.update(**changed, version=F("version") + 1, updated_at=updated_at):
        raise _conflict()
    for name, value in changed.items():
        setattr(row, name, value)
    row.version, row.updated_at = row.version + 1, updated_at


def _conflict() -> Conflict:
    return Conflict("Someone else has changed this. View the current state and try again.")
