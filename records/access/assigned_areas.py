"""The areas that an account, a partner or a request for approval is given."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from tortoise.expressions import F, Q, Subquery

from records.areas.scope import within
from records.core.actor import Actor
from records.tables import ApprovalArea, Area, PartnerArea, StaffArea
from records.tables.base import Editable

T = TypeVar("T", StaffArea, PartnerArea, ApprovalArea)


@dataclass(frozen=True)
class AssignedAreas(Generic[T]):
    """The areas of each record of a kind: rows of `table`, which name the record in the column `owner`."""

    table: type[T]
    owner: str

    def within(self, actor: Actor) -> Q:
        """The condition that a record has no area beyond those of `actor`."""
        if actor.areas is None:
            return Q()
        return ~Q(id__in=Subquery(self.table.filter(~within(actor)).values(self.owner)))

    async def ids_of(self, record_id: UUID) -> set[UUID]:
        """The ids of the areas of a record."""
        return {row.area_id async for row in self.table.filter(**{self.owner: record_id})}

    async def areas_of(self, record_id: UUID) -> list[Area]:
        """The areas of a record, each with its parent, in alphabetical order."""
        rows = Area.filter(id__in=list(await self.ids_of(record_id)))
        return await rows.order_by("name_key", "id").prefetch_related("parent")

    async def assign(self, record_id: UUID, area_ids: Collection[UUID]) -> None:
        """Gives a record these areas too."""
        rows = [self.table(**{self.owner: record_id}, area_id=area) for area in sorted(area_ids)]
        await self.table.bulk_create(rows)

    async def replace(self, record: Editable, area_ids: set[UUID]) -> set[UUID] | None:
        """Gives a record exactly these areas; the ids of those that it had, None where they are the same.

        The record gets its next version, unless it had none before.
        """
        current = await self.ids_of(record.id)
        if current == area_ids:
            return None
        await self.table.filter(**{self.owner: record.id}, area_id__in=list(current - area_ids)).delete()
        await self.assign(record.id, area_ids - current)
        if current:
            await type(record).filter(id=record.id).update(version=F("version") + 1)
            record.version += 1
        return current
