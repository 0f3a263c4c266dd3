"""Who calls: what a key or a token is good for, told to whoever sends it."""

from datetime import datetime
from typing import Any, Final

import strawberry

from api.cost.sizes import FREE, WRAPPER, listed
from api.errors import check_scope
from api.nouns.areas.areas import Area
from api.reads.bounded_lists import check_whole
from api.reads.context import Info
from api.reads.run import read_by_id
from api.selection import selection_of
from records.access.partners import MAX_AREAS
from records.core.actor import Actor, CredentialKind
from records.core.rights import Right

AREAS: Final = MAX_AREAS


@strawberry.type(description="What a call was made with. Its secret is kept nowhere.", directives=[WRAPPER])
class Credential:
    """A key or a token."""

    kind: CredentialKind = strawberry.field(description="Whether it is a key or a token.")
    prefix: str | None = strawberry.field(
        description="The part of the key that may be seen; of a token, that of the key for which it was "
        "given, null where the partner signed for it."
    )
    expires_at: datetime | None = strawberry.field(description="When it ends; null where no end is set.")


@strawberry.type(description="What a partner's requests are paid from.", directives=[WRAPPER])
class Budget:
    """A partner's budget."""

    limit: int = strawberry.field(
        description="How much cost it holds when it is full: no request may cost more."
    )
    remaining: int = strawberry.field(
        description="How much cost is left now that this request is paid; what it does not need comes back. "
        "Below zero after a request that the database worked on for long."
    )
    restore_per_second: int = strawberry.field(description="How much cost comes back in a second.")


async def _budget(info: Info) -> Budget | None:
    """The budget that this request was paid from; None for a caller without one."""
    charged = info.context.charge
    if charged is None:
        return None
    held = charged.budget
    return Budget(limit=held.limit, remaining=held.remaining, restore_per_second=held.restore)


@strawberry.type(description="Who calls.", directives=[WRAPPER])
class Viewer:
    """The caller."""

    name: str = strawberry.field(description="The partner's name.")
    scopes: list[str] = strawberry.field(
        description="What this key or token may be used for, such as tips:read, in alphabetical order."
    )
    areas: list[Area] = strawberry.field(
        directives=listed(AREAS),
        description="The areas whose records it may see: these, all in them, and what became part of them.",
    )
    documents_only: bool = strawberry.field(description="Whether the partner runs registered documents only.")
    credential: Credential = strawberry.field(description="With what the call was made.")
    budget: Budget | None = strawberry.field(
        resolver=_budget, description="What its requests are paid from; null for who pays nothing."
    )


async def _viewer(info: Info) -> Viewer:
    actor = info.context.actor
    return Viewer(
        name=actor.name,
        scopes=sorted(actor.scopes),
        areas=await _areas(info, actor),
        documents_only=actor.documents_only,
        credential=_credential(actor),
    )


async def _areas(info: Info, actor: Actor) -> list[Area]:
    """The areas that the caller was given, where it asks for them. Raises `LacksScope`."""
    below = selection_of(info).below("areas")
    if below is None:
        return []
    check_scope(actor, Right.AREAS_READ, field="Viewer.areas")
    found: dict[Any, Area] = await read_by_id(info, below, actor.areas or ())
    check_whole(found, AREAS, "Viewer.areas")
    return list(found.values())


def _credential(actor: Actor) -> Credential:
    held = actor.credential
    if held is None:
        raise LookupError("only partners call")
    return Credential(kind=held.kind, prefix=held.prefix, expires_at=held.expires_at)


@strawberry.type
class ViewerQueries:
    """The root field `viewer`."""

    viewer: Viewer = strawberry.field(
        resolver=_viewer,
        directives=[FREE],
        description="Who calls, and what the key or token is good for. Needs no scope.",
    )
