"""Passwords: argon2id, off the event loop and never many at once."""

import asyncio
import unicodedata
from functools import partial
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher()
# Each takes some 64 MiB and a quarter of a second of a core.
_AT_ONCE: Final = asyncio.Semaphore(2)


async def hash_password(password: str) -> str:
    """The argon2id hash of `password`, with its parameters and salt."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHER.hash, _typed(password))


async def verify_password(password_hash: str, password: str) -> bool:
    """Whether `password` is the one that was hashed."""
    async with _AT_ONCE:
        return await asyncio.to_thread(partial(_matches, password_hash, password))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, _typed(password))
    except (VerificationError, InvalidHashError):
        return False


def _typed(password: str) -> bytes:
    """The same from every keyboard: some send "ế" as one character, some as three (NIST SP 800-63B-4)."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
