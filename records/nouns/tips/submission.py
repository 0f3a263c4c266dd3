"""What may be done with a tip.

Every verb raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict` to say no.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from records.changes.unit_of_work import add_metric_deltas, create, record_change, transaction, update
from records.core.actor import Actor, ActorKind
from records.core.dates import extended_deadline, formal_deadline, to_local_date
from records.core.declarations.fields import max_lengths
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.identifiers.codes import next_code
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.text import normalize_text
from records.core.validation import checked_text
from records.nouns.tips.outcome_reports import add_outcomes
from records.nouns.tips.status import ACT, CLOSE, FINAL, REJECT, REOPEN, VERIFY, extendable
from records.nouns.tips.timeline import NOUN, add_event, load, outcome_cells, staff_in_area
from records.nouns.tips.transitions import move
from records.nouns.tips.validation import NOTE, REASON, OutcomeDraft, TipDraft, check_outcomes, validate
from records.tables import Tip, TipEvent, TipOutcome
from records.tables.tips import LegalKind, TipEventKind, TipStatus

_LONGEST_REFERENCE: Final = max_lengths(TipDraft)["external_ref"]


class ExternalRefReused(Conflict):
    """The partner gave its reference to another tip."""

    code = message_code = ProblemCode.EXTERNAL_REF_REUSED


async def submit(draft: TipDraft, *, request: bytes = b"", by: Actor) -> Tip:
    """A new tip, or the one that a partner's same `request` with the same `external_ref` made.

    Raises `PermissionDenied`, `ValidationFailed`, or `ExternalRefReused` for another request.
    """
    check_right(by, Right.TIPS_SUBMIT)
    partner_id = by.id if by.kind is ActorKind.PARTNER else None
    sha256 = hashlib.sha256(request).hexdigest()
    if known := await _find_submitted(partner_id, normalize_text(draft.external_ref or ""), sha256):
        return known
    values = await validate(draft, by)
    external_ref: str | None = values["external_ref"]
    if external_ref and partner_id is None:
        raise ValidationFailed.of(
            "external_ref", "Only a partner system may give its own reference.", ProblemCode.INVALID
        )
    try:
        async with transaction():
            row = Tip(
                **values, partner_id=partner_id, folded=NOUN.search_text(values), status=TipStatus.RECEIVED
            )
            row.external_sha256 = sha256 if external_ref else None
            row.code = await next_code("TB", to_local_date(row.received_at).year)
            row.due_at = _deadline(row.legal_kind, row.received_at)
            await create(NOUN, row, by=by, action=Right.TIPS_SUBMIT)
            await add_event(row, TipEventKind.SUBMITTED, by=by, to=TipStatus.RECEIVED)
            return row
    except Conflict:
        # The same reference came twice at once: the other one has stored it.
        if known := await _find_submitted(partner_id, external_ref, sha256):
            return known
        raise


async def edit(tip_id: UUID, draft: TipDraft, *, expected_version: int, motive: str = "", by: Actor) -> Tip:
    """The tip, put right. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    check_right(by, Right.TIPS_EDIT)
    async with transaction():
        row = await load(tip_id, by)
        values = await validate(draft, by, before=row)
        del values["external_ref"]
        values["folded"] = NOUN.search_text(values)
        if draft.received_at is None:
            values["received_at"] = row.received_at
        if (values["legal_kind"], values["received_at"]) != (row.legal_kind, row.received_at):
            values["due_at"] = _deadline(values["legal_kind"], values["received_at"], extended=row.extended)
        area_before = row.area_id
        await update(
            NOUN,
            row,
            expected_version=expected_version,
            by=by,
            action=Right.TIPS_EDIT,
            motive=motive,
            **values,
        )
        if row.area_id != area_before:
            outcomes = await TipOutcome.filter(tip_id=row.id)
            moved = outcome_cells(row.area_id, outcomes)
            moved.subtract(outcome_cells(area_before, outcomes))
            await add_metric_deltas(moved)
        if row.version != expected_version:
            await add_event(row, TipEventKind.EDITED, by=by)
        return row


async def start_verifying(tip_id: UUID, *, expected_version: int, by: Actor) -> Tip:
    """The tip, being verified; this is the first response where there was none."""
    return await move(tip_id, VERIFY, TipEventKind.VERIFYING, expected_version=expected_version, by=by)


async def start_action(tip_id: UUID, *, expected_version: int, note: str, by: Actor) -> Tip:
    """The tip, found true enough to act on."""
    note = checked_text("note", note, NOTE)
    return await move(tip_id, ACT, TipEventKind.ACTING, expected_version=expected_version, note=note, by=by)


async def assign(tip_id: UUID, *, expected_version: int, to: UUID, by: Actor) -> Tip:
    """The tip, in the hands of the staff member `to`, who must work where the tip is."""
    check_right(by, Right.TIPS_ASSIGN)
    async with transaction():
        row = await load(tip_id, by)
        if row.version == expected_version and row.status in FINAL:
            raise Conflict("The tip cannot change to that status from its current one.")
        assignee = next((staff for staff in await staff_in_area(row.area_id) if staff.id == to), None)
        if assignee is None:
            raise ValidationFailed.of(
                "assignee", "Choose a person who works in that area.", ProblemCode.INCONSISTENT
            )
        if row.assignee_id == to:
            return row
        await update(
            NOUN, row, expected_version=expected_version, by=by, action=Right.TIPS_ASSIGN, assignee_id=to
        )
        await add_event(row, TipEventKind.ASSIGNED, by=by, note=assignee.name)
        return row


async def add_note(tip_id: UUID, text: str, *, by: Actor) -> TipEvent:
    """A note in the timeline of the tip."""
    check_right(by, Right.TIPS_NOTE)
    note = checked_text("note", text, replace(NOTE, required=True))
    async with transaction():
        row = await load(tip_id, by)
        event = await add_event(row, TipEventKind.NOTED, by=by, note=note)
        # The note itself stays in the timeline: the audit says that there was one.
        audit_values = {"event": event.kind.value, "event_id": str(event.id)}
        await record_change(NOUN, row, by=by, action=Right.TIPS_NOTE, before={}, after=audit_values)
        return event


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
    check_right(by, Right.TIPS_EXTEND)
    note = checked_text("reason", reason, REASON)
    async with transaction():
        row = await load(tip_id, by)
        if row.version == expected_version and not extendable(row):
            raise Conflict("This deadline cannot be extended.")
        due_at, action = extended_deadline(row.received_at), Right.TIPS_EXTEND
        await update(
            NOUN,
            row,
            expected_version=expected_version,
            by=by,
            action=action,
            motive=note,
            due_at=due_at,
            extended=True,
        )
        await add_event(row, TipEventKind.EXTENDED, by=by, note=note)
        return row


async def _find_submitted(partner_id: UUID | None, external_ref: str | None, sha256: str) -> Tip | None:
    """The tip that has this reference of the partner. Raises `ExternalRefReused` for another request."""
    if partner_id is None or not external_ref or len(external_ref) > _LONGEST_REFERENCE:
        return None
    known = await Tip.get_or_none(partner_id=partner_id, external_ref=external_ref)
    if known is not None and known.external_sha256 != sha256:
        raise ExternalRefReused(_("This reference was already used for another tip. Use a new one."))
    return known


def _deadline(kind: LegalKind, received_at: datetime, *, extended: bool = False) -> datetime | None:
    if kind is LegalKind.SOURCE:
        return None
    return extended_deadline(received_at) if extended else formal_deadline(received_at)
