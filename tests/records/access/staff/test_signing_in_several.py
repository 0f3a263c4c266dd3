"""Signing in where there are several people: each is who they are, whatever the others have and do."""

from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError

from records.access import staff
from records.access.staff import (
    AuthenticatedSession,
    SignInOrigin,
    TooManyAttempts,
    authentication,
    challenges,
    identities,
)
from records.access.staff.challenges import Purpose
from records.access.staff.oidc.provider import Provider, ProviderIdentity
from records.access.staff.passkeys import RelyingParty
from records.core.dates import now
from records.core.errors import DomainError, PermissionDenied, ValidationFailed
from records.core.settings import ProviderSettings
from records.security import throttling
from records.security.passwords import hash_password
from records.tables import Session, Staff, Throttle
from records.tables.staff import AuthenticationStrength, FactorKind
from tests.records.access.staff.support import (
    ELSEWHERE,
    HOME,
    PASSWORD,
    TASK,
    begin,
    code_of,
    member,
    somebody,
    with_app,
)
from tests.records.security.sealed_rows import as_owner

ISSUER, NAMES = "https://sso.example", ("mau-01", "mau-02")
PROVIDER = Provider(ProviderSettings(ISSUER, "ketnoi", "Cổng mẫu"), "http://127.0.0.1:8000")


async def both() -> list[Staff]:
    return [await somebody(name) for name in NAMES]


async def whose(token: str) -> AuthenticatedSession:
    live = await staff.authenticate(token)
    assert live is not None
    return live


async def linked(row: Staff, *, two: bool = False, ago: timedelta | None = None) -> ProviderIdentity:
    """Who this person is at the provider, where they showed themselves some time ago."""
    await identities.link_for(row.username, ISSUER, row.username, by=TASK)
    return ProviderIdentity(ISSUER, row.username, "Tên ở đó", two, None if ago is None else now() - ago)


async def test_accounts_sign_in_as_themselves_with_both_factors(
    database: str,
) -> None:
    rows = await both()
    secrets = [(await with_app(await member(username=name)))[0] for name in NAMES]
    for row, own, other in zip(rows, secrets, reversed(secrets), strict=True):
        begun = await begin(username=row.username)
        assert await authentication.pending_second_factor(begun.token) == frozenset({FactorKind.TOTP})
        assert await authentication.verify_second_factor(begun.token, code_of(other), HOME) is None
        whole = await authentication.verify_second_factor(begun.token, code_of(own), HOME)
        assert whole is not None
        live = await whose(whole.token)
        assert (live.staff.id, live.session.strength) == (row.id, AuthenticationStrength.TWO)
        assert live.session.device == HOME.device
        # On the device that is known from now on nobody else is.
        assert await staff.sign_in(row.username, PASSWORD, SignInOrigin(known=whole.device)) is not None


@pytest.mark.parametrize("column", ["active", "deleted_at"])
async def test_second_step_fails_when_account_is_closed(database: str, column: str) -> None:
    row, _ = await both()
    secret, _ = await with_app(await member(username=row.username))
    begun = await begin(username=row.username)
    await Staff.filter(id=row.id).update(**{column: False if column == "active" else now()})
    assert await authentication.verify_second_factor(begun.token, code_of(secret), HOME) is None
    assert await staff.sign_in(row.username, PASSWORD, HOME) is None


async def test_code_guesses_slow_down_only_their_account(database: str) -> None:
    await both()
    secrets = [(await with_app(await member(username=name)))[0] for name in NAMES]
    steps = [await begin(username=name) for name in NAMES]
    assert await authentication.verify_second_factor(steps[0].token, "000000", HOME) is None
    await Throttle.all().update(tries=5, since=now() + timedelta(minutes=1))
    with pytest.raises(TooManyAttempts):
        await authentication.verify_second_factor(steps[0].token, code_of(secrets[0]), HOME)
    assert await authentication.verify_second_factor(steps[1].token, code_of(secrets[1]), HOME) is not None


async def test_first_password_signs_in_until_it_expires(database: str) -> None:
    row, _ = await both()
    await Staff.filter(id=row.id).update(password_expires_at=now() + timedelta(minutes=1))
    assert (await whose((await begin(username=row.username)).token)).staff.id == row.id
    await Staff.filter(id=row.id).update(password_expires_at=now() - timedelta(seconds=1))
    with pytest.raises(PermissionDenied) as told:
        await staff.sign_in(row.username, PASSWORD, HOME)
    assert "first days" in told.value.message.text
    assert await staff.sign_in(row.username, "x", HOME) is None


async def test_common_password_must_be_changed_by_its_owner(
    database: str,
) -> None:
    row, other = await both()
    common = "passwordpassword"
    await Staff.filter(id=row.id).update(password_hash=await hash_password(common))
    assert await staff.sign_in(row.username, common, HOME) is not None
    assert (await Staff.get(id=row.id)).renew_password
    assert not (await Staff.get(id=other.id)).renew_password
    who = await member(username=other.username)
    for new in (PASSWORD, "ngắn"):
        with pytest.raises(ValidationFailed) as wrong:
            await authentication.change_password(who, current=PASSWORD, new=new)
        assert set(wrong.value.problems) == {"password"}
    assert await authentication.change_password(who, current="x", new="một câu hoàn toàn khác") is None
    token = await authentication.change_password(who, current=PASSWORD, new="một câu hoàn toàn khác")
    assert token is not None
    assert (await whose(token)).staff.id == other.id
    kept = await Staff.get(id=other.id)
    assert (kept.renew_password, kept.password_expires_at) == (False, None)
    assert await staff.sign_in(row.username, common, ELSEWHERE) is not None


async def test_provider_sign_in_takes_account_and_factors_it_names(database: str) -> None:
    for row, two in zip(await both(), (False, True), strict=True):
        begun = await authentication.with_identity(PROVIDER, await linked(row, two=two), HOME)
        live = await whose(begun.token)
        assert live.staff.id == row.id
        assert live.session.strength is (AuthenticationStrength.TWO if two else AuthenticationStrength.ONE)


@pytest.mark.parametrize(
    ("ago", "proved"), [(None, False), (timedelta(minutes=1), True), (timedelta(minutes=11), False)]
)
async def test_provider_sign_in_is_proof_while_fresh(
    database: str, ago: timedelta | None, proved: bool
) -> None:
    row, _ = await both()
    begun = await authentication.with_identity(PROVIDER, await linked(row, ago=ago), HOME)
    live = await whose(begun.token)
    assert live.recently_authenticated is proved
    assert now() - live.session.proved_at > timedelta(hours=11) if ago is None else True


async def test_provider_sign_in_needs_own_factor_unless_two_were_used(
    database: str,
) -> None:
    row, _ = await both()
    secret, _ = await with_app(await member(username=row.username))
    one = await linked(row)
    begun = await authentication.with_identity(PROVIDER, one, HOME)
    assert begun.session is None
    assert await authentication.pending_second_factor(begun.token) == frozenset({FactorKind.TOTP})
    whole = await authentication.verify_second_factor(begun.token, code_of(secret), HOME)
    assert whole is not None
    assert (await whose(whole.token)).staff.id == row.id
    two = ProviderIdentity(one.issuer, one.subject, one.name, True, now())
    begun = await authentication.with_identity(PROVIDER, two, HOME)
    assert (await whose(begun.token)).session.strength is AuthenticationStrength.TWO


async def test_proof_does_not_count_for_another_person(database: str) -> None:
    await both()
    one, other = [await member(username=name) for name in NAMES]
    _, codes = await with_app(one)
    assert await authentication.reauthenticate(other, code=codes[0]) is None
    token = await authentication.reauthenticate(one, code=codes[0])
    assert token is not None
    assert (await whose(token)).session.strength is AuthenticationStrength.TWO
    assert (await Session.get(id=other.session.id)).strength is AuthenticationStrength.ONE
    # What went wrong before is forgotten once it is right.
    assert await authentication.reauthenticate(other, password="x") is None
    assert await authentication.reauthenticate(other, password=PASSWORD) is not None
    assert await Throttle.all().count() == 1


async def test_username_signs_in_up_to_its_longest_length(database: str) -> None:
    longest = "a" * 60
    row = await somebody(longest)
    assert (await whose((await begin(username=longest)).token)).staff.id == row.id
    assert await staff.sign_in(f"{longest}a", PASSWORD, HOME) is None


async def test_device_is_unknown_until_signed_in(database: str) -> None:
    await both()
    await with_app(await member(username=NAMES[0]))
    assert (await begin(username=NAMES[0])).device == ""
    begun = await begin(ELSEWHERE, NAMES[1])
    assert begun.device
    assert begun.session is not None
    assert begun.session.device == ""
    again = await begin(SignInOrigin(known=begun.device), NAMES[1])
    assert again.device == begun.device


async def test_good_password_need_not_be_changed(database: str) -> None:
    row, _ = await both()
    await begin(username=row.username)
    assert not (await Staff.get(id=row.id)).renew_password


async def test_second_step_asks_for_nothing_when_it_has_no_account(database: str) -> None:
    token = await challenges.issue(Purpose.SECOND_STEP)
    assert await authentication.pending_second_factor(token) is None
    assert (
        await authentication.create_second_factor_challenge(
            token, RelyingParty("https://ketnoi.example", "ketnoi.example")
        )
        is None
    )
    assert await authentication.verify_second_factor(token, "000000", HOME) is None


async def test_wrong_codes_are_forgotten_when_one_is_right(database: str) -> None:
    row, _ = await both()
    secret, _ = await with_app(await member(username=row.username))
    begun = await begin(username=row.username)
    assert await authentication.verify_second_factor(begun.token, "000000", HOME) is None
    limit = throttling.per_reauthentication(str(row.id))
    assert (await Throttle.get(key=limit.key)).tries == 1
    assert await authentication.verify_second_factor(begun.token, code_of(secret), HOME) is not None
    assert not await Throttle.exists(key=limit.key)


async def test_password_guesses_are_counted_until_one_is_right(
    database: str,
) -> None:
    await both()
    who, new = await member(username=NAMES[0]), "một câu hoàn toàn khác"
    limit = throttling.per_reauthentication(str(who.session.id))
    assert await authentication.change_password(who, current="x", new=new) is None
    assert (await Throttle.get(key=limit.key)).tries == 1
    await Throttle.all().update(tries=limit.free_attempts, since=now() + timedelta(minutes=1))
    with pytest.raises(TooManyAttempts):
        await authentication.change_password(who, current=PASSWORD, new=new)
    await Throttle.all().update(tries=1)
    assert await authentication.change_password(who, current=PASSWORD, new=new) is not None
    assert not await Throttle.exists(key=limit.key)


async def test_new_password_must_differ_and_does_not_expire(database: str) -> None:
    row, _ = await both()
    who = await member(username=row.username)
    with pytest.raises(ValidationFailed) as wrong:
        await authentication.change_password(who, current=PASSWORD, new=PASSWORD)
    told = wrong.value.problems["password"].text
    assert told == "Choose a password different from the current one."
    ends = now() + timedelta(days=1)
    await Staff.filter(id=row.id).update(renew_password=True, password_expires_at=ends)
    who = await member(username=row.username)
    assert await authentication.change_password(who, current=PASSWORD, new="một câu hoàn toàn khác")
    kept = await Staff.get(id=row.id)
    assert (kept.renew_password, kept.password_expires_at) == (False, None)


async def test_password_stays_when_other_sessions_cannot_be_ended(database: str) -> None:
    row, _ = await both()
    who = await member(username=row.username)
    await member(username=row.username)
    full = "ALTER TABLE sessions ADD CONSTRAINT full_ CHECK (ended_at IS NULL) NOT VALID"
    await as_owner(database, full)
    try:
        with pytest.raises((DomainError, IntegrityError)):
            await authentication.change_password(who, current=PASSWORD, new="một câu hoàn toàn khác")
    finally:
        await as_owner(database, "ALTER TABLE sessions DROP CONSTRAINT full_")
    assert (await Staff.get(id=row.id)).password_hash == row.password_hash


async def test_device_is_unknown_when_value_is_not_encodable(database: str) -> None:
    row, _ = await both()
    begun = await staff.sign_in(row.username, PASSWORD, SignInOrigin(known="abc.\ud800"))
    assert begun is not None
    assert begun.device != "abc.\ud800"
