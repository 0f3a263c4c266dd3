"""What takes a second person: asked for, decided on, done once and exactly, and refused by the database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from records import partners, staff
from records.approvals import acts, verbs
from records.approvals.guard import NeedsApproval
from records.core.actor import Actor, Role, Scope, system
from records.core.days import now
from records.core.errors import Conflict, Denied, Invalid, NotFound
from records.core.rights import DECIDES, ApprovalKind
from records.database.connect import DatabaseRole
from records.staff import identities
from records.tables import (
    AccessToken,
    Approval,
    ApprovalArea,
    AuditEntry,
    Factor,
    Identity,
    Partner,
    PartnerKey,
    Session,
    Staff,
)
from records.tables.approvals import Act, ApprovalState
from records.tables.staff import Language
from tests.approving import somebody
from tests.conftest import area_ids
from tests.records.sealed_rows import as_owner, as_role

StaffActor = Callable[..., Awaitable[Actor]]
TASK = system("test")
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
    return await verbs.ask(refusal.value.wanted, WHY, by=by)


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


async def test_edit_is_done_as_asked_when_a_commander_approves(
    database: str, staff_actor: StaffActor
) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row = await a_partner(Scope.GROUPS_READ)
    given: dict[str, Any] = {"name": row.name, "contact": "", "areas": await area_ids("29905")}
    more = {Scope.GROUPS_READ, Scope.TIPS_READ}
    approval = await asked(partners.edit(row.id, seen=1, scopes=more, by=admin, **given), admin)
    assert (await Partner.get()).scopes == ["groups:read"]
    approval = await verbs.approve(approval.id, by=head)
    assert verbs.state(approval) is ApprovalState.DONE
    assert (await Partner.get()).scopes == ["groups:read", "tips:read"]
    # It was for this change alone, once.
    wider = {"areas": await area_ids("82")}
    with pytest.raises(NeedsApproval):
        await partners.edit(row.id, seen=2, scopes=more, by=admin, **(given | wider))


async def test_partner_is_added_when_a_commander_approves(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    given: dict[str, Any] = {"name": "Mới", "contact": "Phòng mẫu", "areas": await area_ids("29905")}
    approval = await asked(partners.create(scopes={Scope.TIPS_WORK}, by=admin, **given), admin)
    await verbs.approve(approval.id, by=head)
    row = await Partner.get()
    assert (row.name, row.contact, row.scopes) == ("Mới", "Phòng mẫu", ["tips:work"])
    told = await AuditEntry.filter(noun="partner", row_id=row.id).first()
    assert told is not None
    assert told.actor_id == admin.id


async def test_less_needs_nobody_when_a_partner_reads_tips(database: str, staff_actor: StaffActor) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    row = await a_partner(Scope.TIPS_READ, Scope.GROUPS_READ, area="82")
    given: dict[str, Any] = {"name": "Tên khác", "contact": "", "areas": await area_ids("29905")}
    await partners.edit(row.id, seen=1, scopes={Scope.TIPS_READ}, by=admin, **given)
    row = await Partner.get()
    row = await partners.deactivate(row.id, seen=row.version, by=admin)
    assert not row.active


@pytest.mark.parametrize("scope", [Scope.CHANGES_READ, Scope.EXPORTS_RUN])
async def test_scope_beside_tips_needs_approval_when_added(
    database: str, staff_actor: StaffActor, scope: Scope
) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    given: dict[str, Any] = {"name": row.name, "contact": "", "areas": await area_ids("29905")}
    with pytest.raises(NeedsApproval):
        await partners.edit(row.id, seen=1, scopes={Scope.TIPS_READ, scope}, by=admin, **given)
    alone = await partners.create(name="Khác", scopes={scope}, areas=given["areas"], by=admin)
    assert alone.scopes == [scope.value]


async def test_every_way_in_needs_approval_when_a_partner_reads_tips(
    database: str, staff_actor: StaffActor
) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    await partners.issue_key(row.id, by=TASK)
    key = await PartnerKey.get()
    for attempt in (
        partners.issue_key(row.id, by=admin),
        partners.rotate_key(key.prefix, overlap_days=7, by=admin),
        partners.set_signing_keys(row.id, JWKS, seen=1, by=admin),
    ):
        with pytest.raises(NeedsApproval):
            await attempt
    assert [kept.id for kept in await PartnerKey.filter(revoked_at__isnull=True)] == [key.id]
    assert (await PartnerKey.get()).expires_at is None
    assert (await Partner.get()).jwks is None
    await partners.deactivate(row.id, seen=1, by=TASK)
    with pytest.raises(NeedsApproval):
        await partners.activate(row.id, seen=2, by=admin)
    assert not (await Partner.get()).active
    # To revoke must not wait for anybody.
    await partners.revoke_key(key.prefix, by=admin)
    assert await AccessToken.all().count() == 0


async def test_signing_keys_are_set_when_a_commander_approves(database: str, staff_actor: StaffActor) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    approval = await asked(partners.set_signing_keys(row.id, JWKS, seen=1, by=admin), admin)
    await verbs.approve(approval.id, by=await somebody(Role.COMMANDER))
    row = await Partner.get()
    assert row.jwks is not None
    assert len(row.jwks["keys"]) == 1
    await partners.set_signing_keys(row.id, "", seen=row.version, by=admin)
    approval = await asked(partners.set_signing_keys(row.id, JWKS, seen=row.version + 1, by=admin), admin)
    await partners.deactivate(row.id, seen=row.version + 1, by=admin)
    with pytest.raises(Conflict):
        await verbs.approve(approval.id, by=await somebody(Role.COMMANDER))
    assert verbs.state(await Approval.get(id=approval.id)) is ApprovalState.WAITING


async def test_partner_is_let_in_when_a_commander_approves(database: str, staff_actor: StaffActor) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    row = await partners.deactivate(row.id, seen=1, by=admin)
    approval = await asked(partners.activate(row.id, seen=row.version, by=admin), admin)
    await verbs.approve(approval.id, by=await somebody(Role.COMMANDER))
    assert (await Partner.get()).active


async def test_key_is_issued_once_when_it_is_approved(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    with pytest.raises(Conflict):
        await verbs.carry_out(approval.id, by=admin)
    approval = await verbs.approve(approval.id, by=head)
    assert verbs.state(approval) is ApprovalState.APPROVED
    assert await PartnerKey.all().count() == 0
    for other in (head, await staff_actor(Role.ADMINISTRATOR)):
        with pytest.raises((Denied, NotFound)):
            await verbs.carry_out(approval.id, by=other)
    handed = await verbs.carry_out(approval.id, by=admin)
    assert (handed.to.id, "ktn_" in repr(handed)) == (row.id, False)
    assert await partners.actor_of(handed.secret) is not None
    with pytest.raises(Conflict):
        await verbs.carry_out(approval.id, by=admin)
    with pytest.raises(NeedsApproval):
        await partners.issue_key(row.id, by=admin)
    held = str([await Approval.all().values(), await AuditEntry.all().values()])
    assert handed.secret not in held


async def test_key_is_rotated_when_it_is_approved(database: str, staff_actor: StaffActor) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    await partners.issue_key(row.id, by=TASK)
    prefix = (await PartnerKey.get()).prefix
    approval = await asked(partners.rotate_key(prefix, overlap_days=3, by=admin), admin)
    await verbs.approve(approval.id, by=await somebody(Role.COMMANDER))
    # Approved is this overlap and no other.
    with pytest.raises(NeedsApproval):
        await partners.rotate_key(prefix, overlap_days=90, by=admin)
    assert await partners.actor_of((await verbs.carry_out(approval.id, by=admin)).secret) is not None


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
async def test_account_is_added_when_the_right_role_approves(
    database: str, staff_actor: StaffActor, role: Role, decider: Role
) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    areas = await area_ids("29905")
    invited = staff.invite(username="mau-moi", name="Cán bộ mẫu", role=role, areas=areas, by=admin)
    approval = await asked(invited, admin)
    for other in set(Role) - DECIDES[approval.kind]:
        with pytest.raises((Denied, NotFound)):
            await verbs.approve(approval.id, by=await somebody(other))
    await verbs.approve(approval.id, by=await somebody(decider))
    handed = await verbs.carry_out(approval.id, by=admin)
    row = await Staff.get(username="mau-moi")
    assert (handed.to.id, row.role, row.renew_password) == (row.id, role, True)


async def test_role_and_areas_change_when_they_are_approved(database: str, staff_actor: StaffActor) -> None:
    admin, officer = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.OFFICER, "29905")
    row = await Staff.get(id=officer.id)
    given: dict[str, Any] = {"name": row.name, "email": "", "language": Language.VI}

    def edited(role: Role, areas: list[UUID], seen: int) -> Awaitable[Staff]:
        return staff.edit(row.username, seen=seen, role=role, areas=areas, by=admin, **given)

    wide, narrow = await area_ids("82"), await area_ids("29905")
    approval = await asked(edited(Role.OFFICER, wide, 1), admin)
    assert approval.kind is ApprovalKind.TIP_ACCOUNT
    await verbs.approve(approval.id, by=await somebody(Role.COMMANDER))
    # Less than before waits for nobody, and neither does a role that reads no tips.
    await edited(Role.OFFICER, narrow, 2)
    kept = await edited(Role.FRONT, narrow, 3)
    approval = await asked(edited(Role.CUSTODIAN, narrow, kept.version), admin)
    assert approval.kind is ApprovalKind.DECIDER_ACCOUNT
    await verbs.approve(approval.id, by=await somebody(Role.AUDITOR))
    kept = await Staff.get(id=row.id)
    assert kept.role is Role.CUSTODIAN
    # Of those who decide on others, not even less is done alone.
    with pytest.raises(NeedsApproval):
        await edited(Role.FRONT, narrow, kept.version)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.COMMANDER, Role.CUSTODIAN, Role.AUDITOR])
async def test_every_way_into_an_account_needs_approval(
    database: str, staff_actor: StaffActor, role: Role
) -> None:
    admin, victim = await staff_actor(Role.ADMINISTRATOR), await staff_actor(role)
    row = await Staff.get(id=victim.id)
    for attempt in (
        staff.set_password(row.username, "một mật khẩu khác hẳn", by=admin),
        staff.hand_over_password(row.username, motive=WHY, by=admin),
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
        await staff.activate(row.username, seen=row.version, motive=WHY, by=admin)
    assert not (await Staff.get(id=row.id)).active


async def test_account_is_opened_when_it_is_approved(database: str, staff_actor: StaffActor) -> None:
    admin, victim = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.CUSTODIAN)
    row = await Staff.get(id=victim.id)
    await Factor.create(staff_id=row.id, kind="PASSKEY", name="Khóa mẫu", credential_id=b"1", public_key=b"-")
    removed = await asked(staff.remove_factors(row.username, motive=WHY, by=admin), admin)
    linked = await asked(identities.link_for(row.username, "https://sso.example", "a", by=admin), admin)
    auditor = await somebody(Role.AUDITOR)
    for approval in (removed, linked):
        await verbs.approve(approval.id, by=auditor)
    assert (await Factor.all().count(), await Identity.all().count()) == (0, 1)
    row = await staff.deactivate(row.username, motive=WHY, by=admin)
    opened = staff.activate(row.username, seen=row.version, motive=WHY, by=admin)
    await verbs.approve((await asked(opened, admin)).id, by=auditor)
    assert (await Staff.get(id=row.id)).active
    handed_over = await asked(staff.hand_over_password(row.username, motive=WHY, by=admin), admin)
    await verbs.approve(handed_over.id, by=auditor)
    handed = await verbs.carry_out(handed_over.id, by=admin)
    begun = await staff.sign_in(row.username, handed.secret, staff.Origin("192.0.2.1", "Firefox"))
    assert begun is not None
    assert await Session.filter(staff_id=row.id, ended_at__isnull=True).count() == 1


async def test_nobody_approves_what_they_ask_for(database: str, staff_actor: StaffActor) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    _row, approval = await asked_for_a_key(admin)
    await Staff.filter(id=admin.id).update(role=Role.COMMANDER)
    both = Actor(admin.kind, admin.id, admin.name, role=Role.COMMANDER, areas=admin.areas)
    for decide in (verbs.approve, verbs.refuse):
        with pytest.raises(Denied):
            await decide(approval.id, by=both)
    assert await verbs.waiting(both) == []


async def test_refusal_ends_a_request_for_good(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    assert verbs.state(await verbs.refuse(approval.id, by=head)) is ApprovalState.REFUSED
    for attempt in (
        verbs.approve(approval.id, by=head),
        verbs.carry_out(approval.id, by=admin),
        verbs.withdraw(approval.id, by=admin),
    ):
        with pytest.raises(Conflict):
            await attempt


async def test_withdrawn_request_is_not_approved(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    with pytest.raises(NotFound):
        await verbs.withdraw(approval.id, by=await staff_actor(Role.ADMINISTRATOR))
    with pytest.raises(Conflict):
        await asked(partners.issue_key(row.id, by=admin), admin)
    assert verbs.state(await verbs.withdraw(approval.id, by=admin)) is ApprovalState.WITHDRAWN
    with pytest.raises(Conflict):
        await verbs.approve(approval.id, by=head)
    assert (await asked(partners.issue_key(row.id, by=admin), admin)).id != approval.id


async def test_request_is_not_approved_when_its_week_is_over(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    assert approval.expires_at == approval.asked_at + timedelta(days=7)
    await expired(database, approval)
    with pytest.raises(Conflict):
        await verbs.approve(approval.id, by=head)
    assert await verbs.waiting(head) == []
    assert verbs.state(await Approval.get(id=approval.id)) is ApprovalState.EXPIRED


async def test_approval_is_not_used_when_its_day_is_over(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    approval = await verbs.approve(approval.id, by=head)
    assert approval.decided_at is not None
    assert approval.expires_at == approval.decided_at + timedelta(days=1)
    await expired(database, approval)
    with pytest.raises(Conflict):
        await verbs.carry_out(approval.id, by=admin)
    with pytest.raises(NeedsApproval):
        await partners.issue_key(row.id, by=admin)


async def test_decision_is_refused_when_the_role_was_lost(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    # The page was opened before; what the session says of the role is late.
    await Staff.filter(id=head.id).update(role=Role.FRONT)
    with pytest.raises(Invalid):
        await verbs.approve(approval.id, by=head)
    assert verbs.state(await Approval.get()) is ApprovalState.WAITING


@pytest.mark.parametrize("lost", [{"role": Role.FRONT}, {"active": False}, {"deleted_at": now()}])
async def test_approval_is_void_when_its_decider_lost_the_role(
    database: str, staff_actor: StaffActor, lost: dict[str, Any]
) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    await verbs.approve(approval.id, by=head)
    await Staff.filter(id=head.id).update(**lost)
    with pytest.raises(Conflict):
        await verbs.carry_out(approval.id, by=admin)
    with pytest.raises(NeedsApproval):
        await partners.issue_key(row.id, by=admin)
    assert await PartnerKey.all().count() == 0


async def test_nothing_is_done_when_the_asker_may_not_any_more(
    database: str, staff_actor: StaffActor
) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row = await a_partner(Scope.GROUPS_READ)
    given: dict[str, Any] = {"name": row.name, "contact": "", "areas": await area_ids("29905")}
    edited = partners.edit(row.id, seen=1, scopes={Scope.TIPS_READ}, by=admin, **given)
    approval = await asked(edited, admin)
    await Staff.filter(id=admin.id).update(role=Role.FRONT)
    with pytest.raises(Conflict):
        await verbs.approve(approval.id, by=head)
    await Staff.filter(id=admin.id).update(role=Role.ADMINISTRATOR, active=False)
    with pytest.raises(Conflict):
        await verbs.approve(approval.id, by=head)
    assert (await Partner.get()).scopes == ["groups:read"]
    assert verbs.state(await Approval.get()) is ApprovalState.WAITING


async def moved(actor: Actor, area: str) -> None:
    """The account works in `area` alone from now on, as the operator decided."""
    row = await Staff.get(id=actor.id)
    given: dict[str, Any] = {"name": row.name, "email": "", "role": row.role, "language": row.language}
    await staff.edit(row.username, seen=row.version, areas=await area_ids(area), by=TASK, **given)


async def test_approve_says_conflict_when_the_account_moved(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    officer = await staff_actor(Role.OFFICER, "29905")
    linked = identities.link_for(
        (await Staff.get(id=officer.id)).username, "https://sso.example", "a", by=admin
    )
    approval = await asked(linked, admin)
    await moved(officer, "82")
    with pytest.raises(Conflict) as refusal:
        await verbs.approve(approval.id, by=head)
    assert "no longer fits. Refuse it" in refusal.value.message.text
    assert await Identity.all().count() == 0
    assert verbs.state(await Approval.get()) is ApprovalState.WAITING
    assert verbs.state(await verbs.refuse(approval.id, by=head)) is ApprovalState.REFUSED


async def test_approve_says_conflict_when_the_asker_moved(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    officer = await staff_actor(Role.OFFICER, "29905")
    linked = identities.link_for(
        (await Staff.get(id=officer.id)).username, "https://sso.example", "a", by=admin
    )
    approval = await asked(linked, admin)
    await moved(admin, "28249")
    with pytest.raises(Conflict):
        await verbs.approve(approval.id, by=head)
    assert await Identity.all().count() == 0


async def test_carry_out_says_conflict_when_the_account_moved(database: str, staff_actor: StaffActor) -> None:
    admin, officer = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.OFFICER, "29905")
    row = await Staff.get(id=officer.id)
    approval = await asked(staff.hand_over_password(row.username, motive=WHY, by=admin), admin)
    await verbs.approve(approval.id, by=await somebody(Role.COMMANDER))
    await moved(officer, "82")
    with pytest.raises(Conflict) as refusal:
        await verbs.carry_out(approval.id, by=admin)
    assert "no longer fits. Ask for it again" in refusal.value.message.text
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
        assert await verbs.visible_to(other).filter(id=approval.id).exists() is sees, role
        assert [one.id for one in await verbs.of_subject(other, row.id)] == [approval.id] * sees
        if decides is not None:
            assert await verbs.waiting(other).filter(id=approval.id).exists() is decides, role
    assert [one.id for one in await verbs.mine(admin)] == [approval.id]
    assert await verbs.of_subject(await staff_actor(Role.OFFICER), row.id) == []
    assert [area.code for area in await verbs.areas_of(approval.id)] == ["29905"]


async def test_every_step_stands_in_the_audit(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    await verbs.withdraw(approval.id, by=admin)
    approval = await asked(partners.issue_key(row.id, by=admin), admin)
    await verbs.refuse(approval.id, by=head)
    approval = await asked(partners.issue_key(row.id, by=admin), admin)
    await verbs.approve(approval.id, by=head)
    await verbs.carry_out(approval.id, by=admin)
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
    assert {entry.motive for entry in told} == {WHY, ""}
    assert {(entry.after or {})["subject_id"] for entry in told} == {str(row.id)}


async def test_operator_needs_nobody(database: str) -> None:
    row = await a_partner()
    await partners.issue_key(row.id, by=TASK)
    assert await Approval.all().count() == 0


async def test_one_of_two_deciders_is_too_late(database: str, staff_actor: StaffActor) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    _row, approval = await asked_for_a_key(admin)
    heads = [await staff_actor(Role.COMMANDER) for _ in range(4)]
    both = (verbs.approve, verbs.refuse, verbs.approve, verbs.refuse)
    results = await asyncio.gather(
        *(decide(approval.id, by=head) for decide, head in zip(both, heads, strict=True)),
        return_exceptions=True,
    )
    assert kinds(results) == ["Approval", "Conflict", "Conflict", "Conflict"]
    assert await AuditEntry.filter(noun="approval").count() == 2


async def test_approval_or_withdrawal_wins_when_both_come(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    for _ in range(6):
        row = await a_partner(Scope.GROUPS_READ)
        given: dict[str, Any] = {"name": row.name, "contact": "", "areas": await area_ids("29905")}
        edited = partners.edit(row.id, seen=1, scopes={Scope.TIPS_READ}, by=admin, **given)
        approval = await asked(edited, admin)
        results = await asyncio.gather(
            verbs.approve(approval.id, by=head),
            verbs.withdraw(approval.id, by=admin),
            return_exceptions=True,
        )
        assert kinds(results) == ["Approval", "Conflict"]
        reads = (await Partner.get(id=row.id)).scopes == ["tips:read"]
        done = verbs.state(await Approval.get(id=approval.id)) is ApprovalState.DONE
        assert reads is done
        await Partner.filter(id=row.id).update(name=str(row.id))


async def test_ask_makes_one_request_when_asked_many_times_at_once(
    database: str, staff_actor: StaffActor
) -> None:
    admin, row = await staff_actor(Role.ADMINISTRATOR), await a_partner()
    with pytest.raises(NeedsApproval) as refusal:
        await partners.issue_key(row.id, by=admin)
    wanted = refusal.value.wanted
    results = await asyncio.gather(
        *(verbs.ask(wanted, WHY, by=admin) for _ in range(4)), return_exceptions=True
    )
    assert kinds(results) == ["Approval", "AskedAlready", "AskedAlready", "AskedAlready"]
    assert await Approval.all().count() == 1


async def test_approval_is_spent_once_when_used_many_times_at_once(
    database: str, staff_actor: StaffActor
) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    row, approval = await asked_for_a_key(admin)
    await verbs.approve(approval.id, by=head)
    results = await asyncio.gather(
        *(verbs.carry_out(approval.id, by=admin) for _ in range(3)),
        *(partners.issue_key(row.id, by=admin) for _ in range(3)),
        return_exceptions=True,
    )
    done = [one for one in results if not isinstance(one, BaseException)]
    assert (len(done), await PartnerKey.all().count()) == (1, 1)
    assert set(kinds(results)) <= {"Handed", "str", "Conflict", "NeedsApproval"}


DECIDED = (
    "UPDATE approvals SET decided_by_id = $2, decision = 'APPROVED', decided_at = now(),"
    " expires_at = now() + interval '1 hour' WHERE id = $1"
)


async def test_database_refuses_a_decision_by_whoever_may_not(database: str, staff_actor: StaffActor) -> None:
    admin = await staff_actor(Role.ADMINISTRATOR)
    _row, approval = await asked_for_a_key(admin)
    gone = await staff_actor(Role.COMMANDER)
    await Staff.filter(id=gone.id).update(active=False)
    connection = await as_role(database, DatabaseRole.APP)
    for nobody in (
        admin,
        gone,
        await staff_actor(Role.ADMINISTRATOR),
        await staff_actor(Role.CUSTODIAN),
        await staff_actor(Role.AUDITOR),
        await staff_actor(Role.COMMANDER, "28249"),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(DECIDED, approval.id, nobody.id)
    head = await staff_actor(Role.COMMANDER)
    assert await connection.execute(DECIDED, approval.id, head.id) == "UPDATE 1"
    await connection.close()


async def test_database_lets_nobody_bend_a_request(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    connection = await as_role(database, DatabaseRole.APP)

    async def refused(*changes: str) -> None:
        for values in changes:
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(f"UPDATE approvals SET {values} WHERE id = $1", approval.id)

    always = (
        'request = \'{"expires_at": "9999-01-01"}\'',
        "subject_id = gen_random_uuid()",
        "digest = repeat('a', 64)",
        "asked_by_id = (SELECT id FROM staff WHERE id <> asked_by_id LIMIT 1)",
        "motive = 'khác'",
        "act = 'PARTNER_OPEN'",
        "kind = 'TIP_ACCOUNT'",
    )
    await refused(*always, "used_at = now()", "expires_at = now() + interval '6 days 23 hours'")
    await verbs.approve(approval.id, by=head)
    late = "expires_at = expires_at + interval '1 minute'"
    await refused(*always, late, "decision = 'REFUSED'", "withdrawn_at = now()", "decided_by_id = NULL")
    await verbs.carry_out(approval.id, by=admin)
    await refused(*always, "used_at = NULL", "used_at = now() + interval '1 hour'")
    for sql in ("DELETE FROM approvals", "DELETE FROM approval_areas", "UPDATE approval_areas SET id = id"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(
            "INSERT INTO approvals (id, act, kind, subject_id, request, digest, asked_by_id, asked_at,"
            " motive, decided_by_id, decision, decided_at, expires_at) SELECT gen_random_uuid(), act, kind,"
            " subject_id, request, digest, asked_by_id, asked_at, motive, decided_by_id, decision,"
            " decided_at, expires_at FROM approvals"
        )
    await connection.close()


async def test_database_approves_nothing_that_reaches_nowhere(database: str, staff_actor: StaffActor) -> None:
    admin, head = await staff_actor(Role.ADMINISTRATOR), await staff_actor(Role.COMMANDER)
    _row, approval = await asked_for_a_key(admin)
    await as_owner(database, "DELETE FROM approval_areas WHERE approval_id = $1", approval.id)
    connection = await as_role(database, DatabaseRole.APP)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(DECIDED, approval.id, head.id)
    await connection.close()
    assert await ApprovalArea.all().count() == 0


async def test_database_and_code_agree_on_who_decides(database: str) -> None:
    for kind, roles in DECIDES.items():
        (row,) = await as_owner(database, "SELECT approval_roles($1) AS roles", kind.value)
        assert set(row["roles"]) == {role.value for role in roles}
    (row,) = await as_owner(database, "SELECT approval_roles('KHAC') AS roles")
    assert row["roles"] == []


def test_every_act_says_how_it_is_done() -> None:
    assert set(acts.DO) == set(Act) - {Act.PHONE_LOOKUP}
    assert set(acts.DO) == acts.BY_ASKER | acts.AT_ONCE
