"""Legal holds: placing one on a record, and releasing it."""

from typing import Final
from uuid import UUID

from starlette.responses import RedirectResponse, Response

from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.inputs import REASON_INPUT, Input
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.core.errors import Conflict, NotFound, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns import legal_holds
from records.privacy import reveals
from records.registry.nouns import NOUNS
from records.tables import LegalHold

LIST: Final = "/admin/retention"
_PATH: Final = "/admin/legal-holds"
_CODE: Final = Input("code", _("Code"), hint=_("Of the tip or the education case"))


async def index(request: PageRequest) -> Response:
    """Leads to the holds, which stand on the page of retention."""
    check_right(request.actor, Right.RETENTION_MANAGE)
    return RedirectResponse(f"{LIST}#holds", status_code=303)


async def new(request: PageRequest) -> Response:
    """The form to place a hold on a record of some code, or on the one that the address names."""
    check_right(request.actor, Right.RETENTION_MANAGE)
    return await _form(request, Form(request.http_request.query_params))


async def place(request: PageRequest) -> Response:
    """Places a hold."""
    check_right(request.actor, Right.RETENTION_MANAGE)
    form = Form(request.form)
    try:
        form.require("reason")
        noun, row_id = await _record(request, form)
        await legal_holds.place(noun, row_id, reason=form.text("reason"), by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _form(request, form, status=422)
    except Conflict as conflict:
        form.problems[""] = conflict.message
        return await _form(request, form, status=409)
    return redirect_with_flash(request, LIST, _("Legal hold placed."))


async def release_form(request: PageRequest) -> Response:
    """The form to release a hold."""
    return await _release_form(request, await _load(request), Form({}))


async def release(request: PageRequest) -> Response:
    """Releases a hold."""
    hold, form = await _load(request), Form(request.form)
    try:
        form.require("reason")
        form.raise_if_invalid()
        await legal_holds.lift(hold.noun, hold.row_id, reason=form.text("reason"), by=request.actor)
    except ValidationFailed as error:
        form.problems |= error.problems
        return await _release_form(request, hold, form, status=422)
    return redirect_with_flash(request, LIST, _("Legal hold released."))


async def _record(request: PageRequest, form: Form) -> tuple[str, UUID]:
    """The noun and the id of the record that the form names. Raises `ValidationFailed`."""
    noun, row_id = form.text("noun"), form.id("record")
    if row_id is None:
        form.require("code")
        if noun not in legal_holds.CODED:
            form.add_problem("noun", "Choose one.")
    form.raise_if_invalid()
    if row_id is None:
        row_id = await legal_holds.record_with_code(noun, form.text("code"), by=request.actor)
    return noun, row_id


async def _load(request: PageRequest) -> LegalHold:
    hold = await legal_holds.in_force(request.actor).get_or_none(id=request.id)
    if hold is None:
        raise NotFound("This record is not under a legal hold.")
    return hold


async def _form(request: PageRequest, form: Form, *, status: int = 200) -> Response:
    named = form.text("record") and form.text("noun") in legal_holds.NOUNS
    choices = [Choice(name, request._(NOUNS[name].label)) for name in legal_holds.CODED]
    noun = Input("noun", _("Record type"), kind="choices", choices=choices)
    return render(
        request,
        "privacy/retention/hold.html",
        status=status,
        form=form,
        title=request._("Place a legal hold"),
        named=request._(NOUNS[form.text("noun")].label) if named else "",
        rows=[[REASON_INPUT]] if named else [[noun, _CODE], [REASON_INPUT]],
        back=LIST,
        back_title=request._("Retention and legal holds"),
        action=_PATH,
    )


async def _release_form(request: PageRequest, hold: LegalHold, form: Form, *, status: int = 200) -> Response:
    code = (await reveals.codes(request.actor, [hold])).get(hold.row_id, "")
    return render(
        request,
        "privacy/retention/hold.html",
        status=status,
        form=form,
        title=request._("Release the legal hold"),
        named=f"{request._(NOUNS[hold.noun].label)} {code}",
        rows=[[REASON_INPUT]],
        back=LIST,
        back_title=request._("Retention and legal holds"),
        action=f"{_PATH}/{hold.id}/release",
    )
