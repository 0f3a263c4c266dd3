"""Programmes: the list, one programme with its history, the form to add or edit one, and its end."""

from typing import Final

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.nouns.pages import DraftForm, Pages
from admin.kit.request import PageRequest
from records.core.dates import today
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns import programmes
from records.nouns.programmes import NOUN, ProgrammeDraft
from records.tables import Programme

_PATH: Final = f"/admin/{NOUN.path}"


async def _load(request: PageRequest) -> Programme:
    programme = await programmes.find(request.id, by=request.actor)
    await programme.fetch_related("host", "partner", "area__parent")
    return programme


async def _end(request: PageRequest, programme: Programme, form: Form) -> object:
    on = form.day("on") or today()
    form.raise_if_invalid()
    return await programmes.end(
        programme.id,
        expected_version=form.expected_version(),
        on=on,
        reason=form.text("reason"),
        by=request.actor,
    )


async def _reopen(request: PageRequest, programme: Programme, form: Form) -> object:
    return await programmes.reopen(
        programme.id,
        expected_version=form.expected_version(),
        reason=form.text("reason"),
        by=request.actor,
    )


_REASON_INPUT: Final = Input("reason", _("Reason"), kind="long")


ACTIONS: Final = Actions[Programme](
    path=_PATH,
    load=_load,
    may=programmes.can_manage,
    title=lambda programme: programme.name,
    back=lambda programme: f"{_PATH}/{programme.id}",
    actions=(
        Action(
            name="end",
            label=_("End the programme"),
            explanation=_("Groups keep it; no other group can choose it. It can be reopened."),
            right=Right.PROGRAMMES_MANAGE,
            can=programmes.can_end,
            run=_end,
            flash=_("Saved."),
            inputs=(
                Input(
                    "on",
                    _("Ended on"),
                    kind="day",
                    size="short",
                    required=False,
                    hint=_("Leave empty for today"),
                ),
                _REASON_INPUT,
            ),
            needs_confirmation=True,
        ),
        Action(
            name="reopening",
            label=_("Reopen the programme"),
            right=Right.PROGRAMMES_MANAGE,
            can=programmes.can_reopen,
            run=_reopen,
            flash=_("Saved."),
            inputs=(_REASON_INPUT,),
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
