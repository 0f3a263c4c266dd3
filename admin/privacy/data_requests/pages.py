"""Requests of data subjects: their data is found by phone number, and answered or erased."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from starlette.responses import Response

from admin.kit import history
from admin.kit.approvals import APPROVAL_REQUESTED, deciders
from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.sealed import read_reporter
from admin.kit.guard import require_recent_authentication
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.access import staff
from records.access.approvals import requests as approvals
from records.core.dates import today
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import ApprovalKind, Right, check_right
from records.privacy import data_requests, retention
from records.tables import Area, DataRequest
from records.tables.approvals import ApprovalState

_MAX_ROWS: Final = 100


async def index(request: PageRequest) -> Response:
    """The requests of late, and the form to take a new one."""
    check_right(request.actor, Right.RETENTION_MANAGE)
    require_recent_authentication(request)
    return await _index(request, Form({}))


async def create(request: PageRequest) -> Response:
    """Takes a request. The phone is in the form alone: never in an address, and kept as a blind index."""
    check_right(request.actor, Right.RETENTION_MANAGE)
    require_recent_authentication(request)
    form = Form(request.form)
    try:
        areas = await _areas(request)
        area_id = form.id("area") if len(areas) > 1 else UUID(areas[0].value)
        form.require("phone", "identified", *(("area",) if len(areas) > 1 else ()))
        form.check_lengths({"identified": data_requests.IDENTIFIED.max_length or 0})
        form.raise_if_invalid()
        data_request = await data_requests.receive(
            form.text("phone"),
            area_id=area_id or UUID(int=0),
            identified=form.text("identified"),
            by=request.actor,
        )
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _index(request, form, status=422)
    except staff.TooManyAttempts as refusal:
        form.problems[""] = refusal.message
        return await _index(request, form, status=429)
    return redirect_with_flash(
        request,
        f"/admin/data-requests/{data_request.id}",
        _("Request recorded. Another person has to approve the look-up."),
    )


async def show(request: PageRequest) -> Response:
    """The data found, the printable answer, and the forms to erase and to answer."""
    data_request = await _load(request)
    return await _page(request, data_request, Form({}))


async def erase(request: PageRequest) -> Response:
    """Erases the selected data."""

    async def act(data_request: DataRequest, form: Form) -> None:
        await data_requests.erase(
            data_request.id,
            form.texts("record"),
            motive=form.text("motive"),
            expected_version=form.expected_version(),
            by=request.actor,
        )

    return await _carry_out(request, act, _page, _("Erased."))


async def correction(request: PageRequest) -> Response:
    """The form to correct the sealed data of a reporter."""
    return await _correction_form(request, await _load(request), Form({}))


async def correct(request: PageRequest) -> Response:
    """Corrects the sealed data of a reporter."""

    async def act(data_request: DataRequest, form: Form) -> None:
        form.require("record", "motive")
        draft = read_reporter(form)
        if draft.anonymous:
            form.add_problem("reporter_name", "Enter a value.")
        form.raise_if_invalid()
        await data_requests.correct(
            data_request.id,
            form.text("record"),
            draft,
            motive=form.text("motive"),
            expected_version=form.expected_version(),
            by=request.actor,
        )

    return await _carry_out(request, act, _correction_form, _("The correction is sealed."))


async def look_up(request: PageRequest) -> Response:
    """Requests the approval of the look-up."""
    data_request = await _load(request)
    await data_requests.request_look_up(data_request.id, by=request.actor)
    return redirect_with_flash(request, f"/admin/data-requests/{data_request.id}", APPROVAL_REQUESTED)


async def answer(request: PageRequest) -> Response:
    """Records that the request was answered; afterwards it finds no data."""

    async def act(data_request: DataRequest, form: Form) -> None:
        version = form.expected_version()
        text = form.text("answer")
        await data_requests.answer(data_request.id, text, expected_version=version, by=request.actor)

    return await _carry_out(request, act, _page, _("Answer recorded."))


async def _carry_out(
    request: PageRequest,
    act: Callable[[DataRequest, Form], Awaitable[None]],
    page: Callable[..., Awaitable[Response]],
    flash: str,
) -> Response:
    """Does `act` with the submitted form; if it is refused, shows `page` with what was entered."""
    data_request, form = await _load(request), Form(request.form)
    try:
        await act(data_request, form)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await page(request, data_request, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await page(request, await _load(request), form, status=409)
    return redirect_with_flash(request, f"/admin/data-requests/{data_request.id}", flash)


async def _load(request: PageRequest) -> DataRequest:
    check_right(request.actor, Right.RETENTION_MANAGE)
    require_recent_authentication(request)
    data_request = await data_requests.visible_to(request.actor).get_or_none(id=request.id)
    if data_request is None:
        raise NotFound("There is no such data request.")
    await data_request.fetch_related("area", "received_by", "answered_by")
    return data_request


async def _areas(request: PageRequest) -> list[Choice]:
    """The areas of this user, as choices."""
    rows = await Area.filter(id__in=list(request.actor.areas or ())).order_by("name_key")
    return [Choice(str(row.id), row.name) for row in rows]


async def _index(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    waiting = request.http_request.query_params.get("waiting") == "1"
    rows = data_requests.unanswered(request.actor) if waiting else data_requests.visible_to(request.actor)
    rows = rows.select_related("area", "received_by")
    return render(
        request,
        "privacy/data_requests/index.html",
        status=status,
        form=form,
        requests=await rows.order_by("-received_at", "-id").limit(_MAX_ROWS),
        area_choices=await _areas(request),
        within=data_requests.ANSWER_PERIOD,
        today=today(),
    )


async def _page(
    request: PageRequest, data_request: DataRequest, form: Form, *, status: int = 200
) -> Response:
    rules = {rule.noun: rule.keep_months for rule in await retention.rules(by=request.actor)}
    look_up = await data_requests.approval_of(data_request.id, by=request.actor)
    state = approvals.state(look_up) if look_up else None
    approved = state is ApprovalState.APPROVED and data_request.answered_at is None
    return render(
        request,
        "privacy/data_requests/show.html",
        status=status,
        data_request=data_request,
        form=form,
        look_up=look_up,
        look_up_state=state,
        deciders=deciders(request, ApprovalKind.PHONE_LOOKUP),
        matches=await data_requests.find(data_request.id, by=request.actor) if approved else None,
        ticked=form.texts("record"),
        months=rules,
        today=today(),
        history=await history.entries(request, data_request),
    )


async def _correction_form(
    request: PageRequest, data_request: DataRequest, form: Form, *, status: int = 200
) -> Response:
    if data_request.answered_at is not None:
        raise Conflict("This request has already been answered.")
    matches = await data_requests.find(data_request.id, by=request.actor)
    return render(
        request,
        "privacy/data_requests/correction.html",
        status=status,
        data_request=data_request,
        form=form,
        tip_choices=[
            Choice(item.handle, request._("Tip {number}, of {year}", number=item.number, year=item.year))
            for item in matches
            if item.noun == "tip"
        ],
    )
