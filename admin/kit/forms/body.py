"""Reads the body of a form, within limits of its own."""

from asyncio import get_running_loop
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from admin.kit.request import Visit
from records.core.errors import Invalid, Message
from records.core.language import mark as _

# A form is read whole before anybody looks at it. Whoever has signed in may send far more than the longest
# tip takes: the page that says which text is too long then holds all that was typed.
_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_BYTES_OF_STRANGERS: Final = 512 * 1024
_MOST_FIELDS: Final = 400
_MOST_FIELDS_OF_STRANGERS: Final = 200
# What is decoded in a few milliseconds.
_SMALL: Final = 16 * 1024
# One thread: strangers' forms wait for each other, and no password is hashed later because of them.
_strangers: Final = ThreadPoolExecutor(1, "strangers-forms")
_FORM: Final = "application/x-www-form-urlencoded"
# Only here may a form carry a file, of so many bytes with all that is around it.
_UPLOADS: Final = ("/attachments", "/documents")
_FILES: Final = "multipart/form-data"
_MOST_UPLOAD: Final = 10 * 1024 * 1024 + 64 * 1024
_TOO_MUCH_TEXT: Final = _(
    "The text is too long for one form. Go back in the browser: what you entered is still there."
)
_TOO_LARGE: Final = _("This file is too large: at most {most} MB can be sent. Nothing was changed.")


async def read_form(visit: Visit) -> FormData:
    """The fields of the form that was sent. Raises `Invalid` where it is too large, or no form."""
    # Read here, because Starlette sets no limit on how much it reads.
    request, most = visit.request, _MOST_BYTES if visit.member else _MOST_BYTES_OF_STRANGERS
    if request.url.path.endswith(_UPLOADS) and request.headers.get("content-type", "").startswith(_FILES):
        return await _form_with_file(request)
    if request.headers.get("content-type", _FORM).partition(";")[0].strip().lower() != _FORM:
        raise Invalid({"": Message("Send this as a form.")})
    body, read = bytearray(), 0
    async for chunk in request.stream():
        read += len(chunk)
        if read <= most:
            body += chunk
    if read > most:
        raise Invalid({"": Message(_TOO_MUCH_TEXT)})
    try:
        pairs = await _decoded(bytes(body), of_stranger=visit.member is None)
    except ValueError:
        raise Invalid({"": Message("Send this as a form.")}) from None
    return FormData([(name, value) for name, value in pairs])


async def _decoded(body: bytes, *, of_stranger: bool) -> list[tuple[str, str]]:
    """The names and values of a form. Raises `ValueError` where it is none, or has too many."""
    most = _MOST_FIELDS_OF_STRANGERS if of_stranger else _MOST_FIELDS
    decode = partial(parse_qsl, body.decode(), keep_blank_values=True, errors="strict", max_num_fields=most)
    if len(body) <= _SMALL:
        return decode()
    # In a thread: the service answers others meanwhile.
    return await get_running_loop().run_in_executor(_strangers if of_stranger else None, decode)


async def _form_with_file(request: Request) -> FormData:
    """The fields of a form that carries one file, which stays in memory: it is nowhere in clear on a disk."""

    async def limited() -> AsyncGenerator[bytes, None]:
        read = 0
        async for chunk in request.stream():
            read += len(chunk)
            if read <= _MOST_UPLOAD:
                yield chunk
        if read > _MOST_UPLOAD:
            raise Invalid({"file": Message(_TOO_LARGE, {"most": _MOST_UPLOAD // (1024 * 1024)})})

    parser = MultiPartParser(request.headers, limited(), max_files=1, max_fields=5, max_part_size=4096)
    parser.spool_max_size = _MOST_UPLOAD
    try:
        return await parser.parse()
    except (MultiPartException, ValueError):
        # A text may be said to be in a code that it is not.
        raise Invalid({"": Message("Send this as a form.")}) from None
