"""One PostgreSQL for the tests that break it."""

from collections.abc import AsyncIterator

import pytest

from tests.databases import named
from tests.outage.installation import Postgres, postgres


@pytest.fixture(scope="package")
async def server(server_url: str, template: str) -> AsyncIterator[Postgres]:
    """A PostgreSQL of its own with areas and catalogues; a test that stops it starts it again."""
    async with postgres(named(server_url, template)) as made:
        yield made
