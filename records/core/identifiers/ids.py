"""Identifiers: UUIDv7 keys for rows, stable UUIDv5 keys for area versions, and global ids for partners."""

import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from uuid import UUID, uuid5

_AREAS = UUID("6b1f3f0e-2c57-5c0b-9a54-8a3f6d1c7e10")


def uuid7() -> UUID:
    """A new time-ordered id (RFC 9562, section 5.7): 48 bits of milliseconds, 74 random bits."""
    bits = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10))
    bits = bits & ~(0xF << 76) | 7 << 76
    bits = bits & ~(0x3 << 62) | 2 << 62
    return UUID(int=bits)


def area_id(code: str, valid_from: date) -> UUID:
    """The id of one area version: the same on every installation, so that ids can be exchanged."""
    return uuid5(_AREAS, f"{code}@{valid_from.isoformat()}")


def global_id(type_name: str, id_: UUID) -> str:
    """By what partners know a row: base64url of the name of its GraphQL type and its id."""
    return urlsafe_b64encode(type_name.encode() + b":" + id_.bytes).rstrip(b"=").decode()


def digest_of(ids: Iterable[UUID]) -> str:
    """What a preview carries to tell whether exactly these rows are still meant."""
    return sha256(b"".join(sorted(id_.bytes for id_ in ids))).hexdigest()
