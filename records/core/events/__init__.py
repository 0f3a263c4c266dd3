"""Events that are worth a line for those who watch over the service, without anybody's data.

A line says what happened, at which route, and the id of who did it. What somebody typed, a name, an address
or a value of a record has no way into one.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Final
from uuid import UUID, uuid4

from records.core.events.catalogue import Event

_log: Final = logging.getLogger("ketnoi")
# Where nobody has set up logging, in a command at a terminal, nothing is printed.
_log.addHandler(logging.NullHandler())

# Ids, names from the code, and numbers. Anything else would be a mistake and is left out.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:<>{}/ -]{0,500}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


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
    """Logs `event` with the fields that it declares."""
    spec = event.value
    if unknown := set(fields) - set(spec.fields):
        raise ValueError(f"{spec.name} has no {', '.join(sorted(unknown))}")
    values: dict[str, str] = {"event": spec.name}
    if request := _current_request.get():
        method = request.method if request.method in _METHODS else "OTHER"
        values |= {"request": request.request_id, "method": method, "route": safe_text(request.route())}
    if actor is not None:
        values["actor"] = str(actor)
    values |= {name: safe_text(str(value)) for name, value in fields.items() if value is not None}
    write = partial(_log.log, spec.level, spec.name, extra={"told": values})
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
