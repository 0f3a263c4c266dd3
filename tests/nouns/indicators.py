"""Indicators in the tables of the tests."""

from typing import Final
from uuid import UUID, uuid4

from records.core.actor import Role
from records.core.rights import Right
from records.metrics.catalogue import indicator_id
from records.nouns.catalogues import indicators
from records.nouns.catalogues.indicators import IndicatorDraft
from tests.nouns import Tables

EMPTY: Final = IndicatorDraft("", "")
READERS: Final = {Role.ADMINISTRATOR, Role.COMMANDER, Role.OFFICER, Role.FRONT, Role.ANALYST}
KEEPERS: Final = {Role.ADMINISTRATOR}


async def make(_area: str) -> UUID:
    """The id of an indicator that the service starts with: people add none."""
    return indicator_id("tips.received")


TABLES: Final = Tables(
    name="indicator",
    catalogue=True,
    make=make,
    pages={
        "GET /admin/indicators": (READERS, None),
        "GET /admin/indicators/{id:uuid}": (READERS, "indicator"),
        "POST /admin/indicators/{id:uuid}": (KEEPERS, "indicator"),
        "GET /admin/indicators/{id:uuid}/edit": (KEEPERS, "indicator"),
        "GET POST /admin/indicators/{id:uuid}/reversal": (KEEPERS, "indicator"),
    },
    verbs=[
        (Right.METRICS_READ, "see", lambda by: indicators.visible_to(by).count()),
        (
            Right.INDICATORS_EDIT,
            "edit",
            lambda by: indicators.edit(uuid4(), EMPTY, expected_version=1, by=by),
        ),
    ],
)
