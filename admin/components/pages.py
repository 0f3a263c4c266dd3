"""Every part of the pages in each state, for those who build and check them."""

from datetime import timedelta
from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form
from admin.kit.nouns.lists import RECENT, Listing
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.core.dates import now
from records.core.errors import Message
from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.tables.approvals import ApprovalState
from records.tables.groups import GroupStatus
from records.tables.tips import Priority, TipStatus

_STATUSES: Final[tuple[type[Labelled], ...]] = (TipStatus, GroupStatus, Priority, ApprovalState)
_DEADLINES: Final = (-9, -1.5, -0.2, 0.5, 1.5, 2.4, 12)
_MOMENTS: Final = (0, 0.01, 0.2, 1.2, 4, 40)


async def show(request: PageRequest) -> Response:
    """The parts, with made-up contents."""
    check_right(request.actor, Right.STAFF_MANAGE)
    form = Form({"title": "mẫu", "status": "2"})
    form.problems["code"] = Message("Enter a value.")
    rows = list(TipStatus)
    return render(
        request,
        "components/show.html",
        form=form,
        choices=[Choice("1", "1"), Choice("2", "2")],
        statuses=[list(enum) for enum in _STATUSES],
        deadlines=[now() + timedelta(days=days) for days in _DEADLINES],
        moments=[now() - timedelta(days=days) for days in _MOMENTS],
        listing=Listing(rows=rows, sort=RECENT[0], sorts=RECENT, total=len(rows), next=request.current_url),
        columns=[
            Column[TipStatus](_("Title"), lambda _request, row: Cell(row.value, href=request.current_url)),
            Column[TipStatus](_("Status"), lambda _request, row: Cell(row, status=True)),
            Column[TipStatus](_("Count"), lambda _request, row: rows.index(row), number=True),
        ],
    )
