"""What administrators watch: failing webhooks, keys that expire, failed jobs, unprotected accounts."""

from typing import Final

from admin.access.jobs.pages import kind_text
from admin.dashboard.sections import MOST_LINES, Line, Section
from admin.kit.request import PageRequest
from records.access import partners
from records.access.staff import factors
from records.core.dates import to_local_date
from records.core.language import format_date, label
from records.delivery import job_list, webhooks
from records.tables import Webhook
from records.tables.changes.jobs import JobState
from records.tables.delivery import WebhookState

_STOPPED: Final = frozenset({WebhookState.FAILING})


async def sections(request: PageRequest) -> list[Section]:
    """What waits for administrators."""
    return [
        await _webhooks(request),
        await _keys(request),
        await _jobs(request),
        await _accounts(request),
    ]


async def _webhooks(request: PageRequest) -> Section:
    rows = await webhooks.failing(request.actor).limit(MOST_LINES)
    problems = await webhooks.last_problems([row.id for row in rows])

    def remark(row: Webhook) -> str:
        problem, status = problems.get(row.id, (None, None))
        texts = [label(request.language, problem)] if problem else []
        return " · ".join([*texts, *([f"HTTP {status}"] if status else [])])

    return Section(
        request._("Failing webhooks"),
        [
            Line(
                row.partner.name,
                f"/admin/webhooks/{row.id}",
                remark(row),
                "late",
                at=row.failing_since,
                number=request._("stopped") if row.state in _STOPPED else "",
            )
            for row in rows
        ],
        (request._("Partners with a failing webhook"), "/admin/partners?needs=webhook"),
        request._("No webhook is failing."),
    )


async def _keys(request: PageRequest) -> Section:
    rows = await partners.expiring_keys(request.actor).limit(MOST_LINES)
    return Section(
        request._("Keys about to expire"),
        [
            Line(
                row.partner.name,
                f"/admin/partners/{row.partner_id}",
                request._("Key {prefix}", prefix=row.prefix),
                due=row.expires_at,
                number=format_date(to_local_date(row.expires_at)),
            )
            for row in rows
            if row.expires_at
        ],
        (request._("Partners with a key about to expire"), "/admin/partners?needs=key"),
        request._("No key expires within 14 days."),
    )


async def _jobs(request: PageRequest) -> Section:
    failed = job_list.visible_to(request.actor).filter(state=JobState.FAILED)
    return Section(
        request._("Background jobs that failed"),
        [
            Line(kind_text(request, row), "/admin/jobs?state=FAILED", row.error, "late", at=row.finished_at)
            for row in await failed.order_by("-finished_at", "id").limit(MOST_LINES)
        ],
        (request._("Background jobs that failed"), "/admin/jobs?state=FAILED"),
        request._("No job failed."),
    )


async def _accounts(request: PageRequest) -> Section:
    rows = factors.without_factor(request.actor).order_by("name_key", "id")
    return Section(
        request._("Accounts without a second factor"),
        [
            Line(row.name, f"/admin/staff/{row.id}", label(request.language, row.role))
            for row in await rows.limit(MOST_LINES)
        ],
        (request._("All accounts without a second factor"), "/admin/staff?unprotected=1"),
        request._("Every account has a second factor."),
    )
