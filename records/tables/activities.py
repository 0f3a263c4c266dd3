"""What groups do: meetings and outreach, outlines handed down, questions answered, people guided."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.areas import Area
from records.tables.base import Editable, Record, check, enum_column, enum_constraint, foreign_key
from records.tables.groups import Group
from records.tables.organisations import Organisation
from records.tables.staff import Staff
from records.tables.tips import Channel


class OutlineStatus(Labelled):
    """A published outline never changes: a correction is a new edition."""

    DRAFT = "DRAFT", _("Draft")
    PUBLISHED = "PUBLISHED", _("Published")


class ActivityKind(Labelled):
    """What kind of gathering an activity was."""

    QUARTERLY_MEETING = (
        "QUARTERLY_MEETING",
        _("Quarterly meeting"),
        "A group's quarterly meeting (họp tổ hằng quý).",
    )
    OUTREACH = "OUTREACH", _("Outreach session"), "An outreach session (tuyên truyền)."
    TRAINING = "TRAINING", _("Training"), "Training (tập huấn)."
    PATROL = "PATROL", _("Patrol"), "A patrol (tuần tra)."
    OTHER = "OTHER", _("Other"), "Something else."


class EducationReason(Labelled):
    """Why a person is guided."""

    FORMER_PRISONER = "FORMER_PRISONER", _("Served a prison sentence")
    EARLY_RELEASE = "EARLY_RELEASE", _("Pardoned or released early")
    SUSPENDED_SENTENCE = "SUSPENDED_SENTENCE", _("Suspended sentence or non-custodial reform")
    JUVENILE = "JUVENILE", _("Juvenile offender")
    DRUG_USE = "DRUG_USE", _("Drug use")
    AFTER_REHABILITATION = "AFTER_REHABILITATION", _("Completed drug rehabilitation")
    GAMBLING = "GAMBLING", _("Gambling")
    DISORDER = "DISORDER", _("Public disorder")
    DOMESTIC_VIOLENCE = "DOMESTIC_VIOLENCE", _("Domestic violence")
    OTHER = "OTHER", _("Other")


class EducationResult(Labelled):
    """How an education case ended."""

    IMPROVED = "IMPROVED", _("Improved")
    NOT_IMPROVED = "NOT_IMPROVED", _("Not improved")
    MOVED_AWAY = "MOVED_AWAY", _("Moved away")
    HANDED_OVER = "HANDED_OVER", _("Handed over")


class Outline(Editable):
    """Material (đề cương) that police write for groups to discuss."""

    code = fields.CharField(max_length=32)
    edition = fields.SmallIntField(default=1)
    title = fields.CharField(max_length=300)
    folded = fields.TextField()
    topics: list[str] = fields.JSONField(default=list)
    body = fields.TextField(default="")
    organisation: fields.ForeignKeyRelation[Organisation] = foreign_key("Organisation")
    organisation_id: UUID
    status: OutlineStatus = enum_column(OutlineStatus, default=OutlineStatus.DRAFT)
    issued_on: date | None = fields.DateField(null=True)
    valid_until: date | None = fields.DateField(null=True)

    class Meta:
        table = "outlines"
        constraints = (
            UniqueConstraint(fields=("code", "edition"), name="outlines_code_edition_key"),
            check("outlines", "code", "code = upper(code)"),
            check("outlines", "edition", "edition >= 1"),
            check("outlines", "issued_on", "(status = 'PUBLISHED') = (issued_on IS NOT NULL)"),
            check("outlines", "valid_until", "valid_until >= issued_on"),
            enum_constraint("outlines", "status", OutlineStatus),
        )
        indexes = (
            Index(fields=("code", "id"), name="outlines_code_idx"),
            Index(fields=("issued_on", "id"), name="outlines_issued_idx"),
            Index(fields=("updated_at", "id"), name="outlines_updated_idx"),
        )


class HandDown(Editable):
    """An outline on its way from one organisation to another, or to a group."""

    outline: fields.ForeignKeyRelation[Outline] = foreign_key("Outline")
    outline_id: UUID
    sender: fields.ForeignKeyRelation[Organisation] = foreign_key("Organisation")
    sender_id: UUID
    group: fields.ForeignKeyNullableRelation[Group] = foreign_key("Group", null=True)
    group_id: UUID | None
    organisation: fields.ForeignKeyNullableRelation[Organisation] = foreign_key("Organisation", null=True)
    organisation_id: UUID | None
    # That of whoever gets it.
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    area_id: UUID
    sent_at: datetime = fields.DatetimeField()
    received_at: datetime | None = fields.DatetimeField(null=True)
    activity: fields.ForeignKeyNullableRelation["Activity"] = foreign_key("Activity", null=True)
    activity_id: UUID | None

    class Meta:
        table = "hand_downs"
        constraints = (
            check("hand_downs", "to", "(group_id IS NULL) <> (organisation_id IS NULL)"),
            check("hand_downs", "received", "received_at >= sent_at"),
            check("hand_downs", "discussed", "activity_id IS NULL OR received_at IS NOT NULL"),
        )
        indexes = (
            Index(fields=("area_id", "sent_at"), name="hand_downs_area_sent_idx"),
            Index(fields=("sent_at", "id"), name="hand_downs_sent_idx"),
            Index(fields=("updated_at", "id"), name="hand_downs_updated_idx"),
        )


class Activity(Editable):
    """A meeting or an outreach session: when, how many came, what was discussed."""

    kind: ActivityKind = enum_column(ActivityKind)
    group: fields.ForeignKeyNullableRelation[Group] = foreign_key("Group", null=True, index=False)
    group_id: UUID | None
    organisation: fields.ForeignKeyNullableRelation[Organisation] = foreign_key("Organisation", null=True)
    organisation_id: UUID | None
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    area_id: UUID
    held_on: date = fields.DateField()
    attendance = fields.IntField(default=0)
    households_present: int | None = fields.IntField(null=True)
    topics: list[str] = fields.JSONField(default=list)
    outline: fields.ForeignKeyNullableRelation[Outline] = foreign_key("Outline", null=True)
    outline_id: UUID | None
    minutes = fields.TextField(default="")
    recorded_by: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    recorded_by_id: UUID | None

    class Meta:
        table = "activities"
        constraints = (
            check("activities", "who", "group_id IS NOT NULL OR organisation_id IS NOT NULL"),
            check("activities", "attendance", "attendance BETWEEN 0 AND 1000000"),
            check("activities", "households_present", "households_present BETWEEN 0 AND 100000"),
            enum_constraint("activities", "kind", ActivityKind),
        )
        indexes = (
            Index(fields=("group_id", "held_on"), name="activities_group_held_idx"),
            Index(fields=("area_id", "held_on"), name="activities_area_held_idx"),
            Index(fields=("held_on", "id"), name="activities_held_idx"),
            Index(fields=("updated_at", "id"), name="activities_updated_idx"),
        )


class Enquiry(Editable):
    """A citizen's question on procedures or online services, and its answer."""

    group: fields.ForeignKeyNullableRelation[Group] = foreign_key("Group", null=True)
    group_id: UUID | None
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area", index=False)
    area_id: UUID
    channel: Channel = enum_column(Channel)
    topic = fields.CharField(max_length=60)
    question = fields.TextField()
    folded = fields.TextField()
    asked_at: datetime = fields.DatetimeField()
    answer = fields.TextField(default="")
    answered_by: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    answered_by_id: UUID | None
    answered_at: datetime | None = fields.DatetimeField(null=True)
    published = fields.BooleanField(default=False)

    class Meta:
        table = "enquiries"
        constraints = (
            check("enquiries", "answer", "(answer = '') = (answered_at IS NULL)"),
            check("enquiries", "published", "NOT published OR answered_at IS NOT NULL"),
            enum_constraint("enquiries", "channel", Channel),
        )
        indexes = (
            Index(fields=("area_id", "asked_at"), name="enquiries_area_asked_idx"),
            Index(fields=("asked_at", "id"), name="enquiries_asked_idx"),
        )


class EducationCase(Editable):
    """Individual guidance of one person by a group; who it is stands sealed elsewhere."""

    code = fields.CharField(max_length=20)
    group: fields.ForeignKeyRelation[Group] = foreign_key("Group")
    group_id: UUID
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID
    reason: EducationReason = enum_column(EducationReason)
    opened_on: date = fields.DateField()
    closed_on: date | None = fields.DateField(null=True)
    result: EducationResult | None = enum_column(EducationResult, null=True)

    class Meta:
        table = "education_cases"
        constraints = (
            UniqueConstraint(fields=("code",), name="education_cases_code_key"),
            check("education_cases", "life", "closed_on >= opened_on"),
            check("education_cases", "closed", "(closed_on IS NULL) = (result IS NULL)"),
            enum_constraint("education_cases", "reason", EducationReason),
            enum_constraint("education_cases", "result", EducationResult),
        )


class EducationSupervisor(Editable):
    """Who guides the person of an education case: the people who may see it."""

    case: fields.ForeignKeyRelation[EducationCase] = foreign_key("EducationCase", index=False)
    case_id: UUID
    staff: fields.ForeignKeyRelation[Staff] = foreign_key("Staff")
    staff_id: UUID

    class Meta:
        table = "education_supervisors"
        constraints = (UniqueConstraint(fields=("case_id", "staff_id"), name="education_supervisors_key"),)


class EducationNote(Record):
    """How the guidance goes: only added to, and erased with whom it is about."""

    case: fields.ForeignKeyRelation[EducationCase] = foreign_key("EducationCase", index=False)
    case_id: UUID
    on_day: date = fields.DateField()
    note = fields.TextField()
    recorded_by: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    recorded_by_id: UUID | None
    recorded_at: datetime = fields.DatetimeField()

    class Meta:
        table = "education_notes"
        constraints = (check("education_notes", "note", "note <> ''"),)
        indexes = (Index(fields=("case_id", "on_day"), name="education_notes_case_idx"),)
