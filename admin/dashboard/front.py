"""What the Fatherland Front follows: the year's reviews, groups without a meeting, outlines not discussed."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from tortoise.functions import Count

from admin.dashboard.sections import Line, Section, percent, with_most
from admin.kit.pickers import area_code
from admin.kit.request import PageRequest
from admin.nouns.activities.quarters import quarter_name
from records.areas import areas
from records.core.dates import today
from records.nouns import activities, hand_downs, outlines, reviews
from records.nouns.hand_downs import HandDownProgress
from records.nouns.reviews import ReviewProgress
from records.tables import Area, Outline
from records.tables.activities import OutlineStatus

_LATEST_OUTLINES: Final = 4


async def sections(request: PageRequest) -> list[Section]:
    """How far the groups of these areas have come."""
    progress = await reviews.progress(request.actor, today().year)
    return [_campaign(request, progress), await _meetings(request), await _outlines(request)]


def _campaign(request: PageRequest, progress: ReviewProgress) -> Section:
    year = str(today().year)
    # Ordered by area, so as not to rank people.
    shown = with_most(progress.areas, lambda one: one.groups - one.scored)
    return Section(
        request._("Reviews of {year} by area", year=year),
        [
            Line(
                one.area.name,
                f"/admin/reviews?year={year}&area={area_code(one.area)}",
                number=request._("{done} of {of}", done=one.scored, of=one.groups),
                bar=(
                    ("scored", percent(one.scored, one.groups)),
                    ("signed", percent(one.signed, one.groups)),
                ),
            )
            for one in shown
            if one.area
        ],
        (request._("All reviews of {year}", year=year), f"/admin/reviews?year={year}"),
        request._("No groups here."),
        request._(
            "{scored} of {groups} groups scored, {signed} signed by both sides",
            scored=progress.scored,
            groups=progress.groups,
            signed=progress.signed,
        ),
        legend=(("signed", request._("Signed by both sides")), ("scored", request._("Scored"))),
    )


async def _meetings(request: PageRequest) -> Section:
    counts = await _unmet_by_area(request)
    most = max(counts.values(), default=0)
    places = await Area.filter(id__in=list(counts)).order_by("name_key", "id")
    return Section(
        request._("No meeting yet in {quarter}", quarter=quarter_name(request, today())),
        [
            Line(
                place.name,
                f"/admin/groups?unmet=1&area={area_code(place)}",
                number=request._("Groups: {count}", count=counts[place.id]),
                bar=(("unmet", percent(counts[place.id], most)),),
            )
            for place in with_most(places, lambda place: counts[place.id])
        ],
        (request._("All groups without a meeting this quarter"), "/admin/groups?unmet=1"),
        request._("Every group has met this quarter."),
        request._("Days left: {count}", count=(activities.quarter_of(today())[1] - today()).days),
    )


async def _unmet_by_area(request: PageRequest) -> Mapping[UUID, int]:
    """The groups without a meeting in this quarter by commune; by hamlet where all are in one."""
    grouped = activities.missing(request.actor, today()).annotate(groups=Count("id")).group_by("area_id")
    counted = dict(await grouped.values_list("area_id", "groups"))
    communes = await areas.communes_of(counted)
    if len(set(communes.values())) == 1:
        return counted
    sums: dict[UUID, int] = defaultdict(int)
    for area_id, groups in counted.items():
        sums[communes[area_id]] += groups
    return sums


async def _outlines(request: PageRequest) -> Section:
    published = outlines.visible_to(request.actor).filter(status=OutlineStatus.PUBLISHED)
    rows = await published.order_by("-issued_on", "-id").limit(_LATEST_OUTLINES)
    progress = await hand_downs.by_outline([row.id for row in rows], by=request.actor)
    return Section(
        request._("Outlines not yet discussed"),
        [
            _outline(request, row, progress[row.id])
            for row in rows
            if row.id in progress and progress[row.id].discussed < progress[row.id].sent
        ],
        (request._("All hand-downs that are not discussed"), "/admin/hand-downs?state=ACKNOWLEDGED"),
        request._("The latest outlines are discussed everywhere."),
        request._("Of the {count} latest", count=_LATEST_OUTLINES),
        legend=(("signed", request._("Discussed")), ("scored", request._("Received, not discussed"))),
    )


def _outline(request: PageRequest, row: Outline, progress: HandDownProgress) -> Line:
    return Line(
        row.title,
        f"/admin/outlines/{row.id}",
        number=request._("{done} of {of}", done=progress.discussed, of=progress.sent),
        bar=(
            ("scored", percent(progress.received, progress.sent)),
            ("signed", percent(progress.discussed, progress.sent)),
        ),
    )
