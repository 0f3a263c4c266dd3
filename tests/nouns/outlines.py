"""Outlines in the tables of the tests."""

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.rights import Right
from records.nouns import outlines
from records.nouns.outlines import OutlineDraft
from records.tables import Organisation, Outline
from records.tables.organisations import OrganisationKind
from tests.conftest import area_ids
from tests.nouns import Tables

NO_ONE, DAY = uuid4(), date(2026, 1, 5)
EMPTY: Final = OutlineDraft("", "", "", NO_ONE)
READERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}
WRITERS: Final = {Role.COMMANDER, Role.OFFICER}


async def office(area: str = "29905") -> UUID:
    """The id of the police of an area."""
    (area_id,) = await area_ids(area)
    name = f"Công an mẫu {area}"
    given = {"folded": name, "kind": OrganisationKind.POLICE}
    row, _made = await Organisation.get_or_create(given, name=name, area_id=area_id)
    return row.id


async def draft(area: str = "29905", **given: Any) -> OutlineDraft:
    """An outline of the police of an area."""
    values = {"code": f"DC-{uuid4().hex[:8]}", "title": "Đề cương mẫu", "body": "# Mẫu"}
    return OutlineDraft(**({"organisation_id": await office(area)} | values | given))


async def published(area: str = "29905", **given: Any) -> Outline:
    """A published outline of the police of an area."""
    by = system_actor("test")
    row = await outlines.write(await draft(area, **given), by=by)
    return await outlines.publish(row.id, expected_version=1, on=DAY, by=by)


async def make(area: str) -> UUID:
    """The id of a draft of the police of an area."""
    return (await outlines.write(await draft(area), by=system_actor("test"))).id


async def _make_removed(area: str) -> UUID:
    row_id = await make(area)
    await outlines.remove(row_id, expected_version=1, reason="Mẫu", by=system_actor("test"))
    return row_id


TABLES: Final = Tables(
    name="outline",
    make=make,
    make_removed=_make_removed,
    pages={
        "GET /admin/outlines": (READERS, None),
        "POST /admin/outlines": (WRITERS, None),
        "GET /admin/outlines/new": (WRITERS, None),
        "GET /admin/outlines/{id:uuid}": (READERS, "outline"),
        "POST /admin/outlines/{id:uuid}": (WRITERS, "outline"),
        "GET /admin/outlines/{id:uuid}/edit": (WRITERS, "outline"),
        "GET POST /admin/outlines/{id:uuid}/reversal": (WRITERS, "outline"),
        "GET POST /admin/outlines/{id:uuid}/publication": ({Role.COMMANDER}, "outline"),
        "GET POST /admin/outlines/{id:uuid}/edition": (WRITERS, "outline"),
        "GET POST /admin/outlines/{id:uuid}/receipt": (WRITERS | {Role.FRONT}, "outline"),
        "GET POST /admin/outlines/{id:uuid}/reminder": (WRITERS, "outline"),
        "GET POST /admin/outlines/{id:uuid}/hand-down": (WRITERS, "outline"),
        "GET POST /admin/outlines/{id:uuid}/removal": (WRITERS, "outline"),
        "POST /admin/outlines/{id:uuid}/restoration": (WRITERS, "outline removed"),
    },
    verbs=[
        (Right.OUTLINES_READ, "see", lambda by: outlines.visible_to(by).count()),
        (Right.OUTLINES_READ, "find", lambda by: outlines.find(NO_ONE, by=by)),
        (Right.OUTLINES_READ, "editions", lambda by: outlines.editions(Outline(code="X"), by=by)),
        (Right.OUTLINES_WRITE, "write", lambda by: outlines.write(EMPTY, by=by)),
        (Right.OUTLINES_WRITE, "revise", lambda by: outlines.revise(NO_ONE, by=by)),
        (Right.OUTLINES_WRITE, "edit", lambda by: outlines.edit(NO_ONE, EMPTY, expected_version=1, by=by)),
        (
            Right.OUTLINES_WRITE,
            "remove",
            lambda by: outlines.remove(NO_ONE, expected_version=1, reason="Mẫu", by=by),
        ),
        (Right.OUTLINES_WRITE, "restore", lambda by: outlines.restore(NO_ONE, expected_version=1, by=by)),
        (
            Right.OUTLINES_PUBLISH,
            "publish",
            lambda by: outlines.publish(NO_ONE, expected_version=1, on=DAY, by=by),
        ),
    ],
)
