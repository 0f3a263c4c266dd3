"""The people behind the records: sealed rows and the ways to them, holds, retention, data requests."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.activities import Activity, EducationCase
from records.tables.areas import Area
from records.tables.base import Editable, Record, TableModel, check, enum_column, foreign_key, index, unique
from records.tables.groups import Member
from records.tables.staff import Staff
from records.tables.tips import Tip


class RetentionAction(Labelled):
    """What happens when the time is over."""

    ERASE_PERSON = "ERASE_PERSON", _("Erase the person's data")
    ERASE_PICTURES = "ERASE_PICTURES", _("Erase its pictures")
    REMOVE = "REMOVE", _("Remove the record")


class RetentionReason(Labelled):
    """Why what names somebody stays, though they ask to have it erased."""

    HOLD = "HOLD", _("Under a legal hold")
    PROCEDURE = "PROCEDURE", _("A formal tip is still pending (Criminal Procedure Code, article 147)")


class RetentionRule(TableModel):
    """How many months a noun is kept after it ended, and what then."""

    noun = fields.CharField(max_length=24, primary_key=True)
    keep_months = fields.SmallIntField()
    action: RetentionAction = enum_column(RetentionAction)

    class Meta:
        table = "retention_rules"
        constraints = (check("months", "keep_months BETWEEN 1 AND 1200"),)


class LegalHold(Record):
    """A record that no rule may touch until the hold is lifted."""

    noun = fields.CharField(max_length=24)
    row_id: UUID = fields.UUIDField()
    reason = fields.TextField()
    placed_by: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    placed_by_id: UUID | None
    placed_at: datetime = fields.DatetimeField()
    lifted_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "legal_holds"
        constraints = (
            unique("noun", "row_id", name="live", where="lifted_at IS NULL"),
            check("noun", "noun IN ('tip', 'member', 'education_case', 'activity')"),
            check("reason", "reason <> ''"),
            check("life", "lifted_at >= placed_at"),
        )


class DataRequest(Editable):
    """Somebody asks what is kept about them. Their phone is here as a blind index alone, until the answer."""

    code = fields.CharField(max_length=20)
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID
    phone_index: bytes | None = fields.BinaryField(null=True)
    identified = fields.TextField()
    received_at: datetime = fields.DatetimeField()
    received_by: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    received_by_id: UUID | None
    due_on: date = fields.DateField()
    erased = fields.IntField(default=0)
    answer = fields.TextField(default="")
    answered_at: datetime | None = fields.DatetimeField(null=True)
    answered_by: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    answered_by_id: UUID | None

    class Meta:
        table = "data_requests"
        constraints = (
            unique("code"),
            check("identified", "identified <> ''"),
            check("answer", "(answered_at IS NULL) = (answer = '')"),
            check("forgotten", "(answered_at IS NULL) = (phone_index IS NOT NULL)"),
            check("erased", "erased >= 0"),
        )
        indexes = (index("area_id", "received_at", name="area_received"),)


class Sealed(Record):
    """A row of encrypted columns under one data key; destroying the key destroys what it says."""

    data_key: bytes | None = fields.BinaryField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        abstract = True


class TipReporter(Sealed):
    """Who gave a tip."""

    tip: fields.ForeignKeyRelation[Tip] = foreign_key("Tip", index=False)
    tip_id: UUID
    name: bytes | None = fields.BinaryField(null=True)
    phone: bytes | None = fields.BinaryField(null=True)
    phone_index: bytes | None = fields.BinaryField(null=True)
    account: bytes | None = fields.BinaryField(null=True)
    address: bytes | None = fields.BinaryField(null=True)
    may_contact = fields.BooleanField(default=False)

    class Meta:
        table = "tip_reporters"
        constraints = (unique("tip_id", name="tip"),)


class MemberContact(Sealed):
    """How to reach a member of a group."""

    member: fields.ForeignKeyRelation[Member] = foreign_key("Member", index=False)
    member_id: UUID
    phone: bytes | None = fields.BinaryField(null=True)
    phone_index: bytes | None = fields.BinaryField(null=True)
    address: bytes | None = fields.BinaryField(null=True)

    class Meta:
        table = "member_contacts"
        constraints = (unique("member_id", name="member"),)


class EducationSubject(Sealed):
    """The person whom an education case is about."""

    case: fields.ForeignKeyRelation[EducationCase] = foreign_key("EducationCase", index=False)
    case_id: UUID
    name: bytes | None = fields.BinaryField(null=True)
    birth_year: bytes | None = fields.BinaryField(null=True)
    address: bytes | None = fields.BinaryField(null=True)

    class Meta:
        table = "education_subjects"
        constraints = (unique("case_id", name="case"),)


class RevealStep(Labelled):
    """What the history of a record tells of its sealed data."""

    ASKED = "ASKED", _("Requested to view")
    APPROVED = "APPROVED", _("Approved")
    REFUSED = "REFUSED", _("Refused")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    LOOKED = "LOOKED", _("Viewed")


class RevealState(Labelled):
    """Where a request stands at a moment."""

    WAITING = "WAITING", _("Waiting for a custodian")
    LIVE = "LIVE", _("Can be viewed")
    REFUSED = "REFUSED", _("Refused")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    ENDED = "ENDED", _("Expired")


class Reveal(Record):
    """Somebody asks to see sealed data of one record, and a custodian, who is another person, decides."""

    sealed = fields.CharField(max_length=40)
    row_id: UUID = fields.UUIDField()
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID
    asked_by: fields.ForeignKeyRelation[Staff] = foreign_key("Staff")
    asked_by_id: UUID
    asked_at: datetime = fields.DatetimeField()
    motive = fields.TextField()
    decided_by: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    decided_by_id: UUID | None
    decided_at: datetime | None = fields.DatetimeField(null=True)
    approved: bool | None = fields.BooleanField(null=True)  # type: ignore[assignment] # Tortoise types it as never null
    until: datetime | None = fields.DatetimeField(null=True)
    # Why it was refused, for whoever asked.
    refusal: str | None = fields.TextField(null=True)
    looks = fields.IntField(default=0)
    withdrawn_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "reveals"
        constraints = (
            check("sealed", "sealed IN ('tip_reporters', 'member_contacts', 'education_subjects')"),
            check("another", "decided_by_id <> asked_by_id"),
            check("decided", "(approved IS NULL) = (decided_at IS NULL)"),
            check("decider", "(decided_at IS NULL) = (decided_by_id IS NULL)"),
            check("until", "(until IS NOT NULL) = coalesce(approved, FALSE)"),
            check("refusal", "refusal IS NULL OR (refusal <> '' AND NOT coalesce(approved, TRUE))"),
            check("at_most", "until <= decided_at + INTERVAL '24 hours'"),
            check("withdrawn", "withdrawn_at IS NULL OR decided_at IS NULL"),
            check("motive", "motive <> ''"),
        )
        indexes = (index("row_id", "asked_by_id", "until", name="live"),)


class Attachment(Editable):
    """A picture that belongs to a tip or to an activity; its content is stored apart, under its hash."""

    tip: fields.ForeignKeyNullableRelation[Tip] = foreign_key("Tip", null=True)
    tip_id: UUID | None
    activity: fields.ForeignKeyNullableRelation[Activity] = foreign_key("Activity", null=True)
    activity_id: UUID | None
    name = fields.CharField(max_length=200)
    media_type = fields.CharField(max_length=100)
    size = fields.BigIntField()
    sha256 = fields.CharField(max_length=64)
    # The hash is that of the sealed content, which only this key opens; what was erased has none any more.
    data_key: bytes | None = fields.BinaryField(null=True)

    class Meta:
        table = "attachments"
        constraints = (
            check("owner", "(tip_id IS NULL) <> (activity_id IS NULL)"),
            check("size", "size > 0"),
            check("sha256", "sha256 ~ '^[0-9a-f]{64}$'"),
            check("data_key", "(data_key IS NULL) = (deleted_at IS NOT NULL)"),
        )
