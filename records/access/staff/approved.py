"""Accounts that nobody but two people together make, open or change."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from records.access.guard import require
from records.access.staff.areas import area_ids_of
from records.core.actor import Actor
from records.core.rights import account_kind
from records.tables import Staff
from records.tables.approvals import Act


async def check_approved(act: Act, row: Staff, request: dict[str, Any], *, by: Actor) -> None:
    """Uses up the approval of what would let somebody sign in as this person. Raises `NeedsApproval`."""
    areas = await area_ids_of(row.id)
    await require(act, account_kind(row.role), row.id, areas=areas, request=request, by=by)


def request_of(row: Staff, areas: Collection[UUID]) -> dict[str, Any]:
    """What an approval holds of an account: all that is entered of it, and no secret."""
    texts = {"name": row.name, "email": row.email, "role": row.role.value, "language": row.language.value}
    return texts | {"areas": sorted(map(str, set(areas)))}
