"""Jobs: the work of background workers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.tables.base import Record, check, enum_column, index, unique


class JobState(Labelled):
    """Where a job stands."""

    WAITING = "WAITING", _("Waiting")
    RUNNING = "RUNNING", _("Running")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")
    CANCELLED = "CANCELLED", _("Cancelled")


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
