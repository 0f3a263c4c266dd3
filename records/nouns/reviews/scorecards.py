"""Scorecards: a province's criteria and thresholds; one that was used is fixed, and a new version follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import actor_can_reach, in_areas
from records.changes.locks import advisory_lock
from records.changes.rows import change_row, find
from records.changes.unit_of_work import create as create_row
from records.changes.unit_of_work import record_change, transaction
from records.changes.versions import save_next_version
from records.core.actor import Actor
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, PermissionDenied, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.text import normalize_text
from records.core.validation import Validator
from records.nouns.reviews.criteria import FULL_POINTS, CriterionDraft, check_criteria
from records.tables import Area, AreaReach, Criterion, Review, Scorecard
from records.tables.areas import AreaKind


@dataclass(frozen=True)
class ScorecardDraft:
    """The values of a scorecard as entered; a total below `fair_from` is WEAK."""

    name: Annotated[str, Field(_("Name"), max_length=200)]
    province_id: Annotated[UUID, Field(_("Province"), Area)]
    year_from: Annotated[
        int,
        Field(
            _("From year"),
            Kind.YEAR,
            minimum=2000,
            maximum=2100,
            constraints={
                "scorecards_province_year_key": _("The province already has a scorecard from this year.")
            },
        ),
    ]
    excellent_from: Annotated[Decimal, Field(_("Excellent from"), maximum=FULL_POINTS)]
    good_from: Annotated[Decimal, Field(_("Good from"), maximum=FULL_POINTS)]
    fair_from: Annotated[Decimal, Field(_("Fair from"), maximum=FULL_POINTS)]
    criteria: Sequence[CriterionDraft] = ()


def visible_to(actor: Actor) -> QuerySet[Scorecard]:
    """The scorecards of all provinces: they are a catalogue. Raises `PermissionDenied`."""
    check_right(actor, Right.REVIEWS_READ)
    return Scorecard.filter(deleted_at__isnull=True)


NOUN: Final = Noun(
    name="scorecard",
    label=_("Scorecard"),
    plural=_("Scorecards"),
    table=Scorecard,
    right=Right.REVIEWS_READ,
    visible_to=visible_to,
    draft=ScorecardDraft,
    fields=fields_of(ScorecardDraft),
    history_only={"criteria": Field(_("Criteria"), Kind.LIST)},
    path="scorecards",
    missing=_("There is no such scorecard."),
)


async def find_scorecard(area_id: UUID, year: int) -> Scorecard | None:
    """The scorecard by which a group of that area is reviewed for that year: its province's last."""
    provinces = await AreaReach.filter(area_id=area_id).values_list("ancestor_id", flat=True)
    cards = Scorecard.filter(province_id__in=list(provinces), year_from__lte=year, deleted_at__isnull=True)
    return await cards.order_by("-year_from", "-id").first()


async def criteria_of(card_id: UUID) -> list[Criterion]:
    """The criteria of a scorecard, in their order."""
    return await Criterion.filter(scorecard_id=card_id).order_by("position", "id")


async def is_used(card_id: UUID) -> bool:
    """Whether a group was reviewed by this scorecard, which is then fixed."""
    return await Review.filter(scorecard_id=card_id).exists()


async def lock_scorecards() -> None:
    """Waits until nobody else changes scorecards or reviews by one, and keeps others waiting likewise."""
    await advisory_lock("scorecards")


async def can_manage(actor: Actor, card: Scorecard) -> bool:
    """Whether `actor` keeps the scorecards of the province of `card`."""
    return has_right(actor, Right.SCORECARDS_MANAGE) and await actor_can_reach(actor, card.province_id)


async def create(draft: ScorecardDraft, *, by: Actor) -> Scorecard:
    """A new scorecard. Raises `PermissionDenied` or `ValidationFailed`."""
    check_right(by, Right.SCORECARDS_MANAGE)
    async with transaction():
        await lock_scorecards()
        values = await _checked(draft, by)
        row, action = Scorecard(**values), Right.SCORECARDS_MANAGE
        await create_row(NOUN, row, by=by, action=action, fallback_area_id=row.province_id)
        await _add_criteria(row, draft, by, before=None)
        return row


async def create_version(card_id: UUID, draft: ScorecardDraft, *, by: Actor) -> Scorecard:
    """A scorecard that follows another one of its province from a later year on.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check_right(by, Right.SCORECARDS_MANAGE)
    before = await find(NOUN, visible_to(by), card_id)
    if draft.province_id != before.province_id:
        text = _("A new version is for the same province.")
        raise ValidationFailed.of("province", text, ProblemCode.INCONSISTENT)
    if draft.year_from <= before.year_from:
        text, year = _("Enter a year after {year}."), str(before.year_from)
        raise ValidationFailed.of("year_from", text, ProblemCode.OUT_OF_RANGE, year=year)
    return await create(draft, by=by)


async def edit(card_id: UUID, draft: ScorecardDraft, *, expected_version: int, by: Actor) -> Scorecard:
    """A scorecard that was not used yet, changed.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    rows, action = visible_to(by), Right.SCORECARDS_MANAGE
    async with change_row(NOUN, rows, card_id, expected_version, action, by=by) as change:
        row = change.row
        if not await can_manage(by, row):
            raise PermissionDenied("The scorecard belongs to a province that you do not work in.")
        await lock_scorecards()
        if await is_used(row.id):
            raise Conflict("A scorecard that was used cannot be changed. Create a new version.")
        await change.save(fallback_area_id=row.province_id, **await _checked(draft, by, before=row))
        before = await criteria_of(row.id)
        if [_drafted(one) for one in before] != list(draft.criteria):
            if row.version == expected_version:
                await save_next_version(row, {})
            await Criterion.filter(scorecard_id=row.id).delete()
            await _add_criteria(row, draft, by, before=before)
        return row


async def _add_criteria(
    row: Scorecard, draft: ScorecardDraft, by: Actor, *, before: Sequence[Criterion] | None
) -> None:
    added = [
        Criterion(
            scorecard_id=row.id,
            position=position,
            name=normalize_text(one.name),
            max_points=one.max_points,
            measure=one.measure,
            part=normalize_text(one.part),
        )
        for position, one in enumerate(draft.criteria, start=1)
    ]
    await Criterion.bulk_create(added)
    await record_change(
        NOUN,
        row,
        by=by,
        action=Right.SCORECARDS_MANAGE,
        before={} if before is None else {"criteria": _texts(before)},
        after={"criteria": _texts(added)},
        fallback_area_id=row.province_id,
    )


def _texts(criteria: Sequence[Criterion]) -> list[str]:
    names = (f"{one.part}: {one.name}" if one.part else one.name for one in criteria)
    return [f"{name} ({one.max_points.normalize():f})" for name, one in zip(names, criteria, strict=True)]


def _drafted(row: Criterion) -> CriterionDraft:
    return CriterionDraft(row.name, row.max_points, row.measure, row.part)


async def _checked(draft: ScorecardDraft, by: Actor, *, before: Scorecard | None = None) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed` with every problem there is."""
    check = Validator()
    values = check.values(draft)
    del values["criteria"]
    if not 0 < draft.fair_from < draft.good_from < draft.excellent_from:
        text = _("Enter thresholds that rise from fair to good and excellent, above 0.")
        check.add("fair_from", text, ProblemCode.INCONSISTENT)
    check_criteria(check, draft.criteria)
    provinces = Area.filter(id=draft.province_id, kind=AreaKind.PROVINCE)
    if not await provinces.exists() or not await actor_can_reach(by, draft.province_id):
        check.add("province", "Choose a province that you work in.", ProblemCode.OUTSIDE_AREAS)
    moved = before is None or (before.province_id, before.year_from) != (draft.province_id, draft.year_from)
    if moved and (year := await _last_reviewed(draft)):
        text = _("Groups of the province were already reviewed for {year}. Enter a later year.")
        check.add("year_from", text, ProblemCode.CONFLICT, year=str(year))
    check.raise_if_invalid()
    return values


async def _last_reviewed(draft: ScorecardDraft) -> int | None:
    """The last year in which a group was reviewed among those for which the scorecard would apply."""
    later = Scorecard.filter(province_id=draft.province_id, year_from__gt=draft.year_from)
    following = await later.filter(deleted_at__isnull=True).order_by("year_from").first()
    # Removed reviews count: one that is restored keeps its scorecard.
    reviews = Review.filter(in_areas([draft.province_id]), year__gte=draft.year_from)
    if following is not None:
        reviews = reviews.filter(year__lt=following.year_from)
    last = await reviews.order_by("-year").first()
    return last.year if last else None
