"""The groups that have no review for a year, each with the way to make it."""

from dataclasses import replace
from typing import Any, Final

from admin.kit.forms.fields import Choice
from admin.kit.nouns.filters import Filter
from admin.kit.nouns.lists import Sort
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.tables import Cell, Column
from admin.kit.request import PageRequest
from admin.nouns.reviews.years import choices, read_year, requested_year
from records.core.dates import today
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import groups, reviews
from records.tables import Group

_PAST_YEARS: Final = 3


async def _past_years(_request: PageRequest) -> list[Choice]:
    this = today().year
    return choices(set(range(this - _PAST_YEARS, this)))


def _review(request: PageRequest, row: Group) -> Cell:
    if not has_right(request.actor, Right.REVIEWS_RECORD):
        return Cell(None)
    return Cell(request._("Review"), href=f"/admin/groups/{row.id}/review?year={requested_year(request)}")


PAGES: Final = Pages[Group, Any](
    noun=replace(
        groups.NOUN,
        plural=_("Groups without a review"),
        visible_to=lambda actor: reviews.due(actor, today().year),
    ),
    path="/admin/reviews/due",
    record_path="/admin/groups",
    columns=("area_id", "households", Column(_("Review of a group"), _review)),
    filters=(
        Filter(
            name="year",
            label=_("Year"),
            kind="choices",
            read=read_year,
            source=reviews.due,
            choices=_past_years,
            none=_("This year"),
        ),
        "area_id",
    ),
    sorts=(
        Sort("name", _("Name A to Z"), "name_key"),
        Sort("name-back", _("Name Z to A"), "name_key", descending=True),
    ),
    search=_("Code or name"),
    empty=_("Every group here is reviewed."),
)
