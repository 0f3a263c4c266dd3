"""Metrics: what the records add up to, and what units reported, over areas and periods.

Reads sum monthly cells (`records.metrics.cells`) through `area_at` for the geography asked for, and never
count rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from records.areas.areas import COLUMNS
from records.core.actor import Actor
from records.core.dates import today
from records.core.errors import PermissionDenied, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.database.fetch import Fetch
from records.metrics import counted, reported
from records.metrics.catalogue import INDICATORS
from records.metrics.disclosure import can_count, is_rounded
from records.metrics.periods import Period, spans
from records.metrics.points import MetricScope, Point
from records.tables import Area, Indicator
from records.tables.areas import AreaKind
from records.tables.metrics import IndicatorSource

MAX_POINTS: Final = 100_000
MAX_INDICATORS: Final = 20
MAX_AREAS: Final = 10_000
TOO_MANY_AREAS: Final = _("There are {found} areas: request that many, or a smaller area.")


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A question: indicators, an area, a time span, and the day of the geography.

    The periods are those that hold the months from that of `start` to that of `end`, and no other month.
    `by` asks for a series of each area of that kind in `area`, as areas were on the day `geography`; without
    it, as they are today. More than `most_areas` are refused.
    """

    indicators: Sequence[str]
    area: Area
    start: date
    end: date
    period: Period
    by: AreaKind | None = None
    geography: date | None = None
    most_areas: int = MAX_AREAS


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one indicator in one area, oldest first."""

    indicator: Indicator
    area: Area
    points: list[Point]


# Those that have a point for each period. What the catalogue does not know may be reported.
_COUNTED: Final = {entry.code for entry in INDICATORS if entry.source is IndicatorSource.RECORDS}


def max_points(indicators: Sequence[str], start: date, end: date, period: Period) -> int:
    """The most points that each of these series can have.

    Raises `ValidationFailed` for impossible periods.
    """
    span = len(spans(start, end, period))
    if all(code in _COUNTED for code in indicators):
        return span
    # The figures of the months, quarters, half years and the year, side by side, are 19 for a year.
    return max(24, 2 * span)


async def series(actor: Actor, question: MetricQuery, fetch: Fetch) -> list[Series]:
    """The series that answer `question`, by indicator and then by area.

    Raises `PermissionDenied` or `ValidationFailed`.
    """
    check_right(actor, Right.METRICS_READ)
    requested = spans(question.start, question.end, question.period)
    known = await _catalogue(fetch)
    indicators = _select_indicators(question.indicators, known)
    if not all(can_count(actor, row.code) for row in indicators):
        raise PermissionDenied("You do not have permission to do this.")
    epoch = await _epoch(question.geography or today(), fetch)
    places = await _places(actor, question, epoch, fetch)
    if len(places) > question.most_areas:
        raise ValidationFailed.of("most_areas", TOO_MANY_AREAS, ProblemCode.TOO_MANY, found=len(places))
    if len(indicators) * len(places) * len(requested) > MAX_POINTS:
        text = _("Request at most {most} points.")
        raise ValidationFailed.of("indicators", text, ProblemCode.TOO_MANY, most=MAX_POINTS)
    metric_scope = MetricScope(actor, places, question.by, epoch)
    parts = _indicator_parts(indicators, known)
    rounded = {row.id for row in (*parts, *indicators) if is_rounded(actor, row)}
    sums = await counted.sum_cells(metric_scope, parts, requested, rounded, fetch)
    figures = [row for row in indicators if row.source is IndicatorSource.FIGURES]
    days = (requested[0].start, requested[-1].end)
    reports = await reported.reported_points(metric_scope, figures, days, rounded, fetch) if figures else {}
    limit = max_points(question.indicators, question.start, question.end, question.period)
    series = []
    for row in indicators:
        protected = not rounded.isdisjoint({row.id, row.numerator_id, row.denominator_id})
        for place in places:
            if row.source is IndicatorSource.FIGURES:
                points = reports.get((row.id, place.id), [])
                if len(points) > limit:
                    text = _("There are too many figures of {code}: request shorter periods, or list them.")
                    raise ValidationFailed.of("indicators", text, ProblemCode.TOO_MANY, code=row.code)
            else:
                points = counted.points(row, place, requested, sums, protected=protected)
            series.append(Series(row, place, points))
    return series


async def _catalogue(fetch: Fetch) -> dict[str, Indicator]:
    rows = await fetch("SELECT * FROM indicators WHERE deleted_at IS NULL ORDER BY position, code", [])
    return {row["code"]: Indicator(**dict(row)) for row in rows}


def _select_indicators(codes: Sequence[str], known: Mapping[str, Indicator]) -> list[Indicator]:
    """The indicators of `codes`, in that order. Raises `ValidationFailed`."""
    requested = list(dict.fromkeys(codes))
    if not 1 <= len(requested) <= MAX_INDICATORS:
        text = _("Request 1 to {most} indicators.")
        code = ProblemCode.TOO_MANY if requested else ProblemCode.REQUIRED
        raise ValidationFailed.of("indicators", text, code, most=MAX_INDICATORS)
    if any(code not in known for code in requested):
        text = _("There is no such indicator; known are: {codes}.")
        raise ValidationFailed.of("indicators", text, ProblemCode.UNKNOWN_CODE, codes=", ".join(known))
    return [known[code] for code in requested]


def _indicator_parts(requested: Sequence[Indicator], known: Mapping[str, Indicator]) -> list[Indicator]:
    """The indicators whose cells are needed: a ratio needs those of its two parts."""
    ids = {id_ for row in requested for id_ in (row.id, row.numerator_id, row.denominator_id)}
    return [row for row in known.values() if row.id in ids and row.source is IndicatorSource.RECORDS]


async def _epoch(day: date, fetch: Fetch) -> date:
    rows = await fetch("SELECT max(epoch) AS epoch FROM area_at WHERE epoch <= $1", [day])
    if rows[0]["epoch"] is None:
        raise ValidationFailed.of(
            "geography", "Enter a date for which areas are known.", ProblemCode.OUT_OF_RANGE
        )
    epoch: date = rows[0]["epoch"]
    return epoch


async def _places(actor: Actor, question: MetricQuery, epoch: date, fetch: Fetch) -> list[Area]:
    """The areas that get a series each: the one asked for, or those of a kind in it, within the actor's."""
    condition = "a.id = $1"
    values: list[Any] = [question.area.id]
    if question.by is not None:
        condition = (
            "a.id IN (SELECT area_id FROM area_reach WHERE ancestor_id = $1) AND a.kind = $2"
            " AND a.valid_from <= $3 AND (a.valid_to IS NULL OR a.valid_to > $3)"
        )
        values += [question.by.value, epoch]
    if actor.areas is not None:
        values.append(list(actor.areas))
        condition += (
            f" AND a.id IN (SELECT area_id FROM area_reach WHERE ancestor_id = ANY(${len(values)}::uuid[]))"
        )
    rows = await fetch(f"SELECT {COLUMNS} FROM areas a WHERE {condition} ORDER BY a.name_key, a.id", values)
    if question.by is None and not rows:
        raise ValidationFailed.of("area", "Choose an area that is visible to you.", ProblemCode.OUTSIDE_AREAS)
    return [Area(**dict(row)) for row in rows]
