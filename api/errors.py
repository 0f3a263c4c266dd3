"""Errors of the API and their format: a code for programs, a message for people, and no data."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from graphql import FieldNode, GraphQLError, GraphQLSyntaxError, ObjectFieldNode, ValueNode, VariableNode

from records.core import events
from records.core.actor import Actor
from records.core.errors import (
    DatabaseUnavailable,
    DomainError,
    PermissionDenied,
    ProblemCode,
    ValidationFailed,
)
from records.core.events import Event
from records.core.language import Language, _, translate, translate_message
from records.core.rights import SCOPE_RIGHTS, Right, has_right

INTERNAL: Final = "INTERNAL_SERVER_ERROR"

# How messages of graphql-core quote a value, the expected type, and a token.
_VALUE: Final = re.compile(r"((?:Variable|Argument) '[$\w.():]+' has invalid value(?: at [.\w\[\]]+)?): ")
_TYPE: Final = re.compile(
    r"(?:Expected (?:a )?value of (?:non-null )?type '|does not exist in ')([\w!\[\]]+)'"
    r"|((?!Value\b)\w+) cannot represent"
)
# The variable, the path inside its value, and the missing input field.
_VARIABLE: Final = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([.\w\[\]]+))?: ")
_MISSING: Final = re.compile(r"to include required field '(\w+)'")
_TOKEN: Final = re.compile(r"\b(Name|String|BlockString|Int|Float) ['\"].*", re.DOTALL)


class InvalidInput(DomainError):
    """An argument that cannot be used: which one, and what is wrong with it, where that can be told."""

    code: ClassVar[str] = "BAD_USER_INPUT"

    def __init__(
        self, text: str, problem: ProblemCode | None = None, field: str | None = None, **values: str | int
    ) -> None:
        super().__init__(text, **values)
        self.problem, self.field = problem, field


class Unauthenticated(DomainError):
    """The request came without a key."""

    code: ClassVar[str] = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(_("Send a key: Authorization: Bearer <key>."))


class QueryTooLarge(DomainError):
    """The request asks for more than one request may."""

    code: ClassVar[str] = "QUERY_TOO_LARGE"


class QueryTimeout(DomainError):
    """A statement took longer than the database may take for one."""

    code: ClassVar[str] = "QUERY_TOO_SLOW"

    def __init__(self) -> None:
        super().__init__(_("This took too long. Request less at a time."))


class MissingScope(PermissionDenied):
    """The key lacks the scope that a field needs."""

    def __init__(self, right: Right, field: str) -> None:
        self.field = field
        self.scopes = [scope.value for scope, rights in SCOPE_RIGHTS.items() if right in rights]
        named = " | ".join(self.scopes) or right.value
        super().__init__(
            _("{field} needs the scope {scopes}, which this key lacks."), field=field, scopes=named
        )


def check_scope(actor: Actor, right: Right, *, field: str) -> None:
    """Raises `MissingScope` when `actor` may not read `field`, which needs `right`."""
    if not has_right(actor, right):
        raise MissingScope(right, field)


def format_error(error: GraphQLError, language: Language, request_id: str) -> Mapping[str, Any]:
    """`error` in the format of the response. Unexpected errors are masked, and logged without data."""
    result = {**error.formatted, "message": _redact_values(error)}
    extensions = dict(error.extensions or {})
    cause = original_error(error)
    match cause:
        case ValidationFailed():
            problems = [
                {
                    "field": to_camel_case(name),
                    "code": message.code,
                    "message": translate_message(language, message),
                }
                for name, message in cause.problems.items()
            ]
            result["message"] = " ".join(f"{item['field']}: {item['message']}" for item in problems)
            extensions |= {"code": problems[0]["code"], "field": problems[0]["field"], "problems": problems}
        case InvalidInput(problem=ProblemCode() as problem, field=field):
            result["message"] = translate_message(language, cause.message)
            extensions |= {"code": problem, "field": field}
        case MissingScope():
            result["message"] = translate_message(language, cause.message)
            # A right is given by each of these scopes: one is enough.
            extensions |= {"code": cause.code, "field": cause.field, "scopes": cause.scopes, "match": "ANY"}
        case DatabaseUnavailable():
            return {**result, **unavailable_error(cause, language)}
        case DomainError():
            result["message"] = translate_message(language, cause.message)
            extensions |= {"code": cause.code}
        case RecursionError():
            result["message"] = translate(language, _("The query is nested too deeply."))
            extensions |= {"code": QueryTooLarge.code}
        case _ if isinstance(error, GraphQLSyntaxError):
            too_long = "Parsing aborted" in error.message
            extensions.setdefault("code", QueryTooLarge.code if too_long else "GRAPHQL_PARSE_FAILED")
        case _ if error.path is None and (error.nodes or cause is None):
            extensions.setdefault("code", "GRAPHQL_VALIDATION_FAILED")
            extensions |= _validation_details(error.message)
        case None if not _is_completion_error(error):
            extensions.setdefault("code", InvalidInput.code)
        case _:
            events.log_exception(cause or error)
            result["message"] = translate(language, _("Internal error"))
            extensions = {"code": INTERNAL, "requestId": request_id}
    result["extensions"] = extensions
    return result


def formatted_errors(
    errors: Iterable[GraphQLError], caller: Actor | None, language: Language, request_id: str
) -> list[Mapping[str, Any]]:
    """The errors in the format of the response. Logs missing scopes and timeouts."""
    errors, actor = list(errors), caller.id if caller else None
    for error in map(original_error, errors):
        if isinstance(error, MissingScope):
            events.log(Event.SCOPE_DENIED, actor=actor, field=error.field)
        elif isinstance(error, QueryTimeout):
            events.log(Event.REQUEST_REFUSED, reason="time", actor=actor)
    return [format_error(error, language, request_id) for error in errors]


def unavailable_error(outage: DatabaseUnavailable, language: Language) -> dict[str, Any]:
    """The error that tells of an outage, and in how many seconds to come back."""
    extensions = {"code": outage.code, "retryAfter": outage.retry_after}
    return {"message": translate_message(language, outage.message), "extensions": extensions}


def original_error(error: GraphQLError) -> Exception | None:
    """The exception that a resolver raised, if that caused `error`."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _redact_values(error: GraphQLError) -> str:
    """The message of graphql-core without quoted values, which could be personal data in a client's log."""
    node = error.nodes[0] if error.nodes else None
    if isinstance(error, GraphQLSyntaxError):
        return _TOKEN.sub(r"\1.", error.message)
    matched = _VALUE.match(error.message)
    literal = isinstance(node, ValueNode | ObjectFieldNode) and not isinstance(node, VariableNode)
    if matched is None and node is not None and not literal:
        # Quotes only names in the schema or the query.
        return error.message
    reason = error.message[matched.end() :] if matched else error.message
    type_match = _TYPE.match(reason)
    expected_type = (type_match[1] or type_match[2]) if type_match else "its type"
    return (
        f"{matched[1]}: it does not fit {expected_type}."
        if matched
        else f"This does not fit {expected_type}."
    )


def _validation_details(message: str) -> dict[str, Any]:
    """The invalid variable, the path inside it and the expected type; empty for other errors."""
    matched = _VARIABLE.match(message)
    if matched is None:
        return {}
    reason = message[matched.end() :]
    missing, type_match = _MISSING.search(reason), _TYPE.match(reason) or _TYPE.search(reason)
    place = f"{matched[1]}{matched[2] or ''}" + (f".{missing[1]}" if missing else "")
    expected = {"expected": type_match[1] or type_match[2]} if type_match else {}
    return {"variable": matched[1], "field": place, **expected}


def to_camel_case(name: str) -> str:
    """`external_ref` as GraphQL writes it: `externalRef`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _is_completion_error(error: GraphQLError) -> bool:
    # Such a message quotes data of a record. Its error points at a field, whereas the error of an argument
    # points at the argument and quotes only what the caller sent.
    return error.nodes is None or isinstance(error.nodes[0], FieldNode)
