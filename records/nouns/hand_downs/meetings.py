"""Gatherings together with the outline that was discussed there, where the actor may receive outlines."""

from uuid import UUID

from records.changes.rows import find
from records.changes.unit_of_work import transaction, update
from records.core.actor import Actor
from records.core.rights import Right, check_right, has_right
from records.nouns import activities, hand_downs
from records.nouns.activities import ActivityDraft
from records.tables import Activity, HandDown


async def record(draft: ActivityDraft, *, by: Actor) -> Activity:
    """A new activity; its outline, if it was handed down to whoever met, is received and discussed with it.

    Raises as `activities.record`.
    """
    async with transaction():
        row = await activities.record(draft, by=by)
        await _note(row, by, discussed=True)
        return row


async def edit(
    activity_id: UUID, draft: ActivityDraft, *, expected_version: int, motive: str = "", by: Actor
) -> Activity:
    """The activity, changed, and which outline was discussed there. Raises as `activities.edit`."""
    check_right(by, Right.ACTIVITIES_RECORD)
    async with transaction():
        before = await find(activities.NOUN, activities.visible_to(by), activity_id)
        row = await activities.edit(
            activity_id, draft, expected_version=expected_version, motive=motive, by=by
        )
        if _subject(row) != _subject(before):
            await _note(before, by, discussed=False)
            await _note(row, by, discussed=True)
        return row


async def remove(activity_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Activity:
    """Removes an activity that was recorded by mistake, and that its outline was discussed there."""
    async with transaction():
        row = await activities.remove(activity_id, expected_version=expected_version, reason=reason, by=by)
        await _note(row, by, discussed=False)
        return row


async def restore(activity_id: UUID, *, expected_version: int, by: Actor) -> Activity:
    """Restores an activity that was removed, and that its outline was discussed there."""
    async with transaction():
        row = await activities.restore(activity_id, expected_version=expected_version, by=by)
        await _note(row, by, discussed=True)
        return row


def _subject(row: Activity) -> tuple[UUID | None, ...]:
    """Who met, and what was discussed."""
    return row.group_id, row.organisation_id, row.outline_id


async def _note(row: Activity, by: Actor, *, discussed: bool) -> None:
    """Notes at the hand-downs of the outline to whoever met that `row` discussed it, or did not."""
    if row.outline_id is None:
        return
    if not discussed:
        # What did not happen is cleared whoever says so: the right to the meeting is enough.
        for one in await HandDown.filter(activity_id=row.id).order_by("id").select_for_update(no_key=True):
            await update(
                hand_downs.NOUN,
                one,
                expected_version=one.version,
                by=by,
                action=Right.ACTIVITIES_RECORD,
                activity_id=None,
            )
    elif has_right(by, Right.OUTLINES_RECEIVE):
        rows = hand_downs.visible_to(by).filter(outline_id=row.outline_id, activity_id__isnull=True)
        if row.group_id is not None:
            rows = rows.filter(group_id=row.group_id)
        else:
            rows = rows.filter(organisation_id=row.organisation_id)
        for one in await rows.order_by("id"):
            await hand_downs.receive(one.id, expected_version=one.version, activity_id=row.id, by=by)
