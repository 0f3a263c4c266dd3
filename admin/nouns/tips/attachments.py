"""Pictures of a tip: reading an upload, download as attachments, and erasure."""

from typing import Final
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from admin.kit.forms.body import read_upload
from admin.kit.forms.inputs import REASON_INPUT
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from records.core.errors import Message, ValidationFailed
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


async def read_picture(request: PageRequest) -> bytes:
    """The picture that was sent, from the camera or from the files; empty without one.

    Raises `ValidationFailed`.
    """
    uploads = [one for one in request.form.getlist("file") if isinstance(one, UploadFile) and one.size]
    if len(uploads) > 1:
        raise ValidationFailed({"file": Message("Choose one picture.")})
    return await read_upload(uploads[0]) if uploads else b""


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
    *page_at("/admin/attachments/{id:uuid}", get=download),
    *page_at("/admin/attachments/{id:uuid}/thumbnail", get=thumbnail),
    *ACTIONS.routes(),
)
