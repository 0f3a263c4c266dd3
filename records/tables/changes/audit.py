"""Audit entries, and their chain."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from records.core.actor import ActorKind
from records.tables.areas import Area
from records.tables.base import TableModel, check, enum_column, foreign_key, index


class AuditEntry(TableModel):
    """One change: who, when, why, and each field before and after. Rows are only ever added."""

    seq = fields.BigIntField(primary_key=True, generated=True)
    at: datetime = fields.DatetimeField()
    actor_kind: ActorKind = enum_column(ActorKind)
    actor_id: UUID | None = fields.UUIDField(null=True)
    actor_name = fields.CharField(max_length=120)
    request_id = fields.CharField(max_length=64)
    action = fields.CharField(max_length=40)
    noun = fields.CharField(max_length=40)
    row_id: UUID = fields.UUIDField()
    area: fields.ForeignKeyNullableRelation[Area] = foreign_key("Area", null=True, index=False)
    area_id: UUID | None
    before: dict[str, Any] | None = fields.JSONField(null=True)
    after: dict[str, Any] | None = fields.JSONField(null=True)
    motive = fields.TextField(default="")
    # Made by the application: no row is another's copy.
    id: UUID = fields.UUIDField(unique=True)
    # The transaction that wrote the row: the linker stays below the oldest one that still runs.
    txid = fields.BigIntField()
    # HMAC of every other column.
    mac: bytes = fields.BinaryField()
    # No column: False where whoever read the entry found that its MAC is not right.
    trusted: bool = True

    class Meta:
        table = "audit_entries"
        indexes = (
            index("row_id", "seq", name="row"),
            index("actor_id", "seq", name="actor"),
            index("actor_name", "at", "id", name="actor_name"),
            index("action", "at", "id", name="action"),
            index("noun", "at", "id", name="noun"),
            index("at", "id", name="at"),
            index("txid", "seq", name="txid"),
        )


class AuditLink(TableModel):
    """An audit entry's place in the chain: positions have no gap, and rows are only ever added."""

    position = fields.BigIntField(primary_key=True, generated=False)
    entry = fields.BigIntField(unique=True)
    # HMAC of the chain at the position before, this position and the entry's MAC.
    chain: bytes = fields.BinaryField()

    class Meta:
        table = "audit_links"
        constraints = (check("position", "position > 0"),)
