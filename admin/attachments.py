"""Pictures of a tip: sent with a form, and given back as files that no browser opens by itself."""

from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from admin.pages import done
from admin.tip_work import load
from admin.visit import Visit
from records import attachments
from records.core.errors import Denied, Invalid, Message


async def add(visit: Visit) -> Response:
    """Adds the picture that came with the form to the tip of the path."""
    tip = await load(visit)
    if not attachments.can_add(visit.actor, tip):
        raise Denied("You may not do this.")
    given = visit.form.get("file")
    if not isinstance(given, UploadFile) or not given.size:
        raise Invalid({"file": Message("Please choose a picture.")})
    name, data = given.filename or "", await given.read()
    await attachments.add(tip.id, name, data, by=visit.actor)
    return done(visit, f"/admin/tips/{tip.id}", "picture-added")


async def download(visit: Visit) -> Response:
    """The picture of the path, as a file to save."""
    row, content = await attachments.content(visit.actor, visit.id)
    return Response(
        content,
        media_type=row.media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"},
    )
