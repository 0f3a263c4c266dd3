"""The groups that have not met in a quarter, each with the way to record the meeting."""

from datetime import date
from typing import Final

from admin.kit.forms.fields import Choice, Form, parse_day
from admin.kit.nouns.filters import Filter
from admin.kit.nouns.tables import Cell, Column
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.activities.lacking import lacking_index
from admin.nouns.activities.quarters import quarter_name, record_text
from records.core.dates import add_months, today
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import activities
from records.nouns.activities import quarter_of
from records.tables import Group

_PAST_QUARTERS: Final = 8


async def _read_quarter(_request: PageRequest, form: Form) -> date | None:
    return form.day("quarter")


async def _past_quarters(request: PageRequest) -> list[Choice]:
    start, _end = quarter_of(today())
    days = [add_months(start, -3 * back) for back in range(1, _PAST_QUARTERS + 1)]
    return [Choice(day.isoformat(), quarter_name(request, day)) for day in days]


def _record(request: PageRequest, row: Group) -> Cell:
    if not has_right(request.actor, Right.ACTIVITIES_RECORD):
        return Cell(None)
    day = parse_day(request.http_request.query_params.get("quarter", "")) or today()
    href = f"/admin/groups/{row.id}/meeting?quarter={quarter_of(day)[0]}"
    return Cell(record_text(request, day), href=href, tone="button")


INDEX: Final = lacking_index(
    "/admin/activities/missing",
    title=_("Groups without a meeting"),
    rows=lambda actor: activities.missing(actor, today()),
    period=Filter(
        name="quarter",
        label=_("Quarter"),
        kind="choices",
        read=_read_quarter,
        source=activities.missing,
        choices=_past_quarters,
        none=_("This quarter"),
    ),
    column=Column(_("Quarterly meeting"), _record),
    template="nouns/activities/missing.html",
    empty=_("Every group here has met."),
)

ROUTES: Final = page_at(INDEX.path, get=INDEX.index)
