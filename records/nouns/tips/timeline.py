"""Reading tips: which ones, their story, what came of them, and what they count towards."""

from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.changes.change import Cell, Noun
from records.core.actor import Actor, Role
from records.core.days import local_day, month_of, now
from records.core.errors import NotFound
from records.core.identifiers.codes import looked_up
from records.core.identifiers.references import read_reference
from records.core.rights import MAY, Right, check_may
from records.metrics.catalogue import indicator_id
from records.nouns.tips.status import can_assign
from records.tables import AreaReach, Staff, StaffArea, Tip, TipCategory, TipEvent, TipOutcome
from records.tables.tips import OutcomeKind, TipEventKind, TipStatus

_LONGEST_CODE: Final = 20
_OUTCOME_INDICATORS: Final = {
    OutcomeKind.ARREST: "outcomes.arrests",
    OutcomeKind.CASE_SOLVED: "outcomes.cases_solved",
    OutcomeKind.SPOT_CLEARED: "outcomes.spots_cleared",
}


def counts(tip: Tip) -> Counter[Cell]:
    """A tip counts as received in the month it came in, and as closed in the month it was closed."""
    cells: Counter[Cell] = Counter()
    if tip.deleted_at is None and tip.status is not TipStatus.DUPLICATE:
        received = month_of(local_day(tip.received_at))
        cells[indicator_id("tips.received"), tip.area_id, received] += 1
        if tip.status is TipStatus.CLOSED and tip.closed_at is not None:
            closed = month_of(local_day(tip.closed_at))
            cells[indicator_id("tips.closed"), tip.area_id, closed] += 1
    return cells


NOUN: Final = Noun(
    name="tip",
    audited=(
        *("code", "legal_kind", "category_id", "channel", "group_id", "area_id", "place", "lat", "lon"),
        *("occurred_at", "received_at", "title", "body", "priority", "status", "assignee_id", "due_at"),
        *("closed_at", "duplicate_of_id", "external_ref", "anonymous", "deleted_at"),
    ),
    counts=counts,
)


def visible_to(actor: Actor) -> QuerySet[Tip]:
    """The tips that `actor` may see. Raises `Denied`."""
    check_may(actor, Right.TIPS_READ)
    return Tip.filter(within(actor), deleted_at__isnull=True)


def submitted_by(partner: Actor) -> QuerySet[Tip]:
    """The tips that a partner passed on, wherever they are now: it has been told their numbers.

    Raises `Denied`.
    """
    check_may(partner, Right.TIPS_SUBMIT)
    return Tip.filter(partner_id=partner.id)


async def find(actor: Actor, typed: str) -> Tip | None:
    """The tip with the code, or the reference for partners, that somebody typed. Raises `Denied`."""
    code, reference = looked_up(typed), read_reference(typed)
    # A longer one is no tip's, and Tortoise would refuse to look for it.
    named = Q(reference=reference) if len(code) > _LONGEST_CODE else Q(code=code) | Q(reference=reference)
    return await visible_to(actor).filter(named).first()


async def load(tip_id: UUID, by: Actor) -> Tip:
    """The tip, locked. Raises `Denied` or `NotFound`."""
    row = await visible_to(by).select_for_update().get_or_none(id=tip_id)
    if row is None:
        raise NotFound("There is no such tip.")
    return row


async def events(actor: Actor, tip_id: UUID) -> list[TipEvent]:
    """The story of a tip, oldest first. Raises `Denied` or `NotFound`."""
    await _look(actor, tip_id)
    rows = await TipEvent.filter(tip_id=tip_id).order_by("at", "id")
    # What tells of a merger names the other tip.
    named = [row.note for row in rows if row.kind is TipEventKind.MERGED]
    theirs = await visible_to(actor).filter(code__in=named) if named else []
    seen = {tip.code for tip in theirs}
    for row in rows:
        if row.kind is TipEventKind.MERGED and row.note not in seen:
            row.note = ""
    return rows


async def outcomes(actor: Actor, tip_id: UUID) -> list[TipOutcome]:
    """What came of a tip. Raises `Denied` or `NotFound`."""
    await _look(actor, tip_id)
    return await TipOutcome.filter(tip_id=tip_id).order_by("on_day", "id")


async def assignable(actor: Actor, tip: Tip) -> list[Staff]:
    """The staff to whom `actor` may give `tip`, by name; nobody where they may not."""
    return await workers(tip.area_id) if can_assign(actor, tip) else []


async def categories() -> list[TipCategory]:
    """The categories that a tip may have, in their order."""
    return await TipCategory.filter(active=True, deleted_at__isnull=True).order_by("position", "code")


def outcome_cells(area_id: UUID, rows: Sequence[TipOutcome]) -> Counter[Cell]:
    """What the outcomes of a tip in `area_id` count towards."""
    cells: Counter[Cell] = Counter()
    for row in rows:
        if code := _OUTCOME_INDICATORS.get(row.kind):
            cells[indicator_id(code), area_id, month_of(row.on_day)] += row.count
    return cells


async def workers(area_id: UUID) -> list[Staff]:
    """The active staff who work where `area_id` is and may see tips."""
    roles = [role for role in Role if Right.TIPS_CLOSE in MAY[role]]
    above = AreaReach.filter(area_id=area_id).values("ancestor_id")
    there = StaffArea.filter(area_id__in=Subquery(above)).values("staff_id")
    staff = Staff.filter(id__in=Subquery(there), role__in=roles, active=True, deleted_at__isnull=True)
    return await staff.order_by("name")


async def tell(
    tip: Tip,
    kind: TipEventKind,
    *,
    by: Actor,
    came_from: TipStatus | None = None,
    to: TipStatus | None = None,
    note: str = "",
) -> TipEvent:
    """Adds a moment to the story of `tip`."""
    return await TipEvent.create(
        tip_id=tip.id,
        kind=kind,
        at=now(),
        actor_kind=by.kind,
        actor_id=by.id,
        actor_name=by.name,
        from_status=came_from,
        to_status=to,
        note=note,
    )


async def _look(actor: Actor, tip_id: UUID) -> None:
    if not await visible_to(actor).filter(id=tip_id).exists():
        raise NotFound("There is no such tip.")
