"""Indicators: the list, and one with its targets and the form to change what it is called."""

from typing import Final

from starlette.responses import Response

from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.lists import Sort
from admin.kit.nouns.pages import Pages
from admin.kit.request import PageRequest
from admin.nouns.catalogues.indicators.progress import progress_of
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.metrics.disclosure import can_count
from records.nouns.catalogues import indicators
from records.nouns.catalogues.indicators import NOUN, IndicatorDraft
from records.tables import Indicator

_PATH: Final = f"/admin/{NOUN.path}"


async def show(request: PageRequest) -> Response:
    """One indicator, with its targets and how far each is reached."""
    indicator = await PAGES.load(request)
    return await PAGES.record(
        request,
        indicator,
        "nouns/catalogues/indicators/show.html",
        targets=await progress_of(request, indicator),
        may_count=can_count(request.actor, indicator.code),
        may_set=has_right(request.actor, Right.TARGETS_SET),
    )


PAGES: Final = Pages[Indicator, IndicatorDraft](
    noun=NOUN,
    path=_PATH,
    columns=("kind", "source"),
    filters=("source", "kind"),
    sorts=(Sort("code", _("Code A to Z"), "code"),),
    form=DraftForm(
        draft=IndicatorDraft,
        edit=lambda request, row, draft: indicators.edit(
            row.id, draft, expected_version=row.version, by=request.actor
        ),
        can_edit=indicators.can_edit,
        rows=(("name_vi", "name_en"),),
    ),
    show=show,
)
