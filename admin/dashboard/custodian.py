"""What custodians decide next: requests by age, records due for erasure, the last views of sealed data."""

from datetime import UTC, datetime, timedelta

from admin.dashboard.sections import MOST_LINES, Line, Section
from admin.kit.request import PageRequest
from records.access.approvals import requests as approvals
from records.core.dates import midnight, now
from records.core.language import gettext_noop as _
from records.core.language import label
from records.privacy import data_requests, retention, reveals
from records.registry.nouns import NOUNS


async def sections(request: PageRequest) -> list[Section]:
    """What waits for custodians, and what was seen."""
    return [await _requests(request), await _views(request), await _retention(request)]


async def _requests(request: PageRequest) -> Section:
    actor = request.actor
    to_decide = await reveals.pending_for(actor).order_by("asked_at", "id").limit(MOST_LINES)
    to_answer = await data_requests.unanswered(actor).order_by("due_on", "id").limit(MOST_LINES)
    to_approve = await approvals.pending_for(actor).order_by("asked_at", "id").limit(MOST_LINES)
    lines = [
        *(
            Line(
                request._("View sealed data: {noun}", noun=_noun_text(request, reveals.noun_name(row))),
                f"/admin/reveals/{row.id}",
                row.asked_by.name,
                at=row.asked_at,
            )
            for row in to_decide
        ),
        *(
            Line(
                request._("Data subject's request {code}", code=row.code),
                f"/admin/data-requests/{row.id}",
                at=row.received_at,
                due=midnight(row.due_on + timedelta(days=1)),
            )
            for row in to_answer
        ),
        *(
            Line(
                label(request.language, row.act),
                f"/admin/approvals/{row.id}",
                row.asked_by.name,
                at=row.asked_at,
                due=row.expires_at,
            )
            for row in to_approve
        ),
    ]
    lines.sort(key=lambda line: line.at or datetime.max.replace(tzinfo=UTC))
    return Section(
        request._("Requests that wait, the oldest first"),
        lines[:MOST_LINES],
        (request._("All requests to view sealed data"), "/admin/reveals"),
        request._("No request waits."),
    )


async def _views(request: PageRequest) -> Section:
    viewed = reveals.log(request.actor).filter(looks__gt=0)
    return Section(
        request._("Approvals that were used last"),
        [
            Line(
                row.asked_by.name,
                f"/admin/reveals/{row.id}",
                _noun_text(request, reveals.noun_name(row)),
                at=row.decided_at,
                due=row.until if row.until and row.until > now() else None,
                number=request._("{count} views", count=row.looks),
            )
            for row in await viewed.limit(MOST_LINES)
        ],
        (request._("The log of sealed data"), "/admin/reveals"),
        request._("Nobody has looked at sealed data."),
    )


async def _retention(request: PageRequest) -> Section:
    rules = {rule.noun: rule.keep_months for rule in await retention.rules(by=request.actor)}
    return Section(
        request._("Due for erasure by class of record"),
        [
            Line(
                _noun_text(request, one.noun),
                "/admin/retention",
                request._("after {count} months", count=rules[one.noun]),
                number=f"{one.due}",
            )
            for one in await retention.due(by=request.actor)
        ],
        (request._("Retention and legal holds"), "/admin/retention"),
        request._("There is no rule for this."),
    )


def _noun_text(request: PageRequest, name: str) -> str:
    noun = NOUNS.get(name)
    return request._(noun.label if noun else _("Session"))
