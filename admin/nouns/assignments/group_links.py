"""Ending the link between an online group and a self-governing one."""

from typing import Final

from admin.kit.forms.inputs import day_input
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.request import PageRequest
from records.changes.rows import find
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns.assignments import group_links
from records.tables import GroupLink


async def _load(request: PageRequest) -> GroupLink:
    row = await find(group_links.NOUN, group_links.visible_to(request.actor), request.id)
    await row.fetch_related("online", "group")
    return row


ACTIONS: Final = Actions[GroupLink](
    path="/admin/group-links",
    load=_load,
    back=lambda link: f"/admin/groups/{link.group_id}",
    actions=(
        Action(
            "end",
            Rule(_("End the link"), Right.GROUPS_EDIT, lambda _actor, link: link.ended_on is None),
            Verb(group_links.unlink),
            explanation=_("The groups are no longer linked; that they were stays on record."),
            flash=_("Link ended."),
            inputs=(day_input(_("Ended on")),),
        ),
    ),
)

ROUTES: Final = ACTIONS.routes()
