"""The mutation `recordActivity`."""

from datetime import date
from typing import Final
from uuid import UUID

import strawberry

from api.mutations.base import (
    UNKNOWN_ID,
    MutationInput,
    MutationPayload,
    ProblemFields,
    area_id,
    mutation,
    optional,
    payload,
    required,
    row_id,
)
from api.nouns.activities import Activity
from api.nouns.areas.areas import REFERENCE
from records.core.actor import Actor
from records.core.declarations.fields import fields_of
from records.core.rights import Right
from records.nouns import activities
from records.nouns.hand_downs import meetings
from records.tables.activities import ActivityKind

_FIELDS: Final = fields_of(activities.ActivityDraft)
_PROBLEM_FIELDS: Final = ProblemFields(
    missing="groupId", conflict="groupId", names={"group": "groupId", "organisation": "organisationId"}
)


@strawberry.input(description="A meeting or session of a group, or of an organisation in an area.")
class RecordActivityInput(MutationInput):
    """The fields of a new activity."""

    kind: ActivityKind = required("What kind of gathering it was; only self-governing groups meet quarterly.")
    held_on: date = required("The day on which it was held, in Viet Nam.")
    attendance: int = required("How many people came, from 0 to 1,000,000.")
    group_id: strawberry.ID | None = optional(
        "The id of the group that held it, in the caller's areas and not ended; needs the scope groups:read."
    )
    organisation_id: strawberry.ID | None = optional(
        "The id of the organisation that held it, with a group or alone. Needed without a group."
    )
    area: str | None = optional(
        f"Where: {REFERENCE}. It must lie in the caller's areas. Required without a "
        "group; the activity of a group is in the group's area, whatever is given here."
    )
    households_present: int | None = optional(
        "How many households were represented, from 0 to 100,000, where known."
    )
    topics: list[str] = strawberry.field(
        default_factory=list,
        description=f"What was discussed: at most {_FIELDS['topics'].max_items} texts"
        f" of {_FIELDS['topics'].max_length} characters.",
    )
    outline: str | None = optional(
        "The code of the outline (đề cương) that was discussed: the latest edition published by that day."
    )
    minutes: str = optional(
        f"The minutes (biên bản), at most {_FIELDS['minutes'].max_length} characters.", ""
    )


@payload("the activity")
class RecordActivityPayload(MutationPayload):
    """The scope activities:write includes reading activities."""

    activity: Activity | None = strawberry.field(
        description="The activity, without its minutes; null if there were problems."
    )


async def _record(data: RecordActivityInput, by: Actor) -> UUID:
    return (await meetings.record(await _draft(data), by=by)).id


@strawberry.type
class ActivityMutations:
    """The root field `recordActivity`."""

    record_activity: RecordActivityPayload = mutation(
        _record,
        RecordActivityPayload,
        "Records a meeting or session that was held. Needs the scope activities:write.",
        right=Right.ACTIVITIES_RECORD,
        changes="Activity",
        argument="The activity.",
        record="activity",
        problem_fields=_PROBLEM_FIELDS,
        scopes={"group_id": Right.GROUPS_READ},
    )


async def _draft(data: RecordActivityInput) -> activities.ActivityDraft:
    outline = await activities.outline_of(data.outline, data.held_on) if data.outline else None
    return activities.ActivityDraft(
        kind=data.kind,
        held_on=data.held_on,
        attendance=data.attendance,
        area_id=await area_id(data.area) if data.area is not None else None,
        group_id=row_id(data.group_id, "Group") if data.group_id is not None else None,
        organisation_id=_organisation(data.organisation_id),
        households_present=data.households_present,
        topics=data.topics,
        outline_id=(outline.id if outline else UNKNOWN_ID) if data.outline is not None else None,
        minutes=data.minutes,
    )


def _organisation(value: str | None) -> UUID | None:
    return row_id(value, "Organisation") if value is not None else None
