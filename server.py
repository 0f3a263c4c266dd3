"""The only file that knows both doors: what stands at which address, and what lives with the service."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

import admin
import api
import api.schema
import edge
from admin.sign_in import oidc
from api.documents import persisted
from api.documents.automatic import Automatic
from api.exports.writing import run_waiting
from api.transport.streams import Streams
from records import audit
from records.access import partners
from records.access.staff.oidc import provider
from records.changes import idempotency
from records.core import events
from records.core.errors import Unavailable
from records.core.events import Event
from records.core.settings import OperatorError, Settings
from records.database.connect import ANSWER_SECONDS, connected, reader_pool
from records.database.notifications import Bell
from records.database.readiness import Readiness
from records.delivery import exports, webhooks
from records.metrics import cells
from records.nouns.tips import attachments
from records.security import breached, sealing
from records.security.call_rates import Pace

_HERE: Final = Path(__file__).parent
# What browsers load beside the pages, by where it is served.
_ASSETS: Final = {
    "/static/vendor": _HERE / "static" / "vendor",
    "/static/api": _HERE / "api" / "static",
    "/admin/static": _HERE / "admin" / "static",
}
_UPKEEP_SECONDS: Final = 30
_LINK_SECONDS: Final = 3
_LAST_LINK_SECONDS: Final = 5


def create_app(settings: Settings) -> Starlette:
    """The service on the database that `settings` name. Raises `OperatorError` when they name none."""
    url, reader_url = settings.database_url, settings.reader_url
    if url is None or reader_url is None:
        raise OperatorError("There is no database address: set DATABASE_URL, or use `ketnoi run`")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        try:
            async with living(app):
                # For the server, which alone knows when it begins to stop.
                yield {"streams": app.state.streams, "stopping": app.state.stopping}
        except Exception as error:
            # What uvicorn prints of it would be a text of others, and stays out of the log.
            events.unexpected(error)
            raise

    @asynccontextmanager
    async def living(app: Starlette) -> AsyncIterator[None]:
        sealing.use(settings.key_file)
        attachments.use(settings.attachments)
        exports.use(settings.exports)
        breached.use(settings.breached)
        provider.use(provider_of(settings))
        webhooks.use(settings.webhook_networks)
        linker, keeper = audit.Linker(), audit.Keeper(audit.store_at(settings.audit_heads))
        async with (
            connected(url, statement_seconds=ANSWER_SECONDS),
            await reader_pool(reader_url) as app.state.reader,
        ):
            tasks = [
                asyncio.create_task(_upkeep()),
                asyncio.create_task(_link_audit(linker, keeper)),
                asyncio.create_task(app.state.bell.listen(url)),
                asyncio.create_task(webhooks.work()),
                asyncio.create_task(run_waiting(app.state.reader, api.schema.schema)),
            ]
            # What is there now stays: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            events.log(Event.STARTED)
            yield
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _now(partners.store_requests)
            # What was written last is covered before the service is gone; the next one links what is left.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_LINK_SECONDS):
                    await _now(linker.link)
            await _now(partial(keeper.keep, due_only=False))
            events.log(Event.STOPPED)

    assets = edge.Assets(_ASSETS)
    app = Starlette(
        lifespan=lifespan,
        middleware=edge.around(settings.names),
        routes=[
            Route("/", _home),
            Route("/health/live", _live),
            Route("/health/ready", _ready),
            *assets.routes(),
            *api.routes(),
            *admin.routes(),
        ],
    )
    app.state.asset = assets.address
    app.state.address, app.state.public_url = settings.address, settings.public_url
    app.state.security_contact = settings.security_contact
    app.state.second_factor = bool(settings.second_factor)
    app.state.readiness = Readiness(url, reader_url, sealing.keyring)
    app.state.pace = Pace(settings.calls or 0)
    app.state.bell = Bell()
    app.state.streams = Streams()
    app.state.stopping = asyncio.Event()
    app.state.automatic_documents = Automatic()
    app.state.contract = api.schema.CONTRACT
    app.state.names_of_document = persisted.names
    return app


def provider_of(settings: Settings) -> provider.Provider | None:
    """Where staff may sign in besides here; the way back is ours to say, whatever a request names as host."""
    if settings.provider is None:
        return None
    return provider.Provider(settings.provider, settings.address + oidc.RETURN)


async def _home(_request: Request) -> Response:
    """People come for the admin; systems know their address."""
    return RedirectResponse("/admin")


async def _live(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


async def _ready(request: Request) -> Response:
    """The process can do its work: 200, also where only reading for partners is interrupted; else 503."""
    if request.app.state.stopping.is_set():
        return JSONResponse({"status": "stopping"}, status_code=503)
    report = await request.app.state.readiness.report()
    return JSONResponse(report.body(), 200 if report.ready else 503)


async def _upkeep() -> None:
    """Keeps the deltas few, stores how much partners asked, and forgets what was asked and told long ago.

    Several processes may do this at once: each takes what no other has taken.
    """
    while True:
        await asyncio.sleep(_UPKEEP_SECONDS)
        await _now(cells.fold)
        await _now(partners.store_requests)
        await _now(idempotency.forget)
        await _now(webhooks.forget)
        await _now(exports.clear)


async def _link_audit(linker: audit.Linker, keeper: audit.Keeper) -> None:
    """Links what was audited and keeps checkpoints outside the database; several processes may at once."""
    while True:
        await asyncio.sleep(_LINK_SECONDS)
        await _now(linker.link)
        await _now(keeper.keep)


async def _now(work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except Unavailable:
        # It is told where it arose, and the next try comes soon.
        pass
    except Exception as error:  # noqa: BLE001 - the next try may work, and reads are right without it
        events.unexpected(error)
