"""Police bodies and Front committees, and the crime-prevention models (programmes) they run."""

from datetime import date
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.areas import Area
from records.tables.base import Editable, check, enum_column, foreign_key, index, unique


class OrganisationKind(Labelled):
    """The kind of an organisation."""

    POLICE = "POLICE", _("Police"), "A police body (công an)."
    FRONT = (
        "FRONT",
        _("Fatherland Front committee"),
        "A committee of the Fatherland Front (Ủy ban Mặt trận Tổ quốc).",
    )
    GOVERNMENT = "GOVERNMENT", _("Government"), "Another body of government."
    OTHER = "OTHER", _("Other"), "Any other organisation."


class DatePrecision(Labelled):
    """How exactly a date is known."""

    DAY = "DAY", _("Day"), "To the day."
    MONTH = "MONTH", _("Month"), "To the month; the day is a placeholder."
    YEAR = "YEAR", _("Year"), "To the year; day and month are placeholders."


class Organisation(Editable):
    """An organisation with a life of its own, which need not be its area's."""

    name = fields.CharField(max_length=200)
    name_key = fields.TextField(default="")
    folded = fields.TextField()
    kind: OrganisationKind = enum_column(OrganisationKind)
    parent: fields.ForeignKeyNullableRelation["Organisation"] = foreign_key("Organisation", null=True)
    parent_id: UUID | None
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID
    active_from: date | None = fields.DateField(null=True)
    active_to: date | None = fields.DateField(null=True)
    # Whether its area lets the actor for whom it was loaded manage it; the verbs set it.
    manageable: bool = False

    class Meta:
        table = "organisations"
        constraints = (
            unique("name", "area_id", name="name_area"),
            check("life", "active_to > active_from"),
            check("parent", "parent_id <> id"),
        )
        indexes = (
            index("name_key", "id", name="name"),
            index("updated_at", "id", name="updated"),
        )


class Programme(Editable):
    """A crime-prevention model (mô hình): who hosts it, with whom, where and since when."""

    code = fields.CharField(max_length=32)
    name = fields.CharField(max_length=300)
    folded = fields.TextField()
    host: fields.ForeignKeyRelation[Organisation] = foreign_key("Organisation")
    host_id: UUID
    partner: fields.ForeignKeyNullableRelation[Organisation] = foreign_key("Organisation", null=True)
    partner_id: UUID | None
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID
    started_on = fields.DateField()
    started_precision: DatePrecision = enum_column(DatePrecision, default=DatePrecision.DAY)
    ended_on = fields.DateField(null=True)
    channel = fields.CharField(max_length=60, default="")
    summary = fields.TextField(default="")
    # Whether its area lets the actor for whom it was loaded manage it; the verbs set it.
    manageable: bool = False

    class Meta:
        table = "programmes"
        constraints = (
            unique("code"),
            check("life", "ended_on >= started_on"),
        )
        indexes = (
            index("started_on", "id", name="started"),
            index("updated_at", "id", name="updated"),
        )
