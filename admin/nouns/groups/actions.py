"""Actions on a group: pausing, resuming, dissolving and merging."""

from typing import Final

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.pickers import read_group
from admin.kit.request import PageRequest
from records.changes.rows import find
from records.core.dates import today
from records.core.errors import Message, ValidationFailed
from records.core.language import gettext_noop as _
from records.nouns import groups
from records.tables import Group


async def load(request: PageRequest) -> Group:
    """The group of the path, with the names that it refers to. Raises `NotFound` or `PermissionDenied`."""
    group = await find(groups.NOUN, groups.visible_to(request.actor), request.id)
    await group.fetch_related("area__parent", "programme")
    return group


async def _pause(request: PageRequest, group: Group, form: Form) -> object:
    on = form.day("on") or today()
    form.raise_if_invalid()
    return await groups.pause(
        group.id,
        expected_version=form.expected_version(),
        on=on,
        reason=form.text("reason"),
        by=request.actor,
    )


async def _resume(request: PageRequest, group: Group, form: Form) -> object:
    return await groups.resume(group.id, expected_version=form.expected_version(), by=request.actor)


async def _dissolve(request: PageRequest, group: Group, form: Form) -> object:
    on = form.day("on") or today()
    form.raise_if_invalid()
    return await groups.dissolve(
        group.id,
        expected_version=form.expected_version(),
        on=on,
        reason=form.text("reason"),
        by=request.actor,
    )


async def _merge(request: PageRequest, group: Group, form: Form) -> object:
    on = form.day("on") or today()
    into = await read_group(request, form, "into", required=True)
    form.raise_if_invalid()
    if into is None:
        raise ValidationFailed({"into": Message("Choose an active group.")})
    reason = form.text("reason")
    return await groups.merge(
        group.id, expected_version=form.expected_version(), into=into, on=on, reason=reason, by=request.actor
    )


_REASON_INPUT: Final = Input("reason", _("Reason"), kind="long")
_SINCE_INPUT: Final = Input(
    "on", _("Since"), kind="day", size="short", required=False, hint=_("Leave empty for today")
)

ACTIONS: Final = Actions[Group](
    path="/admin/groups",
    load=load,
    back=lambda group: f"/admin/groups/{group.id}",
    actions=(
        Action(
            name="resumption",
            label=groups.RESUME.label,
            right=groups.RESUME.right,
            can=groups.RESUME.can,
            run=_resume,
            flash=_("Status changed to Active."),
        ),
        Action(
            name="pause",
            label=groups.PAUSE.label,
            explanation=_("The group is inactive for a while and can be reactivated."),
            right=groups.PAUSE.right,
            can=groups.PAUSE.can,
            run=_pause,
            flash=_("Status changed to Paused."),
            inputs=(_SINCE_INPUT, _REASON_INPUT),
        ),
        Action(
            name="merger",
            label=groups.MERGE.label,
            explanation=_("The group ends; its records are kept."),
            right=groups.MERGE.right,
            can=groups.MERGE.can,
            run=_merge,
            flash=_("Group merged."),
            inputs=(
                Input(
                    "into",
                    _("The group that continues"),
                    kind="group",
                    hint=_("Enter the code or part of the name"),
                ),
                _SINCE_INPUT,
                _REASON_INPUT,
            ),
            needs_confirmation=True,
        ),
        Action(
            name="dissolution",
            label=groups.DISSOLVE.label,
            explanation=_("The group ends; it accepts no new members or activities."),
            right=groups.DISSOLVE.right,
            can=groups.DISSOLVE.can,
            run=_dissolve,
            flash=_("Group dissolved."),
            inputs=(_SINCE_INPUT, _REASON_INPUT),
            needs_confirmation=True,
        ),
    ),
)
