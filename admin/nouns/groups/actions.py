"""Actions on a group: pausing, resuming, linking, dissolving and merging."""

from typing import Final

from admin.kit.forms.inputs import REASON_INPUT, Input, day_input
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.request import PageRequest
from records.changes.rows import find
from records.core.actor import Actor
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import groups
from records.nouns.assignments import group_links
from records.tables import Group


async def load(request: PageRequest) -> Group:
    """The group of the path, with the names that it refers to. Raises `NotFound` or `PermissionDenied`."""
    group = await find(groups.NOUN, groups.visible_to(request.actor), request.id)
    await group.fetch_related("area__parent", "programme")
    return group


_SINCE_INPUT: Final = day_input(_("Since"))


def _is_open(_actor: Actor, group: Group) -> bool:
    return group.status in groups.OPEN


ACTIONS: Final = Actions[Group](
    path="/admin/groups",
    load=load,
    back=lambda group: f"/admin/groups/{group.id}",
    actions=(
        Action(
            "resumption",
            groups.RESUME,
            Verb(groups.resume),
            flash=_("Status changed to Active."),
        ),
        Action(
            "pause",
            groups.PAUSE,
            Verb(groups.pause),
            explanation=_("The group is inactive for a while and can be reactivated."),
            flash=_("Status changed to Paused."),
            inputs=(_SINCE_INPUT, REASON_INPUT),
        ),
        Action(
            "link",
            Rule(_("Link a group"), Right.GROUPS_EDIT, _is_open),
            Verb(group_links.link, versioned=False),
            explanation=_("A Zalo or Facebook group is linked with a self-governing group."),
            flash=_("Groups linked."),
            inputs=(
                Input(
                    "group",
                    _("The other group"),
                    kind="group",
                    hint=_("Enter the code or part of the name"),
                ),
                _SINCE_INPUT,
            ),
        ),
        Action(
            "merger",
            groups.MERGE,
            Verb(groups.merge),
            explanation=_("The group ends; its records are kept."),
            flash=_("Group merged."),
            inputs=(
                Input(
                    "into",
                    _("The group that continues"),
                    kind="group",
                    hint=_("Enter the code or part of the name"),
                ),
                _SINCE_INPUT,
                REASON_INPUT,
            ),
            needs_confirmation=True,
        ),
        Action(
            "dissolution",
            groups.DISSOLVE,
            Verb(groups.dissolve),
            explanation=_("The group ends; it accepts no new members or activities."),
            flash=_("Group dissolved."),
            inputs=(_SINCE_INPUT, REASON_INPUT),
            needs_confirmation=True,
        ),
    ),
)
