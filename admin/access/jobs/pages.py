"""Exports and other background jobs: where each stands, how far it is, and why it failed."""

from typing import Final

from starlette.responses import Response

from admin.kit.forms.fields import Form, enum_choices
from admin.kit.forms.inputs import Input
from admin.kit.nouns.lists import NEWEST, OLDEST, empty_listing, paginate, selected_sort
from admin.kit.nouns.tables import Cell, Column
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.core.errors import ValidationFailed
from records.core.language import gettext_noop as _
from records.delivery import exports, job_list, webhooks
from records.tables import Job
from records.tables.changes.jobs import JobState

_PATH: Final = "/admin/jobs"
_SORTS: Final = (NEWEST, OLDEST)
# By the name under which the service registers each.
_KINDS: Final = {
    exports.JOB: _("Export"),
    webhooks.JOB: _("Deliveries of webhooks"),
    "metrics.fold": _("Updating metrics"),
    "cleaning": _("Erasing what is past its retention"),
}


def kind_text(request: PageRequest, job: Job) -> str:
    """What a job does, in words."""
    return request._(_KINDS.get(job.kind, job.kind))


def _action(request: PageRequest, job: Job) -> Cell:
    if job_list.can_cancel(job):
        return Cell(request._("Cancel the export"), href=f"{_PATH}/{job.id}/cancellation")
    if job_list.can_retry(job):
        return Cell(request._("Run again"), href=f"{_PATH}/{job.id}/retry")
    return Cell(None)


_COLUMNS: Final = (
    Column[Job](_("Kind"), lambda request, row: Cell(kind_text(request, row), remark=str(row.id)[-12:])),
    Column[Job](_("Status"), lambda _request, row: Cell(row.state, status=True)),
    Column[Job](_("Progress"), lambda _request, row: row.progress, number=True),
    Column[Job](_("Attempts"), lambda _request, row: row.attempts, number=True),
    Column[Job](_("Error"), lambda _request, row: row.error),
    Column[Job](_("Created at"), lambda _request, row: row.created_at),
    Column[Job](_("Finished"), lambda _request, row: row.finished_at),
    Column[Job](_("Actions"), _action),
)


async def index(request: PageRequest) -> Response:
    """The jobs, filtered by their state."""
    form = Form(request.http_request.query_params)
    rows = job_list.visible_to(request.actor)
    try:
        if (state := form.enum_value("state", JobState)) is not None:
            rows = rows.filter(state=state)
        form.raise_if_invalid()
        listing, status = await paginate(request, rows, selected_sort(form, _SORTS), _SORTS), 200
    except ValidationFailed as error:
        form.problems |= error.problems
        listing, status = empty_listing(_SORTS), 422
    states = Input("state", _("Status"), "choices", choices=enum_choices(request, JobState), none=_("All"))
    return render(
        request,
        "kit/templates/list.html",
        block="results",
        status=status,
        title=request._("Background jobs"),
        path=_PATH,
        form=form,
        listing=listing,
        columns=_COLUMNS,
        inputs=[states],
        search="",
        adding="",
        chips=[],
        empty=request._("Nothing fits these filters."),
    )


async def cancellation(request: PageRequest) -> Response:
    """The question whether to cancel an export."""
    job = await job_list.find(request.id, by=request.actor)
    job_list.check_cancellable(job)
    text = _("The export ends without a file. The partner can start another.")
    return _question(request, job, request._("Cancel the export"), request._(text))


async def cancel(request: PageRequest) -> Response:
    """Cancels an export."""
    await job_list.cancel(request.id, by=request.actor)
    return redirect_with_flash(request, _PATH, _("Export cancelled."))


async def retrial(request: PageRequest) -> Response:
    """The question whether to run a job again."""
    job = await job_list.find(request.id, by=request.actor)
    text = _("The job starts anew, with all its attempts.")
    return _question(request, job, request._("Run again"), request._(text))


async def retry(request: PageRequest) -> Response:
    """Runs a job again."""
    await job_list.retry(request.id, by=request.actor)
    return redirect_with_flash(request, _PATH, _("The job will run again."))


def _question(request: PageRequest, job: Job, title: str, text: str) -> Response:
    return render(
        request, "access/jobs/question.html", job=job, kind=kind_text(request, job), title=title, text=text
    )
