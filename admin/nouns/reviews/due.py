"""The groups that have no review for a year, each with the way to make it."""

from typing import Final

from admin.kit.nouns.filters import year_filter
from admin.kit.nouns.tables import Cell, Column
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.activities.lacking import lacking_index
from admin.nouns.reviews.years import requested_year
from records.core.dates import today
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import reviews
from records.tables import Group

_PAST_YEARS: Final = 3


async def _past_years(_request: PageRequest) -> range:
    return range(today().year - _PAST_YEARS, today().year)


def _review(request: PageRequest, row: Group) -> Cell:
    if not has_right(request.actor, Right.REVIEWS_RECORD):
        return Cell(None)
    href = f"/admin/groups/{row.id}/review?year={requested_year(request)}"
    return Cell(request._("Review"), href=href, tone="button")


INDEX: Final = lacking_index(
    "/admin/reviews/due",
    title=_("Groups without a review"),
    rows=lambda actor: reviews.due(actor, today().year),
    period=year_filter(_("Year"), source=reviews.due, years=_past_years, none=_("This year")),
    column=Column(_("Review of a group"), _review),
    empty=_("Every group here is reviewed."),
)

ROUTES: Final = page_at(INDEX.path, get=INDEX.index)
