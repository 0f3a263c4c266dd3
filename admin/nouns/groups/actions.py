"""The life of a group: at rest, active again, ended, merged, taken out and brought back."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
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
        raise Invalid({"into": Message("Choose an active group.")})
    reason = form.text("reason")
    return await groups.merge(group.id, seen=form.seen(), into=into, on=on, reason=reason, by=visit.actor)


async def _remove(visit: Visit, group: Group, form: Form) -> object:
    return await groups.remove(group.id, seen=form.seen(), reason=form.text("reason"), by=visit.actor)


_REASON: Final = Input("reason", _("Reason"), kind="long")
_SINCE: Final = Input(
    "on", _("Since"), kind="day", size="short", required=False, hint=_("Leave empty for today")
)

ACTIONS: Final = Actions[Group](
    path="/admin/groups",
    load=load,
    title=lambda group: group.name,
    back=lambda group: f"/admin/groups/{group.id}",
    actions=(
        Action(
            name="resumption",
            label=_("Resume activity"),
            right=Right.GROUPS_DISSOLVE,
            can=groups.RESUME.can,
            do=_resume,
            said="group-active",
        ),
        Action(
            name="pause",
            label=_("Pause"),
            explanation=_("The group is inactive for a while and can be reactivated."),
            right=Right.GROUPS_DISSOLVE,
            can=groups.PAUSE.can,
            do=_pause,
            said="group-paused",
            inputs=(_SINCE, _REASON),
        ),
        Action(
            name="merger",
            label=_("Merge into another group"),
            explanation=_("The group ends; its records are kept."),
            right=Right.GROUPS_DISSOLVE,
            can=groups.MERGE.can,
            do=_merge,
            said="group-merged",
            inputs=(
                Input(
                    "into",
                    _("The group that continues"),
                    kind="group",
                    hint=_("Enter the code or part of the name"),
                ),
                _SINCE,
                _REASON,
            ),
            grave=True,
        ),
        Action(
            name="dissolution",
            label=_("Dissolve"),
            explanation=_("The group ends; it accepts no new members or activities."),
            right=Right.GROUPS_DISSOLVE,
            can=groups.DISSOLVE.can,
            do=_dissolve,
            said="group-dissolved",
            inputs=(_SINCE, _REASON),
            grave=True,
        ),
        Action(
            name="removal",
            label=_("Remove"),
            explanation=_("For a group recorded by mistake. It can be restored."),
            right=Right.GROUPS_REMOVE,
            can=can_remove,
            do=_remove,
            said="group-removed",
            inputs=(_REASON,),
            grave=True,
        ),
    ),
)


async def restore(visit: Visit) -> Response:
    """Brings a group back that was taken out."""
    check_may(visit.actor, Right.GROUPS_REMOVE)
    group = await load(visit, removed=True)
    await groups.restore(group.id, seen=Form(visit.form).seen(), by=visit.actor)
    return done(visit, f"/admin/groups/{group.id}", "group-restored")
