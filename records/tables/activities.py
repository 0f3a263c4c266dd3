"""What groups do: meetings and outreach, outlines handed down, questions answered, people guided."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.areas import Area
from records.tables.base import Editable, Record, check, enum_column, foreign_key, index, unique
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
    # Whether the actor for whom it was loaded may write its next edition, and how many of those whom that
    # actor sees have not received it; the verbs set it.
    revisable: bool = False
    unreceived: int = 0

    class Meta:
        table = "outlines"
        constraints = (
            unique("code", "edition", name="code_edition", where="deleted_at IS NULL"),
            check("code", "code = upper(code)"),
            check("edition", "edition >= 1"),
            check("issued_on", "(status = 'PUBLISHED') = (issued_on IS NOT NULL)"),
            check("valid_until", "valid_until >= issued_on"),
        )
        indexes = (
            index("code", "id", name="code"),
            index("issued_on", "id", name="issued"),
            index("updated_at", "id", name="updated"),
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
    # When the recipient was reminded last.
    reminded_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "hand_downs"
        constraints = (
            check("to", "(group_id IS NULL) <> (organisation_id IS NULL)"),
            check("received", "received_at >= sent_at"),
            check("discussed", "activity_id IS NULL OR received_at IS NOT NULL"),
            check("reminded", "reminded_at >= sent_at"),
        )
        indexes = (
            index("area_id", "sent_at", name="area_sent"),
            index("sent_at", "id", name="sent"),
            index("updated_at", "id", name="updated"),
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
            check("who", "group_id IS NOT NULL OR organisation_id IS NOT NULL"),
            check("attendance", "attendance BETWEEN 0 AND 1000000"),
            check("households_present", "households_present BETWEEN 0 AND 100000"),
        )
        indexes = (
            index("group_id", "held_on", name="group_held"),
            index("held_on", "id", name="held"),
            index("updated_at", "id", name="updated"),
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
            check("answer", "(answer = '') = (answered_at IS NULL)"),
            check("published", "NOT published OR answered_at IS NOT NULL"),
        )
        indexes = (
            index("area_id", "asked_at", name="area_asked"),
            index("asked_at", "id", name="asked"),
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
            unique("code"),
            check("life", "closed_on >= opened_on"),
            check("closed", "(closed_on IS NULL) = (result IS NULL)"),
        )


class EducationSupervisor(Editable):
    """Who guides the person of an education case: the people who may see it."""

    case: fields.ForeignKeyRelation[EducationCase] = foreign_key("EducationCase", index=False)
    case_id: UUID
    staff: fields.ForeignKeyRelation[Staff] = foreign_key("Staff")
    staff_id: UUID

    class Meta:
        table = "education_supervisors"
        constraints = (unique("case_id", "staff_id"),)


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
        constraints = (check("note", "note <> ''"),)
        indexes = (index("case_id", "on_day", name="case"),)
