"""The staff door: the pages of the admin, in one table that reads from top to bottom."""

from starlette.routing import BaseRoute

from admin import nouns
from admin.access.approvals import pages as approvals
from admin.access.partners import actions as partner_actions
from admin.access.partners import documents as partner_documents
from admin.access.partners import keys as partner_keys
from admin.access.partners import pages as partners
from admin.access.staff import actions as staff_actions
from admin.access.staff import pages as staff
from admin.access.staff import sessions as staff_sessions
from admin.access.webhooks import pages as webhooks
from admin.account import language
from admin.account import pages as account
from admin.dashboard import pages as dashboard
from admin.kit import pages, pickers
from admin.kit.nouns import reversals
from admin.kit.routing import page_at
from admin.nouns.education import pages as education
from admin.nouns.groups import actions as group_actions
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
        *page_at("/admin/sign-in", show=sign_in.form, do=sign_in.sign_in, public=True),
        *page_at("/admin/sign-in/factor", show=sign_in.factor_form, do=sign_in.factor, public=True),
        *page_at("/admin/sign-in/passkey", show=sign_in.passkey_form, do=sign_in.passkey, public=True),
        *page_at("/admin/sign-in/provider", show=oidc.depart, public=True),
        *page_at(oidc.RETURN, show=oidc.arrive, public=True),
        *page_at("/admin/language", do=language.choose, public=True),
        *page_at("/admin/sign-out", do=sign_in.sign_out, one_factor=True),
        # One's own account: sessions, further factors, password.
        *page_at("/admin/proof", show=sign_in.proof_form, do=sign_in.proof, one_factor=True),
        *page_at("/admin/account", show=account.show, one_factor=True),
        *page_at(
            "/admin/account/password", show=account.password_form, do=account.change_password, one_factor=True
        ),
        *page_at("/admin/account/sessions", do=account.end_others),
        *page_at("/admin/account/sessions/{id:uuid}/ending", do=account.end_session),
        *page_at("/admin/account/app", show=account.app_form, do=account.add_app, one_factor=True),
        *page_at(
            "/admin/account/passkey", show=account.passkey_form, do=account.add_passkey, one_factor=True
        ),
        *page_at("/admin/account/recovery-codes", do=account.new_codes),
        *page_at("/admin/account/factors/{id:uuid}/removal", do=account.remove_factor),
        *page_at("/admin/account/identity", show=oidc.depart_to_link),
        *page_at("/admin/account/identity/confirmation", show=oidc.ask, do=oidc.link),
        *page_at("/admin/account/identities/{id:uuid}/removal", do=oidc.unlink),
        *page_at("/admin", show=dashboard.show),
        # The ordinary pages of nouns; what follows are those that a noun has besides.
        *nouns.routes(),
        # Tips: the inbox, one tip, and what is done with it.
        *page_at("/admin/tips", show=tips.index, do=tips.create),
        *page_at("/admin/tips/new", show=tips.new),
        *page_at("/admin/tips/{id:uuid}", show=tips.show, do=tips.update),
        *page_at("/admin/tips/{id:uuid}/edit", show=tips.edit),
        *tip_actions.ACTIONS.routes(),
        *page_at("/admin/tips/{id:uuid}/reporter", show=reporters.new, do=reporters.attach),
        *page_at("/admin/tips/{id:uuid}/reveal", show=reveals.new, do=reveals.create),
        *page_at("/admin/tips/{id:uuid}/reversal", show=reversals.ask, do=reversals.do),
        *page_at("/admin/tips/{id:uuid}/closure", show=tip_actions.ask_outcomes, do=tip_actions.close),
        *page_at("/admin/tips/{id:uuid}/attachments", do=attachments.add),
        *page_at("/admin/attachments/{id:uuid}", show=attachments.download),
        *attachments.ACTIONS.routes(),
        # Groups, their life, and who is in them.
        *page_at("/admin/groups/choices", show=pickers.group_choices),
        *page_at("/admin/groups/{id:uuid}/reversal", show=reversals.ask, do=reversals.do),
        *page_at("/admin/groups/{id:uuid}/restoration", do=group_actions.restore),
        *page_at("/admin/groups/{id:uuid}/members", show=members.index, do=members.join),
        *members.ACTIONS.routes(),
        *page_at("/admin/members/{id:uuid}/contact", show=contacts.show, do=contacts.record),
        *page_at("/admin/members/{id:uuid}/contact/removal", do=contacts.remove),
        *page_at("/admin/members/{id:uuid}/reveal", show=reveals.new, do=reveals.create),
        *page_at("/admin/areas/choices", show=pickers.area_choices),
        # Education cases: for those who guide or oversee them.
        *page_at("/admin/education-cases", do=education.create),
        *page_at("/admin/education-cases/new", show=education.new),
        *page_at("/admin/education-cases/{id:uuid}/reveal", show=reveals.new, do=reveals.create),
        # Sealed data: who asked to see it, who decided, and the look itself.
        *page_at("/admin/reveals", show=reveals.index),
        *page_at("/admin/reveals/{id:uuid}", show=reveals.show),
        *page_at("/admin/reveals/{id:uuid}/look", do=reveals.look),
        *page_at("/admin/reveals/{id:uuid}/withdrawal", do=reveals.withdraw),
        *page_at("/admin/reveals/{id:uuid}/decision", show=reveals.decision, do=reveals.decide),
        # What a second person approves: asked for, decided on, done.
        *page_at("/admin/approvals", show=approvals.index),
        *page_at("/admin/approvals/{id:uuid}", show=approvals.show),
        *page_at("/admin/approvals/{id:uuid}/decision", show=approvals.decision, do=approvals.decide),
        *page_at("/admin/approvals/{id:uuid}/withdrawal", do=approvals.withdraw),
        *page_at("/admin/approvals/{id:uuid}/completion", do=approvals.carry_out),
        # What data subjects ask: found by phone, answered, put right and erased.
        *page_at("/admin/data-requests", show=data_requests.index, do=data_requests.receive),
        *page_at("/admin/data-requests/{id:uuid}", show=data_requests.show),
        *page_at("/admin/data-requests/{id:uuid}/look-up", do=data_requests.look_up),
        *page_at("/admin/data-requests/{id:uuid}/erasure", do=data_requests.erase),
        *page_at(
            "/admin/data-requests/{id:uuid}/correction",
            show=data_requests.correction,
            do=data_requests.correct,
        ),
        *page_at("/admin/data-requests/{id:uuid}/answer", do=data_requests.answer),
        # Staff: their accounts, and how they sign in.
        *page_at("/admin/staff", show=staff.index, do=staff.create),
        *page_at("/admin/staff/new", show=staff.new),
        *page_at("/admin/staff/sessions", show=staff_sessions.ask, do=staff_sessions.end),
        *page_at("/admin/staff/{id:uuid}", show=staff.show, do=staff.update),
        *page_at("/admin/staff/{id:uuid}/edit", show=staff.edit),
        *staff_actions.ACTIONS.routes(),
        # Partner systems and their keys.
        *page_at("/admin/partners", show=partners.index, do=partners.create),
        *page_at("/admin/partners/new", show=partners.new),
        *page_at("/admin/partners/{id:uuid}", show=partners.show, do=partners.update),
        *page_at("/admin/partners/{id:uuid}/edit", show=partners.edit),
        *partner_actions.ACTIONS.routes(),
        *page_at(
            "/admin/partners/{id:uuid}/documents", show=partner_documents.index, do=partner_documents.add
        ),
        *page_at(
            "/admin/partner-documents/{id:uuid}/removal",
            show=partner_documents.ask,
            do=partner_documents.remove,
        ),
        *page_at("/admin/partners/{id:uuid}/keys", do=partner_keys.issue),
        *page_at("/admin/partner-keys/{id:uuid}/rotation", show=partner_keys.ask, do=partner_keys.rotate),
        *page_at("/admin/partner-keys/{id:uuid}/revocation", show=partner_keys.ask, do=partner_keys.revoke),
        # Where they are told that something changed.
        *page_at("/admin/partners/{id:uuid}/webhooks", show=webhooks.index, do=webhooks.create),
        *page_at("/admin/partners/{id:uuid}/webhooks/new", show=webhooks.new),
        *page_at("/admin/webhooks/{id:uuid}", show=webhooks.show, do=webhooks.update),
        *page_at("/admin/webhooks/{id:uuid}/edit", show=webhooks.edit),
        *webhooks.ACTIONS.routes(),
        *page_at("/admin/webhook-deliveries/{id:uuid}/repetition", do=webhooks.repeat),
        *page_at("/admin/{rest:path}", show=pages.missing, do=pages.missing),
    ]
