"""Reviews: the campaign of a year with its list, one review with its points and signatures."""

from typing import Any, Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.nouns.filters import state_filter, tick_filter, year_filter
from admin.kit.nouns.lists import CHANGED, NEWEST
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.removal import Removal
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pickers import area_code
from admin.kit.request import PageRequest
from admin.nouns.reviews.actions import ACTIONS, PATH, load
from admin.nouns.reviews.scoring import Score, lines, points_text
from admin.nouns.reviews.years import requested_year
from records.core.dates import today
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import groups, reviews
from records.nouns.reviews import NOUN, ReviewStatus, scorecards
from records.tables import Group, Review

# What the template shows in a way of its own.
_SHOWN: Final = frozenset(
    {"group_id", "year", "total", "review_class", "signed_on", "by_police", "police_signed_on"}
    | {"by_front", "front_signed_on", "scorecard_id"}
)
_TONES: Final = {
    ReviewStatus.SCORING: "verifying",
    ReviewStatus.READY: "waiting",
    ReviewStatus.AWAITING_FRONT: "waiting",
    ReviewStatus.AWAITING_POLICE: "waiting",
    ReviewStatus.SIGNED: "done",
}
_FIRST_CHIPS: Final = 4


async def _years(request: PageRequest) -> range:
    """The years from the first review that one may see to this one."""
    first = await reviews.visible_to(request.actor).order_by("year").first()
    return range(first.year if first else today().year, today().year + 1)


def _status_cell(_request: PageRequest, review: Review) -> Cell:
    status = reviews.status_of(review)
    return Cell(status, status=True, tone=_TONES[status])


def _total_cell(request: PageRequest, review: Review) -> Cell:
    return Cell(points_text(request, review.total))


async def _campaign(request: PageRequest) -> dict[str, Any]:
    """What the page shows besides of a year: how far its reviews have come.

    Nothing of that where the list is narrowed to what has to be done.
    """
    year = requested_year(request)
    latest = list(reversed(await _years(request)))
    narrowed = Form(request.http_request.query_params).has_any("to_sign")
    progress = None if narrowed else await reviews.progress(request.actor, year)
    areas = progress.areas if progress else []
    return {
        "year": year,
        "progress": progress,
        "area_codes": {one.area.id: area_code(one.area) for one in areas if one.area},
        "years": [(str(one), f"{PATH}?year={one}") for one in latest[:_FIRST_CHIPS]],
    }


async def show(request: PageRequest) -> Response:
    """One review; a removed one is shown only to those who may restore it."""
    row = await PAGES.find(request)
    await row.fetch_related("group", "area__parent", "scorecard")
    criteria = await scorecards.criteria_of(row.scorecard_id)
    score = Score(row.scorecard, criteria, await reviews.points_of(row.id))
    known = await reviews.evidence(row.group, row.year, by=request.actor)
    over_the_years = await reviews_of(request, row.group)
    return await PAGES.record(
        request,
        row,
        "nouns/reviews/show.html",
        without=_SHOWN,
        group=await groups.visible_to(request.actor).get_or_none(id=row.group_id),
        state=_status_cell(request, row),
        score=score,
        lines=lines(request, score, known),
        signatures=reviews.signatures_of(row),
        may_change=reviews.can_change(request.actor, row),
        reviews=over_the_years,
        may_review=False,
        earlier=next((one for one in over_the_years if one.year < row.year), None),
    )


async def reviews_of(request: PageRequest, group: Group) -> list[Review]:
    """The reviews of a group over the years, the last first; none for who may not see them."""
    if not has_right(request.actor, Right.REVIEWS_READ):
        return []
    return await reviews.visible_to(request.actor).filter(group_id=group.id).order_by("-year", "id")


PAGES: Final = Pages[Review, Any](
    noun=NOUN,
    path=PATH,
    columns=(
        "year",
        "area_id",
        Column(_("Status"), _status_cell),
        "review_class",
        Column(_("Total points"), _total_cell, number=True),
    ),
    references=("group",),
    filters=(
        year_filter(_("Year"), lambda _request, rows, year: rows.filter(year=year), years=_years),
        state_filter("status", ReviewStatus, reviews.has_status),
        "review_class",
        "area_id",
        tick_filter(
            "to_sign",
            _("Waiting for my signature"),
            lambda request, rows: rows.filter(reviews.awaits_signature(request.actor)),
            can=lambda actor: has_right(actor, Right.REVIEWS_SIGN),
        ),
    ),
    sorts=(CHANGED, NEWEST),
    empty=_("No reviews match these filters."),
    actions=ACTIONS,
    removal=Removal(
        right=Right.REVIEWS_RECORD,
        removed=lambda actor: reviews.visible_to(actor, removed=True),
        remove=reviews.remove,
        restore=reviews.restore,
        can=reviews.can_change,
    ),
    loader=load,
    show=show,
    list_template="nouns/reviews/index.html",
    context=_campaign,
)
