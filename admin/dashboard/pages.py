"""The dashboard: what waits, by role; what each role watches; whose hands tips are in, and those received."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import Response

from admin.dashboard import administrator, auditor, counts, custodian, front
from admin.dashboard.months import received_tips
from admin.dashboard.sections import Section
from admin.dashboard.workload import workload
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.core.actor import Role
from records.core.dates import today
from records.core.rights import Right, has_right
from records.nouns import tips
from records.tables import Area, Tip

_MAX_ASSIGNED: Final = 10
_SECTIONS: Final[Mapping[Role, Callable[[PageRequest], Awaitable[list[Section]]]]] = {
    Role.ADMINISTRATOR: administrator.sections,
    Role.FRONT: front.sections,
    Role.CUSTODIAN: custodian.sections,
    Role.AUDITOR: auditor.sections,
}


async def show(request: PageRequest) -> Response:
    """The dashboard of what this user may see."""
    role = request.actor.role
    areas = await Area.filter(id__in=list(request.actor.areas or ())).order_by("name_key")
    found = await counts.counts(request)
    ordered = sorted(found, key=counts.urgency)
    return render(
        request,
        "dashboard/show.html",
        areas=areas,
        counts=ordered,
        menu_counts={
            one.path.partition("?")[0]: (one.text, one.value)
            for one in reversed(found)
            if one.tone != "plain"
        },
        lead=next((one for one in ordered if one.tone != "plain"), None),
        may_submit_tip=has_right(request.actor, Right.TIPS_SUBMIT),
        workload=await workload(request),
        mine=await _assigned_tips(request),
        months=await received_tips(request, areas),
        sections=await _SECTIONS[role](request) if role and role in _SECTIONS else [],
        today=today(),
    )


async def _assigned_tips(request: PageRequest) -> list[Tip] | None:
    """The open tips in this person's hands, the nearest deadline first; None for those who work on none."""
    if not has_right(request.actor, tips.WORK):
        return None
    rows = tips.unfinished(tips.visible_to(request.actor)).filter(assignee_id=request.actor.id)
    result = await rows.order_by("due_at", "received_at").limit(_MAX_ASSIGNED)
    if result:
        await Tip.fetch_for_list(result, "area")
    return result
