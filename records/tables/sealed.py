"""Sealed data: who reported a tip, who is in an education case, how to reach a member.

In tables of their own, encrypted row by row; the reader role has no right on any of them.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

from records.tables.activities import EducationCase
from records.tables.areas import Area
from records.tables.base import Record, check, ref
from records.tables.groups import Member
from records.tables.staff import Staff
from records.tables.tips import Tip


class Sealed(Record):
    """A row of encrypted columns under one data key; destroying the key destroys what it says."""

    data_key: bytes | None = fields.BinaryField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        abstract = True


class TipReporter(Sealed):
    """Who gave a tip."""

    tip: fields.ForeignKeyRelation[Tip] = ref("Tip", index=False)
    tip_id: UUID
    name: bytes | None = fields.BinaryField(null=True)
    phone: bytes | None = fields.BinaryField(null=True)
    phone_index: bytes | None = fields.BinaryField(null=True)
    account: bytes | None = fields.BinaryField(null=True)
    address: bytes | None = fields.BinaryField(null=True)
    may_contact = fields.BooleanField(default=False)

    class Meta:
        table = "tip_reporters"
        constraints = (UniqueConstraint(fields=("tip_id",), name="tip_reporters_tip_key"),)


class MemberContact(Sealed):
    """How to reach a member of a group."""

    member: fields.ForeignKeyRelation[Member] = ref("Member", index=False)
    member_id: UUID
    phone: bytes | None = fields.BinaryField(null=True)
    phone_index: bytes | None = fields.BinaryField(null=True)
    address: bytes | None = fields.BinaryField(null=True)

    class Meta:
        table = "member_contacts"
        constraints = (UniqueConstraint(fields=("member_id",), name="member_contacts_member_key"),)


class EducationSubject(Sealed):
    """The person whom an education case is about."""

    case: fields.ForeignKeyRelation[EducationCase] = ref("EducationCase", index=False)
    case_id: UUID
    name: bytes | None = fields.BinaryField(null=True)
    birth_year: bytes | None = fields.BinaryField(null=True)
    address: bytes | None = fields.BinaryField(null=True)

    class Meta:
        table = "education_subjects"
        constraints = (UniqueConstraint(fields=("case_id",), name="education_subjects_case_key"),)


class RevealStep(StrEnum):
    """What the history of a record tells of its sealed data."""

    ASKED = "ASKED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    LOOKED = "LOOKED"


class RevealState(StrEnum):
    """Where a request stands at a moment."""

    WAITING = "WAITING"
    LIVE = "LIVE"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    ENDED = "ENDED"


class Reveal(Record):
    """Somebody asks to see sealed data of one record, and a custodian, who is another person, decides."""

    sealed = fields.CharField(max_length=40)
    row_id: UUID = fields.UUIDField()
    area: fields.ForeignKeyRelation[Area] = ref("Area")
    area_id: UUID
    asked_by: fields.ForeignKeyRelation[Staff] = ref("Staff")
    asked_by_id: UUID
    asked_at: datetime = fields.DatetimeField()
    motive = fields.TextField()
    decided_by: fields.ForeignKeyNullableRelation[Staff] = ref("Staff", null=True)
    decided_by_id: UUID | None
    decided_at: datetime | None = fields.DatetimeField(null=True)
    approved: bool | None = fields.BooleanField(null=True)  # type: ignore[assignment]
    until: datetime | None = fields.DatetimeField(null=True)
    looks = fields.IntField(default=0)
    withdrawn_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "reveals"
        constraints = (
            check(
                "reveals", "sealed", "sealed IN ('tip_reporters', 'member_contacts', 'education_subjects')"
            ),
            check("reveals", "another", "decided_by_id <> asked_by_id"),
            check("reveals", "decided", "(approved IS NULL) = (decided_at IS NULL)"),
            check("reveals", "decider", "(decided_at IS NULL) = (decided_by_id IS NULL)"),
            check("reveals", "until", "(until IS NOT NULL) = coalesce(approved, FALSE)"),
            check("reveals", "at_most", "until <= decided_at + INTERVAL '24 hours'"),
            check("reveals", "withdrawn", "withdrawn_at IS NULL OR decided_at IS NULL"),
            check("reveals", "motive", "motive <> ''"),
        )
        indexes = (Index(fields=("row_id", "asked_by_id", "until"), name="reveals_live_idx"),)
