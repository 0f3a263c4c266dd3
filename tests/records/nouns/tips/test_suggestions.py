"""What is offered first in the form of a new tip."""

from collections.abc import Awaitable, Callable

from records.core.actor import Actor, Role
from records.core.dates import today
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.nouns.tips import TipDraft
from records.tables import Assignment
from records.tables.groups import AssignmentKind
from records.tables.tips import Channel
from tests.conftest import area_ids

MakeActor = Callable[..., Awaitable[Actor]]


async def look_after(actor: Actor, *areas: str) -> None:
    for area in areas:
        (area_id,) = await area_ids(area)
        await Assignment.create(
            kind=AssignmentKind.AREA_OFFICER, staff_id=actor.id, area_id=area_id, starts_on=today()
        )


async def received(by: Actor, area: str, category: str, channel: Channel = Channel.PHONE) -> None:
    (area_id,) = await area_ids(area)
    await tips.submit(TipDraft("Tin mẫu", category_id(category), channel, area_id), by=by)


async def test_suggestions_begin_with_busiest_own_area(
    staff_actor: MakeActor,
) -> None:
    officer = await staff_actor(Role.OFFICER, "82")
    await look_after(officer, "29905", "30244")
    await received(officer, "29905", "THEFT")
    for category in ("DRUGS", "GAMBLING", "DRUGS"):
        await received(officer, "30244", category, Channel.ZALO)
    suggestions = await tips.suggest(officer)
    assert [area.code for area in suggestions.areas] == ["30244", "29905"]
    assert suggestions.category_ids == [category_id("DRUGS"), category_id("GAMBLING")]
    assert suggestions.channels == [Channel.ZALO]


async def test_suggestions_are_of_own_commune_when_nobody_is_assigned(staff_actor: MakeActor) -> None:
    officer, commander = await staff_actor(Role.OFFICER, "29905"), await staff_actor(Role.COMMANDER, "82")
    assert [area.code for area in (await tips.suggest(officer)).areas] == ["29905"]
    assert (await tips.suggest(commander)).areas == []


async def test_suggestions_leave_out_assigned_area_when_outside_scope(staff_actor: MakeActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    await look_after(officer, "30244")
    assert [area.code for area in (await tips.suggest(officer)).areas] == ["29905"]
