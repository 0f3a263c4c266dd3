"""Figures: numbers as units reported them, with what their source says of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import are_all_within, check_area, within
from records.changes.rows import find
from records.changes.unit_of_work import create, record_change, transaction
from records.core.actor import Actor
from records.core.declarations.fields import Field, fields_of
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import Conflict, ProblemCode
from records.core.identifiers.codes import lookup_code
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, Validator, checked
from records.tables import Area, Figure, Indicator, Organisation, Programme
from records.tables.metrics import IndicatorSource, Qualifier

NOT_SUPERSEDED: Final = "NOT EXISTS (SELECT FROM figures newer WHERE newer.supersedes_id = {t}.id)"
"""The SQL condition that no later figure corrects the row `{t}`."""
DECIMALS: Final = 4
REPORTABLE: Final = Q(source=IndicatorSource.FIGURES)
"""What holds for the indicators that figures are reported of."""
WITHOUT_VALUE: Final = frozenset({Qualifier.TENS, Qualifier.HUNDREDS, Qualifier.THOUSANDS})


@dataclass(frozen=True)
class FigureDraft(Draft):
    """A reported number. The days of its period are None where the source does not say them."""

    indicator_id: Annotated[UUID, Field(_("Indicator"), Indicator)]
    area_id: Annotated[UUID, Field(_("Area"), Area)]
    organisation_id: Annotated[
        UUID,
        Field(_("Organisation"), Organisation, hint=_("One of the area, or one that runs the programme")),
    ]
    value: Annotated[Decimal | None, Field(_("Value"), hint=_("None with tens, hundreds and thousands"))]
    qualifier: Annotated[Qualifier, Field(_("Qualifier"))]
    period_text: Annotated[str, Field(_("Period"), max_length=120, hint=_("For example quarter III of 2026"))]
    source_text: Annotated[str, Field(_("In the words of the source"), max_length=2_000)]
    source_name: Annotated[str, Field(_("Source"), max_length=300)]
    period_from: Annotated[date | None, Field(_("Period from"))] = None
    period_to: Annotated[date | None, Field(_("Period to"))] = None
    source_on: Annotated[date | None, Field(_("Date of the source"), past=True)] = None
    programme_id: Annotated[UUID | None, Field(_("Programme"), Programme)] = None

    async def check_rules(self, check: Validator, by: Actor, before: Figure | None) -> None:
        without_value = self.value is None
        if check.is_valid("value", "qualifier") and without_value != (self.qualifier in WITHOUT_VALUE):
            text = _("Enter a number, or choose tens, hundreds or thousands instead.")
            check.add("value", text, ProblemCode.INCONSISTENT)
        if self.value is not None:
            check_value(check, self.value)
        if (
            self.period_from
            and check.is_valid("period_from", "period_to")
            and (self.period_to is None or self.period_to < self.period_from)
        ):
            check.add("period_to", "Enter a period that ends after it began.", ProblemCode.INCONSISTENT)
        await check_area(check, by, self.area_id)
        if not await Indicator.filter(REPORTABLE, id=self.indicator_id).exists():
            check.add("indicator", "Choose an indicator with reported figures.", ProblemCode.UNKNOWN_CODE)
        programme = await Programme.get_or_none(id=self.programme_id) if self.programme_id else None
        if self.programme_id is not None and programme is None:
            check.add("programme", "Choose a programme from the list.", ProblemCode.UNKNOWN_CODE)
        organisation = await Organisation.get_or_none(id=self.organisation_id, deleted_at__isnull=True)
        if organisation is None:
            check.add("organisation", "Choose an organisation from the list.", ProblemCode.NOT_FOUND)
        elif check.is_valid("area", "programme") and not await _may_report(
            organisation, self.area_id, programme
        ):
            text = _("Choose an organisation of the area or of the programme.")
            check.add("organisation", text, ProblemCode.INCONSISTENT)


def visible_to(actor: Actor) -> QuerySet[Figure]:
    """The figures that `actor` may see and no correction has superseded. Raises `PermissionDenied`."""
    superseded = Figure.filter(supersedes_id__isnull=False).values("supersedes_id")
    return recorded(actor).filter(id__not_in=Subquery(superseded))


def recorded(actor: Actor) -> QuerySet[Figure]:
    """The figures that `actor` may see, superseded ones too. Raises `PermissionDenied`."""
    check_right(actor, Right.FIGURES_READ)
    return Figure.filter(within(actor), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="figure",
    label=_("Figure"),
    plural=_("Figures"),
    table=Figure,
    right=Right.FIGURES_READ,
    visible_to=recorded,
    draft=FigureDraft,
    fields={**fields_of(FigureDraft), "supersedes_id": Field(_("Corrects"), Figure)},
    feed=Followed(
        type="Figure",
        description="Figures that no later one has corrected; needs the scope metrics:read.",
        condition=NOT_SUPERSEDED,
    ),
    path="figures",
    title=("indicator", "period_text"),
    missing=_("There is no such figure."),
)


def can_correct(actor: Actor, _figure: Figure) -> bool:
    """Whether `actor` may correct a figure that was loaded for that actor."""
    return has_right(actor, Right.FIGURES_REPORT)


async def corrections(figure_ids: Collection[UUID], *, by: Actor) -> dict[UUID, Figure]:
    """The corrections of these figures, by the id of the corrected one. Raises `PermissionDenied`."""
    rows = await recorded(by).filter(supersedes_id__in=list(figure_ids))
    return {row.supersedes_id: row for row in rows if row.supersedes_id}


async def versions(figure: Figure, *, by: Actor) -> list[Figure]:
    """The corrections of a figure, itself, and what it corrects, the latest first.

    Raises `PermissionDenied`.
    """
    chain = [figure]
    while (newer := await recorded(by).get_or_none(supersedes_id=chain[0].id)) is not None:
        chain.insert(0, newer)
    while (older := await recorded(by).get_or_none(id=chain[-1].supersedes_id)) is not None:
        chain.append(older)
    return chain


async def latest(indicator_id: UUID, organisation_id: UUID, *, by: Actor) -> Figure | None:
    """The last period's figure of an indicator from an organisation. Raises `PermissionDenied`."""
    rows = visible_to(by).filter(indicator_id=indicator_id, organisation_id=organisation_id)
    # Undated ones after all others, those of one day by when they were reported.
    dated = await rows.filter(period_to__isnull=False).order_by("-period_to", "-created_at").first()
    return dated or await rows.order_by("-created_at").first()


def reportable_indicators() -> QuerySet[Indicator]:
    """The indicators of which figures are reported, in their order."""
    return Indicator.filter(REPORTABLE, deleted_at__isnull=True).order_by("position")


async def programme_of(code: str) -> Programme | None:
    """The programme with this code, for a figure of it."""
    return await Programme.get_or_none(code=lookup_code(code), deleted_at__isnull=True)


async def report(draft: FigureDraft, *, by: Actor) -> Figure:
    """A new figure. Raises `PermissionDenied` or `ValidationFailed`."""
    return await _store(draft, by=by, supersedes=None)


async def supersede(figure_id: UUID, draft: FigureDraft, *, by: Actor) -> Figure:
    """A figure that corrects another, which stays as it was. Raises `Conflict` the second time."""
    check_right(by, Right.FIGURES_REPORT)
    old = await find(NOUN, Figure.filter(within(by), deleted_at__isnull=True), figure_id)
    if await Figure.filter(supersedes_id=figure_id).exists():
        raise Conflict("This figure has already been corrected.")
    return await _store(draft, by=by, supersedes=old)


def check_value(check: Validator, value: Decimal) -> None:
    """Adds a problem to the field `value` if it cannot be stored as it is."""
    if not (value.is_finite() and abs(value) < Decimal(10) ** 12):
        check.add("value", "Enter a smaller number.", ProblemCode.OUT_OF_RANGE)
    elif value != round(value, DECIMALS):
        check.add("value", "Use at most {most} decimals.", ProblemCode.MALFORMED, most=DECIMALS)


async def _store(draft: FigureDraft, *, by: Actor, supersedes: Figure | None) -> Figure:
    check_right(by, Right.FIGURES_REPORT)
    values = await checked(draft, by)
    async with transaction():
        row = Figure(**values, supersedes_id=supersedes.id if supersedes else None)
        await create(NOUN, row, by=by, action=Right.FIGURES_REPORT)
        if supersedes:
            # Whoever follows figures learns that the old one no longer counts.
            after = {"superseded_by": str(row.id)}
            await record_change(NOUN, supersedes, by=by, action=Right.FIGURES_REPORT, before={}, after=after)
        return row


async def _may_report(organisation: Organisation, area_id: UUID, programme: Programme | None) -> bool:
    """Whether the organisation hosts or partners the programme, or the area lies within its own."""
    runs = programme is not None and organisation.id in {programme.host_id, programme.partner_id}
    return runs or await are_all_within([area_id], [organisation.area_id])
