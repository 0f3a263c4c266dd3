"""Activities that are recorded together with a picture."""

from records.changes.unit_of_work import transaction
from records.core.actor import Actor
from records.core.rights import Right, check_right
from records.nouns.activities import ActivityDraft
from records.nouns.hand_downs import meetings
from records.privacy import attachments
from records.privacy.attachments import Picture
from records.tables import Activity


async def record(draft: ActivityDraft, picture: Picture | None, *, by: Actor) -> Activity:
    """A new activity with its picture, stored atomically. Raises as `meetings.record`."""
    check_right(by, Right.ACTIVITIES_RECORD)
    async with transaction():
        row = await meetings.record(draft, by=by)
        if picture:
            await attachments.attach(attachments.ACTIVITIES, row.id, picture, by=by)
        return row
