"""Somebody asks what is kept about them: found by their phone, answered and erased, on one page."""

from typing import Final
from uuid import UUID

from starlette.responses import Response

from admin.kit import history
from admin.kit.approvals import deciders
from admin.kit.forms.fields import Choice, Form
from admin.kit.guard import need_proof
from admin.kit.pages import done, page
from admin.kit.request import Visit
from admin.kit.sealed import read_reporter
from records.access import staff
from records.access.approvals import requests as approvals
from records.core.days import today
from records.core.errors import Conflict, Invalid, NotFound
from records.core.rights import ApprovalKind, Right, check_may
from records.privacy import data_requests, retention
from records.tables import Area, DataRequest
from records.tables.approvals import ApprovalState

_MOST: Final = 100


async def index(visit: Visit) -> Response:
    """The requests of late, and the form to take a new one."""
    check_may(visit.actor, Right.RETENTION_MANAGE)
    need_proof(visit)
    return await _index(visit, Form({}))


async def receive(visit: Visit) -> Response:
    """Takes a request. The phone is in the form alone: never in an address, and kept as a blind index."""
    check_may(visit.actor, Right.RETENTION_MANAGE)
    need_proof(visit)
    form = Form(visit.form)
    try:
        areas = await _areas(visit)
        area_id = form.id("area") if len(areas) > 1 else UUID(areas[0].value)
        form.need("phone", "identified", *(("area",) if len(areas) > 1 else ()))
        form.limit({"identified": data_requests.IDENTIFIED.max_length or 0})
        form.done()
        request = await data_requests.receive(
            form.text("phone"),
            area_id=area_id or UUID(int=0),
            identified=form.text("identified"),
            by=visit.actor,
        )
    except Invalid as no:
        form.problems |= no.problems
        return await _index(visit, form, status=422)
    except staff.TooMany as refusal:
        form.problems[""] = refusal.message
        return await _index(visit, form, status=429)
    return done(visit, f"/admin/data-requests/{request.id}", "request-received")


async def show(visit: Visit) -> Response:
    """What is kept about whoever asked, the answer to print, and the forms to erase and to answer."""
    request = await _load(visit)
    return await _page(visit, request, Form({}))


async def erase(visit: Visit) -> Response:
    """Erases what was chosen."""
    request, form = await _load(visit), Form(visit.form)
    try:
        chosen, motive = form.texts("record"), form.text("motive")
        await data_requests.erase(request.id, chosen, motive=motive, seen=form.seen(), by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return await _page(visit, request, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(visit, await _load(visit), form, status=409)
    return done(visit, f"/admin/data-requests/{request.id}", "request-erased")


async def correction(visit: Visit) -> Response:
    """The form to put right what is sealed of a reporter."""
    return await _correction_form(visit, await _load(visit), Form({}))


async def correct(visit: Visit) -> Response:
    """Puts right what is sealed of a reporter."""
    request, form = await _load(visit), Form(visit.form)
    try:
        form.need("record", "motive")
        draft = read_reporter(form)
        if draft.anonymous:
            form.note("reporter_name", "Enter a value.")
        form.done()
        await data_requests.correct(
            request.id,
            form.text("record"),
            draft,
            motive=form.text("motive"),
            seen=form.seen(),
            by=visit.actor,
        )
    except Invalid as no:
        form.problems |= no.problems
        return await _correction_form(visit, request, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _correction_form(visit, await _load(visit), form, status=409)
    return done(visit, f"/admin/data-requests/{request.id}", "request-corrected")


async def look_up(visit: Visit) -> Response:
    """Asks another person to approve the look-up."""
    request = await _load(visit)
    await data_requests.ask_to_look_up(request.id, by=visit.actor)
    return done(visit, f"/admin/data-requests/{request.id}", "approval-asked")


async def answer(visit: Visit) -> Response:
    """Records that whoever asked has their answer; after that nothing is found by this request."""
    request, form = await _load(visit), Form(visit.form)
    try:
        await data_requests.answer(request.id, form.text("answer"), seen=form.seen(), by=visit.actor)
    except Invalid as no:
        form.problems |= no.problems
        return await _page(visit, request, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _page(visit, await _load(visit), form, status=409)
    return done(visit, f"/admin/data-requests/{request.id}", "request-answered")


async def _load(visit: Visit) -> DataRequest:
    check_may(visit.actor, Right.RETENTION_MANAGE)
    need_proof(visit)
    request = await data_requests.visible_to(visit.actor).get_or_none(id=visit.id)
    if request is None:
        raise NotFound("There is no such request.")
    await request.fetch_related("area", "received_by", "answered_by")
    return request


async def _areas(visit: Visit) -> list[Choice]:
    """The areas of this person, for one of which a request is taken."""
    rows = await Area.filter(id__in=list(visit.actor.areas or ())).order_by("name")
    return [Choice(str(row.id), row.name) for row in rows]


async def _index(visit: Visit, form: Form, *, status: int = 200) -> Response:
    rows = data_requests.visible_to(visit.actor).select_related("area", "received_by")
    return page(
        visit,
        "privacy/data_requests/index.html",
        status=status,
        form=form,
        requests=await rows.order_by("-received_at", "-id").limit(_MOST),
        area_choices=await _areas(visit),
        within=data_requests.ANSWER_WITHIN,
        today=today(),
    )


async def _page(visit: Visit, request: DataRequest, form: Form, *, status: int = 200) -> Response:
    rules = {rule.noun: rule.keep_months for rule in await retention.rules(by=visit.actor)}
    look_up = await data_requests.look_up_of(request.id, by=visit.actor)
    state = approvals.state(look_up) if look_up else None
    approved = state is ApprovalState.APPROVED and request.answered_at is None
    return page(
        visit,
        "privacy/data_requests/show.html",
        status=status,
        request=request,
        form=form,
        look_up=look_up,
        look_up_state=state,
        deciders=deciders(visit, ApprovalKind.PHONE_LOOKUP),
        found=await data_requests.find(request.id, by=visit.actor) if approved else None,
        ticked=form.texts("record"),
        months=rules,
        today=today(),
        history=await history.entries(visit, request),
    )


async def _correction_form(visit: Visit, request: DataRequest, form: Form, *, status: int = 200) -> Response:
    if request.answered_at is not None:
        raise Conflict("This request has already been answered.")
    found = await data_requests.find(request.id, by=visit.actor)
    return page(
        visit,
        "privacy/data_requests/correction.html",
        status=status,
        request=request,
        form=form,
        tip_choices=[
            Choice(item.handle, visit._("Tip {number}, of {year}", number=item.number, year=item.year))
            for item in found
            if item.noun == "tip"
        ],
    )
