"""Working on a tip, or on several at once: who does, and what they note."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from records.areas.assignees import staff_with
from records.changes.rows import change_row
from records.changes.unit_of_work import record_change, transaction
from records.changes.versions import check_version
from records.core.actor import Actor
from records.core.errors import ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator, checked_text
from records.nouns.tips.drafts import NOTE
from records.nouns.tips.noun import NOUN, load, visible_to
from records.nouns.tips.status import FINAL, VERIFY, WORK, can_assign
from records.nouns.tips.timeline import add_event
from records.nouns.tips.transitions import start_verifying
from records.tables import Staff, Tip, TipEvent
from records.tables.tips import TipEventKind

MAX_AT_ONCE: Final = 100


async def assignable(actor: Actor, tip: Tip) -> list[Staff]:
    """The staff to whom `actor` may give `tip`, by name; nobody where they may not."""
    return await staff_with(WORK, tip.area_id) if can_assign(actor, tip) else []


async def assign(tip_id: UUID, *, expected_version: int, assignee: UUID | None, by: Actor) -> Tip:
    """The tip, in the hands of the staff member `assignee`, who must work where the tip is."""
    rows, action = visible_to(by), Right.TIPS_ASSIGN
    async with change_row(NOUN, rows, tip_id, expected_version, action, by=by) as change:
        row = change.row
        check_version(row, expected_version)
        change.require(
            row.status not in FINAL, _("The tip cannot change to that status from its current one.")
        )
        member = await staff_with(WORK, row.area_id).get_or_none(id=assignee) if assignee else None
        if member is None:
            raise ValidationFailed.of(
                "assignee", "Choose a person who works in that area.", ProblemCode.INCONSISTENT
            )
        if row.assignee_id != assignee:
            await change.save(assignee_id=assignee)
            await add_event(row, TipEventKind.ASSIGNED, by=by, note=member.name)
        return row


async def take_on(tip_id: UUID, *, expected_version: int, by: Actor) -> Tip:
    """The tip, assigned to the actor and being verified."""
    check_right(by, Right.TIPS_ASSIGN)
    check_right(by, VERIFY.right)
    async with transaction():
        row = await assign(tip_id, expected_version=expected_version, assignee=by.id, by=by)
        return await start_verifying(tip_id, expected_version=row.version, by=by)


async def assign_all(versions: Mapping[UUID, int], *, assignee: UUID, by: Actor) -> None:
    """Assigns each tip, seen at its version, to the same person: all of them or none."""
    check_right(by, Right.TIPS_ASSIGN)
    _check_number(versions)
    async with transaction():
        for tip_id in sorted(versions):
            await assign(tip_id, expected_version=versions[tip_id], assignee=assignee, by=by)


async def add_note(tip_id: UUID, note: str, *, by: Actor) -> TipEvent:
    """A note in the timeline of the tip."""
    check_right(by, Right.TIPS_NOTE)
    note = checked_text("note", note, replace(NOTE, required=True))
    async with transaction():
        return await _note(await load(tip_id, by), note, by)


async def note_all(versions: Mapping[UUID, int], note: str, *, by: Actor) -> None:
    """Adds the same note to each tip, seen at its version: to all of them or none."""
    check_right(by, Right.TIPS_NOTE)
    _check_number(versions)
    note = checked_text("note", note, replace(NOTE, required=True))
    async with transaction():
        for tip_id in sorted(versions):
            row = await load(tip_id, by)
            check_version(row, versions[tip_id])
            await _note(row, note, by)


def can_take_on(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may assign `tip` to themselves and verify it: one that is not theirs yet."""
    return can_assign(actor, tip) and VERIFY.can(actor, tip) and tip.assignee_id != actor.id


def _check_number(versions: Mapping[UUID, int]) -> None:
    check = Validator()
    if not versions:
        check.add("tip", "Choose at least one tip.", ProblemCode.REQUIRED)
    if len(versions) > MAX_AT_ONCE:
        check.add("tip", "Choose at most {most} tips.", ProblemCode.TOO_MANY, most=MAX_AT_ONCE)
    check.raise_if_invalid()


async def _note(row: Tip, note: str, by: Actor) -> TipEvent:
    event = await add_event(row, TipEventKind.NOTED, by=by, note=note)
    # The note itself stays in the timeline: the audit says that there was one.
    audit_values = {"event": event.kind.value, "event_id": str(event.id)}
    await record_change(NOUN, row, by=by, action=Right.TIPS_NOTE, before={}, after=audit_values)
    return event
