"""Cursors of the change feed: how far a caller has been told of which types, and of what lies where.

They are encrypted: the numbers in them would tell how much is written in the areas of others. The same place
has the same cursor (AES-SIV, RFC 5297).
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
from api.errors import BadInput
from api.reads.visibility import Viewer
from records.core.errors import ProblemCode, Refused
from records.core.labels import Described
from records.core.language import _
from records.delivery.feed import FOLLOWED, Place
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
    vars().update({name.upper(): (name, followed.description) for name, followed in FOLLOWED.items()})


class StaleCursor(Refused):
    """The cursor was given for other areas or types: what came into sight since would be missed."""

    code: ClassVar[str] = "STALE_CURSOR"


@dataclass(frozen=True, slots=True)
class Standing:
    """Told so far: how things stood when `horizon` was the oldest writer, up to the record `last`."""

    horizon: int
    type: ChangeType
    last: UUID


AnyPlace: TypeAlias = Standing | Place


def mark_of(types: Sequence[ChangeType], viewer: Viewer) -> str:
    """What a cursor is bound to: the types, and every area that is followed."""
    digest = sha256(" ".join(types).encode())
    for area in viewer.areas or ():
        digest.update(area.bytes)
    return digest.hexdigest()[:16]


def cursor_of(place: AnyPlace, mark: str) -> str:
    """The cursor that names a place."""
    held = (
        [mark, place.horizon, place.type.value, str(place.last)]
        if isinstance(place, Standing)
        else [mark, place.txid, place.seq]
    )
    return encrypted(held)


def parsed(given: str, types: Sequence[ChangeType], mark: str) -> AnyPlace:
    """The place that a cursor names. Raises `BadInput`, or `StaleCursor` for one of another feed."""
    text = _("{name} is not a cursor of this list.")
    refused = BadInput(text, ProblemCode.MALFORMED, "after", name="after")
    try:
        match decrypted(given):
            case [str(theirs), int(txid), int(seq)] if max(abs(txid), abs(seq)) < _NUMBERS:
                place: AnyPlace = Place(txid, seq)
            case [str(theirs), int(horizon), str(type_), str(last)] if abs(horizon) < _NUMBERS:
                place = Standing(horizon, ChangeType(type_), UUID(last))
            case _:
                raise refused
    except ValueError:
        raise refused from None
    if theirs != mark:
        raise StaleCursor(_STALE)
    if isinstance(place, Standing) and place.type not in types:
        raise refused
    return place


def encrypted(held: object) -> str:
    """The text of a cursor that holds `held`."""
    return urlsafe_b64encode(_cipher().encrypt(orjson.dumps(held), None)).rstrip(b"=").decode()


def decrypted(given: str) -> Any:
    """What a cursor holds. Raises `ValueError` for a text that this service did not make."""
    try:
        data = _cipher().decrypt(b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True), None)
    except InvalidTag:
        raise ValueError from None
    return orjson.loads(data)


def _cipher() -> AESSIV:
    return AESSIV(keyring().derived(_PURPOSE, _KEY_BYTES))
