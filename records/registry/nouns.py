"""Every noun of the service, in the order of the menu; a new one is added here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from records.access import partners, staff
from records.core.declarations.nouns import Registry
from records.core.rights import Right
from records.nouns import (
    activities,
    areas,
    assignments,
    enquiries,
    figures,
    groups,
    hand_downs,
    members,
    outlines,
    reviews,
    tips,
)
from records.nouns.assignments import group_links
from records.nouns.catalogues import categories, indicators, organisations, programmes, targets
from records.nouns.education import cases
from records.nouns.hand_downs import meetings
from records.nouns.reviews import scorecards
from records.privacy import data_requests
from records.tables.base import Editable

NOUNS: Final = Registry(
    (
        tips.NOUN,
        groups.NOUN,
        members.NOUN,
        assignments.NOUN,
        group_links.NOUN,
        cases.NOUN,
        activities.NOUN,
        outlines.NOUN,
        hand_downs.NOUN,
        reviews.NOUN,
        scorecards.NOUN,
        enquiries.NOUN,
        figures.NOUN,
        programmes.NOUN,
        organisations.NOUN,
        categories.NOUN,
        indicators.NOUN,
        targets.NOUN,
        areas.NOUN,
        data_requests.NOUN,
        staff.NOUN,
        partners.NOUN,
    )
)


@dataclass(frozen=True)
class Edit:
    """The verb that sets the fields of a draft, and the right to it."""

    right: Right
    verb: Callable[..., Awaitable[Editable]]


# What a verb here has set can be reverted from the history of the record.
EDITS: Final[Mapping[str, Edit]] = {
    groups.NOUN.name: Edit(Right.GROUPS_EDIT, groups.edit),
    activities.NOUN.name: Edit(Right.ACTIVITIES_RECORD, meetings.edit),
    tips.NOUN.name: Edit(Right.TIPS_EDIT, tips.edit),
    outlines.NOUN.name: Edit(Right.OUTLINES_WRITE, outlines.edit),
    enquiries.NOUN.name: Edit(Right.ENQUIRIES_ASK, enquiries.edit),
    programmes.NOUN.name: Edit(Right.PROGRAMMES_MANAGE, programmes.edit),
    organisations.NOUN.name: Edit(Right.ORGANISATIONS_MANAGE, organisations.edit),
    categories.NOUN.name: Edit(Right.CATEGORIES_MANAGE, categories.edit),
    indicators.NOUN.name: Edit(Right.INDICATORS_EDIT, indicators.edit),
    targets.NOUN.name: Edit(Right.TARGETS_SET, targets.edit),
}
