"""Members of a group: current and former ones, joining, leaving and changing roles."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.inputs import Input, day_input
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.nouns.drafts import read_draft
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.groups import actions as group_actions
from records.core.actor import Actor
from records.core.dates import today
from records.core.errors import Conflict, ValidationFailed
from records.core.language import format_date, label
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.nouns import members
from records.nouns.members import MemberDraft
from records.security import vault
from records.tables import Group, Member
from records.tables.groups import GroupStatus, MemberRole

_MAX_ROWS: Final = 500


async def load(request: PageRequest) -> Member:
    """The member in the path. Raises `NotFound` if the group is not visible."""
    return await members.load(request.actor, request.id)


async def show(request: PageRequest) -> Response:
    """Leads to the member among those of their group."""
    return RedirectResponse(f"/admin/groups/{(await load(request)).group_id}/members", 303)


async def index(request: PageRequest) -> Response:
    """The current and former members, and the form to add one; the address may name the role."""
    group = await group_actions.load(request)
    role = request.http_request.query_params.get("role", MemberRole.MEMBER)
    return await _page(request, group, Form({"role": role, "joined_on": format_date(today())}))


async def join(request: PageRequest) -> Response:
    """Records a new member."""
    check_right(request.actor, Right.MEMBERS_EDIT)
    group = await group_actions.load(request)
    form = Form(request.form)
    try:
        draft = await read_draft(request, form, MemberDraft)
        await members.join(group.id, draft, by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _page(request, group, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(request, group, form, status=409)
    return redirect_with_flash(request, f"/admin/groups/{group.id}/members", _("Member added."))


def _is_current(_actor: Actor, member: Member) -> bool:
    return member.left_on is None


def _is_head(_actor: Actor, member: Member) -> bool:
    return member.left_on is None and member.role is MemberRole.HEAD


async def _others(request: PageRequest, member: Member) -> list[Choice]:
    """The other members of the group, who could become its head."""
    rows = await members.of_group(request.actor, member.group_id)
    others = await rows.filter(left_on__isnull=True).exclude(id=member.id).limit(_MAX_ROWS)
    return [Choice(str(one.id), one.name, label(request.language, one.role)) for one in others]


async def _roles(request: PageRequest, member: Member) -> list[Choice]:
    return [choice for choice in enum_choices(request, MemberRole) if choice.value != member.role]


_SINCE_INPUT: Final = day_input(_("Since"))
ACTIONS: Final = Actions[Member](
    path="/admin/members",
    load=load,
    title=lambda member: member.name,
    back=lambda member: f"/admin/groups/{member.group_id}/members",
    actions=(
        Action(
            "successor",
            Rule(_("Change the head"), Right.MEMBERS_EDIT, _is_head),
            Verb(members.replace_head),
            explanation=_("The head's term ends, and that of the next head begins on the same day."),
            flash=_("Head changed."),
            inputs=(
                Input("member", _("Member who becomes head"), kind="choices", required=False, none=_("None")),
                Input("name", _("Or the name of somebody new"), required=False),
                _SINCE_INPUT,
            ),
            choices=_others,
        ),
        Action(
            "leaving",
            Rule(_("Left the group"), Right.MEMBERS_EDIT, _is_current),
            Verb(members.leave),
            explanation=_("The term ends; the membership stays on record."),
            flash=_("Membership updated."),
            inputs=(_SINCE_INPUT,),
        ),
        Action(
            "role",
            Rule(_("Change the role"), Right.MEMBERS_EDIT, _is_current),
            Verb(members.change_role),
            explanation=_("The current term ends and a term in the new role begins."),
            flash=_("Membership updated."),
            inputs=(Input("role", _("Role"), kind="choices", enum=MemberRole), _SINCE_INPUT),
            choices=_roles,
        ),
    ),
)


async def _page(request: PageRequest, group: Group, form: Form, *, status: int = 200) -> Response:
    roster = await (await members.of_group(request.actor, group.id)).limit(_MAX_ROWS)
    ended = group.status in {GroupStatus.MERGED, GroupStatus.DISSOLVED}
    return render(
        request,
        "nouns/members/index.html",
        status=status,
        group=group,
        reachable=await vault.sealed_records("member_contacts", [member.id for member in roster]),
        present=[member for member in roster if member.left_on is None],
        past=[member for member in roster if member.left_on is not None],
        may_edit=has_right(request.actor, Right.MEMBERS_EDIT),
        may_join=has_right(request.actor, Right.MEMBERS_EDIT) and not ended,
        form=form,
        role_choices=enum_choices(request, MemberRole),
    )


ROUTES: Final = (
    *page_at("/admin/groups/{id:uuid}/members", get=index, post=join),
    *page_at("/admin/members/{id:uuid}", get=show),
    *ACTIONS.routes(),
)
