"""Areas with history: one row per area version, and what became of it."""

from datetime import date
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.base import Editable, Record, TableModel, check, enum_column, foreign_key, index, unique


class AreaKind(Labelled):
    """The level of an area."""

    PROVINCE = "PROVINCE", _("Province"), "A province or a city of that rank (tỉnh, thành phố)."
    DISTRICT = (
        "DISTRICT",
        _("District"),
        "A district (huyện, quận, thị xã, thành phố); abolished on 2025-07-01.",
    )
    COMMUNE = (
        "COMMUNE",
        _("Commune or ward"),
        "A commune, ward or special zone (xã, phường, thị trấn, đặc khu).",
    )
    HAMLET = "HAMLET", _("Hamlet"), "A hamlet (khóm, ấp)."


class Precision(Labelled):
    """How certain a value is."""

    EXACT = "EXACT", _("Exact"), "Exact."
    ESTIMATED = (
        "ESTIMATED",
        _("Estimated"),
        (
            "Estimated: the source is vague or does not give its days, an area was split and is "
            "counted where most of it went, or the number is `protected`."
        ),
    )
    UNAVAILABLE = (
        "UNAVAILABLE",
        _("Not available"),
        "Not available: it cannot be determined, or the period is in the future.",
    )


class Area(Editable):
    """An area from `valid_from` until the day before `valid_to`; codes are used again."""

    code = fields.CharField(max_length=16)
    valid_from = fields.DateField()
    valid_to = fields.DateField(null=True)
    name = fields.CharField(max_length=120)
    name_key = fields.TextField()
    folded = fields.TextField()
    kind: AreaKind = enum_column(AreaKind)
    parent: fields.ForeignKeyNullableRelation["Area"] = foreign_key("Area", null=True)
    parent_id: UUID | None
    lat = fields.FloatField(null=True)
    lon = fields.FloatField(null=True)
    area_km2 = fields.FloatField(null=True)
    # Whether its province lets the actor for whom it was loaded manage it; the verbs set it.
    manageable: bool = False

    class Meta:
        table = "areas"
        constraints = (
            unique("code", "valid_from", name="code_valid_from"),
            check("life", "valid_to > valid_from"),
            check("parent", "(parent_id IS NULL) = (kind = 'PROVINCE') AND parent_id <> id"),
            check("lat", "lat BETWEEN -90 AND 90"),
            check("lon", "lon BETWEEN -180 AND 180"),
            check("area_km2", "area_km2 > 0"),
        )
        indexes = (
            index("kind", "name_key", "id", name="kind_name"),
            index("name_key", "id", name="name"),
            index("code", "id", name="code"),
        )


class AreaSuccession(Record):
    """Where an area went: several rows for one old area are a split."""

    old: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    old_id: UUID
    new: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    new_id: UUID
    whole = fields.BooleanField()
    effective_on = fields.DateField()
    legal_basis = fields.CharField(max_length=200, default="")

    class Meta:
        table = "area_successions"
        constraints = (
            unique("old_id", "new_id", name="old_new"),
            check("ends", "old_id <> new_id"),
        )
        indexes = (index("effective_on", "id", name="effective"),)


class AreaReach(TableModel):
    """Derived: `area`, past or present, lies wholly in `ancestor`, in its own time or through succession."""

    id = fields.BigIntField(primary_key=True, generated=True)
    ancestor: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    ancestor_id: UUID
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID

    class Meta:
        table = "area_reach"
        constraints = (unique("ancestor_id", "area_id"),)


class AreaAt(TableModel):
    """Derived: where a record made in `area` belongs in the geography of `epoch`, for a home of `kind`."""

    id = fields.BigIntField(primary_key=True, generated=True)
    epoch: date = fields.DateField()
    kind: AreaKind = enum_column(AreaKind)
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    area_id: UUID
    home: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    home_id: UUID
    precision: Precision = enum_column(Precision)

    class Meta:
        table = "area_at"
        constraints = (unique("epoch", "kind", "area_id", "home_id"),)
