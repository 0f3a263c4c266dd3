"""What is sent to wear the service out is refused, in words of its own, before the database is asked.

What each costs, `make hostile` measures.
"""

import httpx
import pytest

from tests.api.hostile import HOSTILE, send
from tests.api.support import Counting, error_code


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_request_is_refused_before_reading(
    api: httpx.AsyncClient, counting: Counting, name: str
) -> None:
    with counting() as statements:
        answer = await send(api, HOSTILE[name])
    assert (answer.status_code, error_code(answer)) == (HOSTILE[name].status, HOSTILE[name].code)
    assert "data" not in answer.json()
    assert statements == []
