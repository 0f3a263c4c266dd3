"""The errors of PostgreSQL, asyncpg and Tortoise that mean that the database cannot serve.

Every connection of the service translates them here, so that the rest of the code knows `DatabaseUnavailable`
alone.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import asyncpg
from tortoise.exceptions import DBConnectionError

from records.core import events
from records.core.errors import DatabaseUnavailable, Outage
from records.core.events import Event

# By class; the first that fits counts. https://www.postgresql.org/docs/current/errcodes-appendix.html
_OUTAGES: Final[tuple[tuple[type[BaseException], Outage], ...]] = (
    (asyncpg.ReadOnlySQLTransactionError, Outage.READ_ONLY),
    (asyncpg.TooManyConnectionsError, Outage.CONNECTIONS),
    (asyncpg.InsufficientResourcesError, Outage.FULL),
    (asyncpg.LockNotAvailableError, Outage.SLOW),
    # Two who wait for each other: one of them is asked to send again.
    (asyncpg.DeadlockDetectedError, Outage.SLOW),
    (asyncpg.QueryCanceledError, Outage.SLOW),
    (asyncpg.OperatorInterventionError, Outage.AWAY),
    (asyncpg.PostgresConnectionError, Outage.AWAY),
    (asyncpg.PostgresSystemError, Outage.FULL),
    (asyncpg.PostgresIOError, Outage.FULL),
    (DBConnectionError, Outage.AWAY),
    (TimeoutError, Outage.SLOW),
    (OSError, Outage.AWAY),
)
# After these nobody can say whether the statement under way was carried out.
_CONNECTION_LOST: Final = (
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
_LOG_SECONDS: Final = 10.0


class _Connection(Protocol):
    def is_closed(self) -> bool: ...

    def terminate(self) -> None: ...


@contextmanager
def translating_outages(connection: _Connection | None = None) -> Iterator[None]:
    """Raises `DatabaseUnavailable` for whatever is raised within because the database cannot serve.

    With `connection` that includes what asyncpg raises of a connection that is closed already, and leaves out
    its `not_outages`.
    """
    try:
        yield
    except asyncpg.InterfaceError as error:
        if connection is None or not _closed(connection):
            raise
        raise to_unavailable(error, Outage.AWAY) from error
    except asyncpg.InternalClientError as error:
        # A connection that was ended while nobody used it, and whose end has not come in yet.
        if connection is None or type(error) is not asyncpg.InternalClientError:
            raise
        connection.terminate()
        raise to_unavailable(error, Outage.AWAY) from error
    except (asyncpg.PostgresError, DBConnectionError, OSError) as error:
        outage = next((outage for kind, outage in _OUTAGES if isinstance(error, kind)), None)
        # The stand-in of a lost connection has no such attribute.
        if outage is None or isinstance(error, getattr(connection, "not_outages", ())):
            raise
        if connection is not None and isinstance(error, TimeoutError):
            # asyncpg would wait for the database to confirm that the statement is cancelled.
            connection.terminate()
        raise to_unavailable(error, outage) from error


def to_unavailable(error: Exception, outage: Outage) -> DatabaseUnavailable:
    """The outage that `error` is a sign of; it is logged."""
    _log.note(error, outage)
    lost = isinstance(error, _CONNECTION_LOST) and not isinstance(error, asyncpg.QueryCanceledError)
    return DatabaseUnavailable(outage, connection_lost=lost)


def _closed(connection: _Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        # A pool takes a lost connection back at once; its stand-in knows nothing any more.
        return True


class _OutageLog:
    """One line for each kind of outage in ten seconds, however many requests meet it."""

    def __init__(self) -> None:
        self._next: dict[Outage, float] = {}
        self._silent: dict[Outage, int] = {}

    def note(self, error: Exception, outage: Outage) -> None:
        """Logs the outage, or counts it for the next line."""
        moment = time.monotonic()
        if moment < self._next.get(outage, 0.0):
            self._silent[outage] = self._silent.get(outage, 0) + 1
            return
        self._next[outage] = moment + _LOG_SECONDS
        events.log(
            Event.UNAVAILABLE,
            reason=outage.value,
            more=str(self._silent.pop(outage, 0)),
            kind=events.describe_exception(error)["kind"],
        )


_log: Final = _OutageLog()
