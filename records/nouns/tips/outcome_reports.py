"""What came of a tip: told when it is closed, or reported while it is worked on and after."""

from collections.abc import Sequence
from uuid import UUID

from records.changes.change import add_to, change, count, plain
from records.core.actor import Actor
from records.core.days import today
from records.core.errors import Conflict, Invalid, ProblemCode
from records.core.language import mark as _
from records.core.rights import Right, check_may
from records.core.text import clean
from records.nouns.tips.status import BEARING
from records.nouns.tips.timeline import NOUN, load, outcome_cells, tell
from records.nouns.tips.validation import MAX_OUTCOMES, OutcomeDraft, check_outcome
from records.tables import Tip, TipOutcome
from records.tables.tips import TipEventKind


async def report_outcome(tip_id: UUID, draft: OutcomeDraft, *, seen: int, by: Actor) -> Tip:
    """The tip, with one more outcome. Raises `Denied`, `NotFound`, `Invalid` or `Conflict`."""
    check_may(by, Right.TIPS_REPORT)
    check_outcome(draft)
    async with change():
        row = await load(tip_id, by)
        if row.version == seen and row.status not in BEARING:
            raise Conflict("No outcome can be reported in the current status of the tip.")
        (stored,) = await add_outcomes(row, [draft])
        told = {"outcome": plain(stored.kind), "count": stored.count, "on_day": plain(stored.on_day)}
        await add_to(NOUN, row, seen=seen, by=by, action=Right.TIPS_REPORT, after=told)
        await tell(row, TipEventKind.REPORTED, by=by)
        return row


async def add_outcomes(row: Tip, drafts: Sequence[OutcomeDraft]) -> list[TipOutcome]:
    """Stores what came of `row`, which the transaction around has locked, and counts it. Raises `Invalid`."""
    if await TipOutcome.filter(tip_id=row.id).count() + len(drafts) > MAX_OUTCOMES:
        text = _("A tip can have at most {most} outcomes.")
        raise Invalid.of("outcomes", text, ProblemCode.TOO_MANY, most=MAX_OUTCOMES)
    stored = [
        TipOutcome(
            tip_id=row.id,
            kind=draft.kind,
            count=draft.count,
            on_day=draft.on_day or today(),
            note=clean(draft.note),
        )
        for draft in drafts
    ]
    await TipOutcome.bulk_create(stored)
    await count(outcome_cells(row.area_id, stored))
    return stored
