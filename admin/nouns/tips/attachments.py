"""Pictures of a tip: upload, download as attachments, and erasure."""

from typing import Final
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.pages import redirect_with_flash
from admin.kit.request import PageRequest
from admin.nouns.tips.actions import load
from records.core.errors import Message, PermissionDenied, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.nouns.tips import attachments
from records.tables import Attachment


async def _erase(request: PageRequest, row: Attachment, form: Form) -> None:
    await attachments.erase(row.id, reason=form.text("reason"), by=request.actor)


ACTIONS: Final = Actions[Attachment](
    path="/admin/attachments",
    load=lambda request: attachments.load(request.actor, request.id),
    title=lambda row: row.name,
    back=lambda row: f"/admin/tips/{row.tip_id}",
    actions=(
        Action(
            name="removal",
            label=_("Remove the picture"),
            explanation=_(
                "The picture is erased permanently and cannot be restored. The history keeps a "
                "record that it existed."
            ),
            right=Right.ATTACHMENTS_ERASE,
            can=attachments.can_erase,
            run=_erase,
            flash=_("Picture removed."),
            inputs=(Input("reason", _("Reason"), kind="long"),),
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
    upload = request.form.get("file")
    if not isinstance(upload, UploadFile) or not upload.size:
        raise ValidationFailed({"file": Message("Choose a picture.")})
    await attachments.add(tip.id, await upload.read(), by=request.actor)
    return redirect_with_flash(request, f"/admin/tips/{tip.id}", _("Picture attached."))


async def download(request: PageRequest) -> Response:
    """The picture in the path, as a download."""
    row, content = await attachments.content(request.actor, request.id)
    return Response(
        content,
        media_type=row.media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"},
    )
