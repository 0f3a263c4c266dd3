"""Executes declared reads: pages, records by id or code, and short lists."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
from strawberry.types.base import get_object_definition

from api.cost.directives import CATALOGUE
from api.cost.selection import Selection, selection_of
from api.errors import check_scope, to_camel_case
from api.reads.areas import reachable_areas, resolve_area
from api.reads.bounded_lists import ListTooLong, check_complete
from api.reads.connections import Connection, Edge, Page, PageInfo, cursor, requested_count_limit
from api.reads.context import Info, is_only_root_field
from api.reads.declared import (
    DECLARATION,
    RECORD_TYPES,
    Between,
    Condition,
    Flag,
    InArea,
    Linked,
    Where,
    linked_condition,
)
from api.reads.snapshot import Snapshot
from api.reads.statement import Link, Shape, Statement
from api.reads.visibility import Viewer
from records.core.identifiers.codes import lookup_code

T = TypeVar("T")
Fetch: TypeAlias = Callable[[str, Sequence[Any]], Awaitable[list[asyncpg.Record]]]
Owners: TypeAlias = dict[Link, list[tuple[UUID, Any]]]


async def read_page(
    info: Info,
    type_: type[T],
    page: Page,
    order_by: StrEnum,
    filter_: object = None,
    *,
    where: Sequence[Condition] = (),
) -> Connection[T]:
    """The page of records that the field being resolved asks for, with what is selected of it.

    Raises `Unauthenticated`, `MissingScope`, `InvalidInput` or `ValidationFailed` before anything is read.
    """
    actor, record_type = info.context.actor, RECORD_TYPES[type_.__name__]
    check_scope(actor, record_type.right, field=f"Query.{info.field_name}")
    order = record_type.order(order_by)
    size, keyset = page.size, list(page.conditions(order))
    selection = selection_of(info)
    nodes, edges, page_info = (
        selection.subselection("nodes"),
        selection.subselection("edges"),
        selection.subselection("pageInfo"),
    )
    wants_rows = any(part is not None for part in (nodes, edges, page_info))
    wants_count, up_to = "totalCount" in selection.fields, requested_count_limit(selection)

    viewer = await info.context.viewer()
    statement = Statement(viewer)
    records = _merge_selections(nodes, edges.subselection("node") if edges else None)
    shape = statement.shape(records) if records else Shape(type_)
    where = [*where, *[condition async for condition in conditions(filter_, viewer, info.context.snapshot)]]
    wants_limited_count = bool(up_to) and not wants_count
    fetch = _fetcher(info, wants_rows + wants_count + wants_limited_count + len(shape.all_links))
    connection: Connection[T] = Connection.__new__(Connection)
    if wants_rows:
        needs_cursors = _selects_cursors(edges, page_info)
        key_cells = (
            (statement.cell(f"{{t}}.{order.column}"), statement.cell("{t}.id")) if needs_cursors else None
        )
        text = statement.page(record_type, [*where, *keyset], order, backward=page.backward, limit=size + 1)
        rows = await fetch(text, statement.values)
        more, rows = len(rows) > size, rows[:size]
        if page.backward:
            rows.reverse()
        cursors = [cursor(order, row[key_cells[0]], row[key_cells[1]]) if key_cells else "" for row in rows]
        connection.nodes = await _build_objects(fetch, viewer, shape, rows)
        connection.edges = [
            Edge(cursor=c, node=node) for c, node in zip(cursors, connection.nodes, strict=True)
        ]
        connection.page_info = PageInfo(
            has_next_page=page.before is not None if page.backward else more,
            has_previous_page=more if page.backward else page.after is not None,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )
    if wants_count or wants_limited_count:
        counting = Statement(viewer)
        text = counting.count(record_type, where, max_rows=up_to + 1 if wants_limited_count else None)
        connection.total_count = (await fetch(text, counting.values))[0][0]
    return connection


async def read_by_id(
    info: Info, selection: Selection, ids: Collection[UUID], *, fetch: Fetch | None = None
) -> dict[UUID, Any]:
    """The records with these ids that are visible to the caller, with the selected fields.

    `fetch` replaces the request's snapshot. Raises `Unauthenticated` or `MissingScope`.
    """
    check_scope(info.context.actor, RECORD_TYPES[selection.type.name].right, field=f"Query.{info.field_name}")
    viewer = await info.context.viewer()
    return await read_all(fetch or info.context.snapshot.fetch, viewer, selection, [id_condition(ids)])


def id_condition(ids: Collection[UUID]) -> Condition:
    """The condition that a row has one of `ids`."""
    return Condition("{t}.id = ANY({0}::uuid[])", (list(ids),))


async def read_all(
    fetch: Fetch,
    viewer: Viewer,
    selection: Selection,
    where: Sequence[Condition],
    *,
    max_rows: int | None = None,
) -> dict[UUID, Any]:
    """The records under selective conditions, or the first `max_rows` by id, that `viewer` can see.

    Raises `MissingScope` for fields that are selected; the caller has checked the right to the records.
    """
    statement = Statement(viewer)
    shape = statement.shape(selection)
    id_cell = statement.cell("{t}.id")
    text = statement.all(RECORD_TYPES[selection.type.name], where, max_rows=max_rows)
    rows = await fetch(text, statement.values)
    return dict(
        zip([row[id_cell] for row in rows], await _build_objects(fetch, viewer, shape, rows), strict=True)
    )


async def read_by_code(info: Info, type_: type[T], code: str) -> T | None:
    """The record of `type_` with this code; None if there is none visible to the caller.

    Raises `Unauthenticated` or `MissingScope`.
    """
    record_type = RECORD_TYPES[type_.__name__]
    check_scope(info.context.actor, record_type.right, field=f"Query.{info.field_name}")
    viewer = await info.context.viewer()
    if "\0" in code:
        return None
    # Those of indicators are not in capitals.
    coded = Condition(f"{{t}}.{record_type.code} = ANY({{0}}::text[])", ([code, lookup_code(code)],))
    found = await read_all(info.context.snapshot.fetch, viewer, selection_of(info), [coded])
    return next(iter(found.values()), None)


async def read_list(
    info: Info,
    type_: type[T],
    filter_: object = None,
    *,
    order: Sequence[str],
    where: Sequence[Condition] = (),
    max_rows: int = CATALOGUE,
) -> list[T]:
    """The records of a short list that match a filter.

    Raises `Unauthenticated`, `MissingScope`, or `ListTooLong` if there are more than `max_rows`.
    """
    actor, record_type = info.context.actor, RECORD_TYPES[type_.__name__]
    check_scope(actor, record_type.right, field=f"Query.{info.field_name}")
    viewer = await info.context.viewer()
    statement = Statement(viewer)
    shape = statement.shape(selection_of(info))
    where = [*where, *[condition async for condition in conditions(filter_, viewer, info.context.snapshot)]]
    fetch = _fetcher(info, 1 + len(shape.all_links))
    rows = await fetch(statement.all(record_type, where, order, max_rows=max_rows + 1), statement.values)
    check_complete(rows, max_rows, f"Query.{info.field_name}")
    return await _build_objects(fetch, viewer, shape, rows)


async def conditions(filter_: object, viewer: Viewer, snapshot: Snapshot) -> AsyncIterator[Condition]:
    """The conditions that a filter input sets.

    Raises `MissingScope`, or `ValidationFailed` for what names nothing.
    """
    if filter_ is None:
        return
    definition = get_object_definition(filter_, strict=True)
    for field in definition.fields:
        argument, declaration = getattr(filter_, field.python_name), field.metadata[DECLARATION]
        if argument is None:
            continue
        if isinstance(declaration, Between):
            for sign, bound in argument.bounds():
                yield Condition(f"{declaration.sql} {sign} {{0}}::{argument.cast}", (bound,))
        elif isinstance(declaration, Flag):
            yield Condition(f"({declaration.sql})" if argument else f"({declaration.sql}) IS NOT TRUE")
        elif isinstance(declaration, InArea):
            area = await resolve_area(argument, snapshot, field=field.python_name)
            area_ids = [area.id] if declaration.exact else await reachable_areas([area.id], snapshot)
            keys = " OR ".join(f"{key} = ANY({{0}}::uuid[])" for key in declaration.keys)
            yield Condition(f"({keys})", (area_ids,))
        elif isinstance(declaration, Linked):
            coordinate = f"{definition.name}.{to_camel_case(field.python_name)}"
            check_scope(viewer.actor, RECORD_TYPES[declaration.type_name].right, field=coordinate)
            yield linked_condition(
                viewer,
                declaration,
                _without_null_bytes(declaration.convert(argument) if declaration.convert else argument),
            )
        elif isinstance(declaration, Where):
            value = declaration.convert(argument) if declaration.convert else argument
            if value is not None:
                yield Condition(declaration.sql, (_without_null_bytes(value),))


def _without_null_bytes(value: Any) -> Any:
    """`value`, if a list, without texts that contain U+0000, which PostgreSQL does not accept."""
    if not isinstance(value, list):
        return value
    return [item for item in value if not (isinstance(item, str) and "\0" in item)]


def _fetcher(info: Info, statements: int) -> Fetch:
    """The fetch function of this field: standalone if its statement is the request's only one."""
    return partial(info.context.snapshot.fetch, standalone=statements == 1 and is_only_root_field(info))


async def _build_objects(
    fetch: Fetch, viewer: Viewer, shape: Shape, rows: Iterable[asyncpg.Record]
) -> list[Any]:
    """The rows as objects with their linked rows, read level by level."""
    owners: Owners = {link: [] for link in shape.all_links}
    objects = [_build_object(row, shape, owners) for row in rows]
    for link, owned in owners.items():
        statement = Statement(viewer)
        key = statement.cell(link.to_many.key)
        nested_shape = statement.shape(link.selection)
        ids = list(dict.fromkeys(id_ for id_, _ in owned))
        linked = await fetch(statement.linked(link, ids), statement.values) if ids else []
        by_owner: dict[UUID, list[Any]] = {id_: [] for id_ in ids}
        for row, object_ in zip(
            linked, await _build_objects(fetch, viewer, nested_shape, linked), strict=True
        ):
            by_owner[row[key]].append(object_)
        for id_, owner in owned:
            setattr(owner, link.name, _list_or_error(by_owner[id_], link, owner, viewer))
    return objects


def _list_or_error(rows: list[Any], link: Link, owner: Any, viewer: Viewer) -> list[Any] | ListTooLong:
    """The value of the field: the rows, or the error in their place."""
    if viewer.unbounded or len(rows) <= link.to_many.max_rows:
        return rows
    return ListTooLong(f"{type(owner).__name__}.{to_camel_case(link.name)}", link.to_many.max_rows)


def _build_object(row: asyncpg.Record, shape: Shape, owners: Owners) -> Any:
    """An object of the GraphQL type with the selected fields only."""
    instance: Any = object.__new__(shape.type)
    values = vars(instance)
    for name, position, convert in shape.values:
        value = row[position]
        values[name] = convert(value) if convert and value is not None else value
    for name, positions in shape.texts:
        values[name] = {language: row[position] for language, position in positions.items()}
    for name, position, nested_shape in shape.to_ones:
        values[name] = None if row[position] is None else _build_object(row, nested_shape, owners)
    for link in shape.links:
        owners[link].append((row[link.key], instance))
    return instance


def _merge_selections(nodes: Selection | None, edge_nodes: Selection | None) -> Selection | None:
    if nodes is None or edge_nodes is None:
        return nodes or edge_nodes
    return Selection(nodes.operation, nodes.type, [*nodes.details, *edge_nodes.details])


def _selects_cursors(edges: Selection | None, page_info: Selection | None) -> bool:
    return (edges is not None and "cursor" in edges.fields) or (
        page_info is not None and not {"startCursor", "endCursor"}.isdisjoint(page_info.fields)
    )
