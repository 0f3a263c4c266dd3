"""What is worth a line for those who watch over the service: listed here, and without anybody's data.

A line says what happened, at which route, and the id of who did it. What somebody typed, a name, an address
or a value of a record has no way into one. docs/reference/logging.md is the table below, for people.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from types import TracebackType
from typing import Any, Final
from uuid import UUID, uuid4

_log: Final = logging.getLogger("ketnoi")
# Where nobody has set up logging, in a command at a terminal, nothing is printed.
_log.addHandler(logging.NullHandler())

# Ids, names from the code, and numbers. Anything else would be a mistake and is left out.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:<>{}/ -]{0,500}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Event(StrEnum):
    """The events of the log."""

    STARTED = "service.started"
    STOPPED = "service.stopped"
    SIGNED_IN = "sign-in.succeeded"
    SIGN_IN_HALF = "sign-in.half"
    SIGN_IN_FAILED = "sign-in.failed"
    PROVIDER_FAILED = "provider.failed"
    THROTTLED = "sign-in.throttled"
    SIGNED_OUT = "session.signed-out"
    SESSIONS_ENDED = "session.ended"
    PROVED = "proof.succeeded"
    PROOF_FAILED = "proof.failed"
    FACTORS_CHANGED = "factor.changed"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the name of an event
    ACCOUNT_CHANGED = "account.changed"
    DENIED = "access.denied"
    MISSED = "access.missed"
    FORM_REFUSED = "form.refused"
    PARTNER_REFUSED = "partner.refused"
    SCOPE_DENIED = "partner.scope-denied"
    TOKEN_CHANGED = "partner.token"  # noqa: S105
    PARTNER_CHANGED = "partner.changed"
    PARTNER_KEY_CHANGED = "partner.key"
    WEBHOOK_CHANGED = "partner.webhook"
    EXPORT = "partner.export"
    SEALING_KEY_CHANGED = "sealing-key.changed"
    REVEAL = "reveal"
    APPROVAL = "approval"
    DATA_REQUEST = "data-request"
    AUDIT_FORGED = "audit.forged"
    AUDIT_HEAD_FAILED = "audit.head-failed"
    AUDIT_NOT_STORED = "audit.not-stored"
    REQUEST_REFUSED = "request.refused"
    UNAVAILABLE = "database.unavailable"
    FAULT = "fault"


@dataclass(frozen=True)
class EventSpec:
    """How an event is logged: its level, its fields, and when it occurs."""

    level: int
    fields: tuple[str, ...]
    description: str


EVENT_SPECS: Final = {
    Event.STARTED: EventSpec(logging.INFO, (), "A process serves from now on."),
    Event.STOPPED: EventSpec(logging.INFO, (), "A process was told to stop, and has."),
    Event.SIGNED_IN: EventSpec(
        logging.INFO, ("strength",), "Somebody signed in, with one factor (ONE) or two (TWO)."
    ),
    Event.SIGN_IN_HALF: EventSpec(
        logging.INFO, (), "The password or the provider was right, a second factor is required."
    ),
    Event.SIGN_IN_FAILED: EventSpec(
        logging.WARNING,
        ("step",),
        "A sign-in failed at the `password`, the `factor`, the `passkey` or the `provider`. The actor is "
        "whose account it was; none where nobody has that name.",
    ),
    Event.PROVIDER_FAILED: EventSpec(
        logging.WARNING,
        ("reason",),
        "The provider at which staff sign in did not answer, or what came from there does not hold.",
    ),
    Event.THROTTLED: EventSpec(
        logging.WARNING,
        ("source",),
        "A sign-in, a proof, a client's request or a search by phone came too early. `source` is "
        "the same for one source of tries.",
    ),
    Event.SIGNED_OUT: EventSpec(logging.INFO, (), "Somebody signed out."),
    Event.SESSIONS_ENDED: EventSpec(
        logging.INFO, ("whose",), "Somebody ended sessions: one, all others, or those of another person."
    ),
    Event.PROVED: EventSpec(logging.INFO, ("strength",), "Somebody showed again who they are."),
    Event.PROOF_FAILED: EventSpec(logging.WARNING, (), "Somebody signed in could not show who they are."),
    Event.FACTORS_CHANGED: EventSpec(
        logging.WARNING,
        ("what", "whose"),
        "A second factor was added or removed: `TOTP added`, `PASSKEY removed`, `codes made`, `all removed`, "
        "`identity linked`, `identity unlinked`.",
    ),
    Event.PASSWORD_CHANGED: EventSpec(logging.WARNING, ("whose",), "A password was changed."),
    Event.ACCOUNT_CHANGED: EventSpec(
        logging.WARNING,
        ("what", "whose"),
        "An account was `created`, `closed` or `opened` again, or got other `rights`.",
    ),
    Event.DENIED: EventSpec(
        logging.WARNING,
        (),
        "A member of staff was refused (403): they lack the right, or the form was not theirs.",
    ),
    Event.MISSED: EventSpec(
        logging.INFO, (), "A member of staff asked for what is not there or lies outside their areas (404)."
    ),
    Event.FORM_REFUSED: EventSpec(
        logging.WARNING, ("reason",), "A form came from another `site`, or without the session's `token`."
    ),
    Event.PARTNER_REFUSED: EventSpec(
        logging.WARNING, ("by",), "A partner's `key` (or token), `secret` or `assertion` was not valid."
    ),
    Event.SCOPE_DENIED: EventSpec(
        logging.WARNING, ("field",), "A partner asked for a field whose scope its key lacks."
    ),
    Event.TOKEN_CHANGED: EventSpec(
        logging.INFO, ("what",), "A partner got a token (`issued`) or ended one (`revoked`)."
    ),
    Event.PARTNER_CHANGED: EventSpec(
        logging.WARNING,
        ("what", "partner"),
        "A partner was `created`, `edited`, `activated`, `deactivated`, got other `signing keys`, had "
        "`documents added` or a `document removed`, or was `restricted` to its documents or `unrestricted`.",
    ),
    Event.PARTNER_KEY_CHANGED: EventSpec(
        logging.WARNING,
        ("what", "partner", "key"),
        "A partner's key was `issued`, `rotated` or `revoked`; `key` is the part of it that may be seen.",
    ),
    Event.WEBHOOK_CHANGED: EventSpec(
        logging.WARNING,
        ("what", "partner", "webhook"),
        "A webhook was `added`, `edited`, `paused`, `resumed`, `removed`, `tested` or `replayed`, got "
        "another `secret`, had a delivery `sent again`; or the service stopped it: its receiver is `gone`, "
        "or was `failing` for days.",
    ),
    Event.EXPORT: EventSpec(
        logging.INFO,
        ("step", "export"),
        "The file of a partner's export was `written` or `fetched`, or the export `failed` or was "
        "`cancelled`.",
    ),
    Event.SEALING_KEY_CHANGED: EventSpec(
        logging.WARNING,
        ("what", "key"),
        "A wrapping key was `made`, `rotated` to or `dropped`; `key` is its id.",
    ),
    Event.REVEAL: EventSpec(
        logging.WARNING,
        ("step", "reveal"),
        "A look at sealed data was asked for, approved, refused, withdrawn or taken; `reveal` is the "
        "request's id.",
    ),
    Event.APPROVAL: EventSpec(
        logging.WARNING,
        ("step", "approval"),
        "What takes a second person was asked for, approved, refused, withdrawn or done; `approval` is the "
        "request's id.",
    ),
    Event.DATA_REQUEST: EventSpec(
        logging.WARNING,
        ("step", "request_id"),
        "What a data subject asks was `received`, `looked up`, `erased`, `corrected` or `answered`.",
    ),
    Event.AUDIT_FORGED: EventSpec(
        logging.ERROR,
        ("entries",),
        "So many `entries` of the audit do not bear the MAC of what they say, or the last link is not right; "
        "they are not linked, covered by a checkpoint or shown as trustworthy: run `ketnoi audit verify`.",
    ),
    Event.AUDIT_HEAD_FAILED: EventSpec(
        logging.ERROR,
        ("reason",),
        "A checkpoint of the audit could not be kept outside the database; it is tried again.",
    ),
    Event.AUDIT_NOT_STORED: EventSpec(
        logging.ERROR,
        ("action",),
        "The database did not store an entry of the audit as it was signed, and the change was undone: look "
        "for triggers and rules on `audit_entries`.",
    ),
    Event.REQUEST_REFUSED: EventSpec(
        logging.WARNING,
        ("reason",),
        "A request named another `host`, opened a socket from a page of another site (`origin`), was too "
        "large (`size`), took too long (`time`), was no HTTP (`syntax`), came over one of too many "
        "`connections`, came too soon after many others of the same caller (`pace`) or cost more than "
        "remained of its `budget`.",
    ),
    Event.UNAVAILABLE: EventSpec(
        logging.ERROR,
        ("reason", "more", "kind"),
        "The database could not serve: it was `away`, `read-only`, `full`, out of `connections` or too "
        "`slow`. One line for each reason in ten seconds; `more` is how often it happened since the last.",
    ),
    Event.FAULT: EventSpec(
        logging.ERROR, ("kind", "where"), "What nobody foresaw: the kind of the error and where it arose."
    ),
}


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The request that is being answered: its id, its method, and how to learn which route it has taken."""

    request_id: str
    method: str
    route: Callable[[], str]


_current_request: ContextVar[RequestContext | None] = ContextVar("current_request", default=None)


@contextmanager
def request_context(request: RequestContext) -> Iterator[None]:
    """Attributes log entries in this block to `request`."""
    token = _current_request.set(request)
    try:
        yield
    finally:
        _current_request.reset(token)


def request_id() -> str:
    """The id of the request that is being answered; outside of one, another each time."""
    request = _current_request.get()
    return request.request_id if request else uuid4().hex


# These describe changes in a transaction: they are logged when it commits, and not if it is rolled back.
_CHANGE_EVENTS: Final = frozenset(
    {
        *(Event.FACTORS_CHANGED, Event.PASSWORD_CHANGED, Event.ACCOUNT_CHANGED, Event.SESSIONS_ENDED),
        *(Event.PARTNER_CHANGED, Event.PARTNER_KEY_CHANGED, Event.WEBHOOK_CHANGED, Event.TOKEN_CHANGED),
        *(Event.APPROVAL, Event.REVEAL, Event.DATA_REQUEST),
    }
)
_deferred: ContextVar[list[Callable[[], None]] | None] = ContextVar("unstored", default=None)


@contextmanager
def deferring_change_events() -> Iterator[None]:
    """Defers change events until the outermost block ends; drops those of a block that fails."""
    held = _deferred.get()
    if held is not None:
        before = len(held)
        try:
            yield
        except BaseException:
            del held[before:]
            raise
        return
    held = []
    token = _deferred.set(held)
    try:
        yield
    finally:
        _deferred.reset(token)
    for write in held:
        write()


def log(event: Event, /, *, actor: UUID | None = None, **fields: str | UUID | None) -> None:
    """Logs `event` with the fields that `EVENT_SPECS` declares for it."""
    spec = EVENT_SPECS[event]
    if unknown := set(fields) - set(spec.fields):
        raise ValueError(f"{event} has no {', '.join(sorted(unknown))}")
    values: dict[str, str] = {"event": event.value}
    if request := _current_request.get():
        method = request.method if request.method in _METHODS else "OTHER"
        values |= {"request": request.request_id, "method": method, "route": safe_text(request.route())}
    if actor is not None:
        values["actor"] = str(actor)
    values |= {name: safe_text(str(value)) for name, value in fields.items() if value is not None}
    write = partial(_log.log, spec.level, event.value, extra={"told": values})
    held = _deferred.get()
    if held is not None and event in _CHANGE_EVENTS:
        held.append(write)
    else:
        write()


def log_exception(error: BaseException, *, actor: UUID | None = None) -> str:
    """Logs an unexpected error without its text, which may hold personal data; returns the request id."""
    log(Event.FAULT, actor=actor, **describe_exception(error))
    return request_id()


def describe_exception(error: BaseException) -> dict[str, str]:
    """The type of an error and the last six locations of its stack."""
    kind = type(error)
    stack = " < ".join(reversed(list(_stack_locations(error.__traceback__))[-6:]))
    return {"kind": f"{kind.__module__}.{kind.__qualname__}", "where": safe_text(stack)}


def safe_text(text: str) -> str:
    """`text` if it holds only ids, numbers and names from code, else a question mark."""
    return text if _PLAIN.fullmatch(text) else "?"


def _stack_locations(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        frame = traceback.tb_frame
        module: Any = frame.f_globals.get("__name__", "?")
        yield f"{module}:{traceback.tb_lineno} {frame.f_code.co_name}"
        traceback = traceback.tb_next
