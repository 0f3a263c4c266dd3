"""Whether the audit still says what was written: every MAC, every link, and every checkpoint outside."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg
from tortoise.connection import get_connection

from records.audit.chain import ENTRY_COLUMNS, GENESIS, Purpose, audit_key, chain_hmac, is_signed
from records.audit.checkpoints import Checkpoint, NotACheckpointError
from records.audit.schema_guard import check_audit_schema
from records.core.actor import Actor
from records.core.dates import now
from records.core.rights import Right, check_right
from records.security.sealing import keyring

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

RECENT_CHECKPOINT: Final = timedelta(minutes=10)
"""What is older has been linked, and is covered by a checkpoint, where all is well."""

_BATCH: Final = 1000
_LINKED: Final = f"""
SELECT l.position, l.entry, l.chain, {ENTRY_COLUMNS}
FROM audit_links l LEFT JOIN audit_entries e ON e.seq = l.entry ORDER BY l.position"""
_PENDING: Final = f"""
SELECT {ENTRY_COLUMNS} FROM audit_entries e
WHERE NOT EXISTS (SELECT FROM audit_links l WHERE l.entry = e.seq) ORDER BY e.seq"""
_CHAINS: Final = "SELECT position, chain FROM audit_links WHERE position = ANY($1::bigint[])"
_WRITTEN: Final = """
SELECT e.at FROM audit_links l JOIN audit_entries e ON e.seq = l.entry WHERE l.position = $1"""


class Defect(StrEnum):
    """What may be wrong. `number` is an entry's, but for GAP, CUT and OTHER a position in the chain."""

    UNREADABLE = "UNREADABLE"
    ALTERED = "ALTERED"
    FORGED = "FORGED"
    REPEATED = "REPEATED"
    MISSING = "MISSING"
    GAP = "GAP"
    RELINKED = "RELINKED"
    CUT = "CUT"
    OTHER = "OTHER"
    CHECKPOINT = "CHECKPOINT"


@dataclass(frozen=True)
class VerificationReport:
    """The result of a verification, up to the first defect."""

    # How many valid entries are linked, and how many are not linked yet.
    linked: int = 0
    pending: int = 0
    # How many checkpoints agree, and the newest position of one.
    checkpoints_compared: int = 0
    entries_covered: int = 0
    # When the oldest entry without a checkpoint was written.
    uncovered_since: datetime | None = None
    flaw: Defect | None = None
    number: int = 0
    # The file and line of a checkpoint that is none, or the table that is not as it was made, and in what.
    where: str = ""

    @property
    def is_compared(self) -> bool:
        """Whether checkpoints outside the database cover everything but what is fresh."""
        return self.checkpoints_compared > 0 and (
            self.uncovered_since is None or self.uncovered_since > now() - RECENT_CHECKPOINT
        )


async def verify(heads: Iterable[Checkpoint] = (), *, by: Actor) -> VerificationReport:
    """Checks the tables, every entry, every link, and the chain against `heads`, in one snapshot.

    `heads` are those that were kept before: read on only when it is their turn. Raises `PermissionDenied`,
    and `CheckpointStoreError` where they cannot be read.
    """
    check_right(by, Right.AUDIT_READ)
    # Straight from the pool: only a cursor keeps the memory flat.
    async with get_connection("default").acquire_connection() as connection:
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                if altered := await check_audit_schema(connection):
                    return VerificationReport(flaw=Defect.ALTERED, where=altered)
                verdict = await _verify_chain(connection)
                if verdict.flaw is None:
                    verdict = await _pending(connection, verdict)
                if verdict.flaw is None:
                    verdict = await _compare(connection, verdict, heads)
                return await _uncovered_since(connection, verdict)
        # A column that is gone, or a value that is none of its type.
        except (asyncpg.SyntaxOrAccessError, asyncpg.DataError, ValueError, OverflowError):
            return VerificationReport(flaw=Defect.UNREADABLE)


async def _verify_chain(connection: "Connection") -> VerificationReport:
    """The chain from its start: positions without a gap, each with its entry, as it was signed and linked."""
    entry_key, link_key = audit_key(keyring(), Purpose.ENTRY), audit_key(keyring(), Purpose.LINK)
    linked, chain = 0, GENESIS
    async for row in connection.cursor(_LINKED, prefetch=_BATCH):
        good = VerificationReport(linked=linked)
        if row["position"] != linked + 1:
            flaw = Defect.REPEATED if row["position"] == linked else Defect.GAP
            return replace(good, flaw=flaw, number=linked + 1 if flaw is Defect.GAP else row["entry"])
        if row["seq"] is None:
            return replace(good, flaw=Defect.MISSING, number=row["entry"])
        if not is_signed(entry_key, row):
            return replace(good, flaw=Defect.FORGED, number=row["entry"])
        chain = chain_hmac(link_key, chain, row["position"], row["mac"])
        if not compare_digest(chain, row["chain"] or b""):
            return replace(good, flaw=Defect.RELINKED, number=row["entry"])
        linked += 1
    return VerificationReport(linked=linked)


async def _pending(connection: "Connection", verdict: VerificationReport) -> VerificationReport:
    """The entries that are not linked yet; those that bear no MAC of ours are forgeries."""
    key, seen = audit_key(keyring(), Purpose.ENTRY), 0
    async for row in connection.cursor(_PENDING, prefetch=_BATCH):
        if not is_signed(key, row):
            return replace(verdict, flaw=Defect.FORGED, number=row["seq"] or 0)
        if row["seq"] == seen:
            return replace(verdict, flaw=Defect.REPEATED, number=seen)
        since = min(verdict.uncovered_since or row["at"], row["at"])
        seen, verdict = row["seq"], replace(verdict, pending=verdict.pending + 1, uncovered_since=since)
    return verdict


async def _compare(
    connection: "Connection", verdict: VerificationReport, heads: Iterable[Checkpoint]
) -> VerificationReport:
    """Whether each checkpoint agrees with the chain, which is known to be right in itself by now."""
    left = iter(heads)
    try:
        while batch := list(islice(left, _BATCH)):
            rows = await connection.fetch(_CHAINS, [checkpoint.position for checkpoint in batch])
            chains = {row["position"]: row["chain"] for row in rows}
            for checkpoint in batch:
                if checkpoint.position > verdict.linked:
                    return replace(verdict, flaw=Defect.CUT, number=verdict.linked + 1)
                if not compare_digest(chains[checkpoint.position], checkpoint.chain):
                    return replace(verdict, flaw=Defect.OTHER, number=checkpoint.position)
                covered = max(verdict.entries_covered, checkpoint.position)
                verdict = replace(
                    verdict, checkpoints_compared=verdict.checkpoints_compared + 1, entries_covered=covered
                )
    except NotACheckpointError as error:
        return replace(verdict, flaw=Defect.CHECKPOINT, where=str(error))
    return verdict


async def _uncovered_since(connection: "Connection", verdict: VerificationReport) -> VerificationReport:
    """The same verdict, with the first linked entry that no checkpoint covers in `uncovered_since`."""
    if verdict.flaw is not None or verdict.entries_covered == verdict.linked:
        return verdict
    at = await connection.fetchval(_WRITTEN, verdict.entries_covered + 1)
    return replace(verdict, uncovered_since=min(verdict.uncovered_since or at, at))
