"""The only file that knows both doors: what stands at which address, and what lives with the service."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import asyncpg
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tortoise.connection import get_connection

import admin
import api
from records import attachments, cells
from records.core import sealing
from records.database.connect import connected, reader_pool
from records.database.settings import OperatorError, Settings

_VENDOR: Final = Path(__file__).parent / "static" / "vendor"
_FOLD_SECONDS: Final = 30
_ANSWER_SECONDS: Final = 60

_log = logging.getLogger("ketnoi")


def create_app(settings: Settings) -> Starlette:
    """The service on the database that `settings` name. Raises `OperatorError` when they name none."""
    url, reader_url = settings.database_url, settings.reader_url
    if url is None or reader_url is None:
        raise OperatorError("There is no database address: set DATABASE_URL, or use `ketnoi run`")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        sealing.use(settings.key_file)
        attachments.use(settings.data_dir / "attachments")
        async with connected(url), await reader_pool(reader_url) as app.state.reader:
            folding = asyncio.create_task(_fold_now_and_then())
            # What is there now stays: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            yield
            folding.cancel()
            with suppress(asyncio.CancelledError):
                await folding

    return Starlette(
        lifespan=lifespan,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.hosts), www_redirect=False),
            Middleware(TimeLimit),
        ],
        routes=[
            Route("/", _home),
            Route("/health/live", _live),
            Route("/health/ready", _ready),
            Mount("/static/vendor", StaticFiles(directory=_VENDOR, check_dir=False)),
            *api.routes(),
            *admin.routes(),
        ],
    )


class TimeLimit:
    """Gives up on a request that has not begun to be answered after a minute; a stream may then go on."""

    def __init__(self, app: ASGIApp, seconds: float = _ANSWER_SECONDS) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = asyncio.timeout(self.seconds)
        try:
            async with limit:

                async def begun(message: Message) -> None:
                    if not limit.expired():
                        limit.reschedule(None)
                    await send(message)

                await self.app(scope, receive, begun)
        except TimeoutError:
            if not limit.expired():
                raise
            await PlainTextResponse("This took too long.", status_code=503)(scope, receive, send)


async def _home(_request: Request) -> Response:
    """People come for the admin; systems know their address."""
    return RedirectResponse("/admin")


async def _live(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


async def _ready(request: Request) -> Response:
    """The process can do its work: both of its ways to the database answer."""
    try:
        async with asyncio.timeout(5):
            await get_connection("default").execute_query("SELECT 1")
            await request.app.state.reader.fetchval("SELECT 1")
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return JSONResponse({"status": "unavailable", "database": "does not answer"}, status_code=503)
    return JSONResponse({"status": "ready"})


async def _fold_now_and_then() -> None:
    """Keeps the deltas few. Several processes may do this at once: each takes what no other has taken."""
    while True:
        await asyncio.sleep(_FOLD_SECONDS)
        try:
            await cells.fold()
        except Exception as error:  # noqa: BLE001 - the next try may work, and reads are right without it
            _log.warning("Folding metrics failed: %s", type(error).__name__)
