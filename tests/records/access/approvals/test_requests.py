"""The life of a request for approval: decided, withdrawn, late, and told of."""

from datetime import timedelta
from typing import Any

import pytest

from records.access import partners, staff
from records.access.approvals import actions, requests
from records.access.guard import NeedsApproval
from records.access.staff import identities
from records.core.actor import Actor, Role, Scope
from records.core.dates import now
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.tables import Approval, AuditEntry, Identity, Partner, PartnerKey, Staff
from records.tables.approvals import ApprovalAction, ApprovalState
from tests.approving import somebody
from tests.conftest import area_ids
from tests.records.access.approvals.support import (
    TASK,
    WHY,
    StaffActor,
    a_partner,
    asked,
    asked_for_a_key,
    expired,
)


async def test_approval_is_denied_when_decider_is_requester(database: str, staff_actor: StaffActor) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    _row, approval = await asked_for_a_key(admin)
    await Staff.filter(id=admin.id).update(role=Role.COMMANDER)
    both = Actor(admin.kind, admin.id, admin.name, role=Role.COMMANDER, areas=admin.areas)
    for attempt in (
        requests.approve(approval.id, by=both),
        requests.refuse(approval.id, refusal="Không cần thiết", by=both),
    ):
        with pytest.raises(PermissionDenied):
            await attempt
    assert await requests.pending_for(both) == []


async def test_refusal_ends_request_for_good(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    assert (
        requests.state(await requests.refuse(approval.id, refusal="Không cần thiết", by=head))
        is ApprovalState.REFUSED
    )
    for attempt in (
        requests.approve(approval.id, by=head),
        requests.execute(approval.id, by=admin),
        requests.withdraw(approval.id, by=admin),
    ):
        with pytest.raises(Conflict):
            await attempt


async def test_withdrawn_request_is_not_approved(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    with pytest.raises(NotFound):
        await requests.withdraw(approval.id, by=await staff_actor(Role.ADMINISTRATOR))
    with pytest.raises(Conflict):
        await asked(partners.issue_key(row.id, by=admin), admin)
    assert requests.state(await requests.withdraw(approval.id, by=admin)) is ApprovalState.WITHDRAWN
    with pytest.raises(Conflict):
        await requests.approve(approval.id, by=head)
    assert (await asked(partners.issue_key(row.id, by=admin), admin)).id != approval.id


async def test_request_is_not_approved_when_its_week_is_over(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    assert approval.expires_at == approval.asked_at + timedelta(days=7)
    await expired(database, approval)
    with pytest.raises(Conflict):
        await requests.approve(approval.id, by=head)
    assert await requests.pending_for(head) == []
    assert requests.state(await Approval.get(id=approval.id)) is ApprovalState.EXPIRED


async def test_approval_is_not_used_when_its_day_is_over(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    approval = await requests.approve(approval.id, by=head)
    assert approval.decided_at is not None
    assert approval.expires_at == approval.decided_at + timedelta(days=1)
    await expired(database, approval)
    with pytest.raises(Conflict):
        await requests.execute(approval.id, by=admin)
    with pytest.raises(NeedsApproval):
        await partners.issue_key(row.id, by=admin)


async def test_decision_is_refused_when_role_was_lost(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    # The page was opened before; what the session says of the role is late.
    await Staff.filter(id=head.id).update(role=Role.FRONT)
    with pytest.raises(ValidationFailed):
        await requests.approve(approval.id, by=head)
    assert requests.state(await Approval.get()) is ApprovalState.WAITING


@pytest.mark.parametrize("lost", [{"role": Role.FRONT}, {"active": False}, {"deleted_at": now()}])
async def test_approval_is_void_when_decider_lost_role(
    database: str, staff_actor: StaffActor, lost: dict[str, Any]
) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    await requests.approve(approval.id, by=head)
    await Staff.filter(id=head.id).update(**lost)
    with pytest.raises(Conflict):
        await requests.execute(approval.id, by=admin)
    with pytest.raises(NeedsApproval):
        await partners.issue_key(row.id, by=admin)
    assert await PartnerKey.all().count() == 0


async def test_approval_changes_nothing_when_requester_lost_right(
    database: str, staff_actor: StaffActor
) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row = await a_partner(Scope.GROUPS_READ)
    given: dict[str, Any] = {"name": row.name, "contact": "", "areas": await area_ids("29905")}
    edited = partners.edit(row.id, expected_version=1, scopes={Scope.TIPS_READ}, by=admin, **given)
    approval = await asked(edited, admin)
    await Staff.filter(id=admin.id).update(role=Role.FRONT)
    with pytest.raises(Conflict):
        await requests.approve(approval.id, by=head)
    await Staff.filter(id=admin.id).update(role=Role.ADMINISTRATOR, active=False)
    with pytest.raises(Conflict):
        await requests.approve(approval.id, by=head)
    assert (await Partner.get()).scopes == ["groups:read"]
    assert requests.state(await Approval.get()) is ApprovalState.WAITING


async def moved(actor: Actor, area: str) -> None:
    """The account works in `area` alone from now on, as the operator decided."""
    row = await Staff.get(id=actor.id)
    given: dict[str, Any] = {"name": row.name, "email": "", "role": row.role, "language": row.language}
    await staff.edit(row.username, expected_version=row.version, areas=await area_ids(area), by=TASK, **given)


async def test_approve_raises_conflict_when_account_moved(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    officer = await staff_actor(Role.OFFICER, "29905")
    linked = identities.link_for(
        (await Staff.get(id=officer.id)).username, "https://sso.example", "a", by=admin
    )
    approval = await asked(linked, admin)
    await moved(officer, "82")
    with pytest.raises(Conflict) as refusal:
        await requests.approve(approval.id, by=head)
    assert "no longer matches the current state. Refuse it" in refusal.value.message.text
    assert await Identity.all().count() == 0
    assert requests.state(await Approval.get()) is ApprovalState.WAITING
    assert (
        requests.state(await requests.refuse(approval.id, refusal="Không cần thiết", by=head))
        is ApprovalState.REFUSED
    )


async def test_approve_raises_conflict_when_requester_moved(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    officer = await staff_actor(Role.OFFICER, "29905")
    linked = identities.link_for(
        (await Staff.get(id=officer.id)).username, "https://sso.example", "a", by=admin
    )
    approval = await asked(linked, admin)
    await moved(admin, "28249")
    with pytest.raises(Conflict):
        await requests.approve(approval.id, by=head)
    assert await Identity.all().count() == 0


async def test_carry_out_raises_conflict_when_account_moved(database: str, staff_actor: StaffActor) -> None:
    admin, officer = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.OFFICER, "29905")
    row = await Staff.get(id=officer.id)
    approval = await asked(staff.issue_password(row.username, motive=WHY, by=admin), admin)
    await requests.approve(approval.id, by=await somebody(Role.COMMANDER))
    await moved(officer, "82")
    with pytest.raises(Conflict) as refusal:
        await requests.execute(approval.id, by=admin)
    assert "no longer matches the current state. Request it again" in refusal.value.message.text
    assert (await Staff.get(id=row.id)).password_hash == row.password_hash


async def test_request_is_seen_by_those_it_concerns(database: str, staff_actor: StaffActor) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    row, approval = await asked_for_a_key(admin)
    for role, area, sees, decides in (
        (Role.COMMANDER, "29905", True, True),
        (Role.COMMANDER, "28249", False, False),
        (Role.AUDITOR, "29905", True, False),
        (Role.AUDITOR, "28249", False, False),
        (Role.CUSTODIAN, "29905", False, False),
        (Role.ADMINISTRATOR, "29905", False, None),
    ):
        other = await staff_actor(role, area)
        assert await requests.visible_to(other).filter(id=approval.id).exists() is sees, role
        assert [one.id for one in await requests.of_subject(other, row.id)] == [approval.id] * sees
        if decides is not None:
            assert await requests.pending_for(other).filter(id=approval.id).exists() is decides, role
    assert [one.id for one in await requests.requested_by(admin)] == [approval.id]
    assert await requests.of_subject(await staff_actor(Role.OFFICER), row.id) == []
    assert [area.code for area in await requests.areas_of(approval.id)] == ["29905"]


async def test_approval_actions_are_in_audit_trail(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    await requests.withdraw(approval.id, by=admin)
    approval = await asked(partners.issue_key(row.id, by=admin), admin)
    await requests.refuse(approval.id, refusal="Không cần thiết", by=head)
    approval = await asked(partners.issue_key(row.id, by=admin), admin)
    await requests.approve(approval.id, by=head)
    await requests.execute(approval.id, by=admin)
    told = await AuditEntry.filter(noun="approval").order_by("seq")
    steps = [(entry.actor_id, (entry.after or {})["approval"]) for entry in told]
    assert steps == [
        (admin.id, "ASKED"),
        (admin.id, "WITHDRAWN"),
        (admin.id, "ASKED"),
        (head.id, "REFUSED"),
        (admin.id, "ASKED"),
        (head.id, "APPROVED"),
        (admin.id, "DONE"),
    ]
    assert {entry.motive for entry in told} == {WHY, "Không cần thiết", ""}
    assert {(entry.after or {})["subject_id"] for entry in told} == {str(row.id)}


async def test_operator_needs_no_approval(database: str) -> None:
    row = await a_partner()
    await partners.issue_key(row.id, by=TASK)
    assert await Approval.all().count() == 0


def test_approval_acts_declare_how_they_are_done() -> None:
    assert set(actions.EXECUTED_ON_APPROVAL) | set(actions.EXECUTED_BY_REQUESTER) == set(ApprovalAction) - {
        ApprovalAction.PHONE_LOOKUP
    }
    assert not set(actions.EXECUTED_ON_APPROVAL) & set(actions.EXECUTED_BY_REQUESTER)
