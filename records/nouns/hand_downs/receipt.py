"""What becomes of a hand-down: it is received, discussed in an activity, and its recipient reminded."""

from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from records.changes.rows import change_row, find
from records.changes.unit_of_work import transaction, update
from records.core.actor import Actor
from records.core.dates import now, to_local_date
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns import activities, outlines
from records.nouns.hand_downs.noun import NOUN, HandDownState, state_of, unreceived, visible_to
from records.tables import Activity, HandDown


async def receive(
    hand_down_id: UUID, *, expected_version: int, activity_id: UUID | None = None, by: Actor
) -> HandDown:
    """Notes receipt, and where it was discussed.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    rows, action = visible_to(by), Right.OUTLINES_RECEIVE
    async with change_row(NOUN, rows, hand_down_id, expected_version, action, by=by) as change:
        row = change.row
        is_new = row.received_at is None or activity_id not in {None, row.activity_id}
        change.require(is_new, _("This has already been received."))
        if activity_id is not None and not await _held_by_recipient(row, by).filter(id=activity_id).exists():
            raise ValidationFailed.of(
                "activity", "Choose an activity of the recipient.", ProblemCode.INCONSISTENT
            )
        at, where = row.received_at or now(), activity_id or row.activity_id
        return await change.save(received_at=at, activity_id=where)


async def withdraw_receipt(hand_down_id: UUID, *, expected_version: int, by: Actor) -> HandDown:
    """Notes that it has not been received after all.

    Raises `PermissionDenied`, `NotFound`, or `Conflict` where it is not received, or was discussed.
    """
    rows, action = visible_to(by), Right.OUTLINES_RECEIVE
    async with change_row(NOUN, rows, hand_down_id, expected_version, action, by=by) as change:
        is_received = state_of(change.row) is HandDownState.ACKNOWLEDGED
        change.require(is_received, _("Only what was received and not discussed can be withdrawn."))
        return await change.save(received_at=None)


async def reopen(hand_down_id: UUID, *, expected_version: int, by: Actor) -> HandDown:
    """Notes that it has not been discussed after all.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    rows, action = visible_to(by), Right.OUTLINES_RECEIVE
    async with change_row(NOUN, rows, hand_down_id, expected_version, action, by=by) as change:
        return await change.save(activity_id=None)


def discussable(row: HandDown, by: Actor) -> QuerySet[Activity]:
    """The activities that may have discussed what was handed down: those since, the latest first.

    Raises `PermissionDenied`.
    """
    return _held_by_recipient(row, by).filter(held_on__gte=to_local_date(row.sent_at)).order_by("-held_on")


async def receive_all(outline_id: UUID, *, by: Actor) -> int:
    """Notes receipt at each hand-down of the outline not received yet, and returns their number.

    Raises `PermissionDenied`, `NotFound`, or `Conflict` where there is none.
    """
    return await _note(outline_id, Right.OUTLINES_RECEIVE, "received_at", by)


async def remind(outline_id: UUID, *, by: Actor) -> int:
    """Notes a reminder at each hand-down of the outline not received yet, and returns their number.

    Raises `PermissionDenied`, `NotFound`, or `Conflict` where there is none.
    """
    return await _note(outline_id, Right.OUTLINES_HAND_DOWN, "reminded_at", by)


async def _note(outline_id: UUID, action: Right, column: str, by: Actor) -> int:
    check_right(by, action)
    async with transaction():
        outline = await find(outlines.NOUN, outlines.visible_to(by), outline_id)
        rows = (
            await unreceived(by).filter(outline_id=outline.id).order_by("id").select_for_update(no_key=True)
        )
        if not rows:
            raise Conflict("Everybody here has received it.")
        values: dict[str, Any] = {column: now()}
        for row in rows:
            await update(NOUN, row, expected_version=row.version, by=by, action=action, **values)
        return len(rows)


def _held_by_recipient(row: HandDown, by: Actor) -> QuerySet[Activity]:
    """The activities of the recipient of the outline. Raises `PermissionDenied`."""
    held = activities.visible_to(by)
    if row.group_id is not None:
        return held.filter(group_id=row.group_id)
    return held.filter(organisation_id=row.organisation_id)
