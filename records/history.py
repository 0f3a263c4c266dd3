"""The history of a row, for people to read."""

from uuid import UUID

from records.core.actor import Actor
from records.core.rights import Right, check_may
from records.core.scope import within
from records.tables import AuditEntry


async def of_row(actor: Actor, row_id: UUID, *, most: int = 100) -> list[AuditEntry]:
    """The latest changes of a row in the actor's areas, newest first. Raises `Denied`."""
    check_may(actor, Right.HISTORY_READ)
    return await AuditEntry.filter(within(actor), row_id=row_id).order_by("-seq").limit(most)
