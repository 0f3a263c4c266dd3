"""What happened, for people (audit) and for machines (outbox), and the work that waits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault

from records.core.actor import ActorKind
from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.areas import Area
from records.tables.base import Record, TableModel, check, enum_column, foreign_key, index, unique


class JobState(Labelled):
    """Where a job stands."""

    WAITING = "WAITING", _("Waiting")
    RUNNING = "RUNNING", _("Running")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")
    CANCELLED = "CANCELLED", _("Cancelled")


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


class Counter(TableModel):
    """The last number given in a series such as "TB-2026"."""

    series = fields.CharField(max_length=24, primary_key=True)
    number = fields.BigIntField()

    class Meta:
        table = "counters"
        constraints = (check("number", "number > 0"),)


class OutboxFloor(TableModel):
    """How far the outbox was cleaned, in one row: events of transactions up to `txid` are removed."""

    id = fields.SmallIntField(primary_key=True, generated=False)
    txid = fields.BigIntField()

    class Meta:
        table = "outbox_floor"
        constraints = (check("one", "id = 1"),)


class Job(Record):
    """Work for a background worker: it waits, runs or has ended. Only `records.changes.jobs` changes it."""

    kind = fields.CharField(max_length=60)
    # Of jobs with one key there is one row, which is used again.
    key = fields.CharField(max_length=100, null=True)
    arguments: dict[str, Any] = fields.JSONField(default=dict)
    state: JobState = enum_column(JobState, default=JobState.WAITING)
    # How much is done so far, in the unit of the kind.
    progress = fields.BigIntField(default=0)
    # What came of it; of a job that failed, the code of the error.
    result: dict[str, Any] | None = fields.JSONField(null=True)
    error = fields.CharField(max_length=60, default="")
    attempts = fields.IntField(default=0)
    # How often the lease lapsed during this attempt: its worker died, or could not reach the database.
    takeovers = fields.IntField(default=0, db_default=0)
    created_at = fields.DatetimeField(auto_now_add=True)
    started_at: datetime | None = fields.DatetimeField(null=True)
    # When it may start; while it runs, when its lease ends and another worker may take it over.
    due_at: datetime = fields.DatetimeField()
    lease: UUID | None = fields.UUIDField(null=True)
    finished_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "jobs"
        constraints = (
            unique("key", name=""),
            check("lease", "(state = 'RUNNING') = (lease IS NOT NULL)"),
            check("finished", "(state IN ('DONE', 'FAILED', 'CANCELLED')) = (finished_at IS NOT NULL)"),
            check("error", "(state = 'FAILED') = (error <> '')"),
        )
        indexes = (index("state", "due_at", name="due"),)
