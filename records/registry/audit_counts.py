"""Counts of audit entries: by day, action and noun, and who looked at sealed data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from tortoise.expressions import Q, RawSQL
from tortoise.functions import Count

from records.core.actor import Actor
from records.core.dates import LOCAL, midnight, today
from records.database.fetch import fetch
from records.registry.audit_search import AuditQuery, search
from records.tables.privacy import RevealStep

DAYS: Final = 30
MAX_ENTRIES: Final = 10_000
"""At most this many of the latest entries of the days are counted, whatever their area, person and noun."""

_DAY: Final = RawSQL(f"""("audit_entries"."at" AT TIME ZONE '{LOCAL.key}')::date""")
_STEP: Final = RawSQL("""("audit_entries"."after" ->> 'reveal')""")

# `seq` follows `at` within seconds, and has gaps: that of the `$3`th entry from the end is looked up.
_RANGE: Final = """
WITH days AS (
    SELECT (SELECT seq FROM audit_entries WHERE at >= $1 ORDER BY at, id LIMIT 1) AS first,
        (SELECT seq FROM audit_entries WHERE at < $2 ORDER BY at DESC, id DESC LIMIT 1) AS last)
SELECT first, last, (SELECT seq FROM audit_entries WHERE seq BETWEEN first AND last
    ORDER BY seq DESC OFFSET $3::bigint - 1 LIMIT 1) AS start
FROM days"""


@dataclass(frozen=True)
class EntryCount:
    """How many entries of one action and noun there are on a day."""

    action: str
    noun: str
    day: date
    entries: int


@dataclass(frozen=True)
class EntryCounts:
    """The counts of the days from `first` to `last`; `exceeded` where the earliest entries were left out."""

    first: date
    last: date
    exceeded: bool
    counts: Sequence[EntryCount]


@dataclass(frozen=True)
class RevealCount:
    """How often somebody did something with sealed data on a day."""

    day: date
    step: RevealStep
    actor_id: UUID
    name: str
    entries: int


async def count_entries(actor: Actor, query: AuditQuery) -> EntryCounts:
    """The entries that match, whatever their action and noun, of the last `DAYS` days of the query.

    Raises `PermissionDenied`.
    """
    last = min(query.last or today(), today())
    first = last - timedelta(days=DAYS - 1)
    if query.first is not None:
        first = min(max(query.first, first), last)
    start, end, exceeded = await _seq_range(first, last)
    rows = search(actor, replace(query, action="", noun="", first=None, last=None))
    grouped = rows.filter(seq__range=(start, end)).annotate(day=_DAY, entries=Count("seq"))
    found = await grouped.group_by("action", "noun", "day").values_list("action", "noun", "day", "entries")
    counts = [EntryCount(*row) for row in found if first <= row[2] <= last]
    return EntryCounts(first, last, exceeded=exceeded, counts=counts)


async def _seq_range(first: date, last: date) -> tuple[int, int, bool]:
    """The first and last `seq` of the latest `MAX_ENTRIES` of these days; whether there are more."""
    (row,) = await fetch(_RANGE, [midnight(first), midnight(last + timedelta(days=1)), MAX_ENTRIES])
    if row["first"] is None or row["last"] is None:
        return 1, 0, False
    start = row["first"] if row["start"] is None else row["start"]
    return start, row["last"], start > row["first"]


async def count_reveals(actor: Actor, first: date) -> list[RevealCount]:
    """The views of sealed data since a day, and the refused requests for it. Raises `PermissionDenied`."""
    watched = (RevealStep.LOOKED, RevealStep.REFUSED)
    rows = search(actor, AuditQuery(first=first)).filter(
        Q(*(Q(after__filter={"reveal": step.value}) for step in watched), join_type="OR")
    )
    counted = rows.annotate(day=_DAY, step=_STEP, entries=Count("seq"))
    grouped = counted.group_by("day", "step", "actor_id", "actor_name")
    found = await grouped.values_list("day", "step", "actor_id", "actor_name", "entries")
    return [RevealCount(day, RevealStep(step), *others) for day, step, *others in found]
