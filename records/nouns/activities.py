"""Activities: quarterly meetings and outreach, as they were held."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.changes.change import Cell, Noun, change, create, update
from records.core.actor import Actor, ActorKind
from records.core.days import month_of, now
from records.core.errors import NotFound, ProblemCode
from records.core.identifiers.codes import looked_up
from records.core.rights import Right, check_may
from records.core.validation import Check
from records.metrics.catalogue import indicator_id
from records.nouns import groups
from records.tables import Activity, Organisation, Outline
from records.tables.activities import ActivityKind

LIMITS: Final = {"topic": 100, "topics": 20, "minutes": 20_000}


@dataclass(frozen=True)
class ActivityDraft:
    """What is entered for a meeting or session: of a group, in its area, or of an organisation in an area."""

    kind: ActivityKind
    held_on: date
    attendance: int
    area_id: UUID | None
    group_id: UUID | None = None
    organisation_id: UUID | None = None
    households_present: int | None = None
    topics: Sequence[str] = ()
    outline_id: UUID | None = None
    minutes: str = ""


def counts(activity: Activity) -> Counter[Cell]:
    """A meeting or session counts in the month it was held; attendance is that of every kind.

    Of the quarterly meetings of one group in one quarter all are recorded and all count here; how many
    groups met is another question.
    """
    cells: Counter[Cell] = Counter()
    if activity.deleted_at is None:
        month = month_of(activity.held_on)
        if activity.kind is ActivityKind.QUARTERLY_MEETING:
            cells[indicator_id("activities.meetings"), activity.area_id, month] += 1
        if activity.kind is ActivityKind.OUTREACH:
            cells[indicator_id("activities.outreach"), activity.area_id, month] += 1
        cells[indicator_id("activities.attendance"), activity.area_id, month] += activity.attendance
    return cells


NOUN: Final = Noun(
    name="activity",
    audited=(
        *("kind", "group_id", "organisation_id", "area_id", "held_on", "attendance", "households_present"),
        *("topics", "outline_id", "minutes", "deleted_at"),
    ),
    counts=counts,
)


def visible_to(actor: Actor) -> QuerySet[Activity]:
    """The activities that `actor` may see. Raises `Denied`."""
    check_may(actor, Right.ACTIVITIES_READ)
    return Activity.filter(within(actor), deleted_at__isnull=True)


async def outline_of(code: str, held_on: date) -> Outline | None:
    """The edition of an outline that was the last to be published when an activity was held."""
    published = Outline.filter(code=looked_up(code), issued_on__lte=held_on, deleted_at__isnull=True)
    return await published.order_by("-edition").first()


async def record(draft: ActivityDraft, *, by: Actor) -> Activity:
    """A new activity; one of a group is in the group's area. Raises `Denied`, `Invalid`, `Conflict`."""
    check_may(by, Right.ACTIVITIES_RECORD)
    async with change():
        values = await _checked(draft, by)
        recorder = by.id if by.kind is ActorKind.STAFF else None
        row = Activity(**values, recorded_by_id=recorder, created_at=now())
        return await create(NOUN, row, by=by, action=Right.ACTIVITIES_RECORD)


async def edit(activity_id: UUID, draft: ActivityDraft, *, seen: int, by: Actor) -> Activity:
    """The activity, changed. Raises `Denied`, `NotFound`, `Invalid` or `Conflict`."""
    check_may(by, Right.ACTIVITIES_RECORD)
    async with change():
        row = await visible_to(by).select_for_update().get_or_none(id=activity_id)
        if row is None:
            raise NotFound("There is no such activity.")
        values = await _checked(draft, by, before=row)
        return await update(NOUN, row, seen=seen, by=by, action=Right.ACTIVITIES_RECORD, **values)


async def _checked(draft: ActivityDraft, by: Actor, *, before: Activity | None = None) -> dict[str, Any]:
    check = Check()
    check.past_day("held_on", draft.held_on)
    check.number("attendance", draft.attendance, least=0, most=1_000_000)
    check.number("households_present", draft.households_present, least=0, most=100_000)
    minutes = check.text("minutes", draft.minutes, most=LIMITS["minutes"])
    topics = [check.text("topics", topic, most=LIMITS["topic"]) for topic in draft.topics]
    if len(topics) > LIMITS["topics"]:
        check.add(
            "topics", "Please enter at most {most} topics.", ProblemCode.TOO_MANY, most=LIMITS["topics"]
        )
    area_id = draft.area_id
    if before is not None and draft.group_id is not None and draft.group_id == before.group_id:
        # What it was can be put right, though the group has ended or moved since.
        area_id = before.area_id
    elif draft.group_id is not None:
        area_id = (await groups.check_open(draft.group_id, by)).area_id
    elif draft.organisation_id is None:
        check.add("group", "Please choose a group or an organisation.", ProblemCode.REQUIRED)
    await check_area(check, by, area_id)
    organisation = draft.organisation_id
    if organisation is not None and not await Organisation.filter(id=organisation).exists():
        check.add("organisation", "Please choose an organisation from the list.", ProblemCode.NOT_FOUND)
    if draft.outline_id is not None and not await Outline.filter(id=draft.outline_id).exists():
        check.add("outline", "Please choose an outline from the list.", ProblemCode.UNKNOWN_CODE)
    check.done()
    return {
        "kind": draft.kind,
        "group_id": draft.group_id,
        "organisation_id": organisation,
        "area_id": area_id,
        "held_on": draft.held_on,
        "attendance": draft.attendance,
        "households_present": draft.households_present,
        "topics": [topic for topic in topics if topic],
        "outline_id": draft.outline_id,
        "minutes": minutes,
    }
