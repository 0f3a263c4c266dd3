"""Who calls: what a key or a token is good for, told to whoever sends it."""

from datetime import datetime
from typing import Any, Final

import strawberry

from api.cost.directives import FREE, WRAPPER, list_size
from api.cost.selection import selection_of
from api.errors import check_scope
from api.nouns.areas.areas import Area
from api.reads.bounded_lists import check_complete
from api.reads.context import Info
from api.reads.execution import read_by_id
from records.access.partners import MAX_AREAS
from records.core.actor import Actor, CredentialKind
from records.core.rights import Right

AREAS: Final = MAX_AREAS


@strawberry.type(description="The credential of a request. Its secret is not stored.", directives=[WRAPPER])
class Credential:
    """A key or a token."""

    kind: CredentialKind = strawberry.field(description="Whether it is a key or a token.")
    prefix: str | None = strawberry.field(
        description=(
            "The public part of the key; for a token, that of the key it was issued for, or null if the "
            "partner used a signed assertion."
        )
    )
    expires_at: datetime | None = strawberry.field(description="When it expires; null if it does not.")


@strawberry.type(description="The budget to which a partner's requests are charged.", directives=[WRAPPER])
class Budget:
    """A partner's budget."""

    limit: int = strawberry.field(description="The cost that it holds when full: no request may cost more.")
    remaining: int = strawberry.field(
        description=(
            "The cost that remains after this request was charged; the unused part is refunded. Negative "
            "after a request that kept the database busy for long."
        )
    )
    restore_per_second: int = strawberry.field(description="The cost that is refilled each second.")


async def _budget(info: Info) -> Budget | None:
    """The budget that this request was paid from; None for a caller without one."""
    charged = info.context.charge
    if charged is None:
        return None
    held = charged.budget
    return Budget(limit=held.limit, remaining=held.remaining, restore_per_second=held.restore)


@strawberry.type(description="The caller.", directives=[WRAPPER])
class Viewer:
    """The caller."""

    name: str = strawberry.field(description="The partner's name.")
    scopes: list[str] = strawberry.field(
        description="The scopes of this key or token, such as tips:read, in alphabetical order."
    )
    areas: list[Area] = strawberry.field(
        directives=list_size(AREAS),
        description=(
            "The areas whose records it can see, including all areas within them and areas that became "
            "part of them."
        ),
    )
    documents_only: bool = strawberry.field(description="Whether the partner runs registered documents only.")
    credential: Credential = strawberry.field(description="The credential of the request.")
    budget: Budget | None = strawberry.field(
        resolver=_budget,
        description="The budget to which its requests are charged; null if requests are not charged.",
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
    """The areas that the caller was given, where it asks for them. Raises `MissingScope`."""
    subselection = selection_of(info).subselection("areas")
    if subselection is None:
        return []
    check_scope(actor, Right.AREAS_READ, field="Viewer.areas")
    found: dict[Any, Area] = await read_by_id(info, subselection, actor.areas or ())
    check_complete(found, AREAS, "Viewer.areas")
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
        description="The caller, and what the key or token gives access to. Needs no scope.",
    )
