"""Secrets and signatures of the Standard Webhooks specification, version 1 (HMAC-SHA256)."""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from tortoise.expressions import Q

from records.core.dates import now
from records.core.identifiers.ids import uuid7
from records.security import vault
from records.security.sealing import RowCipher, keyring
from records.tables import WebhookSecret

_TABLE: Final = "webhook_secrets"
_PREFIX: Final = "whsec_"
_BYTES: Final = 32


def headers(id_: str, moment: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The headers of a delivery: one signature for each secret, so that either side of a change can check."""
    stamp = str(int(moment.timestamp()))
    signed = f"{id_}.{stamp}.".encode() + body
    signatures = [
        b64encode(hmac.digest(b64decode(key.removeprefix(_PREFIX)), signed, sha256)).decode() for key in keys
    ]
    return {
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


async def new_secret(webhook_id: UUID, *, overlap: timedelta = timedelta()) -> str:
    """A new secret of a webhook, told this once; those of before sign along for `overlap` more.

    To be called within a change.
    """
    key, row_id, moment = _PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode(), uuid7(), now()
    # A rotation of the wrapping keys waits until this row is there, and so does not miss it.
    await vault.lock_keys()
    held = WebhookSecret.filter(webhook_id=webhook_id)
    await held.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=moment + overlap)).update(
        expires_at=moment + overlap
    )
    await held.filter(expires_at__lte=moment).delete()
    seal, data_key = RowCipher.new(keyring(), _TABLE, row_id)
    await WebhookSecret.create(
        id=row_id, webhook_id=webhook_id, data_key=data_key, secret=seal.encrypt("secret", key)
    )
    return key


async def secrets_of(webhook_id: UUID) -> list[str]:
    """The secrets with which deliveries are signed now, the newest first."""
    rows = await secrets_in_use(webhook_id)
    return [
        RowCipher.for_row(keyring(), _TABLE, row.id, row.data_key).decrypt("secret", row.secret)
        for row in rows
    ]


async def secrets_in_use(webhook_id: UUID) -> list[WebhookSecret]:
    """The secrets that sign now, the newest first: since when and until when."""
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=now())
    return await WebhookSecret.filter(live, webhook_id=webhook_id).order_by("-created_at", "-id")


async def forget_secrets(webhook_id: UUID) -> None:
    """Destroys every secret of a webhook."""
    await WebhookSecret.filter(webhook_id=webhook_id).delete()
