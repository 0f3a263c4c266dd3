"""The staff door: every page of the admin, in one table that reads from top to bottom."""

from starlette.routing import BaseRoute, Route

from admin.access.approvals import pages as approvals
from admin.access.partners import documents as partner_documents
from admin.access.partners import keys as partner_keys
from admin.access.partners import pages as partners
from admin.access.staff import pages as staff
from admin.access.staff import sessions as staff_sessions
from admin.access.webhooks import pages as webhooks
from admin.account import pages as account
from admin.dashboard import pages as dashboard
from admin.kit import language, pages, pickers, reversals
from admin.kit.guard import Endpoint, guarded, open_to_all
from admin.nouns.education import actions as education_actions
from admin.nouns.education import pages as education
from admin.nouns.groups import actions as group_actions
from admin.nouns.groups import pages as groups
from admin.nouns.members import pages as members
from admin.nouns.tips import actions as tip_actions
from admin.nouns.tips import attachments
from admin.nouns.tips import pages as tips
from admin.privacy.contacts import pages as contacts
from admin.privacy.data_requests import pages as data_requests
from admin.privacy.reporters import pages as reporters
from admin.privacy.reveals import pages as reveals
from admin.sign_in import oidc
from admin.sign_in import pages as sign_in


def routes() -> list[BaseRoute]:
    """The pages below /admin. Every one but the first few wants somebody who has signed in."""
    return [
        Route("/admin/sign-in", open_to_all(sign_in.form), methods=["GET"]),
        Route("/admin/sign-in", open_to_all(sign_in.sign_in), methods=["POST"]),
        Route("/admin/sign-in/factor", open_to_all(sign_in.factor_form), methods=["GET"]),
        Route("/admin/sign-in/factor", open_to_all(sign_in.factor), methods=["POST"]),
        Route("/admin/sign-in/passkey", open_to_all(sign_in.passkey_form), methods=["GET"]),
        Route("/admin/sign-in/passkey", open_to_all(sign_in.passkey), methods=["POST"]),
        Route("/admin/sign-in/provider", open_to_all(oidc.depart), methods=["GET"]),
        Route(oidc.RETURN, open_to_all(oidc.arrive), methods=["GET"]),
        Route("/admin/language", open_to_all(language.choose), methods=["POST"]),
        *_page("/admin/sign-out", do=sign_in.sign_out, one_factor=True),
        # One's own account: sessions, further factors, password.
        *_page("/admin/proof", show=sign_in.proof_form, do=sign_in.proof, one_factor=True),
        *_page("/admin/account", show=account.show, one_factor=True),
        *_page(
            "/admin/account/password",
            show=account.password_form,
            do=account.change_password,
            one_factor=True,
        ),
        *_page("/admin/account/sessions", do=account.end_others),
        *_page("/admin/account/sessions/{id:uuid}/ending", do=account.end_session),
        *_page("/admin/account/app", show=account.app_form, do=account.add_app, one_factor=True),
        *_page("/admin/account/passkey", show=account.passkey_form, do=account.add_passkey, one_factor=True),
        *_page("/admin/account/recovery-codes", do=account.new_codes),
        *_page("/admin/account/factors/{id:uuid}/removal", do=account.remove_factor),
        *_page("/admin/account/identity", show=oidc.depart_to_link),
        *_page("/admin/account/identity/confirmation", show=oidc.ask, do=oidc.link),
        *_page("/admin/account/identities/{id:uuid}/removal", do=oidc.unlink),
        *_page("/admin", show=dashboard.show),
        # Tips: the inbox, one tip, and what is done with it.
        *_page("/admin/tips", show=tips.index, do=tips.create),
        *_page("/admin/tips/new", show=tips.new),
        *_page("/admin/tips/{id:uuid}", show=tips.show, do=tips.update),
        *_page("/admin/tips/{id:uuid}/edit", show=tips.edit),
        *_page("/admin/tips/{id:uuid}/verification", show=tip_actions.ask, do=tip_actions.do),
        *_page("/admin/tips/{id:uuid}/action", show=tip_actions.ask, do=tip_actions.do),
        *_page("/admin/tips/{id:uuid}/assignment", show=tip_actions.ask, do=tip_actions.do),
        *_page("/admin/tips/{id:uuid}/note", show=tip_actions.ask, do=tip_actions.do),
        *_page("/admin/tips/{id:uuid}/rejection", show=tip_actions.ask, do=tip_actions.do),
        *_page("/admin/tips/{id:uuid}/reopening", show=tip_actions.ask, do=tip_actions.do),
        *_page("/admin/tips/{id:uuid}/duplicate", show=tip_actions.ask, do=tip_actions.do),
        *_page("/admin/tips/{id:uuid}/extension", show=tip_actions.ask, do=tip_actions.do),
        *_page("/admin/tips/{id:uuid}/reporter", show=reporters.new, do=reporters.attach),
        *_page("/admin/tips/{id:uuid}/reveal", show=reveals.new, do=reveals.create),
        *_page("/admin/tips/{id:uuid}/reversal", show=reversals.ask, do=reversals.do),
        *_page("/admin/tips/{id:uuid}/closure", show=tip_actions.ask_outcomes, do=tip_actions.close),
        *_page("/admin/tips/{id:uuid}/attachments", do=attachments.add),
        *_page("/admin/attachments/{id:uuid}", show=attachments.download),
        *_page("/admin/attachments/{id:uuid}/removal", show=attachments.ask, do=attachments.remove),
        # Groups, their life, and who is in them.
        *_page("/admin/groups", show=groups.index, do=groups.create),
        *_page("/admin/groups/new", show=groups.new),
        *_page("/admin/groups/choices", show=pickers.group_choices),
        *_page("/admin/groups/{id:uuid}", show=groups.show, do=groups.update),
        *_page("/admin/groups/{id:uuid}/edit", show=groups.edit),
        *_page("/admin/groups/{id:uuid}/pause", show=group_actions.ask, do=group_actions.do),
        *_page("/admin/groups/{id:uuid}/resumption", show=group_actions.ask, do=group_actions.do),
        *_page("/admin/groups/{id:uuid}/dissolution", show=group_actions.ask, do=group_actions.do),
        *_page("/admin/groups/{id:uuid}/merger", show=group_actions.ask, do=group_actions.do),
        *_page("/admin/groups/{id:uuid}/removal", show=group_actions.ask, do=group_actions.do),
        *_page("/admin/groups/{id:uuid}/reversal", show=reversals.ask, do=reversals.do),
        *_page("/admin/groups/{id:uuid}/restoration", do=group_actions.restore),
        *_page("/admin/groups/{id:uuid}/members", show=members.index, do=members.join),
        *_page("/admin/members/{id:uuid}/leaving", show=members.ask, do=members.do),
        *_page("/admin/members/{id:uuid}/role", show=members.ask, do=members.do),
        *_page("/admin/members/{id:uuid}/contact", show=contacts.show, do=contacts.record),
        *_page("/admin/members/{id:uuid}/contact/removal", do=contacts.remove),
        *_page("/admin/members/{id:uuid}/reveal", show=reveals.new, do=reveals.create),
        *_page("/admin/areas/choices", show=pickers.area_choices),
        # Education cases: for those who guide or oversee them.
        *_page("/admin/education-cases", show=education.index, do=education.create),
        *_page("/admin/education-cases/new", show=education.new),
        *_page("/admin/education-cases/{id:uuid}", show=education.show),
        *_page(
            "/admin/education-cases/{id:uuid}/progress", show=education_actions.ask, do=education_actions.do
        ),
        *_page(
            "/admin/education-cases/{id:uuid}/subject", show=education_actions.ask, do=education_actions.do
        ),
        *_page(
            "/admin/education-cases/{id:uuid}/closure", show=education_actions.ask, do=education_actions.do
        ),
        *_page(
            "/admin/education-cases/{id:uuid}/correction", show=education_actions.ask, do=education_actions.do
        ),
        *_page(
            "/admin/education-cases/{id:uuid}/supervisor", show=education_actions.ask, do=education_actions.do
        ),
        *_page(
            "/admin/education-cases/{id:uuid}/release", show=education_actions.ask, do=education_actions.do
        ),
        *_page(
            "/admin/education-cases/{id:uuid}/reopening", show=education_actions.ask, do=education_actions.do
        ),
        *_page("/admin/education-cases/{id:uuid}/reveal", show=reveals.new, do=reveals.create),
        # Sealed data: who asked to see it, who decided, and the look itself.
        *_page("/admin/reveals", show=reveals.index),
        *_page("/admin/reveals/{id:uuid}", show=reveals.show),
        *_page("/admin/reveals/{id:uuid}/look", do=reveals.look),
        *_page("/admin/reveals/{id:uuid}/withdrawal", do=reveals.withdraw),
        *_page("/admin/reveals/{id:uuid}/decision", show=reveals.decision, do=reveals.decide),
        # What a second person approves: asked for, decided on, done.
        *_page("/admin/approvals", show=approvals.index),
        *_page("/admin/approvals/{id:uuid}", show=approvals.show),
        *_page("/admin/approvals/{id:uuid}/decision", show=approvals.decision, do=approvals.decide),
        *_page("/admin/approvals/{id:uuid}/withdrawal", do=approvals.withdraw),
        *_page("/admin/approvals/{id:uuid}/completion", do=approvals.carry_out),
        # What data subjects ask: found by phone, answered, put right and erased.
        *_page("/admin/data-requests", show=data_requests.index, do=data_requests.receive),
        *_page("/admin/data-requests/{id:uuid}", show=data_requests.show),
        *_page("/admin/data-requests/{id:uuid}/look-up", do=data_requests.look_up),
        *_page("/admin/data-requests/{id:uuid}/erasure", do=data_requests.erase),
        *_page(
            "/admin/data-requests/{id:uuid}/correction",
            show=data_requests.correction,
            do=data_requests.correct,
        ),
        *_page("/admin/data-requests/{id:uuid}/answer", do=data_requests.answer),
        # Staff: their accounts, and how they sign in.
        *_page("/admin/staff", show=staff.index, do=staff.create),
        *_page("/admin/staff/new", show=staff.new),
        *_page("/admin/staff/sessions", show=staff_sessions.ask, do=staff_sessions.end),
        *_page("/admin/staff/{id:uuid}", show=staff.show, do=staff.update),
        *_page("/admin/staff/{id:uuid}/edit", show=staff.edit),
        *_page("/admin/staff/{id:uuid}/password", show=staff.ask, do=staff.do),
        *_page("/admin/staff/{id:uuid}/factor-removal", show=staff.ask, do=staff.do),
        *_page("/admin/staff/{id:uuid}/session-ending", show=staff.ask, do=staff.do),
        *_page("/admin/staff/{id:uuid}/deactivation", show=staff.ask, do=staff.do),
        *_page("/admin/staff/{id:uuid}/activation", show=staff.ask, do=staff.do),
        # Partner systems and their keys.
        *_page("/admin/partners", show=partners.index, do=partners.create),
        *_page("/admin/partners/new", show=partners.new),
        *_page("/admin/partners/{id:uuid}", show=partners.show, do=partners.update),
        *_page("/admin/partners/{id:uuid}/edit", show=partners.edit),
        *_page("/admin/partners/{id:uuid}/deactivation", show=partners.ask, do=partners.do),
        *_page("/admin/partners/{id:uuid}/activation", show=partners.ask, do=partners.do),
        *_page("/admin/partners/{id:uuid}/signing-keys", show=partners.ask, do=partners.do),
        *_page("/admin/partners/{id:uuid}/budget", show=partners.ask, do=partners.do),
        *_page("/admin/partners/{id:uuid}/restriction", show=partners.ask, do=partners.do),
        *_page("/admin/partners/{id:uuid}/release", show=partners.ask, do=partners.do),
        *_page("/admin/partners/{id:uuid}/documents", show=partner_documents.index, do=partner_documents.add),
        *_page(
            "/admin/partner-documents/{id:uuid}/removal",
            show=partner_documents.ask,
            do=partner_documents.remove,
        ),
        *_page("/admin/partners/{id:uuid}/keys", do=partner_keys.issue),
        *_page("/admin/partner-keys/{id:uuid}/rotation", show=partner_keys.ask, do=partner_keys.rotate),
        *_page("/admin/partner-keys/{id:uuid}/revocation", show=partner_keys.ask, do=partner_keys.revoke),
        # Where they are told that something changed.
        *_page("/admin/partners/{id:uuid}/webhooks", show=webhooks.index, do=webhooks.create),
        *_page("/admin/partners/{id:uuid}/webhooks/new", show=webhooks.new),
        *_page("/admin/webhooks/{id:uuid}", show=webhooks.show, do=webhooks.update),
        *_page("/admin/webhooks/{id:uuid}/edit", show=webhooks.edit),
        *_page("/admin/webhooks/{id:uuid}/resumption", do=webhooks.do),
        *_page("/admin/webhooks/{id:uuid}/test", do=webhooks.do),
        *_page("/admin/webhooks/{id:uuid}/replay", show=webhooks.ask, do=webhooks.do),
        *_page("/admin/webhooks/{id:uuid}/secret", show=webhooks.ask, do=webhooks.do),
        *_page("/admin/webhooks/{id:uuid}/pause", show=webhooks.ask, do=webhooks.do),
        *_page("/admin/webhooks/{id:uuid}/removal", show=webhooks.ask, do=webhooks.do),
        *_page("/admin/webhook-deliveries/{id:uuid}/repetition", do=webhooks.repeat),
        Route("/admin/{rest:path}", guarded(pages.missing), methods=["GET", "POST"]),
    ]


def _page(
    path: str, *, show: Endpoint | None = None, do: Endpoint | None = None, one_factor: bool = False
) -> list[Route]:
    """What GET shows and what POST does at `path`, both behind the guard."""
    ways = [(endpoint, method) for endpoint, method in ((show, "GET"), (do, "POST")) if endpoint]
    return [Route(path, guarded(endpoint, one_factor=one_factor), methods=[way]) for endpoint, way in ways]
