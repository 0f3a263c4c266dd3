"""Demonstration hamlets under real communes, and who looks after them."""

from datetime import date
from typing import Final

from records.areas import areas
from records.core.actor import Actor, Role
from records.core.identifiers.ids import area_id
from records.core.text import normalize_for_search, sort_key
from records.tables import Area, Assignment, Group
from records.tables.areas import AreaKind
from records.tables.groups import AssignmentKind

# The day on which the communes of today began.
SINCE: Final = date(2025, 7, 1)

# Codes of our own, which no official list has: each bears the code of its commune.
HAMLETS: Final = (
    ("MAU-29905-1", "Khóm mẫu 1", "29905"),
    ("MAU-29905-2", "Khóm mẫu 2", "29905"),
    ("MAU-29905-3", "Khóm mẫu 3", "29905"),
    ("MAU-30244-1", "Ấp mẫu Phú Hựu", "30244"),
    ("MAU-30253-1", "Ấp mẫu Tân Nhuận", "30253"),
    ("MAU-30259-1", "Ấp mẫu Tân Phú", "30259"),
    ("MAU-30259-2", "Ấp mẫu Tân Bình", "30259"),
)


async def load_hamlets() -> None:
    """The hamlets, and what is derived from them."""
    rows = [
        Area(
            id=area_id(code, SINCE),
            code=code,
            valid_from=SINCE,
            name=name,
            name_key=sort_key(name),
            folded=normalize_for_search(name),
            kind=AreaKind.HAMLET,
            parent_id=area_id(commune, SINCE),
        )
        for code, name, commune in HAMLETS
    ]
    await areas.add(rows)


async def load_assignments(groups_by_code: dict[str, Group], actors_by_role: dict[Role, Actor]) -> None:
    """The officer for Sa Đéc's hamlets, named ones for the others; the Front's contact for three groups."""
    for number, (code, _, commune) in enumerate(HAMLETS, start=1):
        town = commune == "29905"
        await Assignment.create(
            kind=AssignmentKind.AREA_OFFICER if town else AssignmentKind.HAMLET_OFFICER,
            staff_id=actors_by_role[Role.OFFICER].id if town else None,
            officer_name="" if town else f"Công an viên mẫu {number:02d}",
            area_id=area_id(code, SINCE),
            starts_on=SINCE,
        )
    for code in ("MAU-PH-01", "MAU-TN-01", "MAU-TP-01"):
        await Assignment.create(
            kind=AssignmentKind.FRONT_CONTACT,
            staff_id=actors_by_role[Role.FRONT].id,
            group_id=groups_by_code[code].id,
            starts_on=SINCE,
        )
