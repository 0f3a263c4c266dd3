"""An outage in the log: an event of its own, a few lines for any number of requests, and no fault."""

import asyncpg
import pytest

from records.core.errors import DatabaseUnavailable, Outage
from records.database import outage
from records.database.connect import DatabaseRole, connection_arguments
from records.database.connection import connect
from records.database.outage import translating_outages

ANY = asyncpg.CannotConnectNowError("mật khẩu thử")


def meet(error: Exception) -> DatabaseUnavailable:
    with pytest.raises(DatabaseUnavailable) as found, translating_outages():
        raise error
    return found.value


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    return [record.told for record in caplog.records if record.name == "ketnoi"]  # type: ignore[attr-defined]


def test_outage_is_one_line_when_many_requests_meet_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "_log", outage._OutageLog())
    for _ in range(1000):
        meet(ANY)
    (line,) = told(caplog)
    kind = "asyncpg.exceptions.CannotConnectNowError"
    assert line == {"event": "database.unavailable", "reason": "away", "more": "0", "kind": kind}


def test_outage_line_counts_requests_since_last_one(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "_log", outage._OutageLog())
    meet(ANY)
    meet(ANY)
    monkeypatch.setattr(outage._log, "_next", {})
    meet(ANY)
    assert [line["more"] for line in told(caplog)] == ["0", "1"]


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (ConnectionRefusedError(), Outage.AWAY),
        (ConnectionResetError(), Outage.AWAY),
        (FileNotFoundError(), Outage.AWAY),
        (asyncpg.ConnectionDoesNotExistError(), Outage.AWAY),
        (asyncpg.AdminShutdownError(), Outage.AWAY),
        (asyncpg.CrashShutdownError(), Outage.AWAY),
        (asyncpg.ReadOnlySQLTransactionError(), Outage.READ_ONLY),
        (asyncpg.DiskFullError(), Outage.FULL),
        (asyncpg.OutOfMemoryError(), Outage.FULL),
        (asyncpg.TooManyConnectionsError(), Outage.CONNECTIONS),
        (asyncpg.LockNotAvailableError(), Outage.SLOW),
        (asyncpg.DeadlockDetectedError(), Outage.SLOW),
        (asyncpg.QueryCanceledError(), Outage.SLOW),
        (TimeoutError(), Outage.SLOW),
    ],
)
def test_driver_error_becomes_its_outage(error: Exception, found: Outage) -> None:
    assert meet(error).outage is found


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError(),
        asyncpg.InsufficientPrivilegeError(),
        asyncpg.UndefinedTableError(),
        asyncpg.InterfaceError("another operation is in progress"),
        ValueError(),
    ],
)
def test_other_errors_are_no_outage(error: Exception) -> None:
    with pytest.raises(type(error)), translating_outages():
        raise error


async def test_connection_out_of_step_is_dropped_as_outage(database: str) -> None:
    """asyncpg says so of a connection that was ended while nobody used it, before the end has come in."""
    connection = await connect(**connection_arguments(database, DatabaseRole.APP))
    with pytest.raises(DatabaseUnavailable), translating_outages(connection):
        raise asyncpg.InternalClientError
    assert connection.is_closed()
