"""The only way to change a row: version check, audit row and outbox row in one transaction."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from tortoise.backends.base.client import NestedTransactionContext
from tortoise.exceptions import IntegrityError, ValidationError
from tortoise.transactions import in_transaction

from records.audit.chain import store_entry
from records.changes.versions import check_version, save_next_version
from records.core import events
from records.core.actor import Actor
from records.core.dates import now
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, DatabaseUnavailable, Message, ProblemCode, ValidationFailed
from records.core.rights import Right
from records.metrics.cells import Cell, cells_of
from records.tables.base import Editable
from records.tables.changes.outbox import OutboxEvent
from records.tables.metrics import MetricDelta

K = TypeVar("K", bound=Editable)


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """A transaction.

    A violated rule of the database becomes `ValidationFailed` or `Conflict`, without its data.

    Raises `DatabaseUnavailable` where the database cannot serve, with an unknown outcome where it was lost
    during the COMMIT.
    """
    committing = False
    transaction = in_transaction("default")
    try:
        with events.deferring_change_events():
            async with transaction:
                yield
                # A nested transaction only releases its savepoint: if that is lost, nothing was stored.
                committing = not isinstance(transaction, NestedTransactionContext)
    except IntegrityError as error:
        raise _translate_integrity_error(error) from None
    except ValidationError:
        raise _invalid_value() from None
    except DatabaseUnavailable as outage:
        if committing and outage.connection_lost:
            raise outage.with_unknown_outcome() from outage
        raise


@contextmanager
def named(constraints: Mapping[str, tuple[str, str]]) -> Iterator[None]:
    """Raises `ValidationFailed`, with its field and text, when one of `constraints` is violated."""
    try:
        yield
    except IntegrityError as error:
        name: str = getattr(error.args[0], "constraint_name", "") if error.args else ""
        if name not in constraints:
            raise
        field, text = constraints[name]
        raise ValidationFailed({field: Message(text, code=ProblemCode.CONFLICT)}) from None


async def create(
    noun: Noun, row: K, *, by: Actor, action: Right, motive: str = "", fallback_area_id: UUID | None = None
) -> K:
    """Stores a new row with its audit row, outbox row and metric deltas, and returns it.

    `fallback_area_id` is the area that a row without one of its own belongs to, for those who follow that
    area.
    """
    with named(noun.constraints):
        await row.save(force_create=True)
    after = {name: to_json_value(getattr(row, name)) for name in noun.audited}
    await _Change(noun, row, by, action, motive, fallback_area_id).record(None, after)
    await add_metric_deltas(cells_of(row))
    return row


async def update(
    noun: Noun,
    row: K,
    *,
    expected_version: int,
    by: Actor,
    action: Right,
    motive: str = "",
    fallback_area_id: UUID | None = None,
    **values: Any,
) -> K:
    """Changes `row` if it is still at version `expected_version`, and returns it.

    Without a difference nothing is written. Raises `Conflict` when the row is at another version.
    """
    check_version(row, expected_version)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return row
    before = {name: to_json_value(getattr(row, name)) for name in changed if name in noun.audited}
    counted = cells_of(row)
    left = getattr(row, "area_id", None) if "area_id" in changed else None
    with named(noun.constraints):
        await save_next_version(row, changed)
    after = {name: to_json_value(getattr(row, name)) for name in before}
    await _Change(noun, row, by, action, motive, fallback_area_id, left).record(before, after)
    difference = cells_of(row)
    difference.subtract(counted)
    await add_metric_deltas(difference)
    return row


async def touch(
    noun: Noun, row: K, *, expected_version: int, by: Actor, action: Right, after: dict[str, Any]
) -> K:
    """The next version of `row`, with `after` in its history.

    Raises `Conflict` when it is not at `expected_version`.
    """
    check_version(row, expected_version)
    await save_next_version(row, {})
    await record_change(noun, row, by=by, action=action, before={}, after=after)
    return row


async def add_metric_deltas(cells: Counter[Cell]) -> None:
    """Stores the metric deltas of `cells`."""
    deltas = [
        MetricDelta(indicator_id=indicator, area_id=area, month=month, value=value)
        for (indicator, area, month), value in cells.items()
        if value
    ]
    if deltas:
        await MetricDelta.bulk_create(deltas)


async def record_change(
    noun: Noun,
    row: Editable,
    *,
    by: Actor,
    action: Right,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    motive: str = "",
    fallback_area_id: UUID | None = None,
) -> None:
    """Writes the audit and outbox rows of a change of one of the parts of `row`."""
    await _Change(noun, row, by, action, motive, fallback_area_id).record(before, after)


async def audit(
    noun: str,
    row_id: UUID,
    *,
    by: Actor,
    action: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    motive: str = "",
    area_id: UUID | None = None,
) -> None:
    """Writes an audit row alone, for what is no change to follow. There is no other way to write one."""
    async with transaction():
        await store_entry(
            {
                "at": now(),
                "actor_kind": by.kind,
                "actor_id": by.id,
                "actor_name": by.name,
                "request_id": by.request_id,
                "action": action,
                "noun": noun,
                "row_id": row_id,
                "area_id": area_id,
                "before": before,
                "after": after,
                "motive": motive,
            }
        )


@dataclass(frozen=True)
class _Change:
    """A change of a row: who made it, with which right and why, and the area that the row left."""

    noun: Noun
    row: Editable
    by: Actor
    action: Right
    motive: str = ""
    fallback_area_id: UUID | None = None
    left_area_id: UUID | None = None

    async def record(self, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        """Writes the audit and outbox rows."""
        noun, row, by, motive = self.noun.name, self.row, self.by, self.motive
        area, type_ = getattr(row, "area_id", None) or self.fallback_area_id, self.action.value
        await audit(
            noun, row.id, by=by, action=type_, before=before, after=after, motive=motive, area_id=area
        )
        await OutboxEvent.create(
            at=now(),
            type=type_,
            noun=noun,
            row_id=row.id,
            row_version=row.version,
            area_id=area,
            left_area_id=self.left_area_id,
        )


def to_json_value(value: Any) -> Any:
    """`value` as JSON for the audit."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


def _invalid_value() -> ValidationFailed:
    return ValidationFailed.of("", "These values are inconsistent.", ProblemCode.INCONSISTENT)


def _translate_integrity_error(error: IntegrityError) -> Exception:
    if error.args and isinstance(error.args[0], asyncpg.UniqueViolationError):
        return Conflict("Someone else has just done this. View the current state and try again.")
    return _invalid_value()
