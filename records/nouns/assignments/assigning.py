"""Assigning people to hamlets and groups: the beginning of an assignment, its end, and its next holder."""

from datetime import date
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from records.areas.assignees import staff_in
from records.changes.locks import advisory_lock
from records.changes.rows import change_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor
from records.core.dates import now, today
from records.core.errors import ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator, checked
from records.nouns import groups
from records.nouns.assignments.noun import NOUN, OFFICERS, ROLES, AssignmentDraft, visible_to
from records.tables import Area, Assignment
from records.tables.groups import AssignmentKind


async def assign(draft: AssignmentDraft, *, by: Actor) -> Assignment:
    """A new assignment, to an area or an open group.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.ASSIGNMENTS_MANAGE)
    _check_kind(by, draft.kind)
    values = await checked(draft, by)
    async with transaction():
        return await _begin(draft, values, by=by)


async def end(assignment_id: UUID, *, expected_version: int, on: date, by: Actor) -> Assignment:
    """The assignment, whose last day is the one before `on`.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    rows, action = visible_to(by), Right.ASSIGNMENTS_MANAGE
    async with change_row(NOUN, rows, assignment_id, expected_version, action, by=by) as change:
        row = change.row
        _check_kind(by, row.kind)
        change.require(row.ends_on is None, _("This assignment has already ended."))
        if not row.starts_on <= on <= today():
            raise ValidationFailed.of(
                "on", "Enter a date between the start of the assignment and today.", ProblemCode.OUT_OF_RANGE
            )
        await row.fetch_related("group")
        return await change.save(fallback_area_id=row.lies_in, ends_on=on)


async def replace(
    assignment_id: UUID,
    *,
    expected_version: int,
    staff: UUID | None,
    officer_name: str,
    on: date,
    by: Actor,
) -> Assignment:
    """The assignment of somebody else from `on`, the day on which the earlier one ends.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with transaction():
        row = await end(assignment_id, expected_version=expected_version, on=on, by=by)
        place = {"area_id": row.area_id, "group_id": row.group_id}
        draft = AssignmentDraft(row.kind, on, staff_id=staff, officer_name=officer_name, **place)
        return await _begin(draft, await checked(draft, by, row), by=by)


def _check_kind(by: Actor, kind: AssignmentKind) -> None:
    """Raises `PermissionDenied` unless `by` may assign people in this capacity."""
    if kind in OFFICERS:
        check_right(by, Right.ASSIGNMENTS_OFFICERS)


async def _begin(draft: AssignmentDraft, values: dict[str, Any], *, by: Actor) -> Assignment:
    """A new assignment with the checked `values`, in a transaction of the caller's."""
    check = Validator()
    place = {"area_id": draft.area_id, "group_id": draft.group_id}
    group = await groups.check_open(draft.group_id, by) if draft.group_id else None
    area = await Area.get(id=group.area_id if group else draft.area_id)
    since = group.founded_on if group else area.valid_from
    if since is not None and draft.starts_on < since:
        check.add("starts_on", "Enter a date that is not before the beginning.", ProblemCode.INCONSISTENT)
    if draft.staff_id and not await _may_hold(draft.kind, area.id, draft.staff_id):
        check.add(
            "staff",
            "Choose a person who works in that area, with a role that fits the capacity.",
            ProblemCode.INCONSISTENT,
        )
    await advisory_lock("assignment", draft.kind, draft.area_id or draft.group_id)
    await _check_free(check, draft, place, values["officer_name"])
    check.raise_if_invalid()
    row = Assignment(**values, created_at=now())
    return await create(NOUN, row, by=by, action=Right.ASSIGNMENTS_MANAGE, fallback_area_id=area.id)


async def _check_free(
    check: Validator, draft: AssignmentDraft, place: dict[str, UUID | None], name: str
) -> None:
    """Adds a problem where the place has an area officer then, or this person in the same capacity."""
    overlapping = Assignment.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=draft.starts_on),
        kind=draft.kind,
        deleted_at__isnull=True,
        **place,
    )
    if draft.kind is not AssignmentKind.AREA_OFFICER:
        overlapping = overlapping.filter(staff_id=draft.staff_id, officer_name=name)
    if await overlapping.exists():
        text = _("Somebody already has this assignment on that day.")
        check.add("staff", text, ProblemCode.CONFLICT)


async def _may_hold(kind: AssignmentKind, area_id: UUID, staff_id: UUID) -> bool:
    return await staff_in([area_id], ROLES[kind]).filter(id=staff_id).exists()
