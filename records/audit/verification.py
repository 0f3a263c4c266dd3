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

from records.audit.chain import ENTRY_COLUMNS, START, Purpose, audit_key, is_signed, link
from records.audit.checkpoints import Checkpoint, NotACheckpointError
from records.audit.shape import lock_and_compare
from records.core.actor import Actor
from records.core.days import now
from records.core.rights import Right, check_may
from records.security.sealing import keyring

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

FRESH: Final = timedelta(minutes=10)
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


class Flaw(StrEnum):
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
class Verdict:
    """What was found, up to the first flaw."""

    # How many entries are linked and right, and how many are right but not linked yet.
    linked: int = 0
    pending: int = 0
    # How many checkpoints agree, and the newest position of one.
    compared: int = 0
    covered: int = 0
    # When the oldest entry that no checkpoint covers was written.
    uncovered_since: datetime | None = None
    flaw: Flaw | None = None
    number: int = 0
    # The file and line of a checkpoint that is none, or the table that is not as it was made, and in what.
    where: str = ""

    @property
    def is_compared(self) -> bool:
        """Whether checkpoints outside the database cover everything but what is fresh."""
        return self.compared > 0 and (self.uncovered_since is None or self.uncovered_since > now() - FRESH)


async def verify(heads: Iterable[Checkpoint] = (), *, by: Actor) -> Verdict:
    """Checks the tables, every entry, every link, and the chain against `heads`, in one snapshot.

    `heads` are those that were kept before: read on only when it is their turn. Raises `Denied`, and
    `HeadsError` where they cannot be read.
    """
    check_may(by, Right.AUDIT_READ)
    # Straight from the pool: only a cursor keeps the memory flat.
    async with get_connection("default").acquire_connection() as connection:
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                if altered := await lock_and_compare(connection):
                    return Verdict(flaw=Flaw.ALTERED, where=altered)
                verdict = await _walk(connection)
                if verdict.flaw is None:
                    verdict = await _pending(connection, verdict)
                if verdict.flaw is None:
                    verdict = await _compare(connection, verdict, heads)
                return await _since(connection, verdict)
        # A column that is gone, or a value that is none of its type.
        except (asyncpg.SyntaxOrAccessError, asyncpg.DataError, ValueError, OverflowError):
            return Verdict(flaw=Flaw.UNREADABLE)


async def _walk(connection: "Connection") -> Verdict:
    """The chain from its start: positions without a gap, each with its entry, as it was signed and linked."""
    entry_key, link_key = audit_key(keyring(), Purpose.ENTRY), audit_key(keyring(), Purpose.LINK)
    linked, chain = 0, START
    async for row in connection.cursor(_LINKED, prefetch=_BATCH):
        good = Verdict(linked=linked)
        if row["position"] != linked + 1:
            flaw = Flaw.REPEATED if row["position"] == linked else Flaw.GAP
            return replace(good, flaw=flaw, number=linked + 1 if flaw is Flaw.GAP else row["entry"])
        if row["seq"] is None:
            return replace(good, flaw=Flaw.MISSING, number=row["entry"])
        if not is_signed(entry_key, row):
            return replace(good, flaw=Flaw.FORGED, number=row["entry"])
        chain = link(link_key, chain, row["position"], row["mac"])
        if not compare_digest(chain, row["chain"] or b""):
            return replace(good, flaw=Flaw.RELINKED, number=row["entry"])
        linked += 1
    return Verdict(linked=linked)


async def _pending(connection: "Connection", verdict: Verdict) -> Verdict:
    """The entries that are not linked yet; those that bear no MAC of ours are forgeries."""
    key, seen = audit_key(keyring(), Purpose.ENTRY), 0
    async for row in connection.cursor(_PENDING, prefetch=_BATCH):
        if not is_signed(key, row):
            return replace(verdict, flaw=Flaw.FORGED, number=row["seq"] or 0)
        if row["seq"] == seen:
            return replace(verdict, flaw=Flaw.REPEATED, number=seen)
        since = min(verdict.uncovered_since or row["at"], row["at"])
        seen, verdict = row["seq"], replace(verdict, pending=verdict.pending + 1, uncovered_since=since)
    return verdict


async def _compare(connection: "Connection", verdict: Verdict, heads: Iterable[Checkpoint]) -> Verdict:
    """Whether each checkpoint agrees with the chain, which is known to be right in itself by now."""
    left = iter(heads)
    try:
        while batch := list(islice(left, _BATCH)):
            rows = await connection.fetch(_CHAINS, [checkpoint.position for checkpoint in batch])
            chains = {row["position"]: row["chain"] for row in rows}
            for checkpoint in batch:
                if checkpoint.position > verdict.linked:
                    return replace(verdict, flaw=Flaw.CUT, number=verdict.linked + 1)
                if not compare_digest(chains[checkpoint.position], checkpoint.chain):
                    return replace(verdict, flaw=Flaw.OTHER, number=checkpoint.position)
                covered = max(verdict.covered, checkpoint.position)
                verdict = replace(verdict, compared=verdict.compared + 1, covered=covered)
    except NotACheckpointError as error:
        return replace(verdict, flaw=Flaw.CHECKPOINT, where=str(error))
    return verdict


async def _since(connection: "Connection", verdict: Verdict) -> Verdict:
    """The same verdict, with the first linked entry that no checkpoint covers in `uncovered_since`."""
    if verdict.flaw is not None or verdict.covered == verdict.linked:
        return verdict
    at = await connection.fetchval(_WRITTEN, verdict.covered + 1)
    return replace(verdict, uncovered_since=min(verdict.uncovered_since or at, at))
