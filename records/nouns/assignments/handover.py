"""Handover: everything that one person looks after goes to another in one step, or nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas.assignees import staff_in
from records.changes.locks import advisory_lock
from records.changes.unit_of_work import transaction
from records.core.actor import Actor, Role
from records.core.errors import Conflict, NotFound, ProblemCode, ValidationFailed
from records.core.identifiers.ids import digest_of
from records.core.language import gettext_noop as _
from records.core.rights import ROLE_RIGHTS, Right, check_right, has_right
from records.nouns import groups, tips
from records.nouns.assignments.assigning import end, replace
from records.nouns.assignments.noun import OFFICERS, ROLES, current, visible_to
from records.tables import AreaReach, Assignment, Staff, StaffArea, Tip

_TIP_ROLES: Final = frozenset(role for role in Role if tips.WORK in ROLE_RIGHTS[role])


@dataclass(frozen=True)
class Workload:
    """What a person looks after where the actor works: areas and groups by assignment, and open tips."""

    person: Staff
    areas: Sequence[Assignment]
    groups: Sequence[Assignment]
    tips: Sequence[Tip]

    @property
    def needs(self) -> list[tuple[UUID | None, frozenset[Role]]]:
        """For each thing the area and the roles of those who can take it over."""
        assigned = [(one.lies_in, ROLES[one.kind]) for one in self.assignments]
        return [*assigned, *((tip.area_id, _TIP_ROLES) for tip in self.tips)]

    @property
    def assignments(self) -> list[Assignment]:
        """The assignments, to areas and to groups."""
        return [*self.areas, *self.groups]

    @property
    def digest(self) -> str:
        """What stands for exactly these assignments and tips."""
        return digest_of(one.id for one in (*self.assignments, *self.tips))


def people(actor: Actor) -> QuerySet[Staff]:
    """Those who look after something that `actor` may hand over, by name. Raises `PermissionDenied`."""
    check_right(actor, Right.ASSIGNMENTS_HAND_OVER)
    assigned = _assignments(actor).filter(staff_id__isnull=False)
    held = Q(id__in=Subquery(assigned.values("staff_id")))
    if has_right(actor, Right.TIPS_ASSIGN):
        working = tips.unfinished(tips.visible_to(actor)).filter(assignee_id__isnull=False)
        held |= Q(id__in=Subquery(working.values("assignee_id")))
    return Staff.filter(held).order_by("name_key", "id")


async def workload_of(person_id: UUID, *, by: Actor) -> Workload:
    """What a person looks after. Raises `PermissionDenied` or `NotFound`."""
    person = await people(by).get_or_none(id=person_id)
    if person is None:
        raise NotFound("This person looks after nothing in your areas.")
    held = await _assignments(by).filter(staff_id=person_id).prefetch_related("area", "group").order_by("id")
    working: list[Tip] = []
    if has_right(by, Right.TIPS_ASSIGN):
        working = await tips.unfinished(tips.visible_to(by)).filter(assignee_id=person_id).order_by("id")
    return Workload(
        person, [one for one in held if one.area_id], [one for one in held if one.group_id], working
    )


def successors(workload: Workload) -> QuerySet[Staff]:
    """Those who could take over at least a part of it, by name."""
    areas = {area for area, _roles in workload.needs if area}
    roles = frozenset[Role]().union(*(roles for _area, roles in workload.needs))
    return staff_in(areas, roles).exclude(id=workload.person.id)


async def not_takeable(workload: Workload, successor: Staff) -> int:
    """How many of the things `successor` cannot take over: they lie elsewhere, or need another role."""
    areas = StaffArea.filter(staff_id=successor.id).values("area_id")
    lying = AreaReach.filter(
        ancestor_id__in=Subquery(areas), area_id__in=[area for area, _roles in workload.needs]
    )
    reached = set(await lying.values_list("area_id", flat=True))
    return sum(area not in reached or successor.role not in roles for area, roles in workload.needs)


async def hand_over(person_id: UUID, *, to: UUID, on: date, expected_digest: str, by: Actor) -> Workload:
    """What a person looked after until now, and `to` does from `on`; the tips from this moment.

    `expected_digest` is that of the workload that was shown before.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`; nothing has moved then.
    """
    check_right(by, Right.ASSIGNMENTS_HAND_OVER)
    async with transaction():
        # Two handovers crosswise would each end what the other counts on.
        await advisory_lock("handover")
        workload = await workload_of(person_id, by=by)
        successor = await successors(workload).get_or_none(id=to)
        if successor is None:
            raise ValidationFailed.of("to", "Choose a person from the list.", ProblemCode.NOT_FOUND)
        if left := await not_takeable(workload, successor):
            text = _("{count} of these would be left: this person does not work there, or has another role.")
            raise ValidationFailed.of("to", text, ProblemCode.INCONSISTENT, count=left)
        if workload.digest != expected_digest:
            raise Conflict("What this person looks after has changed. Check the new preview.")
        for row in workload.assignments:
            await _pass_on(row, successor, on, by)
        for tip in workload.tips:
            await tips.assign(tip.id, expected_version=tip.version, assignee=to, by=by)
        return workload


async def _pass_on(row: Assignment, successor: Staff, on: date, by: Actor) -> None:
    """Ends an assignment in favour of `successor`, who may have it already; a closed group needs nobody."""
    same = current(visible_to(by)).filter(
        kind=row.kind, area_id=row.area_id, group_id=row.group_id, staff_id=successor.id
    )
    closed = row.group is not None and row.group.status not in groups.OPEN
    if closed or await same.select_for_update(no_key=True).first():
        await end(row.id, expected_version=row.version, on=on, by=by)
    else:
        await replace(row.id, expected_version=row.version, staff=successor.id, officer_name="", on=on, by=by)


def _assignments(actor: Actor) -> QuerySet[Assignment]:
    """The current assignments that `actor` may hand over."""
    rows = current(visible_to(actor))
    officers = has_right(actor, Right.ASSIGNMENTS_OFFICERS)
    return rows if officers else rows.filter(kind__not_in=list(OFFICERS))
