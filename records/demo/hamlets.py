"""Demonstration hamlets under real communes, and who looks after them."""

from datetime import date
from typing import Final

from records.areas import areas
from records.core.actor import Actor, Role
from records.core.identifiers.ids import area_id
from records.core.text import normalize_for_search, sort_key
from records.nouns import assignments
from records.nouns.assignments import AssignmentDraft
from records.tables import Area, Group
from records.tables.areas import AreaKind
from records.tables.groups import AssignmentKind

# The day on which the communes of today began.
SINCE: Final = date(2025, 7, 1)

# Codes of our own, which no official list has: each bears the code of its commune.
HAMLETS: Final = (
    *((f"MAU-29905-{number}", f"Khóm mẫu {number}", "29905") for number in range(1, 13)),
    *((f"MAU-30244-{number}", f"Ấp mẫu Phú Hựu {number}", "30244") for number in range(1, 7)),
    *((f"MAU-30253-{number}", f"Ấp mẫu Tân Nhuận {number}", "30253") for number in range(1, 6)),
    *((f"MAU-30259-{number}", f"Ấp mẫu Tân Phú {number}", "30259") for number in range(1, 6)),
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
    by = actors_by_role[Role.COMMANDER]
    for number, (code, _, commune) in enumerate(HAMLETS, start=1):
        town = commune == "29905"
        draft = AssignmentDraft(
            AssignmentKind.AREA_OFFICER if town else AssignmentKind.HAMLET_OFFICER,
            SINCE,
            staff_id=actors_by_role[Role.OFFICER].id if town else None,
            officer_name="" if town else f"Công an viên mẫu {number:02d}",
            area_id=area_id(code, SINCE),
        )
        await assignments.assign(draft, by=by)
    for code in ("MAU-PH-01", "MAU-TN-01", "MAU-TP-01"):
        contact = actors_by_role[Role.FRONT].id
        draft = AssignmentDraft(
            AssignmentKind.FRONT_CONTACT, SINCE, staff_id=contact, group_id=groups_by_code[code].id
        )
        await assignments.assign(draft, by=by)
