"""The end of the chain, checked before anything is built on it or signed for it."""

from hmac import compare_digest
from typing import Final

from records.audit.chain import ENTRY_COLUMNS, GENESIS, Purpose, audit_key, chain_hmac, is_signed
from records.core import events
from records.core.events import Event
from records.database.fetch import Row, fetch
from records.security.sealing import keyring

_LAST: Final = f"""
SELECT l.position, l.chain, p.chain AS previous, {ENTRY_COLUMNS}
FROM audit_links l
LEFT JOIN audit_links p ON p.position = l.position - 1
LEFT JOIN audit_entries e ON e.seq = l.entry
ORDER BY l.position DESC LIMIT 1"""


class InvalidLinkError(Exception):
    """The last link of the chain is not what was linked; it is noted in the log."""


async def last_link() -> tuple[int, bytes]:
    """The last position and its chain; position 0 and `GENESIS` while nothing is linked.

    Raises `InvalidLinkError` unless it follows a link, is of a signed entry, and has the chain of both.
    """
    try:
        rows = await fetch(_LAST, [])
    # A date that Python has none for.
    except OverflowError:
        rows = [None]
    if not rows:
        return 0, GENESIS
    if rows[0] is None or not _is_valid(rows[0]):
        events.log(Event.AUDIT_FORGED, entries="1")
        raise InvalidLinkError
    return rows[0]["position"], rows[0]["chain"]


def _is_valid(row: Row) -> bool:
    position, chain = row["position"], row["chain"]
    previous = GENESIS if position == 1 else row["previous"]
    if previous is None or chain is None or not is_signed(audit_key(keyring(), Purpose.ENTRY), row):
        return False
    return compare_digest(
        chain_hmac(audit_key(keyring(), Purpose.LINK), previous, position, row["mac"]), chain
    )
