"""Outbox events: changes for partners to follow."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault

from records.tables.areas import Area
from records.tables.base import TableModel, check, foreign_key, index


class OutboxEvent(TableModel):
    """A change for machines to follow. `txid` is the writer: a reader stops before the oldest running one.

    A record that moved is gone for those who follow `left_area`.
    """

    seq = fields.BigIntField(primary_key=True, generated=True)
    txid = fields.BigIntField(db_default=SqlDefault("(pg_current_xact_id()::text::bigint)"))
    at: datetime = fields.DatetimeField()
    type = fields.CharField(max_length=40)
    noun = fields.CharField(max_length=40)
    row_id: UUID = fields.UUIDField()
    row_version = fields.IntField()
    area: fields.ForeignKeyNullableRelation[Area] = foreign_key("Area", null=True, index=False)
    area_id: UUID | None
    left_area: fields.ForeignKeyNullableRelation[Area] = foreign_key("Area", null=True, index=False)
    left_area_id: UUID | None

    class Meta:
        table = "outbox_events"
        indexes = (index("txid", "seq", name="txid"),)


class OutboxFloor(TableModel):
    """How far the outbox was cleaned, in one row: events of transactions up to `txid` are removed."""

    id = fields.SmallIntField(primary_key=True, generated=False)
    txid = fields.BigIntField()

    class Meta:
        table = "outbox_floor"
        constraints = (check("one", "id = 1"),)
