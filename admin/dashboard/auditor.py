"""What auditors watch: views of sealed data and refusals by day, who looked most, and what was exported."""

from collections import Counter
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from admin.dashboard.sections import MOST_LINES, Line, Section, percent
from admin.kit.request import PageRequest
from records.core.dates import first_of_days, today
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.registry.audit_counts import DAYS, RevealCount, count_reveals
from records.registry.audit_search import WEEK, AuditQuery, search
from records.tables.privacy import RevealStep

_WEEKDAYS: Final = (
    *(_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday")),
    *(_("Friday"), _("Saturday"), _("Sunday")),
)
_PATH: Final = "/admin/audit"


async def sections(request: PageRequest) -> list[Section]:
    """Who saw what was sealed, and who exported lists."""
    first = first_of_days(DAYS)
    counts = await count_reveals(request.actor, first)
    since = format_date(first)
    return [_week(request, counts), _people(request, counts, since), await _exports(request, since)]


def _week(request: PageRequest, counts: list[RevealCount]) -> Section:
    looked, refused = Counter[date](), Counter[date]()
    for one in counts:
        (looked if one.step is RevealStep.LOOKED else refused)[one.day] += one.entries
    days = [today() - timedelta(days=back) for back in range(WEEK)]
    most = max(looked[day] + refused[day] for day in days)
    return Section(
        request._("Views of sealed data and refusals in {days} days", days=WEEK),
        [
            Line(
                f"{request._(_WEEKDAYS[day.weekday()])}, {day:%d/%m}",
                links=(
                    (request._("Views: {count}", count=looked[day]), _path(day, RevealStep.LOOKED)),
                    (request._("Refused: {count}", count=refused[day]), _path(day, RevealStep.REFUSED)),
                ),
                bar=(
                    ("refused", percent(looked[day] + refused[day], most)),
                    ("signed", percent(looked[day], most)),
                ),
            )
            for day in days
        ],
        (request._("All views of sealed data"), f"{_PATH}?reveal=LOOKED"),
        "",
        legend=(("signed", request._("Viewed")), ("refused", request._("Refused"))),
    )


def _path(day: date, step: RevealStep) -> str:
    """The entries of a day with that step."""
    return f"{_PATH}?reveal={step.value}&from={format_date(day)}&to={format_date(day)}"


def _people(request: PageRequest, counts: list[RevealCount], since: str) -> Section:
    views = Counter[UUID]()
    for one in counts:
        if one.step is RevealStep.LOOKED:
            views[one.actor_id] += one.entries
    names = {one.actor_id: one.name for one in counts}
    most = views.most_common(MOST_LINES)
    return Section(
        request._("Who viewed sealed data most often in {days} days", days=DAYS),
        [
            Line(
                names[actor_id],
                f"{_PATH}?reveal=LOOKED&actor={actor_id}&from={since}",
                number=request._("Views: {count}", count=number),
                bar=(("signed", percent(number, most[0][1])),),
            )
            for actor_id, number in most
        ],
        (request._("All views of sealed data"), f"{_PATH}?reveal=LOOKED&from={since}"),
        request._("Nobody viewed sealed data in {days} days.", days=DAYS),
    )


async def _exports(request: PageRequest, since: str) -> Section:
    query = AuditQuery(action=Right.EXPORTS_RUN.value, first=first_of_days(DAYS))
    rows = await search(request.actor, query).order_by("-at", "-id").limit(MOST_LINES)
    return Section(
        request._("Exports in {days} days", days=DAYS),
        [
            Line(
                row.actor_name,
                f"{_PATH}?row={row.row_id}",
                str((row.after or {}).get("root", "")),
                at=row.at,
            )
            for row in rows
        ],
        (request._("All exports"), f"{_PATH}?action={Right.EXPORTS_RUN.value}&from={since}"),
        request._("No list was exported in {days} days.", days=DAYS),
    )
