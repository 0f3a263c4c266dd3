"""Reads the body of a form, within limits."""

from asyncio import get_running_loop
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from admin.kit.request import PageRequest
from records.core.errors import Message, ValidationFailed
from records.core.language import gettext_noop as _

# A form is read completely before it is validated. After sign-in the limit is far above the longest
# tip, so that the page that names the text that is too long can keep the input.
_MAX_BYTES: Final = 8 * 1024 * 1024
_MAX_ANONYMOUS_BYTES: Final = 512 * 1024
_MAX_FIELDS: Final = 400
_MAX_ANONYMOUS_FIELDS: Final = 200
# Decoded within a few milliseconds, so without a thread.
_SMALL_FORM_BYTES: Final = 16 * 1024
# One thread: anonymous forms queue behind each other and never delay password hashing.
_anonymous_executor: Final = ThreadPoolExecutor(1, "strangers-forms")
_FORM: Final = "application/x-www-form-urlencoded"
# The only pages that accept a file, by the end of their path: how many fields there may be beside it, and how
# many bytes each may have. The limit of the whole includes the multipart overhead.
_FORM_WITH_FILE: Final = (60, 1024 * 1024)
_UPLOADS: Final = {
    "/attachments": (5, 4096),
    "/documents": (5, 4096),
    "/admin/tips": _FORM_WITH_FILE,
    "/admin/activities": _FORM_WITH_FILE,
    "/meeting": _FORM_WITH_FILE,
}
_FILES: Final = "multipart/form-data"
_MAX_UPLOAD_BYTES: Final = 10 * 1024 * 1024 + 64 * 1024
_TOO_MUCH_TEXT: Final = _(
    "The text is too long for one form. Go back in the browser: what you entered is still there."
)
_TOO_LARGE: Final = _("This file is too large: at most {most} MB can be sent.")


class FormTooLarge(ValidationFailed):
    """The form is larger than what is read."""


class _CappedParser(MultiPartParser):
    """Keeps files and texts in memory up to a limit each, never on disk unencrypted.

    Of files beyond it only the size is kept, so that the fields after them are read too.
    """

    spool_max_size = _MAX_UPLOAD_BYTES
    max_text_bytes = _MAX_ANONYMOUS_BYTES
    max_file_bytes = 0
    text_bytes = 0
    _file_bytes = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        file, length = self._current_part.file, end - start
        if file is None:
            self.text_bytes += length
            if self.text_bytes > self.max_text_bytes:
                return
        elif self._file_bytes + length > self.max_file_bytes:
            file.size = (file.size or 0) + length
            return
        else:
            self._file_bytes += length
        super().on_part_data(data, start, end)


async def read_form(request: PageRequest) -> FormData:
    """The fields of the form that was sent. Raises `FormTooLarge`, or `ValidationFailed` if it is no form."""
    # Read here, because Starlette sets no limit on how much it reads.
    http_request, limit = request.http_request, _MAX_BYTES if request.signed_in else _MAX_ANONYMOUS_BYTES
    content_type = http_request.headers.get("content-type", _FORM)
    if content_type.startswith(_FILES):
        for ending, limits in _UPLOADS.items():
            if http_request.url.path.endswith(ending):
                return await _read_multipart(request, *limits)
    if content_type.partition(";")[0].strip().lower() != _FORM:
        raise ValidationFailed({"": Message("Send this as a form.")})
    body, read = bytearray(), 0
    async for chunk in http_request.stream():
        read += len(chunk)
        if read <= limit:
            body += chunk
    if read > limit:
        raise FormTooLarge({"": Message(_TOO_MUCH_TEXT)})
    try:
        pairs = await _decode(bytes(body), anonymous=request.signed_in is None)
    except ValueError:
        raise ValidationFailed({"": Message("Send this as a form.")}) from None
    return FormData([(name, value) for name, value in pairs])


async def _decode(body: bytes, *, anonymous: bool) -> list[tuple[str, str]]:
    """The names and values of a form. Raises `ValueError` if it is malformed or has too many fields."""
    limit = _MAX_ANONYMOUS_FIELDS if anonymous else _MAX_FIELDS
    decode = partial(parse_qsl, body.decode(), keep_blank_values=True, errors="strict", max_num_fields=limit)
    if len(body) <= _SMALL_FORM_BYTES:
        return decode()
    # In a thread, so that the event loop is not blocked.
    return await get_running_loop().run_in_executor(_anonymous_executor if anonymous else None, decode)


async def _read_multipart(request: PageRequest, max_fields: int, max_field_bytes: int) -> FormData:
    """The fields of a form with a file; see `read_upload`. Without a sign-in no file is kept."""
    http_request = request.http_request
    # Of the two inputs of a picture one stays empty.
    parser = _CappedParser(
        http_request.headers,
        http_request.stream(),
        max_files=2,
        max_fields=max_fields,
        max_part_size=max_field_bytes,
    )
    if request.signed_in:
        parser.max_text_bytes, parser.max_file_bytes = _MAX_BYTES, _MAX_UPLOAD_BYTES
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError):
        # A text may be said to be in a code that it is not.
        raise ValidationFailed({"": Message("Send this as a form.")}) from None
    if parser.text_bytes > parser.max_text_bytes:
        await form.close()
        raise FormTooLarge({"": Message(_TOO_MUCH_TEXT)})
    return form


async def read_upload(upload: UploadFile) -> bytes:
    """The whole file. Raises `ValidationFailed` if it is too large."""
    content = await upload.read()
    if len(content) < (upload.size or 0):
        raise ValidationFailed({"file": Message(_TOO_LARGE, {"most": _MAX_UPLOAD_BYTES // (1024 * 1024)})})
    return content
