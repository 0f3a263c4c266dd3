"""Organisations: the list, one with what refers to it, the form to add or edit one, and its end."""

from typing import Any, Final

from tortoise.queryset import QuerySet

from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.filters import tick_filter
from admin.kit.nouns.lists import CHANGED, Sort
from admin.kit.nouns.pages import Pages
from admin.kit.request import PageRequest
from admin.nouns.catalogues.ending import ending_actions
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns.catalogues import organisations, programmes
from records.nouns.catalogues.organisations import NOUN, OrganisationDraft
from records.tables import Organisation

_PATH: Final = f"/admin/{NOUN.path}"


async def _load(request: PageRequest) -> Organisation:
    organisation = await organisations.find(request.id, by=request.actor)
    await organisation.fetch_related("parent", "area__parent")
    return organisation


async def _still_in_use(request: PageRequest, organisation: Organisation) -> str:
    """What an organisation that ends leaves behind, if anything."""
    below = organisations.visible_to(request.actor).filter(organisations.ACTIVE, parent_id=organisation.id)
    hosted = (
        await programmes.visible_to(request.actor).filter(programmes.RUNNING, host_id=organisation.id).count()
    )
    count = await below.count()
    if not hosted and not count:
        return ""
    return request._(
        "It hosts {programmes} running programmes, and {organisations} organisations lie below it. "
        "They stay as they are.",
        programmes=hosted,
        organisations=count,
    )


def _active(_request: PageRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(organisations.ACTIVE)


ACTIONS: Final = ending_actions(
    organisations,
    Right.ORGANISATIONS_MANAGE,
    path=_PATH,
    load=_load,
    end=_("End the organisation"),
    reopen=_("Reopen the organisation"),
    day=_("No longer active from"),
    explanation=_("What refers to it keeps it; nothing else can choose it. It can be reopened."),
    warning=_still_in_use,
)

PAGES: Final = Pages[Organisation, OrganisationDraft](
    noun=NOUN,
    path=_PATH,
    columns=("kind", "area_id", "parent_id", "active_to"),
    filters=(tick_filter("active", _("Only those that exist today"), _active), "kind", "area_id"),
    sorts=(Sort("name", _("Name A to Z"), "name_key"), CHANGED),
    search=_("Name"),
    form=DraftForm(
        draft=OrganisationDraft,
        create=lambda request, draft: organisations.create(draft, by=request.actor),
        may_create=Right.ORGANISATIONS_MANAGE,
        edit=lambda request, row, draft: organisations.edit(
            row.id, draft, expected_version=row.version, by=request.actor
        ),
        can_edit=organisations.can_manage,
        heading=_("Add an organisation"),
        rows=(("name",), ("kind", "active_from"), ("area",), ("parent",)),
    ),
    actions=ACTIONS,
    loader=_load,
)
