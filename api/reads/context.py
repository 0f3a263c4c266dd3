"""What a resolver knows of the request: who calls, in which language, and the one view of the database."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import strawberry
from graphql import FieldNode

from api.contract.deprecation import Deprecation
from api.cost.budget import Charge
from api.cost.pricing import OperationCost
from api.errors import Unauthenticated
from api.reads.snapshot import Snapshot
from api.reads.visibility import Viewer, viewer
from records.core.actor import Actor
from records.core.language import Language

_RANGE: Final = re.compile(r"\s*([A-Za-z*]+)(?:-[\w-]+)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*")


@dataclass(slots=True)
class Context:
    """The context of one request."""

    caller: Actor | None
    language: Language
    request_id: str
    snapshot: Snapshot
    # The deprecated parts of the schema that the operation uses, by coordinate.
    deprecated: Mapping[str, Deprecation] = field(default_factory=dict)
    # The caller wants to know what the operation costs, and not its answer.
    cost_only: bool = False
    operation_cost: OperationCost | None = None
    charge: Charge | None = None
    # Lists inside records are given whole, however long they are.
    unbounded: bool = False
    # A mutation of this request was carried out, whatever becomes of its answer.
    committed: bool = False
    _viewer: "asyncio.Future[Viewer] | None" = None

    @property
    def actor(self) -> Actor:
        """The caller. Raises `Unauthenticated` when nobody said so."""
        if self.caller is None:
            raise Unauthenticated
        return self.caller

    async def viewer(self) -> Viewer:
        """Who calls, with the areas that it reaches. Raises `Unauthenticated`."""
        if self._viewer is None:
            self._viewer = asyncio.ensure_future(viewer(self.actor, self.snapshot, unbounded=self.unbounded))
        return await self._viewer


Info: TypeAlias = strawberry.Info[Context, None]


def is_only_root_field(info: Info) -> bool:
    """Whether the field that is being resolved is the operation's only one."""
    selections = info._raw_info.operation.selection_set.selections  # noqa: SLF001 - Strawberry does not show it
    return len(selections) == 1 and isinstance(selections[0], FieldNode)


def preferred_language(accept_language: str) -> Language:
    """The language of ours that an Accept-Language header prefers; Vietnamese where it names none."""
    best, language = 0.0, Language.VI
    for part in accept_language.split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            continue
        tag, quality = match[1].lower(), float(match[2] or 1)
        if tag in set(Language) and quality > best:
            best, language = quality, Language(tag)
    return language
