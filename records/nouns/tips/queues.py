"""The queues of tips: which of `rows` are open, overdue, due soon or assigned to nobody."""

from datetime import timedelta
from typing import Final

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.core.dates import now
from records.tables import Tip

DUE_SOON: Final = timedelta(days=3)
OPEN: Final = Q(closed_at__isnull=True)
"""A tip is open until it is closed, rejected or merged; the indexes of open tips hold only these."""


def unfinished(rows: QuerySet[Tip]) -> QuerySet[Tip]:
    """Those that are open."""
    return rows.filter(OPEN)


def overdue(rows: QuerySet[Tip]) -> QuerySet[Tip]:
    """The open ones whose deadline has passed."""
    return unfinished(rows).filter(due_at__lt=now())


def due_soon(rows: QuerySet[Tip]) -> QuerySet[Tip]:
    """The open ones whose deadline comes within `DUE_SOON`."""
    moment = now()
    return unfinished(rows).filter(due_at__gte=moment, due_at__lt=moment + DUE_SOON)


def unassigned(rows: QuerySet[Tip]) -> QuerySet[Tip]:
    """The open ones that nobody works on."""
    return unfinished(rows).filter(assignee_id__isnull=True)
