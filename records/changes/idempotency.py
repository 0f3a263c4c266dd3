"""Idempotency keys: a repeated request of a partner makes its change once."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

import asyncpg

from records.changes.locks import advisory_lock
from records.changes.unit_of_work import transaction
from records.core.actor import Actor
from records.core.errors import Conflict, DatabaseUnavailable, Outage, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.tables import IdempotencyKey

RETENTION: Final = timedelta(hours=72)
"""The minimum time a key is remembered, so that a system can resume after a weekend."""

MAX_KEY_LENGTH: Final = 128
_KEY: Final = re.compile(rf"[!-~]{{1,{MAX_KEY_LENGTH}}}")
# What is waited before each further try, but for some chance: those who failed together come back apart.
_PAUSES: Final = (0.2, 0.5, 1.2, 2.5)
# What may have passed after a pause; a database that is read-only or full stays so for longer.
_TRANSIENT_ERRORS: Final = frozenset({Outage.AWAY, Outage.CONNECTIONS})


class KeyReused(Conflict):
    """The key was used for a different request."""

    code = message_code = ProblemCode.IDEMPOTENCY_KEY_REUSED


async def run_once(key: str, request: bytes, do: Callable[[], Awaitable[UUID]], *, by: Actor) -> UUID:
    """The id of the record that `do` changes, or changed when this request first came with this key.

    `request` is all that was asked for. Of those that come at once one does it, and the others wait for it.
    What is refused is not remembered: it changed nothing. A transaction that the database gave up, or whose
    connection was lost, is tried again for some seconds: if it was committed after all, its key is there.
    Raises `ValidationFailed` for what is no key, `KeyReused`, and what `do` does.
    """
    if not _KEY.fullmatch(key):
        text = _("Use 1 to {most} letters, digits and symbols without accents or spaces.")
        raise ValidationFailed.of("idempotency_key", text, ProblemCode.MALFORMED, most=MAX_KEY_LENGTH)
    for pause in _PAUSES:
        try:
            return await _once(key, request, do, by)
        except asyncpg.TransactionRollbackError:
            pass
        except DatabaseUnavailable as error:
            if error.outage not in _TRANSIENT_ERRORS:
                raise
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - nobody gains by guessing it
    return await _once(key, request, do, by)


async def _once(key: str, request: bytes, do: Callable[[], Awaitable[UUID]], by: Actor) -> UUID:
    key_digest, request_digest = sha256(key.encode()).hexdigest(), sha256(request).hexdigest()
    assert by.id is not None  # noqa: S101 - keys are partners', each its own
    async with transaction():
        # Other requests with the same key wait here until this transaction ends.
        await advisory_lock("idempotency", by.id, key_digest)
        known = await IdempotencyKey.get_or_none(partner_id=by.id, key_sha256=key_digest)
        if known is None:
            row_id = await do()
            await IdempotencyKey.create(
                partner_id=by.id,
                key_sha256=key_digest,
                request_sha256=request_digest,
                row_id=row_id,
            )
            return row_id
        if known.request_sha256 != request_digest:
            raise KeyReused(_("This key was already used for another request. Use a new one."))
        return known.row_id
