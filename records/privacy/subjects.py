"""Data subjects: records found by the blind index of a phone number.

It says what there is and why it may have to stay, for `data_requests`, which asks who may know.
"""

from dataclasses import dataclass
from uuid import UUID

from records.core.dates import to_local_date
from records.nouns import legal_holds, tips
from records.security import vault
from records.tables import Member, Tip
from records.tables.privacy import RetentionReason


@dataclass(frozen=True)
class FoundRecord:
    """A record that holds the data subject's phone, with only what may be disclosed of it.

    Of a tip the year in which it came and whether it has ended, never its code or a day: whoever handles the
    request must not learn which tip it is. Of a membership also the group, by its code.
    """

    noun: str
    id: UUID
    year: int
    ended: bool
    kept_for: RetentionReason | None
    group: str = ""


async def stored_about(asker: UUID, request: UUID) -> list[FoundRecord]:
    """The records about a data subject in the area of the request, for an actor with an approval to look."""
    matches = await vault.records_with_phone(asker, "tip_reporters", request)
    in_groups = await vault.records_with_phone(asker, "member_contacts", request)
    terms = Member.filter(id__in=in_groups).select_related("group")
    return [
        *[await _tip(tip) for tip in await Tip.filter(id__in=matches)],
        *[await _term(member) for member in await terms],
    ]


async def _tip(tip: Tip) -> FoundRecord:
    kept_for = None
    if await legal_holds.is_held("tip", tip.id):
        kept_for = RetentionReason.HOLD
    elif tip.due_at is not None and tip.status not in tips.FINAL and tip.deleted_at is None:
        kept_for = RetentionReason.PROCEDURE
    ended = tip.closed_at is not None or tip.deleted_at is not None
    return FoundRecord("tip", tip.id, to_local_date(tip.received_at).year, ended, kept_for)


async def _term(member: Member) -> FoundRecord:
    ended = member.left_on is not None or member.deleted_at is not None
    kept_for = RetentionReason.HOLD if await legal_holds.is_held("member", member.id) else None
    return FoundRecord("member", member.id, member.joined_on.year, ended, kept_for, member.group.code)
