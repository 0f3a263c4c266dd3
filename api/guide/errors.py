"""The codes of errors, each with its meaning and remedy: for the guide and docs/reference/graphql.md."""

from typing import Final

from records.core.language import _

ERRORS: Final[dict[tuple[str, ...], str]] = {
    ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"): _(
        "The query, or a variable, does not fit the schema: `variable`, `field` (such as `input.title`) and"
        " `expected` name it. Put it right; GraphiQL shows where."
    ),
    ("BAD_USER_INPUT",): _(
        "An argument is null where it must not be, or nothing says which operation is meant. Put it right."
    ),
    ("REQUIRED", "TOO_LONG", "TOO_MANY"): _(
        "An argument or a field of an input is empty, too long, or asks for too much at once. `field` names"
        " it, and `problems` lists all; those of a mutation come as its `problems`. Put it right."
    ),
    ("OUT_OF_RANGE", "IN_FUTURE"): _(
        "A number or a time lies outside the bounds that the message names. Put it right."
    ),
    ("MALFORMED", "INCONSISTENT", "INVALID"): _(
        "It is not written as such a value is, such as a cursor that was changed; it does not go together "
        "with another; it breaks another rule, which the message names. Put it right."
    ),
    ("UNKNOWN_CODE", "OUTSIDE_AREAS"): _(
        "There is no such code; or the area lies outside those of the key. Look the code up, or ask the "
        "administrator for the area."
    ),
    ("IDEMPOTENCY_KEY_REUSED", "EXTERNAL_REF_REUSED"): _(
        "The key, or the reference of your own, was given to another request. Use a new one for each change."
    ),
    ("UNAUTHENTICATED",): _(
        "There is no key, or (status 401) not a valid one. Look at the key that you send."
    ),
    ("FORBIDDEN",): _(
        "The key lacks a scope: `field` says for what, `scopes` which, and `match` is ANY where one of them"
        " is enough. Ask the administrator for it."
    ),
    ("STALE_CURSOR",): _(
        "The cursor of the change feed was given for other areas or types, or knows of more than the"
        " database. Start again without one."
    ),
    ("RIGHTS_CHANGED",): _(
        "The key of a subscription is not valid any more, or may do something else than when it began."
        " Subscribe again."
    ),
    ("TOO_MANY_SUBSCRIPTIONS",): _("Close one, or wait."),
    ("NOT_FOUND", "CONFLICT"): _(
        "The record is not there, or somebody else changed it first. Read it again and decide anew."
    ),
    ("LIST_TOO_LONG",): _(
        "A list inside a record, or a catalogue, holds more than its field gives; `path` names it. Nothing is"
        " cut off: narrow it with a filter, leave the field out, or start an export, which gives such lists"
        " whole."
    ),
    ("QUERY_TOO_LARGE",): _("It is over one of the limits. Ask for less at a time."),
    ("QUERY_TOO_COSTLY",): _("It can cost more than the whole budget. Ask for smaller pages."),
    ("QUERY_TOO_SLOW",): _(
        "A statement took 10 seconds, or (status 503) all of it 20, and it was given up. Ask for less at a "
        "time."
    ),
    ("UNAVAILABLE",): _(
        "Status 503: the database cannot serve now. Wait for as many seconds as `Retry-After` says,"
        " then send it again: a change with its `idempotencyKey`."
    ),
    ("BUDGET_SPENT",): _(
        "Status 429: it can cost more than what remains of the budget. Wait for as many seconds as"
        " `Retry-After` says, then send it again."
    ),
    ("TOO_MANY_REQUESTS",): _(
        "Status 429: more calls than were agreed. Wait for as many seconds as `Retry-After` says,"
        " then send it again."
    ),
    ("PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED"): _(
        "Send the text of the query too (status 200)."
    ),
    ("PERSISTED_QUERY_MISMATCH",): _("Status 400: the hash is not that of the text. Compute it again."),
    ("DOCUMENT_NOT_FOUND",): _(
        "Status 400: nothing is registered for this partner under that `documentId`."
        " Have it registered first."
    ),
    ("DOCUMENT_NOT_ALLOWED",): _(
        "Status 403: the key runs registered documents only, and this is none of them."
        " Have it registered first."
    ),
    ("BAD_REQUEST",): _(
        "The HTTP request is no GraphQL request; status 406: a subscription that was not asked for as a"
        " stream. Put it right."
    ),
    ("INTERNAL_SERVER_ERROR",): _(
        "A fault of the service. Try again later, and tell the administrator the `requestId`: it finds the"
        " fault in the log. Every answer has it in the header `X-Request-Id`."
    ),
}
