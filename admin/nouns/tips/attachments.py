"""Pictures of a tip: sent with a form, given back as files that no browser opens by itself, and erased."""

from typing import Final
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action, Actions
from admin.kit.pages import done
from admin.kit.request import Visit
from admin.nouns.tips.actions import load
from records.core.errors import Denied, Invalid, Message
from records.core.language import mark as _
from records.core.rights import Right
from records.nouns.tips import attachments
from records.tables import Attachment


async def _erase(visit: Visit, row: Attachment, form: Form) -> None:
    await attachments.erase(row.id, reason=form.text("reason"), by=visit.actor)


ACTIONS: Final = Actions[Attachment](
    path="/admin/attachments",
    load=lambda visit: attachments.load(visit.actor, visit.id),
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
            do=_erase,
            said="picture-removed",
            inputs=(Input("reason", _("Reason"), kind="long"),),
            grave=True,
            proof=True,
        ),
    ),
)


async def add(visit: Visit) -> Response:
    """Adds the picture that came with the form to the tip of the path."""
    tip = await load(visit)
    if not attachments.can_add(visit.actor, tip):
        raise Denied("You do not have permission to do this.")
    given = visit.form.get("file")
    if not isinstance(given, UploadFile) or not given.size:
        raise Invalid({"file": Message("Choose a picture.")})
    await attachments.add(tip.id, await given.read(), by=visit.actor)
    return done(visit, f"/admin/tips/{tip.id}", "picture-added")


async def download(visit: Visit) -> Response:
    """The picture of the path, as a file to save."""
    row, content = await attachments.content(visit.actor, visit.id)
    return Response(
        content,
        media_type=row.media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"},
    )
