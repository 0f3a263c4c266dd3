"""Running declared reads: pages, records by id, and whole short lists."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
from strawberry.types.base import get_object_definition

from api.cost.selection import Selection, selection_of
from api.cost.sizes import CATALOGUE
from api.errors import camel, check_scope
from api.reads.areas import named, reached
from api.reads.bounded_lists import ListTooLong, check_whole
from api.reads.connections import Connection, Edge, Page, PageInfo, counted_up_to, cursor
from api.reads.context import Info, alone
from api.reads.declared import NOUNS, READS, Between, Condition, Flag, InArea, Linked, Where, among
from api.reads.snapshot import Snapshot
from api.reads.statement import Link, Shape, Statement
from api.reads.visibility import Viewer
from records.core.identifiers.codes import looked_up

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
    """The page of records of `type_` that the field being resolved asks for, with what is selected of it.

    Raises `Unauthenticated`, `LacksScope`, `BadInput` or `Invalid`, each before anything is read.
    """
    actor, noun = info.context.actor, NOUNS[type_.__name__]
    check_scope(actor, noun.right, field=f"Query.{info.field_name}")
    order = noun.order(order_by)
    size, keyset = page.size, list(page.conditions(order))
    asked = selection_of(info)
    nodes, edges, page_info = asked.below("nodes"), asked.below("edges"), asked.below("pageInfo")
    wants_rows = any(part is not None for part in (nodes, edges, page_info))
    wants_count, up_to = "totalCount" in asked.fields, counted_up_to(asked)

    viewer = await info.context.viewer()
    statement = Statement(viewer)
    records = _both(nodes, edges.below("node") if edges else None)
    shape = statement.shape(records) if records else Shape(type_)
    where = [*where, *[condition async for condition in conditions(filter_, viewer, info.context.snapshot)]]
    wants_few = bool(up_to) and not wants_count
    fetch = _fetcher(info, wants_rows + wants_count + wants_few + len(shape.level))
    connection: Connection[T] = Connection.__new__(Connection)
    if wants_rows:
        marked = _asks_cursors(edges, page_info)
        marks = (statement.cell(f"{{t}}.{order.column}"), statement.cell("{t}.id")) if marked else None
        text = statement.page(noun, [*where, *keyset], order, backward=page.backward, limit=size + 1)
        rows = await fetch(text, statement.values)
        more, rows = len(rows) > size, rows[:size]
        if page.backward:
            rows.reverse()
        cursors = [cursor(order, row[marks[0]], row[marks[1]]) if marks else "" for row in rows]
        connection.nodes = await _objects(fetch, viewer, shape, rows)
        connection.edges = [
            Edge(cursor=c, node=node) for c, node in zip(cursors, connection.nodes, strict=True)
        ]
        connection.page_info = PageInfo(
            has_next_page=page.before is not None if page.backward else more,
            has_previous_page=more if page.backward else page.after is not None,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )
    if wants_count or wants_few:
        counting = Statement(viewer)
        text = counting.count(noun, where, most=up_to + 1 if wants_few else None)
        connection.total_count = (await fetch(text, counting.values))[0][0]
    return connection


async def read_by_id(
    info: Info, asked: Selection, ids: Collection[UUID], *, fetch: Fetch | None = None
) -> dict[UUID, Any]:
    """The records with these ids, as far as the caller may see them, with what `asked` asks of them.

    `fetch` reads elsewhere than in the request's snapshot. Raises `Unauthenticated` or `LacksScope`.
    """
    check_scope(info.context.actor, NOUNS[asked.type.name].right, field=f"Query.{info.field_name}")
    viewer = await info.context.viewer()
    return await read_all(fetch or info.context.snapshot.fetch, viewer, asked, [with_id(ids)])


def with_id(ids: Collection[UUID]) -> Condition:
    """The condition that a row has one of `ids`."""
    return Condition("{t}.id = ANY({0}::uuid[])", (list(ids),))


async def read_all(
    fetch: Fetch, viewer: Viewer, asked: Selection, where: Sequence[Condition], *, most: int | None = None
) -> dict[UUID, Any]:
    """The records under conditions that keep them few, or the first by id, as far as `viewer` may see them.

    Raises `LacksScope` for what is asked of them; the right to the records themselves the caller has checked.
    """
    statement = Statement(viewer)
    shape = statement.shape(asked)
    mark = statement.cell("{t}.id")
    text = statement.all(NOUNS[asked.type.name], where, most=most)
    rows = await fetch(text, statement.values)
    return dict(zip([row[mark] for row in rows], await _objects(fetch, viewer, shape, rows), strict=True))


async def read_by_code(info: Info, type_: type[T], code: str) -> T | None:
    """The record of `type_` that has this code; None where there is none that the caller may see.

    Raises `Unauthenticated` or `LacksScope`.
    """
    noun = NOUNS[type_.__name__]
    check_scope(info.context.actor, noun.right, field=f"Query.{info.field_name}")
    viewer = await info.context.viewer()
    if "\0" in code:
        return None
    # Those of indicators are not in capitals.
    coded = Condition(f"{{t}}.{noun.code} = ANY({{0}}::text[])", ([code, looked_up(code)],))
    found = await read_all(info.context.snapshot.fetch, viewer, selection_of(info), [coded])
    return next(iter(found.values()), None)


async def read_list(
    info: Info,
    type_: type[T],
    filter_: object = None,
    *,
    order: Sequence[str],
    where: Sequence[Condition] = (),
    most: int = CATALOGUE,
) -> list[T]:
    """The records of a short catalogue that a filter leaves.

    Raises `Unauthenticated`, `LacksScope`, or `ListTooLong` where there are more than `most`.
    """
    actor, noun = info.context.actor, NOUNS[type_.__name__]
    check_scope(actor, noun.right, field=f"Query.{info.field_name}")
    viewer = await info.context.viewer()
    statement = Statement(viewer)
    shape = statement.shape(selection_of(info))
    where = [*where, *[condition async for condition in conditions(filter_, viewer, info.context.snapshot)]]
    fetch = _fetcher(info, 1 + len(shape.level))
    rows = await fetch(statement.all(noun, where, order, most=most + 1), statement.values)
    check_whole(rows, most, f"Query.{info.field_name}")
    return await _objects(fetch, viewer, shape, rows)


async def conditions(filter_: object, viewer: Viewer, snapshot: Snapshot) -> AsyncIterator[Condition]:
    """The conditions that a filter input sets. Raises `LacksScope`, or `Invalid` for what names nothing."""
    if filter_ is None:
        return
    definition = get_object_definition(filter_, strict=True)
    for field in definition.fields:
        given, reads = getattr(filter_, field.python_name), field.metadata[READS]
        if given is None:
            continue
        if isinstance(reads, Between):
            for sign, bound in given.bounds():
                yield Condition(f"{reads.sql} {sign} {{0}}::{given.cast}", (bound,))
        elif isinstance(reads, Flag):
            yield Condition(f"({reads.sql})" if given else f"({reads.sql}) IS NOT TRUE")
        elif isinstance(reads, InArea):
            area = await named(given, snapshot, field=field.python_name)
            lands = [area.id] if reads.itself else await reached([area.id], snapshot)
            keys = " OR ".join(f"{key} = ANY({{0}}::uuid[])" for key in reads.keys)
            yield Condition(f"({keys})", (lands,))
        elif isinstance(reads, Linked):
            place = f"{definition.name}.{camel(field.python_name)}"
            check_scope(viewer.actor, NOUNS[reads.type_name].right, field=place)
            yield among(viewer, reads, _storable(reads.convert(given) if reads.convert else given))
        elif isinstance(reads, Where):
            value = reads.convert(given) if reads.convert else given
            if value is not None:
                yield Condition(reads.sql, (_storable(value),))


def _storable(value: Any) -> Any:
    """`value`, a list without the texts that no record holds: PostgreSQL takes no U+0000."""
    if not isinstance(value, list):
        return value
    return [item for item in value if not (isinstance(item, str) and "\0" in item)]


def _fetcher(info: Info, statements: int) -> Fetch:
    """How this field reads: on its own when its statement is the request's only one, else in the snapshot."""
    return partial(info.context.snapshot.fetch, alone=statements == 1 and alone(info))


async def _objects(fetch: Fetch, viewer: Viewer, shape: Shape, rows: Iterable[asyncpg.Record]) -> list[Any]:
    """The rows as objects, and the rows that are linked to them, level by level."""
    owners: Owners = {link: [] for link in shape.level}
    objects = [_object(row, shape, owners) for row in rows]
    for link, owned in owners.items():
        statement = Statement(viewer)
        key = statement.cell(link.many.key)
        below = statement.shape(link.selection)
        ids = list(dict.fromkeys(id_ for id_, _ in owned))
        linked = await fetch(statement.linked(link, ids), statement.values) if ids else []
        by_owner: dict[UUID, list[Any]] = {id_: [] for id_ in ids}
        for row, object_ in zip(linked, await _objects(fetch, viewer, below, linked), strict=True):
            by_owner[row[key]].append(object_)
        for id_, owner in owned:
            setattr(owner, link.name, _listed(by_owner[id_], link, owner, viewer))
    return objects


def _listed(rows: list[Any], link: Link, owner: Any, viewer: Viewer) -> list[Any] | ListTooLong:
    """What the field resolves to: the rows, or the error that stands in their place."""
    if viewer.unbounded or len(rows) <= link.many.most:
        return rows
    return ListTooLong(f"{type(owner).__name__}.{camel(link.name)}", link.many.most)


def _object(row: asyncpg.Record, shape: Shape, owners: Owners) -> Any:
    """An object of the GraphQL type that holds what was asked for and nothing else."""
    made: Any = object.__new__(shape.type)
    values = vars(made)
    for name, place, convert in shape.values:
        value = row[place]
        values[name] = convert(value) if convert and value is not None else value
    for name, places in shape.texts:
        values[name] = {language: row[place] for language, place in places.items()}
    for name, place, below in shape.ones:
        values[name] = None if row[place] is None else _object(row, below, owners)
    for link in shape.links:
        owners[link].append((row[link.key], made))
    return made


def _both(nodes: Selection | None, edge_nodes: Selection | None) -> Selection | None:
    if nodes is None or edge_nodes is None:
        return nodes or edge_nodes
    return Selection(nodes.operation, nodes.type, [*nodes.details, *edge_nodes.details])


def _asks_cursors(edges: Selection | None, page_info: Selection | None) -> bool:
    return (edges is not None and "cursor" in edges.fields) or (
        page_info is not None and not {"startCursor", "endCursor"}.isdisjoint(page_info.fields)
    )
