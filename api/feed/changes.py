"""The change feed: the current state of all records visible to a partner, then every change without gaps.

records/delivery/feed.py reads the outbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final, TypeAlias
from uuid import UUID

import strawberry
from graphql import GraphQLObjectType

from api.cost.directives import MAX_PAGE_SIZE, WRAPPER, ListSize
from api.cost.selection import Selection, selection_of
from api.errors import InvalidInput, check_scope
from api.feed.cursors import (
    ChangeType,
    CursorPosition,
    InitialPosition,
    StaleCursor,
    encode_cursor,
    parse_cursor,
    scope_digest,
)
from api.nouns.areas.areas import REFERENCE
from api.reads.areas import reachable_areas, resolve_area
from api.reads.connections import DEFAULT_PAGE_SIZE, Page
from api.reads.context import Info
from api.reads.declared import Condition
from api.reads.execution import id_condition, read_all
from api.reads.node import Node, global_id
from api.reads.visibility import Viewer
from records.core.errors import ProblemCode
from records.core.language import _
from records.core.rights import Right, has_right
from records.delivery import feed as outbox
from records.delivery.feed import FOLLOWED_NOUNS, FeedPosition
from records.registry.nouns import NOUNS

_RESTORED_FROM_BACKUP: Final = _(
    "This cursor is ahead of the database, which was restored from a backup: start again without one."
)
_REMOVED: Final = _("This cursor is older than the changes that are kept: start again without one.")


@strawberry.type(description="A record that was added, changed or removed, with its current state.")
class Change:
    """An entry of the feed."""

    type: ChangeType = strawberry.field(description="What kind of record.")
    # Not `id`: caching clients would merge two entries of the same record.
    record_id: strawberry.ID = strawberry.field(description="The record's id.")
    action: str | None = strawberry.field(
        description='The action, such as "tips.close"; null while the feed returns the initial state.'
    )
    at: datetime | None = strawberry.field(
        description="When it happened; null while the feed returns the initial state."
    )
    deleted: bool = strawberry.field(
        description=(
            "Whether the caller can no longer see the record: it was removed, corrected, or moved to "
            "another area."
        )
    )
    record: Node | None = strawberry.field(
        description="The record as it is now, not as it was then; null if it is deleted."
    )


@strawberry.type(description="A part of the change feed.", directives=[WRAPPER])
class ChangeFeed:
    """A page of changes; there is always a next one."""

    changes: list[Change] = strawberry.field(
        description="The changes, in the order in which they must be applied."
    )
    cursor: str = strawberry.field(description="Where to continue: send it as `after`. Never null.")
    has_more: bool = strawberry.field(
        description="Whether more changes are available; if not, poll again later with `cursor`."
    )
    # All transactions below this id have been delivered; 0 during the initial state.
    delivered_below: strawberry.Private[int] = 0


@dataclass(frozen=True, slots=True)
class _FeedReader:
    """Reads one page of the feed for a viewer."""

    info: Info
    viewer: Viewer
    types: list[ChangeType]
    size: int

    async def initial_state(
        self, position: InitialPosition, horizon: int
    ) -> tuple[list[Change], CursorPosition, bool]:
        """The current state of the records from `position` on."""
        if horizon < position.horizon:
            # A replica that lags behind may lack records from before the start of the feed.
            return [], position, True
        found: list[Change] = []
        for type_ in self.types[self.types.index(position.type) :]:
            last = position.last if type_ is position.type else UUID(int=0)
            after = Condition("{t}.id > {0}::uuid", (last,))
            left = self.size - len(found)
            records = await self._records(type_, [after], max_rows=left)
            found += [self._change(type_, id_, record) for id_, record in records.items()]
            if len(records) == left:
                return found, InitialPosition(position.horizon, type_, list(records)[-1]), True
        return found, FeedPosition(position.horizon, -1), True

    async def changes_since(
        self, position: FeedPosition, horizon: int
    ) -> tuple[list[Change], CursorPosition, bool]:
        """What changed since `position`."""
        rows, position, more = await outbox.read_changes(
            self.info.context.snapshot.fetch,
            position,
            before_txid=horizon,
            nouns=self.types,
            areas=self.viewer.areas,
            limit=self.size,
        )
        records: dict[tuple[str, UUID], Node] = {}
        for type_ in self.types:
            ids = {row["row_id"] for row in rows if row["noun"] == type_}
            if ids:
                found = await self._records(type_, [id_condition(ids)])
                records |= {(type_.value, id_): record for id_, record in found.items()}
        changes = [
            self._change(
                ChangeType(row["noun"]),
                row["row_id"],
                records.get((row["noun"], row["row_id"])),
                action=row["type"],
                at=row["at"],
            )
            for row in rows
        ]
        return changes, position, more

    async def _records(
        self, type_: ChangeType, where: Sequence[Condition], *, max_rows: int | None = None
    ) -> dict[UUID, Node]:
        followed = FOLLOWED_NOUNS[type_]
        changes = selection_of(self.info).subselection("changes")
        selection = changes and changes.subselection("record", followed.type)
        if selection is None:
            operation = selection_of(self.info).operation
            object_type = operation.schema.type_map[followed.type]
            assert isinstance(object_type, GraphQLObjectType)  # noqa: S101 - every noun is one
            selection = Selection(operation, object_type, [])
        conditions = [Condition(followed.condition)] if followed.condition else []
        return await read_all(
            self.info.context.snapshot.fetch, self.viewer, selection, [*where, *conditions], max_rows=max_rows
        )

    @staticmethod
    def _change(
        type_: ChangeType,
        id_: UUID,
        record: Node | None,
        *,
        action: str | None = None,
        at: datetime | None = None,
    ) -> Change:
        known = strawberry.ID(global_id(FOLLOWED_NOUNS[type_].type)(id_))
        return Change(
            type=type_, record_id=known, action=action, at=at, deleted=record is None, record=record
        )


After: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "The `cursor` of the previous response. Without one, the feed starts with the current state."
        )
    ),
]
Types: TypeAlias = Annotated[
    list[ChangeType] | None,
    strawberry.argument(description="Which types; by default all for which the key has the scope."),
]
InArea: TypeAlias = Annotated[
    str | None,
    strawberry.argument(description=f"Only records within this area, past or present: {REFERENCE}."),
]
First: TypeAlias = Annotated[
    int | None, strawberry.argument(description="The maximum number of changes: 50 by default, at most 1000.")
]


async def read_feed(
    info: Info, *, after: After = None, types: Types = None, area: InArea = None, first: First = None
) -> ChangeFeed:
    """The next part of the feed.

    Raises `Unauthenticated`, `MissingScope`, `InvalidInput` or `StaleCursor`.
    """
    actor, root = info.context.actor, f"{info._raw_info.parent_type.name}.changes"  # noqa: SLF001 - shown nowhere else
    check_scope(actor, Right.CHANGES_READ, field=root)
    rights = {type_: NOUNS[type_].right for type_ in ChangeType}
    for type_ in types or ():
        check_scope(actor, rights[type_], field=f"{root}(types: {type_.name})")
    requested = set(ChangeType) if types is None else set(types)
    followed = [type_ for type_ in ChangeType if type_ in requested and has_right(actor, rights[type_])]
    if types is None and not followed:
        check_scope(actor, Right.GROUPS_READ, field=root)
    size = Page(first).size
    if not size:
        text = _("{name} must be from {least} to {most}.")
        raise InvalidInput(text, ProblemCode.OUT_OF_RANGE, "first", name="first", least=1, most=MAX_PAGE_SIZE)
    viewer = await _restrict_to_area(info, area)
    mark = scope_digest(followed, viewer)
    horizon = await outbox.horizon(info.context.snapshot.fetch)
    if after is not None:
        position = parse_cursor(after, followed, mark)
        if horizon.oldest < position.horizon and not horizon.replica:
            # Only a database that was restored from a backup is behind its own cursors.
            raise StaleCursor(_RESTORED_FROM_BACKUP)
        if position.horizon <= horizon.floor:
            raise StaleCursor(_REMOVED)
    else:
        position = (
            InitialPosition(horizon.oldest, followed[0], UUID(int=0))
            if followed
            else FeedPosition(horizon.oldest, -1)
        )
    feed = _FeedReader(info, viewer, followed, size)
    below = horizon.oldest
    reading = (
        feed.initial_state(position, below)
        if isinstance(position, InitialPosition)
        else feed.changes_since(position, below)
    )
    changes, position, more = await reading
    delivered_below = position.txid if isinstance(position, FeedPosition) else 0
    return ChangeFeed(
        changes=changes, cursor=encode_cursor(position, mark), has_more=more, delivered_below=delivered_below
    )


async def _restrict_to_area(info: Info, area: str | None) -> Viewer:
    """The caller, restricted to `area` if given."""
    viewer = await info.context.viewer()
    if area is None:
        return viewer
    snapshot, own = info.context.snapshot, viewer.areas
    area_ids = set(await reachable_areas([(await resolve_area(area, snapshot)).id], snapshot))
    return replace(viewer, areas=sorted(area_ids if own is None else area_ids.intersection(own)))


FEED_DIRECTIVES: Final = [
    ListSize(assumed_size=DEFAULT_PAGE_SIZE, slicing_arguments=["first"], sized_fields=["changes"])
]
"""The directives of a field that returns a page of the feed."""


@strawberry.type
class ChangeQueries:
    """The root field `changes`."""

    changes: ChangeFeed = strawberry.field(
        resolver=read_feed,
        directives=FEED_DIRECTIVES,
        description=(
            "Added, changed and removed records, for maintaining a copy: first every record in its "
            "current state, then every change, without gaps. Applying the entries in order yields what "
            "the key can see."
        ),
    )
