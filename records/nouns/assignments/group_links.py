"""Links between an online group and the self-governing groups that an officer reaches in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.changes.rows import change_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor
from records.core.dates import now, today
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Noun
from records.core.errors import ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator
from records.nouns import groups
from records.tables import Group, GroupLink
from records.tables.groups import GroupKind


@dataclass(frozen=True)
class LinkDraft:
    """The values of a link as entered: the online group, the self-governing one, and since when."""

    online_id: Annotated[UUID, Field(_("Zalo or Facebook group"), Group)]
    group_id: Annotated[
        UUID,
        Field(_("Group"), Group, constraints={"group_links_live_key": _("These groups are already linked.")}),
    ]
    linked_on: Annotated[date, Field(_("Linked on"), past=True)]


def visible_to(actor: Actor) -> QuerySet[GroupLink]:
    """The links, past and present, between groups that `actor` may see. Raises `PermissionDenied`."""
    seen = groups.visible_to(actor).values("id")
    return GroupLink.filter(
        online_id__in=Subquery(seen), group_id__in=Subquery(seen), deleted_at__isnull=True
    )


NOUN: Final = Noun(
    name="group_link",
    label=_("Link between groups"),
    plural=_("Links between groups"),
    table=GroupLink,
    right=Right.GROUPS_READ,
    visible_to=visible_to,
    draft=LinkDraft,
    fields={**fields_of(LinkDraft), "ended_on": Field(_("Ended on"), Kind.DAY)},
    title=("online", "group"),
    missing=_("There is no such link."),
)


async def of_group(group_id: UUID, *, by: Actor) -> Sequence[GroupLink]:
    """The links of a group, either way, past and present, the latest first. Raises `PermissionDenied`."""
    rows = visible_to(by).filter(Q(online_id=group_id) | Q(group_id=group_id))
    return await rows.prefetch_related("online", "group").order_by("-linked_on", "-id")


async def link(group_id: UUID, *, group: UUID, on: date, by: Actor) -> GroupLink:
    """A link from `on` between two open groups, of which one is online.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.GROUPS_EDIT)
    async with transaction():
        # Always in the same order: two links of one pair at once wait for each other.
        pair = [await groups.check_open(one, by) for one in sorted({group_id, group})]
        pair.sort(key=lambda one: one.kind is GroupKind.SELF_GOVERNING)
        if [one.kind is GroupKind.SELF_GOVERNING for one in pair] != [False, True]:
            text = _("Link a Zalo or Facebook group with a self-governing group.")
            raise ValidationFailed.of("group", text, ProblemCode.INCONSISTENT)
        online, linked = pair
        check = Validator()
        check.past_date("on", on)
        if any(one.founded_on and on < one.founded_on for one in pair):
            text = _("Enter a date that is not before the founding of both groups.")
            check.add("on", text, ProblemCode.INCONSISTENT)
        check.raise_if_invalid()
        row = GroupLink(online_id=online.id, group_id=linked.id, linked_on=on, created_at=now())
        return await create(NOUN, row, by=by, action=Right.GROUPS_EDIT, fallback_area_id=linked.area_id)


async def unlink(link_id: UUID, *, expected_version: int, on: date, by: Actor) -> GroupLink:
    """The link, ended on `on`.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with change_row(
        NOUN, visible_to(by), link_id, expected_version, Right.GROUPS_EDIT, by=by
    ) as change:
        row = change.row
        change.require(row.ended_on is None, _("This link has already ended."))
        if not row.linked_on <= on <= today():
            raise ValidationFailed.of(
                "on", "Enter a date between the start of the link and today.", ProblemCode.OUT_OF_RANGE
            )
        area_id = (await Group.get(id=row.group_id)).area_id
        return await change.save(fallback_area_id=area_id, ended_on=on)
