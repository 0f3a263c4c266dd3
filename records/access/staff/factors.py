"""Further factors: authenticator apps (RFC 6238), recovery codes, and the list of what one has."""

import hashlib
import re
import secrets
import time
from base64 import b32encode
from typing import Final
from uuid import UUID

import pyotp
from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from records.access.staff.noun import visible_to
from records.access.staff.sessions import AuthenticatedSession
from records.changes.unit_of_work import audit, transaction
from records.core import events
from records.core.actor import Actor
from records.core.dates import now
from records.core.errors import NotFound, ProblemCode
from records.core.events import Event
from records.core.identifiers.ids import uuid7
from records.core.validation import Validator
from records.security import vault
from records.security.sealing import RowCipher, keyring
from records.tables import Factor, RecoveryCode, Staff
from records.tables.staff import FactorKind

CODES: Final = 10
NAME_LENGTH: Final = 80
_SECRET: Final = re.compile(r"[A-Z2-7]{32}")
_TABLE: Final = "factors"
_ISSUER: Final = "Ketnoi"


async def own_factors(member: AuthenticatedSession) -> list[Factor]:
    """One's own factors, the oldest first."""
    return await Factor.filter(staff_id=member.staff.id).order_by("created_at", "id")


def without_factor(actor: Actor) -> QuerySet[Staff]:
    """The active accounts that have no second factor. Raises `PermissionDenied`."""
    return visible_to(actor).filter(active=True, id__not_in=Subquery(Factor.all().values("staff_id")))


async def kinds(staff_id: UUID) -> frozenset[FactorKind]:
    """The kinds of factor that somebody has."""
    return frozenset([factor.kind async for factor in Factor.filter(staff_id=staff_id)])


def new_secret() -> str:
    """A secret of 160 bits for an authenticator app, in base 32."""
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether `text` looks like a secret that was made here."""
    return _SECRET.fullmatch(text) is not None


def totp_uri(member: AuthenticatedSession, secret: str) -> str:
    """The address that an authenticator app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=member.staff.username, issuer_name=_ISSUER)


async def add_app(member: AuthenticatedSession, *, secret: str, code: str, name: str) -> list[str]:
    """Adds the app that shows `code` now; gives recovery codes to who has none. Raises `ValidationFailed`."""
    check = Validator()
    name = check.text("name", name, max_length=NAME_LENGTH, required=True)
    step = _totp_step(secret, code) if is_secret(secret) else None
    if step is None:
        check.add(
            "code", "This code is not correct. Enter the one that the app shows now.", ProblemCode.INVALID
        )
    check.raise_if_invalid()
    row_id = uuid7()
    async with transaction():
        # A rotation of the wrapping keys waits until this row is there, and so does not miss it.
        await vault.lock_keys()
        seal, data_key = RowCipher.new(keyring(), _TABLE, row_id)
        await Factor.create(
            id=row_id,
            staff_id=member.staff.id,
            kind=FactorKind.TOTP,
            name=name,
            data_key=data_key,
            secret=seal.encrypt("secret", secret),
            last_step=step,
        )
        await record_change(member, FactorKind.TOTP, added=True)
        return await ensure_recovery_codes(member)


async def verify_totp(staff_id: UUID, code: str) -> bool:
    """Whether an authenticator app of theirs shows `code`. A step that was used is used up."""
    for factor in await Factor.filter(staff_id=staff_id, kind=FactorKind.TOTP):
        assert factor.data_key is not None  # noqa: S101 - the table says so
        assert factor.secret is not None  # noqa: S101 - the table says so
        secret = RowCipher.for_row(keyring(), _TABLE, factor.id, factor.data_key).decrypt(
            "secret", factor.secret
        )
        step = _totp_step(secret, code)
        unused = Factor.filter(id=factor.id, last_step__lt=step or 0)
        if step is not None and await unused.update(last_step=step, used_at=now()):
            return True
    return False


async def remove(member: AuthenticatedSession, factor_id: UUID) -> None:
    """Removes one of one's own factors; with the last, the recovery codes go. Raises `NotFound`."""
    async with transaction():
        factor = await Factor.get_or_none(id=factor_id, staff_id=member.staff.id)
        if factor is None:
            raise NotFound("There is no such authentication method.")
        await factor.delete()
        if not await kinds(member.staff.id):
            await RecoveryCode.filter(staff_id=member.staff.id).delete()
        await record_change(member, factor.kind, added=False)


async def new_codes(member: AuthenticatedSession) -> list[str]:
    """Ten recovery codes, told this once; those of before work no more."""
    codes, staff_id = [_new_code() for _ in range(CODES)], member.staff.id
    async with transaction():
        await RecoveryCode.filter(staff_id=staff_id).delete()
        await RecoveryCode.bulk_create(
            [RecoveryCode(staff_id=staff_id, code_hash=_hash(code)) for code in codes]
        )
        action, after = "staff.recovery-codes", {"codes": CODES}
        await audit("staff", staff_id, by=member.actor, action=action, before={}, after=after)
    events.log(Event.FACTORS_CHANGED, actor=staff_id, what="codes made", whose=staff_id)
    return codes


async def ensure_recovery_codes(member: AuthenticatedSession) -> list[str]:
    """New recovery codes for somebody who has none that works."""
    return [] if await remaining_recovery_codes(member) else await new_codes(member)


async def remaining_recovery_codes(member: AuthenticatedSession) -> int:
    """The number of recovery codes that still work."""
    return await RecoveryCode.filter(staff_id=member.staff.id, used_at__isnull=True).count()


async def consume_recovery_code(staff_id: UUID, code: str) -> bool:
    """Whether `code` is a recovery code of theirs that was not used; now it is."""
    unused = RecoveryCode.filter(staff_id=staff_id, code_hash=_hash(code), used_at__isnull=True)
    return await unused.update(used_at=now()) == 1


async def record_change(member: AuthenticatedSession, kind: FactorKind, *, added: bool) -> None:
    """Writes down in the audit that a factor came or went."""
    without, there = {"factor": None}, {"factor": kind.value}
    before, after = (without, there) if added else (there, without)
    await audit("staff", member.staff.id, by=member.actor, action="staff.factors", before=before, after=after)
    what = f"{kind.value} {'added' if added else 'removed'}"
    events.log(Event.FACTORS_CHANGED, actor=member.staff.id, what=what, whose=member.staff.id)


def _totp_step(secret: str, code: str) -> int | None:
    """The time step of which `code` is the code: this one, or the one before or after (clocks differ)."""
    digits = "".join(code.split())
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    app = pyotp.TOTP(secret)
    current = app.timecode(time.time())
    windows = (current - 1, current, current + 1)
    return next(
        (window for window in windows if secrets.compare_digest(app.generate_otp(window), digits)), None
    )


def _new_code() -> str:
    """120 random bits, so that a plain hash of it is safe to keep (OWASP ASVS 5.0, 6.5.2)."""
    text = b32encode(secrets.token_bytes(15)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _hash(code: str) -> bytes:
    """However it is typed: case, spaces and dashes do not matter."""
    return hashlib.sha256(re.sub(r"[^a-z2-7]", "", code.casefold()).encode()).digest()
