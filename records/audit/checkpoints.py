"""Checkpoints: how far the chain had come at a moment, signed, to be kept outside the database."""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from records.audit.chain import Purpose, audit_key, canonical_bytes
from records.audit.last_link import InvalidLinkError, last_link
from records.core.actor import Actor
from records.core.dates import now
from records.core.errors import Conflict
from records.core.rights import Right, check_right
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
        fields = {"position": self.position, "chain": self.chain.hex(), "at": self.at.isoformat()}
        return json.dumps({**fields, "mac": self._mac().hex()}) + "\n"

    @classmethod
    def parse(cls, line: str | bytes) -> Self:
        """The checkpoint of a line. Raises `NotACheckpointError` for one that was not signed here."""
        try:
            fields = json.loads(line)
            checkpoint = cls(
                int(fields["position"]), bytes.fromhex(fields["chain"]), datetime.fromisoformat(fields["at"])
            )
            right = hmac.compare_digest(checkpoint._mac(), bytes.fromhex(fields["mac"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise NotACheckpointError from None
        if not right:
            raise NotACheckpointError
        return checkpoint

    def _mac(self) -> bytes:
        key = audit_key(keyring(), Purpose.CHECKPOINT)
        return hmac.digest(key, canonical_bytes([self.position, self.chain.hex(), self.at]), "sha256")


async def last_position() -> Checkpoint | None:
    """A checkpoint of the chain as it is now; None while nothing is linked. Raises `InvalidLinkError`."""
    position, chain = await last_link()
    return Checkpoint(position, chain, now()) if position else None


async def create_checkpoint(*, by: Actor) -> Checkpoint:
    """A checkpoint of the chain as it is now.

    Raises `PermissionDenied`, or `Conflict` without a valid last link.
    """
    check_right(by, Right.AUDIT_READ)
    try:
        checkpoint = await last_position()
    except InvalidLinkError:
        raise Conflict("The last link of the audit trail is not valid. Run ketnoi audit verify.") from None
    if checkpoint is None:
        raise Conflict("No audit entry has been chained yet.")
    return checkpoint
