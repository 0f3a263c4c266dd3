"""Connections of a task and of the process do not disturb one another."""

import pytest
from tortoise.exceptions import ConfigurationError

from records.database.connect import connect_database, connected_task
from records.tables import Area, Staff
from tests.conftest import PASSWORD


async def test_connected_leaves_connections_when_refused(database: str, fresh_database: str) -> None:
    with pytest.raises(ConfigurationError, match="already"):
        async with connect_database(fresh_database):
            pass

    assert await Area.exists()


async def test_connected_task_leaves_connections_of_process(database: str, fresh_database: str) -> None:
    async with connected_task(fresh_database):
        await Staff.create(username="mau", name="Cán bộ mẫu", password_hash=PASSWORD, role="OFFICER")

    assert not await Staff.exists()
