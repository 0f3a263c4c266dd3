"""Members of a group: who is in it, who was, joining, leaving and changing roles."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form, choices
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.nouns.drafts import read_draft
from admin.kit.pages import done, page
from admin.kit.request import Visit
from admin.nouns.groups import actions as group_actions
from records.core.actor import Actor
from records.core.days import today
from records.core.errors import Conflict, Invalid
from records.core.language import day
from records.core.language import mark as _
from records.core.rights import Right, check_may, may
from records.nouns import members
from records.nouns.members import MemberDraft
from records.security import vault
from records.tables import Group, Member
from records.tables.groups import GroupStatus, MemberRole

_MOST: Final = 500


async def load(visit: Visit) -> Member:
    """The member of the path, when this person may see the group."""
    return await members.load(visit.actor, visit.id)


async def index(visit: Visit) -> Response:
    """The roster, with those who left, and the form to join."""
    group = await group_actions.load(visit)
    return await _page(visit, group, Form({"role": MemberRole.MEMBER, "joined_on": day(today())}))


async def join(visit: Visit) -> Response:
    """Records a new member."""
    check_may(visit.actor, Right.MEMBERS_EDIT)
    group = await group_actions.load(visit)
    form = Form(visit.form)
    try:
        draft = await read_draft(visit, form, MemberDraft)
        await members.join(group.id, draft, by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return await _page(visit, group, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(visit, group, form, status=409)
    return done(visit, f"/admin/groups/{group.id}/members", "member-joined")


def _can_change(actor: Actor, member: Member) -> bool:
    return may(actor, Right.MEMBERS_EDIT) and member.left_on is None


async def _leave(visit: Visit, member: Member, form: Form) -> object:
    on = form.day("on") or today()
    form.done()
    return await members.leave(member.id, seen=form.seen(), on=on, by=visit.actor)


async def _change_role(visit: Visit, member: Member, form: Form) -> object:
    on = form.day("on") or today()
    role = form.one_of("role", MemberRole, needed=True)
    form.done()
    return await members.change_role(member.id, seen=form.seen(), role=role, on=on, by=visit.actor)


async def _roles(visit: Visit, member: Member) -> list[Choice]:
    return [choice for choice in choices(visit, MemberRole) if choice.value != member.role]


_SINCE: Final = Input(
    "on", _("Since"), kind="day", size="short", required=False, hint=_("Leave empty for today")
)
_LEAVING: Final = Action[Member](
    name="leaving",
    label=_("Left the group"),
    explanation=_("The term ends; the membership stays on record."),
    right=Right.MEMBERS_EDIT,
    can=_can_change,
    do=_leave,
    said="member-changed",
    inputs=(_SINCE,),
)
_ROLE: Final = Action[Member](
    name="role",
    label=_("Change the role"),
    explanation=_("The current term ends and a term in the new role begins."),
    right=Right.MEMBERS_EDIT,
    can=_can_change,
    do=_change_role,
    said="member-changed",
    inputs=(Input("role", _("Role"), kind="choices"), _SINCE),
    choices=_roles,
)
ACTIONS: Final = Actions[Member](
    path="/admin/members",
    load=load,
    title=lambda member: member.name,
    back=lambda member: f"/admin/groups/{member.group_id}/members",
    actions=(_LEAVING, _ROLE),
)


async def _page(visit: Visit, group: Group, form: Form, *, status: int = 200) -> Response:
    roster = await (await members.of_group(visit.actor, group.id)).limit(_MOST)
    ended = group.status in {GroupStatus.MERGED, GroupStatus.DISSOLVED}
    return page(
        visit,
        "nouns/members/index.html",
        status=status,
        group=group,
        reachable=await vault.present("member_contacts", [member.id for member in roster]),
        present=[member for member in roster if member.left_on is None],
        past=[member for member in roster if member.left_on is not None],
        may_edit=may(visit.actor, Right.MEMBERS_EDIT),
        may_join=may(visit.actor, Right.MEMBERS_EDIT) and not ended,
        form=form,
        role_choices=choices(visit, MemberRole),
    )
