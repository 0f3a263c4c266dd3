"""The entries of the audit at a glance: by action and record type, as links, and by day."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from admin.access.audit.labels import action_label, noun_label
from admin.kit.nouns.facets import Facet, facets
from admin.kit.request import PageRequest
from admin.kit.values import Bar
from records.core.language import format_date, format_number
from records.registry.audit_counts import MAX_ENTRIES, EntryCounts, count_entries
from records.registry.audit_search import AuditQuery

_MOST_FACETS: Final = 6


@dataclass(frozen=True)
class Overview:
    """The counts of the last days of a search: facets, bars, and what was counted in words."""

    actions: Sequence[Facet]
    nouns: Sequence[Facet]
    bars: Sequence[Bar]
    title: str
    bound: str


async def overview(request: PageRequest, query: AuditQuery) -> Overview:
    """The entries that match `query`, at a glance. Raises `PermissionDenied`."""
    found = await count_entries(request.actor, query)
    actions, nouns, days = Counter[str](), Counter[str](), Counter[date]()
    for one in found.counts:
        # A facet counts what it would find in the place of the one that is chosen.
        if query.noun in {"", one.noun}:
            actions[one.action] += one.entries
        if query.action in {"", one.action}:
            nouns[one.noun] += one.entries
            if query.noun in {"", one.noun}:
                days[one.day] += one.entries
    return Overview(
        _facets(request, "action", actions, lambda name: action_label(request, name)),
        _facets(request, "noun", nouns, lambda name: request._(noun_label(name))),
        [
            Bar(format_date(day), f"{day:%d/%m}" if day.weekday() == 0 else "", days[day])
            for day in _days(found)
        ],
        request._(
            "Entries by day, {first} to {last}", first=format_date(found.first), last=format_date(found.last)
        ),
        request._(
            "Counted among the latest {count} entries of all areas.",
            count=format_number(request.language, MAX_ENTRIES),
        )
        if found.exceeded
        else "",
    )


def _days(found: EntryCounts) -> list[date]:
    return [found.first + timedelta(days=step) for step in range((found.last - found.first).days + 1)]


def _facets(request: PageRequest, name: str, counts: Counter[str], text: Callable[[str], str]) -> list[Facet]:
    """The values with the most entries, the chosen one among them, as links."""
    chosen = request.http_request.query_params.get(name, "")
    values = [value for value, _count in counts.most_common(_MOST_FACETS)]
    if chosen and chosen not in values:
        values.append(chosen)
    shown = ((value, text(value), counts[value]) for value in values)
    return facets(request, name, shown, total=sum(counts.values()))
