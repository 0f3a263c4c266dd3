"""The outcomes of a tip: entered when it is closed, or reported while it is worked on and after."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from records.changes.rows import check_visible
from records.changes.unit_of_work import add_metric_deltas, to_json_value, touch, transaction
from records.core.actor import Actor
from records.core.dates import today
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.text import normalize_text
from records.metrics.cells import Cell, cells_of
from records.nouns.tips.drafts import MAX_OUTCOMES, OutcomeDraft, outcome_problems
from records.nouns.tips.noun import NOUN, load, visible_to
from records.nouns.tips.status import MAY_HAVE_OUTCOME
from records.nouns.tips.timeline import add_event
from records.tables import Tip, TipOutcome
from records.tables.tips import TipEventKind


async def outcomes(actor: Actor, tip_id: UUID) -> list[TipOutcome]:
    """The outcomes of a tip, by day. Raises `PermissionDenied` or `NotFound`."""
    await check_visible(NOUN, visible_to(actor), tip_id)
    return await TipOutcome.filter(tip_id=tip_id).order_by("on_day", "id")


async def report_outcome(tip_id: UUID, draft: OutcomeDraft, *, expected_version: int, by: Actor) -> Tip:
    """The tip, with one more outcome.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.TIPS_REPORT)
    if problems := outcome_problems(draft):
        raise ValidationFailed(problems)
    async with transaction():
        row = await load(tip_id, by)
        if row.version == expected_version and row.status not in MAY_HAVE_OUTCOME:
            raise Conflict("No outcome can be reported in the current status of the tip.")
        (stored,) = await add_outcomes(row, [draft])
        audit_values = {
            "outcome": to_json_value(stored.kind),
            "count": stored.count,
            "on_day": to_json_value(stored.on_day),
        }
        await touch(
            NOUN, row, expected_version=expected_version, by=by, action=Right.TIPS_REPORT, after=audit_values
        )
        await add_event(row, TipEventKind.REPORTED, by=by)
        return row


async def add_outcomes(row: Tip, drafts: Sequence[OutcomeDraft]) -> list[TipOutcome]:
    """Stores what came of `row`, which the transaction around has locked, and counts it.

    Raises `ValidationFailed`.
    """
    if await TipOutcome.filter(tip_id=row.id).count() + len(drafts) > MAX_OUTCOMES:
        text = _("A tip can have at most {most} outcomes.")
        raise ValidationFailed.of("outcomes", text, ProblemCode.TOO_MANY, most=MAX_OUTCOMES)
    stored = [
        TipOutcome(
            tip_id=row.id,
            kind=draft.kind,
            count=draft.count,
            on_day=draft.on_day or today(),
            note=normalize_text(draft.note),
        )
        for draft in drafts
    ]
    await TipOutcome.bulk_create(stored)
    await add_metric_deltas(_cells(row.area_id, stored))
    return stored


async def move_outcomes(row: Tip, area_before: UUID) -> None:
    """Counts the outcomes of `row`, which came from `area_before`, in its area instead."""
    stored = await TipOutcome.filter(tip_id=row.id)
    moved = _cells(row.area_id, stored)
    moved.subtract(_cells(area_before, stored))
    await add_metric_deltas(moved)


def _cells(area_id: UUID, rows: Sequence[TipOutcome]) -> Counter[Cell]:
    return sum((cells_of(row, area_id) for row in rows), Counter[Cell]())
