"""Areas: finding the one that a code means, loading them, and what is derived from their history."""

import re
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final
from uuid import UUID

from tortoise.expressions import Q, RawSQL
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from records.areas import data, geography
from records.areas.graph import AreaVersion, Succession
from records.core.dates import today
from records.core.errors import ProblemCode, ValidationFailed
from records.core.identifiers.ids import area_id
from records.core.language import gettext_noop as _
from records.core.search import filter_by_search, rank_by_accents
from records.core.text import normalize_for_search, sort_key
from records.database.fetch import Fetch, fetch
from records.tables import Area, AreaAt, AreaSuccession
from records.tables.areas import AreaKind

COLUMNS: Final = ", ".join(f"a.{column}" for column in Area._meta.fields_db_projection.values())  # noqa: SLF001 - Tortoise shows it nowhere else
"""The columns of `areas a` that an `Area` needs."""

_NO_REFERENCE: Final = _('Give an area by its code ("82") or as "82@2024-12-31".')
_REFERENCE: Final = re.compile(r"([A-Za-z0-9.-]{1,16})(?:@(\d{4}-\d{2}-\d{2}))?")
# The one of a day, or else the last that began by then.
_RESOLVE_SQL: Final = (
    f"SELECT {COLUMNS} FROM areas a WHERE a.code = $1 AND a.valid_from <= $2"
    " AND (NOT $3 OR a.valid_to IS NULL OR a.valid_to > $2) ORDER BY a.valid_from DESC LIMIT 1"
)


# Hamlets are too many to be loaded as models.
_COMMUNES: Final = """
SELECT id, CASE WHEN kind = $2 THEN parent_id ELSE id END FROM areas WHERE id = ANY($1::uuid[])"""

# In a geography that begins on a day, what did not change then has the homes of the one before.
_COPY_HOMES_SQL: Final = (
    "INSERT INTO area_at (epoch, kind, area_id, home_id, precision)"
    " SELECT $1::date, kind, area_id, home_id, precision FROM area_at"
    " WHERE epoch = (SELECT max(epoch) FROM area_at WHERE epoch < $1::date)"
)


def areas_on(day: date) -> QuerySet[Area]:
    """The areas that exist on `day`."""
    return Area.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)


async def communes_of(area_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The commune in which each of these hamlets lies; any other area itself."""
    return dict(await fetch(_COMMUNES, [list(area_ids), AreaKind.HAMLET.value]))


async def resolve_reference(reference: str, *, field: str = "area", fetch: Fetch = fetch) -> Area:
    """The area that "82" or "82@2024-12-31" means.

    A bare code means the area that bears it today, else the last that bore it; with a date, the one of that
    day. Case does not matter. `fetch` reads as another role. Raises `ValidationFailed` (on `field`) where
    there is none.
    """
    match = _REFERENCE.fullmatch(reference.strip())
    if match is None:
        raise ValidationFailed.of(field, _NO_REFERENCE, ProblemCode.UNKNOWN_CODE)
    code, day_text = match.groups()
    try:
        day = date.fromisoformat(day_text) if day_text else None
    except ValueError:
        raise ValidationFailed.of(field, "Enter a date that exists.", ProblemCode.UNKNOWN_CODE) from None
    rows = await fetch(_RESOLVE_SQL, [code.upper(), day or today(), day is not None])
    if not rows:
        values: dict[str, str | int] = {"code": reference.strip()}
        raise ValidationFailed.of(field, "There is no area {code}.", ProblemCode.UNKNOWN_CODE, **values)
    return Area(**dict(rows[0]))


def search(text: str, on: date | None = None) -> QuerySet[Area]:
    """The areas of a day, by default today, whose name holds every word of `text` or whose code begins so.

    Hamlets come last; otherwise in alphabetical order, those first that have the accents of `text`.
    """
    found = filter_by_search(areas_on(on or today()), text, by_prefix_of_code=True)
    ranked = rank_by_accents(found, text).annotate(is_hamlet=RawSQL("kind = 'HAMLET'"))
    return ranked.order_by("is_hamlet", "rank", "id")


async def add(rows: Collection[Area], successions: Iterable[AreaSuccession] = ()) -> None:
    """Stores areas and successions that are not there yet, and derives anew what follows from them."""
    async with in_transaction("default"):
        await Area.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
        await AreaSuccession.bulk_create(successions, batch_size=2000, ignore_conflicts=True)
        await rebuild(around=[row.id for row in rows])


async def load() -> int:
    """Loads the areas of Viet Nam where the database has none; gives back how many were added."""
    if await Area.exists():
        return 0
    rows = [_area(row) for row in data.areas()]
    links = [
        AreaSuccession(
            old_id=area_id(link.old_code, link.old_valid_from),
            new_id=area_id(link.new_code, link.new_valid_from),
            whole=link.whole,
            effective_on=link.effective_on,
            legal_basis=link.legal_basis,
        )
        for link in data.successions()
    ]
    await add(rows, links)
    return len(rows)


async def rebuild(around: Collection[UUID] | None = None) -> None:
    """Derives `area_reach` and `area_at` anew from the areas and their successions.

    With `around` only for these areas and all that are connected with them, and with those that begin or end
    on a day that no geography began with before: nothing else can change.
    """
    async with in_transaction("default") as connection:
        # One rebuild at a time, from what the one before left; readers go on with what stands.
        await connection.execute_query("SELECT pg_advisory_xact_lock(hashtext('area_reach'))")
        versions, links = await _history()
        days, known = geography.epochs(versions), await epochs()
        if around is not None and set(known) <= set(days):
            added = sorted(set(days) - set(known))
            for day in added:
                await connection.execute_query(_COPY_HOMES_SQL, [day])
            changed = {area.id for area in versions if {area.valid_from, area.valid_to} & set(added)}
            ids = geography.connected(versions, links, changed | set(around))
            versions = [area for area in versions if area.id in ids]
            links = [link for link in links if link.old in ids]
        derived = [area.id for area in versions]
        await connection.execute_query("DELETE FROM area_reach WHERE area_id = ANY($1)", [derived])
        ancestors, reached = _columns(geography.ancestor_pairs(versions, links), 2)
        await connection.execute_query(
            "INSERT INTO area_reach (ancestor_id, area_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])",
            [ancestors, reached],
        )
        await connection.execute_query("DELETE FROM area_at WHERE area_id = ANY($1)", [derived])
        await connection.execute_query(
            "INSERT INTO area_at (epoch, kind, area_id, home_id, precision)"
            " SELECT * FROM unnest($1::date[], $2::text[], $3::uuid[], $4::uuid[], $5::text[])",
            _columns(geography.area_homes(versions, links, days), 5),
        )


async def epochs() -> list[date]:
    """The days on which a geography began, oldest first."""
    rows = await AreaAt.all().distinct().order_by("epoch").values("epoch")
    return [row["epoch"] for row in rows]


async def _history() -> tuple[list[AreaVersion], list[Succession]]:
    # As plain rows: to make a model of each takes longer than all that follows.
    areas = Area.all().values_list("id", "code", "kind", "name", "valid_from", "valid_to", "parent_id")
    links = AreaSuccession.all().values_list("old_id", "new_id", "whole", "effective_on")
    return [AreaVersion(*row) for row in await areas], [Succession(*row) for row in await links]


def _area(row: data.AreaRow) -> Area:
    parent_id: UUID | None = None
    if row.parent_code and row.parent_valid_from:
        parent_id = area_id(row.parent_code, row.parent_valid_from)
    return Area(
        id=area_id(row.code, row.valid_from),
        code=row.code,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        name=row.name,
        name_key=sort_key(row.name),
        folded=normalize_for_search(row.name),
        kind=row.kind,
        parent_id=parent_id,
        lat=row.lat,
        lon=row.lon,
        area_km2=row.area_km2,
    )


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as columns, as `unnest` takes them."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]
