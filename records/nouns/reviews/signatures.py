"""The two signatures of a review: one for the police, one for the Front; with both it is final."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.changes.rows import change_row
from records.core.actor import Actor, ActorKind
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Validator
from records.nouns.reviews.reviews import NOUN, visible_to
from records.tables import Review


class Side(Labelled):
    """Who a signature is for; the lower-case values stand in the names of the columns."""

    POLICE = "POLICE", _("Police")
    FRONT = "FRONT", _("Fatherland Front")


SIGN: Final[Mapping[Side, Right]] = {
    Side.POLICE: Right.REVIEWS_SIGN_POLICE,
    Side.FRONT: Right.REVIEWS_SIGN_FRONT,
}
"""The right to sign for each side."""


@dataclass(frozen=True)
class Signature:
    """Who signed for a side, and on which day; nobody yet without a day."""

    side: Side
    name: str
    signer_id: UUID | None
    signed_on: date | None


def signatures_of(review: Review) -> list[Signature]:
    """The signatures of both sides, given or not."""
    return [_signature(review, side) for side in Side]


def _signature(review: Review, side: Side) -> Signature:
    key = side.value.lower()
    return Signature(
        side,
        name=getattr(review, f"by_{key}"),
        signer_id=getattr(review, f"{key}_signer_id"),
        signed_on=getattr(review, f"{key}_signed_on"),
    )


def to_sign(actor: Actor) -> QuerySet[Review]:
    """The reviews that wait for a signature that `actor` may give. Raises `PermissionDenied`."""
    return visible_to(actor).filter(awaits_signature(actor))


def awaits_signature(actor: Actor) -> Q:
    """The condition that a review is scored, and waits for a signature that `actor` may give.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.REVIEWS_SIGN)
    missing = {Side.POLICE: Q(police_signed_on__isnull=True), Side.FRONT: Q(front_signed_on__isnull=True)}
    mine = [condition for side, condition in missing.items() if has_right(actor, SIGN[side])]
    return Q(Q(*mine, join_type=Q.OR), review_class__isnull=False)


def can_sign(review: Review, side: Side) -> bool:
    """Whether `review` waits for the signature of `side`."""
    return review.review_class is not None and _signature(review, side).signed_on is None


def can_withdraw(actor: Actor, review: Review) -> bool:
    """Whether `actor` signed `review`, and the other side has not."""
    return review.signed_on is None and _own(actor, review) is not None


def _own(actor: Actor, review: Review) -> Side | None:
    signed = [one for one in signatures_of(review) if one.signed_on is not None]
    return next((one.side for one in signed if one.signer_id == actor.id), None)


async def sign(review_id: UUID, side: Side, *, expected_version: int, on: date, by: Actor) -> Review:
    """The review, signed for `side` on that day; final if the other side has signed.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with change_row(NOUN, visible_to(by), review_id, expected_version, SIGN[side], by=by) as change:
        row = change.row
        change.require(row.review_class is not None, _("Score every criterion before signing."))
        change.require(can_sign(row, side), _("This side has already signed."))
        check = Validator()
        check.past_date("on", on)
        check.raise_if_invalid()
        if on.year < row.year:
            raise ValidationFailed.of(
                "on", "Enter a date that is not before the year of the review.", ProblemCode.INCONSISTENT
            )
        values = _columns(side, by.name, by.id if by.kind is ActorKind.STAFF else None, on)
        (other,) = [one for one in signatures_of(row) if one.side is not side]
        if other.signed_on is None:
            return await change.save(**values)
        change.require(by.id is None or other.signer_id != by.id, _("You signed for the other side."))
        # What partners follow: the review is final.
        final = max(on, other.signed_on)
        return await replace(change, action=Right.REVIEWS_SIGN).save(**values, signed_on=final)


async def withdraw(review_id: UUID, *, expected_version: int, by: Actor) -> Review:
    """The review without the actor's own signature, which the other side has not followed yet.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    rows, action = visible_to(by), Right.REVIEWS_SIGN
    async with change_row(NOUN, rows, review_id, expected_version, action, by=by) as change:
        side = _own(by, change.row)
        if side is None or not can_withdraw(by, change.row):
            raise Conflict("Only your own signature can be withdrawn, until the other side has signed.")
        return await replace(change, action=SIGN[side]).save(**_columns(side, "", None, None))


def _columns(side: Side, name: str, signer_id: UUID | None, on: date | None) -> dict[str, Any]:
    key = side.value.lower()
    return {f"by_{key}": name, f"{key}_signer_id": signer_id, f"{key}_signed_on": on}
