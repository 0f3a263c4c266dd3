"""Walking through the one list of a query: what is asked for, made into a query of a page of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import strawberry
from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    parse,
    print_ast,
)

from api.cost.limits import TOKENS
from api.errors import format_error, original_error
from api.reads.context import Context
from records.core.errors import DatabaseUnavailable, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _

EXAMPLE: Final = '{ tips(filter: {area: "82"}) { nodes { code status } } }'

# What is added to the query; nobody else's names begin so.
_FIRST, _AFTER, _PAGE = "_exportFirst", "_exportAfter", "_exportPage"
_PAGING: Final = {"first", "after", "last", "before"}
_PAGE_INFO: Final = FieldNode(
    name=NameNode(value="pageInfo"),
    alias=NameNode(value=_PAGE),
    selection_set=SelectionSetNode(
        selections=tuple(FieldNode(name=NameNode(value=name)) for name in ("hasNextPage", "endCursor"))
    ),
)


class PageError(Exception):
    """A page cannot be read: the error as the API tells it."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        self.code: str = details["extensions"]["code"]
        self.message: str = details["message"]
        super().__init__(self.code)


@dataclass(frozen=True)
class ExportQuery:
    """A query for a page of the list `root`, which the response holds under `response_key`."""

    text: str
    root: str
    response_key: str


@dataclass(frozen=True)
class ExportPage:
    """Records of the list, and where to go on; None after the last."""

    records: list[Any]
    after: str | None


def parse_export_query(query: str, schema: GraphQLSchema) -> ExportQuery:
    """The walk through the list that `query` asks for.

    Raises `ValidationFailed` for what asks for anything else.
    """
    text = _("Send one query of one list, with `nodes` alone and without paging, such as {example}")
    error = ValidationFailed.of("query", text, ProblemCode.MALFORMED, example=EXAMPLE)
    try:
        document = parse(query, max_tokens=TOKENS)
    except (GraphQLError, RecursionError):
        raise error from None
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        raise error
    match (operation := operations[0]).selection_set.selections:
        case (FieldNode(selection_set=SelectionSetNode(selections=(FieldNode() as nodes,))) as root,):
            argument_names = {argument.name.value for argument in root.arguments or ()}
        case _:
            raise error
    plain = not (root.directives or nodes.directives or nodes.alias) and nodes.name.value == "nodes"
    if not plain or argument_names & _PAGING or not _is_list(schema, root.name.value):
        raise error
    paged = replace(
        root,
        arguments=(*(root.arguments or ()), _argument("first", _FIRST), _argument("after", _AFTER)),
        selection_set=SelectionSetNode(selections=(nodes, _PAGE_INFO)),
    )
    paged_operation = replace(
        operation,
        selection_set=SelectionSetNode(selections=(paged,)),
        variable_definitions=(
            *(operation.variable_definitions or ()),
            _variable(_FIRST, "Int"),
            _variable(_AFTER, "String"),
        ),
    )
    others = tuple(node for node in document.definitions if node is not operation)
    text = print_ast(DocumentNode(definitions=(paged_operation, *others)))
    return ExportQuery(text, root.name.value, (root.alias or root.name).value)


def without_charge(context: Context) -> Context:
    """The context of an operation that the caller need not pay for: an export has limits of its own.

    Lists inside records come whole: the file must not lose what a query may refuse.
    """
    caller = context.caller and replace(context.caller, allowance=None)
    return replace(context, caller=caller, charge=None, cost_only=False, unbounded=True)


async def fetch_page(
    schema: strawberry.Schema,
    query: ExportQuery,
    variables: Mapping[str, Any],
    context: Context,
    *,
    first: int,
    after: str | None = None,
) -> ExportPage:
    """The next `first` records.

    Raises `PageError` where anything is wrong with the query or a record, and `DatabaseUnavailable`.
    """
    result = await schema.execute(
        query.text, variable_values={**variables, _FIRST: first, _AFTER: after}, context_value=context
    )
    for error in map(original_error, result.errors or ()):
        if isinstance(error, DatabaseUnavailable):
            raise error
    if result.errors or result.data is None:
        raise PageError(
            format_error((result.errors or [GraphQLError("")])[0], context.language, context.request_id)
        )
    records_page = result.data[query.response_key]
    info = records_page[_PAGE]
    return ExportPage(records_page["nodes"], info["endCursor"] if info["hasNextPage"] else None)


def _is_list(schema: GraphQLSchema, name: str) -> bool:
    field = schema.query_type.fields.get(name) if schema.query_type else None
    type_ = get_named_type(field.type) if field else None
    return isinstance(type_, GraphQLObjectType) and {"nodes", "pageInfo"} <= type_.fields.keys()


def _argument(name: str, variable: str) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=VariableNode(name=NameNode(value=variable)))


def _variable(name: str, type_name: str) -> VariableDefinitionNode:
    return VariableDefinitionNode(
        variable=VariableNode(name=NameNode(value=name)), type=NamedTypeNode(name=NameNode(value=type_name))
    )
