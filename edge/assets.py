"""Static files: served under URLs with a content hash, compressed once, cached by browsers for a year."""

import gzip
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from edge import zstandard
from edge.compression import MIN_BYTES, negotiate_coding
from edge.entity_tags import matches_etag

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
# For a URL without the current hash.
_REVALIDATE: Final = "public, no-cache"
_GZIP_LEVEL: Final = 6
_ZSTD_LEVEL: Final = 12


class _File:
    """A file, held in memory from its first use. A folder that is named as one holds its parts in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.media_type = _TYPES[path.suffix]

    @cached_property
    def content(self) -> bytes:
        if not self._path.is_dir():
            return self._path.read_bytes()
        # What an editor leaves beside the parts is none of them.
        parts = sorted(part for part in self._path.iterdir() if part.suffix == self._path.suffix)
        return b"\n".join(part.read_bytes() for part in parts)

    @cached_property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()[:16]

    @cached_property
    def gzip(self) -> bytes:
        return gzip.compress(self.content, _GZIP_LEVEL, mtime=0)

    @cached_property
    def zstd(self) -> bytes:
        return zstandard.compress(self.content, _ZSTD_LEVEL)

    def encoded(self, coding: str | None) -> bytes:
        """The content in a content coding, compressed once; unchanged if `coding` is None."""
        if coding == "zstd":
            return self.zstd
        return self.gzip if coding == "gzip" else self.content


class Assets:
    """The files of some folders and their subfolders, by the URL paths under which they are served."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._prefixes = tuple(folders)
        self._files = {
            f"{prefix}/{path.relative_to(folder).as_posix()}": _File(path)
            for prefix, folder in folders.items()
            for path in sorted(folder.rglob("*"))
            if path.suffix in _TYPES and path.parent.suffix not in _TYPES
        }

    def address(self, path: str) -> str:
        """The URL of the file at `path`, with a hash of its content so that browsers may cache it."""
        file = self._files.get(path)
        return f"{path}?v={file.digest}" if file else path

    def routes(self) -> list[BaseRoute]:
        """The routes that serve the files."""
        return [Mount(prefix, app=self._serve) for prefix in self._prefixes]

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        file = self._files.get(scope["path"])
        if file is None:
            raise HTTPException(404)
        await (await _respond(Request(scope), file))(scope, receive, send)


async def _respond(request: Request, file: _File) -> Response:
    coding = negotiate_coding(request.headers) if len(file.content) >= MIN_BYTES else None
    tag = f'"{file.digest}-{coding or "identity"}"'
    current = request.query_params.get("v") == file.digest
    headers = {
        "ETag": tag,
        "Vary": "Accept-Encoding",
        "Cache-Control": _IMMUTABLE if current else _REVALIDATE,
    }
    if matches_etag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if coding:
        headers["Content-Encoding"] = coding
    body = await anyio.to_thread.run_sync(file.encoded, coding)
    return Response(body, headers=headers, media_type=file.media_type)
