"""Programmes: the list, one programme with its history, the form to add or edit one, and its end."""

from typing import Final

from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.pages import Pages
from admin.kit.request import PageRequest
from admin.nouns.catalogues.ending import ending_actions
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


ACTIONS: Final = ending_actions(
    programmes,
    Right.PROGRAMMES_MANAGE,
    path=_PATH,
    load=_load,
    end=_("End the programme"),
    reopen=_("Reopen the programme"),
    day=_("Ended on"),
    explanation=_("Groups keep it; no other group can choose it. It can be reopened."),
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
