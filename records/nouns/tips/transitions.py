"""Taking a tip from one status to another, and putting off its deadline.

Each raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict` to say no.
"""

from collections.abc import Sequence
from uuid import UUID

from records.changes.rows import change_row
from records.changes.unit_of_work import transaction
from records.core.actor import Actor
from records.core.dates import extended_deadline, now
from records.core.declarations.nouns import Transition
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.core.validation import checked_text
from records.nouns.tips.drafts import NOTE, REASON, OutcomeDraft, check_outcomes
from records.nouns.tips.noun import NOUN, visible_to
from records.nouns.tips.outcome_reports import add_outcomes
from records.nouns.tips.status import ACT, CLOSE, FINAL, REJECT, REOPEN, VERIFY, extendable
from records.nouns.tips.timeline import add_event
from records.tables import Tip
from records.tables.tips import TipEventKind, TipStatus


async def start_verifying(tip_id: UUID, *, expected_version: int, by: Actor) -> Tip:
    """The tip, being verified; this is the first response where there was none."""
    return await move(tip_id, VERIFY, TipEventKind.VERIFYING, expected_version=expected_version, by=by)


async def start_action(tip_id: UUID, *, expected_version: int, note: str, by: Actor) -> Tip:
    """The tip, found true enough to act on."""
    note = checked_text("note", note, NOTE)
    return await move(tip_id, ACT, TipEventKind.ACTING, expected_version=expected_version, note=note, by=by)


async def close(
    tip_id: UUID, *, expected_version: int, outcomes: Sequence[OutcomeDraft], note: str = "", by: Actor
) -> Tip:
    """The tip, closed with at least one outcome."""
    note = checked_text("note", note, NOTE)
    check_outcomes(outcomes)
    async with transaction():
        row = await move(
            tip_id, CLOSE, TipEventKind.CLOSED, expected_version=expected_version, note=note, by=by
        )
        await add_outcomes(row, outcomes)
        return row


async def reject(tip_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Tip:
    """The tip, turned down with a reason."""
    note = checked_text("reason", reason, REASON)
    return await move(
        tip_id, REJECT, TipEventKind.REJECTED, expected_version=expected_version, note=note, by=by
    )


async def reopen(tip_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Tip:
    """The tip, being verified again; its earlier outcomes stay in its timeline."""
    note = checked_text("reason", reason, REASON)
    return await move(
        tip_id, REOPEN, TipEventKind.REOPENED, expected_version=expected_version, note=note, by=by
    )


async def extend(tip_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Tip:
    """The formal tip, with its deadline put off once to two months after it came in."""
    rows, action = visible_to(by), Right.TIPS_EXTEND
    async with change_row(NOUN, rows, tip_id, expected_version, action, by=by) as change:
        note = checked_text("reason", reason, REASON)
        change.require(extendable(change.row), _("This deadline cannot be extended."))
        row = await change.save(motive=note, due_at=extended_deadline(change.row.received_at), extended=True)
        await add_event(row, TipEventKind.EXTENDED, by=by, note=note)
        return row


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
    rows, right = visible_to(by), transition.right
    async with change_row(NOUN, rows, tip_id, expected_version, right, by=by) as change:
        row, moment, to = change.row, now(), transition.target
        change.require(
            row.status in transition.sources, _("The tip cannot change to that status from its current one.")
        )
        came_from = row.status
        await change.save(
            motive=note,
            status=to,
            first_response_at=row.first_response_at or moment,
            closed_at=moment if to in FINAL else None,
            duplicate_of_id=duplicate_of_id,
        )
        await add_event(row, kind, by=by, came_from=came_from, to=to, note=note)
        return row
