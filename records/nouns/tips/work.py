"""Working on a tip: who does, and what they note."""

from dataclasses import replace
from uuid import UUID

from records.changes.rows import change_row
from records.changes.unit_of_work import record_change, transaction
from records.core.actor import Actor
from records.core.errors import ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import checked_text
from records.nouns.assignees import staff_with
from records.nouns.tips.drafts import NOTE
from records.nouns.tips.noun import NOUN, load, visible_to
from records.nouns.tips.status import FINAL, WORK, can_assign
from records.nouns.tips.timeline import add_event
from records.tables import Staff, Tip, TipEvent
from records.tables.tips import TipEventKind


async def assignable(actor: Actor, tip: Tip) -> list[Staff]:
    """The staff to whom `actor` may give `tip`, by name; nobody where they may not."""
    return await staff_with(WORK, tip.area_id) if can_assign(actor, tip) else []


async def assign(tip_id: UUID, *, expected_version: int, assignee: UUID, by: Actor) -> Tip:
    """The tip, in the hands of the staff member `assignee`, who must work where the tip is."""
    rows, action = visible_to(by), Right.TIPS_ASSIGN
    async with change_row(NOUN, rows, tip_id, expected_version, action, by=by) as change:
        row = change.row
        change.require(
            row.status not in FINAL, _("The tip cannot change to that status from its current one.")
        )
        member = await staff_with(WORK, row.area_id).get_or_none(id=assignee)
        if member is None:
            raise ValidationFailed.of(
                "assignee", "Choose a person who works in that area.", ProblemCode.INCONSISTENT
            )
        if row.assignee_id != assignee:
            await change.save(assignee_id=assignee)
            await add_event(row, TipEventKind.ASSIGNED, by=by, note=member.name)
        return row


async def add_note(tip_id: UUID, note: str, *, by: Actor) -> TipEvent:
    """A note in the timeline of the tip."""
    check_right(by, Right.TIPS_NOTE)
    note = checked_text("note", note, replace(NOTE, required=True))
    async with transaction():
        row = await load(tip_id, by)
        event = await add_event(row, TipEventKind.NOTED, by=by, note=note)
        # The note itself stays in the timeline: the audit says that there was one.
        audit_values = {"event": event.kind.value, "event_id": str(event.id)}
        await record_change(NOUN, row, by=by, action=Right.TIPS_NOTE, before={}, after=audit_values)
        return event
