"""The timeline of a tip: what happened with it, one event after another."""

from typing import Any
from uuid import UUID

from records.changes.rows import check_visible
from records.core.actor import Actor
from records.core.dates import now
from records.nouns.tips.noun import NOUN, visible_to
from records.tables import Tip, TipEvent
from records.tables.tips import TipEventKind, TipStatus


async def events(actor: Actor, tip_id: UUID) -> list[TipEvent]:
    """The timeline of a tip, oldest first. Raises `PermissionDenied` or `NotFound`."""
    await check_visible(NOUN, visible_to(actor), tip_id)
    rows = await TipEvent.filter(tip_id=tip_id).order_by("at", "id")
    # What tells of a merger names the other tip.
    named = [row.note for row in rows if row.kind is TipEventKind.MERGED]
    theirs = await visible_to(actor).filter(code__in=named) if named else []
    seen = {tip.code for tip in theirs}
    for row in rows:
        if row.kind is TipEventKind.MERGED and row.note not in seen:
            row.note = ""
    return rows


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
