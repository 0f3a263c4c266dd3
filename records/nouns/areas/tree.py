"""The areas of a day as a tree, as far as somebody sees it."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from records.areas.areas import areas_on
from records.areas.scope import areas_within
from records.core.actor import Actor
from records.core.rights import Right, check_right
from records.nouns.areas.noun import visible_to
from records.tables import Area


def roots(on: date, *, by: Actor) -> QuerySet[Area]:
    """The areas of a day that lie in no other that `by` sees. Raises `PermissionDenied`."""
    seen = visible_to(by)
    top = Q(parent_id__isnull=True) | ~Q(parent_id__in=Subquery(seen.values("id")))
    return areas_on(on).filter(areas_within(by), top).order_by("name_key", "id")


def children_of(area_ids: Collection[UUID], on: date, *, by: Actor) -> QuerySet[Area]:
    """The areas directly below these on a day, in alphabetical order. Raises `PermissionDenied`."""
    check_right(by, Right.AREAS_READ)
    below = areas_on(on).filter(areas_within(by), parent_id__in=list(area_ids))
    return below.order_by("name_key", "id")


async def child_counts(area_ids: Collection[UUID], on: date, *, by: Actor) -> Mapping[UUID, int]:
    """How many areas lie directly below each of these on a day, where there are any."""
    counted = children_of(area_ids, on, by=by).order_by("parent_id").annotate(number=Count("id"))
    return dict(await counted.group_by("parent_id").values_list("parent_id", "number"))
