"""Finding audit entries: by person, noun, record, action and day. The contents of records stay closed."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.access.partners.partner import AREAS as PARTNER_AREAS
from records.access.staff.areas import AREAS as STAFF_AREAS
from records.areas.scope import within
from records.core.actor import Actor
from records.core.dates import first_of_days, midnight
from records.core.identifiers.codes import lookup_code
from records.core.rights import Right, check_right
from records.database.fetch import fetch
from records.registry.nouns import NOUNS
from records.tables import AuditEntry, Partner, Staff
from records.tables.privacy import RevealStep

WEEK: Final = 7
"""Days, today included."""
# From each name to the next in the index: people are few, and what they did is much.
_NAMES: Final = """
WITH RECURSIVE names AS (
    (SELECT actor_name FROM audit_entries ORDER BY actor_name LIMIT 1)
    UNION ALL
    SELECT (SELECT e.actor_name FROM audit_entries e WHERE e.actor_name > n.actor_name
        ORDER BY e.actor_name LIMIT 1)
    FROM names n WHERE n.actor_name IS NOT NULL)
SELECT actor_name FROM names WHERE upper(actor_name) LIKE upper($1)"""


@dataclass(frozen=True)
class AuditQuery:
    """What entries are searched for; empty values match everything. Days are in Viet Nam."""

    # None for whatever name.
    actor_names: Collection[str] | None = None
    actor_id: UUID | None = None
    noun: str = ""
    row_ids: Collection[UUID] = ()
    action: str = ""
    first: date | None = None
    last: date | None = None
    # What was done with sealed data.
    reveal: RevealStep | None = None


def search(actor: Actor, query: AuditQuery) -> QuerySet[AuditEntry]:
    """The entries of the actor's areas that match. Raises `PermissionDenied`."""
    check_right(actor, Right.AUDIT_READ)
    exact = {
        "actor_id": query.actor_id,
        "noun": query.noun,
        "row_id__in": list(query.row_ids),
        "action": query.action,
    }
    rows = AuditEntry.filter(_within(actor), **{name: value for name, value in exact.items() if value})
    if query.actor_names is not None:
        rows = rows.filter(actor_name__in=list(query.actor_names))
    if query.first is not None:
        rows = rows.filter(at__gte=midnight(query.first))
    if query.last is not None:
        rows = rows.filter(at__lt=midnight(query.last + timedelta(days=1)))
    if query.reveal is not None:
        rows = rows.filter(after__filter={"reveal": query.reveal.value})
    return rows


async def names_with(text: str) -> list[str]:
    """The names of those who did something that hold `text`, whatever its case."""
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
    return [row["actor_name"] for row in await fetch(_NAMES, [pattern])]


async def with_code(code: str) -> list[UUID]:
    """The ids of the records with that code, of whatever noun: codes are not secret, what they name is."""
    found: list[UUID] = []
    for table in (noun.table for noun in NOUNS if "code" in noun.fields):
        found += [row.pk for row in await table.filter(code=lookup_code(code, table))]
    return found


def _within(actor: Actor) -> Q:
    """Entries of the actor's areas; those of what works in several, where it works in no other."""
    entries = within(actor)
    if actor.areas is None:
        return entries
    partners = Subquery(Partner.filter(PARTNER_AREAS.within(actor)).values("id"))
    people = Subquery(Staff.filter(STAFF_AREAS.within(actor)).values("id"))
    entries |= Q(noun="partner", row_id__in=partners) | Q(noun="export", actor_id__in=partners)
    # A job of the installation belongs to no area.
    return entries | Q(noun="staff", row_id__in=people) | Q(noun="job")


def weekly_reveals(actor: Actor, step: RevealStep) -> QuerySet[AuditEntry]:
    """What was done with sealed data in the last `WEEK` days. Raises `PermissionDenied`."""
    return search(actor, AuditQuery(reveal=step, first=first_of_days(WEEK)))
