"""Retention: how many records are due by each rule, and the legal holds in force."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from starlette.responses import Response

from admin.access.audit.labels import noun_label
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.core.language import gettext_noop as _
from records.core.language import label
from records.nouns import legal_holds
from records.privacy import retention, reveals
from records.privacy.retention import DueCount
from records.tables import LegalHold

_DUE: Final = (
    Column[DueCount](_("Record type"), lambda request, row: request._(noun_label(row.noun))),
    Column[DueCount](_("Action"), lambda request, row: label(request.language, row.action)),
    Column[DueCount](_("Due"), lambda _request, row: row.due, number=True),
    Column[DueCount](_("Under a legal hold"), lambda _request, row: row.on_hold, number=True),
)


def _hold_columns(codes: Mapping[UUID, str]) -> list[Column[LegalHold]]:
    return [
        Column(
            _("Record"),
            lambda request, row: Cell(request._(noun_label(row.noun)), remark=codes.get(row.row_id, "")),
        ),
        Column(_("Reason"), lambda _request, row: row.reason),
        Column(_("Placed by"), lambda _request, row: Cell(row.placed_by.name if row.placed_by else None)),
        Column(_("Placed at"), lambda _request, row: row.placed_at),
        Column(
            _("Actions"),
            lambda request, row: Cell(request._("Release"), href=f"/admin/legal-holds/{row.id}/release"),
        ),
    ]


async def index(request: PageRequest) -> Response:
    """The due records by rule, and the holds."""
    holds = await legal_holds.in_force(request.actor)
    return render(
        request,
        "privacy/retention/index.html",
        due=await retention.due(by=request.actor),
        due_columns=_DUE,
        holds=holds,
        hold_columns=_hold_columns(await reveals.codes(request.actor, holds)),
    )
