"""Programmes: the list, one programme with its history, the form to add or edit one, and its end."""

from typing import Final

from admin.kit.forms.inputs import REASON_INPUT, day_input
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.pages import Pages
from admin.kit.request import PageRequest
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns.catalogues import programmes
from records.nouns.catalogues.programmes import NOUN, ProgrammeDraft
from records.tables import Programme

_PATH: Final = f"/admin/{NOUN.path}"


async def _load(request: PageRequest) -> Programme:
    programme = await programmes.find(request.id, by=request.actor)
    await programme.fetch_related("host", "partner", "area__parent")
    return programme


ACTIONS: Final = Actions[Programme](
    path=_PATH,
    load=_load,
    may=programmes.can_manage,
    title=lambda programme: programme.name,
    back=lambda programme: f"{_PATH}/{programme.id}",
    actions=(
        Action(
            "end",
            Rule(_("End the programme"), Right.PROGRAMMES_MANAGE, programmes.can_end),
            Verb(programmes.end),
            explanation=_("Groups keep it; no other group can choose it. It can be reopened."),
            flash=_("Saved."),
            inputs=(day_input(_("Ended on")), REASON_INPUT),
            needs_confirmation=True,
        ),
        Action(
            "reopening",
            Rule(_("Reopen the programme"), Right.PROGRAMMES_MANAGE, programmes.can_reopen),
            Verb(programmes.reopen),
            flash=_("Saved."),
            inputs=(REASON_INPUT,),
        ),
    ),
)

PAGES: Final = Pages[Programme, ProgrammeDraft](
    noun=NOUN,
    path=_PATH,
    columns=("host_id", "area_id", "started_on", "ended_on"),
    search=_("Code or name"),
    form=DraftForm(
        draft=ProgrammeDraft,
        create=lambda request, draft: programmes.create(draft, by=request.actor),
        may_create=Right.PROGRAMMES_MANAGE,
        edit=lambda request, row, draft: programmes.edit(
            row.id, draft, expected_version=row.version, by=request.actor
        ),
        can_edit=programmes.can_manage,
        heading=_("Add a programme"),
    ),
    actions=ACTIONS,
    loader=_load,
)
