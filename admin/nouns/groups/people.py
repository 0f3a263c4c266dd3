"""The people of a group's page: who leads it, who looks after it, and the groups that it is linked with."""

from typing import Any

from admin.kit.forms.sealed import sealed_of
from admin.kit.request import PageRequest
from records.core.rights import Right, has_right
from records.nouns import assignments, groups, members
from records.nouns.assignments import OFFICERS, group_links
from records.tables import Group, Member
from records.tables.groups import MemberRole


async def context(request: PageRequest, group: Group, *, here: bool) -> dict[str, Any]:
    """What the template says of people; of a removed group, which is not `here`, nothing."""
    is_open = here and group.status in groups.OPEN
    roster = await _roster(request, group) if here else None
    head = next((one for one in roster or () if one.role is MemberRole.HEAD), None)
    links = await group_links.of_group(group.id, by=request.actor) if here else []
    may_hand_over = here and has_right(request.actor, Right.ASSIGNMENTS_HAND_OVER)
    in_charge = await assignments.in_charge_of(group, by=request.actor) if here else []
    return {
        "roster": roster,
        "head": head,
        "head_contact": await sealed_of(request, "member_contacts", head.id) if head else None,
        "leaders": [one for one in roster or () if one.role not in {MemberRole.HEAD, MemberRole.MEMBER}],
        "may_change_members": is_open and has_right(request.actor, Right.MEMBERS_EDIT),
        "in_charge": in_charge,
        "has_officer": any(
            one.kind in OFFICERS and (one.staff is None or one.staff.active) for one in in_charge
        ),
        "may_assign": is_open and has_right(request.actor, Right.ASSIGNMENTS_MANAGE),
        "handing_over": next(
            (
                one.staff_id
                for one in in_charge
                if may_hand_over and one.staff_id and assignments.can_manage(request.actor, one.kind)
            ),
            None,
        ),
        "linked": [
            (one, one.group if one.online_id == group.id else one.online)
            for one in links
            if one.ended_on is None
        ],
        "may_link": here and has_right(request.actor, Right.GROUPS_EDIT),
    }


async def _roster(request: PageRequest, group: Group) -> list[Member] | None:
    """Who is in the group now; None where this person may not see members."""
    if not has_right(request.actor, Right.MEMBERS_READ):
        return None
    return await (await members.of_group(request.actor, group.id)).filter(left_on__isnull=True)
