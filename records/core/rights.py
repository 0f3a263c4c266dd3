"""Who may do what: tables for staff, partners and approvals. What is not here is denied."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from records.core.actor import Actor, ActorKind, Role, Scope
from records.core.errors import PermissionDenied
from records.core.labels import Labelled
from records.core.language import gettext_noop as _


class Right(StrEnum):
    """A verb on a noun."""

    AREAS_READ = "areas.read"
    AREAS_MANAGE = "areas.manage"
    PROGRAMMES_READ = "programmes.read"
    PROGRAMMES_MANAGE = "programmes.manage"
    GROUPS_READ = "groups.read"
    GROUPS_CREATE = "groups.create"
    GROUPS_EDIT = "groups.edit"
    GROUPS_DISSOLVE = "groups.dissolve"
    GROUPS_REMOVE = "groups.remove"
    MEMBERS_READ = "members.read"
    MEMBERS_EDIT = "members.edit"
    ASSIGNMENTS_READ = "assignments.read"
    ASSIGNMENTS_MANAGE = "assignments.manage"
    ASSIGNMENTS_OFFICERS = "assignments.officers"
    ASSIGNMENTS_HAND_OVER = "assignments.hand_over"
    TIPS_READ = "tips.read"
    TIPS_SUBMIT = "tips.submit"
    TIPS_EDIT = "tips.edit"
    TIPS_VERIFY = "tips.verify"
    TIPS_ASSIGN = "tips.assign"
    TIPS_NOTE = "tips.note"
    TIPS_REPORT = "tips.report"
    TIPS_CLOSE = "tips.close"
    TIPS_REJECT = "tips.reject"
    TIPS_REOPEN = "tips.reopen"
    TIPS_MERGE = "tips.merge"
    TIPS_EXTEND = "tips.extend"
    ATTACHMENTS_ERASE = "attachments.erase"
    ACTIVITIES_READ = "activities.read"
    ACTIVITIES_RECORD = "activities.record"
    EDUCATION_READ = "education.read"
    EDUCATION_RECORD = "education.record"
    EDUCATION_OVERSEE = "education.oversee"
    ENQUIRIES_READ = "enquiries.read"
    ENQUIRIES_ASK = "enquiries.ask"
    ENQUIRIES_ANSWER = "enquiries.answer"
    FAQ_READ = "faq.read"
    OUTLINES_READ = "outlines.read"
    OUTLINES_WRITE = "outlines.write"
    OUTLINES_PUBLISH = "outlines.publish"
    OUTLINES_HAND_DOWN = "outlines.hand_down"
    OUTLINES_RECEIVE = "outlines.receive"
    REVIEWS_READ = "reviews.read"
    REVIEWS_RECORD = "reviews.record"
    REVIEWS_SIGN = "reviews.sign"
    REVIEWS_SIGN_POLICE = "reviews.sign_police"
    REVIEWS_SIGN_FRONT = "reviews.sign_front"
    SCORECARDS_MANAGE = "scorecards.manage"
    FIGURES_READ = "figures.read"
    FIGURES_REPORT = "figures.report"
    METRICS_READ = "metrics.read"
    INDICATORS_EDIT = "indicators.edit"
    TARGETS_SET = "targets.set"
    ORGANISATIONS_MANAGE = "organisations.manage"
    CATEGORIES_MANAGE = "categories.manage"
    CHANGES_READ = "changes.read"
    EXPORTS_RUN = "exports.run"
    HISTORY_READ = "history.read"
    AUDIT_READ = "audit.read"
    RETENTION_MANAGE = "retention.manage"
    REVEALS_READ = "reveals.read"
    REVEALS_ASK = "reveals.ask"
    REVEALS_DECIDE = "reveals.decide"
    REVEALS_LOG = "reveals.log"
    APPROVALS_READ = "approvals.read"
    APPROVALS_ASK = "approvals.ask"
    APPROVALS_DECIDE = "approvals.decide"
    STAFF_READ = "staff.read"
    STAFF_MANAGE = "staff.manage"
    PARTNERS_MANAGE = "partners.manage"


_R = Right
_CATALOGUE: Final = frozenset({_R.AREAS_READ, _R.PROGRAMMES_READ, _R.METRICS_READ, _R.FIGURES_READ})
_GROUPS: Final = frozenset(
    {_R.GROUPS_READ, _R.GROUPS_CREATE, _R.GROUPS_EDIT, _R.GROUPS_DISSOLVE, _R.GROUPS_REMOVE}
    | {_R.MEMBERS_READ, _R.MEMBERS_EDIT}
)
# The Front says who its contacts are; who assigns officers does both. To hand over is also to move tips.
_STAFFING: Final = frozenset({_R.ASSIGNMENTS_READ, _R.ASSIGNMENTS_MANAGE})
_TIP_WORK: Final = frozenset(
    {_R.TIPS_READ, _R.TIPS_SUBMIT, _R.TIPS_EDIT, _R.TIPS_VERIFY, _R.TIPS_NOTE, _R.TIPS_CLOSE, _R.TIPS_MERGE}
    | {_R.TIPS_ASSIGN, _R.HISTORY_READ}
)
_TIP_COMMAND: Final = frozenset({_R.TIPS_REJECT, _R.TIPS_REOPEN, _R.TIPS_EXTEND, _R.ATTACHMENTS_ERASE})
_MEETINGS: Final = frozenset({_R.ACTIVITIES_READ, _R.ACTIVITIES_RECORD})
# One sees the cases that one guides; who oversees them sees every one, and says who guides.
_GUIDANCE: Final = frozenset({_R.EDUCATION_READ, _R.EDUCATION_RECORD})
_QUESTIONS: Final = frozenset({_R.ENQUIRIES_READ, _R.ENQUIRIES_ASK, _R.ENQUIRIES_ANSWER, _R.FAQ_READ})
# The police write what groups discuss; the Front and the police review groups together.
_MATERIAL: Final = frozenset(
    {_R.OUTLINES_READ, _R.OUTLINES_WRITE, _R.OUTLINES_HAND_DOWN, _R.OUTLINES_RECEIVE}
)
_REVIEWS: Final = frozenset({_R.REVIEWS_READ, _R.REVIEWS_RECORD})
_REVEAL_REQUEST_RIGHTS: Final = frozenset({_R.REVEALS_READ, _R.REVEALS_ASK})
_APPROVE: Final = frozenset({_R.APPROVALS_READ, _R.APPROVALS_DECIDE})
_POLICE_WORK: Final = (_CATALOGUE | _GROUPS | _TIP_WORK | _MEETINGS | _GUIDANCE | _QUESTIONS) | (
    _REVEAL_REQUEST_RIGHTS | _MATERIAL | _REVIEWS
)

ROLE_RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    # Runs the installation and keeps the groups; the tips are police work.
    Role.ADMINISTRATOR: (
        _CATALOGUE
        | _GROUPS
        | _MEETINGS
        | {_R.OUTLINES_READ, _R.REVIEWS_READ}
        | {_R.AREAS_MANAGE, _R.FIGURES_REPORT, _R.HISTORY_READ}
        | {_R.STAFF_READ, _R.STAFF_MANAGE, _R.PARTNERS_MANAGE}
        | {_R.APPROVALS_READ, _R.APPROVALS_ASK, _R.SCORECARDS_MANAGE}
        | (_STAFFING | {_R.ASSIGNMENTS_OFFICERS})
        | {_R.ORGANISATIONS_MANAGE, _R.CATEGORIES_MANAGE, _R.INDICATORS_EDIT, _R.TARGETS_SET}
    ),
    Role.COMMANDER: (
        _POLICE_WORK
        | (_TIP_COMMAND | _STAFFING | _APPROVE)
        | {_R.OUTLINES_PUBLISH, _R.EDUCATION_OVERSEE}
        | {_R.REVIEWS_SIGN, _R.REVIEWS_SIGN_POLICE, _R.SCORECARDS_MANAGE}
        | {_R.FIGURES_REPORT, _R.PROGRAMMES_MANAGE, _R.TARGETS_SET}
        | {_R.ASSIGNMENTS_OFFICERS, _R.ASSIGNMENTS_HAND_OVER}
    ),
    Role.OFFICER: (_POLICE_WORK | {_R.ASSIGNMENTS_READ}) - {_R.GROUPS_REMOVE},
    # The Front keeps groups, members and meetings with the police; it does not see tips.
    Role.FRONT: (
        (_CATALOGUE | _GROUPS | _MEETINGS | _REVIEWS | {_R.OUTLINES_READ, _R.OUTLINES_RECEIVE})
        - {_R.GROUPS_REMOVE}
        | (_STAFFING | {_R.PROGRAMMES_MANAGE, _R.ASSIGNMENTS_HAND_OVER})
        | {_R.REVIEWS_SIGN, _R.REVIEWS_SIGN_FRONT}
    ),
    Role.ANALYST: (
        _CATALOGUE
        | {_R.GROUPS_READ, _R.ASSIGNMENTS_READ, _R.TIPS_READ, _R.ACTIVITIES_READ, _R.ENQUIRIES_READ}
        | {_R.OUTLINES_READ, _R.REVIEWS_READ, _R.FAQ_READ}
    ),
    Role.CUSTODIAN: frozenset(
        {_R.AREAS_READ, _R.HISTORY_READ, _R.REVEALS_READ, _R.REVEALS_DECIDE, _R.REVEALS_LOG}
        | {_R.RETENTION_MANAGE, _R.APPROVALS_ASK}
        | _APPROVE
    ),
    # Looks at what was done with every noun and by whom, and at no record itself.
    Role.AUDITOR: frozenset(
        {_R.AREAS_READ, _R.HISTORY_READ, _R.AUDIT_READ, _R.REVEALS_READ, _R.REVEALS_LOG, _R.STAFF_READ}
        | _APPROVE
    ),
}

SCOPE_RIGHTS: Final[dict[Scope, frozenset[Right]]] = {
    Scope.AREAS_READ: frozenset({_R.AREAS_READ}),
    Scope.PROGRAMMES_READ: frozenset({_R.PROGRAMMES_READ}),
    Scope.GROUPS_READ: frozenset({_R.GROUPS_READ, _R.AREAS_READ}),
    Scope.TIPS_READ: frozenset({_R.TIPS_READ, _R.AREAS_READ}),
    # What only sends sees nothing of what is there; what works on records sees them first, as staff do.
    Scope.TIPS_WRITE: frozenset({_R.TIPS_SUBMIT, _R.AREAS_READ}),
    Scope.FIGURES_WRITE: frozenset({_R.FIGURES_REPORT, _R.AREAS_READ}),
    Scope.TIPS_WORK: frozenset({_R.TIPS_READ, _R.TIPS_NOTE, _R.TIPS_REPORT, _R.AREAS_READ}),
    Scope.ACTIVITIES_WRITE: frozenset({_R.ACTIVITIES_READ, _R.ACTIVITIES_RECORD, _R.AREAS_READ}),
    Scope.ENQUIRIES_WRITE: frozenset({_R.ENQUIRIES_READ, _R.ENQUIRIES_ANSWER, _R.AREAS_READ}),
    Scope.ACTIVITIES_READ: frozenset({_R.ACTIVITIES_READ, _R.AREAS_READ}),
    Scope.OUTLINES_READ: frozenset({_R.OUTLINES_READ, _R.AREAS_READ}),
    Scope.REVIEWS_READ: frozenset({_R.REVIEWS_READ, _R.AREAS_READ}),
    # What was asked in private stays with those who answer: how many asked, and what is published.
    Scope.ENQUIRIES_READ: frozenset({_R.FAQ_READ, _R.AREAS_READ}),
    Scope.METRICS_READ: frozenset({_R.METRICS_READ, _R.FIGURES_READ, _R.AREAS_READ}),
    # What changed, of those records that other scopes let the partner read.
    Scope.CHANGES_READ: frozenset({_R.CHANGES_READ, _R.AREAS_READ}),
    # Whole lists as a file, of those records that other scopes let the partner read.
    Scope.EXPORTS_RUN: frozenset({_R.EXPORTS_RUN, _R.AREAS_READ}),
}

# Whether a scope shows what an administrator must not read alone: tips, what people asked in private, and
# counts of both down to a hamlet. Every other scope shows what administrators see themselves, only sends, or
# adds nothing to the scopes beside it.
SCOPES_NEEDING_APPROVAL: Final[dict[Scope, bool]] = {
    Scope.AREAS_READ: False,
    Scope.PROGRAMMES_READ: False,
    Scope.GROUPS_READ: False,
    Scope.TIPS_READ: True,
    Scope.TIPS_WRITE: False,
    Scope.TIPS_WORK: True,
    Scope.ACTIVITIES_WRITE: False,
    Scope.ENQUIRIES_WRITE: True,
    Scope.FIGURES_WRITE: False,
    Scope.ACTIVITIES_READ: False,
    Scope.OUTLINES_READ: False,
    Scope.REVIEWS_READ: False,
    Scope.ENQUIRIES_READ: True,
    Scope.METRICS_READ: True,
    Scope.CHANGES_READ: False,
    Scope.EXPORTS_RUN: False,
}


class ApprovalKind(Labelled):
    """What needs the approval of a second person."""

    PHONE_LOOKUP = "PHONE_LOOKUP", _("Look-up by phone number")
    PARTNER_ACCESS = "PARTNER_ACCESS", _("Partner access to tips")
    TIP_ACCOUNT = "TIP_ACCOUNT", _("Account that can read tips")
    DECIDER_ACCOUNT = "DECIDER_ACCOUNT", _("Account of a commander, custodian or auditor")


# Who approves each kind. The database holds the same table (migration 0002); a test compares them.
DECIDER_ROLES: Final[dict[ApprovalKind, frozenset[Role]]] = {
    ApprovalKind.PHONE_LOOKUP: frozenset({Role.CUSTODIAN, Role.AUDITOR}),
    ApprovalKind.PARTNER_ACCESS: frozenset({Role.COMMANDER}),
    ApprovalKind.TIP_ACCOUNT: frozenset({Role.COMMANDER}),
    ApprovalKind.DECIDER_ACCOUNT: frozenset({Role.CUSTODIAN, Role.AUDITOR}),
}


def account_kind(*roles: Role) -> ApprovalKind | None:
    """The approval that a change of roles needs, or None."""
    if set().union(*DECIDER_ROLES.values()) & set(roles):
        return ApprovalKind.DECIDER_ACCOUNT
    reads_tips = any(Right.TIPS_READ in ROLE_RIGHTS[role] for role in roles)
    return ApprovalKind.TIP_ACCOUNT if reads_tips else None


def needs_approval(scopes: Iterable[str]) -> bool:
    """Whether a partner with these scopes needs an approval."""
    return any(SCOPES_NEEDING_APPROVAL[Scope(scope)] for scope in scopes)


def has_right(actor: Actor, right: Right) -> bool:
    """Whether `actor` has `right` at all; where it reaches is a question of areas."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.kind is ActorKind.STAFF:
        return actor.role is not None and right in ROLE_RIGHTS[actor.role]
    return any(right in SCOPE_RIGHTS[scope] for scope in actor.scopes)


def check_right(actor: Actor, right: Right) -> None:
    """Raises `PermissionDenied` if `actor` lacks `right`."""
    if not has_right(actor, right):
        raise PermissionDenied("You do not have permission to do this.")
