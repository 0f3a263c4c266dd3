"""The only file that knows both doors: what stands at which address, and what lives with the service."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

import admin
import api
import edge
from admin.sign_in import oidc
from api.documents import persisted
from api.documents.automatic import AutomaticDocuments
from api.exports import writing
from api.schema.assembly import CONTRACT
from api.transport.capacity import Streams
from api.transport.services import ApiServices
from edge.capacity import ConcurrencyLimit
from edge.services import services_of
from records import audit
from records.access import partners
from records.access.staff.oidc.provider import Provider
from records.changes import jobs
from records.core import events
from records.core.errors import DatabaseUnavailable
from records.core.events import Event
from records.core.settings import OperatorError, Settings, installation
from records.database.connect import RESPONSE_SECONDS, connect_database, reader_pool
from records.database.notifications import OutboxNotifications
from records.database.readiness import Readiness
from records.delivery import cleaning, exports, webhooks
from records.metrics import cells
from records.security.rate_limits import RateLimiter
from records.security.sealing import keyring, read_keyring

_HERE: Final = Path(__file__).parent
# What browsers load beside the pages, by where it is served.
_ASSETS: Final = edge.Assets(
    {
        "/static/vendor": _HERE / "static" / "vendor",
        "/static/api": _HERE / "api" / "static",
        "/admin/static": _HERE / "admin" / "static",
    }
)
# A browser opens six connections to a server; the pages themselves need some.
_PAGE_STREAMS: Final = 1000
_PAGE_STREAMS_PER_SESSION: Final = 3
_STORE_SECONDS: Final = 30
_FOLD_SECONDS: Final = 30
_LINK_SECONDS: Final = 3
_LAST_LINK_SECONDS: Final = 5


def create_app(settings: Settings) -> Starlette:
    """The service on the database that `settings` name. Raises `OperatorError` when they name none."""
    _addresses(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        try:
            async with _running(settings) as services:
                app.state.services = services
                # For the server, which alone knows when it begins to stop.
                yield {"streams": services.streams, "stopping": services.stopping}
        except Exception as error:
            # What uvicorn prints of it would be a text of others, and stays out of the log.
            events.log_exception(error)
            raise

    return Starlette(
        lifespan=lifespan,
        middleware=edge.build_middleware(settings.database_names),
        routes=[
            Route("/", _home),
            Route("/health/live", _liveness),
            Route("/health/ready", _readiness),
            *_ASSETS.routes(),
            *api.routes(),
            *admin.routes(),
        ],
    )


def build_services(settings: Settings, reader: "asyncpg.Pool[asyncpg.Record]") -> ApiServices:
    """The services that requests need, around the pool for reading. Raises `OperatorError`."""
    # The way back is ours to say, whatever a request names as host.
    callback_url = settings.address + oidc.CALLBACK_PATH
    return ApiServices(
        settings=settings,
        reader=reader,
        readiness=Readiness(*_addresses(settings), keyring),
        stopping=asyncio.Event(),
        pace=RateLimiter(settings.calls or 0),
        notifications=OutboxNotifications(),
        page_streams=ConcurrencyLimit(_PAGE_STREAMS, per_owner=_PAGE_STREAMS_PER_SESSION),
        assets=_ASSETS,
        provider=Provider(settings.provider, callback_url) if settings.provider else None,
        operation_names=persisted.operation_names,
        contract=CONTRACT,
        streams=Streams(),
        automatic_documents=AutomaticDocuments(),
    )


def _addresses(settings: Settings) -> tuple[str, str]:
    """The addresses for writing and for reading records. Raises `OperatorError`."""
    if settings.database_url is None or settings.reader_url is None:
        raise OperatorError("There is no database address: set DATABASE_URL, or use `ketnoi run`")
    return settings.database_url, settings.reader_url


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[ApiServices]:
    """The services while the process serves, and the tasks that run beside the requests."""
    url, reader_url = _addresses(settings)
    read_keyring(settings.key_file)
    installation.use(settings)
    linker, keeper = audit.ChainWriter(), audit.CheckpointWriter(audit.open_store(settings.audit_heads))
    async with (
        connect_database(url, statement_seconds=RESPONSE_SECONDS),
        await reader_pool(reader_url) as reader,
    ):
        services = build_services(settings, reader)
        tasks = [
            asyncio.create_task(_store_requests()),
            asyncio.create_task(_run_audit_linking(linker, keeper)),
            asyncio.create_task(services.notifications.listen(url)),
            asyncio.create_task(jobs.Worker(_kinds(services)).run()),
        ]
        # What is there now stays: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        events.log(Event.STARTED)
        yield services
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _run_safely(partners.store_requests)
        # What was written last is covered before the service is gone; the next one links what is left.
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_LINK_SECONDS):
                await _run_safely(linker.append_pending)
        await _run_safely(partial(keeper.write, due_only=False))
        events.log(Event.STOPPED)


async def _home(_request: Request) -> Response:
    """People come for the admin; systems know their address."""
    return RedirectResponse("/admin")


async def _liveness(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


async def _readiness(request: Request) -> Response:
    """The process can do its work: 200, also where only reading for partners is interrupted; else 503."""
    services = services_of(request)
    if services.stopping.is_set():
        return JSONResponse({"status": "stopping"}, status_code=503)
    report = await services.readiness.report()
    return JSONResponse(report.body(), 200 if report.ready else 503)


async def _store_requests() -> None:
    """Stores how many requests this process counted in its memory: no job of another process could."""
    while True:
        await asyncio.sleep(_STORE_SECONDS)
        await _run_safely(partners.store_requests)


def _kinds(services: ApiServices) -> dict[str, jobs.Kind]:
    """The background jobs of the service, by name."""
    return {
        exports.JOB: writing.kind(services.reader, services.contract.whole.schema),
        webhooks.JOB: webhooks.KIND,
        "metrics.fold": jobs.scheduled(cells.fold_deltas, every=_FOLD_SECONDS),
        "cleaning": jobs.scheduled(cleaning.clean, every=cleaning.EVERY),
    }


async def _run_audit_linking(linker: audit.ChainWriter, keeper: audit.CheckpointWriter) -> None:
    """Links what was audited and keeps checkpoints outside the database; several processes may at once."""
    while True:
        await asyncio.sleep(_LINK_SECONDS)
        await _run_safely(linker.append_pending)
        await _run_safely(keeper.write)


async def _run_safely(work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except DatabaseUnavailable:
        # It is told where it arose, and the next try comes soon.
        pass
    except Exception as error:  # noqa: BLE001 - the next try may work, and reads are right without it
        events.log_exception(error)
