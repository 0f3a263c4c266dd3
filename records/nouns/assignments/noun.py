"""Assignments: the declaration of the noun, who may see which, and what nobody looks after."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas import areas
from records.areas.scope import areas_within, check_area, within
from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Noun
from records.core.errors import ProblemCode
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, Validator
from records.nouns import groups
from records.tables import Area, AreaReach, Assignment, Group, Staff
from records.tables.areas import AreaKind
from records.tables.groups import AssignmentKind

OFFICERS: Final = (AssignmentKind.AREA_OFFICER, AssignmentKind.HAMLET_OFFICER)
_POLICE: Final = frozenset({Role.OFFICER, Role.COMMANDER})
ROLES: Final[Mapping[AssignmentKind, frozenset[Role]]] = {
    AssignmentKind.AREA_OFFICER: _POLICE,
    AssignmentKind.HAMLET_OFFICER: _POLICE,
    AssignmentKind.FRONT_CONTACT: frozenset({Role.FRONT}),
}
"""The roles of those who can be assigned in each capacity."""

_CURRENT: Final = Q(ends_on__isnull=True, deleted_at__isnull=True)


@dataclass(frozen=True)
class AssignmentDraft(Draft):
    """The values of an assignment as entered: of a person, with an account or not, to an area or a group."""

    kind: Annotated[
        AssignmentKind,
        Field(
            _("Capacity"),
            constraints={"assignments_one_officer_key": _("There already is an area officer here.")},
        ),
    ]
    starts_on: Annotated[date, Field(_("Since"), past=True)]
    staff_id: Annotated[UUID | None, Field(_("Person in charge"), Staff)] = None
    officer_name: Annotated[str, Field(_("Name of a person without an account"), max_length=120)] = ""
    area_id: Annotated[UUID | None, Field(_("Area"), Area)] = None
    group_id: Annotated[UUID | None, Field(_("Group"), Group)] = None

    async def check_rules(self, check: Validator, by: Actor, before: Assignment | None) -> None:
        # Who is assigned next, after `before`, is so in the same place.
        if before is None and check.is_valid("area", "group"):
            await self._check_place(check, by)
        if check.is_valid("staff", "officer_name"):
            self._check_person(check)

    async def _check_place(self, check: Validator, by: Actor) -> None:
        if self.area_id is not None and self.group_id is not None:
            check.add("group", "Leave either the area or the group empty.", ProblemCode.INCONSISTENT)
        elif self.area_id is not None:
            await check_area(check, by, self.area_id)
            kinds = [AreaKind.COMMUNE, AreaKind.HAMLET]
            if not await areas.areas_on(today()).filter(id=self.area_id, kind__in=kinds).exists():
                check.add("area", "Choose a commune or a hamlet.", ProblemCode.NOT_FOUND)
        elif self.group_id is None:
            check.add("area", "Enter an area or a group.", ProblemCode.REQUIRED)

    def _check_person(self, check: Validator) -> None:
        if self.staff_id is None and not self.officer_name.strip():
            check.add("staff", "Choose a person, or enter a name.", ProblemCode.REQUIRED)
        elif self.staff_id is not None and self.officer_name.strip():
            check.add("officer_name", "Leave the name empty if a person is chosen.", ProblemCode.INCONSISTENT)


def visible_to(actor: Actor) -> QuerySet[Assignment]:
    """The assignments, past and present, to areas and groups of the actor's. Raises `PermissionDenied`."""
    check_right(actor, Right.ASSIGNMENTS_READ)
    rows = Assignment.filter(deleted_at__isnull=True)
    if actor.areas is None:
        return rows
    there = Group.filter(within(actor), deleted_at__isnull=True).values("id")
    return rows.filter(within(actor) | Q(group_id__in=Subquery(there)))


NOUN: Final = Noun(
    name="assignment",
    label=_("Assignment"),
    plural=_("Assignments"),
    table=Assignment,
    right=Right.ASSIGNMENTS_READ,
    visible_to=visible_to,
    draft=AssignmentDraft,
    fields={**fields_of(AssignmentDraft), "ends_on": Field(_("Ended on"), Kind.DAY)},
    path="assignments",
    title=("holder", "kind"),
    missing=_("There is no such assignment."),
)


def can_manage(actor: Actor, kind: AssignmentKind) -> bool:
    """Whether `actor` may assign people in this capacity, and end that."""
    return has_right(actor, Right.ASSIGNMENTS_MANAGE) and (
        kind not in OFFICERS or has_right(actor, Right.ASSIGNMENTS_OFFICERS)
    )


def current(rows: QuerySet[Assignment]) -> QuerySet[Assignment]:
    """Those of `rows` that have not ended."""
    return rows.filter(_CURRENT)


async def in_charge_of(group: Group, *, by: Actor) -> list[Assignment]:
    """Who looks after a group that `by` sees: by an assignment of its own, else by one to its area.

    The nearest come first. Raises `PermissionDenied`.
    """
    check_right(by, Right.ASSIGNMENTS_READ)
    own = await Assignment.filter(_CURRENT, group_id=group.id).prefetch_related("staff").order_by("starts_on")
    assigned = {one.kind in OFFICERS for one in own}
    around = (await of_areas([group.area_id])).get(group.area_id, [])
    return [*own, *(one for one in around if (one.kind in OFFICERS) not in assigned)]


async def of_areas(area_ids: Collection[UUID]) -> dict[UUID, list[Assignment]]:
    """Who looks after each of these areas by an assignment to it or to one around it, the nearest first."""
    pairs = AreaReach.filter(area_id__in=list(area_ids)).values_list("area_id", "ancestor_id")
    above = await pairs
    rows = Assignment.filter(_CURRENT, area_id__in=list({ancestor for _area, ancestor in above}))
    held = await rows.prefetch_related("staff", "area").order_by("starts_on", "id")
    reached = set(above)
    return {
        area: sorted(
            (one for one in held if (area, one.area_id) in reached), key=lambda one: one.area_id != area
        )
        for area in area_ids
    }


def hamlets(actor: Actor) -> QuerySet[Area]:
    """Today's hamlets in the actor's areas. Raises `PermissionDenied`."""
    check_right(actor, Right.ASSIGNMENTS_READ)
    return areas.areas_on(today()).filter(areas_within(actor), kind=AreaKind.HAMLET)


def is_vacant_hamlet(actor: Actor) -> Q:
    """The condition that an area has no officer. Raises `PermissionDenied`."""
    check_right(actor, Right.ASSIGNMENTS_READ)
    return Q(id__not_in=_covered_areas())


def is_vacant_group(actor: Actor) -> Q:
    """The condition that a group is open, and neither it nor its area has an officer.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.ASSIGNMENTS_READ)
    return Q(
        status__in=list(groups.OPEN),
        id__not_in=Subquery(_held().filter(group_id__isnull=False).values("group_id")),
        area_id__not_in=_covered_areas(),
    )


def _held() -> QuerySet[Assignment]:
    """The current assignments of officers, but for those whose account was deactivated."""
    active = Staff.filter(active=True, deleted_at__isnull=True).values("id")
    return Assignment.filter(
        _CURRENT, Q(staff_id__isnull=True) | Q(staff_id__in=Subquery(active)), kind__in=list(OFFICERS)
    )


def _covered_areas() -> Subquery:
    """The areas that lie in one with an officer."""
    there = _held().filter(area_id__isnull=False).values("area_id")
    return Subquery(AreaReach.filter(ancestor_id__in=Subquery(there)).values("area_id"))
