"""Signing in, as the rules have it: throttling, further factors, recovery codes, sessions and rights."""

import asyncio
import hashlib
import time
from datetime import datetime, timedelta
from uuid import uuid4

import pyotp
import pytest

from records.access import staff
from records.access.staff import Begun, Origin, SignedIn, TooMany, challenges, factors, sessions, signing_in
from records.access.staff.challenges import Purpose
from records.core.actor import Actor, Role, system
from records.core.days import now
from records.core.errors import Denied, Invalid, NotFound
from records.security import throttling
from records.security.passwords import is_common
from records.security.sealing import keyring
from records.tables import AuditEntry, Challenge, Factor, RecoveryCode, Session, Staff, Throttle
from records.tables.staff import FactorKind, Strength
from tests.conftest import area_ids

TASK = system("test")
PASSWORD = "một mật khẩu đủ dài"
HOME = Origin(address="192.0.2.1", device="Firefox, Linux")
ELSEWHERE = Origin(address="198.51.100.7")


async def somebody(username: str = "mau-01", role: Role = Role.OFFICER) -> Staff:
    return await staff.create(
        username=username,
        name="Cán bộ mẫu",
        password=PASSWORD,
        role=role,
        areas=await area_ids("29905"),
        by=TASK,
    )


async def begin(origin: Origin = HOME, username: str = "mau-01") -> Begun:
    begun = await staff.sign_in(username, PASSWORD, origin)
    assert begun is not None
    return begun


async def member(origin: Origin = HOME, username: str = "mau-01") -> SignedIn:
    live = await staff.signed_in((await begin(origin, username)).token)
    assert live is not None
    return live


async def with_app(who: SignedIn) -> tuple[str, list[str]]:
    """Gives this person an app, whose next code is unused; its secret, and the recovery codes."""
    secret = factors.new_secret()
    codes = await factors.add_app(who, secret=secret, code=code_of(secret), name="Điện thoại")
    await Factor.all().update(last_step=0)
    return secret, codes


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(time.time())


async def guess(times: int, origin: Origin, username: str = "mau-01") -> list[str]:
    """How each of some wrong passwords is answered, when they come in one moment."""
    answers, began = [], now()
    for _ in range(times):
        try:
            answers.append("wrong" if await staff.sign_in(username, "x", origin) is None else "right")
        except TooMany:
            answers.append("too many")
        await no_time_passed(since=began)
    return answers


async def no_time_passed(since: datetime) -> None:
    """However slow this machine is: what was tried since then is as if it were tried after this."""
    await Throttle.filter(since__gte=since).update(since=now() + timedelta(minutes=1))


async def test_after_five_wrong_passwords_one_has_to_wait_and_ever_longer(database: str) -> None:
    await somebody()
    assert await guess(7, HOME) == ["wrong"] * 5 + ["too many"] * 2
    # Two seconds later one may try again, but then the wait is longer.
    await Throttle.all().update(since=now() - timedelta(seconds=2))
    assert await guess(1, HOME) == ["wrong"]
    await Throttle.filter(tries=6).update(tries=10, since=now() - timedelta(seconds=16))
    assert await guess(1, HOME) == ["too many"]
    await Throttle.filter(tries=10).update(since=now() - timedelta(seconds=32))
    assert await guess(1, HOME) == ["wrong"]
    await Throttle.filter(tries=11).update(tries=30, since=now() - timedelta(minutes=59))
    assert await guess(1, HOME) == ["too many"]
    await Throttle.filter(tries=30).update(since=now() - timedelta(minutes=61))
    assert (await begin()).session is not None
    assert await guess(5, HOME) == ["wrong"] * 5


async def test_a_day_without_a_try_is_forgotten(database: str) -> None:
    await somebody()
    await guess(6, HOME)
    await Throttle.all().update(since=now() - timedelta(days=1, seconds=1))
    assert await guess(6, HOME) == ["wrong"] * 5 + ["too many"]


async def test_a_name_that_nobody_has_is_throttled_as_one_that_somebody_has(database: str) -> None:
    await somebody()
    assert await guess(7, HOME, "khong-co-ai") == await guess(7, ELSEWHERE, "MAU-01 ")


async def test_a_stranger_who_guesses_locks_nobody_out(database: str) -> None:
    await somebody()
    await guess(8, ELSEWHERE)
    assert (await begin(HOME)).session is not None


async def test_a_device_that_is_known_is_not_held_up_even_behind_the_same_address(database: str) -> None:
    await somebody()
    device = (await begin(HOME)).device
    await guess(8, HOME)
    with pytest.raises(TooMany):
        await begin(HOME)
    known = Origin(address=HOME.address, known=device)
    begun = await begin(known)
    assert begun.device == device
    assert await guess(11, known) == ["wrong"] * 10 + ["too many"]


@pytest.mark.parametrize("known", ["", ".", "x.y", "đ.đ", "x." + "0" * 64])
async def test_a_device_that_was_made_up_is_not_known(database: str, known: str) -> None:
    await somebody()
    assert await guess(6, Origin(address="192.0.2.9", known=known)) == ["wrong"] * 5 + ["too many"]


async def test_a_device_is_known_for_its_own_person_alone(database: str) -> None:
    await somebody()
    await somebody("mau-02")
    known = Origin(address="192.0.2.9", known=(await begin(HOME)).device)
    assert await guess(6, known, "mau-02") == ["wrong"] * 5 + ["too many"]


async def test_one_address_may_not_try_many_names(database: str) -> None:
    async def once(name: str) -> str:
        return (await guess(1, ELSEWHERE, name))[0]

    await Throttle.create(key=throttling.per_address(ELSEWHERE.address).key, tries=50, since=now())
    assert await once("ai-do-khac") == "too many"


async def test_tries_at_the_same_time_are_each_counted(database: str) -> None:
    await somebody()
    answers = await asyncio.gather(*(guess(1, HOME) for _ in range(8)))
    assert sorted(answer for found in answers for answer in found) == ["too many"] * 3 + ["wrong"] * 5


def test_tries_count_as_one_when_of_one_ipv6_network() -> None:
    limits = {
        (
            throttling.per_address(address).key,
            throttling.per_name(address, "mau-01").key,
            throttling.per_client_address(address).key,
            throttling.per_client(address, "a").key,
        )
        for address in ("2001:db8::1", "2001:db8::2")
    }
    assert len(limits) == 1


def test_each_count_has_the_tries_and_the_longest_wait_that_are_promised() -> None:
    """The table in docs/reference/sign-in.md."""
    limits = [
        throttling.per_address("192.0.2.1"),
        throttling.per_name("192.0.2.1", "mau-01"),
        throttling.per_device("x"),
        throttling.per_proof("x"),
        throttling.per_client_address("192.0.2.1"),
        throttling.per_client("192.0.2.1", "a"),
        throttling.per_lookup("x"),
    ]
    hour = timedelta(hours=1)
    assert [(limit.free, limit.longest, limit.shared) for limit in limits] == [
        (50, hour / 4, True),
        (5, hour, False),
        (10, hour, False),
        (5, hour, False),
        (50, hour / 4, True),
        (20, hour, False),
        (30, hour / 4, False),
    ]


def test_whoever_tries_too_often_is_told_to_wait() -> None:
    refusal = TooMany()
    assert (refusal.code, refusal.message.text) == (
        "TOO_MANY",
        "Too many attempts. Wait a while, then try again.",
    )


def test_a_count_goes_on_under_its_key_after_an_update() -> None:
    def key(kind: str, value: str) -> str:
        return keyring().blind_index(f"throttle:{kind}", value).hex()

    assert throttling.per_address("192.0.2.1").key == key("address", "192.0.2.1")
    assert throttling.per_name("192.0.2.1", "mau-01").key == key("name", "192.0.2.1\0mau-01")
    assert throttling.per_device("x").key == key("device", "x")
    assert throttling.per_proof("x").key == key("proof", "x")
    assert throttling.per_client_address("192.0.2.1").key == key("client-address", "192.0.2.1")
    assert throttling.per_client("192.0.2.1", "a").key == key("client", "192.0.2.1\0a")
    assert throttling.per_lookup("x").key == key("lookup", "x")


async def test_a_partner_system_is_remembered_where_it_was_for_a_day(database: str) -> None:
    where = "192.0.2.1", "a"
    assert not await throttling.is_remembered(*where)
    for _ in range(2):
        await throttling.remember(*where)
    key = keyring().blind_index("throttle:known-client", "192.0.2.1\0a").hex()
    assert [(row.key, row.tries) for row in await Throttle.all()] == [(key, 1)]
    for other in (("192.0.2.2", "a"), ("192.0.2.1", "b")):
        assert not await throttling.is_remembered(*other)
    for ago, known in ((timedelta(hours=23), True), (timedelta(hours=25), False)):
        await Throttle.all().update(since=now() - ago)
        assert await throttling.is_remembered(*where) is known
    await throttling.remember(*where)
    assert await throttling.is_remembered(*where)


async def test_who_signs_in_takes_back_their_own_tries_and_one_of_those_they_share(database: str) -> None:
    await somebody()
    await guess(3, HOME)
    await begin(HOME)
    address, name = throttling.per_address(HOME.address), throttling.per_name(HOME.address, "mau-01")
    assert await Throttle.all().values_list("key", "tries") == [(address.key, 3)]
    await throttling.claim([name])
    for _ in range(5):
        await throttling.succeeded([address])
    # The tries of others are never forgotten for it.
    assert dict(await Throttle.all().values_list("key", "tries")) == {address.key: 1, name.key: 1}


async def test_counts_of_more_than_a_day_ago_are_swept_away(database: str) -> None:
    old, recent = throttling.per_device("old"), throttling.per_device("recent")
    await throttling.claim([old, recent])
    await Throttle.filter(key=old.key).update(since=now() - timedelta(days=1, seconds=1))
    await Throttle.filter(key=recent.key).update(since=now() - timedelta(days=1) + timedelta(minutes=1))
    await throttling.succeeded([])
    assert [row.key for row in await Throttle.all()] == [recent.key]


async def test_no_address_and_no_name_is_kept_of_those_who_try(database: str) -> None:
    await guess(1, HOME, "ten-nguoi-that")
    kept = str(await Throttle.all().values())
    assert len(await Throttle.all()) == 2
    assert HOME.address not in kept
    assert "ten-nguoi-that" not in kept


async def test_a_further_factor_is_asked_for_before_there_is_a_session(database: str) -> None:
    await somebody()
    secret, _ = await with_app(await member())
    await Session.all().delete()
    begun = await begin()
    assert begun.session is None
    assert await staff.signed_in(begun.token) is None
    assert await signing_in.wanted(begun.token) == frozenset({FactorKind.TOTP})
    assert await Session.all().count() == 0
    whole = await signing_in.second(begun.token, code_of(secret), HOME)
    assert whole is not None
    live = await staff.signed_in(whole.token)
    assert live is not None
    assert live.session.strength is Strength.TWO
    assert whole.token != begun.token


async def test_a_code_of_the_app_works_once(database: str) -> None:
    await somebody()
    secret, _ = await with_app(await member())
    first, other = await begin(), await begin()
    code = code_of(secret)
    assert await signing_in.second(first.token, code, HOME) is not None
    assert await signing_in.second(other.token, code, HOME) is None


async def test_the_code_that_enrolled_an_app_signs_nobody_in(database: str) -> None:
    row = await somebody()
    who, secret = await member(), factors.new_secret()
    code = code_of(secret)
    await factors.add_app(who, secret=secret, code=code, name="Điện thoại")
    assert not await factors.app_fits(row.id, code)


async def test_a_step_is_completed_once_and_not_after_ten_minutes(database: str) -> None:
    await somebody()
    _, codes = await with_app(await member())
    begun = await begin()
    assert await signing_in.second(begun.token, codes[0], HOME) is not None
    assert await signing_in.second(begun.token, codes[1], HOME) is None
    late = await begin()
    await Challenge.all().update(expires_at=now() - timedelta(seconds=1))
    assert await signing_in.wanted(late.token) is None
    assert await signing_in.second(late.token, codes[2], HOME) is None
    assert await RecoveryCode.filter(used_at__isnull=False).count() == 1


async def test_a_recovery_code_works_once_however_it_is_typed(database: str) -> None:
    row = await somebody()
    _, codes = await with_app(await member())
    assert len(set(codes)) == factors.CODES == 10
    assert await factors.use_code(row.id, codes[0].upper().replace("-", " "))
    assert not await factors.use_code(row.id, codes[0])
    assert not await factors.use_code((await somebody("mau-02")).id, codes[1])
    assert await factors.use_code(row.id, codes[1])
    assert not await factors.use_code(row.id, "")


async def test_new_recovery_codes_replace_the_old_ones(database: str) -> None:
    row = await somebody()
    who = await member()
    _, old = await with_app(who)
    new = await factors.new_codes(who)
    assert not await factors.use_code(row.id, old[0])
    assert await factors.use_code(row.id, new[0])
    assert await factors.codes_left(who) == 9


async def test_codes_and_secrets_are_not_kept_as_they_are(database: str) -> None:
    await somebody()
    secret, codes = await with_app(await member())
    kept = str([await Factor.all().values(), await RecoveryCode.all().values()])
    audited = str(await AuditEntry.all().values("before", "after"))
    assert all(text not in kept + audited for text in [secret, *codes])


@pytest.mark.parametrize("code", ["", "000", "abcdef", "１２３４５６", "-12345", "0000000"])
async def test_what_is_no_code_enrolls_no_app(database: str, code: str) -> None:
    await somebody()
    with pytest.raises(Invalid) as wrong:
        await factors.add_app(await member(), secret=factors.new_secret(), code=code, name="x")
    assert set(wrong.value.problems) == {"code"}
    assert await Factor.all().count() == 0


@pytest.mark.parametrize("secret", ["", "A", "a" * 32, "ĐĐĐĐ", "A" * 31 + "!"])
async def test_a_secret_that_was_not_made_here_is_refused(database: str, secret: str) -> None:
    await somebody()
    with pytest.raises(Invalid):
        await factors.add_app(await member(), secret=secret, code="123456", name="x")


async def test_codes_are_guessed_five_times_and_then_slowly(database: str) -> None:
    await somebody()
    _, codes = await with_app(await member())
    begun = await begin()
    began = now()
    assert [await signing_in.second(begun.token, "aaaa", HOME) for _ in range(5)] == [None] * 5
    await no_time_passed(since=began)
    with pytest.raises(TooMany):
        await signing_in.second(begun.token, codes[0], HOME)
    # A new first step is no way around it.
    with pytest.raises(TooMany):
        await signing_in.second((await begin()).token, codes[0], HOME)


async def test_with_the_last_factor_the_recovery_codes_go(database: str) -> None:
    row = await somebody()
    who = await member()
    await with_app(who)
    await factors.remove(who, (await Factor.get(staff_id=row.id)).id)
    assert await factors.codes_left(who) == 0
    assert (await begin()).session is not None


async def test_nobody_removes_the_factor_of_somebody_else(database: str) -> None:
    await somebody()
    await somebody("mau-02")
    await with_app(await member())
    other = await member(username="mau-02")
    with pytest.raises(NotFound):
        await factors.remove(other, (await Factor.all().get()).id)
    assert await Factor.all().count() == 1


async def test_an_administrator_takes_lost_factors_away(database: str) -> None:
    await somebody()
    who = await member()
    await with_app(who)
    await staff.remove_factors("mau-01", by=TASK)
    assert (await Factor.all().count(), await RecoveryCode.all().count()) == (0, 0)
    assert await Session.filter(ended_at__isnull=True).count() == 0
    assert (await begin()).session is not None


async def test_one_sees_and_ends_ones_own_sessions_alone(database: str) -> None:
    await somebody()
    await somebody("mau-02")
    here, there, other = await member(), await member(ELSEWHERE), await member(username="mau-02")
    assert {row.id for row in await sessions.mine(here)} == {here.session.id, there.session.id}
    assert {row.device for row in await sessions.mine(here)} == {"Firefox, Linux", ""}
    with pytest.raises(NotFound):
        await sessions.end(here, other.session.id)
    await sessions.end(here, there.session.id)
    with pytest.raises(NotFound):
        await sessions.end(here, there.session.id)
    assert [row.id for row in await sessions.mine(here)] == [here.session.id]
    assert [row.id for row in await sessions.mine(other)] == [other.session.id]


async def test_among_ones_sessions_the_one_last_seen_comes_first_and_none_that_is_over(database: str) -> None:
    await somebody()
    (here, *others) = [await member() for _ in range(6)]
    first, last, idle, late, gone = [other.session.id for other in others]
    moment = now()
    await Session.filter(id=here.session.id).update(seen_at=moment)
    await Session.filter(id=first).update(seen_at=moment + timedelta(seconds=1))
    await Session.filter(id=last).update(seen_at=moment - staff.IDLE + timedelta(minutes=1))
    await Session.filter(id=idle).update(seen_at=moment - staff.IDLE - timedelta(minutes=1))
    await Session.filter(id=late).update(expires_at=moment - timedelta(seconds=1))
    await sessions.end(here, gone)
    assert [row.id for row in await sessions.mine(here)] == [first, here.session.id, last]


async def test_of_sessions_seen_at_the_same_moment_the_newest_comes_first(database: str) -> None:
    await somebody()
    ids = [(await member()).session.id for _ in range(6)]
    await Session.all().update(seen_at=now())
    assert [row.id for row in await sessions.mine(await member())][1:] == ids[::-1]


async def test_a_session_that_has_ended_ends_no_second_time(database: str) -> None:
    await somebody()
    begun = await begin()
    await staff.sign_out(begun.token)
    ended = (await Session.get()).ended_at
    await staff.sign_out(begun.token)
    assert (await Session.get()).ended_at == ended


async def test_ending_the_others_keeps_this_session(database: str) -> None:
    await somebody()
    here = await member()
    await member(ELSEWHERE)
    assert await sessions.end_others(here) == 1
    assert [row.id for row in await sessions.mine(here)] == [here.session.id]


async def test_an_administrator_ends_every_session_of_one_person(database: str) -> None:
    await somebody()
    await somebody("mau-02")
    tokens = [(await begin()).token, (await begin(ELSEWHERE)).token]
    other = (await begin(username="mau-02")).token
    assert await staff.end_sessions(" MAU-01", by=TASK) == 2
    assert [await staff.signed_in(token) for token in tokens] == [None, None]
    assert await staff.signed_in(other) is not None
    with pytest.raises(NotFound):
        await staff.end_sessions("khong-co", by=TASK)


@pytest.mark.parametrize("changed", ["role", "areas"])
async def test_other_rights_end_every_session(database: str, changed: str) -> None:
    await somebody()
    token = (await begin()).token
    role = Role.ANALYST if changed == "role" else Role.OFFICER
    areas = await area_ids("30244" if changed == "areas" else "29905")
    await staff.set_rights("mau-01", role=role, areas=areas, by=TASK)
    assert await staff.signed_in(token) is None
    live = await member()
    assert (live.actor.role, live.actor.areas) == (role, frozenset(areas))


async def test_the_same_rights_again_end_nothing(database: str) -> None:
    row = await somebody()
    token = (await begin()).token
    entries = await AuditEntry.filter(row_id=row.id).count()
    await staff.set_rights("mau-01", role=Role.OFFICER, areas=await area_ids("29905"), by=TASK)
    assert await staff.signed_in(token) is not None
    assert await AuditEntry.filter(row_id=row.id).count() == entries


async def test_nobody_is_left_without_an_area(database: str) -> None:
    await somebody()
    with pytest.raises(Invalid):
        await staff.set_rights("mau-01", role=Role.OFFICER, areas=[], by=TASK)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_only_an_administrator_manages_accounts(database: str, role: Role) -> None:
    await somebody(role=role)
    by: Actor = (await member()).actor
    for attempt in (
        staff.end_sessions("mau-01", by=by),
        staff.remove_factors("mau-01", by=by),
        staff.set_rights("mau-01", role=Role.ADMINISTRATOR, areas=await area_ids("82"), by=by),
    ):
        with pytest.raises(Denied):
            await attempt


async def test_a_proof_is_good_for_ten_minutes_and_changes_the_token(database: str) -> None:
    await somebody()
    begun = await begin()
    await Session.all().update(proved_at=now() - timedelta(minutes=11))
    live = await staff.signed_in(begun.token)
    assert live is not None
    assert not live.proved
    assert await staff.prove(live, password="x") is None
    token = await staff.prove(live, password=PASSWORD)
    assert token is not None
    assert await staff.signed_in(begun.token) is None
    again = await staff.signed_in(token)
    assert again is not None
    assert again.proved
    assert again.session.id == live.session.id


async def test_a_proof_with_a_password_keeps_how_strong_a_session_is(database: str) -> None:
    await somebody()
    live = await member()
    await Session.all().update(strength=Strength.TWO)
    live = await again(live, await sessions.renew(await Session.get()))
    assert live.session.strength is Strength.TWO
    token = await sessions.renew(live.session, strength=Strength.ONE)
    assert len(token) == 43  # 256 bits
    assert (await again(live, token)).session.strength is Strength.ONE


async def again(live: SignedIn, token: str) -> SignedIn:
    """The same session under its new token."""
    renewed = await staff.signed_in(token)
    assert renewed is not None
    assert renewed.session.id == live.session.id
    return renewed


async def test_of_two_proofs_at_the_same_time_one_is_taken(database: str) -> None:
    await somebody()
    live = await member()
    await sessions.renew(live.session)
    with pytest.raises(NotFound):
        await sessions.renew(live.session)


async def test_a_proof_does_not_wake_a_session_that_was_ended(database: str) -> None:
    await somebody()
    live = await member()
    await staff.end_sessions("mau-01", by=TASK)
    with pytest.raises(NotFound):
        await staff.prove(live, password=PASSWORD)


async def test_a_proof_is_guessed_five_times_and_then_slowly(database: str) -> None:
    await somebody()
    live = await member()
    began = now()
    assert [await staff.prove(live, password="x") for _ in range(5)] == [None] * 5
    await no_time_passed(since=began)
    with pytest.raises(TooMany):
        await staff.prove(live, password=PASSWORD)


async def test_a_code_proves_as_well(database: str) -> None:
    await somebody()
    live = await member()
    secret, _ = await with_app(live)
    assert await staff.prove(live, code=code_of(secret)) is not None
    assert (await Session.get(id=live.session.id)).strength is Strength.TWO


async def test_a_new_password_of_ones_own_keeps_this_session_under_a_new_token(database: str) -> None:
    await somebody()
    begun, other = await begin(), await begin(ELSEWHERE)
    live = await staff.signed_in(begun.token)
    assert live is not None
    assert await staff.change_password(live, current="x", new="một câu hoàn toàn khác") is None
    with pytest.raises(Invalid):
        await staff.change_password(live, current=PASSWORD, new="ngắn")
    token = await staff.change_password(live, current=PASSWORD, new="một câu hoàn toàn khác")
    assert token is not None
    assert await staff.signed_in(begun.token) is None
    assert await staff.signed_in(other.token) is None
    assert await staff.signed_in(token) is not None
    assert await staff.sign_in("mau-01", PASSWORD, HOME) is None


async def test_an_answer_is_taken_once_and_for_its_purpose(database: str) -> None:
    token = await challenges.issue(Purpose.PASSKEY_SIGN_IN, value=b"x")
    assert await challenges.take(Purpose.PASSKEY_NEW, token) is None
    assert await challenges.take(Purpose.PASSKEY_SIGN_IN, token) is not None
    assert await challenges.take(Purpose.PASSKEY_SIGN_IN, token) is None
    assert await challenges.look(Purpose.PASSKEY_SIGN_IN, "\ud800") is None


async def test_of_two_who_answer_the_same_challenge_at_once_one_is_heard(database: str) -> None:
    token, other = [await challenges.issue(Purpose.PASSKEY_SIGN_IN) for _ in range(2)]
    taken = await asyncio.gather(*(challenges.take(Purpose.PASSKEY_SIGN_IN, token) for _ in range(5)))
    assert len([challenge for challenge in taken if challenge]) == 1
    assert await challenges.take(Purpose.PASSKEY_SIGN_IN, other) is not None


async def test_a_challenge_holds_what_it_was_issued_with_for_ten_minutes(database: str) -> None:
    row, moment = await somebody(), now()
    token = await challenges.issue(Purpose.PASSKEY_PROOF, staff_id=row.id, value=b"x")
    held = await challenges.look(Purpose.PASSKEY_PROOF, token)
    assert held is not None
    assert (held.staff_id, held.value, len(token)) == (row.id, b"x", 43)
    assert timedelta(minutes=10) <= held.expires_at - moment < timedelta(minutes=11)
    empty = await challenges.look(Purpose.SECOND_STEP, await challenges.issue(Purpose.SECOND_STEP))
    assert empty is not None
    assert (empty.staff_id, empty.value) == (None, b"")
    assert await challenges.look(Purpose.PASSKEY_PROOF, token) is not None


async def test_a_challenge_is_kept_under_the_name_of_its_purpose(database: str) -> None:
    """Not under another after an update, while people are just signing in."""
    for purpose in Purpose:
        await challenges.issue(purpose)
    kept = [row.purpose for row in await Challenge.all()]
    assert sorted(kept) == [
        *("form", "identity", "passkey-new", "passkey-proof", "passkey-sign-in", "provider", "second-step")
    ]


async def test_a_form_is_sent_once_in_its_session_and_again_when_it_was_given_back(database: str) -> None:
    mine, theirs = uuid4(), uuid4()
    assert [await challenges.use_up(*sent) for sent in (("a", mine), ("b", mine), ("a", theirs))] == [
        True
    ] * 3
    assert [await challenges.use_up("a", mine) for _ in range(2)] == [False] * 2
    await challenges.give_back("a", mine)
    assert await challenges.use_up("a", mine)
    for sent in (("a", mine), ("b", mine), ("a", theirs)):
        assert not await challenges.use_up(*sent)
    # Kept for a session's longest life, and an hour more, and then swept away; nothing of the form is kept.
    for row in await Challenge.all():
        assert timedelta(hours=12, minutes=59) < row.expires_at - now() <= timedelta(hours=13)
        assert (row.purpose, row.value, row.staff_id) == ("form", b"", None)
        assert row.token_hash in {
            hashlib.sha256(f"{of}:{form}".encode()).digest() for of in (mine, theirs) for form in "ab"
        }
    waiting = await challenges.issue(Purpose.PASSKEY_NEW)
    await Challenge.filter(purpose=Purpose.FORM).update(expires_at=now() - timedelta(seconds=1))
    assert await challenges.use_up("a", mine)
    assert await Challenge.filter(purpose=Purpose.FORM).count() == 1
    assert await challenges.look(Purpose.PASSKEY_NEW, waiting) is not None


async def test_what_is_given_back_is_a_form_and_nothing_else(database: str) -> None:
    mine = uuid4()
    await challenges.use_up("a", mine)
    await Challenge.all().update(purpose=Purpose.SECOND_STEP.value)
    await challenges.give_back("a", mine)
    assert await Challenge.all().count() == 1


async def test_challenges_that_nobody_answered_are_swept_away(database: str) -> None:
    await challenges.issue(Purpose.SECOND_STEP)
    await Challenge.all().update(expires_at=now() - timedelta(seconds=1))
    await challenges.issue(Purpose.PASSKEY_NEW)
    assert [row.purpose for row in await Challenge.all()] == ["passkey-new"]


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaaaaaa",
        "abababababababab",
        "123456789012345678",
        "qwertyuiopasdfghjkl",
        "1q2w3e4r5t6y7u8i9o",
        "passwordpassword",
        "P@ssw0rdP@ssw0rd!",
        "Mật khẩu 2026 2026",
        "ketnoi2026ketnoi2026!",
        "Công an 123456789",
        "Anh yêu em 20102010",
        "mau-01 mau-01 mau-01",
        "Cán bộ mẫu 2026 cán bộ mẫu",
        "9876543210987654",
    ],
)
def test_what_is_tried_first_is_no_password(password: str) -> None:
    assert is_common(password, ("mau-01", "Cán bộ mẫu"))


@pytest.mark.parametrize(
    "password",
    ["chỉ dùng trong thử nghiệm", PASSWORD, "3f9a1c0b77de4a52", "ba con mèo ngủ trên mái nhà"],
)
def test_a_sentence_of_ones_own_is_a_password(password: str) -> None:
    assert not is_common(password, ("mau-01", "Cán bộ mẫu"))


async def test_a_common_password_is_refused_wherever_one_is_set(database: str) -> None:
    await somebody()
    for attempt in (
        staff.set_password("mau-01", "passwordpassword", by=TASK),
        staff.change_password(await member(), current=PASSWORD, new="mau-01 mau-01 mau-01"),
    ):
        with pytest.raises(Invalid) as wrong:
            await attempt
        assert set(wrong.value.problems) == {"password"}
