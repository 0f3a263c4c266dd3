"""Numbers: what is counted (indicators), what was reported (figures), what the records add up to (cells)."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.areas import Area
from records.tables.base import Editable, TableModel, check, enum_column, foreign_key, index, unique
from records.tables.organisations import Organisation, Programme
from records.tables.staff import Staff


class IndicatorKind(Labelled):
    """What an indicator's values mean over a period."""

    FLOW = "FLOW", _("Sum over a period"), "A sum over the period."
    STOCK = "STOCK", _("Value at the end of a period"), "The value at the period's end."
    RATIO = "RATIO", _("Ratio"), "A ratio of two sums, in percent."


class IndicatorSource(Labelled):
    """Where an indicator's values come from."""

    RECORDS = "RECORDS", _("Counted from records"), "Counted from the records."
    FIGURES = "FIGURES", _("Reported figures"), "Figures that units reported."


class Qualifier(Labelled):
    """How a source qualifies a number."""

    EXACT = "EXACT", _("Exactly"), "Exactly that number."
    OVER = "OVER", _("Over"), "Over that number (trên)."
    NEARLY = "NEARLY", _("Nearly"), "Nearly that number (gần)."
    ABOUT = "ABOUT", _("About"), "About that number (khoảng), also if it is `protected`."
    TENS = "TENS", _("Tens"), "Tens, without a number (hàng chục)."
    HUNDREDS = "HUNDREDS", _("Hundreds"), "Hundreds, without a number (hàng trăm)."
    THOUSANDS = "THOUSANDS", _("Thousands"), "Thousands, without a number (hàng nghìn)."


class Indicator(Editable):
    """What can be asked for as a metric."""

    code = fields.CharField(max_length=60)
    name_vi = fields.CharField(max_length=200)
    name_en = fields.CharField(max_length=200)
    # What is counted and how, for whoever reads or reports it.
    description_vi = fields.TextField(default="", db_default="")
    description_en = fields.TextField(default="", db_default="")
    unit_vi = fields.CharField(max_length=60)
    unit_en = fields.CharField(max_length=60)
    kind: IndicatorKind = enum_column(IndicatorKind)
    source: IndicatorSource = enum_column(IndicatorSource)
    sensitive = fields.BooleanField(default=False)
    numerator: fields.ForeignKeyNullableRelation["Indicator"] = foreign_key("Indicator", null=True)
    numerator_id: UUID | None
    denominator: fields.ForeignKeyNullableRelation["Indicator"] = foreign_key("Indicator", null=True)
    denominator_id: UUID | None
    higher_is_better = fields.BooleanField(null=True)
    position = fields.SmallIntField(default=0)

    class Meta:
        table = "indicators"
        constraints = (
            unique("code"),
            check(
                "ratio",
                "(kind = 'RATIO' AND source = 'RECORDS')"
                " = (numerator_id IS NOT NULL AND denominator_id IS NOT NULL)",
            ),
        )


class IndicatorTarget(Editable):
    """The value that an indicator should reach in an area and year."""

    indicator: fields.ForeignKeyRelation[Indicator] = foreign_key("Indicator", index=False)
    indicator_id: UUID
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID
    year = fields.SmallIntField()
    value: Decimal = fields.DecimalField(max_digits=18, decimal_places=4)
    # The system where it has no id: who last set the value.
    set_by: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    set_by_id: UUID | None

    class Meta:
        table = "indicator_targets"
        constraints = (
            unique("indicator_id", "area_id", "year", name="place", where="deleted_at IS NULL"),
            check("year", "year BETWEEN 2000 AND 2100"),
        )


class Figure(Editable):
    """A number reported by a unit, with what its source says of it; a correction supersedes it."""

    indicator: fields.ForeignKeyRelation[Indicator] = foreign_key("Indicator", index=False)
    indicator_id: UUID
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    area_id: UUID
    organisation: fields.ForeignKeyRelation[Organisation] = foreign_key("Organisation")
    organisation_id: UUID
    programme: fields.ForeignKeyNullableRelation[Programme] = foreign_key("Programme", null=True)
    programme_id: UUID | None
    # A flow has a first and a last day, a stock only a last; both are unknown where the source does not say.
    period_from: date | None = fields.DateField(null=True)
    period_to: date | None = fields.DateField(null=True)
    period_text = fields.CharField(max_length=120)
    value: Decimal | None = fields.DecimalField(max_digits=18, decimal_places=4, null=True)
    qualifier: Qualifier = enum_column(Qualifier, default=Qualifier.EXACT)
    source_text = fields.TextField()
    source_name = fields.CharField(max_length=300)
    source_on: date | None = fields.DateField(null=True)
    supersedes: fields.ForeignKeyNullableRelation["Figure"] = foreign_key("Figure", null=True, index=False)
    supersedes_id: UUID | None

    class Meta:
        table = "figures"
        constraints = (
            unique("supersedes_id", name="supersedes", where="supersedes_id IS NOT NULL"),
            check("period", "period_to >= period_from"),
            check("supersedes_self", "supersedes_id <> id"),
            # "Hundreds" is a size, not a number: it has no value to add up.
            check("value", "(value IS NULL) = (qualifier IN ('TENS', 'HUNDREDS', 'THOUSANDS'))"),
        )
        indexes = (
            index("indicator_id", "area_id", name="indicator_area"),
            index("updated_at", "id", name="updated"),
        )


class MetricDelta(TableModel):
    """A change of a count, written with the record that caused it and later folded into its cell."""

    id = fields.BigIntField(primary_key=True, generated=True)
    indicator: fields.ForeignKeyRelation[Indicator] = foreign_key("Indicator", index=False)
    indicator_id: UUID
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    area_id: UUID
    month: date = fields.DateField()
    value = fields.BigIntField()

    class Meta:
        table = "metric_deltas"
        constraints = (check("month", "extract(day FROM month) = 1"),)


class MetricCell(TableModel):
    """What an indicator adds up to in one area and month (a stock: how much it changed in that month)."""

    id = fields.BigIntField(primary_key=True, generated=True)
    indicator: fields.ForeignKeyRelation[Indicator] = foreign_key("Indicator", index=False)
    indicator_id: UUID
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID
    month: date = fields.DateField()
    value = fields.BigIntField()

    class Meta:
        table = "metric_cells"
        constraints = (
            unique("indicator_id", "area_id", "month"),
            check("month", "extract(day FROM month) = 1"),
        )
