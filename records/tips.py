"""Tips: what people pass on, from its arrival to what came of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from records import groups
from records.catalogue import indicator_id
from records.core.actor import Actor, ActorKind, Role
from records.core.change import Cell, Noun, change, count, create, update
from records.core.check import Check
from records.core.codes import next_code
from records.core.days import extended_deadline, formal_deadline, local_day, month_of, now, today
from records.core.errors import Conflict, Invalid, Message, NotFound
from records.core.rights import MAY, Right, check_may, may
from records.core.scope import reaches, within
from records.core.text import fold
from records.tables import AreaReach, Staff, StaffArea, Tip, TipCategory, TipEvent, TipOutcome
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority, TipEventKind, TipStatus

LIMITS: Final = {
    "title": 200,
    "body": 20_000,
    "place": 300,
    "external_ref": 120,
    "note": 5_000,
    "outcomes": 20,
}

# Where a tip may go from each status; docs/tips.md draws its diagram from this table.
NEXT: Final[dict[TipStatus, frozenset[TipStatus]]] = {
    TipStatus.RECEIVED: frozenset({TipStatus.VERIFYING, TipStatus.REJECTED, TipStatus.DUPLICATE}),
    TipStatus.VERIFYING: frozenset(
        {TipStatus.ACTING, TipStatus.CLOSED, TipStatus.REJECTED, TipStatus.DUPLICATE}
    ),
    TipStatus.ACTING: frozenset({TipStatus.CLOSED, TipStatus.DUPLICATE}),
    TipStatus.CLOSED: frozenset({TipStatus.VERIFYING}),
    TipStatus.REJECTED: frozenset({TipStatus.VERIFYING}),
    TipStatus.DUPLICATE: frozenset({TipStatus.VERIFYING}),
}
ENDED: Final = frozenset({TipStatus.CLOSED, TipStatus.REJECTED, TipStatus.DUPLICATE})
_OUTCOME_INDICATORS: Final = {
    OutcomeKind.ARREST: "outcomes.arrests",
    OutcomeKind.CASE_SOLVED: "outcomes.cases_solved",
    OutcomeKind.SPOT_CLEARED: "outcomes.spots_cleared",
}


@dataclass(frozen=True)
class TipDraft:
    """What is entered for a tip; `received_at` is this moment where it is not given."""

    title: str
    category_id: UUID
    channel: Channel
    area_id: UUID
    body: str = ""
    legal_kind: LegalKind = LegalKind.SOURCE
    group_id: UUID | None = None
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    priority: Priority = Priority.NORMAL
    external_ref: str | None = None


@dataclass(frozen=True)
class OutcomeDraft:
    """One thing that came of a tip, and how many; on the day it is entered where none is given."""

    kind: OutcomeKind
    count: int = 1
    on_day: date | None = None
    note: str = ""


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
        *("closed_at", "duplicate_of_id", "external_ref", "deleted_at"),
    ),
    counts=counts,
)


def visible_to(actor: Actor) -> QuerySet[Tip]:
    """The tips that `actor` may see. Raises `Denied`."""
    check_may(actor, Right.TIPS_READ)
    return Tip.filter(within(actor), deleted_at__isnull=True)


async def submit(draft: TipDraft, *, by: Actor) -> Tip:
    """A new tip. A partner that sends the same `external_ref` again gets the tip that is there.

    Raises `Denied` or `Invalid`.
    """
    check_may(by, Right.TIPS_SUBMIT)
    values = await _checked(draft, by)
    partner_id = by.id if by.kind is ActorKind.PARTNER else None
    if values["external_ref"] and partner_id is None:
        raise Invalid({"external_ref": Message("Only a partner's system may give a reference of its own.")})
    try:
        async with change():
            if known := await _known(partner_id, values["external_ref"]):
                return known
            row = Tip(**values, partner_id=partner_id, status=TipStatus.RECEIVED)
            row.code = await next_code("TB", local_day(row.received_at).year)
            row.due_at = _due(row.legal_kind, row.received_at)
            await create(NOUN, row, by=by, action=Right.TIPS_SUBMIT)
            await _tell(row, TipEventKind.SUBMITTED, by=by, to=TipStatus.RECEIVED)
            return row
    except Conflict:
        # The same reference came twice at once: the other one has stored it.
        if known := await _known(partner_id, values["external_ref"]):
            return known
        raise


async def edit(tip_id: UUID, draft: TipDraft, *, seen: int, by: Actor) -> Tip:
    """The tip, put right. Raises `Denied`, `NotFound`, `Invalid` or `Conflict`."""
    check_may(by, Right.TIPS_EDIT)
    async with change():
        row = await _load(tip_id, by)
        values = await _checked(draft, by, before=row)
        del values["external_ref"]
        if draft.received_at is None:
            values["received_at"] = row.received_at
        if (values["legal_kind"], values["received_at"]) != (row.legal_kind, row.received_at):
            values["due_at"] = _due(values["legal_kind"], values["received_at"], extended=row.extended)
        area_before = row.area_id
        await update(NOUN, row, seen=seen, by=by, action=Right.TIPS_EDIT, **values)
        if row.area_id != area_before:
            kept = await TipOutcome.filter(tip_id=row.id)
            moved = _outcome_cells(row.area_id, kept)
            moved.subtract(_outcome_cells(area_before, kept))
            await count(moved)
        if row.version != seen:
            await _tell(row, TipEventKind.EDITED, by=by)
        return row


async def start_verifying(tip_id: UUID, *, seen: int, by: Actor) -> Tip:
    """The tip, being verified; this is the first response where there was none."""
    return await _move(
        tip_id, TipStatus.VERIFYING, TipEventKind.VERIFYING, Right.TIPS_VERIFY, seen=seen, by=by
    )


async def act(tip_id: UUID, *, seen: int, note: str, by: Actor) -> Tip:
    """The tip, found true enough to act on."""
    note = _text("note", note, needed=False)
    return await _move(
        tip_id, TipStatus.ACTING, TipEventKind.ACTING, Right.TIPS_VERIFY, seen=seen, note=note, by=by
    )


async def assign(tip_id: UUID, *, seen: int, to: UUID, by: Actor) -> Tip:
    """The tip, in the hands of the staff member `to`, who must work where the tip is."""
    check_may(by, Right.TIPS_ASSIGN)
    async with change():
        row = await _load(tip_id, by)
        if row.version == seen and row.status in ENDED:
            raise Conflict("The tip cannot go there from its present status.")
        assignee = next((staff for staff in await _workers(row.area_id) if staff.id == to), None)
        if assignee is None:
            raise Invalid({"assignee": Message("Please choose somebody who works there.")})
        if row.assignee_id == to:
            return row
        await update(NOUN, row, seen=seen, by=by, action=Right.TIPS_ASSIGN, assignee_id=to)
        await _tell(row, TipEventKind.ASSIGNED, by=by, note=assignee.name)
        return row


async def add_note(tip_id: UUID, text: str, *, by: Actor) -> TipEvent:
    """A note in the story of the tip."""
    check_may(by, Right.TIPS_NOTE)
    note = _text("note", text, needed=True)
    async with change():
        row = await _load(tip_id, by)
        return await _tell(row, TipEventKind.NOTED, by=by, note=note)


async def close(
    tip_id: UUID, *, seen: int, outcomes: Sequence[OutcomeDraft], note: str = "", by: Actor
) -> Tip:
    """The tip, closed with at least one outcome."""
    note = _text("note", note, needed=False)
    _check_outcomes(outcomes)
    async with change():
        row = await _move(
            tip_id, TipStatus.CLOSED, TipEventKind.CLOSED, Right.TIPS_CLOSE, seen=seen, note=note, by=by
        )
        stored = [
            TipOutcome(
                tip_id=row.id,
                kind=draft.kind,
                count=draft.count,
                on_day=draft.on_day or today(),
                note=draft.note.strip(),
            )
            for draft in outcomes
        ]
        await TipOutcome.bulk_create(stored)
        await count(_outcome_cells(row.area_id, stored))
        return row


async def reject(tip_id: UUID, *, seen: int, reason: str, by: Actor) -> Tip:
    """The tip, turned down with a reason."""
    note = _text("reason", reason, needed=True)
    return await _move(
        tip_id, TipStatus.REJECTED, TipEventKind.REJECTED, Right.TIPS_REJECT, seen=seen, note=note, by=by
    )


async def reopen(tip_id: UUID, *, seen: int, reason: str, by: Actor) -> Tip:
    """The tip, being verified again; what came of it before stays in its story."""
    note = _text("reason", reason, needed=True)
    async with change():
        row = await _load(tip_id, by)
        if row.version == seen and row.status not in ENDED:
            raise Conflict("The tip cannot go there from its present status.")
        return await _move(
            tip_id, TipStatus.VERIFYING, TipEventKind.REOPENED, Right.TIPS_REOPEN, seen=seen, note=note, by=by
        )


async def merge(tip_id: UUID, *, seen: int, into: UUID, by: Actor) -> Tip:
    """The tip, marked as saying the same as the tip `into`, in whose story that is told too."""
    async with change():
        target = await visible_to(by).get_or_none(id=into)
        if target is None or target.id == tip_id or target.status is TipStatus.DUPLICATE:
            raise Invalid({"into": Message("Please choose another tip that is not a duplicate itself.")})
        row = await _move(
            tip_id,
            TipStatus.DUPLICATE,
            TipEventKind.MERGED,
            Right.TIPS_MERGE,
            seen=seen,
            note=target.code,
            by=by,
            duplicate_of_id=target.id,
        )
        await _tell(target, TipEventKind.MERGED, by=by, note=row.code)
        return row


async def extend(tip_id: UUID, *, seen: int, reason: str, by: Actor) -> Tip:
    """The formal tip, with its deadline put off once to two months after it came in."""
    check_may(by, Right.TIPS_EXTEND)
    note = _text("reason", reason, needed=True)
    async with change():
        row = await _load(tip_id, by)
        if row.version == seen and not _extendable(row):
            raise Conflict("This deadline cannot be put off.")
        await update(
            NOUN,
            row,
            seen=seen,
            by=by,
            action=Right.TIPS_EXTEND,
            motive=note,
            due_at=extended_deadline(row.received_at),
            extended=True,
        )
        await _tell(row, TipEventKind.EXTENDED, by=by, note=note)
        return row


def can_start_verifying(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may start verifying `tip` now."""
    return may(actor, Right.TIPS_VERIFY) and tip.status is TipStatus.RECEIVED


def can_act(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may say now that `tip` is acted on."""
    return _can(actor, Right.TIPS_VERIFY, tip, TipStatus.ACTING)


def can_assign(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may give `tip` to somebody now."""
    return may(actor, Right.TIPS_ASSIGN) and tip.status not in ENDED


def can_add_note(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may write a note to `tip`; at any time of its life."""
    return may(actor, Right.TIPS_NOTE) and tip.deleted_at is None


def can_edit(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may put right what was entered for `tip`."""
    return may(actor, Right.TIPS_EDIT) and tip.deleted_at is None


def can_close(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may close `tip` now."""
    return _can(actor, Right.TIPS_CLOSE, tip, TipStatus.CLOSED)


def can_reject(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may turn `tip` down now."""
    return _can(actor, Right.TIPS_REJECT, tip, TipStatus.REJECTED)


def can_reopen(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may open `tip` again now."""
    return may(actor, Right.TIPS_REOPEN) and tip.status in ENDED


def can_merge(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may mark `tip` as a duplicate now."""
    return _can(actor, Right.TIPS_MERGE, tip, TipStatus.DUPLICATE)


def can_extend(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may put off the deadline of `tip` now."""
    return may(actor, Right.TIPS_EXTEND) and _extendable(tip)


async def events(actor: Actor, tip_id: UUID) -> list[TipEvent]:
    """The story of a tip, oldest first. Raises `Denied` or `NotFound`."""
    await _look(actor, tip_id)
    return await TipEvent.filter(tip_id=tip_id).order_by("at", "id")


async def outcomes(actor: Actor, tip_id: UUID) -> list[TipOutcome]:
    """What came of a tip. Raises `Denied` or `NotFound`."""
    await _look(actor, tip_id)
    return await TipOutcome.filter(tip_id=tip_id).order_by("on_day", "id")


async def assignable(actor: Actor, tip: Tip) -> list[Staff]:
    """The staff to whom `actor` may give `tip`, by name; nobody where they may not."""
    return await _workers(tip.area_id) if can_assign(actor, tip) else []


async def categories() -> list[TipCategory]:
    """The categories that a tip may have, in their order."""
    return await TipCategory.filter(active=True, deleted_at__isnull=True).order_by("position", "code")


def _can(actor: Actor, right: Right, tip: Tip, to: TipStatus) -> bool:
    return may(actor, right) and to in NEXT[tip.status]


def _extendable(tip: Tip) -> bool:
    return tip.due_at is not None and not tip.extended and tip.status not in ENDED


async def _look(actor: Actor, tip_id: UUID) -> None:
    if not await visible_to(actor).filter(id=tip_id).exists():
        raise NotFound("There is no such tip.")


async def _load(tip_id: UUID, by: Actor) -> Tip:
    row = await visible_to(by).select_for_update().get_or_none(id=tip_id)
    if row is None:
        raise NotFound("There is no such tip.")
    return row


async def _known(partner_id: UUID | None, external_ref: str | None) -> Tip | None:
    if partner_id is None or not external_ref:
        return None
    return await Tip.get_or_none(partner_id=partner_id, external_ref=external_ref)


async def _move(
    tip_id: UUID,
    to: TipStatus,
    kind: TipEventKind,
    right: Right,
    *,
    seen: int,
    by: Actor,
    note: str = "",
    duplicate_of_id: UUID | None = None,
) -> Tip:
    """The tip in the status `to`, with the event that tells of it."""
    check_may(by, right)
    async with change():
        row = await _load(tip_id, by)
        if row.version == seen and to not in NEXT[row.status]:
            raise Conflict("The tip cannot go there from its present status.")
        came_from = row.status
        moment = now()
        await update(
            NOUN,
            row,
            seen=seen,
            by=by,
            action=right,
            motive=note,
            status=to,
            first_response_at=row.first_response_at or moment,
            closed_at=moment if to in ENDED else None,
            duplicate_of_id=duplicate_of_id,
        )
        await _tell(row, kind, by=by, came_from=came_from, to=to, note=note)
        return row


async def _tell(
    tip: Tip,
    kind: TipEventKind,
    *,
    by: Actor,
    came_from: TipStatus | None = None,
    to: TipStatus | None = None,
    note: str = "",
) -> TipEvent:
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


async def _workers(area_id: UUID) -> list[Staff]:
    """The active staff who work where `area_id` is and may see tips."""
    roles = [role for role in Role if Right.TIPS_CLOSE in MAY[role]]
    above = AreaReach.filter(area_id=area_id).values("ancestor_id")
    there = StaffArea.filter(area_id__in=Subquery(above)).values("staff_id")
    staff = Staff.filter(id__in=Subquery(there), role__in=roles, active=True, deleted_at__isnull=True)
    return await staff.order_by("name")


def _due(kind: LegalKind, received_at: datetime, *, extended: bool = False) -> datetime | None:
    if kind is LegalKind.SOURCE:
        return None
    return extended_deadline(received_at) if extended else formal_deadline(received_at)


def _text(field: str, text: str, *, needed: bool) -> str:
    check = Check()
    kept = check.text(field, text, most=LIMITS["note"], needed=needed)
    check.done()
    return kept


def _outcome_cells(area_id: UUID, rows: Sequence[TipOutcome]) -> Counter[Cell]:
    cells: Counter[Cell] = Counter()
    for row in rows:
        if code := _OUTCOME_INDICATORS.get(row.kind):
            cells[indicator_id(code), area_id, month_of(row.on_day)] += row.count
    return cells


def _check_outcomes(drafts: Sequence[OutcomeDraft]) -> None:
    check = Check()
    if not drafts:
        check.add("outcomes", "Please say what came of it.")
    if len(drafts) > LIMITS["outcomes"]:
        check.add("outcomes", "Please enter at most {most} outcomes.", most=LIMITS["outcomes"])
    for draft in drafts:
        check.number("outcomes", draft.count, least=1, most=100_000)
        check.past_day("outcomes", draft.on_day)
        check.text("outcomes", draft.note, most=LIMITS["note"])
    check.done()


async def _checked(draft: TipDraft, by: Actor, *, before: Tip | None = None) -> dict[str, Any]:
    """The draft as column values. Raises `Invalid` with every problem there is."""
    check = Check()
    title = check.text("title", draft.title, most=LIMITS["title"], needed=True)
    body = check.text("body", draft.body, most=LIMITS["body"])
    place = check.text("place", draft.place, most=LIMITS["place"])
    external_ref = check.text("external_ref", draft.external_ref or "", most=LIMITS["external_ref"])
    received_at = check.past_moment("received_at", draft.received_at) or now()
    occurred_at = check.past_moment("occurred_at", draft.occurred_at)
    if occurred_at is not None and "occurred_at" not in check.problems and occurred_at > received_at:
        check.add("occurred_at", "It cannot have happened after it was told.")
    if (draft.lat is None) != (draft.lon is None):
        check.add("lat", "Please give both latitude and longitude, or neither.")
    elif draft.lat is not None and draft.lon is not None and not _on_earth(draft.lat, draft.lon):
        check.add("lat", "Please give a latitude from -90 to 90 and a longitude from -180 to 180.")
    if not await reaches(by, draft.area_id):
        check.add("area", "Please choose an area that you work in.")
    # What an edit leaves as it was need not be there to choose any more.
    if (before is None or before.group_id != draft.group_id) and not await _may_name(by, draft.group_id):
        check.add("group", "Please choose a group that you can see.")
    if (before is None or before.category_id != draft.category_id) and not await TipCategory.filter(
        id=draft.category_id, active=True
    ).exists():
        check.add("category", "Please choose a category from the list.")
    check.done()
    return {
        "title": title,
        "body": body,
        "folded": fold(f"{title} {place} {body}"),
        "category_id": draft.category_id,
        "channel": draft.channel,
        "area_id": draft.area_id,
        "legal_kind": draft.legal_kind,
        "group_id": draft.group_id,
        "place": place,
        "lat": draft.lat,
        "lon": draft.lon,
        "occurred_at": occurred_at,
        "received_at": received_at,
        "priority": draft.priority,
        "external_ref": external_ref or None,
    }


async def _may_name(by: Actor, group_id: UUID | None) -> bool:
    if group_id is None:
        return True
    return may(by, Right.GROUPS_READ) and await groups.visible_to(by).filter(id=group_id).exists()


def _on_earth(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180
