"""Targets: what an indicator should reach in an area and year, and who said so."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.changes.rows import RowChange, change_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import now
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Noun
from records.core.errors import ProblemCode
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, Validator, checked, checked_text
from records.nouns.figures import check_value
from records.tables import Area, Indicator, IndicatorTarget, Staff

REASON: Final = reason_field(2_000)


@dataclass(frozen=True)
class TargetDraft(Draft):
    """The values of a target as entered."""

    indicator_id: Annotated[UUID, Field(_("Indicator"), Indicator)]
    area_id: Annotated[UUID, Field(_("Area"), Area)]
    year: Annotated[
        int,
        Field(
            _("Year"),
            Kind.YEAR,
            minimum=2000,
            maximum=2100,
            constraints={
                "indicator_targets_place_key": _("This area has a target of this indicator for this year."),
            },
        ),
    ]
    value: Annotated[Decimal, Field(_("Target"))]

    async def check_rules(self, check: Validator, by: Actor, before: IndicatorTarget | None) -> None:
        if check.is_valid("value"):
            check_value(check, self.value)
        if not await Indicator.filter(id=self.indicator_id, deleted_at__isnull=True).exists():
            check.add("indicator", "Choose an indicator from the list.", ProblemCode.UNKNOWN_CODE)
        await check_area(check, by, self.area_id)


def visible_to(actor: Actor, *, removed: bool = False) -> QuerySet[IndicatorTarget]:
    """The targets that `actor` may see; with `removed`, the removed ones. Raises `PermissionDenied`."""
    check_right(actor, Right.METRICS_READ)
    return IndicatorTarget.filter(within(actor), deleted_at__isnull=not removed)


NOUN: Final = Noun(
    name="target",
    label=_("Target"),
    plural=_("Targets"),
    table=IndicatorTarget,
    right=Right.METRICS_READ,
    visible_to=visible_to,
    draft=TargetDraft,
    fields={
        **fields_of(TargetDraft),
        "set_by_id": Field(_("Set by"), Staff),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    path="targets",
    title=("indicator", "area", "year"),
    missing=_("There is no such target."),
)


def can_set(actor: Actor, target: IndicatorTarget) -> bool:
    """Whether `actor` may change `target`, which was loaded for that actor."""
    return has_right(actor, Right.TARGETS_SET) and target.deleted_at is None


async def set_target(draft: TargetDraft, *, by: Actor) -> IndicatorTarget:
    """A new target. Raises `PermissionDenied` or `ValidationFailed`."""
    check_right(by, Right.TARGETS_SET)
    values = await _checked(draft, by)
    async with transaction():
        return await create(NOUN, IndicatorTarget(**values), by=by, action=Right.TARGETS_SET)


async def edit(
    target_id: UUID, draft: TargetDraft, *, expected_version: int, motive: str = "", by: Actor
) -> IndicatorTarget:
    """The target, changed. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    async with _change(target_id, expected_version, by) as change:
        return await change.save(motive=motive, **await _checked(draft, by))


async def remove(target_id: UUID, *, expected_version: int, reason: str, by: Actor) -> IndicatorTarget:
    """Removes a target that was set by mistake; `restore` reverses it.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(target_id, expected_version, by) as change:
        return await change.save(motive=checked_text("reason", reason, REASON), deleted_at=now())


async def restore(target_id: UUID, *, expected_version: int, by: Actor) -> IndicatorTarget:
    """Restores a target that was removed.

    Raises `PermissionDenied`, `NotFound` or `Conflict`, or `ValidationFailed` where another has its place.
    """
    async with _change(target_id, expected_version, by, removed=True) as change:
        return await change.save(deleted_at=None)


def _change(
    target_id: UUID, expected_version: int, by: Actor, *, removed: bool = False
) -> AbstractAsyncContextManager[RowChange[IndicatorTarget]]:
    rows, action = visible_to(by, removed=removed), Right.TARGETS_SET
    return change_row(NOUN, rows, target_id, expected_version, action, by=by)


async def _checked(draft: TargetDraft, by: Actor) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed` with every problem there is."""
    values = await checked(draft, by)
    return values | {"set_by_id": by.id if by.kind is ActorKind.STAFF else None}
