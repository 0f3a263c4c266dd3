"""Recording, correcting, removing and restoring activities."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from records.changes.rows import change_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import now
from records.core.declarations.fields import reason_field
from records.core.identifiers.codes import lookup_code
from records.core.rights import Right, check_right
from records.core.validation import Validator, checked, checked_text
from records.nouns import groups
from records.nouns.activities.noun import NOUN, ActivityDraft, visible_to
from records.nouns.activities.quarters import AlreadyMet, other_meetings
from records.tables import Activity, Group, Outline

REASON: Final = reason_field(2_000)


async def outline_of(code: str, held_on: date) -> Outline | None:
    """The edition of an outline that was the last to be published when an activity was held."""
    published = Outline.filter(code=lookup_code(code), issued_on__lte=held_on, deleted_at__isnull=True)
    return await published.order_by("-edition").first()


async def record(draft: ActivityDraft, *, by: Actor) -> Activity:
    """A new activity; one of a group is in the group's area.

    Raises `PermissionDenied`, `ValidationFailed`, `Conflict`, or `AlreadyMet` for a meeting of the quarter
    that is not among the known ones of the draft.
    """
    check_right(by, Right.ACTIVITIES_RECORD)
    async with transaction():
        values = await _checked(draft, by)
        recorder = by.id if by.kind is ActorKind.STAFF else None
        row = Activity(**values, recorded_by_id=recorder, created_at=now())
        return await create(NOUN, row, by=by, action=Right.ACTIVITIES_RECORD)


async def edit(
    activity_id: UUID, draft: ActivityDraft, *, expected_version: int, motive: str = "", by: Actor
) -> Activity:
    """The activity, changed. Raises `NotFound`, and as `record`."""
    rows, action = visible_to(by), Right.ACTIVITIES_RECORD
    async with change_row(NOUN, rows, activity_id, expected_version, action, by=by) as change:
        values = await _checked(draft, by, change.row)
        return await change.save(motive=motive, **values)


async def remove(activity_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Activity:
    """Removes an activity that was recorded by mistake; `restore` reverses it."""
    rows, action = visible_to(by), Right.ACTIVITIES_RECORD
    async with change_row(NOUN, rows, activity_id, expected_version, action, by=by) as change:
        return await change.save(motive=checked_text("reason", reason, REASON), deleted_at=now())


async def restore(activity_id: UUID, *, expected_version: int, by: Actor) -> Activity:
    """Restores an activity that was removed."""
    rows, action = visible_to(by, removed=True), Right.ACTIVITIES_RECORD
    async with change_row(NOUN, rows, activity_id, expected_version, action, by=by) as change:
        return await change.save(deleted_at=None)


async def _checked(draft: ActivityDraft, by: Actor, before: Activity | None = None) -> dict[str, Any]:
    """The draft as column values, in the area of its group, which is locked. Raises as `record`."""
    values = await checked(draft, by, before)
    del values["known_meetings"]
    if draft.group_id is None:
        return values
    if before is not None and draft.group_id == before.group_id:
        # What it was can be put right, though the group has ended or moved since.
        group = await Group.filter(id=draft.group_id).select_for_update(no_key=True).get()
        area_id = before.area_id
    else:
        group = await groups.check_open(draft.group_id, by)
        area_id = group.area_id
    # The rules were checked before the group was locked, and only for whoever sees it.
    check = Validator()
    draft.check_may_meet(check, group, before)
    check.raise_if_invalid()
    # Whoever records another meeting meanwhile waits for the group, and then finds this one.
    if draft.known_meetings is not None:
        for one in await other_meetings(draft, before=before, by=by):
            raise AlreadyMet(one)
    return values | {"area_id": area_id}
