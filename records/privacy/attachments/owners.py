"""The kinds of records that have pictures, and who may add and erase them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.core.declarations.nouns import Noun
from records.core.rights import Right
from records.nouns import activities, tips
from records.tables import Attachment

TABLE: Final = "attachments"


@dataclass(frozen=True)
class Owner:
    """A kind of record that has pictures; whoever sees the record sees them.

    `column` of a picture names the record; `stem` begins the names of its pictures, which hold nothing of
    what the uploaded file was called: that may name whoever sent it.
    """

    noun: Noun
    column: str
    stem: Callable[[Any], str]
    add: Right
    erase: Right

    def pictures(self, row_id: UUID) -> QuerySet[Attachment]:
        """The pictures of a record that were not erased."""
        return Attachment.filter(**{self.column: row_id}, deleted_at__isnull=True)

    def row_id(self, picture: Attachment) -> UUID:
        """The id of the record to which a picture belongs."""
        row_id: UUID = getattr(picture, self.column)
        return row_id


TIPS: Final = Owner(
    tips.NOUN,
    "tip_id",
    lambda tip: str(tip.code),
    add=Right.TIPS_NOTE,
    erase=Right.ATTACHMENTS_ERASE,
)
ACTIVITIES: Final = Owner(
    activities.NOUN,
    "activity_id",
    lambda activity: f"{activity.held_on:%Y-%m-%d}",
    add=Right.ACTIVITIES_RECORD,
    erase=Right.ACTIVITIES_RECORD,
)
OWNERS: Final[Mapping[str, Owner]] = {one.noun.name: one for one in (TIPS, ACTIVITIES)}
"""The kinds by the name of their noun."""
