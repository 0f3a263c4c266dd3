"""What custodians decide next: requests by age, records due for erasure, sealed data viewed last."""

from datetime import UTC, datetime, timedelta

from admin.access.audit.labels import noun_label
from admin.dashboard.sections import MOST_LINES, Line, Section
from admin.kit.request import PageRequest
from admin.kit.values import MAX_COUNT
from records.access.approvals import requests as approvals
from records.core.dates import first_of_days, midnight, now
from records.core.language import format_number, label
from records.privacy import data_requests, retention, reveals
from records.registry.audit_counts import DAYS


async def sections(request: PageRequest) -> list[Section]:
    """What waits for custodians, and what was viewed."""
    return [await _requests(request), await _views(request), await _retention(request)]


async def _requests(request: PageRequest) -> Section:
    actor = request.actor
    to_decide = await reveals.pending_for(actor).order_by("asked_at", "id").limit(MOST_LINES)
    to_answer = await data_requests.unanswered(actor).order_by("due_on", "id").limit(MOST_LINES)
    to_approve = await approvals.pending_for(actor).order_by("asked_at", "id").limit(MOST_LINES)
    lines = [
        *(
            Line(
                request._("View sealed data: {noun}", noun=request._(noun_label(reveals.noun_name(row)))),
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
        request._("Waiting requests, oldest first"),
        lines[:MOST_LINES],
        (request._("All requests to view sealed data"), "/admin/reveals"),
        request._("No requests are waiting."),
    )


async def _views(request: PageRequest) -> Section:
    viewed = await reveals.last_viewed(request.actor, first_of_days(DAYS), MOST_LINES)
    return Section(
        request._("Approvals used in {days} days, latest view first", days=DAYS),
        [
            Line(
                row.asked_by.name,
                f"/admin/reveals/{row.id}",
                request._(noun_label(reveals.noun_name(row))),
                at=at,
                due=row.until if row.until and row.until > now() else None,
                number=request._("Views: {count}", count=row.looks),
            )
            for row, at in viewed
        ],
        (request._("The log of sealed data"), "/admin/reveals"),
        request._("Nobody viewed sealed data in {days} days.", days=DAYS),
    )


async def _retention(request: PageRequest) -> Section:
    rules = {rule.noun: rule.keep_months for rule in await retention.rules(by=request.actor)}
    return Section(
        request._("Due for erasure by class of record"),
        [
            Line(
                request._(noun_label(one.noun)),
                "/admin/retention",
                request._("after {count} months", count=rules[one.noun]),
                number=_at_most(request, one.due),
            )
            for one in await retention.due(by=request.actor, most=MAX_COUNT + 1)
        ],
        (request._("Retention and legal holds"), "/admin/retention"),
        request._("There are no retention rules."),
    )


def _at_most(request: PageRequest, count: int) -> str:
    """A number up to which rows are counted."""
    return format_number(request.language, min(count, MAX_COUNT)) + ("+" if count > MAX_COUNT else "")
