"""The root fields that most nouns have: a page of its records, and one record by its code."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import strawberry

from api.reads.connections import CODE, FILTER, ORDER_BY, PAGE_DIRECTIVES, After, Before, First, Last, Page
from api.reads.context import Info
from api.reads.declared import RECORD_TYPES, Condition
from api.reads.execution import read_by_code, read_page
from api.reads.orders import order_enum


def paged(
    type_: type, filter_: type, default: str, description: str, *, where: Sequence[Condition] = ()
) -> Any:
    """A root field with a page of the records of `type_`, in the order `default` unless another is given.

    `default` is a column among the keys of `type_`, after "-" if descending.
    """

    async def resolve(
        info: Info,
        *,
        filter: Any = None,  # noqa: A002 - the name that GraphQL users know
        order_by: Any = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        return await read_page(info, type_, Page(first, after, last, before), order_by, filter, where=where)

    resolve.__annotations__["filter"] = Annotated[filter_ | None, FILTER]
    return page_field(_untyped(resolve), type_, default, description)


def page_field(resolve: Callable[..., Any], type_: type, default: str, description: str) -> Any:
    """A root field whose resolver takes the orders of `type_` as `order_by`, `default` if none is given."""
    orders = order_enum(type_.__name__, RECORD_TYPES[type_.__name__].keys)
    resolve.__annotations__["order_by"] = Annotated[orders, ORDER_BY]
    resolve.__kwdefaults__ = {**(resolve.__kwdefaults__ or {}), "order_by": orders(default)}
    return strawberry.field(resolver=resolve, directives=PAGE_DIRECTIVES, description=description)


def coded(type_: type, description: str) -> Any:
    """A root field with the record of `type_` that has a code, or null."""

    async def resolve(info: Info, *, code: Annotated[str, CODE]) -> Any:
        return await read_by_code(info, type_, code)

    return strawberry.field(resolver=_untyped(resolve), description=description)


def _untyped(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """`resolve` without a type: Strawberry then takes the one that the class declares for the field."""
    del resolve.__annotations__["return"]
    return resolve
