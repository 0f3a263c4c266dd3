"""The frequent questions with their answers, by topic, as everybody may read them."""

from itertools import groupby
from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.nouns.lists import Sort, empty_listing, paginate
from admin.kit.pages import render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.enquiries.actions import PATH
from records.core.errors import ValidationFailed
from records.core.language import gettext_noop as _
from records.core.search import filter_by_search
from records.nouns import enquiries

_SORTS: Final = (Sort("topic", _("Topic"), "topic", in_database=True),)


async def index(request: PageRequest) -> Response:
    """The frequent questions that hold the words of the query."""
    form, status = Form(request.http_request.query_params), 200
    try:
        rows = filter_by_search(enquiries.published(request.actor), form.search_text("q"))
        form.raise_if_invalid()
        listing = await paginate(request, rows, _SORTS[0], _SORTS)
    except ValidationFailed as error:
        form.problems |= error.problems
        listing, status = empty_listing(_SORTS), 422
    return render(
        request,
        "nouns/enquiries/faq.html",
        block="results",
        status=status,
        path=f"{PATH}/faq",
        back=PATH,
        form=form,
        listing=listing,
        topics=[(topic, list(rows)) for topic, rows in groupby(listing.rows, lambda row: row.topic)],
    )


ROUTES: Final = page_at(f"{PATH}/faq", get=index)
