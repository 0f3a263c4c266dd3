"""Areas: the tree of a day, and one area with its names, its origin, what it became and who works there."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.nouns.pages import Pages
from admin.kit.pages import render
from admin.kit.pickers import area_choices, area_code
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.areas.actions import ACTIONS, PATH, load
from records.areas.areas import search
from records.areas.scope import areas_within, in_areas
from records.core.dates import today
from records.core.rights import Right, check_right, has_right
from records.nouns import areas, tips
from records.nouns.areas import AreaDraft
from records.tables import Area, Assignment, Group
from records.tables.areas import AreaKind

_MAX_FOUND: Final = 50
_PAGES: Final = Pages[Area, AreaDraft](noun=areas.NOUN, path=PATH, actions=ACTIONS, loader=load)
# What the template shows in a way of its own.
_SHOWN: Final = frozenset({"name", "code", "kind", "parent_id", "valid_from", "valid_to"})


@dataclass(frozen=True)
class Node:
    """An area in the tree: how many lie below it, those shown, and the address that shows or hides them."""

    area: Area
    count: int
    href: str
    below: list["Node"] = field(default_factory=list)


async def index(request: PageRequest) -> Response:
    """The areas of a day: as a tree, opened level by level, or those that match the search."""
    check_right(request.actor, Right.AREAS_READ)
    form = Form(request.http_request.query_params)
    text, on = form.search_text("q"), form.day("day") or today()
    found, nodes = None, []
    if text.strip() and not form.problems:
        matches = search(text, on).filter(areas_within(request.actor)).prefetch_related("parent")
        found = await matches.limit(_MAX_FOUND)
    else:
        nodes = await _tree(request, on, form.id("open"))
    return render(
        request,
        "nouns/areas/index.html",
        block="results",
        status=422 if form.problems else 200,
        path=PATH,
        form=form,
        on=on,
        found=found,
        nodes=nodes,
        is_today=on == today(),
    )


async def _tree(request: PageRequest, on: date, opened: UUID | None) -> list[Node]:
    tops = await areas.roots(on, by=request.actor)
    shown = await _opened(request, opened) if opened or len(tops) != 1 else {tops[0].id}
    return await _nodes(request, on, tops, shown)


async def _opened(request: PageRequest, area_id: UUID | None) -> set[UUID]:
    """The area that is open, and those around it."""
    shown = set()
    while area_id and (area := await areas.visible_to(request.actor).get_or_none(id=area_id)):
        shown.add(area.id)
        area_id = area.parent_id
    return shown


async def _nodes(request: PageRequest, on: date, rows: list[Area], shown: Collection[UUID]) -> list[Node]:
    counts = await areas.child_counts([row.id for row in rows], on, by=request.actor)
    nodes = []
    for row in rows:
        is_open = row.id in shown
        target = row.parent_id if is_open else row.id
        below = await areas.children_of([row.id], on, by=request.actor) if is_open else []
        nodes.append(
            Node(
                row,
                counts.get(row.id, 0),
                request.url_with(open=str(target) if target else None),
                await _nodes(request, on, below, shown) if below else [],
            )
        )
    return nodes


async def show(request: PageRequest) -> Response:
    """One area, past or present."""
    area = await load(request)
    last = area.valid_to - timedelta(days=1) if area.valid_to else today()
    return await _PAGES.record(
        request,
        area,
        "nouns/areas/show.html",
        without=_SHOWN,
        code=area_code(area),
        names=await areas.names_of(area),
        origin_rows=await areas.origins_of(area),
        successors=await areas.successors_of(area),
        children=await areas.children_of([area.id], min(last, today()), by=request.actor),
        assignments=await _assignments(request, area),
        groups=await _groups(request, area),
        open_groups=await areas.open_groups_in([area.id], by=request.actor).count()
        if has_right(request.actor, Right.GROUPS_READ)
        else None,
        open_tips=await _open_tips(request, area),
    )


async def _assignments(request: PageRequest, area: Area) -> list[Assignment] | None:
    """Who looks after a hamlet; None for a wider area, and where this person may not see it."""
    if area.kind is not AreaKind.HAMLET or not has_right(request.actor, Right.ASSIGNMENTS_READ):
        return None
    return await areas.assignments_in([area.id], by=request.actor).select_related("staff", "area")


async def _groups(request: PageRequest, area: Area) -> list[Group]:
    """The open groups of a hamlet; of a wider area the list of groups shows them."""
    if area.kind is not AreaKind.HAMLET or not has_right(request.actor, Right.GROUPS_READ):
        return []
    return await areas.open_groups_in([area.id], by=request.actor).order_by("name_key", "id")


async def _open_tips(request: PageRequest, area: Area) -> int | None:
    if not has_right(request.actor, Right.TIPS_READ):
        return None
    return await tips.unfinished(tips.visible_to(request.actor).filter(in_areas([area.id]))).count()


ROUTES: Final = (
    *page_at("/admin/areas", get=index),
    *page_at("/admin/areas/choices", get=area_choices),
    *page_at("/admin/areas/{id:uuid}", get=show),
)
