"""Demonstration groups of Sa Đéc and Châu Thành, their members and links, and how some of them ended."""

from datetime import date, timedelta
from typing import Final

from records.areas import areas
from records.core.actor import Actor
from records.demo.article import SELF_GOVERNING, ZALO
from records.demo.data import rows
from records.demo.timeline import day_at
from records.nouns import groups, members
from records.nouns.assignments import group_links
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.tables import Group, Member, Programme
from records.tables.groups import GroupKind, MemberRole

_GROUPS: Final = list(rows("groups"))
_ONLINE: Final = list(rows("online_groups"))
COUNT: Final = len(_GROUPS) + len(_ONLINE)

_ROLES: Final = (
    MemberRole.HEAD,
    MemberRole.DEPUTY,
    MemberRole.SECRETARY,
    MemberRole.MEMBER,
    MemberRole.MEMBER,
)


async def load_groups(programmes: dict[str, Programme], by: Actor) -> dict[str, Group]:
    """The groups by code, all of them active so far, and the links between them."""
    groups_by_code = {}
    for row in _GROUPS:
        area = await areas.resolve_reference(row["area"])
        draft = GroupDraft(
            code=row["code"],
            name=f"Tổ nhân dân tự quản số {row['number']} (mẫu), {area.name}",
            kind=GroupKind.SELF_GOVERNING,
            area_id=area.id,
            programme_id=None if row["code"].startswith("MAU-SD") else programmes[SELF_GOVERNING].id,
            founded_on=date.fromisoformat(row["founded_on"]),
            households=int(row["households"]),
            stated_members=int(row["stated_members"]),
            stated_on=day_at(0.9),
        )
        groups_by_code[draft.code] = await groups.create(draft, by=by)
    for row in _ONLINE:
        kind, founded_on = GroupKind(row["kind"]), date.fromisoformat(row["founded_on"])
        draft = GroupDraft(
            code=row["code"],
            name=row["name"],
            kind=kind,
            area_id=(await areas.resolve_reference(row["area"])).id,
            programme_id=programmes[ZALO].id if kind is GroupKind.ZALO else None,
            founded_on=founded_on,
            stated_members=int(row["stated_members"]),
            stated_on=day_at(0.9),
            external_id=row["code"].lower(),
        )
        online = groups_by_code[draft.code] = await groups.create(draft, by=by)
        for other in row["links"].split():
            await group_links.link(online.id, group=groups_by_code[other].id, on=founded_on, by=by)
    return groups_by_code


async def load_members(groups_by_code: dict[str, Group], by: Actor) -> None:
    """A few members of each group, under names that nobody bears; one left, one became an ordinary member."""
    terms: dict[tuple[str, MemberRole], Member] = {}
    number = 0
    for code, group in groups_by_code.items():
        online = group.kind is not GroupKind.SELF_GOVERNING
        for place, role in enumerate((MemberRole.OFFICER, MemberRole.MEMBER) if online else _ROLES):
            number += 1
            joined_on = (group.founded_on or day_at(0)) + timedelta(days=30 * place)
            draft = MemberDraft(f"Người mẫu {number:02d}", role, joined_on, birth_year=1950 + number * 7 % 50)
            terms[code, role] = await members.join(group.id, draft, by=by)
    leaves = terms["MAU-SD-01", MemberRole.MEMBER]
    await members.leave(leaves.id, expected_version=leaves.version, on=day_at(0.5), by=by)
    demoted = terms["MAU-SD-04", MemberRole.DEPUTY]
    await members.change_role(
        demoted.id, expected_version=demoted.version, role=MemberRole.MEMBER, on=day_at(0.6), by=by
    )


async def load_endings(groups_by_code: dict[str, Group], by: Actor) -> None:
    """One group comes to rest, one ends, one goes into another; after all that they still took part in."""
    rests, ends, joins = groups_by_code["MAU-PH-03"], groups_by_code["MAU-TN-03"], groups_by_code["MAU-TN-02"]
    reason = "Đang sắp xếp lại tổ (mẫu)"
    await groups.pause(rests.id, expected_version=rests.version, on=day_at(1), reason=reason, by=by)
    reason = "Hộ dân đã chuyển đi (mẫu)"
    await groups.dissolve(ends.id, expected_version=ends.version, on=day_at(1), reason=reason, by=by)
    into, reason = groups_by_code["MAU-TN-01"].id, "Tổ còn ít hộ (mẫu)"
    await groups.merge(
        joins.id, expected_version=joins.version, into=into, on=day_at(1), reason=reason, by=by
    )
