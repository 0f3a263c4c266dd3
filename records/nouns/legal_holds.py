"""Legal holds: what a court, an inspection or a complaint still needs is neither erased nor removed."""

from typing import Final
from uuid import UUID

from tortoise.connection import get_connection
from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import actor_can_reach, within
from records.changes.unit_of_work import audit, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import now
from records.core.declarations.fields import reason_field
from records.core.errors import Conflict, NotFound, ProblemCode, ValidationFailed
from records.core.identifiers.codes import lookup_code
from records.core.rights import Right, check_right
from records.core.validation import checked_text
from records.tables import Activity, EducationCase, Group, LegalHold, Member, Tip

PLACE: Final = "legal_holds.place"
LIFT: Final = "legal_holds.lift"
REASON: Final = reason_field(500)

# Locks a record, so that nobody erases it while a hold is placed, nor the other way round; gives its area.
_LOCKED: Final = {
    "tip": "SELECT area_id FROM tips WHERE id = $1 FOR UPDATE",
    "member": (
        "SELECT g.area_id FROM members m JOIN groups g ON g.id = m.group_id WHERE m.id = $1 FOR UPDATE OF m"
    ),
    "education_case": "SELECT area_id FROM education_cases WHERE id = $1 FOR UPDATE",
    "activity": "SELECT area_id FROM activities WHERE id = $1 FOR UPDATE",
}
NOUNS: Final = tuple(_LOCKED)
# Those whose records have a code.
_CODED: Final[dict[str, type[Tip | EducationCase]]] = {"tip": Tip, "education_case": EducationCase}
CODED: Final = tuple(_CODED)


def in_force(actor: Actor) -> QuerySet[LegalHold]:
    """The holds on records in the actor's areas, the newest first. Raises `PermissionDenied`."""
    check_right(actor, Right.RETENTION_MANAGE)
    groups = Subquery(Group.filter(within(actor)).values("id"))
    tips = Subquery(Tip.filter(within(actor)).values("id"))
    members = Subquery(Member.filter(group_id__in=groups).values("id"))
    cases = Subquery(EducationCase.filter(within(actor)).values("id"))
    activities = Subquery(Activity.filter(within(actor)).values("id"))
    reached = Q(noun="tip", row_id__in=tips) | Q(noun="member", row_id__in=members)
    reached |= Q(noun="education_case", row_id__in=cases) | Q(noun="activity", row_id__in=activities)
    holds = LegalHold.filter(reached, lifted_at__isnull=True)
    return holds.select_related("placed_by").order_by("-placed_at", "-id")


async def record_with_code(noun: str, code: str, *, by: Actor) -> UUID:
    """The id of a tip or an education case in the actor's areas.

    Raises `PermissionDenied` or `ValidationFailed`.
    """
    check_right(by, Right.RETENTION_MANAGE)
    row = await _CODED[noun].filter(within(by), code=lookup_code(code, _CODED[noun])).first()
    if row is None:
        raise ValidationFailed.of("code", "There is no such record.", ProblemCode.UNKNOWN_CODE)
    return row.id


async def place(noun: str, row_id: UUID, *, reason: str, by: Actor) -> LegalHold:
    """A new hold.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `Conflict` where there is one already.
    """
    check_right(by, Right.RETENTION_MANAGE)
    reason = checked_text("reason", reason, REASON)
    async with transaction():
        area_id = await locked(noun, row_id, by=by)
        if await is_held(noun, row_id):
            raise Conflict("This record is already under a legal hold.")
        staff_id = by.id if by.kind is ActorKind.STAFF else None
        hold = await LegalHold.create(
            noun=noun, row_id=row_id, reason=reason, placed_by_id=staff_id, placed_at=now()
        )
        await _record_hold(hold, PLACE, area_id, motive=reason, by=by)
        return hold


async def lift(noun: str, row_id: UUID, *, reason: str, by: Actor) -> None:
    """Ends the hold on a record. Raises `PermissionDenied`, `NotFound` or `ValidationFailed`."""
    check_right(by, Right.RETENTION_MANAGE)
    reason = checked_text("reason", reason, REASON)
    async with transaction():
        area_id = await locked(noun, row_id, by=by)
        hold = await LegalHold.get_or_none(noun=noun, row_id=row_id, lifted_at__isnull=True)
        if hold is None:
            raise NotFound("This record is not under a legal hold.")
        hold.lifted_at = now()
        await hold.save(update_fields=["lifted_at"])
        await _record_hold(hold, LIFT, area_id, motive=reason, by=by)


async def is_held(noun: str, row_id: UUID) -> bool:
    """Whether a hold on the record is in force."""
    return await LegalHold.exists(noun=noun, row_id=row_id, lifted_at__isnull=True)


async def check_free(noun: str, row_id: UUID) -> None:
    """Raises `Conflict` while a hold on the record is in force."""
    if await is_held(noun, row_id):
        raise Conflict("This record is under a legal hold.")


async def locked(noun: str, row_id: UUID, *, by: Actor) -> UUID:
    """The area of a record, which nobody else changes until this transaction ends. Raises `NotFound`."""
    rows = (
        await get_connection("default").execute_query_dict(_LOCKED[noun], [row_id]) if noun in _LOCKED else []
    )
    if not rows or not await actor_can_reach(by, rows[0]["area_id"]):
        raise NotFound("There is no such record.")
    area_id: UUID = rows[0]["area_id"]
    return area_id


async def _record_hold(hold: LegalHold, action: str, area_id: UUID, *, motive: str, by: Actor) -> None:
    after = {"held": action == PLACE, "noun": hold.noun, "row_id": str(hold.row_id)}
    await audit(
        "legal_hold", hold.id, by=by, action=action, before=None, after=after, motive=motive, area_id=area_id
    )
