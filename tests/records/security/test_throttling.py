"""Whoever guesses has to wait, and nobody else."""

import asyncio
from datetime import timedelta

import pytest

from records.access import staff
from records.access.staff import SignInOrigin, TooManyAttempts
from records.core.dates import now
from records.security import throttling
from records.security.sealing import keyring
from records.tables import Throttle
from tests.records.access.staff.support import (
    ELSEWHERE,
    HOME,
    begin,
    no_time_passed,
    somebody,
)


async def guess(times: int, origin: SignInOrigin, username: str = "mau-01") -> list[str]:
    """How each of some wrong passwords is answered, when they come in one moment."""
    answers, began = [], now()
    for _ in range(times):
        try:
            answers.append("wrong" if await staff.sign_in(username, "x", origin) is None else "right")
        except TooManyAttempts:
            answers.append("too many")
        await no_time_passed(since=began)
    return answers


async def test_wrong_passwords_are_throttled_after_five_ever_longer(database: str) -> None:
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


async def test_attempts_are_forgotten_after_one_day(database: str) -> None:
    await somebody()
    await guess(6, HOME)
    await Throttle.all().update(since=now() - timedelta(days=1, seconds=1))
    assert await guess(6, HOME) == ["wrong"] * 5 + ["too many"]


async def test_unknown_name_is_throttled_like_known_one(database: str) -> None:
    await somebody()
    assert await guess(7, HOME, "khong-co-ai") == await guess(7, ELSEWHERE, "MAU-01 ")


async def test_guesses_of_stranger_do_not_block_owner(database: str) -> None:
    await somebody()
    await guess(8, ELSEWHERE)
    assert (await begin(HOME)).session is not None


async def test_known_device_is_not_held_up_behind_same_address(database: str) -> None:
    await somebody()
    device = (await begin(HOME)).device
    await guess(8, HOME)
    with pytest.raises(TooManyAttempts):
        await begin(HOME)
    known = SignInOrigin(address=HOME.address, known=device)
    begun = await begin(known)
    assert begun.device == device
    assert await guess(11, known) == ["wrong"] * 10 + ["too many"]


@pytest.mark.parametrize("known", ["", ".", "x.y", "đ.đ", "x." + "0" * 64])
async def test_forged_device_is_unknown(database: str, known: str) -> None:
    await somebody()
    assert await guess(6, SignInOrigin(address="192.0.2.9", known=known)) == ["wrong"] * 5 + ["too many"]


async def test_device_is_known_for_its_own_person_only(database: str) -> None:
    await somebody()
    await somebody("mau-02")
    known = SignInOrigin(address="192.0.2.9", known=(await begin(HOME)).device)
    assert await guess(6, known, "mau-02") == ["wrong"] * 5 + ["too many"]


async def test_address_may_not_try_many_names(database: str) -> None:
    async def once(name: str) -> str:
        return (await guess(1, ELSEWHERE, name))[0]

    await Throttle.create(key=throttling.per_address(ELSEWHERE.address).key, tries=50, since=now())
    assert await once("ai-do-khac") == "too many"


async def test_attempts_are_each_counted_when_made_at_once(database: str) -> None:
    await somebody()
    answers = await asyncio.gather(*(guess(1, HOME) for _ in range(8)))
    assert sorted(answer for found in answers for answer in found) == ["too many"] * 3 + ["wrong"] * 5


def test_attempts_count_as_one_when_of_one_ipv6_network() -> None:
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


def test_throttling_limits_are_as_documented() -> None:
    """The table in docs/sign-in.md."""
    limits = [
        throttling.per_address("192.0.2.1"),
        throttling.per_name("192.0.2.1", "mau-01"),
        throttling.per_device("x"),
        throttling.per_reauthentication("x"),
        throttling.per_client_address("192.0.2.1"),
        throttling.per_client("192.0.2.1", "a"),
        throttling.per_lookup("x"),
    ]
    hour = timedelta(hours=1)
    assert [(limit.free_attempts, limit.longest, limit.shared) for limit in limits] == [
        (50, hour / 4, True),
        (5, hour, False),
        (10, hour, False),
        (5, hour, False),
        (50, hour / 4, True),
        (20, hour, False),
        (30, hour / 4, False),
    ]


def test_throttling_refusal_asks_to_wait() -> None:
    refusal = TooManyAttempts()
    assert (refusal.code, refusal.message.text) == (
        "TOO_MANY",
        "Too many attempts. Wait a while, then try again.",
    )


def test_throttling_key_is_stable() -> None:
    def key(kind: str, value: str) -> str:
        return keyring().blind_index(f"throttle:{kind}", value).hex()

    assert throttling.per_address("192.0.2.1").key == key("address", "192.0.2.1")
    assert throttling.per_name("192.0.2.1", "mau-01").key == key("name", "192.0.2.1\0mau-01")
    assert throttling.per_device("x").key == key("device", "x")
    assert throttling.per_reauthentication("x").key == key("proof", "x")
    assert throttling.per_client_address("192.0.2.1").key == key("client-address", "192.0.2.1")
    assert throttling.per_client("192.0.2.1", "a").key == key("client", "192.0.2.1\0a")
    assert throttling.per_lookup("x").key == key("lookup", "x")


async def test_partner_is_remembered_at_its_address_for_one_day(database: str) -> None:
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


async def test_sign_in_takes_back_own_attempts_and_one_shared(database: str) -> None:
    await somebody()
    await guess(3, HOME)
    await begin(HOME)
    address, name = throttling.per_address(HOME.address), throttling.per_name(HOME.address, "mau-01")
    assert await Throttle.all().values_list("key", "tries") == [(address.key, 3)]
    await throttling.claim_attempt([name])
    for _ in range(5):
        await throttling.record_success([address])
    # The tries of others are never forgotten for it.
    assert dict(await Throttle.all().values_list("key", "tries")) == {address.key: 1, name.key: 1}


async def test_throttling_stores_no_address_and_no_name(database: str) -> None:
    await guess(1, HOME, "ten-nguoi-that")
    kept = str(await Throttle.all().values())
    assert len(await Throttle.all()) == 2
    assert HOME.address not in kept
    assert "ten-nguoi-that" not in kept
