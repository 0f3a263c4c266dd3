"""Targets in the tables of the tests."""

from decimal import Decimal
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.rights import Right
from records.metrics.catalogue import indicator_id
from records.nouns.catalogues import targets
from records.nouns.catalogues.targets import TargetDraft
from tests.conftest import area_ids
from tests.nouns import Tables

NO_ONE: Final = uuid4()
EMPTY: Final = TargetDraft(NO_ONE, NO_ONE, 2026, Decimal(1))
READERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}
KEEPERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER}
# An area has one target of an indicator for a year.
_YEARS: Final = count(2000)


async def draft(area: str = "29905", **given: Any) -> TargetDraft:
    """A target for the meetings of an area in 2026."""
    (area_id,) = await area_ids(area)
    values: dict[str, Any] = {"indicator_id": indicator_id("activities.meetings"), "area_id": area_id}
    return TargetDraft(**(values | {"year": 2026, "value": Decimal(120)} | given))


async def make(area: str) -> UUID:
    """The id of a target for an area."""
    given = await draft(area, year=next(_YEARS))
    return (await targets.set_target(given, by=system_actor("test"))).id


async def make_removed(area: str) -> UUID:
    """The id of a removed target."""
    row_id = await make(area)
    await targets.remove(row_id, expected_version=1, reason="Mẫu", by=system_actor("test"))
    return row_id


TABLES: Final = Tables(
    name="target",
    make=make,
    make_removed=make_removed,
    pages={
        "GET /admin/targets": (READERS, None),
        "POST /admin/targets": (KEEPERS, None),
        "GET /admin/targets/new": (KEEPERS, None),
        "GET /admin/targets/{id:uuid}": (READERS, "target"),
        "POST /admin/targets/{id:uuid}": (KEEPERS, "target"),
        "GET /admin/targets/{id:uuid}/edit": (KEEPERS, "target"),
        "GET POST /admin/targets/{id:uuid}/reversal": (KEEPERS, "target"),
        "GET POST /admin/targets/{id:uuid}/removal": (KEEPERS, "target"),
        "POST /admin/targets/{id:uuid}/restoration": (KEEPERS, "target removed"),
    },
    verbs=[
        (Right.METRICS_READ, "see", lambda by: targets.visible_to(by).count()),
        (Right.TARGETS_SET, "set", lambda by: targets.set_target(EMPTY, by=by)),
        (Right.TARGETS_SET, "edit", lambda by: targets.edit(NO_ONE, EMPTY, expected_version=1, by=by)),
        (
            Right.TARGETS_SET,
            "remove",
            lambda by: targets.remove(NO_ONE, expected_version=1, reason="Mẫu", by=by),
        ),
        (Right.TARGETS_SET, "restore", lambda by: targets.restore(NO_ONE, expected_version=1, by=by)),
    ],
)
