"""Groups: creating, editing, pausing, ending, removing and restoring."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import check_area, within
from records.changes.rows import change_row, lock
from records.changes.unit_of_work import create as create_row
from records.changes.unit_of_work import transaction
from records.core.actor import Actor
from records.core.dates import now, today
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Followed, Noun, Transition
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.text import normalize_text, sort_key
from records.core.validation import Draft, Validator, checked, checked_text
from records.nouns.catalogues.programmes import RUNNING
from records.tables import Area, Group, Programme
from records.tables.areas import AreaKind
from records.tables.groups import GroupKind, GroupStatus

REASON: Final = reason_field(2_000)

OPEN: Final = frozenset({GroupStatus.ACTIVE, GroupStatus.PAUSED})
_MOVE: Final = Right.GROUPS_DISSOLVE
PAUSE: Final = Transition(_("Pause"), _MOVE, frozenset({GroupStatus.ACTIVE}), GroupStatus.PAUSED)
RESUME: Final = Transition(_("Resume activity"), _MOVE, frozenset({GroupStatus.PAUSED}), GroupStatus.ACTIVE)
DISSOLVE: Final = Transition(_("Dissolve"), _MOVE, OPEN, GroupStatus.DISSOLVED)
MERGE: Final = Transition(_("Merge into another group"), _MOVE, OPEN, GroupStatus.MERGED)


@dataclass(frozen=True)
class GroupDraft(Draft):
    """The values of a group as entered. A stated member count comes with the day it was stated for."""

    code: Annotated[
        str,
        Field(
            _("Group code"),
            Kind.CODE,
            max_length=32,
            searchable=True,
            constraints={"groups_code_key": _("This code is already taken.")},
        ),
    ]
    name: Annotated[str, Field(_("Name"), max_length=200, searchable=True)]
    kind: Annotated[GroupKind, Field(_("Kind"))]
    area_id: Annotated[UUID, Field(_("Area"), Area)]
    programme_id: Annotated[UUID | None, Field(_("Programme"), Programme)] = None
    founded_on: Annotated[date | None, Field(_("Founded on"), past=True)] = None
    households: Annotated[int | None, Field(_("Households"), maximum=100_000)] = None
    stated_members: Annotated[
        int | None, Field(_("Stated members"), maximum=1_000_000, hint=_("As reported by the group"))
    ] = None
    stated_on: Annotated[date | None, Field(_("Reported on"), past=True)] = None
    meeting_place: Annotated[str | None, Field(_("Meeting place"), max_length=200)] = None
    external_id: Annotated[str | None, Field(_("ID of the Zalo or Facebook group"), max_length=120)] = None
    external_url: Annotated[
        str,
        Field(
            _("Link to the Zalo or Facebook group"),
            Kind.URL,
            max_length=500,
            hint=_("For example https://zalo.me/g/abcdef"),
        ),
    ] = ""

    async def check_rules(self, check: Validator, by: Actor, before: Group | None) -> None:
        url = normalize_text(self.external_url)
        if url and not _is_https_url(url):
            check.add("external_url", "Enter an address that starts with https://.", ProblemCode.MALFORMED)
        if self.stated_members is None and self.stated_on is not None and check.is_valid("stated_on"):
            text = _("Enter how many members there were on that date.")
            check.add("stated_members", text, ProblemCode.REQUIRED)
        await check_area(check, by, self.area_id)
        if not await Area.filter(id=self.area_id, kind__in=[AreaKind.COMMUNE, AreaKind.HAMLET]).exists():
            check.add("area", "Choose a commune or a hamlet.", ProblemCode.NOT_FOUND)
        # An edit may keep a programme that has ended.
        is_new = self.programme_id not in {None, before.programme_id if before else None}
        if is_new and not await Programme.filter(RUNNING, id=self.programme_id).exists():
            check.add("programme", "Choose a programme from the list.", ProblemCode.UNKNOWN_CODE)


def visible_to(actor: Actor, *, removed: bool = False) -> QuerySet[Group]:
    """The groups that `actor` may see; with `removed`, the removed ones. Raises `PermissionDenied`."""
    check_right(actor, Right.GROUPS_READ)
    return Group.filter(within(actor), deleted_at__isnull=not removed)


NOUN: Final = Noun(
    name="group",
    label=_("Group"),
    plural=_("Groups"),
    table=Group,
    right=Right.GROUPS_READ,
    visible_to=visible_to,
    draft=GroupDraft,
    fields={
        **fields_of(GroupDraft),
        "status": Field(_("Status"), GroupStatus),
        "inactive_on": Field(_("Inactive since"), Kind.DAY),
        "ended_on": Field(_("Ended on"), Kind.DAY),
        "merged_into_id": Field(_("Merged into"), Group),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    transitions=(RESUME, PAUSE, MERGE, DISSOLVE),
    feed=Followed(type="Group", description="Groups; needs the scope groups:read."),
    path="groups",
    missing=_("There is no such group."),
)


async def create(draft: GroupDraft, *, by: Actor) -> Group:
    """A new group. Raises `PermissionDenied` or `ValidationFailed`."""
    check_right(by, Right.GROUPS_CREATE)
    values = await _checked(draft, by)
    async with transaction():
        row = Group(**values, created_at=now())
        return await create_row(NOUN, row, by=by, action=Right.GROUPS_CREATE)


async def edit(
    group_id: UUID, draft: GroupDraft, *, expected_version: int, motive: str = "", by: Actor
) -> Group:
    """The group, changed. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    rows, action = visible_to(by), Right.GROUPS_EDIT
    async with change_row(NOUN, rows, group_id, expected_version, action, by=by) as change:
        values = await _checked(draft, by, before=change.row)
        return await change.save(motive=motive, **values)


async def pause(group_id: UUID, *, expected_version: int, on: date, reason: str, by: Actor) -> Group:
    """The group, at rest since `on`."""
    return await _move(group_id, PAUSE, expected_version=expected_version, on=on, reason=reason, by=by)


async def resume(group_id: UUID, *, expected_version: int, by: Actor) -> Group:
    """The group, active again."""
    return await _move(group_id, RESUME, expected_version=expected_version, on=None, reason="", by=by)


async def dissolve(group_id: UUID, *, expected_version: int, on: date, reason: str, by: Actor) -> Group:
    """The group, ended on `on`; it takes no new members or activities after that."""
    return await _move(group_id, DISSOLVE, expected_version=expected_version, on=on, reason=reason, by=by)


async def merge(
    group_id: UUID, *, expected_version: int, into: UUID, on: date, reason: str, by: Actor
) -> Group:
    """The group, gone into the group `into`, which must be active, of the same kind, and within reach."""
    check_right(by, MERGE.right)
    async with transaction():
        # Both locked, always in the same order: two groups that merge into each other at once do not both.
        pair = visible_to(by).filter(id__in=[group_id, into]).order_by("id").select_for_update()
        target = next((row for row in await pair if row.id == into), None)
        if target is None or target.id == group_id or target.status is not GroupStatus.ACTIVE:
            raise ValidationFailed.of("into", "Choose an active group.", ProblemCode.NOT_FOUND)
        return await _move(
            group_id, MERGE, expected_version=expected_version, on=on, reason=reason, by=by, into=target
        )


async def remove(group_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Group:
    """Removes a group that was recorded by mistake; `restore` reverses it."""
    rows, action = visible_to(by), Right.GROUPS_REMOVE
    async with change_row(NOUN, rows, group_id, expected_version, action, by=by) as change:
        return await change.save(motive=checked_text("reason", reason, REASON), deleted_at=now())


async def restore(group_id: UUID, *, expected_version: int, by: Actor) -> Group:
    """Restores a group that was removed."""
    removed = visible_to(by, removed=True)
    async with change_row(NOUN, removed, group_id, expected_version, Right.GROUPS_REMOVE, by=by) as change:
        return await change.save(deleted_at=None)


async def check_open(group_id: UUID, by: Actor) -> Group:
    """The group, locked, when it may take new members or activities. Raises `NotFound` or `Conflict`."""
    row = await lock(NOUN, visible_to(by), group_id)
    if row.status not in OPEN:
        raise Conflict("The group has ended and accepts nothing new.")
    return row


async def _move(
    group_id: UUID,
    transition: Transition[GroupStatus],
    *,
    expected_version: int,
    on: date | None,
    reason: str,
    by: Actor,
    into: Group | None = None,
) -> Group:
    rows, action = visible_to(by), transition.right
    async with change_row(NOUN, rows, group_id, expected_version, action, by=by) as change:
        row, motive = change.row, "" if transition is RESUME else checked_text("reason", reason, REASON)
        change.require(
            row.status in transition.sources,
            _("The group cannot change to that status from its current one."),
        )
        if on is not None and not (row.founded_on or date(1900, 1, 1)) <= on <= today():
            raise ValidationFailed.of(
                "on", "Enter a date between the founding of the group and today.", ProblemCode.OUT_OF_RANGE
            )
        if into is not None and into.kind is not row.kind:
            raise ValidationFailed.of("into", "Choose a group of the same kind.", ProblemCode.INCONSISTENT)
        # A paused group that ends has not been active since its pause.
        inactive_on = row.inactive_on or on if on else None
        if on and inactive_on and on < inactive_on:
            raise ValidationFailed.of(
                "on", "Enter a date that is not before the pause.", ProblemCode.INCONSISTENT
            )
        return await change.save(
            motive=motive,
            status=transition.target,
            inactive_on=inactive_on,
            ended_on=None if transition.target in OPEN else on,
            merged_into_id=into.id if into else None,
        )


async def _checked(draft: GroupDraft, by: Actor, *, before: Group | None = None) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed` with every problem there is."""
    values = await checked(draft, by, before)
    if draft.stated_members is not None:
        values["stated_on"] = draft.stated_on or today()
    return values | {"name_key": sort_key(values["name"]), "folded": NOUN.search_text(values)}


def _is_https_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
