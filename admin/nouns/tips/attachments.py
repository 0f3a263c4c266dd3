"""Pictures of a tip: upload, download as attachments, and erasure."""

from typing import Final
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from admin.kit.forms.inputs import REASON_INPUT
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.pages import redirect_with_flash
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.nouns.tips.actions import load
from records.core.errors import Message, PermissionDenied, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns.tips import attachments
from records.tables import Attachment

ACTIONS: Final = Actions[Attachment](
    path="/admin/attachments",
    load=lambda request: attachments.load(request.actor, request.id),
    title=lambda row: row.name,
    back=lambda row: f"/admin/tips/{row.tip_id}",
    actions=(
        Action(
            "removal",
            Rule(_("Remove the picture"), Right.ATTACHMENTS_ERASE, attachments.can_erase),
            Verb(attachments.erase, versioned=False),
            explanation=_(
                "The picture is erased permanently and cannot be restored. The history keeps a "
                "record that it existed."
            ),
            flash=_("Picture removed."),
            inputs=(REASON_INPUT,),
            needs_confirmation=True,
            proof=True,
        ),
    ),
)


async def add(request: PageRequest) -> Response:
    """Adds the uploaded picture to the tip in the path."""
    tip = await load(request)
    if not attachments.can_add(request.actor, tip):
        raise PermissionDenied("You do not have permission to do this.")
    data = await read_picture(request)
    if not data:
        raise ValidationFailed({"file": Message("Choose a picture.")})
    await attachments.add(tip.id, data, by=request.actor)
    return redirect_with_flash(request, f"/admin/tips/{tip.id}{request.query}", _("Picture attached."))


async def read_picture(request: PageRequest) -> bytes:
    """The picture that was sent, from the camera or from the files; empty without one.

    Raises `ValidationFailed`.
    """
    uploads = [one for one in request.form.getlist("file") if isinstance(one, UploadFile) and one.size]
    if len(uploads) > 1:
        raise ValidationFailed({"file": Message("Choose one picture.")})
    return await uploads[0].read() if uploads else b""


async def thumbnail(request: PageRequest) -> Response:
    """The picture in the path, small enough for the page of its tip."""
    return Response(await attachments.thumbnail(request.actor, request.id), media_type="image/jpeg")


async def download(request: PageRequest) -> Response:
    """The picture in the path, as a download."""
    row, content = await attachments.content(request.actor, request.id)
    return Response(
        content,
        media_type=row.media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"},
    )


ROUTES: Final = (
    *page_at("/admin/tips/{id:uuid}/attachments", post=add),
    *page_at("/admin/attachments/{id:uuid}", get=download),
    *page_at("/admin/attachments/{id:uuid}/thumbnail", get=thumbnail),
    *ACTIONS.routes(),
)
