"""The change feed: what a partner may see, first as it stands, then change by change, without a gap.

A writer's events come out only when no older writer is still at work (`txid` below the oldest running one),
so whoever goes on from a cursor never misses one that was written earlier and committed later.
"""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, ClassVar, Final, TypeAlias
from uuid import UUID

import orjson
import strawberry
from graphql import GraphQLObjectType

from api.areas import REFERENCE
from api.connections import DEFAULT, Page
from api.context import Info
from api.enums import describe
from api.errors import BadInput, check_scope
from api.figures import NOT_SUPERSEDED
from api.node import Node, global_id
from api.reads.areas import named, reached
from api.reads.declared import NOUNS, Condition
from api.reads.run import read_all, with_id
from api.reads.selection import Selection, selection_of
from api.reads.viewer import Viewer
from api.sizes import MOST, WRAPPER, ListSize
from records.core.errors import Refused
from records.core.language import _
from records.core.rights import Right, may

_HORIZON: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_EVENTS: Final = """
SELECT txid, seq, at, type, noun, row_id FROM outbox_events
WHERE (txid, seq) > ($1, $2) AND txid < $3 AND noun = ANY($4::text[])
  AND (area_id = ANY($5::uuid[]) OR left_area_id = ANY($5::uuid[]))
ORDER BY txid, seq LIMIT {limit:d}"""

_NUMBERS: Final = 2**63
_STALE: Final = _(
    "This cursor is for other areas or types than this key follows now: start again without one."
)


class ChangeType(StrEnum):
    """The records that can be followed, by their names in the outbox."""

    GROUP = "group"
    TIP = "tip"
    FIGURE = "figure"


describe(
    ChangeType,
    "The types of records that can be followed. Catalogues are short: read them whole.",
    GROUP="Groups; needs the scope groups:read.",
    TIP="Tips; needs the scope tips:read.",
    FIGURE="Figures that no later one has corrected; needs the scope metrics:read.",
)

# The GraphQL type behind each, and what else must hold of a row that counts.
_FOLLOWED: Final[dict[ChangeType, tuple[str, list[Condition]]]] = {
    ChangeType.GROUP: ("Group", []),
    ChangeType.TIP: ("Tip", []),
    ChangeType.FIGURE: ("Figure", [NOT_SUPERSEDED]),
}


class StaleCursor(Refused):
    """The cursor was given for other areas or types: what came into sight since would be missed."""

    code: ClassVar[str] = "STALE_CURSOR"


@strawberry.type(description="That a record came, changed or went, with the record as it is now.")
class Change:
    """One entry of the feed."""

    type: ChangeType = strawberry.field(description="What kind of record.")
    id: strawberry.ID = strawberry.field(description="The record's id.")
    action: str | None = strawberry.field(
        description='What was done, such as "tips.close"; null while the feed tells how things stand.'
    )
    at: datetime | None = strawberry.field(description="When; null while the feed tells how things stand.")
    deleted: bool = strawberry.field(
        description="Whether the record is gone for the caller: removed, corrected, or moved elsewhere."
    )
    record: Node | None = strawberry.field(
        description="The record as it is now, not as it was then; null when it is gone."
    )


@strawberry.type(description="A part of the change feed.", directives=[WRAPPER])
class ChangeFeed:
    """A page of changes; never the last one."""

    changes: list[Change] = strawberry.field(description="The changes, in the order in which they count.")
    cursor: str = strawberry.field(description="Where to go on: send it as `after`. There is always one.")
    has_more: bool = strawberry.field(
        description="Whether more is waiting; when not, ask again later with `cursor`."
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """Told so far: how things stood when `horizon` was the oldest writer, up to the record `last`."""

    horizon: int
    type: ChangeType
    last: UUID


@dataclass(frozen=True, slots=True)
class _Moving:
    """Told so far: every event up to this one."""

    txid: int
    seq: int


_Place: TypeAlias = _Standing | _Moving


@dataclass(frozen=True, slots=True)
class _Feed:
    """One reading of the feed: who follows what, and how much fits into the answer."""

    info: Info
    viewer: Viewer
    types: list[ChangeType]
    size: int

    async def standing(self, place: _Standing, horizon: int) -> tuple[list[Change], _Place, bool]:
        """How things stand, from `place` on."""
        if horizon < place.horizon:
            # A replica that is behind does not know of everything that was done before the feed began.
            return [], place, True
        found: list[Change] = []
        for type_ in self.types[self.types.index(place.type) :]:
            last = place.last if type_ is place.type else UUID(int=0)
            after = Condition("{t}.id > {0}::uuid", (last,))
            left = self.size - len(found)
            records = await self._records(type_, [after], most=left)
            found += [self._change(type_, id_, record) for id_, record in records.items()]
            if len(records) == left:
                return found, _Standing(place.horizon, type_, list(records)[-1]), True
        return found, _Moving(place.horizon, -1), True

    async def moving(self, place: _Moving, horizon: int) -> tuple[list[Change], _Place, bool]:
        """What changed since `place`."""
        rows = await self.info.context.snapshot.fetch(
            _EVENTS.format(limit=self.size + 1),
            [place.txid, place.seq, horizon, self.types, self.viewer.areas],
        )
        more, rows = len(rows) > self.size, rows[: self.size]
        records: dict[tuple[str, UUID], Node] = {}
        for type_ in self.types:
            ids = {row["row_id"] for row in rows if row["noun"] == type_}
            if ids:
                found = await self._records(type_, [with_id(ids)])
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
        if more:
            return changes, _Moving(rows[-1]["txid"], rows[-1]["seq"]), True
        # Everything older than the horizon was looked at, whether or not it was for this caller.
        return changes, max(place, _Moving(horizon, -1), key=lambda at: (at.txid, at.seq)), False

    async def _records(
        self, type_: ChangeType, where: Sequence[Condition], *, most: int | None = None
    ) -> dict[UUID, Node]:
        name, counting = _FOLLOWED[type_]
        changes = selection_of(self.info).below("changes")
        asked = changes and changes.below("record", name)
        if asked is None:
            operation = selection_of(self.info).operation
            object_type = operation.schema.type_map[name]
            assert isinstance(object_type, GraphQLObjectType)  # noqa: S101 - every noun is one
            asked = Selection(operation, object_type, [])
        return await read_all(
            self.info.context.snapshot.fetch, self.viewer, asked, [*where, *counting], most=most
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
        known = strawberry.ID(global_id(_FOLLOWED[type_][0])(id_))
        return Change(type=type_, id=known, action=action, at=at, deleted=record is None, record=record)


async def _changes(
    info: Info,
    *,
    after: Annotated[
        str | None,
        strawberry.argument(
            description="The `cursor` of the answer before. Without one it starts with how things stand."
        ),
    ] = None,
    types: Annotated[
        list[ChangeType] | None,
        strawberry.argument(description="Which records; all whose scope the key has when not given."),
    ] = None,
    area: Annotated[
        str | None,
        strawberry.argument(description=f"Only what lies in this area, then or now: {REFERENCE}."),
    ] = None,
    first: Annotated[
        int | None, strawberry.argument(description="How many at most: 50 when not given, at most 1000.")
    ] = None,
) -> ChangeFeed:
    actor = info.context.actor
    check_scope(actor, Right.CHANGES_READ, field="Query.changes")
    rights = {type_: NOUNS[name].right for type_, (name, _where) in _FOLLOWED.items()}
    for type_ in types or ():
        check_scope(actor, rights[type_], field=f"Query.changes(types: {type_.name})")
    given = set(ChangeType) if types is None else set(types)
    wanted = [type_ for type_ in ChangeType if type_ in given and may(actor, rights[type_])]
    if types is None and not wanted:
        check_scope(actor, Right.GROUPS_READ, field="Query.changes")
    size = Page(first).size
    if not size:
        raise BadInput(_("{name} must be from {least} to {most}."), name="first", least=1, most=MOST)
    viewer = await _narrowed(info, area)
    mark = _mark(wanted, viewer)
    ((horizon,),) = await info.context.snapshot.fetch(_HORIZON, [])
    if after is not None:
        place = _parsed(after, wanted, mark)
    else:
        place = _Standing(horizon, wanted[0], UUID(int=0)) if wanted else _Moving(horizon, -1)
    feed = _Feed(info, viewer, wanted, size)
    told = feed.standing(place, horizon) if isinstance(place, _Standing) else feed.moving(place, horizon)
    changes, place, more = await told
    return ChangeFeed(changes=changes, cursor=_cursor(place, mark), has_more=more)


async def _narrowed(info: Info, area: str | None) -> Viewer:
    """The caller as far as `area` goes."""
    viewer = await info.context.viewer()
    if area is None:
        return viewer
    snapshot, own = info.context.snapshot, viewer.areas
    lies_in = set(await reached([(await named(area, snapshot)).id], snapshot))
    return Viewer(viewer.actor, sorted(lies_in if own is None else lies_in.intersection(own)))


def _mark(types: Sequence[ChangeType], viewer: Viewer) -> str:
    """What a cursor is bound to: the types, and every area that is followed."""
    digest = sha256(" ".join(types).encode())
    for area in viewer.areas or ():
        digest.update(area.bytes)
    return digest.hexdigest()[:16]


def _cursor(place: _Place, mark: str) -> str:
    held = (
        [mark, place.horizon, place.type.value, str(place.last)]
        if isinstance(place, _Standing)
        else [mark, place.txid, place.seq]
    )
    return urlsafe_b64encode(orjson.dumps(held)).rstrip(b"=").decode()


def _parsed(given: str, types: Sequence[ChangeType], mark: str) -> _Place:
    """The place that a cursor names. Raises `BadInput`, or `StaleCursor` for one of another feed."""
    refused = BadInput(_("{name} is not a cursor of this list."), name="after")
    try:
        match orjson.loads(b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True)):
            case [str(theirs), int(txid), int(seq)] if max(abs(txid), abs(seq)) < _NUMBERS:
                place: _Place = _Moving(txid, seq)
            case [str(theirs), int(horizon), str(type_), str(last)] if abs(horizon) < _NUMBERS:
                place = _Standing(horizon, ChangeType(type_), UUID(last))
            case _:
                raise refused
    except ValueError:
        raise refused from None
    if theirs != mark:
        raise StaleCursor(_STALE)
    if isinstance(place, _Standing) and place.type not in types:
        raise refused
    return place


@strawberry.type
class ChangeQueries:
    """The root field `changes`."""

    changes: ChangeFeed = strawberry.field(
        resolver=_changes,
        directives=[ListSize(assumed_size=DEFAULT, slicing_arguments=["first"], sized_fields=["changes"])],
        description="What came, changed and went, for keeping a copy: first every record as it stands, then "
        "every change, without gaps. Applying the entries in order gives what the key may see.",
    )
