"""How many records wait for a role, and since when the first of them does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from admin.dashboard.quarters import YearOfMeetings
from admin.dashboard.waiting import DUE, WAITING, Waiting
from admin.kit.request import PageRequest
from admin.kit.values import MAX_COUNT

# The most urgent first.
_TONES: Final = ("bad", "warn", "plain")


@dataclass(frozen=True)
class Count:
    """A number on the dashboard, linked to the list that it counts; `start` leads to the first of these.

    `oldest` is since when the first of them waits, `due` its deadline, `year` how groups met this year.
    """

    text: str
    path: str
    value: int
    tone: str
    start: str
    oldest: datetime | None = None
    due: datetime | None = None
    year: YearOfMeetings | None = None


async def counts(request: PageRequest) -> list[Count]:
    """What waits for the role of this person."""
    result = [await _count(request, one) for one in WAITING if request.actor.role in one.roles]
    return [one for one in result if one is not None]


def urgency(one: Count) -> tuple[bool, int]:
    """The order of counts: what is late first, and last that of which nothing waits."""
    return not one.value, _TONES.index(one.tone)


async def _count(request: PageRequest, one: Waiting) -> Count | None:
    rows, since = one.rows(request.actor).limit(MAX_COUNT + 1), one.since or one.order
    found = await (rows.order_by(since, "id") if since else rows).values_list("id", since or "id")
    if one.rare and not found:
        return None
    page, _separator, query = one.path.partition("?")
    start = f"{page}/{found[0][0]}?{query}" if found and one.order else one.path
    first = found[0][1] if found and since else None
    return Count(
        request._(one.text),
        one.path,
        len(found),
        one.tone if found else "plain",
        start,
        oldest=None if since == DUE else first,
        due=first if since == DUE else None,
        year=await one.year(request, len(found)) if one.year else None,
    )
