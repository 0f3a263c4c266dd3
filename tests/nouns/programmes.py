"""Programmes in the tables of the tests."""

from datetime import date
from typing import Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.rights import Right
from records.nouns.catalogues import programmes
from records.nouns.catalogues.programmes import ProgrammeDraft
from records.tables import Organisation
from records.tables.organisations import OrganisationKind
from tests.conftest import area_ids
from tests.nouns import Tables

NO_ONE, DAY = uuid4(), date(2025, 1, 1)
EMPTY: Final = ProgrammeDraft("", "", NO_ONE, NO_ONE, DAY)
READERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}
KEEPERS: Final = {Role.COMMANDER, Role.FRONT}


async def draft(area: str = "29905", **given: object) -> ProgrammeDraft:
    """A programme in an area, hosted by an organisation there."""
    (area_id,) = await area_ids(area)
    host = await Organisation.create(
        name=f"Đơn vị mẫu {uuid4().hex[:8]}",
        folded="don vi mau",
        kind=OrganisationKind.FRONT,
        area_id=area_id,
    )
    values = {"code": f"MH-{uuid4().hex[:8]}", "name": "Mô hình mẫu", "host_id": host.id} | given
    return ProgrammeDraft(**{"area_id": area_id, "started_on": DAY, **values})  # type: ignore[arg-type]


async def make(area: str) -> UUID:
    """The id of a programme in an area."""
    return (await programmes.create(await draft(area), by=system_actor("test"))).id


TABLES: Final = Tables(
    name="programme",
    catalogue=True,
    make=make,
    pages={
        "GET /admin/programmes": (READERS, None),
        "POST /admin/programmes": (KEEPERS, None),
        "GET /admin/programmes/new": (KEEPERS, None),
        "GET /admin/programmes/{id:uuid}": (READERS, "programme"),
        "POST /admin/programmes/{id:uuid}": (KEEPERS, "programme"),
        "GET /admin/programmes/{id:uuid}/edit": (KEEPERS, "programme"),
        "GET POST /admin/programmes/{id:uuid}/reversal": ({Role.COMMANDER}, "programme"),
        "GET POST /admin/programmes/{id:uuid}/end": (KEEPERS, "programme"),
        "GET POST /admin/programmes/{id:uuid}/reopening": (KEEPERS, "programme"),
    },
    verbs=[
        (Right.PROGRAMMES_READ, "see", lambda by: programmes.visible_to(by).count()),
        (Right.PROGRAMMES_READ, "find", lambda by: programmes.find(NO_ONE, by=by)),
        (Right.PROGRAMMES_MANAGE, "create", lambda by: programmes.create(EMPTY, by=by)),
        (
            Right.PROGRAMMES_MANAGE,
            "edit",
            lambda by: programmes.edit(NO_ONE, EMPTY, expected_version=1, by=by),
        ),
        (
            Right.PROGRAMMES_MANAGE,
            "end",
            lambda by: programmes.end(NO_ONE, expected_version=1, on=DAY, reason="Mẫu", by=by),
        ),
        (
            Right.PROGRAMMES_MANAGE,
            "reopen",
            lambda by: programmes.reopen(NO_ONE, expected_version=1, reason="Mẫu", by=by),
        ),
    ],
)
