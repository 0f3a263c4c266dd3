"""The mutation `reportFigure`: a partner's system reports a number, or corrects one that was reported."""

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

import strawberry

from api.mutations.base import (
    UNKNOWN_ID,
    MutationInput,
    MutationPayload,
    ProblemFields,
    area_id,
    mutation,
    optional,
    payload,
    required,
    row_id,
)
from api.nouns.areas.areas import REFERENCE
from api.nouns.figures import Figure
from records.core.actor import Actor
from records.core.declarations.fields import max_lengths
from records.core.rights import Right
from records.metrics.catalogue import indicator_id
from records.nouns import figures
from records.tables.metrics import Qualifier

_LIMITS: Final = max_lengths(figures.FigureDraft)
_PROBLEM_FIELDS: Final = ProblemFields(
    missing="supersedes",
    conflict="supersedes",
    names={"organisation": "organisationId", "period_text": "period"},
)


@strawberry.input(description="A number as reported by a unit, with the wording of its source.")
class ReportFigureInput(MutationInput):
    """The fields of a new figure."""

    indicator: str = required("The code of an indicator whose source is FIGURES, from `indicators`.")
    area: str = required(f"Where: {REFERENCE}. It must lie in the caller's areas.")
    organisation_id: strawberry.ID = required(
        "The id of the organisation that reported it: its area holds that of the figure, or it runs the "
        "programme as host or partner."
    )
    value: float | None = optional(
        f"The number, in the indicator's unit: below 10^12, at most {figures.DECIMALS} decimals;"
        " not with the qualifiers TENS, HUNDREDS and THOUSANDS, required with the others."
    )
    qualifier: Qualifier = optional("How the source qualifies the number.", Qualifier.EXACT)
    period: str = required(f"The period in the source's words, at most {_LIMITS['period_text']} characters.")
    period_from: date | None = optional(
        "The period's first day, if the source gives it; only with `periodTo`."
    )
    period_to: date | None = optional("The period's last day, or the day of a count, if the source gives it.")
    source_text: str = required(
        f"The number in the source's words, at most {_LIMITS['source_text']} characters."
    )
    source_name: str = required(
        f"The source, such as a report's title; at most {_LIMITS['source_name']} characters."
    )
    source_on: date | None = optional("The day of the source, where known; not in the future.")
    programme: str | None = optional("The code of its programme, if any; needs the scope programmes:read.")
    supersedes: strawberry.ID | None = optional(
        "The id of the figure that this one corrects: in the caller's areas, not corrected yet. The "
        "corrected figure is kept but no longer counted."
    )


@payload("the figure")
class ReportFigurePayload(MutationPayload):
    """The figure's id can be read without the scope metrics:read."""

    figure: Figure | None = strawberry.field(
        description="The figure; null if there were problems. Needs the scope metrics:read."
    )


async def _report(data: ReportFigureInput, by: Actor) -> UUID:
    draft = await _draft(data)
    if data.supersedes is None:
        return (await figures.report(draft, by=by)).id
    return (await figures.supersede(row_id(data.supersedes, "Figure"), draft, by=by)).id


@strawberry.type
class FigureMutations:
    """The root field `reportFigure`."""

    report_figure: ReportFigurePayload = mutation(
        _report,
        ReportFigurePayload,
        "Reports a number, or corrects one. Needs the scope figures:write.",
        right=Right.FIGURES_REPORT,
        changes="Figure",
        argument="The figure.",
        record="figure",
        problem_fields=_PROBLEM_FIELDS,
        scopes={"programme": Right.PROGRAMMES_READ},
    )


async def _draft(data: ReportFigureInput) -> figures.FigureDraft:
    programme = await figures.programme_of(data.programme) if data.programme else None
    return figures.FigureDraft(
        indicator_id=indicator_id(data.indicator),
        area_id=await area_id(data.area),
        organisation_id=row_id(data.organisation_id, "Organisation"),
        # As it was written: a float's own digits would be more than the source gave.
        value=Decimal(str(data.value)) if data.value is not None else None,
        qualifier=data.qualifier,
        period_text=data.period,
        period_from=data.period_from,
        period_to=data.period_to,
        source_text=data.source_text,
        source_name=data.source_name,
        source_on=data.source_on,
        programme_id=(programme.id if programme else UNKNOWN_ID) if data.programme is not None else None,
    )
