"""The context of a request: its caller, language and database snapshot."""

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
    # The deprecated schema elements that the operation uses, by coordinate.
    deprecated: Mapping[str, Deprecation] = field(default_factory=dict)
    # The caller requests the cost of the operation instead of its result.
    cost_only: bool = False
    operation_cost: OperationCost | None = None
    charge: Charge | None = None
    # Nested lists are returned in full, whatever their length.
    unbounded: bool = False
    # A mutation of this request was committed, whether or not its response can be built.
    committed: bool = False
    _viewer: "asyncio.Future[Viewer] | None" = None

    @property
    def actor(self) -> Actor:
        """The caller. Raises `Unauthenticated` if the request is anonymous."""
        if self.caller is None:
            raise Unauthenticated
        return self.caller

    async def viewer(self) -> Viewer:
        """The caller with its areas. Raises `Unauthenticated`."""
        if self._viewer is None:
            self._viewer = asyncio.ensure_future(viewer(self.actor, self.snapshot, unbounded=self.unbounded))
        return await self._viewer


Info: TypeAlias = strawberry.Info[Context, None]


def is_only_root_field(info: Info) -> bool:
    """Whether the field being resolved is the operation's only root field."""
    selections = info._raw_info.operation.selection_set.selections  # noqa: SLF001 - Strawberry does not show it
    return len(selections) == 1 and isinstance(selections[0], FieldNode)


def preferred_language(accept_language: str) -> Language:
    """The supported language that an Accept-Language header prefers; Vietnamese by default."""
    best, language = 0.0, Language.VI
    for part in accept_language.split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            continue
        tag, quality = match[1].lower(), float(match[2] or 1)
        if tag in set(Language) and quality > best:
            best, language = quality, Language(tag)
    return language
