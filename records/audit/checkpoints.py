"""Checkpoints: how far the chain had come at a moment, signed, to be kept outside the database."""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from records.audit.chain import Purpose, audit_key, plain_bytes
from records.audit.links import ForgedLinkError, last_link
from records.core.actor import Actor
from records.core.days import now
from records.core.errors import Conflict
from records.core.rights import Right, check_may
from records.security.sealing import keyring


class NotACheckpointError(Exception):
    """What was read is no checkpoint, or was not signed with this installation's key."""


@dataclass(frozen=True)
class Checkpoint:
    """The last position of the chain at a moment, and the chain there; nothing of what was audited."""

    position: int
    chain: bytes
    at: datetime

    def line(self) -> str:
        """The checkpoint, signed, as one line of JSON."""
        given = {"position": self.position, "chain": self.chain.hex(), "at": self.at.isoformat()}
        return json.dumps({**given, "mac": self._mac().hex()}) + "\n"

    @classmethod
    def parse(cls, line: str | bytes) -> Self:
        """The checkpoint of a line. Raises `NotACheckpointError` for one that was not signed here."""
        try:
            given = json.loads(line)
            found = cls(
                int(given["position"]), bytes.fromhex(given["chain"]), datetime.fromisoformat(given["at"])
            )
            right = hmac.compare_digest(found._mac(), bytes.fromhex(given["mac"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise NotACheckpointError from None
        if not right:
            raise NotACheckpointError
        return found

    def _mac(self) -> bytes:
        key = audit_key(keyring(), Purpose.CHECKPOINT)
        return hmac.digest(key, plain_bytes([self.position, self.chain.hex(), self.at]), "sha256")


async def last() -> Checkpoint | None:
    """A checkpoint of the chain as it is now; None while nothing is linked. Raises `ForgedLinkError`."""
    position, chain = await last_link()
    return Checkpoint(position, chain, now()) if position else None


async def newest(*, by: Actor) -> Checkpoint:
    """A checkpoint of the chain as it is now. Raises `Denied`, or `Conflict` without a valid last link."""
    check_may(by, Right.AUDIT_READ)
    try:
        found = await last()
    except ForgedLinkError:
        raise Conflict("The last link of the audit trail is not valid. Run ketnoi audit verify.") from None
    if found is None:
        raise Conflict("No audit entry has been chained yet.")
    return found
