"""Cursors of the change feed, bound to the types and areas that the caller follows.

They are encrypted, because transaction ids would reveal how much is written in other areas. Encryption is
deterministic (AES-SIV, RFC 5297): the same position has the same cursor.
"""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, Final, TypeAlias
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from api.enums import expose
from api.errors import InvalidInput
from api.reads.visibility import Viewer
from records.core.errors import DomainError, ProblemCode
from records.core.labels import Described
from records.core.language import _
from records.delivery.feed import FOLLOWED_NOUNS, FeedPosition
from records.security.sealing import keyring

_NUMBERS: Final = 2**63
_PURPOSE: Final = "ketnoi cursors of the change feed"
_KEY_BYTES: Final = 64
_STALE: Final = _(
    "This cursor was issued for other areas or types than this key follows now: start again without one."
)


@expose
class ChangeType(Described):
    """The types of records that can be followed. Catalogues are short: read them whole."""

    # Its members are the nouns that are followed.
    vars().update({name.upper(): (name, followed.description) for name, followed in FOLLOWED_NOUNS.items()})


class StaleCursor(DomainError):
    """The cursor was given for other areas or types: what came into sight since would be missed."""

    code: ClassVar[str] = "STALE_CURSOR"


@dataclass(frozen=True, slots=True)
class InitialPosition:
    """A position in the initial state that began at `horizon`: after the record `last` of a type."""

    horizon: int
    type: ChangeType
    last: UUID


CursorPosition: TypeAlias = InitialPosition | FeedPosition


def scope_digest(types: Sequence[ChangeType], viewer: Viewer) -> str:
    """A digest of the followed types and areas, to which cursors are bound."""
    digest = sha256(" ".join(types).encode())
    for area in viewer.areas or ():
        digest.update(area.bytes)
    return digest.hexdigest()[:16]


def encode_cursor(position: CursorPosition, mark: str) -> str:
    """The cursor of a position."""
    payload = (
        [mark, position.horizon, position.type.value, str(position.last)]
        if isinstance(position, InitialPosition)
        else [mark, position.txid, position.seq]
    )
    return encrypt(payload)


def parse_cursor(cursor: str, types: Sequence[ChangeType], mark: str) -> CursorPosition:
    """The position of a cursor. Raises `InvalidInput`, or `StaleCursor` for one of another scope."""
    text = _("{name} is not a cursor of this list.")
    error = InvalidInput(text, ProblemCode.MALFORMED, "after", name="after")
    try:
        match decrypt(cursor):
            case [str(cursor_scope), int(txid), int(seq)] if max(abs(txid), abs(seq)) < _NUMBERS:
                position: CursorPosition = FeedPosition(txid, seq)
            case [str(cursor_scope), int(horizon), str(type_), str(last)] if abs(horizon) < _NUMBERS:
                position = InitialPosition(horizon, ChangeType(type_), UUID(last))
            case _:
                raise error
    except ValueError:
        raise error from None
    if cursor_scope != mark:
        raise StaleCursor(_STALE)
    if isinstance(position, InitialPosition) and position.type not in types:
        raise error
    return position


def encrypt(payload: object) -> str:
    """The encrypted text of a cursor."""
    return urlsafe_b64encode(_cipher().encrypt(orjson.dumps(payload), None)).rstrip(b"=").decode()


def decrypt(cursor: str) -> Any:
    """The payload of a cursor. Raises `ValueError` for a text that this service did not issue."""
    try:
        data = _cipher().decrypt(b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True), None)
    except InvalidTag:
        raise ValueError from None
    return orjson.loads(data)


def _cipher() -> AESSIV:
    return AESSIV(keyring().derived(_PURPOSE, _KEY_BYTES))
