"""Indicators: what they are called. What they count, and the formula of a ratio, stand in the code."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.changes.rows import change_row
from records.core.actor import Actor
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Noun
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, checked
from records.tables import Indicator
from records.tables.metrics import IndicatorKind, IndicatorSource


@dataclass(frozen=True)
class IndicatorDraft(Draft):
    """What people enter of an indicator: its names and descriptions."""

    name_vi: Annotated[str, Field(_("Name in Vietnamese"), max_length=200)]
    name_en: Annotated[str, Field(_("Name in English"), max_length=200)]
    description_vi: Annotated[
        str, Field(_("Description in Vietnamese"), Kind.LONG_TEXT, max_length=2_000)
    ] = ""
    description_en: Annotated[str, Field(_("Description in English"), Kind.LONG_TEXT, max_length=2_000)] = ""


def visible_to(actor: Actor) -> QuerySet[Indicator]:
    """The indicators. Raises `PermissionDenied`."""
    check_right(actor, Right.METRICS_READ)
    return Indicator.filter(deleted_at__isnull=True)


NOUN: Final = Noun(
    name="indicator",
    label=_("Indicator"),
    plural=_("Indicators"),
    table=Indicator,
    right=Right.METRICS_READ,
    visible_to=visible_to,
    draft=IndicatorDraft,
    fields={
        "code": Field(_("Code"), Kind.CODE),
        **fields_of(IndicatorDraft),
        "kind": Field(_("Kind"), IndicatorKind),
        "source": Field(_("Source"), IndicatorSource),
        "sensitive": Field(_("Partner systems see it rounded"), Kind.YES_NO),
        "numerator_id": Field(_("Numerator"), Indicator),
        "denominator_id": Field(_("Denominator"), Indicator),
    },
    path="indicators",
    catalogue=True,
    missing=_("There is no such indicator."),
)


def can_edit(actor: Actor, _indicator: Indicator) -> bool:
    """Whether `actor` may change the names of an indicator."""
    return has_right(actor, Right.INDICATORS_EDIT)


async def edit(
    indicator_id: UUID, draft: IndicatorDraft, *, expected_version: int, motive: str = "", by: Actor
) -> Indicator:
    """The indicator, changed. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    rows, action = visible_to(by), Right.INDICATORS_EDIT
    async with change_row(NOUN, rows, indicator_id, expected_version, action, by=by) as change:
        return await change.save(motive=motive, **await checked(draft, by, change.row))
