"""The GraphQL documents of a partner: registered here, so that it can ask for them by an identifier."""

from typing import Final

from starlette.datastructures import UploadFile
from starlette.responses import Response

from admin.access.partners.actions import load
from admin.kit.forms.fields import Form
from admin.kit.guard import need_proof
from admin.kit.nouns.lists import Sort, chosen, listed
from admin.kit.pages import done, page
from admin.kit.request import Visit
from records.access import partners
from records.core.errors import Invalid, Message
from records.core.language import mark as _
from records.tables import Partner

SORTS: Final = (
    Sort("name", _("By name"), "name"),
    Sort("newest", _("Newest first"), "created_at", descending=True),
)


async def index(visit: Visit) -> Response:
    """The documents of the partner of the path, and the forms to add more."""
    return await _page(visit, await load(visit), Form({}))


async def add(visit: Visit) -> Response:
    """Registers what was typed, or the file that came with the form."""
    partner = await load(visit)
    need_proof(visit)
    form = Form(visit.form)
    given = visit.form.get("file")
    field = "file" if given is not None else "documents"
    try:
        if isinstance(given, UploadFile):
            content = await _content(given)
        else:
            form.need(field)
            form.done()
            # Browsers send CR LF for every end of a line; the hash that a client knows is of LF.
            content = form.text(field).replace("\r\n", "\n")
        await partners.register_documents(
            partner.id,
            partners.read_documents(content),
            names=visit.services.operation_names,
            by=visit.actor,
        )
    except Invalid as no:
        form.problems[field] = next(iter(no.problems.values()))
        return await _page(visit, partner, form, status=422)
    return done(visit, f"/admin/partners/{partner.id}/documents", "documents-added")


async def ask(visit: Visit) -> Response:
    """A document, and the question before it is removed."""
    row, partner = await partners.document(visit.actor, visit.id)
    return page(visit, "access/partners/document.html", document=row, partner=partner)


async def remove(visit: Visit) -> Response:
    """Takes the document of the path away."""
    _row, partner = await partners.document(visit.actor, visit.id)
    await partners.remove_document(visit.id, by=visit.actor)
    return done(visit, f"/admin/partners/{partner.id}/documents", "document-removed")


async def _content(given: UploadFile) -> str:
    """The text of a file. Raises `Invalid`."""
    content = await given.read()
    if not content:
        raise Invalid({"file": Message("Choose a file.")})
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid({"file": Message("This file is not text in UTF-8.")}) from None


async def _page(visit: Visit, partner: Partner, form: Form, *, status: int = 200) -> Response:
    rows = await partners.documents_of(visit.actor, partner.id)
    listing = await listed(visit, rows, chosen(Form(visit.request.query_params), SORTS), SORTS)
    return page(
        visit,
        "access/partners/documents.html",
        block="results" if status == 200 else None,
        status=status,
        partner=partner,
        form=form,
        listing=listing,
        most=partners.DOCUMENTS_AT_ONCE,
    )
