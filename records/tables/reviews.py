"""The yearly review of a group with the Front, by a scorecard that is data."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.areas import Area
from records.tables.base import Editable, Record, check, enum_column, foreign_key, index, unique
from records.tables.groups import Group
from records.tables.staff import Staff


class ReviewClass(Labelled):
    """The class of a group."""

    EXCELLENT = "EXCELLENT", _("Excellent"), "Excellent (tốt, mạnh)."
    GOOD = "GOOD", _("Good"), "Good (khá)."
    FAIR = "FAIR", _("Fair"), "Fair (trung bình)."
    WEAK = "WEAK", _("Weak"), "Weak (yếu)."


class Measure(Labelled):
    """What the records know about a group that helps to score a criterion."""

    MEETINGS = "MEETINGS", _("Quarterly meetings held")
    HOUSEHOLDS = "HOUSEHOLDS", _("Households at the meetings")
    OUTLINES = "OUTLINES", _("Outlines discussed")
    TIPS = "TIPS", _("Tips passed on")
    LEADERS = "LEADERS", _("Head, deputy head and secretary")


class Scorecard(Editable):
    """A province's point scale, from a year on; the least totals of its classes."""

    name = fields.CharField(max_length=200)
    province: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    province_id: UUID
    year_from = fields.SmallIntField()
    excellent_from: Decimal = fields.DecimalField(max_digits=5, decimal_places=2)
    good_from: Decimal = fields.DecimalField(max_digits=5, decimal_places=2)
    fair_from: Decimal = fields.DecimalField(max_digits=5, decimal_places=2)

    class Meta:
        table = "scorecards"
        constraints = (
            unique("province_id", "year_from", name="province_year"),
            # Three thresholds in order cover 0 to 100 without gap or overlap; below the last is WEAK.
            check(
                "thresholds",
                "0 < fair_from AND fair_from < good_from"
                " AND good_from < excellent_from AND excellent_from <= 100",
            ),
        )


class Criterion(Record):
    """One line of a scorecard, and the most points it gives."""

    scorecard: fields.ForeignKeyRelation[Scorecard] = foreign_key("Scorecard", index=False)
    scorecard_id: UUID
    position = fields.SmallIntField()
    # Criteria that follow one another with the same part are added up.
    part = fields.CharField(max_length=120, default="", db_default="")
    name = fields.CharField(max_length=300)
    max_points: Decimal = fields.DecimalField(max_digits=5, decimal_places=2)
    measure: Measure | None = enum_column(Measure, null=True)

    class Meta:
        table = "criteria"
        constraints = (
            unique("scorecard_id", "position", name="position"),
            check("max_points", "max_points > 0 AND max_points <= 100"),
        )


class Review(Editable):
    """A group's review of one year; total and class follow from the points.

    It has a class once every criterion is scored, and is final once both sides have signed.
    """

    group: fields.ForeignKeyRelation[Group] = foreign_key("Group", index=False)
    group_id: UUID
    # The group's, as it was when it was reviewed.
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    area_id: UUID
    year = fields.SmallIntField()
    scorecard: fields.ForeignKeyRelation[Scorecard] = foreign_key("Scorecard")
    scorecard_id: UUID
    total: Decimal = fields.DecimalField(max_digits=5, decimal_places=2)
    review_class: ReviewClass | None = enum_column(ReviewClass, null=True)
    findings = fields.TextField(default="")
    actions = fields.TextField(default="")
    # The names of those who signed for each side, as they were then.
    by_police = fields.CharField(max_length=200, default="")
    police_signer: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True, index=False)
    police_signer_id: UUID | None
    police_signed_on: date | None = fields.DateField(null=True)
    by_front = fields.CharField(max_length=200, default="")
    front_signer: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True, index=False)
    front_signer_id: UUID | None
    front_signed_on: date | None = fields.DateField(null=True)
    signed_on: date | None = fields.DateField(null=True)

    class Meta:
        table = "reviews"
        constraints = (
            unique("group_id", "year", name="group_year", where="deleted_at IS NULL"),
            check("year", "year BETWEEN 2000 AND 2100"),
            check("total", "total BETWEEN 0 AND 100"),
            check("police", "(police_signed_on IS NULL) = (by_police = '')"),
            check("front", "(front_signed_on IS NULL) = (by_front = '')"),
            # The greatest of two days, of which none is unknown.
            check(
                "signed",
                "signed_on IS NOT DISTINCT FROM CASE WHEN police_signed_on IS NOT NULL AND front_signed_on"
                " IS NOT NULL THEN greatest(police_signed_on, front_signed_on) END",
            ),
            check(
                "scored",
                "review_class IS NOT NULL OR (police_signed_on IS NULL AND front_signed_on IS NULL)",
            ),
        )
        indexes = (
            index("area_id", "signed_on", name="area_signed"),
            index("signed_on", "id", name="signed"),
            index("updated_at", "id", name="updated"),
        )


class ReviewPoint(Record):
    """The points that a review gave for one criterion; None while it is not scored."""

    review: fields.ForeignKeyRelation[Review] = foreign_key("Review", index=False)
    review_id: UUID
    criterion: fields.ForeignKeyRelation[Criterion] = foreign_key("Criterion")
    criterion_id: UUID
    points: Decimal | None = fields.DecimalField(max_digits=5, decimal_places=2, null=True)

    class Meta:
        table = "review_points"
        constraints = (
            unique("review_id", "criterion_id"),
            check("points", "points >= 0"),
        )
