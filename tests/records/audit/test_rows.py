"""A signature covers an entry as it is stored: no second way of writing the same value passes."""

import pytest

from records.audit import Defect
from tests.records.audit.support import check, five, tamper

EDITED = "after->>'households' = '13'"
STATEMENTS = {
    "JSON null for NULL": "UPDATE audit_entries SET before = 'null' WHERE before IS NULL",
    "digits beyond a float": (
        """UPDATE audit_entries SET after = '{"households": 13.0000000000000000000001}' WHERE """ + EDITED
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_verify_finds_value_written_another_way(database: str, name: str) -> None:
    await five()
    await tamper(database, STATEMENTS[name])
    assert (await check()).flaw is Defect.FORGED
