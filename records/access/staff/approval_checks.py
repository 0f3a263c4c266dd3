"""Accounts that nobody but two people together make, open or change."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from records.access.guard import require_approval
from records.access.staff.areas import AREAS
from records.core.actor import Actor
from records.core.rights import account_kind
from records.tables import Staff
from records.tables.approvals import ApprovalAction


async def check_approved(act: ApprovalAction, row: Staff, request: dict[str, Any], *, by: Actor) -> None:
    """Uses up the approval of what would let somebody sign in as this person. Raises `NeedsApproval`."""
    areas = await AREAS.ids_of(row.id)
    await require_approval(act, account_kind(row.role), row.id, areas=areas, arguments=request, by=by)


def request_of(row: Staff, areas: Collection[UUID]) -> dict[str, Any]:
    """The account as an approval holds it: all that is entered of it, and no secret."""
    texts = {"name": row.name, "email": row.email, "role": row.role.value, "language": row.language.value}
    return texts | {"areas": sorted(map(str, set(areas)))}
