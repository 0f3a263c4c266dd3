"""Taking a tip from one status to another: what every such verb has in common."""

from uuid import UUID

from records.changes.unit_of_work import transaction, update
from records.core.actor import Actor
from records.core.dates import now
from records.core.declarations.nouns import Transition
from records.core.errors import Conflict
from records.core.rights import check_right
from records.nouns.tips.status import FINAL
from records.nouns.tips.timeline import NOUN, add_event, load
from records.tables import Tip
from records.tables.tips import TipEventKind, TipStatus


async def move(
    tip_id: UUID,
    transition: Transition[TipStatus],
    kind: TipEventKind,
    *,
    expected_version: int,
    by: Actor,
    note: str = "",
    duplicate_of_id: UUID | None = None,
) -> Tip:
    """The tip in the next status, with its event. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    check_right(by, transition.right)
    to = transition.target
    async with transaction():
        row = await load(tip_id, by)
        if row.version == expected_version and row.status not in transition.sources:
            raise Conflict("The tip cannot change to that status from its current one.")
        came_from = row.status
        moment = now()
        await update(
            NOUN,
            row,
            expected_version=expected_version,
            by=by,
            action=transition.right,
            motive=note,
            status=to,
            first_response_at=row.first_response_at or moment,
            closed_at=moment if to in FINAL else None,
            duplicate_of_id=duplicate_of_id,
        )
        await add_event(row, kind, by=by, came_from=came_from, to=to, note=note)
        return row
