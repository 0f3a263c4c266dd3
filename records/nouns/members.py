"""Members: a term in a group begins with joining and closes with leaving; nothing is erased."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from records.changes.rows import RowChange, check_visible, find, lock
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor
from records.core.dates import now, today
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, NotFound, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.text import person_key
from records.core.validation import Draft, checked
from records.nouns import groups
from records.tables import Group, Member
from records.tables.groups import MemberRole
from records.tables.privacy import RevealStep


# A name and a year of birth are never audited: what is only added to cannot hold what one may have erased.
@dataclass(frozen=True)
class MemberDraft(Draft):
    """The values of a new term in a group as entered."""

    name: Annotated[str, Field(_("Full name"), max_length=120, searchable=True, audited=False)]
    role: Annotated[
        MemberRole, Field(_("Role"), constraints={"members_one_head_key": _("The group already has a head.")})
    ]
    joined_on: Annotated[date, Field(_("Joined on"), past=True)]
    birth_year: Annotated[int | None, Field(_("Birth year"), Kind.YEAR, audited=False)] = None


def visible_to(actor: Actor) -> QuerySet[Member]:
    """The members, past and present, of the groups that `actor` may see. Raises `PermissionDenied`."""
    check_right(actor, Right.MEMBERS_READ)
    seen = groups.visible_to(actor).values("id")
    return Member.filter(group_id__in=Subquery(seen), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="member",
    label=_("Member"),
    plural=_("Members"),
    table=Member,
    right=Right.MEMBERS_READ,
    visible_to=visible_to,
    draft=MemberDraft,
    fields={
        "group_id": Field(_("Group"), Group),
        **fields_of(MemberDraft),
        "left_on": Field(_("Left on"), Kind.DAY),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    history_only={"contact": Field(_("Contact")), "reveal": Field(_("Contact"), RevealStep)},
    path="members",
    missing=_("There is no such member."),
)


async def of_group(actor: Actor, group_id: UUID) -> QuerySet[Member]:
    """The members of a group, past and present, by name. Raises `PermissionDenied` or `NotFound`."""
    check_right(actor, Right.MEMBERS_READ)
    await check_visible(groups.NOUN, groups.visible_to(actor), group_id)
    return Member.filter(group_id=group_id, deleted_at__isnull=True).order_by("name_key", "id")


async def load(actor: Actor, member_id: UUID) -> Member:
    """A member of a group that `actor` sees. Raises `PermissionDenied` or `NotFound`."""
    return await find(NOUN, visible_to(actor), member_id)


async def join(group_id: UUID, draft: MemberDraft, *, by: Actor) -> Member:
    """A new member of an open group.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.MEMBERS_EDIT)
    values = await checked(draft, by)
    async with transaction():
        group = await groups.check_open(group_id, by)
        found_by = {"name_key": person_key(values["name"]), "folded": NOUN.search_text(values)}
        row = Member(group_id=group.id, created_at=now(), **values, **found_by)
        return await create(NOUN, row, by=by, action=Right.MEMBERS_EDIT, fallback_area_id=group.area_id)


async def leave(member_id: UUID, *, expected_version: int, on: date, by: Actor) -> Member:
    """Closes a member's term on `on`."""
    check_right(by, Right.MEMBERS_EDIT)
    async with transaction():
        row, group = await load_locked(member_id, by)
        change = RowChange(NOUN, row, expected_version, Right.MEMBERS_EDIT, by)
        change.require(row.left_on is None, _("This term has already ended."))
        if not row.joined_on <= on <= today():
            raise ValidationFailed.of(
                "on", "Enter a date between the joining date and today.", ProblemCode.OUT_OF_RANGE
            )
        return await change.save(fallback_area_id=group.area_id, left_on=on)


async def change_role(
    member_id: UUID, *, expected_version: int, role: MemberRole, on: date, by: Actor
) -> Member:
    """Closes the term on `on` and opens one in the new role, which is given back."""
    async with transaction():
        old = await leave(member_id, expected_version=expected_version, on=on, by=by)
        if old.role is role:
            raise ValidationFailed.of(
                "role", "Choose a role different from the current one.", ProblemCode.INCONSISTENT
            )
        draft = MemberDraft(name=old.name, role=role, joined_on=on, birth_year=old.birth_year)
        return await join(old.group_id, draft, by=by)


async def replace_head(
    head_id: UUID, *, expected_version: int, member: UUID | None, name: str, on: date, by: Actor
) -> Member:
    """The term of the next head, who is a member of the group already or somebody new; the head leaves.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with transaction():
        head = await leave(head_id, expected_version=expected_version, on=on, by=by)
        if head.role is not MemberRole.HEAD:
            raise Conflict("This member is not the head of the group.")
        if (member is None) is not bool(name.strip()):
            raise ValidationFailed.of("member", "Choose a member, or enter a name.", ProblemCode.REQUIRED)
        if member is None:
            return await join(head.group_id, MemberDraft(name, MemberRole.HEAD, on), by=by)
        next_head = await visible_to(by).get_or_none(id=member, group_id=head.group_id, left_on__isnull=True)
        if next_head is None:
            raise ValidationFailed.of("member", "Choose a member of this group.", ProblemCode.NOT_FOUND)
        return await change_role(
            next_head.id, expected_version=next_head.version, role=MemberRole.HEAD, on=on, by=by
        )


async def load_locked(member_id: UUID, by: Actor) -> tuple[Member, Group]:
    """A member, locked, and their group that `by` sees. Raises `PermissionDenied` or `NotFound`."""
    row = await lock(NOUN, Member.filter(deleted_at__isnull=True), member_id)
    group = await groups.visible_to(by).get_or_none(id=row.group_id)
    if group is None:
        raise NotFound(NOUN.missing)
    return row, group
