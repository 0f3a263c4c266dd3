"""How long what names people is kept, and what must be kept for longer."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint
from tortoise.models import Model

from records.tables.areas import Area
from records.tables.base import Kept, Record, check, choice, one_of, ref
from records.tables.staff import Staff


class Then(StrEnum):
    """What happens when the time is over."""

    ERASE_PERSON = "ERASE_PERSON"
    REMOVE = "REMOVE"


class KeptFor(StrEnum):
    """Why what names somebody stays, though they ask to have it erased."""

    HOLD = "HOLD"
    PROCEDURE = "PROCEDURE"


class RetentionRule(Model):
    """How many months a noun is kept after it ended, and what then."""

    noun = fields.CharField(max_length=24, primary_key=True)
    keep_months = fields.SmallIntField()
    action: Then = choice(Then)

    class Meta:
        table = "retention_rules"
        constraints = (
            check("retention_rules", "months", "keep_months BETWEEN 1 AND 1200"),
            one_of("retention_rules", "action", Then),
        )


class LegalHold(Record):
    """A record that no rule may touch until the hold is lifted."""

    noun = fields.CharField(max_length=24)
    row_id: UUID = fields.UUIDField()
    reason = fields.TextField()
    placed_by: fields.ForeignKeyNullableRelation[Staff] = ref("Staff", null=True)
    placed_by_id: UUID | None
    placed_at: datetime = fields.DatetimeField()
    lifted_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "legal_holds"
        constraints = (
            UniqueConstraint(
                fields=("noun", "row_id"), name="legal_holds_live_key", condition="lifted_at IS NULL"
            ),
            check("legal_holds", "noun", "noun IN ('tip', 'member', 'education_case')"),
            check("legal_holds", "reason", "reason <> ''"),
            check("legal_holds", "life", "lifted_at >= placed_at"),
        )


class DataRequest(Kept):
    """Somebody asks what is kept about them. Their phone is here as a blind index alone, until the answer."""

    code = fields.CharField(max_length=20)
    area: fields.ForeignKeyRelation[Area] = ref("Area")
    area_id: UUID
    phone_index: bytes | None = fields.BinaryField(null=True)
    identified = fields.TextField()
    received_at: datetime = fields.DatetimeField()
    received_by: fields.ForeignKeyNullableRelation[Staff] = ref("Staff", null=True)
    received_by_id: UUID | None
    due_on: date = fields.DateField()
    erased = fields.IntField(default=0)
    answer = fields.TextField(default="")
    answered_at: datetime | None = fields.DatetimeField(null=True)
    answered_by: fields.ForeignKeyNullableRelation[Staff] = ref("Staff", null=True)
    answered_by_id: UUID | None

    class Meta:
        table = "data_requests"
        constraints = (
            UniqueConstraint(fields=("code",), name="data_requests_code_key"),
            check("data_requests", "identified", "identified <> ''"),
            check("data_requests", "answer", "(answered_at IS NULL) = (answer = '')"),
            check("data_requests", "forgotten", "(answered_at IS NULL) = (phone_index IS NOT NULL)"),
            check("data_requests", "erased", "erased >= 0"),
        )
        indexes = (Index(fields=("area_id", "received_at"), name="data_requests_area_received_idx"),)
