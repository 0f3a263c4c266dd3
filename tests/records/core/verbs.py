"""Every verb that takes an actor, with a call of it and who may make it."""

from uuid import uuid4

from records import audit
from records.access import partners, staff
from records.access.approvals import requests as approvals
from records.access.staff import factors, identities
from records.core.actor import Actor, ActorKind, Role, Scope
from records.core.dates import now
from records.core.language import Language
from records.core.rights import (
    Right,
)
from records.delivery import exports, job_list, webhooks
from records.metrics import queries as metrics
from records.nouns import (
    groups,
    legal_holds,
    members,
    tips,
)
from records.nouns.education import cases as education
from records.nouns.education import supervisors
from records.nouns.education.cases import SubjectDraft
from records.privacy import attachments, contacts, data_requests, reporters, retention, reveals
from records.privacy.contacts import ContactDraft
from records.registry import audit_counts, audit_search, history, reversals
from records.registry.audit_search import AuditQuery
from records.tables import Export, Tip
from records.tables.activities import EducationReason, EducationResult
from records.tables.groups import MemberRole
from records.tables.privacy import RevealStep
from tests.nouns import Attempt, all_tables
from tests.nouns.activity_pictures import picture_verbs
from tests.records.core.samples import (
    CASE,
    DAY,
    GROUP,
    MEMBER,
    NO_ONE,
    NOBODY,
    OUTCOME,
    QUESTION,
    REPORTER,
    TIP,
    WANTED,
    WEBHOOK,
    looks,
    nothing,
)

# Every verb, with input that none takes: whoever has the right gets another answer than `PermissionDenied`.
VERBS: list[tuple[Right, str, Attempt]] = [
    (Right.GROUPS_READ, "see", looks(groups.visible_to)),
    (Right.GROUPS_CREATE, "create", lambda by: groups.create(GROUP, by=by)),
    (Right.GROUPS_EDIT, "edit", lambda by: groups.edit(NO_ONE, GROUP, expected_version=1, by=by)),
    (
        Right.GROUPS_DISSOLVE,
        "pause",
        lambda by: groups.pause(NO_ONE, expected_version=1, on=DAY, reason="Vì", by=by),
    ),
    (Right.GROUPS_DISSOLVE, "resume", lambda by: groups.resume(NO_ONE, expected_version=1, by=by)),
    (
        Right.GROUPS_DISSOLVE,
        "dissolve",
        lambda by: groups.dissolve(NO_ONE, expected_version=1, on=DAY, reason="Vì", by=by),
    ),
    (
        Right.GROUPS_DISSOLVE,
        "merge",
        lambda by: groups.merge(NO_ONE, expected_version=1, into=uuid4(), on=DAY, reason="Vì", by=by),
    ),
    (Right.GROUPS_REMOVE, "remove", lambda by: groups.remove(NO_ONE, expected_version=1, reason="Vì", by=by)),
    (Right.GROUPS_REMOVE, "restore", lambda by: groups.restore(NO_ONE, expected_version=1, by=by)),
    (Right.MEMBERS_READ, "see", lambda by: members.of_group(by, NO_ONE)),
    (Right.MEMBERS_READ, "load_member", lambda by: members.load(by, NO_ONE)),
    (Right.MEMBERS_READ, "see", looks(members.visible_to)),
    (Right.MEMBERS_EDIT, "join", lambda by: members.join(NO_ONE, MEMBER, by=by)),
    (
        Right.MEMBERS_EDIT,
        "replace_head",
        lambda by: members.replace_head(NO_ONE, expected_version=1, member=None, name="Mẫu", on=DAY, by=by),
    ),
    (Right.MEMBERS_EDIT, "leave", lambda by: members.leave(NO_ONE, expected_version=1, on=DAY, by=by)),
    (
        Right.MEMBERS_EDIT,
        "change_role",
        lambda by: members.change_role(NO_ONE, expected_version=1, role=MemberRole.HEAD, on=DAY, by=by),
    ),
    (Right.TIPS_READ, "see", looks(tips.visible_to)),
    (Right.TIPS_READ, "find", lambda by: tips.find(by, "")),
    (Right.TIPS_READ, "events", lambda by: tips.events(by, NO_ONE)),
    (Right.TIPS_READ, "outcomes", lambda by: tips.outcomes(by, NO_ONE)),
    (Right.TIPS_SUBMIT, "submit", lambda by: tips.submit(TIP, by=by)),
    (Right.TIPS_READ, "suggest", lambda by: tips.suggest(by=by)),
    (Right.TIPS_EDIT, "edit", lambda by: tips.edit(NO_ONE, TIP, expected_version=1, by=by)),
    (
        Right.TIPS_VERIFY,
        "start_verifying",
        lambda by: tips.start_verifying(NO_ONE, expected_version=1, by=by),
    ),
    (Right.TIPS_VERIFY, "act", lambda by: tips.start_action(NO_ONE, expected_version=1, note="", by=by)),
    (Right.TIPS_ASSIGN, "assign", lambda by: tips.assign(NO_ONE, expected_version=1, assignee=NO_ONE, by=by)),
    (Right.TIPS_ASSIGN, "take_on", lambda by: tips.take_on(NO_ONE, expected_version=1, by=by)),
    (Right.TIPS_ASSIGN, "assign_all", lambda by: tips.assign_all({NO_ONE: 1}, assignee=NO_ONE, by=by)),
    (Right.TIPS_NOTE, "note_all", lambda by: tips.note_all({NO_ONE: 1}, "Ghi", by=by)),
    (
        Right.TIPS_READ,
        "likely_duplicates",
        lambda by: tips.likely_duplicates(by, Tip(id=NO_ONE, title="", area_id=NO_ONE, received_at=now())),
    ),
    (Right.TIPS_NOTE, "add_note", lambda by: tips.add_note(NO_ONE, "Ghi", by=by)),
    (
        Right.TIPS_REPORT,
        "report_outcome",
        lambda by: tips.report_outcome(NO_ONE, OUTCOME, expected_version=1, by=by),
    ),
    (Right.TIPS_SUBMIT, "submitted_by", looks(tips.submitted_count)),
    (Right.TIPS_CLOSE, "close", lambda by: tips.close(NO_ONE, expected_version=1, outcomes=[OUTCOME], by=by)),
    (Right.TIPS_REJECT, "reject", lambda by: tips.reject(NO_ONE, expected_version=1, reason="Vì", by=by)),
    (Right.TIPS_REOPEN, "reopen", lambda by: tips.reopen(NO_ONE, expected_version=1, reason="Vì", by=by)),
    (Right.TIPS_MERGE, "merge", lambda by: tips.merge(NO_ONE, expected_version=1, into=uuid4(), by=by)),
    (Right.TIPS_EXTEND, "extend", lambda by: tips.extend(NO_ONE, expected_version=1, reason="Vì", by=by)),
    (Right.EDUCATION_READ, "see", looks(education.visible_to)),
    (Right.EDUCATION_READ, "notes", lambda by: education.notes(by, NO_ONE)),
    (Right.EDUCATION_READ, "supervisors", lambda by: supervisors.supervisors_of(by, NO_ONE)),
    (Right.EDUCATION_RECORD, "open", lambda by: education.open_case(CASE, SubjectDraft(), by=by)),
    (
        Right.EDUCATION_RECORD,
        "correct",
        lambda by: education.correct(NO_ONE, expected_version=1, reason=EducationReason.OTHER, by=by),
    ),
    (Right.EDUCATION_RECORD, "subject", lambda by: education.record_subject(NO_ONE, SubjectDraft(), by=by)),
    (Right.EDUCATION_RECORD, "note", lambda by: education.add_note(NO_ONE, "Ghi", on=DAY, by=by)),
    (
        Right.EDUCATION_RECORD,
        "close",
        lambda by: education.close(
            NO_ONE, expected_version=1, on=DAY, result=EducationResult.IMPROVED, by=by
        ),
    ),
    (
        Right.EDUCATION_OVERSEE,
        "reopen",
        lambda by: education.reopen(NO_ONE, expected_version=1, reason="Vì", by=by),
    ),
    (Right.EDUCATION_OVERSEE, "name", lambda by: supervisors.assign(NO_ONE, NO_ONE, by=by)),
    (Right.EDUCATION_OVERSEE, "release", lambda by: supervisors.unassign(NO_ONE, NO_ONE, by=by)),
    (Right.EXPORTS_RUN, "see", looks(exports.visible_to)),
    (Right.EXPORTS_RUN, "find", lambda by: exports.find(NO_ONE, by=by)),
    (Right.EXPORTS_RUN, "fetch", lambda by: exports.file_of(NO_ONE, by=by)),
    (Right.EXPORTS_RUN, "start", lambda by: exports.start("tips", "", language=Language.VI, by=by)),
    (Right.PARTNERS_MANAGE, "cancel_export", lambda by: exports.cancel(NO_ONE, by=by)),
    (
        Right.PARTNERS_MANAGE,
        "cancel_export of a job",
        lambda by: exports.cancel_export(Export(id=NO_ONE, job_id=NO_ONE), by=by),
    ),
    (Right.PARTNERS_MANAGE, "find_job", lambda by: job_list.find(NO_ONE, by=by)),
    (Right.PARTNERS_MANAGE, "cancel_job", lambda by: job_list.cancel(NO_ONE, by=by)),
    (Right.PARTNERS_MANAGE, "retry_job", lambda by: job_list.retry(NO_ONE, by=by)),
    (Right.METRICS_READ, "series", lambda by: metrics.series(by, QUESTION, nothing)),
    (Right.HISTORY_READ, "of_row", lambda by: history.entries_of(by, NO_ONE)),
    (Right.AUDIT_READ, "search", lambda by: audit_search.search(by, AuditQuery()).count()),
    (Right.AUDIT_READ, "count_entries", lambda by: audit_counts.count_entries(by, AuditQuery())),
    (Right.AUDIT_READ, "count_reveals", lambda by: audit_counts.count_reveals(by, DAY)),
    (
        Right.AUDIT_READ,
        "weekly_reveals",
        lambda by: audit_search.weekly_reveals(by, RevealStep.LOOKED).count(),
    ),
    (Right.AUDIT_READ, "verify", lambda by: audit.verify(by=by)),
    (Right.AUDIT_READ, "newest", lambda by: audit.create_checkpoint(by=by)),
    (Right.TIPS_EDIT, "plan", lambda by: reversals.plan_revert("tip", NO_ONE, 1, by=by)),
    (
        Right.TIPS_EDIT,
        "put_back",
        lambda by: reversals.revert("tip", NO_ONE, 1, expected_version=1, motive="Vì", by=by),
    ),
    (Right.RETENTION_MANAGE, "rules", lambda by: retention.rules(by=by)),
    (Right.RETENTION_MANAGE, "keep", lambda by: retention.set_period("khong-co", 0, by=by)),
    (Right.RETENTION_MANAGE, "due", lambda by: retention.due(by=by)),
    (Right.RETENTION_MANAGE, "apply", lambda by: retention.apply(by=by)),
    (Right.RETENTION_MANAGE, "remove_sessions", lambda by: retention.remove_sessions(1, by=by)),
    (Right.RETENTION_MANAGE, "erase", lambda by: retention.erase_person("tip", NO_ONE, motive="", by=by)),
    (Right.RETENTION_MANAGE, "in_force", looks(legal_holds.in_force)),
    (
        Right.RETENTION_MANAGE,
        "find by code",
        lambda by: legal_holds.record_with_code("tip", "TB-1999-000001", by=by),
    ),
    (Right.RETENTION_MANAGE, "place", lambda by: legal_holds.place("tip", NO_ONE, reason="", by=by)),
    (Right.RETENTION_MANAGE, "lift", lambda by: legal_holds.lift("tip", NO_ONE, reason="", by=by)),
    (Right.RETENTION_MANAGE, "requests", looks(data_requests.visible_to)),
    (Right.RETENTION_MANAGE, "unanswered", looks(data_requests.unanswered)),
    (
        Right.RETENTION_MANAGE,
        "receive",
        lambda by: data_requests.receive("", area_id=NO_ONE, identified="", by=by),
    ),
    (Right.RETENTION_MANAGE, "find", lambda by: data_requests.find(NO_ONE, by=by)),
    (
        Right.RETENTION_MANAGE,
        "erase_for",
        lambda by: data_requests.erase(NO_ONE, [], motive="Vì", expected_version=1, by=by),
    ),
    (
        Right.RETENTION_MANAGE,
        "correct_for",
        lambda by: data_requests.correct(NO_ONE, "", REPORTER, motive="Vì", expected_version=1, by=by),
    ),
    (
        Right.RETENTION_MANAGE,
        "answer",
        lambda by: data_requests.answer(NO_ONE, "Có", expected_version=1, by=by),
    ),
    (
        Right.RETENTION_MANAGE,
        "correct_reporter",
        lambda by: reporters.correct(NO_ONE, REPORTER, motive="Vì", by=by),
    ),
    (Right.RETENTION_MANAGE, "erase_contact", lambda by: contacts.erase(NO_ONE, motive="Vì", by=by)),
    (Right.REVEALS_READ, "mine", looks(reveals.requested_by)),
    (Right.REVEALS_ASK, "ask", lambda by: reveals.request_reveal("tip_reporters", NO_ONE, "Vì", by=by)),
    (Right.REVEALS_ASK, "look", lambda by: reveals.open_reveal(NO_ONE, by=by)),
    (Right.REVEALS_ASK, "withdraw", lambda by: reveals.withdraw(NO_ONE, by=by)),
    (Right.REVEALS_DECIDE, "waiting", looks(reveals.pending_for)),
    (Right.REVEALS_DECIDE, "decide", lambda by: reveals.decide(NO_ONE, approve=True, by=by)),
    (Right.REVEALS_LOG, "log", looks(reveals.log)),
    (Right.REVEALS_LOG, "last_viewed", lambda by: reveals.last_viewed(by, DAY, 1)),
    (Right.TIPS_SUBMIT, "submit_with_reporter", lambda by: reporters.submit(TIP, REPORTER, by=by)),
    (Right.TIPS_EDIT, "attach_reporter", lambda by: reporters.record(NO_ONE, REPORTER, by=by)),
    (Right.MEMBERS_EDIT, "record_contact", lambda by: contacts.record(NO_ONE, ContactDraft(), by=by)),
    (Right.RETENTION_MANAGE, "ask_to_look_up", lambda by: data_requests.request_look_up(NO_ONE, by=by)),
    (Right.APPROVALS_READ, "look_up_of", lambda by: data_requests.approval_of(NO_ONE, by=by)),
    (Right.APPROVALS_READ, "see", looks(approvals.visible_to)),
    (Right.APPROVALS_READ, "mine", looks(approvals.requested_by)),
    (Right.APPROVALS_READ, "usable", looks(approvals.approved_for)),
    (Right.APPROVALS_DECIDE, "waiting", looks(approvals.pending_for)),
    (Right.APPROVALS_DECIDE, "approve", lambda by: approvals.approve(NO_ONE, by=by)),
    (Right.APPROVALS_DECIDE, "refuse", lambda by: approvals.refuse(NO_ONE, refusal="x", by=by)),
    (Right.APPROVALS_ASK, "ask", lambda by: approvals.request_approval(WANTED, "", by=by)),
    (Right.APPROVALS_ASK, "withdraw", lambda by: approvals.withdraw(NO_ONE, by=by)),
    (Right.APPROVALS_ASK, "carry_out", lambda by: approvals.execute(NO_ONE, by=by)),
    (Right.STAFF_READ, "see", looks(staff.visible_to)),
    (
        Right.STAFF_MANAGE,
        "create",
        lambda by: staff.create(username="", name="", password="", role=Role.OFFICER, areas=[], by=by),
    ),
    (Right.STAFF_MANAGE, "set_password", lambda by: staff.set_password("khong-co", "x", by=by)),
    (
        Right.STAFF_MANAGE,
        "invite",
        lambda by: staff.invite(username="", name="", role=Role.OFFICER, areas=[], by=by),
    ),
    (
        Right.STAFF_MANAGE,
        "edit",
        lambda by: staff.edit("khong-co", expected_version=1, by=by, **NOBODY),
    ),
    (Right.STAFF_MANAGE, "hand_over_password", lambda by: staff.issue_password("khong-co", by=by)),
    (Right.STAFF_MANAGE, "deactivate", lambda by: staff.deactivate("khong-co", by=by)),
    (Right.STAFF_MANAGE, "activate", lambda by: staff.activate("khong-co", by=by)),
    (Right.STAFF_MANAGE, "end_every_session", lambda by: staff.end_all_sessions(by=by)),
    (
        Right.STAFF_MANAGE,
        "set_rights",
        lambda by: staff.set_rights("khong-co", role=Role.OFFICER, areas=[], by=by),
    ),
    (Right.STAFF_MANAGE, "end_sessions", lambda by: staff.end_sessions("khong-co", by=by)),
    (Right.STAFF_MANAGE, "link_for", lambda by: identities.link_for("khong-co", "https://x", "1", by=by)),
    (Right.STAFF_MANAGE, "unlink_for", lambda by: identities.unlink_for("khong-co", by=by)),
    (Right.STAFF_MANAGE, "remove_factors", lambda by: staff.remove_factors("khong-co", by=by)),
    (Right.RETENTION_MANAGE, "stray_files", lambda by: retention.orphaned_files(by=by)),
    (Right.RETENTION_MANAGE, "remove_stray_files", lambda by: retention.remove_orphaned_files(by=by)),
    (Right.PARTNERS_MANAGE, "create", lambda by: partners.create(name="", scopes=[], areas=[], by=by)),
    (Right.PARTNERS_MANAGE, "issue_key", lambda by: partners.issue_key(NO_ONE, by=by)),
    (Right.PARTNERS_MANAGE, "revoke_key", lambda by: partners.revoke_key("khong-co", by=by)),
    (Right.PARTNERS_MANAGE, "rotate_key", lambda by: partners.rotate_key("khong-co", overlap_days=1, by=by)),
    (Right.PARTNERS_MANAGE, "see", looks(partners.visible_to)),
    (Right.PARTNERS_MANAGE, "usage", lambda by: partners.requests_by_day(by, NO_ONE)),
    (Right.PARTNERS_MANAGE, "deprecated", lambda by: partners.deprecated_uses(by, NO_ONE)),
    (Right.PARTNERS_MANAGE, "see webhooks", looks(webhooks.visible_to)),
    (Right.PARTNERS_MANAGE, "jobs", looks(job_list.visible_to)),
    (Right.PARTNERS_MANAGE, "failing", looks(webhooks.failing)),
    (Right.PARTNERS_MANAGE, "with_failing_webhook", looks(webhooks.with_failing_webhook)),
    (Right.PARTNERS_MANAGE, "expiring_keys", looks(partners.expiring_keys)),
    (Right.PARTNERS_MANAGE, "with_expiring_key", looks(partners.with_expiring_key)),
    (Right.STAFF_READ, "without_factor", looks(factors.without_factor)),
    (Right.PARTNERS_MANAGE, "see webhook", lambda by: webhooks.webhook(by, NO_ONE)),
    (Right.PARTNERS_MANAGE, "add webhook", lambda by: webhooks.create(NO_ONE, WEBHOOK, by=by)),
    (
        Right.PARTNERS_MANAGE,
        "edit webhook",
        lambda by: webhooks.edit(NO_ONE, WEBHOOK, expected_version=1, by=by),
    ),
    (Right.PARTNERS_MANAGE, "pause webhook", lambda by: webhooks.pause(NO_ONE, expected_version=1, by=by)),
    (Right.PARTNERS_MANAGE, "resume webhook", lambda by: webhooks.resume(NO_ONE, expected_version=1, by=by)),
    (Right.PARTNERS_MANAGE, "remove webhook", lambda by: webhooks.remove(NO_ONE, expected_version=1, by=by)),
    (
        Right.PARTNERS_MANAGE,
        "change its secret",
        lambda by: webhooks.change_secret(NO_ONE, overlap_days=1, by=by),
    ),
    (Right.PARTNERS_MANAGE, "replay", lambda by: webhooks.replay(NO_ONE, now(), by=by)),
    (Right.PARTNERS_MANAGE, "see deliveries", lambda by: webhooks.deliveries_of(by, NO_ONE)),
    (Right.PARTNERS_MANAGE, "see delivery", lambda by: webhooks.delivery(by, NO_ONE)),
    (Right.PARTNERS_MANAGE, "send again", lambda by: webhooks.send_again(NO_ONE, by=by)),
    (Right.PARTNERS_MANAGE, "send a test", lambda by: webhooks.send_test(NO_ONE, by=by)),
    (Right.PARTNERS_MANAGE, "load_key", lambda by: partners.load_key(by, NO_ONE)),
    (Right.PARTNERS_MANAGE, "keys_of", lambda by: partners.keys_of(by, NO_ONE)),
    (
        Right.PARTNERS_MANAGE,
        "edit",
        lambda by: partners.edit(NO_ONE, expected_version=1, name="", contact="", scopes=[], areas=[], by=by),
    ),
    (Right.PARTNERS_MANAGE, "deactivate", lambda by: partners.deactivate(NO_ONE, expected_version=1, by=by)),
    (Right.PARTNERS_MANAGE, "activate", lambda by: partners.activate(NO_ONE, expected_version=1, by=by)),
    (
        Right.PARTNERS_MANAGE,
        "set_signing_keys",
        lambda by: partners.set_signing_keys(NO_ONE, "", expected_version=1, by=by),
    ),
    (Right.PARTNERS_MANAGE, "documents_of", lambda by: partners.documents_of(by, NO_ONE)),
    (Right.PARTNERS_MANAGE, "document", lambda by: partners.document(by, NO_ONE)),
    (
        Right.PARTNERS_MANAGE,
        "register_documents",
        lambda by: partners.register_documents(NO_ONE, [], names=str, by=by),
    ),
    (Right.PARTNERS_MANAGE, "remove_document", lambda by: partners.remove_document(NO_ONE, by=by)),
    (Right.PARTNERS_MANAGE, "restrict", lambda by: partners.restrict(NO_ONE, expected_version=1, by=by)),
    (Right.PARTNERS_MANAGE, "unrestrict", lambda by: partners.unrestrict(NO_ONE, expected_version=1, by=by)),
    (
        Right.PARTNERS_MANAGE,
        "set_allowance",
        lambda by: partners.set_allowance(NO_ONE, limit=None, restore=None, expected_version=1, by=by),
    ),
    *picture_verbs(attachments.TIPS),
    *(verb for noun in all_tables() for verb in noun.verbs),
]


def member_of(role: Role) -> Actor:
    return Actor(ActorKind.STAFF, uuid4(), "Cán bộ mẫu", role=role, areas=frozenset({uuid4()}))


def partner_with(*scopes: Scope) -> Actor:
    return Actor(
        ActorKind.PARTNER, uuid4(), "Đối tác mẫu", scopes=frozenset(scopes), areas=frozenset({uuid4()})
    )
