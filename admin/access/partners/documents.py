"""The registered GraphQL documents of a partner, which it requests by identifier."""

from typing import Final

from starlette.datastructures import UploadFile
from starlette.responses import Response

from admin.access.partners.actions import load
from admin.kit.forms.body import read_upload
from admin.kit.forms.fields import Form
from admin.kit.guard import require_recent_authentication
from admin.kit.nouns.lists import Sort, paginate, selected_sort
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from records.access import partners
from records.core.errors import Message, ValidationFailed
from records.core.language import gettext_noop as _
from records.tables import Partner

SORTS: Final = (
    Sort("name", _("By name"), "name", in_database=True),
    Sort("newest", _("Newest first"), "created_at", descending=True),
)


async def index(request: PageRequest) -> Response:
    """The documents of the partner of the path, and the forms to add more."""
    return await _page(request, await load(request), Form({}))


async def add(request: PageRequest) -> Response:
    """Registers the entered documents, or the uploaded file."""
    partner = await load(request)
    require_recent_authentication(request)
    form = Form(request.form)
    upload = request.form.get("file")
    field = "file" if upload is not None else "documents"
    try:
        if isinstance(upload, UploadFile):
            content = await _uploaded_text(upload)
        else:
            form.require(field)
            form.raise_if_invalid()
            # Browsers send CR LF, but clients hash documents with LF.
            content = form.text(field).replace("\r\n", "\n")
        await partners.register_documents(
            partner.id,
            partners.parse_documents(content),
            names=request.services.operation_names,
            by=request.actor,
        )
    except ValidationFailed as error:
        form.problems[field] = next(iter(error.problems.values()))
        return await _page(request, partner, form, status=422)
    return redirect_with_flash(request, f"/admin/partners/{partner.id}/documents", _("Documents registered."))


async def show_form(request: PageRequest) -> Response:
    """The confirmation page before a document is removed."""
    row, partner = await partners.document(request.actor, request.id)
    return render(request, "access/partners/document.html", document=row, partner=partner)


async def remove(request: PageRequest) -> Response:
    """Removes the document in the path."""
    _row, partner = await partners.document(request.actor, request.id)
    await partners.remove_document(request.id, by=request.actor)
    return redirect_with_flash(request, f"/admin/partners/{partner.id}/documents", _("Document removed."))


async def _uploaded_text(upload: UploadFile) -> str:
    """The text of a file. Raises `ValidationFailed`."""
    content = await read_upload(upload)
    if not content:
        raise ValidationFailed({"file": Message("Choose a file.")})
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationFailed({"file": Message("This file is not text in UTF-8.")}) from None


async def _page(request: PageRequest, partner: Partner, form: Form, *, status: int = 200) -> Response:
    rows = await partners.documents_of(request.actor, partner.id)
    listing = await paginate(
        request, rows, selected_sort(Form(request.http_request.query_params), SORTS), SORTS
    )
    return render(
        request,
        "access/partners/documents.html",
        block="results" if status == 200 else None,
        status=status,
        partner=partner,
        form=form,
        listing=listing,
        most=partners.DOCUMENTS_AT_ONCE,
    )
