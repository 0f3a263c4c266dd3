"""What the records know of a group's year, and how far a year's reviews have come."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.dates import today
from records.nouns import activities, groups, members, reviews, tips
from records.nouns.activities import ActivityDraft
from records.nouns.members import MemberDraft
from records.nouns.reviews import Evidence, Side
from records.tables import Group, HandDown, Organisation, Outline
from records.tables.activities import ActivityKind, OutlineStatus
from records.tables.groups import MemberRole
from records.tables.organisations import OrganisationKind
from records.tables.reviews import Measure
from records.tables.tips import OutcomeKind
from tests.admin.forms import some_tip
from tests.nouns.activities import group
from tests.nouns.reviews import card, draft

MakeActor = Callable[..., Awaitable[Actor]]
BY = system_actor("test")
HERE, YEAR = "29905", today().year


async def meet(about: Group, day: date, present: int | None) -> None:
    kind = ActivityKind.QUARTERLY_MEETING
    given = ActivityDraft(kind, day, 30, None, group_id=about.id, households_present=present)
    await activities.record(given, by=BY)


async def hand_down(about: Group, sent: date) -> None:
    office = await Organisation.create(
        name=f"Đơn vị mẫu {sent}", folded="", kind=OrganisationKind.POLICE, area_id=about.area_id
    )
    outline = await Outline.create(
        code=f"DC-{sent}",
        edition=1,
        title="Đề cương mẫu",
        body="Mẫu",
        folded="",
        organisation_id=office.id,
        status=OutlineStatus.PUBLISHED,
        issued_on=sent,
    )
    at = datetime(sent.year, sent.month, sent.day, 12, tzinfo=UTC)
    await HandDown.create(
        outline_id=outline.id, sender_id=office.id, group_id=about.id, area_id=about.area_id, sent_at=at
    )


async def test_evidence_counts_meetings_and_households(staff_actor: MakeActor) -> None:
    about, officer = await group(HERE, households=40), await staff_actor(Role.OFFICER, HERE)
    await meet(about, date(2024, 12, 31), 1)
    found = await reviews.evidence(about, 2025, by=officer)
    assert found[Measure.MEETINGS] == Evidence(0, 4)
    assert found[Measure.HOUSEHOLDS] is None
    for day, present in ((date(2025, 1, 5), 30), (date(2025, 2, 5), 35), (date(2025, 7, 5), None)):
        await meet(about, day, present)
    found = await reviews.evidence(about, 2025, by=officer)
    assert found[Measure.MEETINGS] == Evidence(2, 4)
    assert found[Measure.HOUSEHOLDS] == Evidence(32, 40)


async def test_evidence_counts_outlines_of_the_year(staff_actor: MakeActor) -> None:
    about, officer = await group(HERE), await staff_actor(Role.OFFICER, HERE)
    assert (await reviews.evidence(about, 2025, by=officer))[Measure.OUTLINES] is None
    for sent in (date(2024, 5, 1), date(2025, 5, 1), date(2025, 6, 1)):
        await hand_down(about, sent)
    await meet(about, date(2025, 5, 2), 20)
    meeting = await activities.visible_to(BY).first()
    assert meeting is not None
    (first, *_) = await HandDown.filter(sent_at__year=2025).order_by("sent_at")
    await HandDown.filter(id=first.id).update(activity_id=meeting.id, received_at=first.sent_at)
    assert (await reviews.evidence(about, 2025, by=officer))[Measure.OUTLINES] == Evidence(1, 2)


async def test_evidence_counts_true_tips_for_those_who_read_tips(staff_actor: MakeActor) -> None:
    about = await group(HERE)
    for kind in (OutcomeKind.ARREST, OutcomeKind.UNFOUNDED, None):
        row = await some_tip()
        await type(row).filter(id=row.id).update(group_id=about.id)
        if kind is not None:
            row = await tips.start_verifying(row.id, expected_version=row.version, by=BY)
            outcomes = [tips.OutcomeDraft(kind)]
            await tips.close(row.id, expected_version=row.version, outcomes=outcomes, note="", by=BY)
    officer, front = await staff_actor(Role.OFFICER, HERE), await staff_actor(Role.FRONT, HERE)
    assert (await reviews.evidence(about, YEAR, by=officer))[Measure.TIPS] == Evidence(1, 3)
    assert (await reviews.evidence(about, YEAR - 1, by=officer))[Measure.TIPS] == Evidence(0, 0)
    assert Measure.TIPS not in await reviews.evidence(about, YEAR, by=front)


async def test_evidence_counts_leaders_at_end_of_year(staff_actor: MakeActor) -> None:
    about, front = await group(HERE), await staff_actor(Role.FRONT, HERE)
    for role, joined in ((MemberRole.HEAD, 2020), (MemberRole.DEPUTY, 2025), (MemberRole.MEMBER, 2020)):
        await members.join(about.id, MemberDraft("Người mẫu", role, date(joined, 6, 1)), by=BY)
    counted = {
        year: (await reviews.evidence(about, year, by=front))[Measure.LEADERS] for year in (2024, 2025)
    }
    assert counted == {2024: Evidence(1, 3), 2025: Evidence(2, 3)}


async def test_evidence_is_hidden_when_group_has_moved_away(staff_actor: MakeActor) -> None:
    about, front = await group("30244"), await staff_actor(Role.FRONT, HERE)
    assert await reviews.evidence(about, 2025, by=front) == {}


@pytest.fixture
async def campaign(database: str) -> list[Group]:
    """Groups of two communes: one scored, one signed, one untouched, and one that only begins later."""
    criteria = await card()
    there = [await group("29905"), await group("29905"), await group("30244"), await group("30244")]
    await Group.filter(id=there[3].id).update(founded_on=date(2030, 1, 1))
    given = draft(criteria, "50", "30", "20")
    await reviews.record(there[0].id, 2025, given, by=BY)
    row = await reviews.record(there[1].id, 2025, given, by=BY)
    for version, side in enumerate(Side, start=1):
        await reviews.sign(
            row.id, side, expected_version=version, on=date(2025, 12, 1), by=replace(BY, name="Mẫu")
        )
    return there


async def test_progress_is_counted_by_commune(campaign: list[Group], staff_actor: MakeActor) -> None:
    found = await reviews.progress(await staff_actor(Role.COMMANDER, "82"), 2025)
    assert (found.groups, found.scored, found.signed) == (3, 2, 1)
    parts = {one.area.code: (one.groups, one.scored, one.signed) for one in found.areas if one.area}
    assert parts == {"29905": (2, 2, 1), "30244": (1, 0, 0)}


async def test_progress_shows_own_areas_only(campaign: list[Group], staff_actor: MakeActor) -> None:
    found = await reviews.progress(await staff_actor(Role.FRONT, "30244"), 2025)
    assert (found.groups, found.scored, len(found.areas)) == (1, 0, 1)


async def test_ended_group_counts_in_years_with_review(campaign: list[Group], staff_actor: MakeActor) -> None:
    chief = await staff_actor(Role.COMMANDER, "82")
    for about in (campaign[0], campaign[2]):
        await groups.dissolve(about.id, expected_version=1, on=today(), reason="Mẫu", by=chief)
    assert (await reviews.progress(chief, 2025)).groups == 2
    assert {one.id for one in await reviews.due(chief, 2025)} == set()


async def test_due_leaves_out_groups_founded_later(campaign: list[Group], staff_actor: MakeActor) -> None:
    chief = await staff_actor(Role.COMMANDER, "82")
    assert {one.id for one in await reviews.due(chief, 2025)} == {campaign[2].id}
