"""Activities: what is entered of one, the declaration of the noun, and who may see which."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.core.actor import Actor
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import ProblemCode
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, Validator
from records.nouns import groups
from records.tables import Activity, Area, Attachment, Group, Organisation, Outline
from records.tables.activities import ActivityKind
from records.tables.groups import GroupKind


@dataclass(frozen=True)
class ActivityDraft(Draft):
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
    # The other meetings of the quarter that the person has confirmed; None does not ask.
    known_meetings: Collection[UUID] | None = None

    async def check_rules(self, check: Validator, by: Actor, before: Activity | None) -> None:
        # One of a group is in the area of the group.
        is_of_organisation = self.group_id is None and check.is_valid("group")
        if is_of_organisation and self.organisation_id is None and check.is_valid("organisation"):
            check.add("group", "Choose a group or an organisation.", ProblemCode.REQUIRED)
        if is_of_organisation:
            await check_area(check, by, self.area_id)
        if is_of_organisation and self.kind is ActivityKind.QUARTERLY_MEETING and check.is_valid("kind"):
            check.add("group", "Choose the group that met.", ProblemCode.REQUIRED)
        organisation = self.organisation_id
        if organisation is not None and not await Organisation.filter(id=organisation).exists():
            check.add("organisation", "Choose an organisation from the list.", ProblemCode.NOT_FOUND)
        if self.outline_id is not None and not await Outline.filter(id=self.outline_id).exists():
            check.add("outline", "Choose an outline from the list.", ProblemCode.UNKNOWN_CODE)
        if self.group_id is not None and check.is_valid("group") and has_right(by, Right.GROUPS_READ):
            group = await groups.visible_to(by).get_or_none(id=self.group_id)
            if group is not None:
                self.check_may_meet(check, group, before)

    def check_may_meet(self, check: Validator, group: Group, before: Activity | None) -> None:
        """Adds the problem of a quarterly meeting of a group of another kind.

        One that was recorded as such, as `before` was, can be corrected.
        """
        is_same = before is not None and (before.kind, before.group_id) == (self.kind, self.group_id)
        is_meeting = self.kind is ActivityKind.QUARTERLY_MEETING and check.is_valid("kind")
        if is_meeting and not is_same and group.kind is not GroupKind.SELF_GOVERNING:
            check.add("kind", "Only self-governing groups meet quarterly.", ProblemCode.INCONSISTENT)


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
