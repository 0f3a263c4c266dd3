"""Challenges: one step of a sign-in or registration that waits for its answer, which is taken once."""

import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from records.core.dates import now
from records.security.tokens import hash_token
from records.tables import Challenge

_LIFETIMES: Final = timedelta(minutes=10)
# Longer than the session in which it was sent.
_FORM_LIFETIME: Final = timedelta(hours=13)


class Purpose(StrEnum):
    """The purpose of a challenge."""

    # The password was right; a second factor is required. Its value is empty.
    SECOND_STEP = "second-step"
    PASSKEY_NEW = "passkey-new"
    PASSKEY_SIGN_IN = "passkey-sign-in"
    PASSKEY_PROOF = "passkey-proof"
    # Somebody is at the provider: to sign in, or, where the challenge names them, to link who they are there.
    PROVIDER = "provider"
    # They came back, and are asked whether this is the account to link. Its value says which.
    IDENTITY = "identity"
    # A form that was sent: kept so that it is not carried out again.
    FORM = "form"


async def issue(purpose: Purpose, *, staff_id: UUID | None = None, value: bytes = b"") -> str:
    """The token by which the answer finds its challenge; only a hash of it is kept."""
    token = secrets.token_urlsafe(32)
    await _store(token, purpose, _LIFETIMES, staff_id=staff_id, value=value)
    return token


async def peek(purpose: Purpose, token: str) -> Challenge | None:
    """The challenge of `token`, while it waits."""
    return await Challenge.get_or_none(
        token_hash=hash_token(token), purpose=purpose.value, expires_at__gt=now()
    )


async def consume(purpose: Purpose, token: str) -> Challenge | None:
    """The challenge of `token`, which nobody can take again."""
    challenge = await peek(purpose, token)
    if challenge is None or not await Challenge.filter(id=challenge.id).delete():
        return None
    return challenge


async def claim_form(form: str, session_id: UUID) -> bool:
    """Whether the form of this token is sent for the first time in its session; from now on it is not."""
    try:
        await _store(f"{session_id}:{form}", Purpose.FORM, _FORM_LIFETIME)
    except IntegrityError:
        return False
    return True


async def release_form(form: str, session_id: UUID) -> None:
    """A form that was sent and refused may be sent again."""
    await Challenge.filter(token_hash=hash_token(f"{session_id}:{form}"), purpose=Purpose.FORM.value).delete()


async def _store(
    token: str, purpose: Purpose, lives: timedelta, *, staff_id: UUID | None = None, value: bytes = b""
) -> None:
    hashed, ends = hash_token(token), now() + lives
    await Challenge.create(
        token_hash=hashed, purpose=purpose.value, staff_id=staff_id, value=value, expires_at=ends
    )
