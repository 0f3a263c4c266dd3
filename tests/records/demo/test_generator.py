from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise.transactions import in_transaction

from records.areas import areas
from records.core.actor import system_actor
from records.core.dates import LOCAL, formal_deadline, midnight, to_local_date, today
from records.core.errors import Conflict, ValidationFailed
from records.core.settings import Settings
from records.core.text import normalize_for_search, sort_key
from records.database.connect import connected_task, connection_arguments
from records.demo import generate_into
from records.demo.generator import Plan, WrittenCounts
from records.metrics import cells
from records.metrics.catalogue import category_id
from records.nouns import tips
from records.nouns.tips import FINAL, TipDraft
from records.tables import Activity, AreaReach, AuditEntry, Group, Tip, TipEvent, TipOutcome
from records.tables.groups import GroupKind, GroupStatus
from records.tables.tips import Channel, LegalKind, TipEventKind, TipStatus

PLAN = Plan(groups=50, tips=500, years=2, until=date(2026, 3, 10), seed=7)
MANY = replace(PLAN, groups=200, tips=4000)
TABLES = (
    *("groups", "group_links", "activities", "tips", "tip_events", "tip_outcomes"),
    "counters",
)

NewDatabase = Callable[[], Awaitable[str]]


@pytest.fixture(scope="module")
async def new_database(server_url: str, template: str) -> AsyncIterator[NewDatabase]:
    made = []

    async def make() -> str:
        name = f"ketnoi_demo_{uuid4().hex[:12]}"
        await _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))

    yield make
    for name in made:
        await _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
async def empty_database(new_database: NewDatabase) -> str:
    """A database for tests that may write nothing."""
    return await new_database()


@pytest.fixture(scope="module")
async def province(new_database: NewDatabase) -> str:
    """A database with the rows of MANY."""
    url = await new_database()
    await _fill(url, MANY)
    return url


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(**connection_arguments(url))
    await connection.execute(statement)
    await connection.close()


async def _fill(url: str, plan: Plan, *, add: bool = False) -> WrittenCounts:
    settings = Settings(Path("var"), "127.0.0.1", 8000).with_database_url(url)
    return await generate_into(settings, plan, add=add, progress=lambda _tips: None)


async def _digests(url: str) -> dict[str, str]:
    async with connected_task(url, max_size=2), in_transaction("default") as connection:
        found = {}
        for table in TABLES:
            rows = await connection.execute_query_dict(
                f"SELECT md5(string_agg(row::text, '|' ORDER BY row::text)) AS digest FROM {table} AS row"
            )
            found[table] = rows[0]["digest"]
        # The key of a cell is a running number: what the cell says is the rest of it.
        rows = await connection.execute_query_dict(
            "SELECT md5(string_agg(cell::text, '|' ORDER BY cell::text)) AS digest FROM"
            " (SELECT indicator_id, area_id, month, value FROM metric_cells) AS cell"
        )
        return {**found, "metric_cells": rows[0]["digest"]}


async def test_generator_repeats_rows_with_same_seed_only(
    new_database: NewDatabase,
) -> None:
    first, second, third = [await new_database() for _ in range(3)]
    written = await _fill(first, PLAN)
    assert (written.groups, written.tips) == (50, 500)
    assert await _fill(second, PLAN) == written
    await _fill(third, replace(PLAN, seed=8))
    digests = await _digests(first)
    assert None not in digests.values()
    assert await _digests(second) == digests
    others = await _digests(third)
    assert all(others[table] != digests[table] for table in digests if table != "counters")


async def test_generated_tips_match_their_timeline(province: str) -> None:
    async with connected_task(province, max_size=2):
        stories: defaultdict[UUID, list[TipEvent]] = defaultdict(list)
        for event in await TipEvent.all().order_by("at", "id"):
            stories[event.tip_id].append(event)
        rows = {tip.id: tip for tip in await Tip.all()}
    assert len(rows) == MANY.tips
    for tip in rows.values():
        story = stories[tip.id]
        moves = [event for event in story if event.to_status is not None]
        assert moves[0].kind is TipEventKind.SUBMITTED
        assert moves[0].at == tip.received_at
        for before, move in pairwise(moves):
            assert before.to_status is not None
            assert move.from_status is before.to_status
            assert move.to_status in tips.NOUN.following(before.to_status)
        assert moves[-1].to_status is tip.status
        assert tip.closed_at == (moves[-1].at if tip.status in FINAL else None)
        assert tip.first_response_at == (moves[1].at if len(moves) > 1 else None)
        assert all(event.at < midnight(MANY.until) for event in story)
        if tip.duplicate_of_id is not None:
            original = rows[tip.duplicate_of_id]
            assert original.status is not TipStatus.DUPLICATE
            assert original.received_at <= tip.received_at
            told = [event.note for event in stories[original.id] if event.kind is TipEventKind.MERGED]
            assert tip.code in told


async def test_generated_outcomes_belong_to_closed_tips(province: str) -> None:
    async with connected_task(province, max_size=2):
        closings = Counter(await TipEvent.filter(kind=TipEventKind.CLOSED).values_list("tip_id", flat=True))
        outcomes = Counter(await TipOutcome.all().values_list("tip_id", flat=True))
        reopened = await TipEvent.filter(kind=TipEventKind.REOPENED).count()
    assert outcomes == closings
    assert reopened > 0


async def test_generated_tips_are_closed_when_old_and_open_when_fresh(province: str) -> None:
    async with connected_task(province, max_size=2):
        old = await Tip.filter(received_at__lt=midnight(MANY.until - timedelta(days=60))).all()
        fresh = await Tip.filter(received_at__gt=midnight(MANY.until - timedelta(days=2))).all()
    assert sum(tip.status is TipStatus.CLOSED for tip in old) > len(old) * 0.8
    assert {TipStatus.REJECTED, TipStatus.DUPLICATE, TipStatus.VERIFYING} < {tip.status for tip in old}
    assert sum(tip.status in FINAL for tip in fresh) < len(fresh) / 2
    assert TipStatus.RECEIVED in {tip.status for tip in fresh}


async def test_generated_formal_tips_have_legal_deadline(province: str) -> None:
    async with connected_task(province, max_size=2):
        rows = await Tip.exclude(legal_kind=LegalKind.SOURCE)
    assert rows
    assert any(tip.extended for tip in rows)
    for tip in rows:
        assert tip.due_at is not None
        assert (tip.due_at == formal_deadline(tip.received_at)) is not tip.extended


async def test_generated_tips_come_unevenly(province: str) -> None:
    async with connected_task(province, max_size=2):
        rows = await Tip.all()
    moments = [tip.received_at.astimezone(LOCAL) for tip in rows]
    months = Counter((moment.year, moment.month) for moment in moments)
    whole = [count for (year, month), count in months.items() if (year, month) not in {(2024, 3), (2026, 3)}]
    assert len(whole) == 23
    assert max(whole) > 1.3 * min(whole)
    hours = Counter(moment.hour for moment in moments)
    assert hours[19] > 3 * hours[3]
    zalo = [tip.received_at for tip in rows if tip.channel is Channel.ZALO]
    middle = midnight(date(2025, 3, 10))
    assert sum(moment > middle for moment in zalo) > 1.3 * sum(moment < middle for moment in zalo)
    places = Counter(tip.place.rpartition(", ")[2] for tip in rows).most_common()
    assert len(places) > 90
    assert places[0][1] > 4 * places[-1][1]


async def test_generated_tip_lies_in_area_of_its_time(province: str) -> None:
    async with connected_task(province, max_size=2):
        inside = set(
            await AreaReach.filter(ancestor_id=(await areas.resolve_reference("82")).id).values_list(
                "area_id", flat=True
            )
        )
        rows = await Tip.all().select_related("area")
    for tip in rows:
        day = to_local_date(tip.received_at)
        assert tip.area_id in inside
        assert tip.area.valid_from <= day
        assert tip.area.valid_to is None or day < tip.area.valid_to


async def test_generated_groups_have_7_to_127_households(province: str) -> None:
    async with connected_task(province, max_size=2):
        rows = await Group.all()
    home = [group for group in rows if group.kind is GroupKind.SELF_GOVERNING]
    assert all(group.households is not None and 7 <= group.households <= 127 for group in home)
    assert all(group.stated_members is not None for group in rows)
    assert len(rows) * 0.9 < sum(group.status is GroupStatus.ACTIVE for group in rows) < len(rows)
    assert all("(mẫu)" in group.name for group in rows)
    communes = Counter(group.area_id for group in rows).most_common()
    assert communes[0][1] > 3 * communes[-1][1]


async def test_generated_search_columns_match_verbs(province: str) -> None:
    async with connected_task(province, max_size=2):
        groups, found = await Group.all(), await Tip.all()
    assert all(group.folded == normalize_for_search(f"{group.code} {group.name}") for group in groups)
    assert all(group.name_key == sort_key(group.name) for group in groups)
    assert all(tip.folded == normalize_for_search(f"{tip.title} {tip.place} {tip.body}") for tip in found)


async def test_generated_groups_meet_at_most_once_per_quarter(province: str) -> None:
    async with connected_task(province, max_size=2):
        meetings = await Activity.filter(kind="QUARTERLY_MEETING").select_related("group")
    assert meetings
    quarters = Counter((row.group_id, row.held_on.year, (row.held_on.month - 1) // 3) for row in meetings)
    assert max(quarters.values()) == 1
    for row in meetings:
        group = row.group
        assert group is not None
        assert group.founded_on is not None
        assert group.founded_on <= row.held_on <= (group.inactive_on or MANY.until)


async def test_generated_cells_equal_count_of_rows(province: str) -> None:
    async with connected_task(province, max_size=2):
        assert await cells.matches_rows()


async def test_generated_tip_numbers_are_continued_by_next_tip(fresh_database: str) -> None:
    await _fill(fresh_database, replace(PLAN, until=today()))
    series = f"TB-{today().year}-"
    async with connected_task(fresh_database, max_size=2):
        codes = [tip.code for tip in await Tip.filter(code__startswith=series)]
        draft = TipDraft(
            title="Tin mẫu",
            category_id=category_id("OTHER"),
            channel=Channel.PHONE,
            area_id=(await areas.resolve_reference("29905")).id,
        )
        tip = await tips.submit(draft, by=system_actor("test"))
    assert sorted(codes) == [f"{series}{number:06d}" for number in range(1, len(codes) + 1)]
    assert tip.code == f"{series}{len(codes) + 1:06d}"


async def test_generation_adds_one_audit_entry(province: str) -> None:
    async with connected_task(province, max_size=2):
        (entry,) = await AuditEntry.all()
    assert entry.action == "demo.generate"
    assert entry.after == {"groups": 200, "tips": 4000, "years": 2, "until": "2026-03-10", "seed": 7}


async def test_generator_adds_to_existing_rows_only_when_told(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await _fill(url, PLAN)
    before = await _digests(url)
    with pytest.raises(Conflict, match="CONFLICT"):
        await _fill(url, replace(PLAN, seed=8))
    with pytest.raises(Conflict, match="CONFLICT"):
        await _fill(url, PLAN, add=True)
    assert await _digests(url) == before
    await _fill(url, replace(PLAN, seed=8), add=True)
    async with connected_task(url, max_size=2):
        assert await Group.all().count() == 100
        assert await Tip.all().count() == 1000
        assert await cells.matches_rows()


@pytest.mark.parametrize(
    ("field", "plan"),
    [
        ("groups", replace(PLAN, groups=-1)),
        ("groups", replace(PLAN, groups=2_000_001)),
        ("tips", replace(PLAN, tips=-1)),
        ("tips", replace(PLAN, tips=20_000_001)),
        ("years", replace(PLAN, years=0)),
        ("years", replace(PLAN, years=51)),
        ("until", replace(PLAN, until=date(9999, 1, 1))),
    ],
)
async def test_generator_names_plan_out_of_bounds_and_writes_nothing(
    empty_database: str, field: str, plan: Plan
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await _fill(empty_database, plan)
    assert set(refused.value.problems) == {field}
    async with connected_task(empty_database, max_size=2):
        assert not await Group.exists()
        assert not await AuditEntry.exists()


def test_plan_has_first_day_when_it_ends_on_leap_day() -> None:
    assert replace(PLAN, until=date(2024, 2, 29), years=1).start == date(2023, 2, 28)
