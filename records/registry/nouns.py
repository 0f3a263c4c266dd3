"""Every noun of the service; a new one is added here."""

from typing import Final

from records.access import partners, staff
from records.core.declarations.nouns import Registry
from records.nouns import (
    activities,
    enquiries,
    figures,
    groups,
    hand_downs,
    members,
    outlines,
    programmes,
    reviews,
    tips,
)
from records.nouns.education import cases
from records.privacy import data_requests

# Those that partners follow stand in the order of the enum `ChangeType` of the API.
NOUNS: Final = Registry(
    (
        groups.NOUN,
        members.NOUN,
        tips.NOUN,
        figures.NOUN,
        activities.NOUN,
        outlines.NOUN,
        hand_downs.NOUN,
        reviews.NOUN,
        enquiries.NOUN,
        programmes.NOUN,
        cases.NOUN,
        data_requests.NOUN,
        staff.NOUN,
        partners.NOUN,
    )
)
