"""Further factors: codes of an app and recovery codes."""

from datetime import timedelta

import pytest

from records.access import staff
from records.access.staff import TooManyAttempts, authentication, factors
from records.core.dates import now
from records.core.errors import NotFound, ValidationFailed
from records.tables import AuditEntry, Challenge, Factor, RecoveryCode, Session
from records.tables.staff import AuthenticationStrength, FactorKind
from tests.records.access.staff.support import (
    HOME,
    TASK,
    begin,
    code_of,
    member,
    no_time_passed,
    somebody,
    with_app,
)


async def test_second_factor_is_asked_before_session_starts(database: str) -> None:
    await somebody()
    secret, _ = await with_app(await member())
    await Session.all().delete()
    begun = await begin()
    assert begun.session is None
    assert await staff.authenticate(begun.token) is None
    assert await authentication.pending_second_factor(begun.token) == frozenset({FactorKind.TOTP})
    assert await Session.all().count() == 0
    whole = await authentication.verify_second_factor(begun.token, code_of(secret), HOME)
    assert whole is not None
    live = await staff.authenticate(whole.token)
    assert live is not None
    assert live.session.strength is AuthenticationStrength.TWO
    assert whole.token != begun.token


async def test_app_code_works_once(database: str) -> None:
    await somebody()
    secret, _ = await with_app(await member())
    first, other = await begin(), await begin()
    code = code_of(secret)
    assert await authentication.verify_second_factor(first.token, code, HOME) is not None
    assert await authentication.verify_second_factor(other.token, code, HOME) is None


async def test_enrolment_code_does_not_sign_in(database: str) -> None:
    row = await somebody()
    who, secret = await member(), factors.new_secret()
    code = code_of(secret)
    await factors.add_app(who, secret=secret, code=code, name="Điện thoại")
    assert not await factors.verify_totp(row.id, code)


async def test_second_step_is_completed_once_within_ten_minutes(database: str) -> None:
    await somebody()
    _, codes = await with_app(await member())
    begun = await begin()
    assert await authentication.verify_second_factor(begun.token, codes[0], HOME) is not None
    assert await authentication.verify_second_factor(begun.token, codes[1], HOME) is None
    late = await begin()
    await Challenge.all().update(expires_at=now() - timedelta(seconds=1))
    assert await authentication.pending_second_factor(late.token) is None
    assert await authentication.verify_second_factor(late.token, codes[2], HOME) is None
    assert await RecoveryCode.filter(used_at__isnull=False).count() == 1


async def test_recovery_code_works_once_however_typed(database: str) -> None:
    row = await somebody()
    _, codes = await with_app(await member())
    assert len(set(codes)) == factors.CODES == 10
    assert await factors.consume_recovery_code(row.id, codes[0].upper().replace("-", " "))
    assert not await factors.consume_recovery_code(row.id, codes[0])
    assert not await factors.consume_recovery_code((await somebody("mau-02")).id, codes[1])
    assert await factors.consume_recovery_code(row.id, codes[1])
    assert not await factors.consume_recovery_code(row.id, "")


async def test_new_recovery_codes_replace_old_ones(database: str) -> None:
    row = await somebody()
    who = await member()
    _, old = await with_app(who)
    new = await factors.new_codes(who)
    assert not await factors.consume_recovery_code(row.id, old[0])
    assert await factors.consume_recovery_code(row.id, new[0])
    assert await factors.remaining_recovery_codes(who) == 9


async def test_codes_and_secrets_are_not_stored_in_clear(database: str) -> None:
    await somebody()
    secret, codes = await with_app(await member())
    kept = str([await Factor.all().values(), await RecoveryCode.all().values()])
    audited = str(await AuditEntry.all().values("before", "after"))
    assert all(text not in kept + audited for text in [secret, *codes])


@pytest.mark.parametrize("code", ["", "000", "abcdef", "１２３４５６", "-12345", "0000000"])
async def test_app_is_not_enrolled_when_code_is_wrong(database: str, code: str) -> None:
    await somebody()
    with pytest.raises(ValidationFailed) as wrong:
        await factors.add_app(await member(), secret=factors.new_secret(), code=code, name="x")
    assert set(wrong.value.problems) == {"code"}
    assert await Factor.all().count() == 0


@pytest.mark.parametrize("secret", ["", "A", "a" * 32, "ĐĐĐĐ", "A" * 31 + "!"])
async def test_app_secret_is_refused_when_not_issued_here(database: str, secret: str) -> None:
    await somebody()
    with pytest.raises(ValidationFailed):
        await factors.add_app(await member(), secret=secret, code="123456", name="x")


async def test_code_guesses_are_throttled_after_five(database: str) -> None:
    await somebody()
    _, codes = await with_app(await member())
    begun = await begin()
    began = now()
    assert [await authentication.verify_second_factor(begun.token, "aaaa", HOME) for _ in range(5)] == [
        None
    ] * 5
    await no_time_passed(since=began)
    with pytest.raises(TooManyAttempts):
        await authentication.verify_second_factor(begun.token, codes[0], HOME)
    # A new first step is no way around it.
    with pytest.raises(TooManyAttempts):
        await authentication.verify_second_factor((await begin()).token, codes[0], HOME)


async def test_recovery_codes_go_when_last_factor_is_removed(database: str) -> None:
    row = await somebody()
    who = await member()
    await with_app(who)
    await factors.remove(who, (await Factor.get(staff_id=row.id)).id)
    assert await factors.remaining_recovery_codes(who) == 0
    assert (await begin()).session is not None


async def test_factor_is_removed_only_by_its_owner(database: str) -> None:
    await somebody()
    await somebody("mau-02")
    await with_app(await member())
    other = await member(username="mau-02")
    with pytest.raises(NotFound):
        await factors.remove(other, (await Factor.all().get()).id)
    assert await Factor.all().count() == 1


async def test_administrator_removes_lost_factors(database: str) -> None:
    await somebody()
    who = await member()
    await with_app(who)
    await staff.remove_factors("mau-01", by=TASK)
    assert (await Factor.all().count(), await RecoveryCode.all().count()) == (0, 0)
    assert await Session.filter(ended_at__isnull=True).count() == 0
    assert (await begin()).session is not None
