"""The mutations on existing tips: `addTipNote` and `reportTipOutcome`."""

from datetime import date
from typing import Final
from uuid import UUID

import strawberry

from api.mutations.base import (
    WHOLE_INPUT,
    MutationInput,
    MutationPayload,
    ProblemFields,
    mutation,
    optional,
    payload,
    required,
    row_id,
)
from api.nouns.tips import Tip
from records.core.actor import Actor
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


@payload("the tip")
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


@payload("the tip")
class ReportTipOutcomePayload(MutationPayload):
    """The tip has a new version."""

    tip: Tip | None = strawberry.field(description="The tip; null if there were problems.")


async def _add_note(data: AddTipNoteInput, by: Actor) -> UUID:
    return (await tips.add_note(row_id(data.tip_id, "Tip"), data.note, by=by)).tip_id


async def _report_outcome(data: ReportTipOutcomeInput, by: Actor) -> UUID:
    tip_id = row_id(data.tip_id, "Tip")
    draft = tips.OutcomeDraft(data.kind, data.count, data.on_day, data.note)
    return (await tips.report_outcome(tip_id, draft, expected_version=data.version, by=by)).id


@strawberry.type
class TipWorkMutations:
    """The root fields that add to a tip."""

    add_tip_note: AddTipNotePayload = mutation(
        _add_note,
        AddTipNotePayload,
        "Adds a note to the timeline of a tip, in any status. Needs the scope tips:work.",
        right=Right.TIPS_NOTE,
        changes="Tip",
        argument="The note.",
        record="tip",
        problem_fields=ProblemFields(missing="tipId"),
    )
    report_tip_outcome: ReportTipOutcomePayload = mutation(
        _report_outcome,
        ReportTipOutcomePayload,
        "Adds an outcome to a tip that is being verified or acted on, or is closed. Needs the scope "
        "tips:work.",
        right=Right.TIPS_REPORT,
        changes="Tip",
        argument="The outcome.",
        record="tip",
        problem_fields=ProblemFields(missing="tipId", conflict="version", names={"outcomes": WHOLE_INPUT}),
    )
