"""Graceful shutdown of the server, and supervision of its workers."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from typing import Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from records.core.settings import OperatorError

# For responses under way, and then for background work.
GRACE_SECONDS: Final = 10
_LONGEST_RETRY: Final = 30


class Server(uvicorn.Server):
    """A server that fails readiness for `drain_seconds` before it closes its port, and exits with 0."""

    def __init__(
        self, config: uvicorn.Config, drain_seconds: int, started: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._announce = started

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Opens the port, then says so."""
        await super().startup(sockets)
        self._announce()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Keeps serving until load balancers notice, then completes running requests within a time limit."""
        self.lifespan.state["stopping"].set()
        for _ in range(10 * self._drain_seconds):
            if self.force_exit:
                break
            await asyncio.sleep(0.1)
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * GRACE_SECONDS):
                await super().shutdown(sockets)
        # uvicorn would raise the signal again, and the process would exit as if it had been killed.
        self._captured_signals.clear()


class _Worker(Process):
    """A worker process."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket], drain_seconds: int) -> None:
        self._drain_seconds = drain_seconds
        super().__init__(config, sockets)

    @property
    def server(self) -> uvicorn.Server:
        """The server of this process."""
        if self._server is None:
            self._server = Server(self.config, self._drain_seconds)
        return self._server


class Supervisor(Multiprocess):
    """Workers on one socket. One that fails to restart is retried while the others keep serving."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket], drain_seconds: int) -> None:
        super().__init__(config, sockets)
        self._drain_seconds = drain_seconds
        self._has_served = False
        # By worker: its consecutive failures to start, and the time of the next attempt.
        self._failures: dict[int, int] = {}
        self._retry_at: dict[int, float] = {}

    def init_processes(self) -> None:
        """Starts the workers."""
        self.processes = [self._started() for _ in range(self.processes_num)]

    def handle_hup(self) -> None:
        """Ignores SIGHUP: uvicorn would replace the workers with its own, which do not drain."""

    def handle_ttin(self) -> None:
        """Ignores SIGTTIN: uvicorn would add a worker of its own."""

    def handle_ttou(self) -> None:
        """Ignores SIGTTOU: the number of workers is fixed."""

    def keep_subprocess_alive(self) -> None:
        """Replaces workers that exited or hang. Raises `OperatorError` if none has ever started."""
        for index, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if process.is_alive(timeout=self.config.timeout_worker_healthcheck):
                if (not self._has_served or index in self._failures) and process.is_ready():
                    self._has_served = True
                    self._failures.pop(index, None)
            elif index in self._retry_at:
                self._restart_if_due(index)
            else:
                self._reap(index, process)

    def _reap(self, index: int, process: Process) -> None:
        process.kill()
        process.join()
        failed = process.exitcode == STARTUP_FAILURE
        if failed and not self._has_served:
            self.terminate_all()
            self.join_all()
            raise OperatorError("The service did not start; the reason stands above")
        self._failures[index] = self._failures.get(index, 0) + 1 if failed else 0
        wait = min(2 ** self._failures[index], _LONGEST_RETRY) if failed else 0
        self._retry_at[index] = time.monotonic() + wait
        self._restart_if_due(index)

    def _restart_if_due(self, index: int) -> None:
        if time.monotonic() >= self._retry_at[index]:
            del self._retry_at[index]
            self.processes[index] = self._started()

    def _started(self) -> _Worker:
        worker = _Worker(self.config, self.sockets, self._drain_seconds)
        worker.start()
        return worker
