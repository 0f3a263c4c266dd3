"""Data subjects: what is kept about somebody of whose phone no more is known than its blind index.

It says what there is and why it may have to stay, for `data_requests`, which asks who may know.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tortoise.expressions import Subquery

from records import holds, sealed, tips
from records.core.days import local_day
from records.core.scope import lies_in
from records.tables import Group, Member, Tip
from records.tables.retention import KeptFor


@dataclass(frozen=True)
class Found:
    """A record that holds somebody's phone: what may be said of it without opening anything sealed.

    `code` is that of the tip, or of the member's group; `ended_on` the day on which the tip was closed or the
    term ended, from which the time of keeping counts.
    """

    noun: str
    id: UUID
    code: str
    began_on: date
    ended_on: date | None
    kept_for: KeptFor | None


async def kept_about(index: bytes, area_id: UUID) -> list[Found]:
    """What is kept in an area about whoever has the phone with this blind index: tips, then terms."""
    given = await sealed.found_by("tip_reporters", index)
    in_groups = await sealed.found_by("member_contacts", index)
    there = lies_in([area_id])
    of_area = Group.filter(there).values("id")
    terms = Member.filter(id__in=in_groups, group_id__in=Subquery(of_area)).select_related("group")
    return [
        *[await _tip(tip) for tip in await Tip.filter(there, id__in=given).order_by("received_at", "id")],
        *[await _term(member) for member in await terms.order_by("joined_on", "id")],
    ]


async def _tip(tip: Tip) -> Found:
    ended = tip.closed_at or tip.deleted_at
    kept_for = None
    if await holds.is_held("tip", tip.id):
        kept_for = KeptFor.HOLD
    elif tip.due_at is not None and tip.status not in tips.ENDED and tip.deleted_at is None:
        kept_for = KeptFor.PROCEDURE
    began_on, ended_on = local_day(tip.received_at), local_day(ended) if ended else None
    return Found("tip", tip.id, tip.code, began_on, ended_on, kept_for)


async def _term(member: Member) -> Found:
    ended_on = member.left_on or (local_day(member.deleted_at) if member.deleted_at else None)
    kept_for = KeptFor.HOLD if await holds.is_held("member", member.id) else None
    return Found("member", member.id, member.group.code, member.joined_on, ended_on, kept_for)
