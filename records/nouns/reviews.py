"""Reviews: once a year the police and the Front look at a group; total and class follow from the points."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.changes.rows import RowChange, change_row
from records.changes.unit_of_work import create, record_change, to_json_value, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import today
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator
from records.nouns import groups
from records.tables import Area, AreaReach, Criterion, Group, Review, ReviewPoint, Scorecard
from records.tables.groups import GroupKind, GroupStatus
from records.tables.reviews import ReviewClass


@dataclass(frozen=True)
class ReviewDraft:
    """The values of a review as entered: points by criterion, findings and measures."""

    points: Mapping[UUID, Decimal]
    findings: Annotated[str, Field(_("Findings"), Kind.LONG_TEXT, max_length=20_000)] = ""
    actions: Annotated[str, Field(_("Measures"), Kind.LONG_TEXT, max_length=20_000)] = ""
    by_police: Annotated[str, Field(_("For the police"), max_length=200)] = ""
    by_front: Annotated[str, Field(_("For the Fatherland Front"), max_length=200)] = ""


def visible_to(actor: Actor) -> QuerySet[Review]:
    """The reviews that `actor` may see: those that are signed, and staff the others too.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.REVIEWS_READ)
    rows = Review.filter(within(actor), deleted_at__isnull=True)
    return rows.filter(signed_on__isnull=False) if actor.kind is ActorKind.PARTNER else rows


NOUN: Final = Noun(
    name="review",
    label=_("Review of a group"),
    plural=_("Reviews of groups"),
    table=Review,
    right=Right.REVIEWS_READ,
    visible_to=visible_to,
    draft=ReviewDraft,
    fields={
        "group_id": Field(_("Group"), Group),
        "area_id": Field(_("Area"), Area),
        "year": Field(_("Year"), Kind.YEAR),
        "scorecard_id": Field(_("Scorecard"), Scorecard),
        "total": Field(_("Total points"), Kind.NUMBER),
        "review_class": Field(_("Class"), ReviewClass),
        **fields_of(ReviewDraft),
        "signed_on": Field(_("Signed on"), Kind.DAY),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    feed=Followed(
        type="Review",
        description="Signed reviews; needs the scope reviews:read.",
        hidden=frozenset({Right.REVIEWS_RECORD}),
    ),
    missing=_("There is no such review."),
)


def due(actor: Actor, year: int) -> QuerySet[Group]:
    """The active self-governing groups that have no review for `year`. Raises `PermissionDenied`."""
    check_right(actor, Right.REVIEWS_READ)
    reviewed = Review.filter(year=year, deleted_at__isnull=True)
    return groups.visible_to(actor).filter(
        kind=GroupKind.SELF_GOVERNING,
        status=GroupStatus.ACTIVE,
        id__not_in=Subquery(reviewed.values("group_id")),
    )


def classify(total: Decimal, card: Scorecard) -> ReviewClass:
    """The class that a total gives: the thresholds of a scorecard are the least totals of its classes."""
    if total >= card.excellent_from:
        return ReviewClass.EXCELLENT
    if total >= card.good_from:
        return ReviewClass.GOOD
    return ReviewClass.FAIR if total >= card.fair_from else ReviewClass.WEAK


async def find_scorecard(area_id: UUID, year: int) -> Scorecard | None:
    """The scorecard by which a group of that area is reviewed for that year: its province's last."""
    provinces = await AreaReach.filter(area_id=area_id).values_list("ancestor_id", flat=True)
    cards = Scorecard.filter(province_id__in=list(provinces), year_from__lte=year, deleted_at__isnull=True)
    return await cards.order_by("-year_from", "-id").first()


async def record(group_id: UUID, year: int, draft: ReviewDraft, *, by: Actor) -> Review:
    """A new, unsigned review of an open group.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.REVIEWS_RECORD)
    async with transaction():
        group = await groups.check_open(group_id, by)
        card = await find_scorecard(group.area_id, year)
        if card is None or not 2000 <= year <= today().year:
            raise ValidationFailed.of("year", "Enter a year that has a scorecard.", ProblemCode.NOT_FOUND)
        values = await _checked(draft, card)
        row = Review(group_id=group.id, area_id=group.area_id, year=year, scorecard_id=card.id, **values)
        row = await create(NOUN, row, by=by, action=Right.REVIEWS_RECORD)
        for criterion_id, points in draft.points.items():
            await ReviewPoint.create(review_id=row.id, criterion_id=criterion_id, points=points)
        return row


async def correct(review_id: UUID, draft: ReviewDraft, *, expected_version: int, by: Actor) -> Review:
    """A review that is not signed yet, changed.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(review_id, expected_version, Right.REVIEWS_RECORD, by) as change:
        row = await change.save(**await _checked(draft, await Scorecard.get(id=change.row.scorecard_id)))
        before = {point.criterion_id: point.points for point in await ReviewPoint.filter(review_id=row.id)}
        changed = {id_: points for id_, points in draft.points.items() if points != before[id_]}
        for criterion_id, points in changed.items():
            await ReviewPoint.filter(review_id=row.id, criterion_id=criterion_id).update(points=points)
        if changed:
            audit_values = [
                {str(id_): to_json_value(points[id_]) for id_ in changed} for points in (before, draft.points)
            ]
            await record_change(
                NOUN, row, by=by, action=Right.REVIEWS_RECORD, before=audit_values[0], after=audit_values[1]
            )
        return row


async def sign(review_id: UUID, *, expected_version: int, on: date, by: Actor) -> Review:
    """The review, signed: final from now on.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(review_id, expected_version, Right.REVIEWS_SIGN, by) as change:
        row = change.row
        check = Validator()
        check.past_date("on", on)
        check.raise_if_invalid()
        if on.year < row.year:
            raise ValidationFailed.of(
                "on", "Enter a date that is not before the year of the review.", ProblemCode.INCONSISTENT
            )
        if not row.by_police or not row.by_front:
            raise ValidationFailed.of(
                "by_front",
                "Enter who did it for the police and for the Fatherland Front.",
                ProblemCode.REQUIRED,
            )
        return await change.save(signed_on=on)


@asynccontextmanager
async def _change(
    review_id: UUID, expected_version: int, action: Right, by: Actor
) -> AsyncIterator[RowChange[Review]]:
    """A change of a review that is not signed yet."""
    async with change_row(NOUN, visible_to(by), review_id, expected_version, action, by=by) as change:
        if change.row.signed_on is not None:
            raise Conflict("A signed review cannot be changed.")
        yield change


async def _checked(draft: ReviewDraft, card: Scorecard) -> dict[str, Any]:
    check = Validator()
    criteria = {row.id: row async for row in Criterion.filter(scorecard_id=card.id)}
    if set(draft.points) != set(criteria):
        check.add("points", "Give points for every criterion of the scorecard.", ProblemCode.REQUIRED)
    elif any(
        not points.is_finite() or not 0 <= points <= criteria[id_].max_points
        for id_, points in draft.points.items()
    ):
        check.add(
            "points", "Give each criterion from 0 to its maximum number of points.", ProblemCode.OUT_OF_RANGE
        )
    values = check.values(draft)
    check.raise_if_invalid()
    del values["points"]
    total = sum(draft.points.values(), Decimal(0))
    return values | {"total": total, "review_class": classify(total, card)}
