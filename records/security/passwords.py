"""Passwords: argon2id hashes, computed in threads with limited concurrency."""

import asyncio
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, partial
from math import inf
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from records.core.text import normalize_for_search

_HASHER: Final = PasswordHasher()
# Each takes some 64 MiB and a quarter of a second of a core.
_AT_ONCE: Final = asyncio.Semaphore(2)

_PARTS: Final = Path(__file__).parent / "data" / "common_passwords.txt"
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
)
# How those who must have a digit write letters.
_LETTERS: Final = str.maketrans("01345789@$!", "oieastbgasi")
_MIN_LETTERS: Final = 6
_MOST_PARTS: Final = 3


async def hash_password(password: str) -> str:
    """The argon2id hash of `password`, with its parameters and salt."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHER.hash, _normalize(password))


async def verify_password(password_hash: str, password: str) -> bool:
    """Whether `password` is the one that was hashed."""
    async with _AT_ONCE:
        return await asyncio.to_thread(partial(_matches, password_hash, password))


def is_common(password: str, about: Iterable[str] = ()) -> bool:
    """Whether `password` consists only of what an attacker tries first.

    That is: a few letters again and again, or digits, runs on the keyboard and at most three different words
    of a list of our own or of what is known `about` the person. A sentence of one's own has more.
    """
    normalized = unicodedata.normalize("NFKC", password).casefold()
    known = _common_parts() | {part for text in about for part in _names(text)}
    texts = [
        normalize_for_search(variant).replace(" ", "")
        for variant in (normalized, normalized.translate(_LETTERS))
    ]
    return len(set(normalized)) < _MIN_LETTERS or any(
        _consists_of(known, text) or _splits_into(known, text) for text in texts
    )


def _consists_of(known: frozenset[str], text: str) -> bool:
    """Whether a greedy match of parts from left to right covers the whole with few parts."""
    parts, at, longest = set(), 0, max(map(len, known))
    while at < len(text):
        here = (text[at : at + length] for length in range(longest, 0, -1))
        part = next((part for part in here if part in known or (len(part) == 1 and part.isdigit())), None)
        if part is None:
            return False
        at += len(part)
        if not part.isdigit():
            parts.add(part)
    return len(parts) <= _MOST_PARTS


def _splits_into(known: frozenset[str], text: str) -> bool:
    """Whether a few parts make up the whole, for any split."""
    longest = max(map(len, known))
    fewest = [0.0, *([inf] * len(text))]
    for end in range(1, len(text) + 1):
        if text[end - 1].isdigit():
            fewest[end] = fewest[end - 1]
        for start in range(max(0, end - longest), end):
            if text[start:end] in known:
                fewest[end] = min(fewest[end], fewest[start] + 1)
    return fewest[-1] <= _MOST_PARTS


@cache
def _common_parts() -> frozenset[str]:
    lines = _PARTS.read_text(encoding="utf-8").splitlines()
    return frozenset({line for line in lines if not line.startswith("#")} | set(_runs()))


def _runs() -> Iterator[str]:
    """Every keyboard run of three or more keys, in either direction."""
    for row in _ROWS:
        for line in (row, row[::-1]):
            for start in range(len(line)):
                yield from (line[start:end] for end in range(start + 3, len(line) + 1))


def _names(text: str) -> Iterator[str]:
    """A name as a whole and its words."""
    words = normalize_for_search(text).split()
    yield from (word for word in ("".join(words), *words) if len(word) > 1)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, _normalize(password))
    except (VerificationError, InvalidHashError):
        return False


def _normalize(password: str) -> bytes:
    """The same for every keyboard: some send "ế" as one character, some as three (NIST SP 800-63B-4)."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
