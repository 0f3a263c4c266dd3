"""What a password may be, and what is kept of it."""

import hashlib
import subprocess
import sys
from pathlib import Path

import argon2
import pytest

from records.access import staff
from records.access.staff import SignInOrigin
from records.core.actor import Role, system_actor
from records.core.errors import ValidationFailed
from records.security import passwords
from records.security.passwords import is_common
from records.tables import Staff
from tests.conftest import area_ids
from tests.replaced import replaced_settings

TASK = system_actor("test")
PASSWORD = "một mật khẩu đủ dài"
HOME = SignInOrigin(address="192.0.2.1", device="Firefox, Linux")


async def somebody(username: str = "mau-01", password: str = PASSWORD) -> Staff:
    return await staff.create(
        username=username,
        name="Cán bộ mẫu",
        password=password,
        role=Role.OFFICER,
        areas=await area_ids("29905"),
        by=TASK,
    )


@pytest.mark.parametrize(
    ("length", "taken"),
    [(1, False), (8, False), (14, False), (15, True), (64, True), (200, True), (201, False)],
)
async def test_password_has_15_to_200_characters_that_all_count(
    database: str, length: int, taken: bool
) -> None:
    await somebody()
    password = ("con mèo ngủ trên mái nhà gỗ của bà " * 6)[:length]
    setting = staff.set_password("mau-01", password, by=TASK)
    if not taken:
        with pytest.raises(ValidationFailed) as wrong:
            await setting
        assert set(wrong.value.problems) == {"password"}
        return
    await setting
    assert await staff.sign_in("mau-01", password, HOME) is not None
    assert await staff.sign_in("mau-01", password[:-1] + "X", HOME) is None
    assert await staff.sign_in("mau-01", password + "x", HOME) is None


def test_common_passwords_of_least_length_are_refused() -> None:
    parts = sorted(part for part in passwords._common_parts() if len(part) > 4)
    # Every part comes first and second somewhere; all with all would be ten million.
    step = len(parts) // 10
    pairs = {one + other for place, one in enumerate(parts) for other in parts[place % step :: step]}
    long = sorted(pair for pair in pairs if len(pair) >= 15)
    assert len(long) > 3100
    assert all(is_common(pair) for pair in long[:: len(long) // 3100])


async def test_breached_password_is_refused_wherever_set(database: str, tmp_path: Path) -> None:
    await somebody()
    begun = await staff.sign_in("mau-01", PASSWORD, HOME)
    assert begun is not None
    live = await staff.authenticate(begun.token)
    assert live is not None
    known = "ba con mèo ngủ trên mái nhà"
    listed = hashlib.sha1(known.encode(), usedforsecurity=False).hexdigest().upper()
    (tmp_path / "list.txt").write_text(f"{listed}:3\n", encoding="ascii")
    with replaced_settings(breached=tmp_path / "list.txt"):
        for attempt in (
            staff.set_password("mau-01", known, by=TASK),
            staff.change_password(live, current=PASSWORD, new=known),
            somebody("mau-02", password=known),
        ):
            with pytest.raises(ValidationFailed) as wrong:
                await attempt
            assert set(wrong.value.problems) == {"password"}
    await staff.set_password("mau-01", known, by=TASK)


def test_password_hash_costs_memory_and_time() -> None:
    # In a process of its own: the tests hash with less.
    code = "import asyncio, records.security.passwords as p; print(asyncio.run(p.hash_password('x')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kept = argon2.extract_parameters(done.stdout.strip())
    assert kept.type is argon2.Type.ID
    # At least what OWASP asks for: 19 MiB, two passes.
    assert kept.memory_cost >= 19 * 1024
    assert kept.time_cost >= 2
    assert (kept.salt_len, kept.hash_len) >= (16, 32)
