"""Who gave a tip: recorded with it or later, sealed at once, and nowhere in clear."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from records.core.actor import Actor, Role, system_actor
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.nouns import tips
from records.nouns.tips import TipDraft
from records.privacy import reporters
from records.privacy.reporters import ReporterDraft
from records.tables import AuditEntry, OutboxEvent, Tip
from records.tables.tips import Channel
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

StaffActor = Callable[..., Awaitable[Actor]]
REPORTER = ReporterDraft(name="Người báo tin mẫu", phone="0912 345 678", address="Số 1, đường mẫu")


async def draft(title: str = "Người lạ mặt (minh họa)") -> TipDraft:
    category = (await tips.categories())[0]
    return TipDraft(title, category.id, Channel.PHONE, (await area_ids("29905"))[0])


async def test_tip_is_stored_with_reporter(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await reporters.submit(await draft(), REPORTER, by=officer)
    assert not tip.anonymous
    assert not (await Tip.get(id=tip.id)).anonymous
    (row,) = await as_owner(database, "SELECT * FROM tip_reporters")
    assert row["tip_id"] == tip.id
    assert row["account"] is None
    for column in ("name", "phone", "address", "phone_index", "data_key"):
        assert len(row[column]) >= 32, column


async def test_tip_is_not_stored_when_reporter_is_wrong(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    with pytest.raises(ValidationFailed) as refusal:
        await reporters.submit(await draft(), ReporterDraft(name="a" * 121, phone="12"), by=officer)
    assert set(refusal.value.problems) == {"name", "phone"}
    assert reporters.problems(ReporterDraft(phone="không phải số")).keys() == {"phone"}
    with pytest.raises(ValidationFailed):
        await reporters.submit(await draft(""), REPORTER, by=officer)
    assert not await Tip.exists()
    assert await as_owner(database, "SELECT * FROM tip_reporters") == []


async def test_reporter_stays_anonymous_when_nothing_is_given(database: str, staff_actor: StaffActor) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await reporters.submit(await draft(), ReporterDraft(name="  ", may_contact=True), by=officer)
    assert tip.anonymous
    assert tip.version == 1
    assert await as_owner(database, "SELECT * FROM tip_reporters") == []


async def test_reporter_is_recorded_once_by_those_who_see_tip(database: str, staff_actor: StaffActor) -> None:
    tip = await tips.submit(await draft(), by=system_actor("test"))
    elsewhere = await staff_actor(Role.OFFICER, "28249")
    with pytest.raises(NotFound):
        await reporters.record(tip.id, REPORTER, by=elsewhere)
    officer = await staff_actor(Role.OFFICER, "29905")
    with pytest.raises(ValidationFailed):
        await reporters.record(tip.id, ReporterDraft(), by=officer)
    assert not (await reporters.record(tip.id, REPORTER, by=officer)).anonymous
    with pytest.raises(Conflict):
        await reporters.record(tip.id, REPORTER, by=officer)
    assert len(await as_owner(database, "SELECT * FROM tip_reporters")) == 1


async def test_history_shows_recorded_reporter_without_identity(
    database: str, staff_actor: StaffActor
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    tip = await tips.submit(await draft(), by=officer)
    await reporters.record(tip.id, REPORTER, by=officer)
    entry = await AuditEntry.filter(row_id=tip.id).order_by("-seq").first()
    assert entry is not None
    assert (entry.before, entry.after) == ({"anonymous": True}, {"anonymous": False})
    assert await OutboxEvent.filter(row_id=tip.id).count() == 2


@pytest.mark.parametrize(
    "typed", ["0912345678", "0912 345 678", "+84 912 345 678", "84912345678", "(091) 234-5678"]
)
async def test_phone_number_is_equal_however_typed(
    database: str, staff_actor: StaffActor, typed: str
) -> None:
    officer = await staff_actor(Role.OFFICER, "29905")
    await reporters.submit(await draft(), REPORTER, by=officer)
    await reporters.submit(await draft(), ReporterDraft(phone=typed), by=officer)
    await reporters.submit(await draft(), ReporterDraft(phone="0912345679"), by=officer)
    (row,) = await as_owner(database, "SELECT count(DISTINCT phone_index) AS n FROM tip_reporters")
    assert row["n"] == 2


@pytest.mark.parametrize("column", ["name", "phone", "account", "address", "data_key"])
async def test_reporter_columns_are_hidden_from_graphql_reads(database: str, column: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_owner(database, f"SET ROLE ketnoi_reader; SELECT {column} FROM tip_reporters")


def test_reporter_draft_hides_its_values() -> None:
    assert repr(REPORTER) == str(REPORTER) == "ReporterDraft(...)"
