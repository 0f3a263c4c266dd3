"""Recording a gathering together with the outline that was discussed there."""

from records.changes.unit_of_work import transaction
from records.core.actor import Actor
from records.core.rights import Right, has_right
from records.nouns import activities, hand_downs
from records.nouns.activities import ActivityDraft
from records.tables import Activity


async def record(draft: ActivityDraft, *, by: Actor) -> Activity:
    """A new activity; its outline, if it was handed down to the group, is received and discussed with it.

    Raises `PermissionDenied`, `ValidationFailed` or `Conflict`.
    """
    async with transaction():
        row = await activities.record(draft, by=by)
        if row.group_id is None or row.outline_id is None or not has_right(by, Right.OUTLINES_RECEIVE):
            return row
        handed_down = hand_downs.visible_to(by).filter(group_id=row.group_id, outline_id=row.outline_id)
        for one in await handed_down.filter(activity_id__isnull=True).order_by("id"):
            await hand_downs.receive(one.id, expected_version=one.version, activity_id=row.id, by=by)
        return row
