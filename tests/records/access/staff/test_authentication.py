"""Signing in, as the rules have it: throttling, further factors, recovery codes, sessions and rights."""

import asyncio
import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest

from records.access import staff
from records.access.staff import challenges
from records.access.staff.challenges import Purpose
from records.core.actor import Actor, Role
from records.core.dates import now
from records.core.errors import PermissionDenied, ValidationFailed
from records.security.passwords import is_common
from records.tables import Challenge
from tests.conftest import area_ids
from tests.records.access.staff.support import (
    PASSWORD,
    TASK,
    member,
    somebody,
)


async def test_account_needs_at_least_one_area(database: str) -> None:
    await somebody()
    with pytest.raises(ValidationFailed):
        await staff.set_rights("mau-01", role=Role.OFFICER, areas=[], by=TASK)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_accounts_are_managed_by_administrators_only(database: str, role: Role) -> None:
    await somebody(role=role)
    by: Actor = (await member()).actor
    for attempt in (
        staff.end_sessions("mau-01", by=by),
        staff.remove_factors("mau-01", by=by),
        staff.set_rights("mau-01", role=Role.ADMINISTRATOR, areas=await area_ids("82"), by=by),
    ):
        with pytest.raises(PermissionDenied):
            await attempt


async def test_challenge_is_taken_once_for_its_purpose(database: str) -> None:
    token = await challenges.issue(Purpose.PASSKEY_SIGN_IN, value=b"x")
    assert await challenges.consume(Purpose.PASSKEY_NEW, token) is None
    assert await challenges.consume(Purpose.PASSKEY_SIGN_IN, token) is not None
    assert await challenges.consume(Purpose.PASSKEY_SIGN_IN, token) is None
    assert await challenges.peek(Purpose.PASSKEY_SIGN_IN, "\ud800") is None


async def test_challenge_is_taken_once_when_answered_at_once(database: str) -> None:
    token, other = [await challenges.issue(Purpose.PASSKEY_SIGN_IN) for _ in range(2)]
    taken = await asyncio.gather(*(challenges.consume(Purpose.PASSKEY_SIGN_IN, token) for _ in range(5)))
    assert len([challenge for challenge in taken if challenge]) == 1
    assert await challenges.consume(Purpose.PASSKEY_SIGN_IN, other) is not None


async def test_challenge_keeps_its_values_for_ten_minutes(database: str) -> None:
    row, moment = await somebody(), now()
    token = await challenges.issue(Purpose.PASSKEY_PROOF, staff_id=row.id, value=b"x")
    held = await challenges.peek(Purpose.PASSKEY_PROOF, token)
    assert held is not None
    assert (held.staff_id, held.value, len(token)) == (row.id, b"x", 43)
    assert timedelta(minutes=10) <= held.expires_at - moment < timedelta(minutes=11)
    empty = await challenges.peek(Purpose.SECOND_STEP, await challenges.issue(Purpose.SECOND_STEP))
    assert empty is not None
    assert (empty.staff_id, empty.value) == (None, b"")
    assert await challenges.peek(Purpose.PASSKEY_PROOF, token) is not None


async def test_challenge_is_stored_under_name_of_its_purpose(database: str) -> None:
    """Not under another after an update, while people are just signing in."""
    for purpose in Purpose:
        await challenges.issue(purpose)
    kept = [row.purpose for row in await Challenge.all()]
    assert sorted(kept) == [
        *("form", "identity", "passkey-new", "passkey-proof", "passkey-sign-in", "provider", "second-step")
    ]


async def test_form_is_sent_once_per_session_until_given_back(database: str) -> None:
    mine, theirs = uuid4(), uuid4()
    assert [await challenges.claim_form(*sent) for sent in (("a", mine), ("b", mine), ("a", theirs))] == [
        True
    ] * 3
    assert [await challenges.claim_form("a", mine) for _ in range(2)] == [False] * 2
    await challenges.release_form("a", mine)
    assert await challenges.claim_form("a", mine)
    for sent in (("a", mine), ("b", mine), ("a", theirs)):
        assert not await challenges.claim_form(*sent)
    # Kept for a session's longest life, and an hour more; nothing of the form is kept.
    for row in await Challenge.all():
        assert timedelta(hours=12, minutes=59) < row.expires_at - now() <= timedelta(hours=13)
        assert (row.purpose, row.value, row.staff_id) == ("form", b"", None)
        assert row.token_hash in {
            hashlib.sha256(f"{of}:{form}".encode()).digest() for of in (mine, theirs) for form in "ab"
        }


async def test_give_back_applies_to_forms_only(database: str) -> None:
    mine = uuid4()
    await challenges.claim_form("a", mine)
    await Challenge.all().update(purpose=Purpose.SECOND_STEP.value)
    await challenges.release_form("a", mine)
    assert await Challenge.all().count() == 1


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
def test_common_password_is_recognised(password: str) -> None:
    assert is_common(password, ("mau-01", "Cán bộ mẫu"))


@pytest.mark.parametrize(
    "password",
    ["chỉ dùng trong thử nghiệm", PASSWORD, "3f9a1c0b77de4a52", "ba con mèo ngủ trên mái nhà"],
)
def test_sentence_is_no_common_password(password: str) -> None:
    assert not is_common(password, ("mau-01", "Cán bộ mẫu"))


async def test_common_password_is_refused_wherever_set(database: str) -> None:
    await somebody()
    for attempt in (
        staff.set_password("mau-01", "passwordpassword", by=TASK),
        staff.change_password(await member(), current=PASSWORD, new="mau-01 mau-01 mau-01"),
    ):
        with pytest.raises(ValidationFailed) as wrong:
            await attempt
        assert set(wrong.value.problems) == {"password"}
