"""What the tests of the areas' data share."""

from collections import defaultdict
from datetime import date
from functools import cache
from uuid import UUID

from records.areas import data
from records.areas.data import AreaRow, SuccessionRow
from records.areas.geography import AreaHome, area_homes
from records.areas.graph import AreaVersion, Succession

BEFORE, SINCE = date(2004, 7, 8), date(2025, 7, 1)


Key = tuple[str, date]


@cache
def areas() -> dict[Key, AreaRow]:
    return {(row.code, row.valid_from): row for row in data.areas()}


@cache
def successions() -> list[SuccessionRow]:
    return data.successions()


@cache
def became() -> dict[str, list[SuccessionRow]]:
    found = defaultdict(list)
    for row in successions():
        found[row.old_code].append(row)
    return found


@cache
def ids() -> dict[Key, UUID]:
    return {key: UUID(int=number) for number, key in enumerate(areas())}


@cache
def versions() -> dict[UUID, AreaVersion]:
    return {
        ids()[key]: AreaVersion(
            id=ids()[key],
            code=row.code,
            kind=row.kind,
            name=row.name,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            parent=None
            if row.parent_valid_from is None
            else ids()[str(row.parent_code), row.parent_valid_from],
        )
        for key, row in areas().items()
    }


@cache
def links() -> list[Succession]:
    return [
        Succession(
            ids()[row.old_code, row.old_valid_from],
            ids()[row.new_code, row.new_valid_from],
            row.whole,
            row.effective_on,
        )
        for row in successions()
    ]


@cache
def homes_by_area() -> dict[tuple[date, str, UUID], list[AreaHome]]:
    found = defaultdict(list)
    for home in area_homes(versions().values(), links(), [BEFORE, SINCE]):
        found[home.epoch, home.kind, home.area].append(home)
    return found


def successors(code: str) -> set[str]:
    return {row.new_code for row in became()[code]}


def communes(valid_from: date) -> dict[str, AreaRow]:
    return {code: row for (code, day), row in areas().items() if day == valid_from and row.kind == "COMMUNE"}
