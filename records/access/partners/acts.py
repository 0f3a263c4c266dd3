"""The approved actions on partners: each calls the verb that asked for the approval."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from records.access.partners import keys, partner, signing
from records.core.actor import Actor, Scope
from records.core.errors import NotFound
from records.tables import Approval, Partner
from records.tables.approvals import ApprovalAction


async def _add(approval: Approval, by: Actor) -> None:
    await partner.create(**_submitted(approval.request), by=by)


async def _edit(approval: Approval, by: Actor) -> None:
    requested = approval.request
    await partner.edit(
        _subject_id(approval), expected_version=requested["seen"], **_submitted(requested), by=by
    )


async def _activate(approval: Approval, by: Actor) -> None:
    await partner.activate(_subject_id(approval), expected_version=approval.request["seen"], by=by)


async def _set_signing_keys(approval: Approval, by: Actor) -> None:
    requested = approval.request
    await signing.set_signing_keys(
        _subject_id(approval), requested["jwks"], expected_version=requested["seen"], by=by
    )


async def _issue_key(approval: Approval, by: Actor) -> tuple[Partner, str]:
    ends = approval.request["expires_at"]
    expires_at = datetime.fromisoformat(ends) if ends else None
    key = await keys.issue_key(_subject_id(approval), expires_at=expires_at, by=by)
    return await Partner.get(id=approval.subject_id), key


async def _rotate_key(approval: Approval, by: Actor) -> tuple[Partner, str]:
    requested = approval.request
    key = await keys.rotate_key(requested["prefix"], overlap_days=requested["overlap_days"], by=by)
    return await Partner.get(id=_subject_id(approval)), key


def _submitted(requested: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": requested["name"],
        "contact": requested["contact"],
        "scopes": {Scope(scope) for scope in requested["scopes"]},
        "areas": {UUID(area) for area in requested["areas"]},
    }


def _subject_id(approval: Approval) -> UUID:
    if approval.subject_id is None:
        raise NotFound("There is no such record.")
    return approval.subject_id


AT_ONCE: Final = {
    ApprovalAction.PARTNER_ADD: _add,
    ApprovalAction.PARTNER_EDIT: _edit,
    ApprovalAction.PARTNER_OPEN: _activate,
    ApprovalAction.PARTNER_SIGNING_KEYS: _set_signing_keys,
}
# A secret comes of these, which whoever approves must not see.
BY_ASKER: Final = {ApprovalAction.PARTNER_KEY: _issue_key, ApprovalAction.PARTNER_KEY_ROTATION: _rotate_key}
