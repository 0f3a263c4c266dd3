"""Tips: what people pass on, with its timeline and outcomes."""

from datetime import datetime
from uuid import UUID

from tortoise import fields

from records.core.actor import ActorKind
from records.core.identifiers.references import new_reference
from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.areas import Area
from records.tables.base import Editable, Record, check, enum_column, foreign_key, index, unique
from records.tables.groups import Group
from records.tables.partners import Partner
from records.tables.staff import Staff


class LegalKind(Labelled):
    """The legal kind of a tip. All but SOURCE are formal, with a deadline (Criminal Procedure Code, 147)."""

    SOURCE = "SOURCE", _("Information (informal)"), "Informal information (nguồn tin)."
    REPORT = "REPORT", _("Report of a crime"), "A report of a crime (tin báo)."
    DENUNCIATION = "DENUNCIATION", _("Denunciation of a crime"), "A denunciation of a crime (tố giác)."
    PROPOSAL = "PROPOSAL", _("Proposal to prosecute"), "A proposal to prosecute (kiến nghị khởi tố)."


class Channel(Labelled):
    """The channel through which information arrived."""

    ZALO = "ZALO", "Zalo", "Over Zalo."
    FACEBOOK = "FACEBOOK", "Facebook", "Over Facebook."
    PHONE = "PHONE", _("Phone"), "By phone."
    IN_PERSON = "IN_PERSON", _("In person"), "In person."
    MEETING = "MEETING", _("At a group meeting"), "At a group's meeting."
    BOX = "BOX", _("Suggestion box"), "In a letter box."
    API = "API", _("From another system"), "From another system."


class Priority(Labelled):
    """How soon a tip should be looked at."""

    LOW = "LOW", _("Low"), "It can wait."
    NORMAL = "NORMAL", _("Normal"), "In turn."
    HIGH = "HIGH", _("High"), "Soon."
    URGENT = "URGENT", _("Urgent"), "At once."


class TipStatus(Labelled):
    """The status of a tip."""

    RECEIVED = "RECEIVED", _("Received"), "It was received; work has not started."
    VERIFYING = "VERIFYING", _("Being verified"), "It is being verified."
    ACTING = "ACTING", _("In progress"), "It is credible and is being acted on."
    CLOSED = "CLOSED", _("Closed"), "It is closed with an outcome."
    REJECTED = "REJECTED", _("Rejected"), "It was rejected, with a reason."
    DUPLICATE = "DUPLICATE", _("Duplicate"), "It duplicates another tip."


class TipEventKind(Labelled):
    """What happened to a tip."""

    SUBMITTED = "SUBMITTED", _("Tip received")
    EDITED = "EDITED", _("Tip corrected")
    ASSIGNED = "ASSIGNED", _("Tip assigned")
    NOTED = "NOTED", _("Note added")
    REPORTED = "REPORTED", _("Outcome reported")
    VERIFYING = "VERIFYING", _("Verification started")
    ACTING = "ACTING", _("Action started")
    CLOSED = "CLOSED", _("Tip closed")
    REJECTED = "REJECTED", _("Tip rejected")
    REOPENED = "REOPENED", _("Tip reopened")
    MERGED = "MERGED", _("Tip marked as a duplicate")
    EXTENDED = "EXTENDED", _("Deadline extended")


class OutcomeKind(Labelled):
    """The outcome of a tip."""

    ARREST = "ARREST", _("People arrested"), "People arrested (đối tượng bị bắt giữ)."
    CASE_SOLVED = "CASE_SOLVED", _("Cases solved"), "Cases solved (vụ khám phá)."
    SPOT_CLEARED = "SPOT_CLEARED", _("Trouble spots cleared"), "Trouble spots cleared (tụ điểm triệt xóa)."
    FINE = "FINE", _("Administrative penalties"), "Administrative penalties (xử lý hành chính)."
    WARNING = "WARNING", _("Warnings"), "Warnings given (nhắc nhở)."
    REFERRED = "REFERRED", _("Referred to another body"), "Referred to another body (chuyển cơ quan khác)."
    UNFOUNDED = "UNFOUNDED", _("Unfounded"), "Unfounded (không có căn cứ)."
    OTHER = "OTHER", _("Other"), "Something else."


class TipCategory(Editable):
    """What a tip is about; categories are data."""

    code = fields.CharField(max_length=32)
    name_vi = fields.CharField(max_length=120)
    name_en = fields.CharField(max_length=120)
    parent: fields.ForeignKeyNullableRelation["TipCategory"] = foreign_key("TipCategory", null=True)
    parent_id: UUID | None
    sensitive = fields.BooleanField(default=False)
    # Whether its tips have a legal kind with a deadline.
    formal = fields.BooleanField(default=False, db_default=False)
    active = fields.BooleanField(default=True)
    position = fields.SmallIntField(default=0)

    class Meta:
        table = "tip_categories"
        constraints = (unique("code"),)


class Tip(Editable):
    """Information from people. Who gave it is sealed, in a table of its own."""

    code = fields.CharField(max_length=20)
    # What partners know it by: `code` counts the tips of the province.
    reference = fields.CharField(max_length=14, default=new_reference)
    legal_kind: LegalKind = enum_column(LegalKind, default=LegalKind.SOURCE)
    category: fields.ForeignKeyRelation[TipCategory] = foreign_key("TipCategory")
    category_id: UUID
    channel: Channel = enum_column(Channel)
    group: fields.ForeignKeyNullableRelation[Group] = foreign_key("Group", null=True, index=False)
    group_id: UUID | None
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    area_id: UUID
    place = fields.CharField(max_length=300, default="")
    lat: float | None = fields.FloatField(null=True)
    lon: float | None = fields.FloatField(null=True)
    occurred_at: datetime | None = fields.DatetimeField(null=True)
    received_at: datetime = fields.DatetimeField()
    title = fields.CharField(max_length=200)
    body = fields.TextField(default="")
    folded = fields.TextField()
    priority: Priority = enum_column(Priority, default=Priority.NORMAL)
    status: TipStatus = enum_column(TipStatus, default=TipStatus.RECEIVED)
    assignee: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    assignee_id: UUID | None
    due_at: datetime | None = fields.DatetimeField(null=True)
    extended = fields.BooleanField(default=False)
    first_response_at: datetime | None = fields.DatetimeField(null=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)
    duplicate_of: fields.ForeignKeyNullableRelation["Tip"] = foreign_key("Tip", null=True)
    duplicate_of_id: UUID | None
    partner: fields.ForeignKeyNullableRelation[Partner] = foreign_key("Partner", null=True, index=False)
    partner_id: UUID | None
    external_ref = fields.CharField(max_length=120, null=True)
    # The digest of what was asked for under `external_ref`.
    external_sha256 = fields.CharField(max_length=64, null=True)
    anonymous = fields.BooleanField(default=True)

    class Meta:
        table = "tips"
        constraints = (
            unique("code"),
            unique("reference"),
            unique("partner_id", "external_ref", name="external_ref", where="external_ref IS NOT NULL"),
            check("external_ref", "external_ref IS NULL OR partner_id IS NOT NULL"),
            check("external_sha256", "(external_ref IS NULL) = (external_sha256 IS NULL)"),
            check("duplicate", "(status = 'DUPLICATE') = (duplicate_of_id IS NOT NULL)"),
            check("duplicate_self", "duplicate_of_id <> id"),
            check("closed", "(status IN ('CLOSED', 'REJECTED', 'DUPLICATE')) = (closed_at IS NOT NULL)"),
            check("due", "(legal_kind = 'SOURCE') = (due_at IS NULL)"),
            check("lat", "lat BETWEEN -90 AND 90"),
            check("lon", "lon BETWEEN -180 AND 180"),
            check("place_pair", "(lat IS NULL) = (lon IS NULL)"),
        )
        indexes = (
            index("received_at", "id", name="received"),
            index("status", "received_at", "id", name="status_received"),
            index("group_id", "status", name="group_status"),
            index("updated_at", "id", name="updated"),
        )


class TipEvent(Record):
    """One event in the timeline of a tip; rows are only ever added."""

    tip: fields.ForeignKeyRelation[Tip] = foreign_key("Tip", index=False)
    tip_id: UUID
    kind: TipEventKind = enum_column(TipEventKind)
    at: datetime = fields.DatetimeField()
    actor_kind: ActorKind = enum_column(ActorKind)
    actor_id: UUID | None = fields.UUIDField(null=True)
    actor_name = fields.CharField(max_length=120)
    from_status: TipStatus | None = enum_column(TipStatus, null=True)
    to_status: TipStatus | None = enum_column(TipStatus, null=True)
    note = fields.TextField(default="")

    class Meta:
        table = "tip_events"
        indexes = (index("tip_id", "at", "id", name="tip"),)


class TipOutcome(Record):
    """What came of a tip, and how many."""

    tip: fields.ForeignKeyRelation[Tip] = foreign_key("Tip")
    tip_id: UUID
    kind: OutcomeKind = enum_column(OutcomeKind)
    count = fields.IntField(default=1)
    on_day = fields.DateField()
    note = fields.TextField(default="")

    class Meta:
        table = "tip_outcomes"
        constraints = (check("count", "count BETWEEN 1 AND 100000"),)
