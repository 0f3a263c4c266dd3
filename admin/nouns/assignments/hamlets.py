"""Who looks after each hamlet, and the hamlets that nobody looks after."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from tortoise.expressions import Subquery

from admin.kit.nouns.filters import Rows, field_filter, tick_filter
from admin.kit.nouns.index import Index
from admin.kit.nouns.lists import Sort
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pickers import area_code
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.assignments.pages import CHIPS, HAND_OVER, PATH
from records.core.declarations.fields import Field
from records.core.declarations.nouns import Noun
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import assignments
from records.nouns.assignments import OFFICERS
from records.tables import Area, AreaReach, Assignment
from records.tables.groups import AssignmentKind

_AREA: Final = Field(_("Area"), Area)


async def _columns(_request: PageRequest, rows: Sequence[Area]) -> Sequence[Column[Area]]:
    """The hamlet, its commune, its officer and the Front's contact."""
    held = await assignments.of_areas([row.id for row in rows])

    def first(*kinds: AssignmentKind) -> dict[Any, Assignment]:
        return {area: one for area, all_ in held.items() for one in reversed(all_) if one.kind in kinds}

    return [
        Column(
            _("Hamlet"), lambda _request, row: Cell(row.name, remark=row.code, href=f"/admin/areas/{row.id}")
        ),
        Column(_("Commune"), lambda _request, row: row.parent.name if row.parent else None),
        _holder(_("Officer"), AssignmentKind.AREA_OFFICER, first(*OFFICERS)),
        _holder(
            _("Fatherland Front contact"), AssignmentKind.FRONT_CONTACT, first(AssignmentKind.FRONT_CONTACT)
        ),
    ]


def _holder(label: str, kind: AssignmentKind, held: dict[Any, Assignment]) -> Column[Area]:
    """The column of those who have the assignments `held`, or the link to assign somebody."""

    def cell(request: PageRequest, row: Area) -> Cell:
        if one := held.get(row.id):
            since = request._("since {day}", day=format_date(one.starts_on))
            return Cell(one.holder, remark=since, href=f"{PATH}/{one.id}")
        if not assignments.can_manage(request.actor, kind):
            return Cell(request._("Nobody"), tone="dim")
        href = f"{PATH}/new?area={area_code(row)}&kind={kind.value}"
        return Cell(request._("Assign somebody"), href=href)

    return Column(label, cell)


def _below(_request: PageRequest, rows: Rows, area: Any) -> Rows:
    return rows.filter(id__in=Subquery(AreaReach.filter(ancestor_id=area).values("area_id")))


INDEX: Final = Index[Any](
    noun=Noun(
        name="hamlet",
        label=_("Hamlet"),
        plural=_("Assignments by hamlet"),
        table=Area,
        right=Right.ASSIGNMENTS_READ,
        visible_to=assignments.hamlets,
        fields={"area_id": _AREA},
    ),
    path=f"{PATH}/hamlets",
    columns=_columns,
    references=("parent",),
    filters=(
        tick_filter(
            "vacant",
            _("Without an officer"),
            lambda request, rows: rows.filter(assignments.is_vacant_hamlet(request.actor)),
        ),
        replace(field_filter("area_id", _AREA), apply=_below),
    ),
    sorts=(
        Sort("name", _("Name A to Z"), "name_key"),
        Sort("name-back", _("Name Z to A"), "name_key", descending=True),
    ),
    chips=CHIPS,
    links=(HAND_OVER,),
    search=_("Code or name"),
    empty=_("No hamlets match these filters."),
)

ROUTES: Final = page_at(INDEX.path, get=INDEX.index)
