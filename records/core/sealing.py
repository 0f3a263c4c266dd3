"""Sealing: what names people who trusted us is kept encrypted, a data key to each record.

A record's data key is wrapped by a key that is not in the database. Each column is AES-256-GCM under the data
key, bound to its table, row and column, so that nothing sealed can be moved to where it does not belong.
Destroying the data key destroys what the record says, in every backup that holds it too.
"""

import hmac
import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from records.database.settings import OperatorError

_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


class BrokenSealError(Exception):
    """A sealed value is not what was sealed here, or its key is not among ours."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The wrapping keys by id, the one that wraps new data keys, and the key of blind indexes."""

    current: str
    wrapping: dict[str, bytes] = field(repr=False)
    index: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """A keyring with one fresh wrapping key."""
        return cls("1", {"1": os.urandom(_KEY_BYTES)}, os.urandom(_KEY_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The keyring that `text` holds, as `dump` wrote it. Raises `OperatorError`, without its content."""
        try:
            given = json.loads(text)
            wrapping = {str(id_): b64decode(key, validate=True) for id_, key in given["wrapping"].items()}
            keyring = cls(str(given["current"]), wrapping, b64decode(given["index"], validate=True))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise OperatorError("The key file is not one that Ketnoi wrote") from None
        keys = [keyring.index, *wrapping.values()]
        if keyring.current not in wrapping or any(len(key) != _KEY_BYTES for key in keys):
            raise OperatorError("The key file lacks a key, or holds one of the wrong length")
        return keyring

    def dump(self) -> str:
        """The keyring as text: a secret."""
        wrapping = {id_: b64encode(key).decode() for id_, key in self.wrapping.items()}
        given = {"current": self.current, "wrapping": wrapping, "index": b64encode(self.index).decode()}
        return json.dumps(given, indent=2) + "\n"

    def with_new_key(self) -> Self:
        """The keyring with one more wrapping key, which is the current one from now on."""
        id_ = str(max(int(known) for known in self.wrapping) + 1)
        return type(self)(id_, {**self.wrapping, id_: os.urandom(_KEY_BYTES)}, self.index)

    def blind_index(self, purpose: str, value: str) -> bytes:
        """What equal values have in common; without the key nobody can try values out."""
        return hmac.new(self.index, f"{purpose}\0{value}".encode(), sha256).digest()


def read_keyring(path: Path) -> Keyring:
    """The keyring in the file `path`; a new one where there is no file yet. Raises `OperatorError`."""
    try:
        return Keyring.parse(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return write_keyring(path, Keyring.new())
    except (OSError, UnicodeDecodeError):
        raise OperatorError(f"The key file {path} cannot be read") from None


def write_keyring(path: Path, keyring: Keyring) -> Keyring:
    """Writes the keyring so that nobody else may read it, and never half; gives it back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(keyring.dump())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return keyring


@dataclass(frozen=True, slots=True)
class Seal:
    """The seal of one row: seals and opens its columns under the row's own data key."""

    table: str
    row_id: UUID
    _data_key: bytes = field(repr=False)

    @classmethod
    def new(cls, keyring: Keyring, table: str, row_id: UUID) -> tuple[Self, bytes]:
        """A seal with a fresh data key, and that key wrapped, as the row keeps it."""
        data_key = AESGCM.generate_key(bit_length=256)
        return cls(table, row_id, data_key), _wrap(keyring, table, row_id, data_key)

    @classmethod
    def of(cls, keyring: Keyring, table: str, row_id: UUID, wrapped: bytes) -> Self:
        """The seal of a row, from its wrapped data key. Raises `BrokenSealError`."""
        return cls(table, row_id, _unwrap(keyring, table, row_id, wrapped))

    def close(self, column: str, value: str) -> bytes:
        """`value` sealed for `column`; sealing it again gives other bytes."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._data_key).encrypt(nonce, value.encode(), self._bound_to(column))

    def open(self, column: str, sealed: bytes) -> str:
        """What was sealed for `column`. Raises `BrokenSealError`."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._data_key).decrypt(nonce, rest, self._bound_to(column)).decode()
        except (InvalidTag, ValueError):
            raise BrokenSealError(f"{self.table}.{column}") from None

    def _bound_to(self, column: str) -> bytes:
        return f"{self.table}:{self.row_id}:{column}".encode()


def rewrap(keyring: Keyring, table: str, row_id: UUID, wrapped: bytes) -> bytes | None:
    """The data key wrapped by the current key; None when it is already. Raises `BrokenSealError`."""
    if _key_id(wrapped) == keyring.current:
        return None
    return _wrap(keyring, table, row_id, _unwrap(keyring, table, row_id, wrapped))


def _wrap(keyring: Keyring, table: str, row_id: UUID, data_key: bytes) -> bytes:
    nonce, id_ = os.urandom(_NONCE_BYTES), keyring.current.encode()
    bound_to = f"{table}:{row_id}:data_key".encode()
    return id_ + b":" + nonce + AESGCM(keyring.wrapping[keyring.current]).encrypt(nonce, data_key, bound_to)


def _unwrap(keyring: Keyring, table: str, row_id: UUID, wrapped: bytes) -> bytes:
    key = keyring.wrapping.get(_key_id(wrapped))
    rest = wrapped.partition(b":")[2]
    if key is None:
        raise BrokenSealError(f"{table}: a key that is not in the key file")
    try:
        bound_to = f"{table}:{row_id}:data_key".encode()
        return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise BrokenSealError(f"{table}.data_key") from None


def _key_id(wrapped: bytes) -> str:
    return wrapped.partition(b":")[0].decode("ascii", "replace")
