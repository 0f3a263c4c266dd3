"""What goes wrong at this door, and how it is told: a code for programs, a text for people, no data."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from graphql import FieldNode, GraphQLError, GraphQLSyntaxError, ObjectFieldNode, ValueNode, VariableNode

from records.core import events
from records.core.actor import Actor
from records.core.errors import Denied, Invalid, ProblemCode, Refused, Unavailable
from records.core.events import Event
from records.core.language import Language, _, say, translate
from records.core.rights import GIVES, Right, may

INTERNAL: Final = "INTERNAL_SERVER_ERROR"

# How graphql-core begins to tell of a value, of the type that it does not fit, and of a token.
_VALUE: Final = re.compile(r"((?:Variable|Argument) '[$\w.():]+' has invalid value(?: at [.\w\[\]]+)?): ")
_TYPE: Final = re.compile(
    r"(?:Expected (?:a )?value of (?:non-null )?type '|does not exist in ')([\w!\[\]]+)'"
    r"|((?!Value\b)\w+) cannot represent"
)
# Which variable it is about, where inside, and which field of the schema is missing there.
_VARIABLE: Final = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([.\w\[\]]+))?: ")
_MISSING: Final = re.compile(r"to include required field '(\w+)'")
_TOKEN: Final = re.compile(r"\b(Name|String|BlockString|Int|Float) ['\"].*", re.DOTALL)


class BadInput(Refused):
    """An argument that cannot be used: which one, and what is wrong with it, where that can be told."""

    code: ClassVar[str] = "BAD_USER_INPUT"

    def __init__(
        self, text: str, problem: ProblemCode | None = None, field: str | None = None, **values: str | int
    ) -> None:
        super().__init__(text, **values)
        self.problem, self.field = problem, field


class Unauthenticated(Refused):
    """The request came without a key."""

    code: ClassVar[str] = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(_("Send a key: Authorization: Bearer <key>."))


class TooLarge(Refused):
    """The request asks for more than one request may."""

    code: ClassVar[str] = "QUERY_TOO_LARGE"


class TooSlow(Refused):
    """A statement took longer than the database may take for one."""

    code: ClassVar[str] = "QUERY_TOO_SLOW"

    def __init__(self) -> None:
        super().__init__(_("This took too long. Request less at a time."))


class LacksScope(Denied):
    """The key lacks the scope that a field needs."""

    def __init__(self, right: Right, field: str) -> None:
        self.field = field
        self.scopes = [scope.value for scope, rights in GIVES.items() if right in rights]
        named = " | ".join(self.scopes) or right.value
        super().__init__(
            _("{field} needs the scope {scopes}, which this key lacks."), field=field, scopes=named
        )


def check_scope(actor: Actor, right: Right, *, field: str) -> None:
    """Raises `LacksScope` when `actor` may not read `field`, which needs `right`."""
    if not may(actor, right):
        raise LacksScope(right, field)


def formatted(error: GraphQLError, language: Language, request_id: str) -> Mapping[str, Any]:
    """`error` as the response tells it. What nobody foresaw is masked, and logged without its data."""
    shown = {**error.formatted, "message": _without_values(error)}
    extensions = dict(error.extensions or {})
    cause = original(error)
    match cause:
        case Invalid():
            problems = [
                {"field": camel(name), "code": message.code, "message": say(language, message)}
                for name, message in cause.problems.items()
            ]
            shown["message"] = " ".join(f"{one['field']}: {one['message']}" for one in problems)
            extensions |= {"code": problems[0]["code"], "field": problems[0]["field"], "problems": problems}
        case BadInput(problem=ProblemCode() as problem, field=field):
            shown["message"] = say(language, cause.message)
            extensions |= {"code": problem, "field": field}
        case LacksScope():
            shown["message"] = say(language, cause.message)
            # A right is given by each of these scopes: one is enough.
            extensions |= {"code": cause.code, "field": cause.field, "scopes": cause.scopes, "match": "ANY"}
        case Unavailable():
            return {**shown, **unavailable(cause, language)}
        case Refused():
            shown["message"] = say(language, cause.message)
            extensions |= {"code": cause.code}
        case RecursionError():
            shown["message"] = translate(language, _("The query is nested too deeply."))
            extensions |= {"code": TooLarge.code}
        case _ if isinstance(error, GraphQLSyntaxError):
            too_long = "Parsing aborted" in error.message
            extensions.setdefault("code", TooLarge.code if too_long else "GRAPHQL_PARSE_FAILED")
        case _ if error.path is None and (error.nodes or cause is None):
            extensions.setdefault("code", "GRAPHQL_VALIDATION_FAILED")
            extensions |= _misfit(error.message)
        case None if not _of_completion(error):
            extensions.setdefault("code", BadInput.code)
        case _:
            events.unexpected(cause or error)
            shown["message"] = translate(language, _("Internal error"))
            extensions = {"code": INTERNAL, "requestId": request_id}
    shown["extensions"] = extensions
    return shown


def told(
    errors: Iterable[GraphQLError], caller: Actor | None, language: Language, request_id: str
) -> list[Mapping[str, Any]]:
    """Errors as the response tells them. That a scope was lacking, or a statement too slow, is logged."""
    errors, actor = list(errors), caller.id if caller else None
    for error in map(original, errors):
        if isinstance(error, LacksScope):
            events.log(Event.SCOPE_DENIED, actor=actor, field=error.field)
        elif isinstance(error, TooSlow):
            events.log(Event.REQUEST_REFUSED, reason="time", actor=actor)
    return [formatted(error, language, request_id) for error in errors]


def unavailable(away: Unavailable, language: Language) -> dict[str, Any]:
    """The error that tells of an outage, and in how many seconds to come back."""
    extensions = {"code": away.code, "retryAfter": away.retry_after}
    return {"message": say(language, away.message), "extensions": extensions}


def original(error: GraphQLError) -> Exception | None:
    """What a resolver raised, where that is why `error` is there."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _without_values(error: GraphQLError) -> str:
    """What graphql-core says, without the values that it quotes: who sent them may keep what it is told."""
    node = error.nodes[0] if error.nodes else None
    if isinstance(error, GraphQLSyntaxError):
        return _TOKEN.sub(r"\1.", error.message)
    told = _VALUE.match(error.message)
    literal = isinstance(node, ValueNode | ObjectFieldNode) and not isinstance(node, VariableNode)
    if told is None and node is not None and not literal:
        # Only names, of the schema or of the query.
        return error.message
    reason = error.message[told.end() :] if told else error.message
    fits = _TYPE.match(reason)
    wanted = (fits[1] or fits[2]) if fits else "its type"
    return f"{told[1]}: it does not fit {wanted}." if told else f"This does not fit {wanted}."


def _misfit(message: str) -> dict[str, Any]:
    """Which variable does not fit, where inside, and which type is expected there; empty for other errors."""
    told = _VARIABLE.match(message)
    if told is None:
        return {}
    reason = message[told.end() :]
    missing, fits = _MISSING.search(reason), _TYPE.match(reason) or _TYPE.search(reason)
    place = f"{told[1]}{told[2] or ''}" + (f".{missing[1]}" if missing else "")
    expected = {"expected": fits[1] or fits[2]} if fits else {}
    return {"variable": told[1], "field": place, **expected}


def camel(name: str) -> str:
    """`external_ref` as GraphQL writes it: `externalRef`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _of_completion(error: GraphQLError) -> bool:
    # graphql-core quotes the value that does not fit its type; such an error points at the field, whereas
    # an argument's error points at the argument and quotes only what the caller sent.
    return error.nodes is None or isinstance(error.nodes[0], FieldNode)
