"""What of an account takes a second person, and is done as it was asked."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import pytest

from records.access import staff
from records.access.approvals import requests
from records.access.guard import NeedsApproval
from records.access.staff import identities
from records.core.actor import Role
from records.core.errors import NotFound, PermissionDenied
from records.core.language import Language
from records.core.rights import DECIDER_ROLES, ApprovalKind
from records.tables import Factor, Identity, Session, Staff
from tests.approving import somebody
from tests.conftest import area_ids
from tests.records.access.approvals.support import WHY, StaffActor, asked


@pytest.mark.parametrize(
    ("role", "decider"),
    [
        (Role.OFFICER, Role.COMMANDER),
        (Role.ANALYST, Role.COMMANDER),
        (Role.COMMANDER, Role.CUSTODIAN),
        (Role.CUSTODIAN, Role.AUDITOR),
        (Role.AUDITOR, Role.CUSTODIAN),
    ],
)
async def test_account_is_added_when_right_role_approves(
    database: str, staff_actor: StaffActor, role: Role, decider: Role
) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    areas = await area_ids("29905")
    invited = staff.invite(username="mau-moi", name="Cán bộ mẫu", role=role, areas=areas, by=admin)
    approval = await asked(invited, admin)
    for other in set(Role) - DECIDER_ROLES[approval.kind]:
        with pytest.raises((PermissionDenied, NotFound)):
            await requests.approve(approval.id, by=await somebody(other))
    await requests.approve(approval.id, by=await somebody(decider))
    handed = await requests.execute(approval.id, by=admin)
    row = await Staff.get(username="mau-moi")
    assert (handed.to.id, row.role, row.renew_password) == (row.id, role, True)


async def test_role_and_areas_change_when_they_are_approved(database: str, staff_actor: StaffActor) -> None:
    admin, officer = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.OFFICER, "29905")
    row = await Staff.get(id=officer.id)
    given: dict[str, Any] = {"name": row.name, "email": "", "language": Language.VI}

    def edited(role: Role, areas: list[UUID], expected_version: int) -> Awaitable[Staff]:
        return staff.edit(
            row.username, expected_version=expected_version, role=role, areas=areas, by=admin, **given
        )

    wide, narrow = await area_ids("82"), await area_ids("29905")
    approval = await asked(edited(Role.OFFICER, wide, 1), admin)
    assert approval.kind is ApprovalKind.TIP_ACCOUNT
    await requests.approve(approval.id, by=await somebody(Role.COMMANDER))
    # Less than before waits for nobody, and neither does a role that reads no tips.
    await edited(Role.OFFICER, narrow, 2)
    kept = await edited(Role.FRONT, narrow, 3)
    approval = await asked(edited(Role.CUSTODIAN, narrow, kept.version), admin)
    assert approval.kind is ApprovalKind.DECIDER_ACCOUNT
    await requests.approve(approval.id, by=await somebody(Role.AUDITOR))
    kept = await Staff.get(id=row.id)
    assert kept.role is Role.CUSTODIAN
    # Of those who decide on others, not even less is done alone.
    with pytest.raises(NeedsApproval):
        await edited(Role.FRONT, narrow, kept.version)


async def test_decider_is_renamed_when_it_is_approved(database: str, staff_actor: StaffActor) -> None:
    admin, victim = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.CUSTODIAN)
    row = await Staff.get(id=victim.id)
    given: dict[str, Any] = {"role": row.role, "areas": await area_ids("82"), "email": ""}

    def edited(name: str, language: Language, expected_version: int) -> Awaitable[Staff]:
        return staff.edit(
            row.username, expected_version=expected_version, name=name, language=language, by=admin, **given
        )

    approval = await asked(edited("Tên mới mẫu", row.language, 1), admin)
    await requests.approve(approval.id, by=await somebody(Role.AUDITOR))
    kept = await Staff.get(id=row.id)
    assert kept.name == "Tên mới mẫu"
    # What nobody is known by needs nobody's approval.
    assert (await edited(kept.name, Language.EN, kept.version)).language is Language.EN


async def test_other_accounts_are_renamed_by_administrator_alone(
    database: str, staff_actor: StaffActor
) -> None:
    admin, officer = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.OFFICER)
    row = await Staff.get(id=officer.id)
    given: dict[str, Any] = {"role": row.role, "areas": await area_ids("82"), "language": row.language}
    kept = await staff.edit(
        row.username, expected_version=1, name="Tên mới mẫu", email="moi@mau.vn", by=admin, **given
    )
    assert (kept.name, kept.email) == ("Tên mới mẫu", "moi@mau.vn")


@pytest.mark.parametrize("role", [Role.OFFICER, Role.COMMANDER, Role.CUSTODIAN, Role.AUDITOR])
async def test_account_access_change_needs_approval(
    database: str, staff_actor: StaffActor, role: Role
) -> None:
    admin, victim = await staff_actor(Role.ADMINISTRATOR), await staff_actor(role)
    row = await Staff.get(id=victim.id)
    for attempt in (
        staff.set_password(row.username, "một mật khẩu khác hẳn", by=admin),
        staff.issue_password(row.username, motive=WHY, by=admin),
        staff.remove_factors(row.username, motive=WHY, by=admin),
        identities.link_for(row.username, "https://sso.example", "toi", by=admin),
    ):
        with pytest.raises(NeedsApproval):
            await attempt
    assert (await Staff.get(id=row.id)).password_hash == row.password_hash
    assert await Identity.all().count() == 0
    # To shut somebody out waits for nobody; to let them in again does.
    await staff.end_sessions(row.username, motive=WHY, by=admin)
    row = await staff.deactivate(row.username, motive=WHY, by=admin)
    with pytest.raises(NeedsApproval):
        await staff.activate(row.username, expected_version=row.version, motive=WHY, by=admin)
    assert not (await Staff.get(id=row.id)).active


async def test_account_is_opened_when_it_is_approved(database: str, staff_actor: StaffActor) -> None:
    admin, victim = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.CUSTODIAN)
    row = await Staff.get(id=victim.id)
    await Factor.create(staff_id=row.id, kind="PASSKEY", name="Khóa mẫu", credential_id=b"1", public_key=b"-")
    removed = await asked(staff.remove_factors(row.username, motive=WHY, by=admin), admin)
    linked = await asked(identities.link_for(row.username, "https://sso.example", "a", by=admin), admin)
    auditor = await somebody(Role.AUDITOR)
    for approval in (removed, linked):
        await requests.approve(approval.id, by=auditor)
    assert (await Factor.all().count(), await Identity.all().count()) == (0, 1)
    row = await staff.deactivate(row.username, motive=WHY, by=admin)
    opened = staff.activate(row.username, expected_version=row.version, motive=WHY, by=admin)
    await requests.approve((await asked(opened, admin)).id, by=auditor)
    assert (await Staff.get(id=row.id)).active
    handed_over = await asked(staff.issue_password(row.username, motive=WHY, by=admin), admin)
    await requests.approve(handed_over.id, by=auditor)
    handed = await requests.execute(handed_over.id, by=admin)
    begun = await staff.sign_in(row.username, handed.secret, staff.SignInOrigin("192.0.2.1", "Firefox"))
    assert begun is not None
    assert await Session.filter(staff_id=row.id, ended_at__isnull=True).count() == 1
