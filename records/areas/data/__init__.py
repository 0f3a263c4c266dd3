"""The areas of Viet Nam as plain rows, read from the CSV files beside this one (see PROVENANCE.md)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class AreaRow:
    """An area from `valid_from` until the day before `valid_to` (None: open); degrees in WGS 84."""

    code: str
    valid_from: date
    valid_to: date | None
    name: str
    kind: str
    parent_code: str | None
    parent_valid_from: date | None
    lat: float | None
    lon: float | None
    area_km2: float | None


@dataclass(frozen=True, slots=True)
class SuccessionRow:
    """A successor of an area: wholly, or (several rows, none of them whole) in parts."""

    old_code: str
    old_valid_from: date
    new_code: str
    new_valid_from: date
    whole: bool
    effective_on: date
    legal_basis: str


def areas() -> list[AreaRow]:
    """All areas, past and present, the oldest edition first, parents before their children."""
    rows = []
    for edition in _rows("editions.csv"):
        valid_from = date.fromisoformat(edition["valid_from"])
        valid_to = date.fromisoformat(edition["valid_to"]) if edition["valid_to"] else None
        rows += [
            AreaRow(
                code=row["code"],
                valid_from=valid_from,
                valid_to=valid_to,
                name=row["name"],
                kind=row["kind"],
                parent_code=row["parent_code"] or None,
                parent_valid_from=valid_from if row["parent_code"] else None,
                lat=_number(row["lat"]),
                lon=_number(row["lon"]),
                area_km2=_number(row["area_km2"]),
            )
            for row in _rows(f"areas_{edition['edition']}.csv")
        ]
    return rows


def successions() -> list[SuccessionRow]:
    """The successors of each area that has any, from every edition to the next."""
    editions = list(_rows("editions.csv"))
    rows = []
    for old, new in pairwise(editions):
        old_valid_from, new_valid_from = (date.fromisoformat(each["valid_from"]) for each in (old, new))
        rows += [
            SuccessionRow(
                old_code=row["old_code"],
                old_valid_from=old_valid_from,
                new_code=row["new_code"],
                new_valid_from=new_valid_from,
                whole=row["whole"] == "1",
                effective_on=new_valid_from,
                legal_basis=row["legal_basis"],
            )
            for row in _rows(f"successions_{new['edition']}.csv")
        ]
    return rows


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return iter(csv.DictReader(text.splitlines()))


def _number(text: str) -> float | None:
    return float(text) if text else None
