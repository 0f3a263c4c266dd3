"""Reading tips: which ones, their timeline and outcomes, and what they count towards."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.core.actor import Actor, Role
from records.core.dates import now
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import NotFound
from records.core.identifiers.codes import lookup_code
from records.core.identifiers.references import parse_reference
from records.core.language import gettext_noop as _
from records.core.rights import ROLE_RIGHTS, Right, check_right
from records.metrics.cells import Cell, cells_of
from records.nouns.tips.status import TRANSITIONS, WORK, can_assign
from records.nouns.tips.validation import TipDraft
from records.tables import AreaReach, Attachment, Staff, StaffArea, Tip, TipCategory, TipEvent, TipOutcome
from records.tables.privacy import RevealStep
from records.tables.tips import OutcomeKind, TipEventKind, TipStatus

_LONGEST_CODE: Final = 20


def visible_to(actor: Actor) -> QuerySet[Tip]:
    """The tips that `actor` may see. Raises `PermissionDenied`."""
    check_right(actor, Right.TIPS_READ)
    return Tip.filter(within(actor), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="tip",
    label=_("Tip"),
    plural=_("Tips"),
    table=Tip,
    right=Right.TIPS_READ,
    visible_to=visible_to,
    draft=TipDraft,
    fields={
        "code": Field(_("Code")),
        **fields_of(TipDraft),
        "status": Field(_("Status"), TipStatus),
        "assignee_id": Field(_("Assigned to"), Staff),
        "due_at": Field(_("Deadline"), Kind.MOMENT),
        "closed_at": Field(_("Closed at"), Kind.MOMENT),
        "duplicate_of_id": Field(_("Duplicate of"), Tip),
        "anonymous": Field(_("Anonymous"), Kind.YES_NO),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    history_only={
        "event": Field(_("Timeline"), TipEventKind),
        "attachment_id": Field(_("Picture"), Attachment),
        "reveal": Field(_("Reporter"), RevealStep),
        "outcome": Field(_("Outcome"), OutcomeKind),
        "count": Field(_("Number"), Kind.NUMBER),
        "on_day": Field(_("Date"), Kind.DAY),
        "pictures": Field(_("Pictures"), Kind.NUMBER),
    },
    transitions=TRANSITIONS,
    feed=Followed(type="Tip", description="Tips; needs the scope tips:read."),
)


def submitted_count(partner: Actor) -> QuerySet[Tip]:
    """The tips that a partner passed on, wherever they are now. Raises `PermissionDenied`."""
    check_right(partner, Right.TIPS_SUBMIT)
    return Tip.filter(partner_id=partner.id)


async def find(actor: Actor, text: str) -> Tip | None:
    """The tip with the code, or the reference for partners, that somebody typed.

    Raises `PermissionDenied`.
    """
    code, reference = lookup_code(text), parse_reference(text)
    # A longer one is no tip's, and Tortoise would refuse to look for it.
    named = Q(reference=reference) if len(code) > _LONGEST_CODE else Q(code=code) | Q(reference=reference)
    return await visible_to(actor).filter(named).first()


async def load(tip_id: UUID, by: Actor) -> Tip:
    """The tip, locked. Raises `PermissionDenied` or `NotFound`."""
    row = await visible_to(by).select_for_update().get_or_none(id=tip_id)
    if row is None:
        raise NotFound("There is no such tip.")
    return row


async def events(actor: Actor, tip_id: UUID) -> list[TipEvent]:
    """The timeline of a tip, oldest first. Raises `PermissionDenied` or `NotFound`."""
    await _check_visible(actor, tip_id)
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
    """What came of a tip. Raises `PermissionDenied` or `NotFound`."""
    await _check_visible(actor, tip_id)
    return await TipOutcome.filter(tip_id=tip_id).order_by("on_day", "id")


async def assignable(actor: Actor, tip: Tip) -> list[Staff]:
    """The staff to whom `actor` may give `tip`, by name; nobody where they may not."""
    return await staff_in_area(tip.area_id) if can_assign(actor, tip) else []


async def categories() -> list[TipCategory]:
    """The categories that a tip may have, in their order."""
    return await TipCategory.filter(active=True, deleted_at__isnull=True).order_by("position", "code")


def outcome_cells(area_id: UUID, rows: Sequence[TipOutcome]) -> Counter[Cell]:
    """What the outcomes of a tip in `area_id` count towards."""
    return sum((cells_of(row, area_id) for row in rows), Counter[Cell]())


async def staff_in_area(area_id: UUID) -> list[Staff]:
    """The active staff who work on tips where `area_id` is."""
    roles = [role for role in Role if WORK in ROLE_RIGHTS[role]]
    above = AreaReach.filter(area_id=area_id).values("ancestor_id")
    there = StaffArea.filter(area_id__in=Subquery(above)).values("staff_id")
    staff = Staff.filter(id__in=Subquery(there), role__in=roles, active=True, deleted_at__isnull=True)
    return await staff.order_by("name")


async def add_event(
    tip: Tip,
    kind: TipEventKind,
    *,
    by: Actor,
    came_from: TipStatus | None = None,
    to: TipStatus | None = None,
    note: str = "",
) -> TipEvent:
    """Adds an event to the timeline of `tip`."""
    actor: dict[str, Any] = {"actor_kind": by.kind, "actor_id": by.id, "actor_name": by.name}
    return await TipEvent.create(
        tip_id=tip.id, kind=kind, at=now(), **actor, from_status=came_from, to_status=to, note=note
    )


async def _check_visible(actor: Actor, tip_id: UUID) -> None:
    if not await visible_to(actor).filter(id=tip_id).exists():
        raise NotFound("There is no such tip.")
