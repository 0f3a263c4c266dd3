"""Lists that a partner takes away whole, as a file."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from records.tables.base import Record, check, choice, one_of, ref
from records.tables.partners import Partner
from records.tables.staff import Language


class ExportState(StrEnum):
    """Where an export stands."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class Export(Record):
    """A list that a partner asked for as a file. A worker that dies loses nothing: another takes it over."""

    partner: fields.ForeignKeyRelation[Partner] = ref("Partner", index=False)
    partner_id: UUID
    # The field of the query, such as "tips".
    root = fields.CharField(max_length=60)
    # What the file shows stands in these scopes and areas (ids): whoever fetches it needs them all.
    scopes: list[str] = fields.JSONField(default=list)
    areas: list[str] = fields.JSONField(default=list)
    language: Language = choice(Language)
    # The query with its variables, sealed: it may hold anybody's name. Destroyed once it has run.
    data_key: bytes | None = fields.BinaryField(null=True)
    request: bytes | None = fields.BinaryField(null=True)
    state: ExportState = choice(ExportState, default=ExportState.WAITING)
    rows = fields.BigIntField(default=0)
    # SHA-256 of the file in hexadecimal.
    digest = fields.CharField(max_length=64, null=True)
    # Why it failed: the code of an error.
    error = fields.CharField(max_length=60, default="")
    attempts = fields.SmallIntField(default=0)
    created_at = fields.DatetimeField(auto_now_add=True)
    heartbeat_at: datetime | None = fields.DatetimeField(null=True)
    finished_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "exports"
        constraints = (
            check("exports", "finished", "(state IN ('DONE', 'FAILED')) = (finished_at IS NOT NULL)"),
            check("exports", "digest", "(state = 'DONE') = (digest IS NOT NULL)"),
            check("exports", "error", "(state = 'FAILED') = (error <> '')"),
            check("exports", "request", "(request IS NULL) = (state IN ('DONE', 'FAILED'))"),
            check("exports", "data_key", "(data_key IS NULL) = (request IS NULL)"),
            one_of("exports", "state", ExportState),
            one_of("exports", "language", Language),
        )
        indexes = (
            Index(fields=("partner_id", "created_at"), name="exports_partner_idx"),
            Index(fields=("state", "created_at"), name="exports_state_idx"),
        )
