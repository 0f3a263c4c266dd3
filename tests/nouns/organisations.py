"""Organisations in the tables of the tests."""

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.rights import Right
from records.nouns.catalogues import organisations
from records.nouns.catalogues.organisations import OrganisationDraft
from records.tables.organisations import OrganisationKind
from tests.conftest import area_ids
from tests.nouns import Tables

NO_ONE, DAY = uuid4(), date(2025, 1, 1)
EMPTY: Final = OrganisationDraft("", OrganisationKind.POLICE, NO_ONE)
READERS: Final = set(Role)
KEEPERS: Final = {Role.ADMINISTRATOR}


async def draft(area: str = "29905", **given: Any) -> OrganisationDraft:
    """An organisation of an area."""
    (area_id,) = await area_ids(area)
    values: dict[str, Any] = {"name": f"Đơn vị mẫu {uuid4().hex[:8]}", "kind": OrganisationKind.FRONT}
    return OrganisationDraft(**(values | {"area_id": area_id} | given))


async def make(area: str) -> UUID:
    """The id of an organisation of an area."""
    return (await organisations.create(await draft(area), by=system_actor("test"))).id


TABLES: Final = Tables(
    name="organisation",
    catalogue=True,
    make=make,
    pages={
        "GET /admin/organisations": (READERS, None),
        "POST /admin/organisations": (KEEPERS, None),
        "GET /admin/organisations/new": (KEEPERS, None),
        "GET /admin/organisations/{id:uuid}": (READERS, "organisation"),
        "POST /admin/organisations/{id:uuid}": (KEEPERS, "organisation"),
        "GET /admin/organisations/{id:uuid}/edit": (KEEPERS, "organisation"),
        "GET POST /admin/organisations/{id:uuid}/reversal": (KEEPERS, "organisation"),
        "GET POST /admin/organisations/{id:uuid}/end": (KEEPERS, "organisation"),
        "GET POST /admin/organisations/{id:uuid}/reopening": (KEEPERS, "organisation"),
    },
    verbs=[
        (Right.AREAS_READ, "see", lambda by: organisations.visible_to(by).count()),
        (Right.AREAS_READ, "find", lambda by: organisations.find(NO_ONE, by=by)),
        (Right.ORGANISATIONS_MANAGE, "create", lambda by: organisations.create(EMPTY, by=by)),
        (
            Right.ORGANISATIONS_MANAGE,
            "edit",
            lambda by: organisations.edit(NO_ONE, EMPTY, expected_version=1, by=by),
        ),
        (
            Right.ORGANISATIONS_MANAGE,
            "end",
            lambda by: organisations.end(NO_ONE, expected_version=1, on=DAY, reason="Mẫu", by=by),
        ),
        (
            Right.ORGANISATIONS_MANAGE,
            "reopen",
            lambda by: organisations.reopen(NO_ONE, expected_version=1, reason="Mẫu", by=by),
        ),
    ],
)
