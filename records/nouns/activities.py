"""Activities: quarterly meetings and outreach, as they were held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.changes.rows import change_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import add_months, now, today
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import ProblemCode
from records.core.identifiers.codes import lookup_code
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator, checked_text
from records.metrics.periods import Period, first_day, last_day
from records.nouns import groups
from records.tables import Activity, Area, Attachment, Group, Organisation, Outline
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind, GroupStatus

REASON: Final = reason_field(2_000)
_MEETINGS: Final = Q(kind=ActivityKind.QUARTERLY_MEETING, deleted_at__isnull=True)


@dataclass(frozen=True)
class ActivityDraft:
    """The values of an activity as entered: of a group, in its area, or of an organisation in an area."""

    kind: Annotated[ActivityKind, Field(_("Kind"))]
    held_on: Annotated[date, Field(_("Held on"), past=True)]
    attendance: Annotated[int, Field(_("Attendance"), maximum=1_000_000)]
    area_id: Annotated[UUID | None, Field(_("Area"), Area)]
    group_id: Annotated[UUID | None, Field(_("Group"), Group)] = None
    organisation_id: Annotated[UUID | None, Field(_("Organisation"), Organisation)] = None
    households_present: Annotated[int | None, Field(_("Households present"), maximum=100_000)] = None
    topics: Annotated[
        Sequence[str],
        Field(_("Topics"), max_length=100, max_items=20, too_many=_("Enter at most {most} topics.")),
    ] = ()
    outline_id: Annotated[UUID | None, Field(_("Outline"), Outline)] = None
    minutes: Annotated[str, Field(_("Minutes"), Kind.LONG_TEXT, max_length=20_000)] = ""


def visible_to(actor: Actor, *, removed: bool = False) -> QuerySet[Activity]:
    """The activities that `actor` may see; with `removed`, the removed ones. Raises `PermissionDenied`."""
    check_right(actor, Right.ACTIVITIES_READ)
    return Activity.filter(within(actor), deleted_at__isnull=not removed)


NOUN: Final = Noun(
    name="activity",
    label=_("Activity"),
    plural=_("Activities"),
    table=Activity,
    right=Right.ACTIVITIES_READ,
    visible_to=visible_to,
    draft=ActivityDraft,
    fields={**fields_of(ActivityDraft), "deleted_at": Field(_("Removed at"), Kind.MOMENT)},
    history_only={
        "attachment_id": Field(_("Picture"), Attachment),
        "pictures": Field(_("Pictures"), Kind.NUMBER),
    },
    feed=Followed(type="Activity", description="Activities; needs the scope activities:read."),
    path="activities",
    title=("kind", "held_on"),
    missing=_("There is no such activity."),
)


class QuarterState(Enum):
    """Whether a group met in a quarter; the values are the classes of the style sheet."""

    HELD = "held"
    MISSING = "missing"
    # The quarter has begun and has not ended.
    DUE = "due"
    # The quarter has not begun, or the group was not active in it.
    NONE = "none"


@dataclass(frozen=True)
class Quarter:
    """A quarter of a group's year: its first and last day, and the meetings held in it."""

    start: date
    end: date
    state: QuarterState
    meetings: Sequence[Activity] = ()


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of the quarter that holds `day`."""
    start = first_day(day, Period.QUARTER)
    return start, last_day(start, Period.QUARTER)


def missing(actor: Actor, quarter: date) -> QuerySet[Group]:
    """The active self-governing groups without a meeting in the quarter that holds the day `quarter`.

    Raises `PermissionDenied`.
    """
    condition = has_not_met(actor, quarter)
    return groups.visible_to(actor).filter(condition)


def has_not_met(actor: Actor, quarter: date) -> Q:
    """The condition that a group is an active self-governing one without a meeting in a quarter.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.ACTIVITIES_READ)
    start, end = quarter_of(quarter)
    # Meetings in any area count: the group may have moved since.
    met = Activity.filter(_MEETINGS, held_on__range=(start, end), group_id__isnull=False)
    return Q(
        Q(founded_on__isnull=True) | Q(founded_on__lte=end),
        kind=GroupKind.SELF_GOVERNING,
        status=GroupStatus.ACTIVE,
        id__not_in=Subquery(met.values("group_id")),
    )


async def quarters_of(group: Group, year: int, *, by: Actor) -> list[Quarter]:
    """The four quarters of a year of `group`. Raises `PermissionDenied`."""
    held = visible_to(by).filter(_MEETINGS, group_id=group.id, held_on__year=year)
    meetings = await held.order_by("held_on", "id")
    return [_quarter(group, add_months(date(year, 1, 1), 3 * index), meetings) for index in range(4)]


async def other_meeting(group_id: UUID, day: date, *, by: Actor) -> Activity | None:
    """A meeting that the group already held in the quarter of `day`. Raises `PermissionDenied`."""
    return await visible_to(by).filter(_MEETINGS, group_id=group_id, held_on__range=quarter_of(day)).first()


def _quarter(group: Group, day: date, meetings: Sequence[Activity]) -> Quarter:
    start, end = quarter_of(day)
    inside = [one for one in meetings if start <= one.held_on <= end]
    absent = (group.founded_on and group.founded_on > end) or (
        group.inactive_on and group.inactive_on < start
    )
    if inside:
        state = QuarterState.HELD
    elif absent or start > today():
        state = QuarterState.NONE
    else:
        state = QuarterState.DUE if end >= today() else QuarterState.MISSING
    return Quarter(start, end, state, inside)


async def outline_of(code: str, held_on: date) -> Outline | None:
    """The edition of an outline that was the last to be published when an activity was held."""
    published = Outline.filter(code=lookup_code(code), issued_on__lte=held_on, deleted_at__isnull=True)
    return await published.order_by("-edition").first()


async def record(draft: ActivityDraft, *, by: Actor) -> Activity:
    """A new activity; one of a group is in the group's area.

    Raises `PermissionDenied`, `ValidationFailed`, `Conflict`.
    """
    check_right(by, Right.ACTIVITIES_RECORD)
    async with transaction():
        values = await _validate(draft, by)
        recorder = by.id if by.kind is ActorKind.STAFF else None
        row = Activity(**values, recorded_by_id=recorder, created_at=now())
        return await create(NOUN, row, by=by, action=Right.ACTIVITIES_RECORD)


async def edit(
    activity_id: UUID, draft: ActivityDraft, *, expected_version: int, motive: str = "", by: Actor
) -> Activity:
    """The activity, changed. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    rows, action = visible_to(by), Right.ACTIVITIES_RECORD
    async with change_row(NOUN, rows, activity_id, expected_version, action, by=by) as change:
        return await change.save(motive=motive, **await _validate(draft, by, before=change.row))


async def remove(activity_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Activity:
    """Removes an activity that was recorded by mistake; `restore` reverses it."""
    rows, action = visible_to(by), Right.ACTIVITIES_RECORD
    async with change_row(NOUN, rows, activity_id, expected_version, action, by=by) as change:
        return await change.save(motive=checked_text("reason", reason, REASON), deleted_at=now())


async def restore(activity_id: UUID, *, expected_version: int, by: Actor) -> Activity:
    """Restores an activity that was removed."""
    rows, action = visible_to(by, removed=True), Right.ACTIVITIES_RECORD
    async with change_row(NOUN, rows, activity_id, expected_version, action, by=by) as change:
        return await change.save(deleted_at=None)


async def _validate(draft: ActivityDraft, by: Actor, *, before: Activity | None = None) -> dict[str, Any]:
    check = Validator()
    values = check.values(draft)
    area_id = draft.area_id
    if before is not None and draft.group_id is not None and draft.group_id == before.group_id:
        # What it was can be put right, though the group has ended or moved since.
        area_id = before.area_id
    elif draft.group_id is not None:
        area_id = (await groups.check_open(draft.group_id, by)).area_id
    elif draft.organisation_id is None:
        check.add("group", "Choose a group or an organisation.", ProblemCode.REQUIRED)
    await check_area(check, by, area_id)
    organisation = draft.organisation_id
    if organisation is not None and not await Organisation.filter(id=organisation).exists():
        check.add("organisation", "Choose an organisation from the list.", ProblemCode.NOT_FOUND)
    if draft.outline_id is not None and not await Outline.filter(id=draft.outline_id).exists():
        check.add("outline", "Choose an outline from the list.", ProblemCode.UNKNOWN_CODE)
    check.raise_if_invalid()
    return values | {"area_id": area_id}
