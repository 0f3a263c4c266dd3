"""Shared parts of mutations: payload types, idempotency and problems as data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeVar, dataclass_transform
from uuid import UUID

import orjson
import strawberry

from api.cost.directives import CHANGE, WRAPPER
from api.cost.selection import Selection, selection_of
from api.errors import check_scope, to_camel_case
from api.reads.context import Info
from api.reads.declared import RECORD_TYPES
from api.reads.execution import read_by_id
from api.reads.node import global_id, parse_id
from api.reads.statement import Statement
from api.reads.visibility import Viewer
from records.areas import areas
from records.changes import idempotency
from records.core.actor import Actor
from records.core.errors import Conflict, Message, NotFound, ProblemCode, ValidationFailed
from records.core.language import Language, translate_message
from records.core.rights import Right
from records.database.fetch import fetch

UNKNOWN_ID: Final = UUID(int=0)
"""An id that does not exist: the domain function reports it together with the other problems of the input."""
WHOLE_INPUT: Final = "input"
"""The field of a problem of the input as a whole."""
IDEMPOTENCY_KEY_DESCRIPTION: Final = (
    f"A key chosen by the caller, new for each mutation: 1 to {idempotency.MAX_KEY_LENGTH} letters, digits "
    "and symbols, such as a UUID. Repeating the same input with the same key changes nothing and "
    f"returns the same result for at least {idempotency.RETENTION.days * 24} hours; a different input is "
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

    idempotency_key: str | None = optional(IDEMPOTENCY_KEY_DESCRIPTION)


@strawberry.type(description="Why an input was rejected.", directives=[WRAPPER])
class InputProblem:
    """A problem of an input."""

    field: str = strawberry.field(
        description=f"The input field; `{WHOLE_INPUT}` if it is the input as a whole."
    )
    code: ProblemCode = strawberry.field(description="What is wrong, for programs.")
    message: str = strawberry.field(description="What is wrong, for people, in the caller's language.")


@strawberry.interface(
    description="The result of every mutation: the record that it changed, or the problems."
)
class MutationPayload:
    """The fields of every payload."""

    # Not `id`, which clients would take for the id of the payload itself.
    record_id: strawberry.ID | None = strawberry.field(
        description="The record's id; null if there were problems."
    )
    problems: list[InputProblem] = strawberry.field(
        description="Why the input was rejected, with nothing changed; empty on success."
    )


T = TypeVar("T", bound=type)


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def payload(record: str) -> Callable[[T], T]:
    """Declares a class as the payload of the mutation in its name; `record` is what the mutation returns."""

    def declare(cls: T) -> T:
        name = cls.__name__.removesuffix("Payload")
        description = f"The result of `{name[0].lower()}{name[1:]}`: {record}, or the problems."
        return strawberry.type(cls, description=description, directives=[WRAPPER])

    return declare


@dataclass(frozen=True)
class ProblemFields:
    """The input fields to which domain errors are attributed.

    `missing` is the field for `NotFound`, `conflict` that for `Conflict`, and `names` maps fields of the
    draft to those of the input.
    """

    missing: str = WHOLE_INPUT
    conflict: str = WHOLE_INPUT
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class MutationResult:
    """How a change ended: with a record, by its id and as far as it was asked for, or with problems."""

    row_id: UUID | None
    problems: list[InputProblem]
    record: Any = None

    def id(self, type_name: str) -> strawberry.ID | None:
        """The global id of the record, of the type `type_name`."""
        return strawberry.ID(global_id(type_name)(self.row_id)) if self.row_id else None


def mutation(
    run: Callable[[Any, Actor], Awaitable[UUID]],
    payload_type: type[MutationPayload],
    description: str,
    *,
    right: Right,
    changes: str,
    argument: str,
    record: str | None = None,
    problem_fields: ProblemFields = ProblemFields(),
    scopes: Mapping[str, Right] = MappingProxyType({}),
) -> Any:
    """A root field that takes the first parameter of `run` as its `input`, which `argument` describes.

    `run` calls the domain function and returns the id of the record, which has the type `changes` and is the
    field `record` of the payload. `scopes` are the rights that an input needs if it has these fields.
    """
    input_type = next(iter(run.__annotations__.values()))

    async def resolve(info: Info, *, input: Any) -> Any:  # noqa: A002 - Relay's name
        selection = await requested_selection(info, right, record)
        for name, needed in scopes.items():
            if getattr(input, name) is not None:
                field_name = f"{input_type.__name__}.{to_camel_case(name)}"
                check_scope(info.context.actor, needed, field=field_name)
        change = partial(run, input, info.context.actor)
        result = await run_mutation(info, input, change, problem_fields, selection=selection)
        fields = {record: result.record} if record else {}
        return payload_type(record_id=result.id(changes), problems=result.problems, **fields)

    resolve.__annotations__ |= {
        "input": Annotated[input_type, strawberry.argument(description=argument)],
        "return": payload_type,
    }
    return strawberry.field(resolver=resolve, directives=[CHANGE], description=description)


async def requested_selection(info: Info, right: Right, record: str | None = None) -> Selection | None:
    """The selection of the payload's field `record`; None if it is not selected.

    Raises `Unauthenticated` or `MissingScope` before anything is changed: for the mutation itself, which
    needs `right`, and for every field that is selected of the record.
    """
    check_scope(info.context.actor, right, field=f"Mutation.{info.field_name}")
    payload = selection_of(info)
    selection = payload.subselection(record) if record else None
    if selection is not None:
        field_name = f"{payload.type.name}.{record}"
        check_scope(info.context.actor, RECORD_TYPES[selection.type.name].right, field=field_name)
        _check_scopes(await info.context.viewer(), selection)
    return selection


async def run_mutation(
    info: Info,
    data: Any,
    run: Callable[[], Awaitable[UUID]],
    problem_fields: ProblemFields = ProblemFields(),
    *,
    selection: Selection | None = None,
) -> MutationResult:
    """Runs the mutation of an input once per idempotency key, and reads what `selection` asks of its record.

    `run` calls the domain function and returns the id of the record.
    """
    fields = asdict(data)
    key = fields.pop("idempotency_key")
    request = orjson.dumps([info.field_name, fields], option=orjson.OPT_SORT_KEYS)
    try:
        row_id = await (
            run() if key is None else idempotency.run_once(key, request, run, by=info.context.actor)
        )
    except ValidationFailed as error:
        return MutationResult(None, _problems(error.problems, problem_fields.names, info.context.language))
    except (NotFound, Conflict) as error:
        field_name = problem_fields.missing if isinstance(error, NotFound) else problem_fields.conflict
        if isinstance(error, idempotency.KeyReused):
            field_name = "idempotencyKey"
        message = translate_message(info.context.language, error.message)
        return MutationResult(
            None, [InputProblem(field=field_name, code=error.message.code, message=message)]
        )
    info.context.committed = True
    # It is read where it was written: a replica may not have it yet.
    records = await read_by_id(info, selection, [row_id], fetch=fetch) if selection is not None else {}
    return MutationResult(row_id, [], records.get(row_id))


def row_id(value: str, type_name: str) -> UUID:
    """The row's id in a global id of the type `type_name`; `UNKNOWN_ID` for anything else."""
    parsed = parse_id(value, type_name)
    return parsed[1] if parsed else UNKNOWN_ID


async def area_id(reference: str) -> UUID:
    """The id of the area that a reference means; `UNKNOWN_ID` if there is none."""
    try:
        return (await areas.resolve_reference(reference)).id
    except ValidationFailed:
        return UNKNOWN_ID


def _check_scopes(viewer: Viewer, selection: Selection) -> None:
    """Raises `MissingScope` for any nested field that the caller may not read."""
    for link in Statement(viewer).shape(selection).all_links:
        _check_scopes(viewer, link.selection)


def _problems(
    problems: Mapping[str, Message], names: Mapping[str, str], language: Language
) -> list[InputProblem]:
    return [
        InputProblem(
            field=names.get(name) or to_camel_case(name) or WHOLE_INPUT,
            code=message.code,
            message=translate_message(language, message),
        )
        for name, message in problems.items()
    ]
