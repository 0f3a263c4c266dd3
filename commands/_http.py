"""What `run` and `serve` share: uvicorn, set up the same way."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from records.core.settings import OperatorError, Settings

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette


@contextmanager
def listening_socket(settings: Settings) -> Iterator[socket.socket]:
    """The socket to serve on, taken before anything else starts; `OperatorError` when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise OperatorError(
                f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}; set HOST or PORT"
            ) from None
        listener.set_inheritable(True)
        yield listener


def serve(settings: Settings, listener: socket.socket, *, workers: int = 1) -> None:
    """Serves until a signal ends it; then readiness says so before the port closes, and requests finish.

    There is no access log: who asked for which record is for the audit, not for a file beside it.
    """
    from commands._server import Server, Supervisor
    from records.core import log

    # The application is built from the environment, in this process or in each worker.
    os.environ.update(settings.environment())
    log.configure()
    config = uvicorn_config(workers)
    if workers > 1:
        Supervisor(config, [listener], settings.drain or 0).run()
        return
    server = Server(config, settings.drain or 0)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise OperatorError("The service did not start; the reason stands above")


def uvicorn_config(workers: int = 1) -> "uvicorn.Config":
    """How uvicorn is set up. A proxy is believed of its caller when FORWARDED_ALLOW_IPS names it."""
    from uvicorn import Config

    from api.cost.limits import BODY_BYTES
    from commands._server import GRACE_SECONDS

    return Config(
        "commands._http:application",
        factory=True,
        workers=workers,
        loop="uvloop",
        http="commands._protocol:HttpProtocol",
        ws="commands._protocol:WebSocketProtocol",
        ws_max_size=BODY_BYTES,
        # Compressed, what others wrote would stand beside what is secret; and each socket would cost memory.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # For longer than clients and proxies keep an idle connection for their next request.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def application() -> "Starlette":
    """The service, as the environment describes it."""
    from records.core import log
    from server import create_app

    log.configure()
    return create_app(Settings.from_environment())
