"""The audit: who did what, to which record, when and why. What the record says is not shown."""

from typing import Final
from uuid import UUID

from starlette.responses import Response

from admin.access.audit.labels import ACTIONS, OTHER_NOUNS, action_label, noun_label
from admin.access.audit.overview import overview
from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.inputs import Input
from admin.kit.nouns.lists import Sort, empty_listing, paginate, selected_sort
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.core.dates import first_of_days
from records.core.errors import ValidationFailed
from records.core.language import format_datetime, label
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.registry import history
from records.registry.audit_search import WEEK, AuditQuery, names_with, search, with_code
from records.registry.nouns import NOUNS
from records.tables import AuditEntry
from records.tables.privacy import RevealStep

_PATH: Final = "/admin/audit"
_SORTS: Final = (
    Sort("newest", _("Newest first"), "at", descending=True),
    Sort("oldest", _("Oldest first"), "at"),
)


def _step(request: PageRequest, entry: AuditEntry) -> Cell:
    step = (entry.after or {}).get("reveal")
    return Cell(label(request.language, RevealStep(step)) if step else action_label(request, entry.action))


# The first column has most room.
_COLUMNS: Final = (
    Column[AuditEntry](
        _("Record"),
        lambda request, row: Cell(
            request._(noun_label(row.noun)), remark=str(row.row_id)[-12:], href=f"{_PATH}?row={row.row_id}"
        ),
    ),
    Column[AuditEntry](_("Time"), lambda _request, row: format_datetime(row.at)),
    Column[AuditEntry](
        _("Person"), lambda _request, row: Cell(row.actor_name, href=f"{_PATH}?actor={row.actor_id or ''}")
    ),
    Column[AuditEntry](_("Action"), _step),
)
_REASON: Final = Column[AuditEntry](_("Reason"), lambda _request, row: row.motive)


async def index(request: PageRequest) -> Response:
    """The entries that match; those of one record are its trace."""
    check_right(request.actor, Right.AUDIT_READ)
    form = Form(request.http_request.query_params)
    try:
        query = await _query(form)
        form.raise_if_invalid()
        rows = search(request.actor, query)
        listing, status = await paginate(request, rows, selected_sort(form, _SORTS), _SORTS), 200
        # The same on each page of the list: on the first only.
        is_first = not {"after", "before"} & set(request.http_request.query_params)
        counted = await overview(request, query) if is_first else None
        await history.disclose(request.actor, listing.rows)
    except ValidationFailed as error:
        form.problems |= error.problems
        listing, status, counted = empty_listing(_SORTS), 422, None
    return render(
        request,
        "access/audit/index.html",
        block="results",
        status=status,
        title=request._("Audit"),
        path=_PATH,
        form=form,
        listing=listing,
        overview=counted,
        columns=(*_COLUMNS, *([_REASON] if any(row.motive for row in listing.rows) else [])),
        inputs=_inputs(request),
        search=request._("Person, or code of the record"),
        adding="",
        chips=[],
        empty=request._("Nothing fits these filters."),
    )


async def _query(form: Form) -> AuditQuery:
    words, row_ids = form.search_text("q"), await _row_ids(form)
    # A code is entered where names are, too: that search is at hand on each page.
    found = await _ids_of(words) if words and not row_ids else []
    return AuditQuery(
        actor_names=await names_with(words) if words and not found else None,
        actor_id=form.id("actor"),
        noun=_noun(form),
        row_ids=row_ids or found,
        action=_action(form),
        first=form.day("from") or (first_of_days(WEEK) if form.text("week") else None),
        last=form.day("to"),
        reveal=form.enum_value("reveal", RevealStep),
    )


def _noun(form: Form) -> str:
    noun = form.text("noun")
    if noun and NOUNS.get(noun) is None and noun not in OTHER_NOUNS:
        form.add_problem("noun", _("Choose one."))
    return noun


def _action(form: Form) -> str:
    action = form.text("action")
    if action and action not in ACTIONS:
        form.add_problem("action", _("Choose one."))
    return action


async def _row_ids(form: Form) -> list[UUID]:
    """The ids of the records with the code, or the id, that was entered."""
    text = form.text("row")
    ids = await _ids_of(text) if text else []
    if text and not ids:
        form.add_problem("row", _("No record has this code or id."))
    return ids


async def _ids_of(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return await with_code(text)


def _inputs(request: PageRequest) -> list[Input]:
    names = [*(noun.name for noun in NOUNS), *OTHER_NOUNS]
    nouns = sorted(
        (Choice(name, request._(noun_label(name))) for name in names), key=lambda choice: choice.text
    )
    actions = sorted(
        (Choice(action, action_label(request, action)) for action in ACTIONS), key=lambda choice: choice.text
    )
    return [
        Input("noun", _("Record type"), "choices", choices=nouns, none=_("All")),
        Input("action", _("Action"), "choices", choices=actions, none=_("All")),
        Input(
            "reveal", _("Sealed data"), "choices", choices=enum_choices(request, RevealStep), none=_("All")
        ),
        Input("from", _("From"), hint=_("dd/mm/yyyy")),
        Input("to", _("To"), hint=_("dd/mm/yyyy")),
        Input("row", _("Code or id of the record")),
        Input("week", _("Last 7 days"), "tick"),
    ]
