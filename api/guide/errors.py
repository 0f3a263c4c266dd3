"""The error codes with their meaning and remedy, for the guide and docs/reference/graphql.md."""

from typing import Final

from records.core.language import _

ERRORS: Final[dict[tuple[str, ...], str]] = {
    ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"): _(
        "The query, or a variable, does not match the schema: `variable`, `field` (such as "
        "`input.title`) and `expected` name it. Correct it; GraphiQL shows where."
    ),
    ("BAD_USER_INPUT",): _(
        "An argument is null where it must not be, or the operation to run is not named. Correct it."
    ),
    ("REQUIRED", "TOO_LONG", "TOO_MANY"): _(
        "An argument or an input field is empty, too long, or requests too much at once. `field` "
        "names it, and `problems` lists all of them; those of a mutation are returned as its "
        "`problems`. Correct them."
    ),
    ("OUT_OF_RANGE", "IN_FUTURE"): _(
        "A number or a time is outside the range given in the message. Correct it."
    ),
    ("MALFORMED", "INCONSISTENT", "INVALID"): _(
        "The value is malformed, such as a cursor that was changed; it is inconsistent with another "
        "value; or it breaks another rule, given in the message. Correct it."
    ),
    ("UNKNOWN_CODE", "OUTSIDE_AREAS"): _(
        "The code does not exist, or the area is outside those of the key. Check the code, or ask "
        "the administrator for access to the area."
    ),
    ("IDEMPOTENCY_KEY_REUSED", "EXTERNAL_REF_REUSED"): _(
        "The key, or your own reference, was already used for another request. Use a new one for "
        "each mutation."
    ),
    ("UNAUTHENTICATED",): _("The key is missing or (status 401) not valid. Check the key that you send."),
    ("FORBIDDEN",): _(
        "The key lacks a scope: `field` names what needs it, `scopes` which, and `match` is ANY "
        "where one of them is enough. Ask the administrator for it."
    ),
    ("STALE_CURSOR",): _(
        "The cursor of the change feed was issued for other areas or types, is ahead of the "
        "database, or is older than the changes that are kept. Start again without one."
    ),
    ("RIGHTS_CHANGED",): _(
        "The key of a subscription is no longer valid, or its access has changed since it began. "
        "Subscribe again."
    ),
    ("TOO_MANY_SUBSCRIPTIONS",): _("Close one, or wait."),
    ("NOT_FOUND", "CONFLICT"): _(
        "The record does not exist, or someone else changed it first. Read it again and decide again."
    ),
    ("LIST_TOO_LONG",): _(
        "A nested list or a catalogue has more entries than its field returns; `path` names it. "
        "Nothing is cut off: narrow it with a filter, leave the field out, or start an export, which "
        "returns such lists in full."
    ),
    ("QUERY_TOO_LARGE",): _("The request exceeds one of the limits. Request less at a time."),
    ("QUERY_TOO_COSTLY",): _("The request can cost more than the whole budget. Request smaller pages."),
    ("QUERY_TOO_SLOW",): _(
        "A statement ran for 10 seconds, or (status 503) the whole request for 20, and was "
        "cancelled. Request less at a time."
    ),
    ("UNAVAILABLE",): _(
        "Status 503: the database is unavailable. Wait for the number of seconds in `Retry-After`, "
        "then send the request again: a mutation with the same `idempotencyKey`."
    ),
    ("BUDGET_SPENT",): _(
        "Status 429: the request can cost more than the rest of the budget. Wait for the number of "
        "seconds in `Retry-After`, then send it again."
    ),
    ("TOO_MANY_REQUESTS",): _(
        "Status 429: too many requests. Wait for the number of seconds in `Retry-After`, then send it again."
    ),
    ("PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED"): _(
        "Send the text of the query too (status 200)."
    ),
    ("PERSISTED_QUERY_MISMATCH",): _("Status 400: the hash does not match the text. Compute it again."),
    ("DOCUMENT_NOT_FOUND",): _(
        "Status 400: no document is registered for this partner with that `documentId`. Have it "
        "registered first."
    ),
    ("DOCUMENT_NOT_ALLOWED",): _(
        "Status 403: the key runs registered documents only, and this is not one of them. Have it "
        "registered first."
    ),
    ("BAD_REQUEST",): _(
        "The HTTP request is not a GraphQL request; status 406: a subscription was not requested as "
        "a stream. Correct it."
    ),
    ("INTERNAL_SERVER_ERROR",): _(
        "Internal error. Try again later, and give the administrator the `requestId`, which "
        "identifies the error in the log. Every response carries it in the `X-Request-Id` header."
    ),
}
