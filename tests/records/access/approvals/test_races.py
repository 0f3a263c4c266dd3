"""Of those who ask, decide or use an approval at the same time, one does."""

import asyncio
from typing import Any

import pytest

from records.access import partners
from records.access.approvals import requests
from records.access.guard import NeedsApproval
from records.core.actor import Role, Scope
from records.tables import Approval, AuditEntry, Partner, PartnerKey
from records.tables.approvals import ApprovalState
from tests.conftest import area_ids
from tests.records.access.approvals.support import WHY, StaffActor, a_partner, asked, asked_for_a_key, kinds


async def test_approval_is_decided_once_when_several_decide_at_once(
    database: str, staff_actor: StaffActor
) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    _row, approval = await asked_for_a_key(admin)
    heads = [await staff_actor(Role.COMMANDER) for _ in range(4)]
    results = await asyncio.gather(
        *(requests.approve(approval.id, by=head) for head in heads[::2]),
        *(requests.refuse(approval.id, refusal="Không cần thiết", by=head) for head in heads[1::2]),
        return_exceptions=True,
    )
    assert kinds(results) == ["Approval", "Conflict", "Conflict", "Conflict"]
    assert await AuditEntry.filter(noun="approval").count() == 2


async def test_approval_or_withdrawal_wins_when_both_come(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    for _ in range(6):
        row = await a_partner(Scope.GROUPS_READ)
        given: dict[str, Any] = {"name": row.name, "contact": "", "areas": await area_ids("29905")}
        edited = partners.edit(row.id, expected_version=1, scopes={Scope.TIPS_READ}, by=admin, **given)
        approval = await asked(edited, admin)
        results = await asyncio.gather(
            requests.approve(approval.id, by=head),
            requests.withdraw(approval.id, by=admin),
            return_exceptions=True,
        )
        assert kinds(results) == ["Approval", "Conflict"]
        reads = (await Partner.get(id=row.id)).scopes == ["tips:read"]
        done = requests.state(await Approval.get(id=approval.id)) is ApprovalState.DONE
        assert reads is done
        await Partner.filter(id=row.id).update(name=str(row.id))


async def test_approval_is_requested_once_when_asked_many_times(
    database: str, staff_actor: StaffActor
) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    with pytest.raises(NeedsApproval) as refusal:
        await partners.issue_key(row.id, by=admin)
    wanted = refusal.value.request
    results = await asyncio.gather(
        *(requests.request_approval(wanted, WHY, by=admin) for _ in range(4)), return_exceptions=True
    )
    assert kinds(results) == [*["AlreadyRequested"] * 3, "Approval"]
    assert await Approval.all().count() == 1


async def test_approval_is_spent_once_when_used_many_times_at_once(
    database: str, staff_actor: StaffActor
) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    await requests.approve(approval.id, by=head)
    results = await asyncio.gather(
        *(requests.execute(approval.id, by=admin) for _ in range(3)),
        *(partners.issue_key(row.id, by=admin) for _ in range(3)),
        return_exceptions=True,
    )
    done = [one for one in results if not isinstance(one, BaseException)]
    assert (len(done), await PartnerKey.all().count()) == (1, 1)
    assert set(kinds(results)) <= {"IssuedSecret", "str", "Conflict", "NeedsApproval"}
