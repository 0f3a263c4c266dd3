"""Whether the audit still says what it was told, from its first row to its last. docs/audit.md tells how."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hmac import compare_digest

from tortoise.connection import get_connection

from records.core.actor import Actor
from records.core.chain import START, chain_key, in_order, link
from records.core.days import now
from records.core.errors import Conflict
from records.core.rights import Right, check_may
from records.core.sealing import keyring


class Flaw(StrEnum):
    """What may be wrong with a row."""

    CHANGED = "CHANGED"
    MISSING = "MISSING"
    UNLINKED = "UNLINKED"
    CUT = "CUT"
    OTHER = "OTHER"


@dataclass(frozen=True)
class Head:
    """The last row of the audit at a moment: who keeps it elsewhere notices when the end is cut off."""

    seq: int
    chain: str
    at: datetime
    count: int


@dataclass(frozen=True)
class Verdict:
    """How many rows are whole, how many of them are older than the chain, and the first that is not whole."""

    whole: int
    older: int
    seq: int | None = None
    flaw: Flaw | None = None


async def head(*, by: Actor) -> Head:
    """The head of the audit as it is now. Raises `Denied`, and `Conflict` where there is no chain yet."""
    check_may(by, Right.AUDIT_READ)
    rows = await get_connection("default").execute_query_dict(
        "SELECT seq, chain, (SELECT count(*) FROM audit_entries) AS count"
        " FROM audit_entries ORDER BY seq DESC LIMIT 1"
    )
    if not rows or rows[0]["chain"] is None:
        raise Conflict("The audit has no chain yet.")
    return Head(rows[0]["seq"], rows[0]["chain"].hex(), now(), rows[0]["count"])


async def verify(known: Head | None = None, *, by: Actor) -> Verdict:
    """Walks the whole chain, past the head `known` where one is given. Raises `Denied`.

    Rows from before there was a chain are vouched for by the first row that has a link.
    """
    check_may(by, Right.AUDIT_READ)
    key, chain = chain_key(keyring()), START
    whole = older = last = 0
    async for row in in_order():
        seq, stored = row["seq"], row["chain"]
        linked = whole > older
        if (linked or stored is not None) and seq > last + 1:
            return Verdict(whole, older, last + 1, Flaw.MISSING)
        if linked and stored is None:
            return Verdict(whole, older, seq, Flaw.UNLINKED)
        chain = link(key, chain, row)
        if stored is not None and not compare_digest(chain, stored):
            return Verdict(whole, older, seq, Flaw.CHANGED)
        if known is not None and seq == known.seq and (chain.hex(), whole + 1) != (known.chain, known.count):
            return Verdict(whole, older, seq, Flaw.OTHER)
        whole, older, last = whole + 1, older + (stored is None), seq
    if known is not None and last < known.seq:
        return Verdict(whole, older, last + 1, Flaw.CUT)
    return Verdict(whole, older)
