"""Programmes: the list, one programme with its history, the form to add or edit one, and its end."""

from typing import Final

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.nouns.pages import DraftForm, Pages
from admin.kit.request import Visit
from records.core.days import today
from records.core.language import mark as _
from records.core.rights import Right, may
from records.nouns import programmes
from records.nouns.programmes import NOUN, ProgrammeDraft
from records.tables import Programme

_PATH: Final = f"/admin/{NOUN.path}"


async def _load(visit: Visit) -> Programme:
    return await PAGES.load(visit)


async def _end(visit: Visit, programme: Programme, form: Form) -> object:
    on = form.day("on") or today()
    form.done()
    return await programmes.end(programme.id, seen=form.seen(), on=on, by=visit.actor)


ACTIONS: Final = Actions[Programme](
    path=_PATH,
    load=_load,
    title=lambda programme: programme.name,
    back=lambda programme: f"{_PATH}/{programme.id}",
    actions=(
        Action(
            name="end",
            label=_("End the programme"),
            right=Right.PROGRAMMES_MANAGE,
            can=programmes.can_end,
            do=_end,
            said="record-saved",
            inputs=(
                Input(
                    "on",
                    _("Ended on"),
                    kind="day",
                    size="short",
                    required=False,
                    hint=_("Leave empty for today"),
                ),
            ),
            grave=True,
        ),
    ),
)

PAGES: Final = Pages[Programme, ProgrammeDraft](
    noun=NOUN,
    path=_PATH,
    columns=("host_id", "area_id", "started_on", "ended_on"),
    search=_("Name or code"),
    form=DraftForm(
        draft=ProgrammeDraft,
        create=lambda visit, draft: programmes.create(draft, by=visit.actor),
        may_create=Right.PROGRAMMES_MANAGE,
        edit=lambda visit, row, draft: programmes.edit(row.id, draft, seen=row.version, by=visit.actor),
        can_edit=lambda actor, _row: may(actor, Right.PROGRAMMES_MANAGE),
        heading=_("Add a programme"),
    ),
    actions=ACTIONS,
)
