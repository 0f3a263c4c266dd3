"""The mutations on existing tips: `addTipNote` and `reportTipOutcome`."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.cost.directives import CHANGE, WRAPPER
from api.mutations.base import (
    WHOLE_INPUT,
    MutationInput,
    MutationPayload,
    ProblemFields,
    optional,
    requested_selection,
    required,
    row_id,
    run_mutation,
)
from api.nouns.tips import Tip
from api.reads.context import Info
from records.core.rights import Right
from records.nouns import tips
from records.tables.tips import OutcomeKind

_TIP_ID: Final = "The tip's id; it must lie in the caller's areas."


@strawberry.input(description="A note to a tip.")
class AddTipNoteInput(MutationInput):
    """The fields of a note."""

    tip_id: strawberry.ID = required(_TIP_ID)
    note: str = required(
        "The note, for those who work on the tip; "
        f"at most {tips.NOTE.max_length} characters. Do not identify the reporter."
    )


@strawberry.type(description="The result of `addTipNote`: the tip, or the problems.", directives=[WRAPPER])
class AddTipNotePayload(MutationPayload):
    """Without the note itself, which only staff can read."""

    tip: Tip | None = strawberry.field(description="The tip; null if there were problems.")


@strawberry.input(description="An outcome of a tip.")
class ReportTipOutcomeInput(MutationInput):
    """The fields of an outcome."""

    tip_id: strawberry.ID = required(_TIP_ID)
    version: int = required(
        "The tip's `version` as read by the caller; if it has changed since, nothing is stored."
    )
    kind: OutcomeKind = required("What it was.")
    count: int = optional("How many, from 1 to 100,000.", 1)
    on_day: date | None = optional("The day of the outcome; not in the future. Today by default.")
    note: str = optional(f"Details, for staff; at most {tips.NOTE.max_length} characters.", "")


@strawberry.type(
    description="The result of `reportTipOutcome`: the tip, or the problems.", directives=[WRAPPER]
)
class ReportTipOutcomePayload(MutationPayload):
    """The tip has a new version."""

    tip: Tip | None = strawberry.field(description="The tip; null if there were problems.")


async def _add_tip_note(
    info: Info,
    *,
    input: Annotated[AddTipNoteInput, strawberry.argument(description="The note.")],  # noqa: A002 - Relay's name
) -> AddTipNotePayload:
    selection = await requested_selection(info, Right.TIPS_NOTE, "tip")

    async def add() -> UUID:
        return (await tips.add_note(row_id(input.tip_id, "Tip"), input.note, by=info.context.actor)).tip_id

    result = await run_mutation(info, input, add, ProblemFields(missing="tipId"), selection=selection)
    return AddTipNotePayload(record_id=result.id("Tip"), tip=result.record, problems=result.problems)


async def _report_tip_outcome(
    info: Info,
    *,
    input: Annotated[ReportTipOutcomeInput, strawberry.argument(description="The outcome.")],  # noqa: A002 - Relay's name
) -> ReportTipOutcomePayload:
    selection = await requested_selection(info, Right.TIPS_REPORT, "tip")
    draft = tips.OutcomeDraft(input.kind, input.count, input.on_day, input.note)

    async def report() -> UUID:
        row = await tips.report_outcome(
            row_id(input.tip_id, "Tip"), draft, expected_version=input.version, by=info.context.actor
        )
        return row.id

    problem_fields = ProblemFields(missing="tipId", conflict="version", names={"outcomes": WHOLE_INPUT})
    result = await run_mutation(info, input, report, problem_fields, selection=selection)
    return ReportTipOutcomePayload(record_id=result.id("Tip"), tip=result.record, problems=result.problems)


@strawberry.type
class TipWorkMutations:
    """The root fields that add to a tip."""

    add_tip_note: AddTipNotePayload = strawberry.field(
        resolver=_add_tip_note,
        directives=[CHANGE],
        description="Adds a note to the timeline of a tip, in any status. Needs the scope tips:work.",
    )
    report_tip_outcome: ReportTipOutcomePayload = strawberry.field(
        resolver=_report_tip_outcome,
        directives=[CHANGE],
        description=(
            "Adds an outcome to a tip that is being verified or acted on, or is closed. Needs the scope "
            "tips:work."
        ),
    )
