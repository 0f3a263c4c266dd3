import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from records.access import partners, staff
from records.areas import areas
from records.areas.scope import in_areas
from records.core.actor import Role, Scope, system_actor
from records.core.dates import month_of, today
from records.core.language import Language, label
from records.core.search import filter_by_search
from records.core.settings import Settings
from records.database.connect import connected_task, connection_arguments
from records.delivery import webhooks
from records.demo import DemoCredentials, load_demo
from records.demo.oversight import REPORTER
from records.demo.people import STAFF
from records.metrics import cells
from records.nouns import groups, tips
from records.nouns.reviews import ReviewStatus, status_of
from records.privacy import reveals
from records.tables import (
    Activity,
    AuditEntry,
    EducationCase,
    EducationSubject,
    Enquiry,
    Figure,
    Group,
    GroupLink,
    HandDown,
    Member,
    Organisation,
    Outline,
    Programme,
    Reveal,
    Review,
    ReviewPoint,
    Staff,
    Tip,
    TipEvent,
)
from records.tables.delivery import DeliveryProblem
from records.tables.groups import GroupKind, GroupStatus
from records.tables.metrics import Qualifier
from records.tables.organisations import DatePrecision
from records.tables.privacy import RevealState
from records.tables.reviews import ReviewClass
from records.tables.tips import TipStatus

Q = Qualifier


class Loaded(NamedTuple):
    url: str
    demo: DemoCredentials
    again: DemoCredentials | None
    announced: list[str]


@pytest.fixture(scope="module")
async def loaded(server_url: str, template: str) -> AsyncIterator[Loaded]:
    """A database with the demonstration, which was asked for twice."""
    name = f"ketnoi_demo_{uuid4().hex[:12]}"
    await _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    settings = Settings(Path("var"), "127.0.0.1", 8000).with_database_url(url)
    announced: list[str] = []
    demo = await load_demo(settings, announce=lambda: announced.append("loading"))
    assert demo is not None
    again = await load_demo(settings, announce=lambda: announced.append("again"))
    yield Loaded(url, demo, again, announced)
    await _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(**connection_arguments(url))
    await connection.execute(statement)
    await connection.close()


async def test_demo_loads_once(loaded: Loaded) -> None:
    assert loaded.again is None
    assert loaded.announced == ["loading"]
    async with connected_task(loaded.url, max_size=2):
        assert await Staff.all().count() == len(Role)
        assert await Group.all().count() == 298


def test_demo_json_holds_sign_ins_and_keys_only(loaded: Loaded) -> None:
    told = loaded.demo.as_json("http://127.0.0.1:8000")
    assert list(told) == ["url", "staff", "partners"]
    assert {tuple(who) for who in told["staff"]} == {("username", "password", "role", "areas")}
    assert {tuple(who) for who in told["partners"]} == {("name", "key", "scopes", "areas")}


async def test_demo_has_sign_in_for_each_role(loaded: Loaded) -> None:
    assert sorted(who.role for who in loaded.demo.staff) == sorted(Role)
    officer = next(who for who in loaded.demo.staff if who.role == Role.OFFICER)
    front = next(who for who in loaded.demo.staff if who.role == Role.FRONT)
    assert officer.areas == ["29905"]
    assert front.areas == ["30244", "30253", "30259"]
    async with connected_task(loaded.url, max_size=2):
        for who in loaded.demo.staff:
            assert await staff.sign_in(who.username, who.password, staff.SignInOrigin()) is not None


async def test_demo_first_partner_may_do_everything_in_province(loaded: Loaded) -> None:
    first, second = loaded.demo.partners
    assert set(first.scopes) == set(Scope)
    assert set(second.scopes) == {Scope.GROUPS_READ, Scope.METRICS_READ}
    async with connected_task(loaded.url, max_size=2):
        for key, code in ((first, "82"), (second, "29905")):
            actor = await partners.actor_of_key(key.key)
            assert actor is not None
            assert actor.scopes == set(key.scopes)
            assert actor.areas == frozenset({(await areas.resolve_reference(code)).id})


async def test_demo_figures_match_article_with_qualifiers(
    loaded: Loaded,
) -> None:
    async with connected_task(loaded.url, max_size=2):
        figures = await Figure.all().select_related("area", "indicator", "organisation")
    found = {
        (figure.area.code, figure.indicator.code): (
            *(figure.value, figure.qualifier, figure.source_text, figure.period_text),
            figure.organisation.name,
        )
        for figure in figures
    }
    sa_dec, chau_thanh = "Công an TP Sa Đéc", "Công an huyện Châu Thành"
    assert found == {
        ("867", "reported.groups"): (37, Q.EXACT, "37", "đến nay", sa_dec),
        ("867", "reported.members"): (666, Q.EXACT, "666", "đến nay", sa_dec),
        ("867", "reported.tips"): (None, Q.HUNDREDS, "hàng trăm", "đến nay", sa_dec),
        ("877", "reported.groups"): (1000, Q.OVER, "trên 1.000", "đến nay", chau_thanh),
        ("877", "reported.members"): (40000, Q.NEARLY, "gần 40.000", "đến nay", chau_thanh),
        ("877", "reported.crime_change"): (85, Q.ABOUT, "khoảng 85%", "đến nay", chau_thanh),
        ("877", "reported.outreach"): (1500, Q.OVER, "trên 1.500", "5 năm", chau_thanh),
        ("877", "reported.attendance"): (68000, Q.NEARLY, "gần 68.000", "5 năm", chau_thanh),
        ("877", "reported.education"): (676, Q.EXACT, "676", "5 năm", chau_thanh),
        ("877", "reported.tips"): (600, Q.OVER, "trên 600", "5 năm", chau_thanh),
    }
    assert len(figures) == len(found)


async def test_demo_figures_leave_unknown_days_empty(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        figures = await Figure.all()
    assert {(row.period_from, row.period_to, row.source_on) for row in figures} == {(None, None, None)}


async def test_demo_programmes_have_hosts_and_first_month(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        rows = await Programme.all().order_by("started_on").select_related("host", "partner", "area")
    found = [(row.host.name, row.partner and row.partner.name, row.area.code, row.started_on) for row in rows]
    assert found == [
        ("Công an huyện Châu Thành", "Ủy ban MTTQ huyện Châu Thành", "877", date(2018, 8, 1)),
        ("Công an TP Sa Đéc", None, "867", date(2019, 4, 1)),
    ]
    assert {row.started_precision for row in rows} == {DatePrecision.MONTH}


async def test_demo_district_police_end_before_their_districts(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        rows = await Organisation.filter(name__in=["Công an TP Sa Đéc", "Công an huyện Châu Thành"])
        rows = [await Organisation.get(id=row.id).select_related("area") for row in rows]
    assert {row.active_to for row in rows} == {date(2025, 3, 1)}
    assert {row.area.valid_to for row in rows} == {date(2025, 7, 1)}


async def test_demo_groups_are_found_by_name_without_accents(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        district = await areas.resolve_reference("877")
        visible = groups.visible_to(system_actor("test")).filter(in_areas([district.id]))
        names = [group.name async for group in filter_by_search(visible, "tan phu")]
    assert names
    assert all("Tân Phú" in name for name in names)


async def test_demo_tips_show_all_statuses_and_match_timeline(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        rows = await Tip.all()
        for tip in rows:
            events = await TipEvent.filter(tip_id=tip.id).order_by("at", "id")
            moves = [event for event in events if event.to_status is not None]
            for before, move in pairwise(moves):
                assert before.to_status is not None
                assert move.from_status is before.to_status
                assert move.to_status in tips.NOUN.following(before.to_status)
            assert moves[0].at == tip.received_at
            assert moves[-1].to_status is tip.status
            assert tip.closed_at in {None, moves[-1].at}
    assert {tip.status for tip in rows} == set(TipStatus)
    assert any(tip.extended for tip in rows)
    assert any(tip.partner_id and tip.external_ref for tip in rows)


async def test_demo_tips_are_closed_in_many_months_as_cells_count(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        closed = [tip.closed_at for tip in await Tip.filter(status=TipStatus.CLOSED)]
        assert await cells.matches_rows()
    months = {month_of(moment.date()) for moment in closed if moment is not None}
    assert len(months) > 12
    assert min(months) < date(2024, 6, 1)


async def test_demo_has_records_of_all_nouns(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        assert {group.status for group in await Group.all()} == set(GroupStatus)
        assert await GroupLink.all().count() == 8 + 34 * 2
        assert {bool(row.answer) for row in await Enquiry.all()} == {True, False}
        assert await Outline.filter(issued_on__isnull=True).count() == 1
        assert await HandDown.filter(activity_id__isnull=False).exists()
        assert len({(row.held_on.year, row.held_on.month) for row in await Activity.all()}) > 12
        assert {row.closed_on is None for row in await EducationCase.all()} == {True, False}


async def test_demo_programmes_have_groups_and_members_of_article(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        zalo = await Group.filter(kind=GroupKind.ZALO)
        members = await Member.filter(group_id__in=[group.id for group in zalo]).count()
        chau_thanh = [(await areas.resolve_reference(code)).id for code in ("30244", "30253", "30259")]
        in_programme = await Group.filter(in_areas(chau_thanh), kind=GroupKind.SELF_GOVERNING).count()
        a_year_ago = today() - timedelta(days=365)
        recent = await Activity.filter(held_on__gte=a_year_ago).values_list("group_id", flat=True)
    assert (len(zalo), members, sum(group.stated_members or 0 for group in zalo)) == (37, 666, 666)
    assert in_programme == 200
    assert len(set(recent)) > 200


async def test_demo_reviews_add_up_to_total_and_class(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        reviews = await Review.all().select_related("scorecard")
        for review in reviews:
            points = [row.points for row in await ReviewPoint.filter(review_id=review.id)]
            given = [one for one in points if one is not None]
            assert review.total == sum(given)
            assert (review.review_class is None) is (len(given) < len(points))
            if review.review_class is None:
                continue
            bounds: list[tuple[Any, str]] = [
                (review.scorecard.excellent_from, "EXCELLENT"),
                (review.scorecard.good_from, "GOOD"),
                (review.scorecard.fair_from, "FAIR"),
                (Decimal(0), "WEAK"),
            ]
            assert review.review_class == next(name for least, name in bounds if review.total >= least)
    assert {review.year for review in reviews if review.signed_on} == set(range(2024, today().year + 1))
    assert {status_of(review) for review in reviews} == set(ReviewStatus) - {ReviewStatus.AWAITING_POLICE}
    assert {review.review_class for review in reviews} == {*ReviewClass, None}


async def test_demo_names_no_real_person(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        members = await Member.all()
        assert members
        assert all(re.fullmatch(r"Người mẫu \d+", member.name) for member in members)
        assert all("mẫu" in row.name for row in await Staff.all())
        assert all("(mẫu)" in row.name for row in await Group.all())
        assert all("mẫu" in row.title for row in await Tip.all())
        assert not await EducationSubject.exists()
        # Those whom one may ask to see.
        assert await Tip.filter(anonymous=False).count() == 3
    assert "mẫu" in REPORTER.name
    assert not REPORTER.phone


async def test_demo_audit_names_demonstration_staff(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        actions = {entry.action for entry in await AuditEntry.all()}
        names = {entry.actor_name for entry in await AuditEntry.filter(noun="tip")}
    assert {"groups.create", "tips.submit", "tips.close", "tips.reopen", "figures.report"} <= actions
    assert names == {
        *("Chỉ huy mẫu", "Cảnh sát khu vực mẫu", "Hệ thống tỉnh (mẫu)"),
        "Cán bộ quản lý dữ liệu niêm phong mẫu",
    }


async def test_demo_has_something_for_those_who_protect_and_run_it(loaded: Loaded) -> None:
    async with connected_task(loaded.url, max_size=2):
        asked = await Reveal.all().order_by("asked_at")
        assert {reveals.state(row) for row in asked} == {
            *(RevealState.LIVE, RevealState.REFUSED, RevealState.WAITING)
        }
        assert [row.looks for row in asked] == [1, 0, 0]
        assert all("(mẫu)" in row.motive for row in asked)
        task = system_actor("test")
        (failing,) = await webhooks.failing(task)
        assert "mẫu" in failing.description
        assert (await webhooks.last_problems([failing.id]))[failing.id][0] is DeliveryProblem.CONNECTION
        assert await partners.expiring_keys(task).count() == 1


@pytest.mark.parametrize("role", [Role.ANALYST, Role.CUSTODIAN, Role.AUDITOR])
def test_demo_staff_are_named_by_role_when_glossary_has_it(role: Role) -> None:
    (name,) = [name for _username, name, held, _areas in STAFF if held is role]
    assert name == f"{label(Language.VI, role)} mẫu"
