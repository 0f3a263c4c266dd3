"""The history shows no entry as true that does not bear its MAC, and puts nothing back from it."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from records.core.actor import Role
from records.core.errors import Conflict
from records.nouns import groups
from records.registry import history, reversals
from records.tables import Group
from tests.edge.test_request_ids import lines
from tests.records.audit.support import TASK, five, tamper

SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
FORGE = "UPDATE audit_entries SET actor_name = 'Người mẫu khác' WHERE after->>'households' = '14'"


async def test_history_trusts_no_entry_when_its_mac_is_wrong(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    await five()
    row = await Group.get(code="MAU-01")
    assert [entry.trusted for entry in await history.entries_of(TASK, row.id)] == [True] * 5
    assert "audit.forged" not in {line["event"] for line in lines(caplog)}
    await tamper(database, FORGE)
    assert [entry.trusted for entry in await history.entries_of(TASK, row.id)] == [False] + [True] * 4
    (noted,) = [line for line in lines(caplog) if line["event"] == "audit.forged"]
    assert noted["entries"] == "1"


async def test_revert_is_refused_when_entry_is_forged(database: str) -> None:
    await five()
    row = await Group.get(code="MAU-01")
    await tamper(database, FORGE)
    forged = (await history.entries_of(TASK, row.id))[0]
    with pytest.raises(Conflict):
        await reversals.revert(
            "group", row.id, forged.seq, expected_version=5, motive="Thử (minh họa)", by=TASK
        )
    assert (await groups.visible_to(TASK).get(id=row.id)).version == 5


async def test_history_page_warns_when_entry_is_forged(database: str, staff_client: SignIn) -> None:
    commander = await staff_client(Role.COMMANDER)
    await five()
    page = f"/admin/groups/{(await Group.get(code='MAU-01')).id}"
    assert "Not trustworthy" not in (await commander.get(page)).text
    await tamper(database, FORGE)
    assert (await commander.get(page)).text.count("Not trustworthy") == 1
