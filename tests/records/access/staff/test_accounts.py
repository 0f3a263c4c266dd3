import hashlib
import unicodedata
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from records.access import staff
from records.access.staff import SignInOrigin, authentication, sessions
from records.core.actor import ActorKind, Role, system_actor
from records.core.dates import now
from records.core.errors import NotFound, ValidationFailed
from records.tables import AuditEntry, Session, Staff, StaffArea
from records.tables.staff import AuthenticationStrength
from tests.conftest import area_ids

TASK = system_actor("test")
PASSWORD = "một mật khẩu đủ dài"
HERE = SignInOrigin(address="192.0.2.1", device="Firefox, Linux")


async def somebody(username: str = "mau-01", **given: Any) -> Staff:
    values: dict[str, Any] = {
        "name": "Cán bộ mẫu",
        "password": PASSWORD,
        "role": Role.OFFICER,
        "areas": await area_ids("29905"),
        "by": TASK,
    }
    return await staff.create(username=username, **(values | given))


async def token_of(username: str = "mau-01", password: str = PASSWORD) -> str:
    begun = await staff.sign_in(username, password, HERE)
    assert begun is not None
    assert begun.session is not None
    return begun.token


async def moved(token: str, **moments: datetime) -> None:
    """Makes the session older than it is."""
    await Session.filter(token_hash=hashlib.sha256(token.encode()).digest()).update(**moments)


async def test_sign_in_gives_actor_with_role_and_areas(database: str) -> None:
    areas = await area_ids("29905", "30244", "29905")
    row = await somebody(areas=areas, role=Role.COMMANDER)
    live = await staff.authenticate(await token_of())
    assert live is not None
    assert (live.staff.id, live.session.staff_id) == (row.id, row.id)
    assert (live.actor.kind, live.actor.id, live.actor.role) == (ActorKind.STAFF, row.id, Role.COMMANDER)
    assert live.actor.areas == frozenset(areas)
    assert live.actor.scopes == frozenset()
    assert await StaffArea.filter(staff_id=row.id).count() == 2


@pytest.mark.parametrize(
    "username", ["MAU-01", " mau-01 ", unicodedata.normalize("NFD", "HẰNG"), "hằng", "mau-\x0001"]
)
async def test_username_is_read_however_typed(database: str, username: str) -> None:
    await somebody()
    await somebody("Hằng")
    assert await staff.sign_in(username, PASSWORD, HERE) is not None


async def test_password_is_equal_in_any_unicode_form(database: str) -> None:
    await somebody(password=unicodedata.normalize("NFD", PASSWORD))
    assert await staff.sign_in("mau-01", unicodedata.normalize("NFC", PASSWORD), HERE) is not None
    assert await staff.sign_in("mau-01", unicodedata.normalize("NFD", PASSWORD), HERE) is not None


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("mau-01", PASSWORD.upper()),
        ("mau-01", f"{PASSWORD} "),
        ("mau-01", ""),
        ("mau-01", "\x00\ud800"),
        ("mau-02", PASSWORD),
        ("", PASSWORD),
        ("\x00", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
)
async def test_sign_in_fails_when_username_or_password_is_wrong(
    database: str, username: str, password: str
) -> None:
    await somebody()
    assert await staff.sign_in(username, password, HERE) is None
    assert await Session.all().count() == 0


def test_sign_in_hashes_as_long_when_username_is_unknown() -> None:
    hasher = PasswordHasher()
    with pytest.raises(VerifyMismatchError):
        hasher.verify(authentication._DUMMY_HASH, PASSWORD)
    assert not hasher.check_needs_rehash(authentication._DUMMY_HASH)


async def test_tokens_and_passwords_are_stored_as_hashes(database: str) -> None:
    row = await somebody()
    token = await token_of()
    session = await Session.get(staff_id=row.id)
    assert session.token_hash == hashlib.sha256(token.encode()).digest()
    assert row.password_hash.startswith("$argon2id$")
    live = await staff.authenticate(token)
    assert live is not None
    assert len(token) == 43  # 256 bits
    assert token not in live.form_token
    assert len(live.form_token) == 64
    told = str(await AuditEntry.filter(row_id=row.id).values("before", "after"))
    assert row.password_hash not in told
    assert PASSWORD not in told


@pytest.mark.parametrize("token", ["", "x", "\x00", "đ" * 43])
async def test_session_is_refused_when_token_is_unknown(database: str, token: str) -> None:
    await somebody()
    await token_of()
    assert await staff.authenticate(token) is None


async def test_session_ends_when_idle_for_two_hours(database: str) -> None:
    await somebody()
    token = await token_of()
    await moved(token, seen_at=now() - staff.IDLE_TIMEOUT + timedelta(minutes=1))
    assert await staff.authenticate(token) is not None
    # Having been seen just now, it goes on.
    session = await Session.get()
    assert now() - session.seen_at < timedelta(minutes=1)
    await moved(token, seen_at=now() - staff.IDLE_TIMEOUT - timedelta(seconds=1))
    assert await staff.authenticate(token) is None


async def test_session_ends_after_twelve_hours(database: str) -> None:
    await somebody()
    token = await token_of()
    session = await Session.get()
    assert session.expires_at - session.seen_at == staff.ABSOLUTE_TIMEOUT == timedelta(hours=12)
    await moved(token, expires_at=now() - timedelta(seconds=1))
    assert await staff.authenticate(token) is None


def test_session_limits_are_as_documented() -> None:
    """docs/reference/sign-in.md."""
    limits = (staff.IDLE_TIMEOUT, staff.ABSOLUTE_TIMEOUT, staff.REAUTHENTICATION_LIFETIME)
    assert limits == (timedelta(hours=2), timedelta(hours=12), timedelta(minutes=10))


@pytest.mark.parametrize(("seconds", "written"), [(30, False), (90, True)])
async def test_session_last_seen_is_stored_once_per_minute(
    database: str, seconds: int, written: bool
) -> None:
    await somebody()
    token = await token_of()
    before = now() - timedelta(seconds=seconds)
    await moved(token, seen_at=before)
    assert await staff.authenticate(token) is not None
    assert ((await Session.get()).seen_at != before) is written


async def test_session_last_seen_stays_when_another_is_used(database: str) -> None:
    await somebody()
    one, other = await token_of(), await token_of()
    before = now() - timedelta(minutes=5)
    await Session.all().update(seen_at=before)
    assert await staff.authenticate(one) is not None
    session = await Session.get(token_hash=hashlib.sha256(other.encode()).digest())
    assert session.seen_at == before


async def test_sign_out_ends_that_session_only(database: str) -> None:
    await somebody()
    one, other = await token_of(), await token_of()
    await staff.sign_out(one)
    assert await staff.authenticate(one) is None
    assert await staff.authenticate(other) is not None
    await staff.sign_out("khong-co")
    assert await Session.filter(ended_at__isnull=True).count() == 1


async def test_new_password_ends_all_sessions_and_replaces_old_one(database: str) -> None:
    await somebody()
    await somebody("mau-02")
    tokens = [await token_of(), await token_of()]
    other = await token_of("mau-02")
    await staff.set_password("MAU-01", "một mật khẩu khác hẳn", by=TASK)
    assert [await staff.authenticate(token) for token in tokens] == [None, None]
    assert await staff.authenticate(other) is not None
    assert await staff.sign_in("mau-01", PASSWORD, HERE) is None
    assert await staff.sign_in("mau-01", "một mật khẩu khác hẳn", HERE) is not None


async def test_deactivation_ends_sessions_and_prevents_sign_in(database: str) -> None:
    row = await somebody()
    token = await token_of()
    await staff.deactivate("mau-01", by=TASK)
    assert await staff.authenticate(token) is None
    assert await staff.sign_in("mau-01", PASSWORD, HERE) is None
    assert (await Staff.get(id=row.id)).deleted_at is None
    for attempt in (staff.deactivate("khong-co", by=TASK), staff.set_password("khong-co", PASSWORD, by=TASK)):
        with pytest.raises(NotFound):
            await attempt


async def test_session_is_refused_when_account_is_deactivated(database: str) -> None:
    row = await somebody()
    token = await token_of()
    await Staff.filter(id=row.id).update(active=False)
    assert await staff.authenticate(token) is None


async def test_session_is_refused_when_account_is_removed(
    database: str,
) -> None:
    row = await somebody()
    token = await token_of()
    await Staff.filter(id=row.id).update(deleted_at=now())
    assert await staff.authenticate(token) is None


async def test_accounts_work_in_their_own_areas_only(database: str) -> None:
    await somebody(areas=await area_ids("29905"))
    await somebody("mau-02", areas=await area_ids("30244"))
    for username, code in (("mau-01", "29905"), ("mau-02", "30244")):
        live = await staff.authenticate(await token_of(username))
        assert live is not None
        assert live.actor.areas == frozenset(await area_ids(code))
        assert live.actor.name == "Cán bộ mẫu"


async def test_username_is_unique_in_any_case(database: str) -> None:
    await somebody()
    with pytest.raises(ValidationFailed) as wrong:
        await somebody("MAU-01")
    assert set(wrong.value.problems) == {"username"}
    assert await Staff.all().count() == 1


async def test_new_account_reports_all_problems_at_once(database: str) -> None:
    with pytest.raises(ValidationFailed) as wrong:
        # As it is stored, "ß" takes two letters.
        await somebody("ß" * 31, name=" ", email="x" * 201, password="x" * 14, areas=[])
    assert set(wrong.value.problems) == {"username", "name", "email", "password", "areas"}
    with pytest.raises(ValidationFailed) as wrong:
        await somebody(password="x" * 201)
    assert set(wrong.value.problems) == {"password"}
    await somebody()
    with pytest.raises(ValidationFailed):
        await staff.set_password("mau-01", "x" * 14, by=TASK)
    assert await staff.sign_in("mau-01", PASSWORD, HERE) is not None
    assert await Staff.all().count() == 1


async def test_last_seen_is_given_for_requested_accounts(database: str) -> None:
    first, second, third = [await somebody(f"mau-0{number}") for number in (1, 2, 3)]
    moment = now()
    for person, minutes in ((first, 30), (first, 5), (first, 20), (second, 40), (third, 1)):
        _token, session = await sessions.start(person, AuthenticationStrength.ONE, "Firefox, Linux")
        await Session.filter(id=session.id).update(seen_at=moment - timedelta(minutes=minutes))
    never = await somebody("mau-04")
    assert await sessions.last_seen([first.id, second.id, never.id]) == {
        first.id: moment - timedelta(minutes=5),
        second.id: moment - timedelta(minutes=40),
    }


async def test_session_keeps_earlier_proof_when_started_with_it(database: str) -> None:
    earlier = now() - timedelta(minutes=9)
    _token, session = await sessions.start(
        await somebody(), AuthenticationStrength.ONE, "Firefox, Linux", proved_at=earlier
    )
    assert (await Session.get(id=session.id)).proved_at == earlier
