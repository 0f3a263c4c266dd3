"""Demonstration groups of Sa Đéc and Châu Thành, their members and links, and how some of them ended."""

from datetime import date, timedelta
from typing import Final

from records.areas import areas
from records.core.actor import Actor
from records.demo.article import SELF_GOVERNING, ZALO
from records.demo.timeline import day_at
from records.nouns import groups, members
from records.nouns.groups import GroupDraft
from records.nouns.members import MemberDraft
from records.tables import Group, GroupLink, Member, Programme
from records.tables.groups import GroupKind, MemberRole

_ZALO, _FACEBOOK = GroupKind.ZALO, GroupKind.FACEBOOK

# code, number, area, founded, households, stated members
_GROUPS: Final = (
    ("MAU-SD-01", 1, "MAU-29905-1", date(2017, 5, 10), 42, 128),
    ("MAU-SD-02", 2, "MAU-29905-1", date(2017, 5, 10), 38, 121),
    ("MAU-SD-03", 3, "MAU-29905-2", date(2018, 3, 1), 55, 176),
    ("MAU-SD-04", 4, "MAU-29905-2", date(2018, 3, 1), 27, 84),
    ("MAU-SD-05", 5, "MAU-29905-3", date(2019, 3, 20), 61, 190),
    ("MAU-SD-10", 10, "MAU-29905-3", date(2019, 3, 20), 19, 60),
    ("MAU-PH-01", 1, "MAU-30244-1", date(2018, 8, 15), 48, 150),
    ("MAU-PH-02", 2, "MAU-30244-1", date(2018, 8, 15), 33, 101),
    ("MAU-PH-03", 3, "30244", date(2020, 1, 8), 24, 77),
    ("MAU-TN-01", 1, "MAU-30253-1", date(2018, 9, 3), 45, 139),
    ("MAU-TN-02", 2, "MAU-30253-1", date(2018, 9, 3), 7, 25),
    ("MAU-TN-03", 3, "30253", date(2019, 4, 22), 52, 160),
    ("MAU-TP-01", 1, "MAU-30259-1", date(2018, 8, 20), 127, 402),
    ("MAU-TP-02", 2, "MAU-30259-1", date(2018, 8, 20), 36, 110),
    ("MAU-TP-03", 3, "MAU-30259-2", date(2019, 1, 5), 29, 92),
    ("MAU-TP-04", 4, "MAU-30259-2", date(2019, 1, 5), 31, 95),
)
# code, kind, name, area, founded, stated members, the groups it links
_ONLINE: Final = (
    (
        *("MAU-SD-Z1", _ZALO, "Nhóm Zalo Cảnh sát khu vực 1 (mẫu)", "MAU-29905-1", date(2019, 4, 15), 36),
        ("MAU-SD-01", "MAU-SD-02"),
    ),
    (
        *("MAU-SD-Z2", _ZALO, "Nhóm Zalo Cảnh sát khu vực 2 (mẫu)", "MAU-29905-2", date(2019, 4, 20), 41),
        ("MAU-SD-03", "MAU-SD-04"),
    ),
    (
        *("MAU-SD-Z3", _ZALO, "Nhóm Zalo Cảnh sát khu vực 3 (mẫu)", "MAU-29905-3", date(2019, 5, 6), 22),
        ("MAU-SD-05", "MAU-SD-10"),
    ),
    (
        *("MAU-TP-F1", _FACEBOOK, "Nhóm Facebook an ninh (mẫu)", "30259", date(2020, 6, 1), 214),
        ("MAU-TP-01", "MAU-TP-03"),
    ),
)
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
    for code, number, area_code, founded_on, households, stated in _GROUPS:
        area = await areas.resolve_reference(area_code)
        draft = GroupDraft(
            code=code,
            name=f"Tổ nhân dân tự quản số {number} (mẫu), {area.name}",
            kind=GroupKind.SELF_GOVERNING,
            area_id=area.id,
            programme_id=None if code.startswith("MAU-SD") else programmes[SELF_GOVERNING].id,
            founded_on=founded_on,
            households=households,
            stated_members=stated,
            stated_on=day_at(0.9),
        )
        groups_by_code[code] = await groups.create(draft, by=by)
    for code, kind, name, area_code, founded_on, stated, linked in _ONLINE:
        draft = GroupDraft(
            code=code,
            name=name,
            kind=kind,
            area_id=(await areas.resolve_reference(area_code)).id,
            programme_id=programmes[ZALO].id if kind is _ZALO else None,
            founded_on=founded_on,
            stated_members=stated,
            stated_on=day_at(0.9),
            external_id=code.lower(),
        )
        groups_by_code[code] = await groups.create(draft, by=by)
        for other in linked:
            await GroupLink.create(
                online_id=groups_by_code[code].id, group_id=groups_by_code[other].id, linked_on=founded_on
            )
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
