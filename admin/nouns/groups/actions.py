"""The life of a group: at rest, active again, ended, merged, taken out and brought back."""

from typing import Final

from starlette.responses import Response

from admin.kit import actions
from admin.kit.actions import Field, Step
from admin.kit.forms.fields import Form
from admin.kit.pages import done
from admin.kit.pickers import read_group
from admin.kit.request import Visit
from records.core.actor import Actor
from records.core.days import today
from records.core.errors import Invalid, Message, NotFound
from records.core.language import mark as _
from records.core.rights import Right, check_may, may
from records.nouns import groups
from records.tables import Group
from records.tables.groups import GroupStatus


async def load(visit: Visit, *, removed: bool = False) -> Group:
    """The group of the path, with the names that it refers to. Raises `NotFound` or `Denied`."""
    group = await groups.visible_to(visit.actor, removed=removed).get_or_none(id=visit.id)
    if group is None:
        raise NotFound("There is no such group.")
    await group.fetch_related("area__parent", "programme")
    return group


def can_remove(actor: Actor, group: Group) -> bool:
    """Whether `actor` may take `group` out."""
    return may(actor, Right.GROUPS_REMOVE) and group.deleted_at is None


def can_restore(actor: Actor, group: Group) -> bool:
    """Whether `actor` may bring `group` back."""
    return may(actor, Right.GROUPS_REMOVE) and group.deleted_at is not None


def _can_pause(actor: Actor, group: Group) -> bool:
    return groups.can_move(actor, group, GroupStatus.PAUSED)


def _can_resume(actor: Actor, group: Group) -> bool:
    return groups.can_move(actor, group, GroupStatus.ACTIVE)


def _can_dissolve(actor: Actor, group: Group) -> bool:
    return groups.can_move(actor, group, GroupStatus.DISSOLVED)


def _can_merge(actor: Actor, group: Group) -> bool:
    return groups.can_move(actor, group, GroupStatus.MERGED)


async def _pause(visit: Visit, group: Group, form: Form) -> object:
    on = form.day("on") or today()
    form.done()
    return await groups.pause(group.id, seen=form.seen(), on=on, reason=form.text("reason"), by=visit.actor)


async def _resume(visit: Visit, group: Group, form: Form) -> object:
    return await groups.resume(group.id, seen=form.seen(), by=visit.actor)


async def _dissolve(visit: Visit, group: Group, form: Form) -> object:
    on = form.day("on") or today()
    form.done()
    return await groups.dissolve(
        group.id, seen=form.seen(), on=on, reason=form.text("reason"), by=visit.actor
    )


async def _merge(visit: Visit, group: Group, form: Form) -> object:
    on = form.day("on") or today()
    into = await read_group(visit, form, "into", needed=True)
    form.done()
    if into is None:
        raise Invalid({"into": Message("Please choose an active group.")})
    reason = form.text("reason")
    return await groups.merge(group.id, seen=form.seen(), into=into, on=on, reason=reason, by=visit.actor)


async def _remove(visit: Visit, group: Group, form: Form) -> object:
    return await groups.remove(group.id, seen=form.seen(), reason=form.text("reason"), by=visit.actor)


_REASON: Final = Field("reason", _("Reason"), kind="long")
_SINCE: Final = Field("on", _("Since"), kind="day", needed=False, hint=_("Today, when left empty"))

STEPS: Final[tuple[Step[Group], ...]] = (
    Step(
        noun="resumption",
        text=_("Make active again"),
        right=Right.GROUPS_DISSOLVE,
        can=_can_resume,
        do=_resume,
        said="group-moved",
    ),
    Step(
        noun="pause",
        text=_("Pause"),
        explained=_("The group rests; it can be made active again."),
        right=Right.GROUPS_DISSOLVE,
        can=_can_pause,
        do=_pause,
        said="group-moved",
        fields=(_SINCE, _REASON),
    ),
    Step(
        noun="merger",
        text=_("Merge into another group"),
        explained=_("The group ends; what it did stays with it."),
        right=Right.GROUPS_DISSOLVE,
        can=_can_merge,
        do=_merge,
        said="group-moved",
        fields=(
            Field(
                "into",
                _("The group that goes on"),
                kind="group",
                hint=_("Type its code or a part of its name"),
            ),
            _SINCE,
            _REASON,
        ),
        grave=True,
    ),
    Step(
        noun="dissolution",
        text=_("Dissolve"),
        explained=_("The group ends; it takes no new members or activities."),
        right=Right.GROUPS_DISSOLVE,
        can=_can_dissolve,
        do=_dissolve,
        said="group-moved",
        fields=(_SINCE, _REASON),
        grave=True,
    ),
    Step(
        noun="removal",
        text=_("Take out"),
        explained=_("For a group that was entered by mistake. It can be brought back."),
        right=Right.GROUPS_REMOVE,
        can=can_remove,
        do=_remove,
        said="group-removed",
        fields=(_REASON,),
        grave=True,
    ),
)
_STEP: Final = {step.noun: step for step in STEPS}


async def ask(visit: Visit) -> Response:
    """The form of the step that the path names."""
    group = await load(visit)
    return await actions.ask(
        visit, _STEP[visit.noun], group, name=group.name, back=f"/admin/groups/{group.id}"
    )


async def do(visit: Visit) -> Response:
    """Takes the step that the path names."""
    group = await load(visit)
    step, back = _STEP[visit.noun], f"/admin/groups/{group.id}"
    return await actions.do(visit, step, group, name=group.name, back=back, again=lambda: load(visit))


async def restore(visit: Visit) -> Response:
    """Brings a group back that was taken out."""
    check_may(visit.actor, Right.GROUPS_REMOVE)
    group = await load(visit, removed=True)
    await groups.restore(group.id, seen=Form(visit.form).seen(), by=visit.actor)
    return done(visit, f"/admin/groups/{group.id}", "group-restored")
