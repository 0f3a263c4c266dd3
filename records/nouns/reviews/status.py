"""How far a review has come: scored, signed by one side, signed by both."""

from typing import Final

from tortoise.expressions import Q

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables import Review


class ReviewStatus(Labelled):
    """How far a review has come."""

    SCORING = "SCORING", _("Being scored")
    READY = "READY", _("Ready to sign")
    AWAITING_FRONT = "AWAITING_FRONT", _("Waiting for the Fatherland Front")
    AWAITING_POLICE = "AWAITING_POLICE", _("Waiting for the police")
    SIGNED = "SIGNED", _("Signed by both sides")


_HAS_STATUS: Final = {
    ReviewStatus.SCORING: Q(review_class__isnull=True),
    ReviewStatus.READY: Q(
        review_class__isnull=False, police_signed_on__isnull=True, front_signed_on__isnull=True
    ),
    ReviewStatus.AWAITING_FRONT: Q(police_signed_on__isnull=False, front_signed_on__isnull=True),
    ReviewStatus.AWAITING_POLICE: Q(police_signed_on__isnull=True, front_signed_on__isnull=False),
    ReviewStatus.SIGNED: Q(signed_on__isnull=False),
}


def has_status(status: ReviewStatus) -> Q:
    """The condition that a review has come as far as `status`, and no further."""
    return _HAS_STATUS[status]


def status_of(review: Review) -> ReviewStatus:
    """How far `review` has come."""
    if review.signed_on is not None:
        return ReviewStatus.SIGNED
    if review.police_signed_on is not None:
        return ReviewStatus.AWAITING_FRONT
    if review.front_signed_on is not None:
        return ReviewStatus.AWAITING_POLICE
    return ReviewStatus.SCORING if review.review_class is None else ReviewStatus.READY
