"""Retention: how many records are due by each rule, and the legal holds in force."""

from typing import Final

from starlette.responses import Response

from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.core.language import gettext_noop as _
from records.core.language import label
from records.nouns import legal_holds
from records.privacy import retention
from records.privacy.retention import DueCount
from records.registry.nouns import NOUNS
from records.tables import LegalHold


def _noun(request: PageRequest, name: str) -> str:
    noun = NOUNS.get(name)
    return request._(noun.label if noun else _("Session"))


_DUE: Final = (
    Column[DueCount](_("Record type"), lambda request, row: _noun(request, row.noun)),
    Column[DueCount](_("Action"), lambda request, row: label(request.language, row.action)),
    Column[DueCount](_("Due"), lambda _request, row: row.due, number=True),
    Column[DueCount](_("Under a legal hold"), lambda _request, row: row.on_hold, number=True),
)
_HOLDS: Final = (
    Column[LegalHold](
        _("Record"), lambda request, row: Cell(_noun(request, row.noun), remark=str(row.row_id)[-12:])
    ),
    Column[LegalHold](_("Reason"), lambda _request, row: row.reason),
    Column[LegalHold](
        _("Placed by"), lambda _request, row: Cell(row.placed_by.name if row.placed_by else None)
    ),
    Column[LegalHold](_("Placed at"), lambda _request, row: row.placed_at),
)


async def index(request: PageRequest) -> Response:
    """The due records by rule, and the holds."""
    return render(
        request,
        "privacy/retention/index.html",
        due=await retention.due(by=request.actor),
        due_columns=_DUE,
        holds=await legal_holds.in_force(request.actor),
        hold_columns=_HOLDS,
    )
