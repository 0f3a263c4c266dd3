"""The pictures of a kind of records: reading an upload, the gallery of a record, download, and erasure."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import UUID

from starlette.responses import Response
from starlette.routing import Route

from admin.kit.forms.body import read_upload
from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import REASON_INPUT
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.pages import redirect_with_flash
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from records.core.errors import Message, PermissionDenied, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import has_right
from records.privacy import attachments
from records.privacy.attachments import THUMBNAIL_SIDE, Owner, Picture
from records.tables import Attachment
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)


async def read_picture(request: PageRequest, form: Form) -> Picture | None:
    """The picture that was sent with a form, made anew, if there was one; problems are added to the form."""
    try:
        data = await _read(request)
        return await attachments.encode(data) if data else None
    except ValidationFailed as error:
        form.problems |= error.problems
        return None


async def _read(request: PageRequest) -> bytes:
    """The picture that was sent, from the camera or from the files; empty without one.

    Raises `ValidationFailed`.
    """
    uploads = Form(request.form).files
    if len(uploads) > 1:
        raise ValidationFailed({"file": Message("Choose one picture.")})
    data = await read_upload(uploads[0]) if uploads else b""
    if uploads and not data:
        raise ValidationFailed({"file": Message("This file is empty. Choose another one.")})
    return data


@dataclass(frozen=True, kw_only=True)
class PicturePages(Generic[K]):
    """The pictures at `path` of the records at `records_path`.

    `show` is the page of a record, with the form by which a picture is added.
    """

    owner: Owner
    path: str
    records_path: str
    load: Callable[[PageRequest], Awaitable[K]]
    show: Callable[[PageRequest, K, Form, int], Awaitable[Response]]

    async def gallery(self, request: PageRequest, row: K) -> dict[str, Any]:
        """What `gallery` of pictures.html shows of a record: its pictures, and what may be done with them."""
        here = row.deleted_at is None
        return {
            "path": self.path,
            "target": f"{self.records_path}/{row.id}/attachments{request.query}",
            "pictures": await attachments.of_record(self.owner, request.actor, row.id) if here else [],
            "may_add": attachments.can_add(self.owner, request.actor, row),
            "may_erase": has_right(request.actor, self.owner.erase),
            "side": THUMBNAIL_SIDE,
        }

    async def attach(self, request: PageRequest) -> Response:
        """Adds the uploaded picture to the record in the path."""
        row = await self.load(request)
        if not attachments.can_add(self.owner, request.actor, row):
            raise PermissionDenied("You do not have permission to do this.")
        try:
            data = await _read(request)
            if not data:
                raise ValidationFailed({"file": Message("Choose a picture.")})
            await attachments.add(self.owner, row.id, data, by=request.actor)
        except ValidationFailed as error:
            return await self.show(request, row, Form({}, error.problems), 422)
        return redirect_with_flash(
            request, f"{self.records_path}/{row.id}{request.query}", _("Picture attached.")
        )

    async def thumbnail(self, request: PageRequest) -> Response:
        """The picture in the path, small enough for the page of its record."""
        content = await attachments.thumbnail(self.owner, request.actor, request.id)
        return Response(content, media_type="image/jpeg")

    async def download(self, request: PageRequest) -> Response:
        """The picture in the path, as a download."""
        row, content = await attachments.content(self.owner, request.actor, request.id)
        return Response(
            content,
            media_type=row.media_type,
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"},
        )

    def routes(self) -> list[Route]:
        """The routes of the pictures, and that by which one is added to a record."""
        return [
            *page_at(f"{self.records_path}/{{id:uuid}}/attachments", post=self.attach),
            *page_at(f"{self.path}/{{id:uuid}}", get=self.download),
            *page_at(f"{self.path}/{{id:uuid}}/thumbnail", get=self.thumbnail),
            *self._actions().routes(),
        ]

    def _actions(self) -> Actions[Attachment]:
        removal = Action[Attachment](
            "removal",
            Rule(
                _("Remove the picture"),
                self.owner.erase,
                lambda actor, row: attachments.can_erase(self.owner, actor, row),
            ),
            Verb(self._erase, versioned=False),
            explanation=_(
                "The picture is erased permanently and cannot be restored. The history keeps a "
                "record that it existed."
            ),
            flash=_("Picture removed."),
            inputs=(REASON_INPUT,),
            needs_confirmation=True,
            proof=True,
        )
        return Actions[Attachment](
            path=self.path,
            load=lambda request: attachments.load(self.owner, request.actor, request.id),
            title=lambda row: row.name,
            back=lambda row: f"{self.records_path}/{self.owner.row_id(row)}",
            actions=(removal,),
        )

    async def _erase(self, row_id: UUID, **values: Any) -> None:
        await attachments.erase(self.owner, row_id, **values)
