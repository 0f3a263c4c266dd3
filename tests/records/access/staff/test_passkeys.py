"""Passkeys, with a device that answers as it should, and in every way that it should not."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from records.access import staff
from records.access.staff import (
    AuthenticatedSession,
    SignInAttempt,
    SignInOrigin,
    authentication,
    challenges,
    passkeys,
)
from records.access.staff.challenges import Purpose
from records.access.staff.passkeys import PasskeyChallenge, RelyingParty
from records.core.dates import now
from records.core.errors import ValidationFailed
from records.security import throttling
from records.tables import Challenge, Factor, Session, Staff, Throttle
from records.tables.staff import AuthenticationStrength
from tests.records.access.staff.authenticator import Device, named
from tests.records.access.staff.support import HOME, begin, member, somebody

SITE = RelyingParty("https://ketnoi.example", "ketnoi.example")
OTHER = RelyingParty("https://elsewhere.example", "elsewhere.example")


async def with_passkey(who: AuthenticatedSession, name: str = "Điện thoại") -> tuple[Device, list[str]]:
    """A device with a passkey of this person, and the recovery codes that came with it."""
    device, asked = Device(SITE), await passkeys.create_registration_challenge(who, SITE)
    codes = await passkeys.add(who, SITE, token=asked.token, answer=device.make(asked.options), name=name)
    return device, codes


async def asked(username: str | None = None) -> PasskeyChallenge:
    """What a browser is asked for: any passkey, or after the password one of this person."""
    if username is None:
        return await passkeys.create_challenge(SITE, Purpose.PASSKEY_SIGN_IN)
    wanted = await authentication.create_second_factor_challenge((await begin(username=username)).token, SITE)
    assert wanted is not None
    return wanted


async def answered(
    wanted: PasskeyChallenge, answer: str, origin: SignInOrigin = HOME
) -> SignInAttempt | None:
    return await authentication.with_passkey(SITE, token=wanted.token, answer=answer, origin=origin)


async def test_passkey_signs_in_owner_with_two_factors(database: str) -> None:
    people = [await somebody("mau-01"), await somebody("mau-02")]
    devices = [(await with_passkey(await member(username=row.username)))[0] for row in people]
    await Session.all().delete()
    for row, device in zip(people, devices, strict=True):
        for username in (None, row.username):
            wanted = await asked(username)
            begun = await answered(wanted, device.show(wanted.options))
            assert begun is not None
            assert begun.session is not None
            assert (begun.session.staff_id, begun.session.strength) == (row.id, AuthenticationStrength.TWO)
            assert begun.session.device == HOME.device
            signed_in = await staff.authenticate(begun.token)
            assert signed_in is not None
            assert signed_in.recently_authenticated
        kept = await Factor.get(credential_id=device.id)
        assert (kept.sign_count, kept.used_at is not None) == (device.count, True)
    assert await Challenge.filter(purpose=Purpose.PASSKEY_SIGN_IN).count() == 0


WRONG: dict[str, Callable[[Device, str], str]] = {
    "of another site": lambda device, options: device.show(options, site=OTHER),
    "of another origin": lambda device, options: device.show(
        options, site=replace(SITE, origin="https://x.ketnoi.example")
    ),
    "for another host": lambda device, options: device.show(options, site=replace(SITE, host=OTHER.host)),
    "nobody verified": lambda device, options: device.show(options, verified=False),
    "of another challenge": lambda device, options: device.show(
        json.dumps(json.loads(options) | {"challenge": "AAAA"})
    ),
    "signed with another key": lambda device, options: replace(device, key=Device(SITE).key).show(options),
    "a passkey that nobody has": lambda _device, options: Device(SITE).show(options),
    "of a copy that was used before": lambda device, options: replace(device, count=0).show(options),
    "a new passkey": lambda device, options: device.make(options),
    "nothing": lambda _device, _options: "",
    "no answer": lambda _device, _options: "{}",
    "no object": lambda _device, _options: "[1]",
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_passkey_answer_is_refused_when_invalid(database: str, wrong: str) -> None:
    await somebody()
    device, _ = await with_passkey(await member())
    device.count = 5
    wanted = await asked()
    assert await answered(wanted, device.show(wanted.options)) is not None
    before = await Session.all().count()
    wanted = await asked()
    assert await answered(wanted, WRONG[wrong](device, wanted.options)) is None
    assert await Session.all().count() == before
    # That challenge is used up; another one is not.
    assert await answered(wanted, device.show(wanted.options)) is None
    wanted = await asked()
    assert await answered(wanted, device.show(wanted.options)) is not None


async def test_passkey_answer_works_once_for_its_purpose(database: str) -> None:
    await somebody()
    who = await member()
    device, _ = await with_passkey(who)
    wanted = await asked()
    answer = device.show(wanted.options)
    assert (
        await authentication.reauthenticate_with_passkey(who, SITE, token=wanted.token, answer=answer) is None
    )
    assert await answered(wanted, answer) is not None
    assert await answered(wanted, answer) is None
    assert await answered(PasskeyChallenge("", "khong-co"), answer) is None


async def test_passkey_of_another_account_completes_no_sign_in(
    database: str,
) -> None:
    await somebody("mau-01")
    await somebody("mau-02")
    own, _ = await with_passkey(await member(username="mau-01"))
    other, _ = await with_passkey(await member(username="mau-02"))
    wanted = await asked("mau-01")
    assert named(wanted.options, "allowCredentials") == [own.id]
    assert await answered(wanted, other.show(wanted.options)) is None
    wanted = await asked("mau-01")
    assert await answered(wanted, own.show(wanted.options)) is not None
    assert named((await asked()).options, "allowCredentials") == []
    assert await authentication.create_second_factor_challenge("khong-co", SITE) is None


async def test_passkey_does_not_sign_in_when_account_is_closed(database: str) -> None:
    row = await somebody()
    device, _ = await with_passkey(await member())
    for column in ("active", "deleted_at"):
        held = await Staff.get(id=row.id)
        await Staff.filter(id=row.id).update(**{column: False if column == "active" else held.created_at})
        wanted = await asked()
        assert await answered(wanted, device.show(wanted.options)) is None
        await Staff.filter(id=row.id).update(active=True, deleted_at=None)


async def test_passkey_proof_changes_session_token(database: str) -> None:
    await somebody("mau-01")
    await somebody("mau-02")
    who, stranger = await member(username="mau-01"), await member(username="mau-02")
    own, _ = await with_passkey(who)
    other, _ = await with_passkey(stranger)
    token = None
    for device, proves in ((other, False), (own, True)):
        wanted = await passkeys.create_challenge(SITE, Purpose.PASSKEY_PROOF, who.staff.id)
        answer = device.show(wanted.options)
        token = await authentication.reauthenticate_with_passkey(who, SITE, token=wanted.token, answer=answer)
        assert (token is not None) is proves
    assert token is not None
    live = await staff.authenticate(token)
    assert live is not None
    assert (live.session.id, live.session.strength) == (who.session.id, AuthenticationStrength.TWO)
    assert (await Session.get(id=stranger.session.id)).strength is AuthenticationStrength.ONE


async def test_new_passkey_requires_verification_and_resident_key(
    database: str,
) -> None:
    await somebody("mau-01")
    await somebody("mau-02")
    who, stranger = await member(username="mau-01"), await member(username="mau-02")
    first, codes = await with_passkey(who)
    assert len(codes) == 10
    options = (await passkeys.create_registration_challenge(who, SITE)).options
    given = json.loads(options)
    assert given["rp"] == {"name": "Ketnoi", "id": SITE.host}
    assert (given["user"]["name"], given["user"]["displayName"]) == ("mau-01", who.staff.name)
    selection = given["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("required", "required")
    assert named(options, "excludeCredentials") == [first.id]
    assert (
        named((await passkeys.create_registration_challenge(stranger, SITE)).options, "excludeCredentials")
        == []
    )
    assert json.loads((await asked()).options)["userVerification"] == "required"
    _second, more = await with_passkey(who)
    assert more == []
    assert await Factor.filter(staff_id=who.staff.id).count() == 2


@pytest.mark.parametrize(
    "wrong", ["another site", "another origin", "not verified", "another's", "shown", "nothing", "twice"]
)
async def test_new_passkey_is_refused_when_invalid(database: str, wrong: str) -> None:
    await somebody("mau-01")
    await somebody("mau-02")
    who, stranger = await member(username="mau-01"), await member(username="mau-02")
    device, wanted = (
        Device(SITE),
        await passkeys.create_registration_challenge(stranger if wrong == "another's" else who, SITE),
    )
    answer = {
        "another site": device.make(wanted.options, site=OTHER),
        "another origin": device.make(wanted.options, site=replace(SITE, origin=OTHER.origin)),
        "not verified": device.make(wanted.options, verified=False),
        "shown": device.show(wanted.options),
        "nothing": "{}",
    }.get(wrong, device.make(wanted.options))
    if wrong == "twice":
        assert await challenges.consume(Purpose.PASSKEY_NEW, wanted.token) is not None
    with pytest.raises(ValidationFailed):
        await passkeys.add(who, SITE, token=wanted.token, answer=answer, name="Điện thoại")
    with pytest.raises(ValidationFailed) as unnamed:
        await passkeys.add(who, SITE, token=wanted.token, answer=answer, name=" ")
    assert set(unnamed.value.problems) == {"name"}
    assert await Factor.all().count() == 0


async def test_passkey_attempts_are_counted_per_address(database: str) -> None:
    await somebody()
    device, _ = await with_passkey(await member())
    origin, limit = SignInOrigin(address="192.0.2.77"), throttling.per_address("192.0.2.77")
    assert await answered(await asked(), "{}", origin) is None
    wanted = await asked()
    assert await answered(wanted, device.show(wanted.options), origin) is not None
    assert (await Throttle.get(key=limit.key)).tries == 1
    later = now() + timedelta(minutes=1)
    await Throttle.filter(key=limit.key).update(tries=limit.free_attempts, since=later)
    wanted = await asked()
    with pytest.raises(staff.TooManyAttempts):
        await answered(wanted, device.show(wanted.options), origin)
    assert await answered(wanted, device.show(wanted.options)) is not None
