"""Data subjects: what is kept about somebody of whose phone no more is known than its blind index.

It says what there is and why it may have to stay, for `data_requests`, which asks who may know.
"""

from dataclasses import dataclass
from uuid import UUID

from records.core.days import local_day
from records.nouns import holds, tips
from records.security import vault
from records.tables import Member, Tip
from records.tables.privacy import KeptFor


@dataclass(frozen=True)
class Found:
    """A record that holds somebody's phone, with what they may be told of it and nothing more.

    Of a tip the year in which it came and whether it has ended, never its code or a day: whoever handles the
    request must not learn which tip it is. Of a membership also the group, by its code.
    """

    noun: str
    id: UUID
    year: int
    ended: bool
    kept_for: KeptFor | None
    group: str = ""


async def kept_about(asker: UUID, request: UUID) -> list[Found]:
    """What is kept about whoever made a request, in its area, for `asker`, who has an approval to look."""
    given = await vault.found_for(asker, "tip_reporters", request)
    in_groups = await vault.found_for(asker, "member_contacts", request)
    terms = Member.filter(id__in=in_groups).select_related("group")
    return [
        *[await _tip(tip) for tip in await Tip.filter(id__in=given)],
        *[await _term(member) for member in await terms],
    ]


async def _tip(tip: Tip) -> Found:
    kept_for = None
    if await holds.is_held("tip", tip.id):
        kept_for = KeptFor.HOLD
    elif tip.due_at is not None and tip.status not in tips.ENDED and tip.deleted_at is None:
        kept_for = KeptFor.PROCEDURE
    ended = tip.closed_at is not None or tip.deleted_at is not None
    return Found("tip", tip.id, local_day(tip.received_at).year, ended, kept_for)


async def _term(member: Member) -> Found:
    ended = member.left_on is not None or member.deleted_at is not None
    kept_for = KeptFor.HOLD if await holds.is_held("member", member.id) else None
    return Found("member", member.id, member.joined_on.year, ended, kept_for, member.group.code)
