"""Members of all groups that a person may see, found by name."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from tortoise.expressions import Subquery

from admin.kit.nouns.filters import Rows, field_filter, tick_filter
from admin.kit.nouns.index import Index
from admin.kit.nouns.lists import Sort
from admin.kit.nouns.tables import Cell, Column
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from records.areas.scope import in_areas
from records.core.declarations.fields import Field
from records.core.language import gettext_noop as _
from records.core.search import filter_by_search, rank_by_accents
from records.nouns import groups
from records.nouns.members import NOUN
from records.tables import Area, Member

_COLUMNS: Final[Sequence[Column[Member]]] = (
    Column(NOUN.fields["name"].label, lambda _request, row: Cell(row.name, href=f"/admin/members/{row.id}")),
    Column(NOUN.fields["role"].label, lambda _request, row: row.role),
    Column(
        NOUN.fields["group_id"].label,
        lambda _request, row: Cell(row.group.name, href=f"/admin/groups/{row.group_id}"),
    ),
    Column(NOUN.fields["joined_on"].label, lambda _request, row: row.joined_on),
    Column(NOUN.fields["left_on"].label, lambda _request, row: row.left_on),
)


async def _columns(_request: PageRequest, _rows: Sequence[Member]) -> Sequence[Column[Member]]:
    return _COLUMNS


async def _match(_request: PageRequest, rows: Rows, text: str) -> Rows:
    """Those of the name, ranked: its exact accents come first."""
    return rank_by_accents(filter_by_search(rows, text), text)


def _in_area(request: PageRequest, rows: Rows, area: Any) -> Rows:
    return rows.filter(
        group_id__in=Subquery(groups.visible_to(request.actor).filter(in_areas([area])).values("id"))
    )


INDEX: Final = Index[Any](
    noun=NOUN,
    path=f"/admin/{NOUN.path}",
    columns=_columns,
    references=("group",),
    filters=(
        "role",
        "group_id",
        replace(field_filter("area_id", Field(_("Area"), Area)), apply=_in_area),
        tick_filter(
            "current", _("Current members"), lambda _request, rows: rows.filter(left_on__isnull=True)
        ),
    ),
    sorts=(Sort("name", _("Name A to Z"), "rank", in_database=True),),
    search=_("Full name"),
    match=_match,
    empty=_("No members match these filters."),
)

ROUTES: Final = page_at(INDEX.path, get=INDEX.index)
