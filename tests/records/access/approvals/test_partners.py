"""What of a partner takes a second person, and is done as it was asked."""

from typing import Any

import pytest

from records.access import partners
from records.access.approvals import requests
from records.access.guard import NeedsApproval
from records.core.actor import Role, Scope
from records.core.errors import Conflict, NotFound, PermissionDenied
from records.tables import AccessToken, Approval, AuditEntry, Partner, PartnerKey
from records.tables.approvals import ApprovalState
from tests.approving import somebody
from tests.conftest import area_ids
from tests.records.access.approvals.support import JWKS, TASK, StaffActor, a_partner, asked, asked_for_a_key


async def test_partner_edit_is_done_as_requested_when_approved(
    database: str, staff_actor: StaffActor
) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row = await a_partner(Scope.GROUPS_READ)
    given: dict[str, Any] = {"name": row.name, "contact": "", "areas": await area_ids("29905")}
    more = {Scope.GROUPS_READ, Scope.TIPS_READ}
    approval = await asked(partners.edit(row.id, expected_version=1, scopes=more, by=admin, **given), admin)
    assert (await Partner.get()).scopes == ["groups:read"]
    approval = await requests.approve(approval.id, by=head)
    assert requests.state(approval) is ApprovalState.DONE
    assert (await Partner.get()).scopes == ["groups:read", "tips:read"]
    # It was for this change alone, once.
    wider = {"areas": await area_ids("82")}
    with pytest.raises(NeedsApproval):
        await partners.edit(row.id, expected_version=2, scopes=more, by=admin, **(given | wider))


async def test_partner_is_added_when_commander_approves(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    given: dict[str, Any] = {"name": "Mới", "contact": "Phòng mẫu", "areas": await area_ids("29905")}
    approval = await asked(partners.create(scopes={Scope.TIPS_WORK}, by=admin, **given), admin)
    await requests.approve(approval.id, by=head)
    row = await Partner.get()
    assert (row.name, row.contact, row.scopes) == ("Mới", "Phòng mẫu", ["tips:work"])
    told = await AuditEntry.filter(noun="partner", row_id=row.id).first()
    assert told is not None
    assert told.actor_id == admin.id


async def test_partner_loses_scopes_and_areas_without_approval(
    database: str, staff_actor: StaffActor
) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    row = await a_partner(Scope.TIPS_READ, Scope.GROUPS_READ, area="82")
    given: dict[str, Any] = {"name": "Tên khác", "contact": "", "areas": await area_ids("29905")}
    await partners.edit(row.id, expected_version=1, scopes={Scope.TIPS_READ}, by=admin, **given)
    row = await Partner.get()
    row = await partners.deactivate(row.id, expected_version=row.version, by=admin)
    assert not row.active


@pytest.mark.parametrize("scope", [Scope.CHANGES_READ, Scope.EXPORTS_RUN])
async def test_scope_beside_tips_needs_approval_when_added(
    database: str, staff_actor: StaffActor, scope: Scope
) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    given: dict[str, Any] = {"name": row.name, "contact": "", "areas": await area_ids("29905")}
    with pytest.raises(NeedsApproval):
        await partners.edit(row.id, expected_version=1, scopes={Scope.TIPS_READ, scope}, by=admin, **given)
    alone = await partners.create(name="Khác", scopes={scope}, areas=given["areas"], by=admin)
    assert alone.scopes == [scope.value]


async def test_partner_access_needs_approval_when_it_reads_tips(
    database: str, staff_actor: StaffActor
) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    await partners.issue_key(row.id, by=TASK)
    key = await PartnerKey.get()
    for attempt in (
        partners.issue_key(row.id, by=admin),
        partners.rotate_key(key.prefix, overlap_days=7, by=admin),
        partners.set_signing_keys(row.id, JWKS, expected_version=1, by=admin),
    ):
        with pytest.raises(NeedsApproval):
            await attempt
    assert [kept.id for kept in await PartnerKey.filter(revoked_at__isnull=True)] == [key.id]
    assert (await PartnerKey.get()).expires_at is None
    assert (await Partner.get()).jwks is None
    await partners.deactivate(row.id, expected_version=1, by=TASK)
    with pytest.raises(NeedsApproval):
        await partners.activate(row.id, expected_version=2, by=admin)
    assert not (await Partner.get()).active
    # To revoke must not wait for anybody.
    await partners.revoke_key(key.prefix, by=admin)
    assert await AccessToken.all().count() == 0


async def test_signing_keys_are_set_when_commander_approves(database: str, staff_actor: StaffActor) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    approval = await asked(partners.set_signing_keys(row.id, JWKS, expected_version=1, by=admin), admin)
    await requests.approve(approval.id, by=await somebody(Role.COMMANDER))
    row = await Partner.get()
    assert row.jwks is not None
    assert len(row.jwks["keys"]) == 1
    await partners.set_signing_keys(row.id, "", expected_version=row.version, by=admin)
    approval = await asked(
        partners.set_signing_keys(row.id, JWKS, expected_version=row.version + 1, by=admin), admin
    )
    await partners.deactivate(row.id, expected_version=row.version + 1, by=admin)
    with pytest.raises(Conflict):
        await requests.approve(approval.id, by=await somebody(Role.COMMANDER))
    assert requests.state(await Approval.get(id=approval.id)) is ApprovalState.WAITING


async def test_partner_is_activated_when_commander_approves(database: str, staff_actor: StaffActor) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    row = await partners.deactivate(row.id, expected_version=1, by=admin)
    approval = await asked(partners.activate(row.id, expected_version=row.version, by=admin), admin)
    await requests.approve(approval.id, by=await somebody(Role.COMMANDER))
    assert (await Partner.get()).active


async def test_key_is_issued_once_when_it_is_approved(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    with pytest.raises(Conflict):
        await requests.execute(approval.id, by=admin)
    approval = await requests.approve(approval.id, by=head)
    assert requests.state(approval) is ApprovalState.APPROVED
    assert await PartnerKey.all().count() == 0
    for other in (head, await staff_actor(Role.ADMINISTRATOR)):
        with pytest.raises((PermissionDenied, NotFound)):
            await requests.execute(approval.id, by=other)
    handed = await requests.execute(approval.id, by=admin)
    assert (handed.to.id, "ktn_" in repr(handed)) == (row.id, False)
    assert await partners.authenticate_bearer(handed.secret) is not None
    with pytest.raises(Conflict):
        await requests.execute(approval.id, by=admin)
    with pytest.raises(NeedsApproval):
        await partners.issue_key(row.id, by=admin)
    held = str([await Approval.all().values(), await AuditEntry.all().values()])
    assert handed.secret not in held


async def test_key_is_rotated_when_it_is_approved(database: str, staff_actor: StaffActor) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    await partners.issue_key(row.id, by=TASK)
    prefix = (await PartnerKey.get()).prefix
    approval = await asked(partners.rotate_key(prefix, overlap_days=3, by=admin), admin)
    await requests.approve(approval.id, by=await somebody(Role.COMMANDER))
    # Approved is this overlap and no other.
    with pytest.raises(NeedsApproval):
        await partners.rotate_key(prefix, overlap_days=90, by=admin)
    assert (
        await partners.authenticate_bearer((await requests.execute(approval.id, by=admin)).secret) is not None
    )
