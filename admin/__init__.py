"""The staff door: the pages of the admin; those of nouns are declared beside them."""

from starlette.routing import BaseRoute

from admin import nouns
from admin.access.approvals import pages as approvals
from admin.access.audit import pages as audit
from admin.access.jobs import pages as jobs
from admin.access.partners import actions as partner_actions
from admin.access.partners import documents as partner_documents
from admin.access.partners import keys as partner_keys
from admin.access.partners import pages as partners
from admin.access.staff import actions as staff_actions
from admin.access.staff import pages as staff
from admin.access.staff import sessions as staff_sessions
from admin.access.webhooks import actions as webhook_actions
from admin.access.webhooks import pages as webhooks
from admin.account import appearance, language, saved_views
from admin.account import pages as account
from admin.components import pages as components
from admin.dashboard import pages as dashboard
from admin.kit import refusals
from admin.kit.routing import page_at
from admin.privacy.contacts import pages as contacts
from admin.privacy.data_requests import pages as data_requests
from admin.privacy.reporters import pages as reporters
from admin.privacy.retention import holds
from admin.privacy.retention import pages as retention
from admin.privacy.reveals import pages as reveals
from admin.search import pages as search
from admin.sign_in import oidc
from admin.sign_in import pages as sign_in


def routes() -> list[BaseRoute]:
    """The routes below /admin. All but the first few require sign-in."""
    return [
        *page_at("/admin/sign-in", get=sign_in.form, post=sign_in.sign_in, public=True),
        *page_at("/admin/sign-in/factor", get=sign_in.factor_form, post=sign_in.factor, public=True),
        *page_at("/admin/sign-in/passkey", get=sign_in.passkey_form, post=sign_in.passkey, public=True),
        *page_at("/admin/sign-in/provider", get=oidc.start_sign_in, public=True),
        *page_at(oidc.CALLBACK_PATH, get=oidc.finish_sign_in, public=True),
        *page_at("/admin/language", post=language.set_language, public=True),
        *page_at("/admin/appearance", post=appearance.set_appearance, public=True),
        *page_at("/admin/sign-out", post=sign_in.sign_out, single_factor_allowed=True),
        # One's own account: sessions, further factors, password.
        *page_at(
            "/admin/proof",
            get=sign_in.reauthentication_form,
            post=sign_in.reauthenticate,
            single_factor_allowed=True,
        ),
        *page_at("/admin/account", get=account.show, single_factor_allowed=True),
        *page_at(
            "/admin/account/password",
            get=account.password_form,
            post=account.change_password,
            single_factor_allowed=True,
        ),
        *page_at("/admin/account/sessions", post=account.end_other_sessions),
        *page_at("/admin/account/sessions/{id:uuid}/ending", post=account.end_session),
        *page_at(
            "/admin/account/app", get=account.app_form, post=account.add_app, single_factor_allowed=True
        ),
        *page_at(
            "/admin/account/passkey",
            get=account.passkey_form,
            post=account.add_passkey,
            single_factor_allowed=True,
        ),
        *page_at("/admin/account/recovery-codes", post=account.renew_recovery_codes),
        *page_at("/admin/account/factors/{id:uuid}/removal", post=account.remove_factor),
        *page_at("/admin/account/identity", get=oidc.start_linking),
        *page_at("/admin/account/identity/confirmation", get=oidc.show_confirmation, post=oidc.link),
        *page_at("/admin/account/identities/{id:uuid}/removal", post=oidc.unlink),
        *page_at("/admin/saved-views", post=saved_views.save),
        *page_at("/admin/saved-views/{id:uuid}/removal", post=saved_views.remove),
        *page_at("/admin", get=dashboard.show),
        *page_at("/admin/search", get=search.show),
        *page_at("/admin/help", get=search.help_page),
        # The pages of nouns are found by themselves; these lead to the sealed data of their records.
        *nouns.routes(),
        *page_at("/admin/tips/{id:uuid}/reporter", get=reporters.new, post=reporters.attach),
        *page_at("/admin/tips/{id:uuid}/reveal", get=reveals.new, post=reveals.create),
        *page_at("/admin/members/{id:uuid}/contact", get=contacts.show, post=contacts.record),
        *page_at("/admin/members/{id:uuid}/contact/removal", post=contacts.remove),
        *page_at("/admin/members/{id:uuid}/reveal", get=reveals.new, post=reveals.create),
        *page_at("/admin/education-cases/{id:uuid}/reveal", get=reveals.new, post=reveals.create),
        # Sealed data: who asked to see it, who decided, and the look itself.
        *page_at("/admin/reveals", get=reveals.index),
        *page_at("/admin/reveals/{id:uuid}", get=reveals.show),
        *page_at("/admin/reveals/{id:uuid}/look", post=reveals.view),
        *page_at("/admin/reveals/{id:uuid}/withdrawal", post=reveals.withdraw),
        *page_at("/admin/reveals/{id:uuid}/decision", get=reveals.decision, post=reveals.decide),
        # What a second person approves: asked for, decided on, done.
        *page_at("/admin/approvals", get=approvals.index),
        *page_at("/admin/approvals/{id:uuid}", get=approvals.show),
        *page_at("/admin/approvals/{id:uuid}/decision", get=approvals.decision, post=approvals.decide),
        *page_at("/admin/approvals/{id:uuid}/withdrawal", post=approvals.withdraw),
        *page_at("/admin/approvals/{id:uuid}/completion", post=approvals.execute),
        # What data subjects ask: found by phone, answered, corrected and erased.
        *page_at("/admin/data-requests", get=data_requests.index, post=data_requests.create),
        *page_at("/admin/data-requests/{id:uuid}", get=data_requests.show),
        *page_at("/admin/data-requests/{id:uuid}/look-up", post=data_requests.look_up),
        *page_at("/admin/data-requests/{id:uuid}/erasure", post=data_requests.erase),
        *page_at(
            "/admin/data-requests/{id:uuid}/correction",
            get=data_requests.correction,
            post=data_requests.correct,
        ),
        *page_at("/admin/data-requests/{id:uuid}/answer", post=data_requests.answer),
        *page_at("/admin/audit", get=audit.index),
        *page_at("/admin/retention", get=retention.index),
        *page_at("/admin/legal-holds", get=holds.index, post=holds.place),
        *page_at("/admin/legal-holds/new", get=holds.new),
        *page_at("/admin/legal-holds/{id:uuid}/release", get=holds.release_form, post=holds.release),
        *page_at("/admin/jobs", get=jobs.index),
        *page_at("/admin/jobs/{id:uuid}/cancellation", get=jobs.cancellation, post=jobs.cancel),
        *page_at("/admin/jobs/{id:uuid}/retry", get=jobs.retrial, post=jobs.retry),
        # Staff: their accounts, and how they sign in.
        *page_at("/admin/staff", get=staff.INDEX.index, post=staff.create),
        *page_at("/admin/staff/new", get=staff.new),
        *page_at("/admin/staff/sessions", get=staff_sessions.show_form, post=staff_sessions.end),
        *page_at("/admin/staff/{id:uuid}", get=staff.show, post=staff.update),
        *page_at("/admin/staff/{id:uuid}/edit", get=staff.edit),
        *staff_actions.ACTIONS.routes(),
        # Partner systems and their keys.
        *page_at("/admin/partners", get=partners.index, post=partners.create),
        *page_at("/admin/partners/new", get=partners.new),
        *page_at("/admin/partners/{id:uuid}", get=partners.show, post=partners.update),
        *page_at("/admin/partners/{id:uuid}/edit", get=partners.edit),
        *partner_actions.ACTIONS.routes(),
        *page_at(
            "/admin/partners/{id:uuid}/documents", get=partner_documents.index, post=partner_documents.add
        ),
        *page_at(
            "/admin/partner-documents/{id:uuid}/removal",
            get=partner_documents.show_form,
            post=partner_documents.remove,
        ),
        *page_at("/admin/partners/{id:uuid}/keys", post=partner_keys.issue),
        *page_at(
            "/admin/partner-keys/{id:uuid}/rotation", get=partner_keys.show_form, post=partner_keys.rotate
        ),
        *page_at(
            "/admin/partner-keys/{id:uuid}/revocation", get=partner_keys.show_form, post=partner_keys.revoke
        ),
        # Where they are told that something changed.
        *page_at("/admin/partners/{id:uuid}/webhooks", get=webhooks.index, post=webhooks.create),
        *page_at("/admin/partners/{id:uuid}/webhooks/new", get=webhooks.new),
        *page_at("/admin/webhooks/{id:uuid}", get=webhooks.show, post=webhooks.update),
        *page_at("/admin/webhooks/{id:uuid}/edit", get=webhooks.edit),
        *webhook_actions.ACTIONS.routes(),
        *page_at("/admin/webhook-deliveries/{id:uuid}/repetition", post=webhooks.resend),
        # Every part of the pages in each state, for those who build them.
        *page_at("/admin/components", get=components.show),
        *page_at("/admin/{rest:path}", get=refusals.not_found, post=refusals.not_found),
    ]
