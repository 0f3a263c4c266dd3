"""Areas in the tables of the tests."""

from datetime import date
from typing import Final
from uuid import UUID, uuid4

from records.core.actor import Role
from records.core.rights import Right
from records.nouns import areas
from records.nouns.areas import AreaDraft
from tests.conftest import area_ids
from tests.nouns import Tables

NO_ONE, DAY, WHY = uuid4(), date(2026, 3, 1), "Nghị quyết mẫu"
EMPTY: Final = AreaDraft("")
ALL: Final = set(Role)
# Whoever signs in here works in a commune; tests/admin/nouns/test_areas.py asks those of the province.
NOBODY: Final = set[Role]()


async def make(area: str) -> UUID:
    """The id of the area itself: the catalogue of areas stays as it is."""
    return (await area_ids(area))[0]


TABLES: Final = Tables(
    name="area",
    make=make,
    pages={
        "GET /admin/areas": (ALL, None),
        "GET /admin/areas/{id:uuid}": (ALL, "area"),
        "GET POST /admin/areas/{id:uuid}/hamlet": (NOBODY, "area"),
        "GET POST /admin/areas/{id:uuid}/name": (NOBODY, "area"),
        "GET POST /admin/areas/{id:uuid}/merger": (NOBODY, "area"),
        "GET POST /admin/areas/{id:uuid}/division": (NOBODY, "area"),
        "GET POST /admin/areas/{id:uuid}/ending": (NOBODY, "area"),
    },
    verbs=[
        (Right.AREAS_READ, "see", lambda by: areas.visible_to(by).count()),
        (Right.AREAS_READ, "find", lambda by: areas.find(NO_ONE, by=by)),
        (Right.AREAS_READ, "see roots", lambda by: areas.roots(DAY, by=by).count()),
        (Right.AREAS_READ, "see children", lambda by: areas.children_of([NO_ONE], DAY, by=by).count()),
        (Right.AREAS_READ, "count children", lambda by: areas.child_counts([NO_ONE], DAY, by=by)),
        (Right.GROUPS_READ, "see groups", lambda by: areas.open_groups_in([NO_ONE], by=by).count()),
        (Right.ASSIGNMENTS_READ, "see assignments", lambda by: areas.assignments_in([NO_ONE], by=by).count()),
        (Right.AREAS_MANAGE, "count contents", lambda by: areas.contents_of([NO_ONE], by=by)),
        (
            Right.AREAS_MANAGE,
            "open",
            lambda by: areas.open_hamlet(NO_ONE, EMPTY, on=DAY, legal_basis=WHY, by=by),
        ),
        (
            Right.AREAS_MANAGE,
            "rename",
            lambda by: areas.rename(NO_ONE, "", expected_version=1, on=DAY, legal_basis=WHY, by=by),
        ),
        (
            Right.AREAS_MANAGE,
            "end",
            lambda by: areas.end(NO_ONE, expected_version=1, on=DAY, legal_basis=WHY, by=by),
        ),
        (
            Right.AREAS_MANAGE,
            "merge",
            lambda by: areas.merge(NO_ONE, EMPTY, [], expected_version=1, on=DAY, legal_basis=WHY, by=by),
        ),
        (
            Right.AREAS_MANAGE,
            "split",
            lambda by: areas.split(NO_ONE, [], {}, expected_version=1, on=DAY, legal_basis=WHY, by=by),
        ),
    ],
)
