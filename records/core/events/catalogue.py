"""The events of the log, without anybody's data. docs/reference/logging.md is this list, for people."""

from dataclasses import dataclass
from enum import Enum
from logging import ERROR, INFO, WARNING


@dataclass(frozen=True)
class EventSpec:
    """How an event is logged: its name, when it occurs, its fields, and its level."""

    name: str
    description: str
    fields: tuple[str, ...] = ()
    level: int = WARNING


class Event(Enum):
    """The events."""

    STARTED = EventSpec("service.started", "A process serves from now on.", level=INFO)
    STOPPED = EventSpec("service.stopped", "A process was told to stop, and has.", level=INFO)
    SIGNED_IN = EventSpec(
        "sign-in.succeeded",
        "Somebody signed in, with one factor (ONE) or two (TWO).",
        ("strength",),
        level=INFO,
    )
    SIGN_IN_HALF = EventSpec(
        "sign-in.half", "The password or the provider was right, a second factor is required.", level=INFO
    )
    SIGN_IN_FAILED = EventSpec(
        "sign-in.failed",
        "A sign-in failed at the `password`, the `factor`, the `passkey` or the `provider`. The actor is "
        "whose account it was; none where nobody has that name.",
        ("step",),
    )
    PROVIDER_FAILED = EventSpec(
        "provider.failed",
        "The provider at which staff sign in did not answer, or what came from there does not hold.",
        ("reason",),
    )
    THROTTLED = EventSpec(
        "sign-in.throttled",
        "A sign-in, a proof, a client's request or a search by phone came too early. `source` is "
        "the same for one source of tries.",
        ("source",),
    )
    SIGNED_OUT = EventSpec("session.signed-out", "Somebody signed out.", level=INFO)
    SESSIONS_ENDED = EventSpec(
        "session.ended",
        "Somebody ended sessions: one, all others, or those of another person.",
        ("whose",),
        level=INFO,
    )
    PROVED = EventSpec("proof.succeeded", "Somebody showed again who they are.", ("strength",), level=INFO)
    PROOF_FAILED = EventSpec("proof.failed", "Somebody signed in could not show who they are.")
    FACTORS_CHANGED = EventSpec(
        "factor.changed",
        "A second factor was added or removed: `TOTP added`, `PASSKEY removed`, `codes made`, `all removed`, "
        "`identity linked`, `identity unlinked`.",
        ("what", "whose"),
    )
    PASSWORD_CHANGED = EventSpec("password.changed", "A password was changed.", ("whose",))
    ACCOUNT_CHANGED = EventSpec(
        "account.changed",
        "An account was `created`, `closed` or `opened` again, or got other `rights`.",
        ("what", "whose"),
    )
    DENIED = EventSpec(
        "access.denied",
        "A member of staff was refused (403): they lack the right, or the form was not theirs.",
    )
    MISSED = EventSpec(
        "access.missed",
        "A member of staff asked for what is not there or lies outside their areas (404).",
        level=INFO,
    )
    FORM_REFUSED = EventSpec(
        "form.refused", "A form came from another `site`, or without the session's `token`.", ("reason",)
    )
    PARTNER_REFUSED = EventSpec(
        "partner.refused", "A partner's `key` (or token), `secret` or `assertion` was not valid.", ("by",)
    )
    SCOPE_DENIED = EventSpec(
        "partner.scope-denied", "A partner asked for a field whose scope its key lacks.", ("field",)
    )
    TOKEN_CHANGED = EventSpec(
        "partner.token", "A partner got a token (`issued`) or ended one (`revoked`).", ("what",), level=INFO
    )
    PARTNER_CHANGED = EventSpec(
        "partner.changed",
        "A partner was `created`, `edited`, `activated`, `deactivated`, got other `signing keys`, had "
        "`documents added` or a `document removed`, or was `restricted` to its documents or `unrestricted`.",
        ("what", "partner"),
    )
    PARTNER_KEY_CHANGED = EventSpec(
        "partner.key",
        "A partner's key was `issued`, `rotated` or `revoked`; `key` is the part of it that may be seen.",
        ("what", "partner", "key"),
    )
    WEBHOOK_CHANGED = EventSpec(
        "partner.webhook",
        "A webhook was `added`, `edited`, `paused`, `resumed`, `removed`, `tested` or `replayed`, got "
        "another `secret`, had a delivery `sent again`; or the service stopped it: its receiver is `gone`, "
        "or was `failing` for days.",
        ("what", "partner", "webhook"),
    )
    EXPORT = EventSpec(
        "partner.export",
        "The file of a partner's export was `written` or `fetched`, or the export `failed` or was "
        "`cancelled`.",
        ("step", "export"),
        level=INFO,
    )
    SEALING_KEY_CHANGED = EventSpec(
        "sealing-key.changed",
        "A wrapping key was `made`, `rotated` to or `dropped`; `key` is its id.",
        ("what", "key"),
    )
    REVEAL = EventSpec(
        "reveal",
        "A look at sealed data was asked for, approved, refused, withdrawn or taken; `reveal` is the "
        "request's id.",
        ("step", "reveal"),
    )
    APPROVAL = EventSpec(
        "approval",
        "What takes a second person was asked for, approved, refused, withdrawn or done; `approval` is the "
        "request's id.",
        ("step", "approval"),
    )
    DATA_REQUEST = EventSpec(
        "data-request",
        "What a data subject asks was `received`, `looked up`, `erased`, `corrected` or `answered`.",
        ("step", "request_id"),
    )
    AUDIT_FORGED = EventSpec(
        "audit.forged",
        "So many `entries` of the audit do not bear the MAC of what they say, or the last link is not right; "
        "they are not linked, covered by a checkpoint or shown as trustworthy: run `ketnoi audit verify`.",
        ("entries",),
        level=ERROR,
    )
    AUDIT_HEAD_FAILED = EventSpec(
        "audit.head-failed",
        "A checkpoint of the audit could not be kept outside the database; it is tried again.",
        ("reason",),
        level=ERROR,
    )
    AUDIT_NOT_STORED = EventSpec(
        "audit.not-stored",
        "The database did not store an entry of the audit as it was signed, and the change was undone: look "
        "for triggers and rules on `audit_entries`.",
        ("action",),
        level=ERROR,
    )
    REQUEST_REFUSED = EventSpec(
        "request.refused",
        "A request named another `host`, opened a socket from a page of another site (`origin`), was too "
        "large (`size`), took too long (`time`), was no HTTP (`syntax`), came over one of too many "
        "`connections`, came too soon after many others of the same caller (`pace`) or cost more than "
        "remained of its `budget`.",
        ("reason",),
    )
    UNAVAILABLE = EventSpec(
        "database.unavailable",
        "The database could not serve: it was `away`, `read-only`, `full`, out of `connections` or too "
        "`slow`. One line for each reason in ten seconds; `more` is how often it happened since the last.",
        ("reason", "more", "kind"),
        level=ERROR,
    )
    FAULT = EventSpec(
        "fault",
        "What nobody foresaw: the kind of the error and where it arose.",
        ("kind", "where"),
        level=ERROR,
    )
