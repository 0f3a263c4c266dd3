"""What is done once it is approved: each act calls the verb that wanted the approval, as whoever asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from records.access import partners, staff
from records.access.staff import identities
from records.core.actor import Actor, Role, Scope
from records.core.errors import NotFound
from records.core.language import Language
from records.tables import Approval, Partner, Staff
from records.tables.approvals import Act


@dataclass(frozen=True)
class Handed:
    """A secret, told this once, and whom it is for."""

    to: Staff | Partner
    secret: str

    def __repr__(self) -> str:
        return "Handed(...)"


async def _add_partner(approval: Approval, by: Actor) -> None:
    given = approval.request
    await partners.create(
        name=given["name"],
        contact=given["contact"],
        scopes={Scope(scope) for scope in given["scopes"]},
        areas=_ids(given["areas"]),
        by=by,
    )


async def _edit_partner(approval: Approval, by: Actor) -> None:
    given = approval.request
    await partners.edit(
        _subject(approval),
        seen=given["seen"],
        name=given["name"],
        contact=given["contact"],
        scopes={Scope(scope) for scope in given["scopes"]},
        areas=_ids(given["areas"]),
        by=by,
    )


async def _open_partner(approval: Approval, by: Actor) -> None:
    await partners.activate(_subject(approval), seen=approval.request["seen"], by=by)


async def _set_signing_keys(approval: Approval, by: Actor) -> None:
    given = approval.request
    await partners.set_signing_keys(_subject(approval), given["jwks"], seen=given["seen"], by=by)


async def _issue_key(approval: Approval, by: Actor) -> Handed:
    given = approval.request["expires_at"]
    expires_at = datetime.fromisoformat(given) if given else None
    key = await partners.issue_key(_subject(approval), expires_at=expires_at, by=by)
    return Handed(await _partner(approval), key)


async def _rotate_key(approval: Approval, by: Actor) -> Handed:
    given = approval.request
    key = await partners.rotate_key(given["prefix"], overlap_days=given["overlap_days"], by=by)
    return Handed(await _partner(approval), key)


async def _add_staff(approval: Approval, by: Actor) -> Handed:
    given = approval.request
    row, password = await staff.invite(
        username=given["username"],
        name=given["name"],
        email=given["email"],
        role=Role(given["role"]),
        language=Language(given["language"]),
        areas=_ids(given["areas"]),
        by=by,
    )
    return Handed(row, password)


async def _edit_staff(approval: Approval, by: Actor) -> None:
    given = approval.request
    await staff.edit(
        await _username(approval),
        seen=given["seen"],
        name=given["name"],
        email=given["email"],
        role=Role(given["role"]),
        language=Language(given["language"]),
        areas=_ids(given["areas"]),
        by=by,
    )


async def _open_staff(approval: Approval, by: Actor) -> None:
    seen, username = approval.request["seen"], await _username(approval)
    await staff.activate(username, seen=seen, motive=approval.motive, by=by)


async def _hand_over_password(approval: Approval, by: Actor) -> Handed:
    row, password = await staff.hand_over_password(await _username(approval), motive=approval.motive, by=by)
    return Handed(row, password)


async def _remove_factors(approval: Approval, by: Actor) -> None:
    await staff.remove_factors(await _username(approval), motive=approval.motive, by=by)


async def _link_identity(approval: Approval, by: Actor) -> None:
    given = approval.request
    await identities.link_for(await _username(approval), given["issuer"], given["subject"], by=by)


# A look-up is no act of its own: what needs one asks whether the approval lives
# (records/privacy/data_requests.py).
DO: Final[dict[Act, Callable[[Approval, Actor], Awaitable[Handed | None]]]] = {
    Act.PARTNER_ADD: _add_partner,
    Act.PARTNER_EDIT: _edit_partner,
    Act.PARTNER_OPEN: _open_partner,
    Act.PARTNER_SIGNING_KEYS: _set_signing_keys,
    Act.PARTNER_KEY: _issue_key,
    Act.PARTNER_KEY_ROTATION: _rotate_key,
    Act.STAFF_ADD: _add_staff,
    Act.STAFF_EDIT: _edit_staff,
    Act.STAFF_OPEN: _open_staff,
    Act.STAFF_PASSWORD: _hand_over_password,
    Act.STAFF_FACTORS: _remove_factors,
    Act.STAFF_IDENTITY: _link_identity,
}
# A secret comes of these, which whoever approves must not see.
BY_ASKER: Final = frozenset({Act.PARTNER_KEY, Act.PARTNER_KEY_ROTATION, Act.STAFF_ADD, Act.STAFF_PASSWORD})
AT_ONCE: Final = frozenset(DO) - BY_ASKER


def _ids(given: list[str]) -> set[UUID]:
    return {UUID(id_) for id_ in given}


def _subject(approval: Approval) -> UUID:
    if approval.subject_id is None:
        raise NotFound("There is no such record.")
    return approval.subject_id


async def _partner(approval: Approval) -> Partner:
    return await Partner.get(id=_subject(approval))


async def _username(approval: Approval) -> str:
    row = await Staff.get_or_none(id=_subject(approval))
    if row is None:
        raise NotFound("There is no such staff member.")
    return row.username
