"""Groups: the list, one group with its members, tips and history, and the form to record or correct one."""

from collections import Counter
from typing import Final

from starlette.responses import Response
from tortoise.functions import Count

from admin.kit import history
from admin.kit.nouns.filters import tick_filter
from admin.kit.nouns.lists import CHANGED, Sort
from admin.kit.nouns.pages import DraftForm, Pages
from admin.kit.pages import page
from admin.kit.pickers import area_choice
from admin.kit.request import Visit
from admin.nouns.groups.actions import ACTIONS, can_restore, load
from records.core.errors import NotFound
from records.core.language import mark as _
from records.core.rights import Right, may
from records.nouns import groups, members, tips
from records.nouns.groups import GroupDraft
from records.tables import Group, Member
from records.tables.groups import GroupKind
from records.tables.tips import TipStatus

# What the template shows in a way of its own, and the id of a group at Zalo or Facebook.
_SHOWN: Final = frozenset(
    {"code", "name", "status", "inactive_on", "ended_on", "merged_into_id"}
    | {"area_id", "stated_members", "stated_on", "external_url", "external_id"}
)


async def show(visit: Visit) -> Response:
    """One group; one that was taken out is shown only to those who may bring it back."""
    try:
        group = await load(visit)
    except NotFound:
        if not may(visit.actor, Right.GROUPS_REMOVE):
            raise
        group = await load(visit, removed=True)
    here = group.deleted_at is None
    return page(
        visit,
        "nouns/groups/show.html",
        block="record",
        into="#record",
        up="/admin/groups",
        up_title=visit._("Groups"),
        title=group.name,
        path=f"/admin/groups/{group.id}",
        row=group,
        area=area_choice(group.area),
        facts=PAGES.facts(visit, group, without=_SHOWN),
        merged_into=await groups.visible_to(visit.actor).get_or_none(id=group.merged_into_id),
        offers=ACTIONS.offers(visit, group) if here else [],
        may_edit=here and may(visit.actor, Right.GROUPS_EDIT),
        may_restore=can_restore(visit.actor, group),
        may_submit_tip=here and may(visit.actor, Right.TIPS_SUBMIT),
        roster=await _roster(visit, group) if here else None,
        tip_counts=await _tip_counts(visit, group),
        statuses=list(TipStatus),
        history=await history.entries(visit, group),
    )


async def _roster(visit: Visit, group: Group) -> list[Member] | None:
    """Who is in the group now; None where this person may not see members."""
    if not may(visit.actor, Right.MEMBERS_READ):
        return None
    return await (await members.of_group(visit.actor, group.id)).filter(left_on__isnull=True)


async def _tip_counts(visit: Visit, group: Group) -> Counter[TipStatus] | None:
    """How many tips the group passed on, by status; None where this person may not see tips."""
    if not may(visit.actor, Right.TIPS_READ):
        return None
    rows = tips.visible_to(visit.actor).filter(group_id=group.id).annotate(tips=Count("id"))
    counted = await rows.group_by("status").values_list("status", "tips")
    return Counter({TipStatus(status): number for status, number in counted})


PAGES: Final = Pages[Group, GroupDraft](
    noun=groups.NOUN,
    path="/admin/groups",
    columns=("kind", "area_id", "status", "households", "stated_members"),
    filters=(
        tick_filter(
            "removed",
            _("Removed records"),
            lambda visit, _rows: groups.visible_to(visit.actor, removed=True),
            can=lambda actor: may(actor, Right.GROUPS_REMOVE),
        ),
        "kind",
        "status",
        "programme_id",
        "area_id",
    ),
    sorts=(
        Sort("name", _("Name A to Z"), "name_key"),
        Sort("name-back", _("Name Z to A"), "name_key", descending=True),
        CHANGED,
    ),
    search=_("Name or code"),
    empty=_("No groups match these filters."),
    form=DraftForm(
        draft=GroupDraft,
        create=lambda visit, draft: groups.create(draft, by=visit.actor),
        may_create=Right.GROUPS_CREATE,
        edit=lambda visit, row, draft: groups.edit(row.id, draft, seen=row.version, by=visit.actor),
        can_edit=lambda actor, _row: may(actor, Right.GROUPS_EDIT),
        heading=_("Add a group"),
        rows=(
            ("name",),
            ("code", "kind"),
            ("area",),
            ("programme",),
            ("founded_on", "households"),
            ("stated_members", "stated_on"),
            ("external_url",),
            ("external_id",),
        ),
        together=(("stated_members", "stated_on"),),
        initial=lambda _visit: {"kind": GroupKind.SELF_GOVERNING},
        said="group",
    ),
    actions=ACTIONS,
    loaded=load,
    show=show,
)
