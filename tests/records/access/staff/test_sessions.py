"""Sessions: who sees and ends them, and how a session proves who uses it."""

from datetime import timedelta

import pytest

from records.access import staff
from records.access.staff import TooManyAttempts, sessions
from records.core.actor import Role
from records.core.dates import now
from records.core.errors import NotFound, ValidationFailed
from records.tables import AuditEntry, Session
from records.tables.staff import AuthenticationStrength
from tests.conftest import area_ids
from tests.records.access.staff.support import (
    ELSEWHERE,
    HOME,
    PASSWORD,
    TASK,
    again,
    begin,
    code_of,
    member,
    no_time_passed,
    somebody,
    with_app,
)


async def test_sessions_are_seen_and_ended_by_owner_only(database: str) -> None:
    await somebody()
    await somebody("mau-02")
    here, there, other = await member(), await member(ELSEWHERE), await member(username="mau-02")
    assert {row.id for row in await sessions.own_sessions(here)} == {here.session.id, there.session.id}
    assert {row.device for row in await sessions.own_sessions(here)} == {"Firefox, Linux", ""}
    with pytest.raises(NotFound):
        await sessions.end(here, other.session.id)
    await sessions.end(here, there.session.id)
    with pytest.raises(NotFound):
        await sessions.end(here, there.session.id)
    assert [row.id for row in await sessions.own_sessions(here)] == [here.session.id]
    assert [row.id for row in await sessions.own_sessions(other)] == [other.session.id]


async def test_session_list_orders_live_sessions_by_last_seen(database: str) -> None:
    await somebody()
    (here, *others) = [await member() for _ in range(6)]
    first, last, idle, late, gone = [other.session.id for other in others]
    moment = now()
    await Session.filter(id=here.session.id).update(seen_at=moment)
    await Session.filter(id=first).update(seen_at=moment + timedelta(seconds=1))
    await Session.filter(id=last).update(seen_at=moment - staff.IDLE_TIMEOUT + timedelta(minutes=1))
    await Session.filter(id=idle).update(seen_at=moment - staff.IDLE_TIMEOUT - timedelta(minutes=1))
    await Session.filter(id=late).update(expires_at=moment - timedelta(seconds=1))
    await sessions.end(here, gone)
    assert [row.id for row in await sessions.own_sessions(here)] == [first, here.session.id, last]


async def test_session_list_has_newest_first_when_seen_at_same_time(database: str) -> None:
    await somebody()
    ids = [(await member()).session.id for _ in range(6)]
    await Session.all().update(seen_at=now())
    assert [row.id for row in await sessions.own_sessions(await member())][1:] == ids[::-1]


async def test_session_end_stays_when_ended_again(database: str) -> None:
    await somebody()
    begun = await begin()
    await staff.sign_out(begun.token)
    ended = (await Session.get()).ended_at
    await staff.sign_out(begun.token)
    assert (await Session.get()).ended_at == ended


async def test_session_stays_when_others_are_ended(database: str) -> None:
    await somebody()
    here = await member()
    await member(ELSEWHERE)
    assert await sessions.end_others(here) == 1
    assert [row.id for row in await sessions.own_sessions(here)] == [here.session.id]


async def test_administrator_ends_all_sessions_of_one_account(database: str) -> None:
    await somebody()
    await somebody("mau-02")
    tokens = [(await begin()).token, (await begin(ELSEWHERE)).token]
    other = (await begin(username="mau-02")).token
    assert await staff.end_sessions(" MAU-01", by=TASK) == 2
    assert [await staff.authenticate(token) for token in tokens] == [None, None]
    assert await staff.authenticate(other) is not None
    with pytest.raises(NotFound):
        await staff.end_sessions("khong-co", by=TASK)


@pytest.mark.parametrize("changed", ["role", "areas"])
async def test_sessions_end_when_rights_change(database: str, changed: str) -> None:
    await somebody()
    token = (await begin()).token
    role = Role.ANALYST if changed == "role" else Role.OFFICER
    areas = await area_ids("30244" if changed == "areas" else "29905")
    await staff.set_rights("mau-01", role=role, areas=areas, by=TASK)
    assert await staff.authenticate(token) is None
    live = await member()
    assert (live.actor.role, live.actor.areas) == (role, frozenset(areas))


async def test_sessions_stay_when_rights_do_not_change(database: str) -> None:
    row = await somebody()
    token = (await begin()).token
    entries = await AuditEntry.filter(row_id=row.id).count()
    await staff.set_rights("mau-01", role=Role.OFFICER, areas=await area_ids("29905"), by=TASK)
    assert await staff.authenticate(token) is not None
    assert await AuditEntry.filter(row_id=row.id).count() == entries


async def test_proof_lasts_ten_minutes_and_changes_token(database: str) -> None:
    await somebody()
    begun = await begin()
    await Session.all().update(proved_at=now() - timedelta(minutes=11))
    live = await staff.authenticate(begun.token)
    assert live is not None
    assert not live.recently_authenticated
    assert await staff.reauthenticate(live, password="x") is None
    token = await staff.reauthenticate(live, password=PASSWORD)
    assert token is not None
    assert await staff.authenticate(begun.token) is None
    again = await staff.authenticate(token)
    assert again is not None
    assert again.recently_authenticated
    assert again.session.id == live.session.id


async def test_password_proof_keeps_session_strength(database: str) -> None:
    await somebody()
    live = await member()
    await Session.all().update(strength=AuthenticationStrength.TWO)
    live = await again(live, await sessions.elevate(await Session.get()))
    assert live.session.strength is AuthenticationStrength.TWO
    token = await sessions.elevate(live.session, strength=AuthenticationStrength.ONE)
    assert len(token) == 43  # 256 bits
    assert (await again(live, token)).session.strength is AuthenticationStrength.ONE


async def test_proof_is_taken_once_when_given_twice_at_once(database: str) -> None:
    await somebody()
    live = await member()
    await sessions.elevate(live.session)
    with pytest.raises(NotFound):
        await sessions.elevate(live.session)


async def test_proof_is_refused_when_session_has_ended(database: str) -> None:
    await somebody()
    live = await member()
    await staff.end_sessions("mau-01", by=TASK)
    with pytest.raises(NotFound):
        await staff.reauthenticate(live, password=PASSWORD)


async def test_proof_guesses_are_throttled_after_five(database: str) -> None:
    await somebody()
    live = await member()
    began = now()
    assert [await staff.reauthenticate(live, password="x") for _ in range(5)] == [None] * 5
    await no_time_passed(since=began)
    with pytest.raises(TooManyAttempts):
        await staff.reauthenticate(live, password=PASSWORD)


async def test_code_proves_identity(database: str) -> None:
    await somebody()
    live = await member()
    secret, _ = await with_app(live)
    assert await staff.reauthenticate(live, code=code_of(secret)) is not None
    assert (await Session.get(id=live.session.id)).strength is AuthenticationStrength.TWO


async def test_own_password_change_keeps_session_under_new_token(database: str) -> None:
    await somebody()
    begun, other = await begin(), await begin(ELSEWHERE)
    live = await staff.authenticate(begun.token)
    assert live is not None
    assert await staff.change_password(live, current="x", new="một câu hoàn toàn khác") is None
    with pytest.raises(ValidationFailed):
        await staff.change_password(live, current=PASSWORD, new="ngắn")
    token = await staff.change_password(live, current=PASSWORD, new="một câu hoàn toàn khác")
    assert token is not None
    assert await staff.authenticate(begun.token) is None
    assert await staff.authenticate(other.token) is None
    assert await staff.authenticate(token) is not None
    assert await staff.sign_in("mau-01", PASSWORD, HOME) is None
