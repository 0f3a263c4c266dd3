"""Groups: the list, one group with its members, tips and history, and the form to record or correct one."""

from collections import Counter
from typing import Final

from starlette.responses import Response
from tortoise.functions import Count

from admin.kit.nouns.drafts import DraftForm
from admin.kit.nouns.filters import tick_filter
from admin.kit.nouns.lists import CHANGED, Sort
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.removal import Removal
from admin.kit.nouns.tables import Cell
from admin.kit.pickers import area_choice, group_choices
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.activities.quarters import GroupQuarters, group_quarters, meeting_text
from admin.nouns.groups import people
from admin.nouns.groups.actions import ACTIONS
from admin.nouns.groups.timeline import timeline
from admin.nouns.hand_downs.pages import state_cell
from admin.nouns.reviews.pages import reviews_of
from records.core.dates import today
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.nouns import activities, assignments, groups, hand_downs, reviews, tips
from records.nouns.groups import GroupDraft
from records.tables import Activity, Group, HandDown
from records.tables.groups import GroupKind
from records.tables.tips import TipStatus

# What the template shows in a way of its own, and the id of a group at Zalo or Facebook.
_SHOWN: Final = frozenset(
    {"code", "name", "status", "inactive_on", "ended_on", "merged_into_id"}
    | {"area_id", "stated_members", "stated_on", "external_url", "external_id"}
)
_MAX_HAND_DOWNS: Final = 5


async def show(request: PageRequest) -> Response:
    """One group; a removed one is shown only to those who may restore it."""
    group = await PAGES.find(request)
    here = group.deleted_at is None
    return await PAGES.record(
        request,
        group,
        "nouns/groups/show.html",
        without=_SHOWN,
        area=area_choice(group.area),
        merged_into=await groups.visible_to(request.actor).get_or_none(id=group.merged_into_id),
        may_submit_tip=here and has_right(request.actor, Right.TIPS_SUBMIT),
        **await people.context(request, group, here=here),
        tip_counts=await _tip_counts(request, group),
        statuses=list(TipStatus),
        quarters=await _quarters(request, group),
        last_meeting=await _last_meeting(request, group),
        timeline=await timeline(request, group) if here else [],
        hand_downs=await _hand_downs(request, group),
        meeting_text=meeting_text(request, today())
        if _may_work(request, group, Right.ACTIVITIES_RECORD)
        else "",
        reviews=await reviews_of(request, group),
        may_review=_may_work(request, group, Right.REVIEWS_RECORD),
    )


async def _quarters(request: PageRequest, group: Group) -> GroupQuarters | None:
    """The quarters of the group; None where this person may see no meetings, or the group holds none."""
    if group.kind is not GroupKind.SELF_GOVERNING or not has_right(request.actor, Right.ACTIVITIES_READ):
        return None
    return await group_quarters(request, group)


async def _hand_downs(request: PageRequest, group: Group) -> list[tuple[HandDown, Cell]] | None:
    """The latest outlines handed down to the group, and how far each has come.

    None where this person may see no outlines.
    """
    if not has_right(request.actor, Right.OUTLINES_READ):
        return None
    latest = hand_downs.visible_to(request.actor).filter(group_id=group.id).order_by("-sent_at")
    rows = await latest.limit(_MAX_HAND_DOWNS).prefetch_related("outline")
    return [(row, state_cell(request, row)) for row in rows]


def _may_work(request: PageRequest, group: Group, right: Right) -> bool:
    """Whether this person has `right`, and the group is a self-governing one that has not ended."""
    is_open = group.deleted_at is None and group.status in groups.OPEN
    return is_open and group.kind is GroupKind.SELF_GOVERNING and has_right(request.actor, right)


async def _last_meeting(request: PageRequest, group: Group) -> Activity | None:
    """The latest meeting of the group; None where there is none, or this person may see no meetings."""
    if not has_right(request.actor, Right.ACTIVITIES_READ):
        return None
    return (
        await activities.visible_to(request.actor)
        .filter(group_id=group.id)
        .order_by("-held_on", "-id")
        .first()
    )


async def _tip_counts(request: PageRequest, group: Group) -> Counter[TipStatus] | None:
    """How many tips the group passed on, by status; None where this person may not see tips."""
    if not has_right(request.actor, Right.TIPS_READ):
        return None
    rows = tips.visible_to(request.actor).filter(group_id=group.id).annotate(tips=Count("id"))
    counted = await rows.group_by("status").values_list("status", "tips")
    return Counter({TipStatus(status): number for status, number in counted})


PAGES: Final = Pages[Group, GroupDraft](
    noun=groups.NOUN,
    path="/admin/groups",
    columns=("kind", "area_id", "status", "households", "stated_members"),
    filters=(
        tick_filter(
            "unmet",
            _("No meeting this quarter"),
            lambda request, rows: rows.filter(activities.has_not_met(request.actor, today())),
            can=lambda actor: has_right(actor, Right.ACTIVITIES_READ),
        ),
        tick_filter(
            "unreviewed",
            _("No review this year"),
            lambda request, rows: rows.filter(reviews.is_due(request.actor, today().year)),
            can=lambda actor: has_right(actor, Right.REVIEWS_READ),
        ),
        tick_filter(
            "vacant",
            _("Without an officer"),
            lambda request, rows: rows.filter(assignments.is_vacant_group(request.actor)),
            can=lambda actor: has_right(actor, Right.ASSIGNMENTS_READ),
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
    search=_("Code or name"),
    empty=_("No groups match these filters."),
    form=DraftForm(
        draft=GroupDraft,
        create=lambda request, draft: groups.create(draft, by=request.actor),
        may_create=Right.GROUPS_CREATE,
        edit=lambda request, row, draft: groups.edit(
            row.id, draft, expected_version=row.version, by=request.actor
        ),
        can_edit=lambda actor, _row: has_right(actor, Right.GROUPS_EDIT),
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
        field_groups=(("stated_members", "stated_on"),),
        initial=lambda _request: {"kind": GroupKind.SELF_GOVERNING},
        created=_("Group added."),
        saved=_("Group saved."),
    ),
    actions=ACTIONS,
    removal=Removal(
        right=Right.GROUPS_REMOVE,
        removed=lambda actor: groups.visible_to(actor, removed=True),
        remove=groups.remove,
        restore=groups.restore,
    ),
    show=show,
)

ROUTES: Final = page_at("/admin/groups/choices", get=group_choices)
