"""Scorecards: the list, and one with its criteria."""

from typing import Any, Final

from starlette.responses import Response

from admin.kit.nouns.lists import NEWEST, OLDEST
from admin.kit.nouns.pages import Pages
from admin.kit.request import PageRequest
from admin.nouns.reviews.scoring import Score
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns.reviews import scorecards
from records.tables import Scorecard

PATH: Final = f"/admin/{scorecards.NOUN.path}"
# What the scale shows.
_SHOWN: Final = frozenset({"name", "excellent_from", "good_from", "fair_from"})


async def show(request: PageRequest) -> Response:
    """One scorecard with its criteria."""
    card = await PAGES.find(request)
    return await PAGES.record(
        request,
        card,
        "nouns/reviews/scorecards/show.html",
        without=_SHOWN,
        score=Score(card, await scorecards.criteria_of(card.id), {}),
        used=await scorecards.is_used(card.id),
        may_manage=await scorecards.can_manage(request.actor, card),
    )


PAGES: Final = Pages[Scorecard, Any](
    noun=scorecards.NOUN,
    path=PATH,
    columns=("province_id", "year_from"),
    filters=(),
    sorts=(NEWEST, OLDEST),
    adding=(_("Add a scorecard"), Right.SCORECARDS_MANAGE),
    empty=_("There are no scorecards yet."),
    show=show,
)
