"""Reviews of groups: points by criterion, from which total and class follow, findings and measures."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.changes.rows import RowChange, change_row
from records.changes.unit_of_work import create, record_change, transaction
from records.changes.versions import save_next_version
from records.core.actor import Actor, ActorKind
from records.core.dates import now, today
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Validator, checked_text
from records.nouns import groups
from records.nouns.reviews.criteria import is_score
from records.nouns.reviews.scorecards import criteria_of, find_scorecard, lock_scorecards
from records.nouns.reviews.status import ReviewStatus, status_of
from records.tables import Area, Criterion, Group, Review, ReviewPoint, Scorecard
from records.tables.groups import GroupKind, GroupStatus
from records.tables.reviews import ReviewClass

REASON: Final = reason_field(2_000)
Points = Mapping[UUID, Decimal | None]
"""Points by criterion; None for one that is not scored yet."""


@dataclass(frozen=True)
class ReviewDraft:
    """The values of a review as entered; criteria without points are scored later."""

    points: Points
    findings: Annotated[str, Field(_("Findings"), Kind.LONG_TEXT, max_length=20_000)] = ""
    actions: Annotated[str, Field(_("Measures"), Kind.LONG_TEXT, max_length=20_000)] = ""


def visible_to(actor: Actor, *, removed: bool = False) -> QuerySet[Review]:
    """The reviews that `actor` may see: those that are signed, and staff the others too.

    With `removed`, the removed ones. Raises `PermissionDenied`.
    """
    check_right(actor, Right.REVIEWS_READ)
    rows = Review.filter(within(actor), deleted_at__isnull=not removed)
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
        "by_police": Field(_("For the police")),
        "police_signed_on": Field(_("Signed for the police on"), Kind.DAY),
        "by_front": Field(_("For the Fatherland Front")),
        "front_signed_on": Field(_("Signed for the Fatherland Front on"), Kind.DAY),
        "signed_on": Field(_("Signed on"), Kind.DAY),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    history_only={"points": Field(_("Points"), Kind.LIST)},
    feed=Followed(
        type="Review",
        description="Signed reviews; needs the scope reviews:read.",
        hidden=frozenset({Right.REVIEWS_RECORD, Right.REVIEWS_SIGN_POLICE, Right.REVIEWS_SIGN_FRONT}),
    ),
    path="reviews",
    title=("group", "year"),
    missing=_("There is no such review."),
)


def due(actor: Actor, year: int) -> QuerySet[Group]:
    """The active self-governing groups that have no review for `year`. Raises `PermissionDenied`."""
    condition = is_due(actor, year)
    return groups.visible_to(actor).filter(condition)


def is_due(actor: Actor, year: int) -> Q:
    """The condition that a group is an active self-governing one without a review for `year`.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.REVIEWS_READ)
    reviewed = Review.filter(year=year, deleted_at__isnull=True)
    return Q(
        Q(founded_on__isnull=True) | Q(founded_on__lte=date(year, 12, 31)),
        kind=GroupKind.SELF_GOVERNING,
        status=GroupStatus.ACTIVE,
        id__not_in=Subquery(reviewed.values("group_id")),
    )


def can_change(actor: Actor, review: Review) -> bool:
    """Whether `actor` may change `review` now: nobody has signed it."""
    return (
        has_right(actor, Right.REVIEWS_RECORD)
        and review.deleted_at is None
        and status_of(review) in {ReviewStatus.SCORING, ReviewStatus.READY}
    )


def classify(total: Decimal, card: Scorecard) -> ReviewClass:
    """The class that a total gives: the thresholds of a scorecard are the least totals of its classes."""
    if total >= card.excellent_from:
        return ReviewClass.EXCELLENT
    if total >= card.good_from:
        return ReviewClass.GOOD
    return ReviewClass.FAIR if total >= card.fair_from else ReviewClass.WEAK


async def points_of(review_id: UUID) -> dict[UUID, Decimal | None]:
    """The points of a review by criterion."""
    return {row.criterion_id: row.points for row in await ReviewPoint.filter(review_id=review_id)}


async def record(group_id: UUID, year: int, draft: ReviewDraft, *, by: Actor) -> Review:
    """A new, unsigned review of an open group.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.REVIEWS_RECORD)
    async with transaction():
        group = await groups.check_open(group_id, by)
        # The scorecard is used from now on: nobody changes it or puts another one between meanwhile.
        await lock_scorecards()
        card = await find_scorecard(group.area_id, year)
        if card is None or not 2000 <= year <= today().year:
            raise ValidationFailed.of("year", "Enter a year that has a scorecard.", ProblemCode.NOT_FOUND)
        if await Review.filter(group_id=group.id, year=year, deleted_at__isnull=True).exists():
            raise Conflict("The group already has a review for this year.")
        criteria = await criteria_of(card.id)
        values = _checked(draft, card, criteria)
        row = Review(group_id=group.id, area_id=group.area_id, year=year, scorecard_id=card.id, **values)
        row = await create(NOUN, row, by=by, action=Right.REVIEWS_RECORD)
        unscored: Points = {one.id: None for one in criteria}
        await ReviewPoint.bulk_create(
            [ReviewPoint(review_id=row.id, criterion_id=id_, points=None) for id_ in unscored]
        )
        await _set_points(row, criteria, unscored, draft.points, by)
        return row


async def correct(review_id: UUID, draft: ReviewDraft, *, expected_version: int, by: Actor) -> Review:
    """A review that nobody has signed yet, changed.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(review_id, expected_version, by) as change:
        card = await Scorecard.get(id=change.row.scorecard_id)
        criteria = await criteria_of(card.id)
        row = await change.save(**_checked(draft, card, criteria))
        before = await points_of(row.id)
        if any(draft.points.get(id_) != points for id_, points in before.items()):
            if row.version == expected_version:
                await save_next_version(row, {})
            await _set_points(row, criteria, before, draft.points, by)
        return row


async def remove(review_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Review:
    """Removes an unsigned review that was recorded by mistake; `restore` reverses it."""
    async with _change(review_id, expected_version, by) as change:
        return await change.save(motive=checked_text("reason", reason, REASON), deleted_at=now())


async def restore(review_id: UUID, *, expected_version: int, by: Actor) -> Review:
    """Restores a review that was removed."""
    rows, action = visible_to(by, removed=True), Right.REVIEWS_RECORD
    async with change_row(NOUN, rows, review_id, expected_version, action, by=by) as change:
        return await change.save(deleted_at=None)


@asynccontextmanager
async def _change(review_id: UUID, expected_version: int, by: Actor) -> AsyncIterator[RowChange[Review]]:
    """A change of a review that nobody has signed yet."""
    rows, action = visible_to(by), Right.REVIEWS_RECORD
    async with change_row(NOUN, rows, review_id, expected_version, action, by=by) as change:
        if not can_change(by, change.row):
            raise Conflict("A signed review cannot be changed. A signature can be withdrawn until both sign.")
        yield change


async def _set_points(
    row: Review, criteria: list[Criterion], before: Points, after: Points, by: Actor
) -> None:
    """Stores the points that changed, and both in the history, by the names of the criteria."""
    changed = [one for one in criteria if before[one.id] != after.get(one.id)]
    for one in changed:
        await ReviewPoint.filter(review_id=row.id, criterion_id=one.id).update(points=after.get(one.id))
    if changed:
        sides = [{"points": _texts(changed, points)} for points in (before, after)]
        await record_change(NOUN, row, by=by, action=Right.REVIEWS_RECORD, before=sides[0], after=sides[1])


def _texts(criteria: list[Criterion], points: Points) -> list[str]:
    scored = [(one.name, points.get(one.id)) for one in criteria]
    return [f"{name}: {'–' if given is None else f'{given.normalize():f}'}" for name, given in scored]


def _checked(draft: ReviewDraft, card: Scorecard, criteria: list[Criterion]) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed`; a problem of points names the position."""
    check = Validator()
    values = check.values(draft)
    del values["points"]
    if not set(draft.points) <= {one.id for one in criteria}:
        check.add("points", "Give points for the criteria of the scorecard.", ProblemCode.NOT_FOUND)
    given = [draft.points.get(one.id) for one in criteria]
    for one, points in zip(criteria, given, strict=True):
        if points is not None and not is_score(points, one.max_points):
            text, most = _("Enter points from 0 to {most}."), f"{one.max_points.normalize():f}"
            check.add(f"points-{one.position}", text, ProblemCode.OUT_OF_RANGE, most=most)
    check.raise_if_invalid()
    total = sum((points for points in given if points is not None), Decimal(0))
    complete = all(points is not None for points in given)
    return values | {"total": total, "review_class": classify(total, card) if complete else None}
