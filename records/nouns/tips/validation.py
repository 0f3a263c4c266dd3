"""What is entered for a tip and for what came of it, and the checks on both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from records.areas.scope import check_area
from records.core.actor import Actor
from records.core.days import now
from records.core.errors import ProblemCode
from records.core.rights import Right, may
from records.core.text import fold
from records.core.validation import Check
from records.nouns import groups
from records.tables import Tip, TipCategory
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority

LIMITS: Final = {
    "title": 200,
    "body": 20_000,
    "place": 300,
    "external_ref": 120,
    "note": 5_000,
    "outcomes": 20,
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


async def checked(draft: TipDraft, by: Actor, *, before: Tip | None = None) -> dict[str, Any]:
    """The draft as column values. Raises `Invalid` with every problem there is."""
    check = Check()
    title = check.text("title", draft.title, most=LIMITS["title"], needed=True)
    body = check.text("body", draft.body, most=LIMITS["body"])
    place = check.text("place", draft.place, most=LIMITS["place"])
    external_ref = check.text("external_ref", draft.external_ref or "", most=LIMITS["external_ref"])
    received_at = check.past_moment("received_at", draft.received_at) or now()
    occurred_at = check.past_moment("occurred_at", draft.occurred_at)
    if occurred_at is not None and "occurred_at" not in check.problems and occurred_at > received_at:
        check.add("occurred_at", "It cannot have happened after it was told.", ProblemCode.INCONSISTENT)
    if (draft.lat is None) != (draft.lon is None):
        check.add("lat", "Please give both latitude and longitude, or neither.", ProblemCode.INCONSISTENT)
    elif draft.lat is not None and draft.lon is not None and not _on_earth(draft.lat, draft.lon):
        check.add(
            "lat",
            "Please give a latitude from -90 to 90 and a longitude from -180 to 180.",
            ProblemCode.OUT_OF_RANGE,
        )
    await check_area(check, by, draft.area_id)
    # What an edit leaves as it was need not be there to choose any more.
    if (before is None or before.group_id != draft.group_id) and not await _may_name(by, draft.group_id):
        check.add("group", "Please choose a group that you can see.", ProblemCode.NOT_FOUND)
    if (before is None or before.category_id != draft.category_id) and not await TipCategory.filter(
        id=draft.category_id, active=True
    ).exists():
        check.add("category", "Please choose a category from the list.", ProblemCode.UNKNOWN_CODE)
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


def check_outcomes(drafts: Sequence[OutcomeDraft]) -> None:
    """Raises `Invalid` unless there is at least one outcome and each is whole."""
    check = Check()
    if not drafts:
        check.add("outcomes", "Please say what came of it.", ProblemCode.REQUIRED)
    if len(drafts) > LIMITS["outcomes"]:
        check.add(
            "outcomes", "Please enter at most {most} outcomes.", ProblemCode.TOO_MANY, most=LIMITS["outcomes"]
        )
    for draft in drafts:
        _check_each(check, draft, count="outcomes", on_day="outcomes", note="outcomes")
    check.done()


def check_outcome(draft: OutcomeDraft) -> None:
    """Raises `Invalid` unless the outcome is whole."""
    check = Check()
    _check_each(check, draft, count="count", on_day="on_day", note="note")
    check.done()


def _check_each(check: Check, draft: OutcomeDraft, *, count: str, on_day: str, note: str) -> None:
    check.number(count, draft.count, least=1, most=100_000)
    check.past_day(on_day, draft.on_day)
    check.text(note, draft.note, most=LIMITS["note"])


def checked_note(field: str, text: str, *, needed: bool) -> str:
    """A note or reason as it is stored. Raises `Invalid`."""
    check = Check()
    kept = check.text(field, text, most=LIMITS["note"], needed=needed)
    check.done()
    return kept
