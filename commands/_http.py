"""The uvicorn server of `run` and `serve`."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from records.core.settings import OperatorError, Settings

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette


@contextmanager
def listening_socket(settings: Settings) -> Iterator[socket.socket]:
    """The bound socket, opened before anything else starts. Raises `OperatorError` if that fails."""
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


def serve(
    settings: Settings,
    listener: socket.socket,
    *,
    workers: int = 1,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serves until a signal; then fails readiness, closes the port and completes running requests.

    There is no access log, because access to records belongs in the audit.
    """
    from commands._server import Server, Supervisor
    from records.core import log

    # Each worker builds the application from the environment.
    os.environ.update(settings.environment())
    log.configure()
    config = uvicorn_config(workers)
    if workers > 1:
        Supervisor(config, [listener], settings.drain or 0).run()
        return
    server = Server(config, settings.drain or 0, started)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise OperatorError("The service did not start; the reason stands above")


def uvicorn_config(workers: int = 1) -> "uvicorn.Config":
    """The configuration of uvicorn. Proxies named in FORWARDED_ALLOW_IPS are trusted."""
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
        # Compression could leak secrets (like BREACH), and costs memory for each socket.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Longer than the keep-alive of common clients and proxies.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def application() -> "Starlette":
    """The application, configured by the environment."""
    from records.core import log
    from server import create_app

    log.configure()
    return create_app(Settings.from_environment())
