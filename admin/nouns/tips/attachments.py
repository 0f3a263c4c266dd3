"""Pictures of a tip: sent with a form, given back as files that no browser opens by itself, and erased."""

from typing import Final
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from admin.kit import actions
from admin.kit.actions import Field, Step
from admin.kit.forms.fields import Form
from admin.kit.guard import need_proof
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


_REMOVAL: Final = Step(
    noun="removal",
    text=_("Remove the picture"),
    explained=_("It is erased for good: nobody can bring it back. The history tells that it was there."),
    right=Right.ATTACHMENTS_ERASE,
    can=attachments.can_erase,
    do=_erase,
    said="picture-removed",
    fields=(Field("reason", _("Reason"), kind="long"),),
    grave=True,
)


async def add(visit: Visit) -> Response:
    """Adds the picture that came with the form to the tip of the path."""
    tip = await load(visit)
    if not attachments.can_add(visit.actor, tip):
        raise Denied("You may not do this.")
    given = visit.form.get("file")
    if not isinstance(given, UploadFile) or not given.size:
        raise Invalid({"file": Message("Please choose a picture.")})
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


async def ask(visit: Visit) -> Response:
    """The question before a picture is erased."""
    row = await attachments.load(visit.actor, visit.id)
    need_proof(visit)
    return await actions.ask(visit, _REMOVAL, row, name=row.name, back=f"/admin/tips/{row.tip_id}")


async def remove(visit: Visit) -> Response:
    """Erases the picture of the path."""
    row = await attachments.load(visit.actor, visit.id)
    need_proof(visit)
    back = f"/admin/tips/{row.tip_id}"
    return await actions.do(
        visit, _REMOVAL, row, name=row.name, back=back, again=lambda: attachments.load(visit.actor, visit.id)
    )
