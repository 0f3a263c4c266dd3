"""Reviews: once a year the police and the Front look at a group, score it and sign."""

from records.nouns.reviews.campaign import ReviewProgress, progress
from records.nouns.reviews.evidence import Evidence, evidence
from records.nouns.reviews.reviews import (
    NOUN,
    ReviewDraft,
    can_change,
    classify,
    correct,
    due,
    is_due,
    points_of,
    record,
    remove,
    restore,
    visible_to,
)
from records.nouns.reviews.scorecards import find_scorecard
from records.nouns.reviews.signatures import (
    SIGN,
    Side,
    Signature,
    awaits_signature,
    can_sign,
    can_withdraw,
    sign,
    signatures_of,
    to_sign,
    withdraw,
)
from records.nouns.reviews.status import ReviewStatus, has_status, status_of
