"""The history of a row, for people to read."""

from typing import Final
from uuid import UUID

from tortoise.expressions import Q

from records import education, partners
from records.core.actor import Actor
from records.core.rights import Right, check_may, may
from records.core.scope import within
from records.tables import AuditEntry, Tip

# Who may read a noun may read what became of it; who audits may read that of every noun.
_RIGHTS: Final = {
    "tip": Right.TIPS_READ,
    "group": Right.GROUPS_READ,
    "member": Right.MEMBERS_READ,
    "activity": Right.ACTIVITIES_READ,
    "education_case": Right.EDUCATION_READ,
    "enquiry": Right.ENQUIRIES_READ,
    "figure": Right.FIGURES_READ,
    "data_request": Right.RETENTION_MANAGE,
    "staff": Right.STAFF_MANAGE,
    "partner": Right.PARTNERS_MANAGE,
}


async def of_row(actor: Actor, row_id: UUID, *, most: int = 100) -> list[AuditEntry]:
    """The latest changes of a row in the actor's areas, or of a partner that they manage, newest first.

    Raises `Denied`.
    """
    check_may(actor, Right.HISTORY_READ)
    rows = AuditEntry.filter(await _seen_by(actor, row_id), row_id=row_id)
    if not may(actor, Right.AUDIT_READ):
        nouns = {noun for noun, right in _RIGHTS.items() if may(actor, right)}
        # A case is for those who guide it, and for nobody else of the area.
        if may(actor, Right.EDUCATION_READ) and not await _guides(actor, row_id):
            nouns.discard("education_case")
        rows = rows.filter(noun__in=nouns)
    found = await rows.order_by("-seq").limit(most)
    # The motive of a merger is the code of the other tip, which may lie elsewhere.
    named = [row.motive for row in found if row.action == Right.TIPS_MERGE.value]
    theirs = await Tip.filter(within(actor), code__in=named) if named else []
    seen = {tip.code for tip in theirs}
    for row in found:
        if row.action == Right.TIPS_MERGE.value and row.motive not in seen:
            row.motive = ""
    return found


async def _seen_by(actor: Actor, row_id: UUID) -> Q:
    """The condition of place. A partner has many areas and so its changes have none."""
    seen = within(actor)
    if actor.areas is None or not may(actor, Right.PARTNERS_MANAGE):
        return seen
    manages = await partners.visible_to(actor).filter(id=row_id).exists()
    return seen | Q(noun=partners.NOUN.name) if manages else seen


async def _guides(actor: Actor, case_id: UUID) -> bool:
    return await education.visible_to(actor).filter(id=case_id).exists()
