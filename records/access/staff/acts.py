"""The approved actions on accounts: each calls the verb that asked for the approval."""

from typing import Any, Final
from uuid import UUID

from records.access.staff import account_recovery, accounts, identities
from records.core.actor import Actor, Role
from records.core.errors import NotFound
from records.core.language import Language
from records.tables import Approval, Staff
from records.tables.approvals import ApprovalAction


async def _add(approval: Approval, by: Actor) -> tuple[Staff, str]:
    requested = approval.request
    return await accounts.invite(username=requested["username"], **_submitted(requested), by=by)


async def _edit(approval: Approval, by: Actor) -> None:
    requested = approval.request
    await accounts.edit(
        await _username(approval), expected_version=requested["seen"], **_submitted(requested), by=by
    )


async def _activate(approval: Approval, by: Actor) -> None:
    expected_version, username = approval.request["seen"], await _username(approval)
    await accounts.activate(username, expected_version=expected_version, motive=approval.motive, by=by)


async def _hand_over_password(approval: Approval, by: Actor) -> tuple[Staff, str]:
    username = await _username(approval)
    return await account_recovery.issue_password(username, motive=approval.motive, by=by)


async def _remove_factors(approval: Approval, by: Actor) -> None:
    await account_recovery.remove_factors(await _username(approval), motive=approval.motive, by=by)


async def _link_identity(approval: Approval, by: Actor) -> None:
    requested = approval.request
    await identities.link_for(await _username(approval), requested["issuer"], requested["subject"], by=by)


def _submitted(requested: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": requested["name"],
        "email": requested["email"],
        "role": Role(requested["role"]),
        "language": Language(requested["language"]),
        "areas": {UUID(area) for area in requested["areas"]},
    }


async def _username(approval: Approval) -> str:
    row = await Staff.get_or_none(id=approval.subject_id)
    if row is None:
        raise NotFound("There is no such staff member.")
    return row.username


AT_ONCE: Final = {
    ApprovalAction.STAFF_EDIT: _edit,
    ApprovalAction.STAFF_OPEN: _activate,
    ApprovalAction.STAFF_FACTORS: _remove_factors,
    ApprovalAction.STAFF_IDENTITY: _link_identity,
}
# A secret comes of these, which whoever approves must not see.
BY_ASKER: Final = {ApprovalAction.STAFF_ADD: _add, ApprovalAction.STAFF_PASSWORD: _hand_over_password}
