"""The inbox of tips: what it is searched, filtered and sorted by."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from tortoise.expressions import Q

from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.nouns.filters import Filter, Rows, field_filter, tick_filter
from admin.kit.nouns.lists import Sort
from admin.kit.request import PageRequest
from admin.kit.values import MAX_COUNT
from records.core.dates import midnight, today
from records.core.language import gettext_noop as _
from records.core.search import filter_by_search
from records.nouns import tips
from records.tables.tips import TipStatus

# The status of all that are not final.
OPEN: Final = "OPEN"
# The code of a tip, or its short forms: year and number, or the number alone.
_CODE: Final = re.compile(r"(?:TB-)?(?:(\d{4})-)?(\d{1,6})", re.IGNORECASE)
_FIRST_YEAR: Final = 2000
SORTS: Final = (
    Sort("newest", _("Newest first"), "received_at", descending=True),
    Sort("oldest", _("Oldest first"), "received_at"),
    Sort("changed", _("Recently changed"), "updated_at", descending=True),
    # An index of the open tips has this order: overdue, then due soonest, then those without a deadline.
    Sort("deadline", _("Nearest deadline (open tips)"), "due_at", nullable=True, condition=tips.OPEN),
)
_NEW: Final = "/admin/tips?status=RECEIVED"
_MINE: Final = "/admin/tips?mine=1&status=OPEN&sort=deadline"
_OVERDUE: Final = "/admin/tips?overdue=1&sort=deadline"
CHIPS: Final = (
    (_("New"), _NEW),
    (_("Mine"), _MINE),
    (_("Overdue"), _OVERDUE),
    (_("All"), "/admin/tips"),
)


async def chip_counts(request: PageRequest) -> dict[str, int]:
    """How many tips the chips lead to that are to be worked on."""
    rows = tips.visible_to(request.actor)
    chosen = {
        _NEW: rows.filter(status=TipStatus.RECEIVED),
        _MINE: tips.unfinished(rows).filter(assignee_id=request.actor.id),
        _OVERDUE: tips.overdue(rows),
    }
    return {path: len(await one.limit(MAX_COUNT + 1).values_list("id")) for path, one in chosen.items()}


async def match(request: PageRequest, rows: Rows, text: str) -> Rows:
    """The tip of a code, else those whose words or numbers are in `text`."""
    named = await tips.find(request.actor, text)
    return rows.filter(id=named.id) if named else filter_by_search(rows, text, codes=_parse_codes(text))


def _parse_codes(text: str) -> list[str]:
    """The codes that `text` may mean; a number alone matches every year."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        return []
    years = [int(found[1])] if found[1] else range(_FIRST_YEAR, today().year + 1)
    return [f"TB-{year:04d}-{int(found[2]):06d}" for year in years]


async def _read_status(_request: PageRequest, form: Form) -> str | None:
    return OPEN if form.text("status") == OPEN else form.enum_value("status", TipStatus)


def _with_status(_request: PageRequest, rows: Rows, status: str) -> Rows:
    return tips.unfinished(rows) if status == OPEN else rows.filter(status=status)


async def _statuses(request: PageRequest) -> list[Choice]:
    return [Choice(OPEN, request._("All open tips")), *enum_choices(request, TipStatus)]


def _received(name: str, label: str, condition: Callable[[date], Q]) -> Filter:
    """The filter by the day on which a tip was received."""

    async def read(_request: PageRequest, form: Form) -> Any:
        return form.day(name)

    return Filter(
        name=name,
        label=label,
        kind="line",
        read=read,
        apply=lambda _request, rows, day: rows.filter(condition(day)),
        hint=_("dd/mm/yyyy"),
    )


FILTERS: Final = (
    Filter(
        name="status",
        label=_("Status"),
        kind="choices",
        read=_read_status,
        apply=_with_status,
        choices=_statuses,
    ),
    "category_id",
    "channel",
    "area_id",
    "group_id",
    _received("from", _("Received from"), lambda day: Q(received_at__gte=midnight(day))),
    _received("to", _("Received to"), lambda day: Q(received_at__lt=midnight(day + timedelta(days=1)))),
    tick_filter("mine", _("Assigned to me"), lambda request, rows: rows.filter(assignee_id=request.actor.id)),
    tick_filter("unassigned", _("Assigned to nobody"), lambda _request, rows: tips.unassigned(rows)),
    tick_filter("overdue", _("Overdue"), lambda _request, rows: tips.overdue(rows)),
    tick_filter("soon", _("Due within 3 days"), lambda _request, rows: tips.due_soon(rows)),
    # Only links lead to the tips of another person.
    replace(field_filter("assignee_id", tips.NOUN.fields["assignee_id"]), kind="hidden", choices=None),
)
