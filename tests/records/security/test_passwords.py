"""What makes a password one that is tried first, part by part, and how it is hashed."""

import asyncio
import threading
import time
from typing import Any

import pytest
from argon2 import PasswordHasher

from records.security import passwords
from records.security.passwords import is_common

ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
)


def test_keyboard_run_has_three_or_more_keys_either_way() -> None:
    lines = [row for line in ROWS for row in (line, line[::-1])]
    runs = {line[at:][:length] for line in lines for at in range(len(line)) for length in range(3, 40)}
    assert set(passwords._runs()) == {run for run in runs if len(run) > 2}


def test_common_parts_are_list_and_runs_and_read_once() -> None:
    parts = passwords._common_parts()
    assert {"matkhau", "password", "qwerty", "poiuy"} <= parts
    assert not any(part == "" or part.startswith("#") for part in parts)
    assert passwords._common_parts() is parts


def test_name_is_known_whole_and_in_words() -> None:
    assert list(passwords._names("Mẫu Bộ Á")) == ["maubo" + "a", "mau", "bo"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("ab", True),
        # One that occurs again and again counts once.
        ("abcdefabcdefabcdef", True),
        ("abcde", True),
        ("abdex", True),
        ("abdexgh", False),
        # Digits count nothing, wherever they stand, unless they are the beginning of a part.
        ("1ab", True),
        ("12ab34de5x", True),
        ("72kl", True),
        ("77", True),
        ("abz", False),
        ("z", False),
        ("zab", False),
        # From the left the longest that fits: "abc" leaves "d".
        ("abcd", False),
    ],
)
def test_password_is_made_of_longest_parts_from_left(text: str, made: bool) -> None:
    known = frozenset({"ab", "abc", "de", "def", "x", "gh", "2kl"})
    assert passwords._consists_of(known, text) is made


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("ab", True),
        ("x", True),
        # Here "abc" is not the right one to begin with.
        ("abcd", True),
        ("abdex", True),
        ("abdexgh", False),
        ("ababab", True),
        ("abababab", False),
        ("1ab", True),
        ("ab1", True),
        ("12ab34de5x6", True),
        ("z", False),
        ("1z", False),
        ("zab", False),
    ],
)
def test_password_is_cut_into_parts_anywhere(text: str, cut: bool) -> None:
    known = frozenset({"ab", "abc", "cd", "de", "x", "gh"})
    assert passwords._splits_into(known, text) is cut


@pytest.mark.parametrize(
    ("password", "common"),
    [
        # Five different letters, then six.
        ("xkvpggpvkxxkvpg", True),
        ("xkvpgwgpvkxwxkvpgw", False),
        # Four times the same word, which no cut into three finds.
        ("matkhaumatkhaumatkhaumatkhau", True),
        ("matkhaudangnhapquantri", True),
        ("matkhaudangnhapquantrihethong", False),
        ("M@tKh4u D4ngNh4p", True),
        ("Mật khẩu đăng nhập", True),
        ("mẫu bộ 1990 mật khẩu", True),
    ],
)
def test_password_is_common_when_of_listed_or_personal_words(password: str, common: bool) -> None:
    assert is_common(password, about=["Mẫu Bộ"]) is common


async def test_surrogate_counts_as_password_character() -> None:
    kept = await passwords.hash_password("một mật khẩu \ud83d")
    assert await passwords.verify_password(kept, "một mật khẩu \ud83d")
    assert not await passwords.verify_password(kept, "một mật khẩu \ud83e")


async def test_password_fails_when_hash_is_invalid() -> None:
    assert await passwords.verify_password("this is no hash", "một mật khẩu đủ dài") is False


async def test_passwords_are_hashed_by_two_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, now, most = threading.Lock(), 0, 0

    class Watched(PasswordHasher):
        """Hashes as always, and counts how many others do."""

        def hash(self, *given: Any, **named: Any) -> str:
            nonlocal now, most
            with lock:
                now, most = now + 1, max(most, now + 1)
            time.sleep(0.02)
            done = super().hash(*given, **named)
            with lock:
                now -= 1
            return done

        def verify(self, *given: Any) -> Any:
            self.hash("x")
            return super().verify(*given)

    monkeypatch.setattr(passwords, "_HASHER", Watched(time_cost=1, memory_cost=64, parallelism=1))
    kept = await passwords.hash_password("một mật khẩu đủ dài")
    for work in (
        [passwords.hash_password("một mật khẩu đủ dài") for _ in range(6)],
        [passwords.verify_password(kept, "một mật khẩu đủ dài") for _ in range(6)],
    ):
        most = 0
        assert all(await asyncio.gather(*work))
        assert most == 2
