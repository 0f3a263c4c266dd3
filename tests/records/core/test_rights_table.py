"""The tables of rights are those that people agreed on."""

from collections import Counter
from uuid import uuid4

import pytest

from records.core.actor import Actor, ActorKind, Role, Scope, system_actor
from records.core.errors import PermissionDenied
from records.core.rights import (
    DECIDER_ROLES,
    ROLE_RIGHTS,
    SCOPE_RIGHTS,
    SCOPES_NEEDING_APPROVAL,
    ApprovalKind,
    Right,
    account_kind,
    check_right,
    has_right,
    needs_approval,
)
from scripts import tables
from tests.records.core.verbs import member_of, partner_with


def test_rights_tables_match_reference_page() -> None:
    assert tables.PATH.read_text(encoding="utf-8") == tables.text()


def test_rights_tables_cover_roles_scopes_and_rights() -> None:
    assert set(ROLE_RIGHTS) == set(Role)
    assert set(SCOPE_RIGHTS) == set(Scope)
    assert set().union(*ROLE_RIGHTS.values(), *SCOPE_RIGHTS.values()) == set(Right)
    assert all(rights <= set(Right) for rights in (*ROLE_RIGHTS.values(), *SCOPE_RIGHTS.values()))
    assert all(rights for rights in (*ROLE_RIGHTS.values(), *SCOPE_RIGHTS.values()))


def test_right_is_unique_and_named_after_noun_and_verb() -> None:
    assert max(Counter(right.value for right in Right).values()) == 1
    assert all(right.value == right.name.lower().replace("_", ".", 1) for right in Right)


def test_scopes_declare_whether_guarded() -> None:
    assert set(SCOPES_NEEDING_APPROVAL) == set(Scope)
    guarded = {scope for scope in Scope if needs_approval([scope])}
    # Whatever an administrator cannot read is guarded, and the counts of it.
    unread = {Right.TIPS_READ, Right.ENQUIRIES_READ} - ROLE_RIGHTS[Role.ADMINISTRATOR]
    counts = {Scope.METRICS_READ, Scope.ENQUIRIES_READ}
    assert guarded == {scope for scope in Scope if SCOPE_RIGHTS[scope] & unread} | counts
    assert not needs_approval([])


def test_roles_declare_who_approves_their_accounts() -> None:
    kinds = {role: account_kind(role) for role in Role}
    decider, reads = ApprovalKind.DECIDER_ACCOUNT, ApprovalKind.TIP_ACCOUNT
    assert kinds == {
        Role.ADMINISTRATOR: None,
        Role.COMMANDER: decider,
        Role.OFFICER: reads,
        Role.FRONT: None,
        Role.ANALYST: reads,
        Role.CUSTODIAN: decider,
        Role.AUDITOR: decider,
    }
    assert account_kind(Role.FRONT, Role.CUSTODIAN) is account_kind(Role.CUSTODIAN, Role.FRONT) is decider
    assert account_kind(Role.OFFICER, Role.FRONT) is reads


def test_approval_deciders_cannot_request_accounts() -> None:
    assert set(DECIDER_ROLES) == set(ApprovalKind)
    for roles in DECIDER_ROLES.values():
        assert Role.ADMINISTRATOR not in roles
        assert roles == {role for role in roles if Right.APPROVALS_DECIDE in ROLE_RIGHTS[role]}


def test_role_reads_nouns_it_may_change() -> None:
    for role, rights in ROLE_RIGHTS.items():
        for right in rights:
            noun = right.value.partition(".")[0]
            reading = next((other for other in Right if other.value == f"{noun}.read"), None)
            assert reading is None or reading in rights, (role, right)


def test_partner_rights_match_api_mutations() -> None:
    # An export takes away what can be read.
    changing = {right for right in Right if not right.value.endswith(".read")} - {Right.EXPORTS_RUN}
    assert set().union(*SCOPE_RIGHTS.values()) & changing == {
        Right.TIPS_SUBMIT,
        Right.TIPS_NOTE,
        Right.TIPS_REPORT,
        Right.ACTIVITIES_RECORD,
        Right.ENQUIRIES_ANSWER,
        Right.FIGURES_REPORT,
    }


def test_partner_reads_nouns_it_works_on_and_not_those_it_sends() -> None:
    for scope, rights in SCOPE_RIGHTS.items():
        nouns = {right.value.partition(".")[0] for right in rights if not right.value.endswith(".read")}
        sees = {right.value.partition(".")[0] for right in rights if right.value.endswith(".read")}
        # An export holds what other scopes show, and none of its own.
        alone = {Scope.TIPS_WRITE, Scope.FIGURES_WRITE, Scope.EXPORTS_RUN}
        assert sees & nouns == (set() if scope in alone else nouns), scope


def test_tip_rights_are_for_police_roles_only() -> None:
    for role in (Role.ADMINISTRATOR, Role.FRONT, Role.CUSTODIAN, Role.AUDITOR):
        assert not any(right.value.startswith("tips.") for right in ROLE_RIGHTS[role]), role
    managing = {Right.STAFF_MANAGE, Right.PARTNERS_MANAGE}
    assert [role for role in Role if ROLE_RIGHTS[role] & managing] == [Role.ADMINISTRATOR]


@pytest.mark.parametrize("right", Right)
def test_right_is_denied_when_no_table_gives_it(right: Right) -> None:
    for role in Role:
        assert has_right(member_of(role), right) is (right in ROLE_RIGHTS[role])
    for scope in Scope:
        assert has_right(partner_with(scope), right) is (right in SCOPE_RIGHTS[scope])
    nobody = (
        Actor(ActorKind.STAFF, uuid4(), "Không vai trò"),
        partner_with(),
        # Scopes are for partners and roles for staff: the other's help nobody.
        Actor(ActorKind.STAFF, uuid4(), "Không vai trò", scopes=frozenset(Scope)),
        Actor(ActorKind.PARTNER, uuid4(), "Không quyền", role=Role.COMMANDER),
    )
    for actor in nobody:
        assert not has_right(actor, right)
        with pytest.raises(PermissionDenied):
            check_right(actor, right)
    assert has_right(system_actor("test"), right)
    check_right(system_actor("test"), right)
