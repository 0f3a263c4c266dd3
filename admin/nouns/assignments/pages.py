"""Assignments: the list, one assignment with its history, its end and its next holder."""

from dataclasses import replace
from typing import Any, Final

from tortoise.expressions import Q, Subquery

from admin.kit.forms.fields import Choice
from admin.kit.forms.inputs import Input, day_input
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.nouns.filters import Rows, field_filter, tick_filter
from admin.kit.nouns.lists import CHANGED, Sort
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.tables import Cell, Column
from admin.kit.request import PageRequest
from records.areas.assignees import staff_in
from records.areas.scope import in_areas
from records.changes.rows import find
from records.core.actor import Actor
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import assignments, groups
from records.nouns.assignments import NOUN, ROLES
from records.tables import Assignment

PATH: Final = f"/admin/{NOUN.path}"
# Above each list of who looks after what, and what nobody looks after.
CHIPS: Final = (
    (_("All assignments"), PATH),
    (_("By hamlet"), f"{PATH}/hamlets"),
    (_("Hamlets without an officer"), f"{PATH}/hamlets?vacant=1"),
    (_("Groups without an officer"), "/admin/groups?vacant=1"),
)
HAND_OVER: Final = (_("Hand over"), f"{PATH}/handover", Right.ASSIGNMENTS_HAND_OVER)


async def _load(request: PageRequest) -> Assignment:
    row = await find(NOUN, assignments.visible_to(request.actor), request.id)
    await row.fetch_related("staff", "area", "group")
    return row


def _can_change(actor: Actor, row: Assignment) -> bool:
    return row.ends_on is None and assignments.can_manage(actor, row.kind)


async def _successors(_request: PageRequest, row: Assignment) -> list[Choice]:
    """Those who could have the assignment next."""
    people = staff_in([row.lies_in] if row.lies_in else [], ROLES[row.kind])
    return [Choice(str(one.id), one.name) async for one in people if one.id != row.staff_id]


ACTIONS: Final = Actions[Assignment](
    path=PATH,
    load=_load,
    back=lambda row: f"{PATH}/{row.id}",
    actions=(
        Action(
            "replacement",
            Rule(_("Replace"), Right.ASSIGNMENTS_MANAGE, _can_change),
            Verb(assignments.replace),
            explanation=_("This assignment ends, and that of the next person begins on the same day."),
            flash=_("Saved."),
            inputs=(
                Input("staff", _("Person in charge"), kind="choices", required=False, none=_("None")),
                Input("officer_name", _("Name of a person without an account"), required=False),
                day_input(_("Since")),
            ),
            choices=_successors,
        ),
        Action(
            "end",
            Rule(_("End the assignment"), Right.ASSIGNMENTS_MANAGE, _can_change),
            Verb(assignments.end),
            explanation=_("Nobody has this assignment from that day on, until somebody else gets it."),
            flash=_("Saved."),
            inputs=(day_input(_("Ended on")),),
            needs_confirmation=True,
        ),
    ),
)


def _place(_request: PageRequest, row: Assignment) -> Cell:
    if row.group is not None:
        return Cell(row.group.name, href=f"/admin/groups/{row.group_id}")
    return Cell(row.area and row.area.name)


def _in_area(request: PageRequest, rows: Rows, area: Any) -> Rows:
    there = groups.visible_to(request.actor).filter(in_areas([area])).values("id")
    return rows.filter(in_areas([area]) | Q(group_id__in=Subquery(there)))


PAGES: Final = Pages[Assignment, Any](
    noun=replace(NOUN, visible_to=lambda actor: assignments.current(assignments.visible_to(actor))),
    path=PATH,
    columns=(Column(_("Area or group"), _place), "starts_on", "ends_on"),
    references=("staff", "area", "group"),
    filters=(
        tick_filter(
            "ended",
            _("Ended assignments"),
            source=lambda actor: assignments.visible_to(actor).filter(ends_on__isnull=False),
        ),
        "kind",
        replace(field_filter("area_id", NOUN.fields["area_id"]), apply=_in_area),
    ),
    sorts=(
        Sort("latest", _("Latest first"), "starts_on", descending=True),
        Sort("earliest", _("Earliest first"), "starts_on"),
        CHANGED,
    ),
    chips=CHIPS,
    links=(HAND_OVER,),
    adding=(_("Assign somebody"), Right.ASSIGNMENTS_MANAGE),
    empty=_("No assignments match these filters."),
    actions=ACTIONS,
    loader=_load,
)
