"""What the tests of approvals ask for, and as whom."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import pytest

from records.access import partners
from records.access.approvals import requests
from records.access.guard import NeedsApproval
from records.core.actor import Actor, Scope, system_actor
from records.core.dates import now
from records.tables import Approval, Partner
from tests.conftest import area_ids
from tests.records.security.sealed_rows import as_owner

StaffActor = Callable[..., Awaitable[Actor]]
TASK = system_actor("test")
WHY = "Theo đề nghị của đơn vị (minh họa)"
JWKS = (
    '{"keys": [{"kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",'
    ' "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}'
)


async def a_partner(*scopes: Scope, area: str = "29905") -> Partner:
    areas = await area_ids(area)
    return await partners.create(name="Đối tác mẫu", scopes=scopes or {Scope.TIPS_READ}, areas=areas, by=TASK)


async def asked(act: Awaitable[object], by: Actor) -> Approval:
    """The request for what `act` was refused without."""
    with pytest.raises(NeedsApproval) as refusal:
        await act
    return await requests.request_approval(refusal.value.request, WHY, by=by)


async def asked_for_a_key(by: Actor) -> tuple[Partner, Approval]:
    row = await a_partner()
    return row, await asked(partners.issue_key(row.id, by=by), by)


async def expired(database: str, approval: Approval, moment: datetime | None = None) -> None:
    """The request, as it is when its time is over."""
    await as_owner(database, "ALTER TABLE approvals DISABLE TRIGGER approvals_once; SELECT")
    sql = "UPDATE approvals SET expires_at = $1 WHERE id = $2"
    await as_owner(database, sql, moment or now(), approval.id)
    await as_owner(database, "ALTER TABLE approvals ENABLE TRIGGER approvals_once; SELECT")


def kinds(results: Iterable[object]) -> list[str]:
    return sorted(type(one).__name__ for one in results)
