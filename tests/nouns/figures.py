"""Figures in the tables of the tests."""

from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from records.core.actor import Role, system_actor
from records.core.rights import Right
from records.metrics.catalogue import indicator_id
from records.nouns import figures
from records.nouns.figures import FigureDraft
from records.tables import Figure, Organisation
from records.tables.metrics import Qualifier
from records.tables.organisations import OrganisationKind
from tests.conftest import area_ids
from tests.nouns import Tables

NO_ONE: Final = uuid4()
EMPTY: Final = FigureDraft(NO_ONE, NO_ONE, NO_ONE, Decimal(1), Qualifier.EXACT, "", "", "")
READERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}
REPORTERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER}


async def draft(area: str = "29905", **given: Any) -> FigureDraft:
    """A figure that the police of an area reported."""
    (area_id,) = await area_ids(area)
    name = "Công an mẫu"
    unit, _ = await Organisation.get_or_create(
        name=name, area_id=area_id, defaults={"folded": name, "kind": OrganisationKind.POLICE}
    )
    values: dict[str, Any] = {
        "indicator_id": indicator_id("reported.groups"),
        "area_id": area_id,
        "organisation_id": unit.id,
        "value": Decimal(37),
        "qualifier": Qualifier.EXACT,
        "period_text": "đến nay",
        "source_text": "37 nhóm",
        "source_name": "Bài báo mẫu",
    }
    return FigureDraft(**(values | given))


async def make(area: str) -> UUID:
    """The id of a figure for an area."""
    return (await figures.report(await draft(area), by=system_actor("test"))).id


TABLES: Final = Tables(
    name="figure",
    make=make,
    pages={
        "GET /admin/figures": (READERS, None),
        "POST /admin/figures": (REPORTERS, None),
        "GET /admin/figures/new": (REPORTERS, None),
        "GET /admin/figures/{id:uuid}": (READERS, "figure"),
        "GET POST /admin/figures/{id:uuid}/correction": (REPORTERS, "figure"),
    },
    verbs=[
        (Right.FIGURES_READ, "see", lambda by: figures.visible_to(by).count()),
        (Right.FIGURES_READ, "recorded", lambda by: figures.recorded(by).count()),
        (Right.FIGURES_READ, "corrections", lambda by: figures.corrections([NO_ONE], by=by)),
        (Right.FIGURES_READ, "versions", lambda by: figures.versions(Figure(id=NO_ONE), by=by)),
        (Right.FIGURES_READ, "latest", lambda by: figures.latest(NO_ONE, NO_ONE, by=by)),
        (Right.FIGURES_REPORT, "report", lambda by: figures.report(EMPTY, by=by)),
        (Right.FIGURES_REPORT, "supersede", lambda by: figures.supersede(NO_ONE, EMPTY, by=by)),
    ],
)
