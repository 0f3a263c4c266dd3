"""No change commits unless the database stored its audit entry as it was signed."""

import asyncpg
import pytest

from records.audit.chain import AuditWriteError
from records.database.connect import connected_task
from records.nouns import groups
from records.tables import AuditEntry, Group
from tests.edge.test_request_ids import lines
from tests.records.audit.support import TASK, connect, draft

BODIES = {
    "left out": "IF NEW.noun = 'group' THEN RETURN NULL; END IF; RETURN NEW;",
    "changed": "NEW.actor_name := 'Người mẫu khác'; RETURN NEW;",
    "signed otherwise": "NEW.mac := sha256(NEW.mac); RETURN NEW;",
}
TRIGGER = "CREATE TRIGGER aaa BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION aaa()"
RULE = "CREATE RULE aaa AS ON INSERT TO audit_entries WHERE NEW.noun = 'group' DO INSTEAD NOTHING"


async def as_owner(url: str, *statements: str) -> None:
    connection = await connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def check_nothing_is_stored(url: str, error: type[Exception]) -> None:
    """No group can be added any more, and nothing of it stays."""
    async with connected_task(url):
        with pytest.raises(error):
            await groups.create(await draft("MAU-01"), by=TASK)
        assert (await Group.all().count(), await AuditEntry.all().count()) == (0, 0)


@pytest.mark.parametrize("name", BODIES)
async def test_change_fails_when_trigger_interferes(
    fresh_database: str, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    function = f"CREATE FUNCTION aaa() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {BODIES[name]} END $$"
    await as_owner(fresh_database, function, TRIGGER)
    await check_nothing_is_stored(fresh_database, AuditWriteError)
    noted = [line for line in lines(caplog) if line["event"] == "audit.not-stored"]
    assert [line["action"] for line in noted] == ["groups.create"]


async def test_change_fails_when_rule_drops_its_entry(fresh_database: str) -> None:
    """PostgreSQL itself refuses to tell what a rule left out."""
    await as_owner(fresh_database, RULE)
    await check_nothing_is_stored(fresh_database, asyncpg.FeatureNotSupportedError)
