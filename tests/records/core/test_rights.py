"""Each verb refuses whoever the tables of rights do not name."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import FunctionType, ModuleType

import pytest

import records
from records.core.actor import Actor, Role, Scope, system_actor
from records.core.errors import DomainError, PermissionDenied
from records.core.rights import (
    ROLE_RIGHTS,
    SCOPE_RIGHTS,
    Right,
)
from tests.nouns import Attempt
from tests.records.core.verbs import VERBS, member_of, partner_with

# Used at the doors alone: for catalogues that hold no record, and for the feed of what other rights show.
AT_THE_DOORS = {Right.PROGRAMMES_READ, Right.FAQ_READ, Right.CHANGES_READ}


# Called by verbs, which have asked for the right; no door calls them.
BENEATH = """
access.guard.record_step
access.guard.require_approval
access.partners.partner.require_activation_approval
access.partners.partner.change_partner
access.partners.partner.check_manages
access.partners.partner.load
access.staff.noun.load
access.staff.noun.record_note
access.staff.approval_checks.check_approved
access.staff.validation.check_areas
access.staff.validation.validate_account
access.staff.validation.validate_reason
areas.scope.check_area
areas.scope.actor_can_reach
areas.scope.areas_within
areas.scope.within
changes.rows.change_row
changes.unit_of_work.touch
changes.unit_of_work.audit
changes.unit_of_work.create
changes.unit_of_work.record_change
changes.unit_of_work.update
changes.idempotency.run_once
core.validation.checked
delivery.webhooks.endpoints.mention
delivery.webhooks.endpoints.stop
delivery.webhooks.payloads.body
metrics.disclosure.is_rounded
nouns.areas.noun.is_manageable
nouns.areas.reorganisation.reorganisation
nouns.catalogues.managed.change_managed
nouns.catalogues.managed.with_reach
nouns.education.cases.load
nouns.groups.check_open
nouns.members.load_locked
nouns.tips.noun.load
nouns.tips.timeline.add_event
nouns.tips.transitions.move
nouns.tips.drafts.validate
nouns.legal_holds.locked
registry.history.disclose
privacy.attachments.erasure.erase_all
"""


# Whoever lacks the right gets nothing, rather than a refusal: the tests of their nouns show it.
GIVE_NOTHING = """
access.approvals.requests.decided_by
access.approvals.requests.of_subject
nouns.education.supervisors.assignable
registry.reversals.columns
nouns.tips.work.assignable
privacy.reveals.codes
privacy.reveals.of_record
"""


# Of a partner or a staff member for itself, whatever its scopes or role.
OWN = """
access.partners.budgets.budget_of
access.partners.budgets.refund
access.partners.budgets.charge
access.partners.documents.check_allowed
access.partners.documents.find_document_text
access.partners.requests.count_request
access.saved_views.own
access.saved_views.remove
access.saved_views.save
"""


def tried(attempt: Attempt) -> Iterator[str]:
    """The functions of `records` that an attempt calls."""
    used = inspect.getclosurevars(attempt)
    modules = [value for value in used.globals.values() if isinstance(value, ModuleType)]
    named = [getattr(module, name, None) for module in modules for name in attempt.__code__.co_names]
    yield from (full_name(f) for f in (*named, *used.nonlocals.values()) if isinstance(f, FunctionType))


def that_take_an_actor() -> Iterator[str]:
    """Every public function of `records` that somebody acts with; what begins with `can_` only asks."""
    for found in walk_packages(records.__path__, "records."):
        if found.name.startswith(("records.demo", "records.database.migrations", "records.core.rights")):
            continue
        for name, value in vars(import_module(found.name)).items():
            ours = isinstance(value, FunctionType) and value.__module__ == found.name
            if ours and not name.startswith(("_", "can_")) and takes_an_actor(value):
                yield full_name(value)


def takes_an_actor(function: FunctionType) -> bool:
    return any(given.annotation is Actor for given in inspect.signature(function).parameters.values())


def full_name(function: FunctionType) -> str:
    return f"{function.__module__.removeprefix('records.')}.{function.__name__}"


async def refused(attempt: Attempt, by: Actor) -> bool:
    """Whether it is the right that is missing, rather than the record or its values."""
    try:
        await attempt(by)
    except PermissionDenied:
        return True
    except DomainError:
        return False
    return False


def test_rights_are_all_used_by_verbs() -> None:
    assert {right for right, _, _ in VERBS} | AT_THE_DOORS == set(Right)


def test_verbs_with_actor_are_all_tried() -> None:
    """A new verb without an entry fails."""
    attempts = {name for _, _, attempt in VERBS for name in tried(attempt)}
    others = [*BENEATH.split(), *GIVE_NOTHING.split(), *OWN.split()]
    assert attempts.isdisjoint(others)
    assert sorted([*attempts, *others]) == sorted(that_take_an_actor())


@pytest.mark.parametrize(
    ("right", "attempt"), [pytest.param(r, a, id=f"{r.value}-{name}") for r, name, a in VERBS]
)
async def test_verb_refuses_roles_and_scopes_without_its_right(
    database: str, right: Right, attempt: Attempt
) -> None:
    for role in Role:
        assert await refused(attempt, member_of(role)) is (right not in ROLE_RIGHTS[role]), role
    for scope in Scope:
        assert await refused(attempt, partner_with(scope)) is (right not in SCOPE_RIGHTS[scope]), scope
    assert not await refused(attempt, system_actor("test"))
