"""What waits for each role: records that are counted, and the list that shows exactly these."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from tortoise.queryset import QuerySet

from admin.dashboard.quarters import YearOfMeetings, year_of_meetings
from admin.kit.request import PageRequest
from records.access import partners
from records.access.approvals import requests as approvals
from records.access.staff import factors
from records.core.actor import Actor, Role
from records.core.dates import today
from records.core.language import gettext_noop as _
from records.delivery import job_list, webhooks
from records.nouns import activities, enquiries, groups, hand_downs, outlines, reviews, tips
from records.privacy import data_requests, reveals
from records.registry.audit_search import weekly_reveals
from records.tables.activities import OutlineStatus
from records.tables.changes.jobs import JobState
from records.tables.groups import GroupStatus
from records.tables.privacy import RevealStep
from records.tables.tips import TipStatus

_R: Final = Role
_POLICE: Final = frozenset({_R.COMMANDER, _R.OFFICER})
DUE: Final = "due_at"
_DECIDERS: Final = frozenset({_R.COMMANDER, _R.CUSTODIAN, _R.AUDITOR})


@dataclass(frozen=True)
class Waiting:
    """Records that wait for somebody of `roles`; `tone` is a class of the style sheet where there are any.

    `rare` ones are left out where there are none. `order` is the column by which `path` sorts them, where
    the page of each leads on to the next; `since` that which says how long they wait. `year` says how groups
    met this year, of which so many have not met.
    """

    text: str
    path: str
    roles: frozenset[Role]
    rows: Callable[[Actor], QuerySet[Any]]
    tone: str = "warn"
    rare: bool = False
    order: str = ""
    since: str = ""
    year: Callable[[PageRequest, int], Awaitable[YearOfMeetings | None]] | None = None


# The most urgent first.
WAITING: Final = (
    Waiting(
        _("New tips"),
        "/admin/tips?status=RECEIVED&sort=oldest",
        _POLICE,
        lambda actor: tips.visible_to(actor).filter(status=TipStatus.RECEIVED),
        order="received_at",
    ),
    Waiting(
        _("Tips assigned to nobody"),
        "/admin/tips?unassigned=1&sort=oldest",
        frozenset({_R.COMMANDER}),
        lambda actor: tips.unassigned(tips.visible_to(actor)),
        order="received_at",
    ),
    Waiting(
        _("Overdue tips"),
        "/admin/tips?overdue=1&sort=deadline",
        frozenset({_R.COMMANDER}),
        lambda actor: tips.overdue(tips.visible_to(actor)),
        tone="bad",
        order=DUE,
    ),
    Waiting(
        _("My overdue tips"),
        "/admin/tips?mine=1&overdue=1&sort=deadline",
        frozenset({_R.OFFICER}),
        lambda actor: tips.overdue(tips.visible_to(actor)).filter(assignee_id=actor.id),
        tone="bad",
        order=DUE,
    ),
    Waiting(
        _("My tips due within 3 days"),
        "/admin/tips?mine=1&soon=1&sort=deadline",
        frozenset({_R.OFFICER}),
        lambda actor: tips.due_soon(tips.visible_to(actor)).filter(assignee_id=actor.id),
        order=DUE,
    ),
    Waiting(
        _("Requests to view sealed data that wait for you"),
        "/admin/reveals",
        frozenset({_R.CUSTODIAN}),
        reveals.pending_for,
        since="asked_at",
    ),
    Waiting(
        _("Data subjects' requests without an answer"),
        "/admin/data-requests?waiting=1",
        frozenset({_R.CUSTODIAN}),
        data_requests.unanswered,
        since="received_at",
    ),
    Waiting(
        _("Requests that wait for your approval"),
        "/admin/approvals",
        _DECIDERS,
        approvals.pending_for,
        since="asked_at",
    ),
    Waiting(
        _("Approved requests that you can carry out"),
        "/admin/approvals",
        frozenset({_R.ADMINISTRATOR, _R.CUSTODIAN}),
        approvals.approved_for,
        rare=True,
    ),
    Waiting(
        _("Views of sealed data in 7 days"),
        "/admin/audit?reveal=LOOKED&week=1",
        frozenset({_R.AUDITOR}),
        lambda actor: weekly_reveals(actor, RevealStep.LOOKED),
    ),
    Waiting(
        _("Refused requests to view sealed data in 7 days"),
        "/admin/audit?reveal=REFUSED&week=1",
        frozenset({_R.AUDITOR}),
        lambda actor: weekly_reveals(actor, RevealStep.REFUSED),
    ),
    Waiting(
        _("Partners with a failing webhook"),
        "/admin/partners?needs=webhook",
        frozenset({_R.ADMINISTRATOR}),
        webhooks.with_failing_webhook,
        tone="bad",
    ),
    Waiting(
        _("Partners with a key about to expire"),
        "/admin/partners?needs=key",
        frozenset({_R.ADMINISTRATOR}),
        partners.with_expiring_key,
    ),
    Waiting(
        _("Accounts without a second factor"),
        "/admin/staff?unprotected=1",
        frozenset({_R.ADMINISTRATOR}),
        factors.without_factor,
        # Only they themselves can add one.
        tone="plain",
    ),
    Waiting(
        _("Background jobs that failed"),
        "/admin/jobs?state=FAILED",
        frozenset({_R.ADMINISTRATOR}),
        lambda actor: job_list.visible_to(actor).filter(state=JobState.FAILED),
        tone="bad",
    ),
    Waiting(
        _("Enquiries without an answer"),
        "/admin/enquiries?status=UNANSWERED",
        frozenset({_R.OFFICER}),
        enquiries.unanswered,
        since="asked_at",
    ),
    Waiting(
        _("Reminders of outlines"),
        "/admin/hand-downs?state=WAITING&reminded=1&sort=oldest",
        frozenset({_R.OFFICER, _R.FRONT}),
        hand_downs.reminded,
        tone="bad",
        rare=True,
    ),
    Waiting(
        _("Outlines to acknowledge"),
        "/admin/hand-downs?state=WAITING&sort=oldest",
        frozenset({_R.OFFICER, _R.FRONT}),
        hand_downs.unreceived,
        since="sent_at",
    ),
    Waiting(
        _("Outlines to publish"),
        "/admin/outlines?status=DRAFT",
        frozenset({_R.COMMANDER}),
        lambda actor: outlines.visible_to(actor).filter(status=OutlineStatus.DRAFT),
    ),
    Waiting(
        _("Groups without a meeting this quarter"),
        "/admin/groups?unmet=1",
        frozenset({_R.OFFICER, _R.FRONT}),
        lambda actor: activities.missing(actor, today()),
        year=year_of_meetings,
    ),
    Waiting(
        _("Reviews that wait for your signature"),
        "/admin/reviews?to_sign=1",
        frozenset({_R.COMMANDER, _R.FRONT}),
        reviews.to_sign,
    ),
    Waiting(
        _("Groups without a review this year"),
        "/admin/reviews/due",
        frozenset({_R.FRONT}),
        lambda actor: reviews.due(actor, today().year),
    ),
    Waiting(
        _("Open tips"),
        "/admin/tips?status=OPEN",
        frozenset({_R.COMMANDER, _R.ANALYST}),
        lambda actor: tips.unfinished(tips.visible_to(actor)),
        tone="plain",
    ),
    Waiting(
        _("Active groups"),
        "/admin/groups?status=ACTIVE",
        frozenset({_R.FRONT, _R.ANALYST, _R.ADMINISTRATOR}),
        lambda actor: groups.visible_to(actor).filter(status=GroupStatus.ACTIVE),
        tone="plain",
    ),
)
