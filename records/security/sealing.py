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
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from records.core import events
from records.core.events import Event
from records.core.settings import OperatorError, installation

_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


class DecryptionError(Exception):
    """A sealed value was altered, or its key is unknown."""


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
    def parse(cls, text: bytes) -> Self:
        """The keyring in `text`, as `dump` wrote it. Raises `OperatorError`, without its content."""
        try:
            fields = json.loads(text)
            wrapping = {str(id_): b64decode(key, validate=True) for id_, key in fields["wrapping"].items()}
            keyring = cls(str(fields["current"]), wrapping, b64decode(fields["index"], validate=True))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise OperatorError("The key file is not one that Ketnoi wrote") from None
        keys = [keyring.index, *wrapping.values()]
        if keyring.current not in wrapping or any(len(key) != _KEY_BYTES for key in keys):
            raise OperatorError("The key file lacks a key, or holds one of the wrong length")
        return keyring

    def derived(self, purpose: str, length: int = 32) -> bytes:
        """A key of `length` bytes for one purpose, derived from the key that never rotates."""
        info = purpose.encode()
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(self.index)

    def dump(self) -> bytes:
        """The keyring as ASCII text: a secret."""
        wrapping = {id_: b64encode(key).decode() for id_, key in self.wrapping.items()}
        fields = {"current": self.current, "wrapping": wrapping, "index": b64encode(self.index).decode()}
        return json.dumps(fields).encode() + b"\n"

    def with_new_key(self) -> Self:
        """The keyring with one more wrapping key, which becomes the current one."""
        id_ = str(max(int(known) for known in self.wrapping) + 1)
        return type(self)(id_, {**self.wrapping, id_: os.urandom(_KEY_BYTES)}, self.index)

    def without(self, id_: str) -> Self:
        """The keyring without the key `id_`. Raises `OperatorError` for the current or an unknown one."""
        if id_ == self.current:
            raise OperatorError(f"Key {id_} wraps new data keys: it cannot be dropped")
        if id_ not in self.wrapping:
            raise OperatorError(f"There is no key {id_} in the key file")
        left = {known: key for known, key in self.wrapping.items() if known != id_}
        return type(self)(self.current, left, self.index)

    def blind_index(self, purpose: str, value: str) -> bytes:
        """A keyed hash for equality searches; values cannot be guessed without the key."""
        return hmac.new(self.index, f"{purpose}\0{value}".encode(), sha256).digest()


def read_keyring(path: Path) -> Keyring:
    """The keyring in the file `path`. Raises `OperatorError`."""
    try:
        return Keyring.parse(path.read_bytes())
    except FileNotFoundError:
        raise OperatorError(
            f"There is no key file {path}: put back the one that this database is sealed with, "
            "or, for a new database, run `ketnoi keys new`"
        ) from None
    except OSError:
        raise OperatorError(f"The key file {path} cannot be read") from None


def ensure_keyring(path: Path) -> Keyring:
    """The keyring in the file `path`, created if the file does not exist. Raises `OperatorError`."""
    if path.exists():
        return read_keyring(path)
    keyring = write_keyring(path, Keyring.new())
    events.log(Event.SEALING_KEY_CHANGED, what="made", key=keyring.current)
    return keyring


def write_keyring(path: Path, keyring: Keyring) -> Keyring:
    """Writes the keyring atomically, readable by its owner only, and returns it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(keyring.dump())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return keyring


class KeyFile:
    """The keyring in a file, read again when the file was replaced, as a rotation does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # The keyring, keyed by inode and modification time of its file.
        self._seen: dict[tuple[int, int], Keyring] = {}

    def keyring(self) -> Keyring:
        """The keyring as the file holds it now. Raises `OperatorError`."""
        try:
            there = self._path.stat()
        except OSError:
            return read_keyring(self._path)
        seen = (there.st_ino, there.st_mtime_ns)
        if seen not in self._seen:
            self._seen = {seen: read_keyring(self._path)}
        return self._seen[seen]


# The last keyring read is cached.
_key_file: Final = lru_cache(1)(KeyFile)


def keyring() -> Keyring:
    """The keys of this process, as they are now. Raises `OperatorError`."""
    return _key_file(installation.settings().key_file).keyring()


@dataclass(frozen=True, slots=True)
class RowCipher:
    """Encrypts and decrypts the columns of one row under its own data key."""

    table: str
    row_id: UUID
    _data_key: bytes = field(repr=False)

    @classmethod
    def new(cls, keyring: Keyring, table: str, row_id: UUID) -> tuple[Self, bytes]:
        """A cipher with a new data key, and that key wrapped for storage in the row."""
        data_key = AESGCM.generate_key(bit_length=256)
        return cls(table, row_id, data_key), _wrap(keyring, table, row_id, data_key)

    @classmethod
    def for_row(cls, keyring: Keyring, table: str, row_id: UUID, wrapped: bytes) -> Self:
        """The cipher of a row, from its wrapped data key. Raises `DecryptionError`."""
        return cls(table, row_id, _unwrap(keyring, table, row_id, wrapped))

    def encrypt(self, column: str, value: str) -> bytes:
        """The ciphertext of `value` for `column`, different on each call."""
        return self.close_bytes(column, value.encode())

    def decrypt(self, column: str, sealed: bytes) -> str:
        """The plaintext of `column`. Raises `DecryptionError`."""
        try:
            return self.open_bytes(column, sealed).decode()
        except ValueError:
            raise DecryptionError(f"{self.table}.{column}") from None

    def close_bytes(self, column: str, value: bytes) -> bytes:
        """The ciphertext of `value` for `column`, different on each call."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._data_key).encrypt(nonce, value, self._bound_to(column))

    def open_bytes(self, column: str, sealed: bytes) -> bytes:
        """The plaintext of `column`. Raises `DecryptionError`."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._data_key).decrypt(nonce, rest, self._bound_to(column))
        except (InvalidTag, ValueError):
            raise DecryptionError(f"{self.table}.{column}") from None

    def _bound_to(self, column: str) -> bytes:
        return f"{self.table}:{self.row_id}:{column}".encode()


def rewrap(keyring: Keyring, table: str, row_id: UUID, wrapped: bytes) -> bytes | None:
    """The data key wrapped by the current key; None if it already is. Raises `DecryptionError`."""
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
        raise DecryptionError(f"{table}: a key that is not in the key file")
    try:
        bound_to = f"{table}:{row_id}:data_key".encode()
        return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise DecryptionError(f"{table}.data_key") from None


def _key_id(wrapped: bytes) -> str:
    return wrapped.partition(b":")[0].decode("ascii", "replace")
