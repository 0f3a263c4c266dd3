"""Activities: quarterly meetings and outreach, as they were held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.changes.rows import change_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import now
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import ProblemCode
from records.core.identifiers.codes import lookup_code
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator
from records.nouns import groups
from records.tables import Activity, Area, Group, Organisation, Outline
from records.tables.activities import ActivityKind


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


def visible_to(actor: Actor) -> QuerySet[Activity]:
    """The activities that `actor` may see. Raises `PermissionDenied`."""
    check_right(actor, Right.ACTIVITIES_READ)
    return Activity.filter(within(actor), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="activity",
    label=_("Activity"),
    plural=_("Activities"),
    table=Activity,
    right=Right.ACTIVITIES_READ,
    visible_to=visible_to,
    draft=ActivityDraft,
    fields={**fields_of(ActivityDraft), "deleted_at": Field(_("Removed at"), Kind.MOMENT)},
    feed=Followed(type="Activity", description="Activities; needs the scope activities:read."),
    missing=_("There is no such activity."),
)


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


async def edit(activity_id: UUID, draft: ActivityDraft, *, expected_version: int, by: Actor) -> Activity:
    """The activity, changed. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    rows, action = visible_to(by), Right.ACTIVITIES_RECORD
    async with change_row(NOUN, rows, activity_id, expected_version, action, by=by) as change:
        return await change.save(**await _validate(draft, by, before=change.row))


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
