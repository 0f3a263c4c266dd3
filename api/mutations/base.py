"""What mutations share: the shape of their answers, keys that make them safe to repeat, refusals as data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import orjson
import strawberry

from api.cost.selection import Selection, selection_of
from api.cost.sizes import WRAPPER
from api.errors import camel, check_scope
from api.reads.context import Info
from api.reads.declared import NOUNS
from api.reads.node import global_id, parse_id
from api.reads.run import read_by_id
from api.reads.statement import Statement
from api.reads.visibility import Viewer
from records.areas import areas
from records.changes import idempotency
from records.core.errors import Conflict, Invalid, Message, NotFound, ProblemCode
from records.core.language import Language, say
from records.core.rights import Right
from records.database.fetch import fetch

NOTHING: Final = UUID(int=0)
"""The id of nothing: the verb that gets it says what is wrong with that field, and with the others."""
WHOLE: Final = "input"
"""The field of a problem that is one of the input as a whole."""
KEY_HELP: Final = (
    f"A key chosen by the caller, new for each mutation: 1 to {idempotency.LONGEST} letters, digits "
    "and symbols, such as a UUID. Repeating the same input with the same key changes nothing and "
    f"returns the same result for at least {idempotency.KEPT.days * 24} hours; a different input is "
    "refused."
)


def required(description: str) -> Any:
    """An input field that has to be given."""
    return strawberry.field(description=description)


def optional(description: str, default: object = None) -> Any:
    """An input field that need not be given."""
    return strawberry.field(default=default, description=description)


@strawberry.input
class MutationInput:
    """The field that every input has."""

    idempotency_key: str | None = optional(KEY_HELP)


@strawberry.type(description="Why an input was rejected.", directives=[WRAPPER])
class InputProblem:
    """A problem as data."""

    field: str = strawberry.field(description=f"The input field; `{WHOLE}` if it is the input as a whole.")
    code: ProblemCode = strawberry.field(description="What is wrong, for programs.")
    message: str = strawberry.field(description="What is wrong, for people, in the caller's language.")


@strawberry.interface(
    description="The result of every mutation: the record that it changed, or the problems."
)
class MutationPayload:
    """The shape of every answer."""

    # Not `id`: that is what clients take for the id of the answer itself.
    record_id: strawberry.ID | None = strawberry.field(
        description="The record's id; null if there were problems."
    )
    problems: list[InputProblem] = strawberry.field(
        description="Why the input was rejected, with nothing changed; empty on success."
    )


@dataclass(frozen=True)
class Refusals:
    """Which field of an input a verb's refusals are about.

    `missing` names the record that may not be there, `conflict` what may be in its way; `names` are the
    fields that the verb calls otherwise.
    """

    missing: str = WHOLE
    conflict: str = WHOLE
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Done:
    """How a change ended: with a record, by its id and as far as it was asked for, or with problems."""

    row_id: UUID | None
    problems: list[InputProblem]
    record: Any = None

    def id(self, type_name: str) -> strawberry.ID | None:
        """The global id of the record, which is a `type_name`."""
        return strawberry.ID(global_id(type_name)(self.row_id)) if self.row_id else None


async def asked_back(info: Info, right: Right, record: str | None = None) -> Selection | None:
    """What is asked of the field `record` of the answer; None when it is not asked for.

    Raises `Unauthenticated` or `LacksScope` before anything is changed: for the mutation itself, which needs
    `right`, and for all that is asked back.
    """
    check_scope(info.context.actor, right, field=f"Mutation.{info.field_name}")
    payload = selection_of(info)
    asked = payload.below(record) if record else None
    if asked is not None:
        place = f"{payload.type.name}.{record}"
        check_scope(info.context.actor, NOUNS[asked.type.name].right, field=place)
        _check_scopes(await info.context.viewer(), asked)
    return asked


async def changed(
    info: Info,
    given: Any,
    do: Callable[[], Awaitable[UUID]],
    refusals: Refusals = Refusals(),
    *,
    asked: Selection | None = None,
) -> Done:
    """Does what the input `given` asks for, once for each of its keys, and reads what is `asked` back.

    `do` calls the verb and gives the id of the record. Expected refusals become problems.
    """
    fields = asdict(given)
    key = fields.pop("idempotency_key")
    request = orjson.dumps([info.field_name, fields], option=orjson.OPT_SORT_KEYS)
    try:
        row_id = await (do() if key is None else idempotency.once(key, request, do, by=info.context.actor))
    except Invalid as error:
        return Done(None, _problems(error.problems, refusals.names, info.context.language))
    except (NotFound, Conflict) as error:
        place = refusals.missing if isinstance(error, NotFound) else refusals.conflict
        if isinstance(error, idempotency.KeyReused):
            place = "idempotencyKey"
        message = say(info.context.language, error.message)
        return Done(None, [InputProblem(field=place, code=error.message.code, message=message)])
    info.context.stored = True
    # It is read where it was written: a replica may not have it yet.
    records = await read_by_id(info, asked, [row_id], fetch=fetch) if asked is not None else {}
    return Done(row_id, [], records.get(row_id))


def row_id(given: str, type_name: str) -> UUID:
    """The row that a global id in an input names: `NOTHING` for what is none of that type."""
    found = parse_id(given, type_name)
    return found[1] if found else NOTHING


async def area_id(reference: str) -> UUID:
    """The area that a reference in an input means: `NOTHING` for what means none."""
    try:
        return (await areas.resolve(reference)).id
    except Invalid:
        return NOTHING


def _check_scopes(viewer: Viewer, asked: Selection) -> None:
    """Raises `LacksScope` for anything that `asked` leads to."""
    for link in Statement(viewer).shape(asked).level:
        _check_scopes(viewer, link.selection)


def _problems(
    problems: Mapping[str, Message], names: Mapping[str, str], language: Language
) -> list[InputProblem]:
    return [
        InputProblem(
            field=names.get(name) or camel(name) or WHOLE,
            code=message.code,
            message=say(language, message),
        )
        for name, message in problems.items()
    ]
