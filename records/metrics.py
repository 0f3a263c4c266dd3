"""Metrics: what the records add up to, and what units reported, over areas and periods.

Reads sum monthly cells (`records.cells`) through `area_at` for the geography asked for, and never count rows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from records.areas import COLUMNS
from records.catalogue import INDICATORS
from records.core.actor import Actor, ActorKind
from records.core.days import today
from records.core.errors import Invalid, Message
from records.core.fetch import Fetch
from records.core.language import mark as _
from records.core.periods import Period, buckets, label, last_day
from records.core.rights import Right, check_may
from records.core.scope import SCOPE_SQL
from records.tables import Area, Indicator
from records.tables.areas import AreaKind, Precision
from records.tables.metrics import IndicatorKind, IndicatorSource, Qualifier

MOST_POINTS: Final = 100_000
MOST_INDICATORS: Final = 20
MOST_AREAS: Final = 10_000
TOO_MANY_AREAS: Final = _("There are {found} areas: ask for that many, or for a smaller area.")
# A partner never sees a count of a sensitive indicator from 1 to 4.
SMALL: Final = 5


@dataclass(frozen=True, slots=True)
class Point:
    """One value. `start` and `end` are the first and last day, None where a source does not say them.

    `value` is None where it is not known, where its source gave a size instead of a number, and where
    `suppressed` hides a small count.
    """

    period: str
    start: date | None
    end: date | None
    value: Decimal | None
    qualifier: Qualifier
    precision: Precision
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which indicators, where, when, and in the areas of which day.

    The periods are those, whole, that hold the days `start` to `end`. `by` asks for a series of each area of
    that kind in `area`, as areas were on the day `geography`; without it, as they are today. More than
    `most_areas` are refused.
    """

    indicators: Sequence[str]
    area: Area
    start: date
    end: date
    period: Period
    by: AreaKind | None = None
    geography: date | None = None
    most_areas: int = MOST_AREAS


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one indicator in one area, oldest first."""

    indicator: Indicator
    area: Area
    points: list[Point]


# Those that have a point for each period. What the catalogue does not know may be reported.
_COUNTED: Final = {entry.code for entry in INDICATORS if entry.source is IndicatorSource.RECORDS}

_ORDER: Final = (Precision.EXACT, Precision.ESTIMATED, Precision.UNAVAILABLE)

# Indicator, place, and the first day of the period; None before the first one.
_Where = tuple[UUID | None, UUID, date | None]


class _Cell(NamedTuple):
    value: int
    precision: Precision

    def plus(self, other: "_Cell") -> "_Cell":
        return _Cell(self.value + other.value, _worse(self.precision, other.precision))


_NOTHING: Final = _Cell(0, Precision.EXACT)


class _Land(NamedTuple):
    """Whose question it is, and which areas, of which kind and day, get a series each."""

    actor: Actor
    places: list[Area]
    by: AreaKind | None
    epoch: date

    def scope(self, alias: str, values: list[Any]) -> str:
        """The condition that a row lies where the actor may look; adds its parameter to `values`."""
        if self.actor.areas is None:
            return "TRUE"
        values.append(list(self.actor.areas))
        return SCOPE_SQL.format(alias=alias, param=f"${len(values)}")


def most_points(indicators: Sequence[str], start: date, end: date, period: Period) -> int:
    """How many points each of these series has at most: one for each period, or for each reported figure.

    Raises `Invalid` for periods that there cannot be.
    """
    span = len(buckets(start, end, period))
    if all(code in _COUNTED for code in indicators):
        return span
    # The figures of the months, quarters, half years and the year, side by side, are 19 for a year.
    return max(24, 2 * span)


async def series(actor: Actor, question: Question, fetch: Fetch) -> list[Series]:
    """The series that answer `question`, by indicator and then by area. Raises `Denied` or `Invalid`."""
    check_may(actor, Right.METRICS_READ)
    span = buckets(question.start, question.end, question.period)
    known = await _catalogue(fetch)
    wanted = _chosen(question.indicators, known)
    epoch = await _epoch(question.geography or today(), fetch)
    places = await _places(actor, question, epoch, fetch)
    if len(places) > question.most_areas:
        raise Invalid({"most_areas": Message(TOO_MANY_AREAS, {"found": len(places)})})
    if len(wanted) * len(places) * len(span) > MOST_POINTS:
        raise Invalid({"indicators": Message("Please ask for at most {most} points.", {"most": MOST_POINTS})})
    land = _Land(actor, places, question.by, epoch)
    days = (span[0], last_day(span[-1], question.period))
    cells = await _cells(land, _counted(wanted, known), days, question.period, fetch)
    reported = await _reported(land, wanted, days, fetch)
    most = most_points(question.indicators, question.start, question.end, question.period)
    found = []
    for row in wanted:
        for place in places:
            if row.source is IndicatorSource.FIGURES:
                points = reported.get((row.id, place.id), [])
                if len(points) > most:
                    text = _("There are too many figures of {code}: ask for shorter periods, or list them.")
                    raise Invalid({"indicators": Message(text, {"code": row.code})})
            else:
                points = _points(row, place, span, question.period, cells)
            found.append(Series(row, place, [_guarded(point, row, actor) for point in points]))
    return found


async def _catalogue(fetch: Fetch) -> dict[str, Indicator]:
    rows = await fetch("SELECT * FROM indicators WHERE deleted_at IS NULL ORDER BY position, code", [])
    return {row["code"]: Indicator(**dict(row)) for row in rows}


def _chosen(codes: Sequence[str], known: Mapping[str, Indicator]) -> list[Indicator]:
    """The indicators of `codes`, in that order. Raises `Invalid`."""
    asked = list(dict.fromkeys(codes))
    if not 1 <= len(asked) <= MOST_INDICATORS:
        text = _("Please ask for 1 to {most} indicators.")
        raise Invalid({"indicators": Message(text, {"most": MOST_INDICATORS})})
    if any(code not in known for code in asked):
        text = _("There is no such indicator; known are: {codes}.")
        raise Invalid({"indicators": Message(text, {"codes": ", ".join(known)})})
    return [known[code] for code in asked]


def _counted(wanted: Sequence[Indicator], known: Mapping[str, Indicator]) -> list[Indicator]:
    """The indicators whose cells are needed: a ratio needs those of its two parts."""
    ids = {id_ for row in wanted for id_ in (row.id, row.numerator_id, row.denominator_id)}
    return [row for row in known.values() if row.id in ids and row.source is IndicatorSource.RECORDS]


async def _epoch(day: date, fetch: Fetch) -> date:
    rows = await fetch("SELECT max(epoch) AS epoch FROM area_at WHERE epoch <= $1", [day])
    if rows[0]["epoch"] is None:
        raise Invalid({"geography": Message("Please give a day for which areas are known.")})
    epoch: date = rows[0]["epoch"]
    return epoch


async def _places(actor: Actor, question: Question, epoch: date, fetch: Fetch) -> list[Area]:
    """The areas that get a series each: the one asked for, or those of a kind in it, within the actor's."""
    where = "a.id = $1"
    values: list[Any] = [question.area.id]
    if question.by is not None:
        where = (
            "a.id IN (SELECT area_id FROM area_reach WHERE ancestor_id = $1) AND a.kind = $2"
            " AND a.valid_from <= $3 AND (a.valid_to IS NULL OR a.valid_to > $3)"
        )
        values += [question.by.value, epoch]
    if actor.areas is not None:
        values.append(list(actor.areas))
        where += (
            f" AND a.id IN (SELECT area_id FROM area_reach WHERE ancestor_id = ANY(${len(values)}::uuid[]))"
        )
    rows = await fetch(f"SELECT {COLUMNS} FROM areas a WHERE {where} ORDER BY a.name_key, a.id", values)
    if question.by is None and not rows:
        raise Invalid({"area": Message("Please choose an area that you may see.")})
    return [Area(**dict(row)) for row in rows]


_BUCKET: Final = {
    Period.MONTH: "c.month",
    Period.QUARTER: "date_trunc('quarter', c.month)::date",
    Period.HALF_YEAR: "make_date(extract(year FROM c.month)::int,"
    " CASE WHEN extract(month FROM c.month) < 7 THEN 1 ELSE 7 END, 1)",
    Period.YEAR: "date_trunc('year', c.month)::date",
}


async def _cells(
    land: _Land, counted: Sequence[Indicator], days: tuple[date, date], period: Period, fetch: Fetch
) -> dict[_Where, _Cell]:
    """What each counted indicator adds up to, by place and period; before the first one for stocks."""
    stocks = [row.id for row in counted if row.kind is IndicatorKind.STOCK]
    values: list[Any] = [[row.id for row in counted], [place.id for place in land.places], *days, stocks]
    homes = "SELECT area_id, ancestor_id AS home_id, 'EXACT' AS precision FROM area_reach"
    homes += " WHERE ancestor_id = ANY($2)"
    if land.by is not None:
        homes = "SELECT area_id, home_id, precision FROM area_at"
        homes += " WHERE home_id = ANY($2) AND epoch = $6 AND kind = $7"
        values += [land.epoch, land.by.value]
    scope = land.scope("c", values)
    rows = await fetch(
        f"SELECT c.indicator_id, p.home_id, CASE WHEN c.month >= $3 THEN {_BUCKET[period]} END AS bucket,"
        " p.precision, sum(c.value)::bigint AS value"
        " FROM (SELECT indicator_id, area_id, month, value FROM metric_cells"
        "  UNION ALL SELECT indicator_id, area_id, month, value FROM metric_deltas) c"
        f" JOIN ({homes}) p ON p.area_id = c.area_id"
        " WHERE c.indicator_id = ANY($1) AND c.month <= $4"
        f" AND (c.month >= $3 OR c.indicator_id = ANY($5)) AND {scope}"
        " GROUP BY 1, 2, 3, 4 HAVING sum(c.value) <> 0",
        values,
    )
    found: dict[_Where, _Cell] = {}
    for row in rows:
        where = (row["indicator_id"], row["home_id"], row["bucket"])
        found[where] = found.get(where, _NOTHING).plus(_Cell(row["value"], Precision(row["precision"])))
    return found


def _points(
    row: Indicator, place: Area, span: Sequence[date], period: Period, cells: Mapping[_Where, _Cell]
) -> list[Point]:
    """The points of an indicator that is counted from records."""
    points, level = [], cells.get((row.id, place.id, None), _NOTHING)
    for bucket in span:
        cell = cells.get((row.id, place.id, bucket), _NOTHING)
        level = level.plus(cell)
        value: Decimal | None
        if row.kind is IndicatorKind.RATIO:
            above = cells.get((row.numerator_id, place.id, bucket), _NOTHING)
            below = cells.get((row.denominator_id, place.id, bucket), _NOTHING)
            precision = _worse(above.precision, below.precision)
            value = round(Decimal(100 * above.value) / below.value, 2) if below.value else None
        else:
            shown = level if row.kind is IndicatorKind.STOCK else cell
            value, precision = Decimal(shown.value), shown.precision
        if bucket > today() or precision is Precision.UNAVAILABLE or value is None:
            value, precision = None, Precision.UNAVAILABLE
        points.append(
            Point(label(bucket, period), bucket, last_day(bucket, period), value, Qualifier.EXACT, precision)
        )
    return points


async def _reported(
    land: _Land, wanted: Sequence[Indicator], days: tuple[date, date], fetch: Fetch
) -> dict[tuple[UUID, UUID], list[Point]]:
    """The figures reported for each place, under any of its versions, whose period touches `days`.

    A figure whose days its source does not say is always among them. Two areas that lie in each other are
    versions of the same place.
    """
    values: list[Any] = [[row.id for row in wanted], [place.id for place in land.places], *days]
    scope = land.scope("f", values)
    rows = await fetch(
        "SELECT f.indicator_id, here.ancestor_id AS home_id, f.value, f.qualifier,"
        " f.period_text, f.period_from, f.period_to FROM figures f"
        " JOIN area_reach here ON here.area_id = f.area_id AND here.ancestor_id = ANY($2)"
        " JOIN area_reach back ON back.area_id = here.ancestor_id AND back.ancestor_id = f.area_id"
        " WHERE f.indicator_id = ANY($1) AND f.deleted_at IS NULL"
        " AND NOT EXISTS (SELECT FROM figures newer WHERE newer.supersedes_id = f.id)"
        " AND coalesce(f.period_from, f.period_to, $3) <= $4 AND coalesce(f.period_to, $3) >= $3"
        f" AND {scope} ORDER BY f.period_to NULLS LAST, f.period_from, f.id",
        values,
    )
    found: dict[tuple[UUID, UUID], list[Point]] = defaultdict(list)
    for row in rows:
        qualifier = Qualifier(row["qualifier"])
        precision = Precision.EXACT if qualifier is Qualifier.EXACT else Precision.ESTIMATED
        found[row["indicator_id"], row["home_id"]].append(
            Point(
                row["period_text"], row["period_from"], row["period_to"], row["value"], qualifier, precision
            )
        )
    return found


def _guarded(point: Point, row: Indicator, actor: Actor) -> Point:
    """The point as `actor` may see it: partners never see a small count of a sensitive indicator."""
    small = point.value is not None and 0 < point.value < SMALL
    if actor.kind is ActorKind.PARTNER and row.sensitive and small:
        return replace(point, value=None, suppressed=True)
    return point


def _worse(first: Precision, second: Precision) -> Precision:
    return max(first, second, key=_ORDER.index)
