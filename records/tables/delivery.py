"""What partners download or are sent: exports, webhooks and their deliveries."""

from datetime import datetime
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import Language
from records.core.language import gettext_noop as _
from records.tables.base import Editable, Record, check, enum_column, foreign_key, index, unique
from records.tables.changes.jobs import Job
from records.tables.changes.outbox import OutboxEvent
from records.tables.partners import Partner


class ExportState(Labelled):
    """The state of an export."""

    WAITING = "WAITING", _("Waiting"), "Waiting to start."
    RUNNING = "RUNNING", _("Being written"), "The file is being written."
    DONE = "DONE", _("Done"), "The file can be downloaded until `expiresAt`."
    FAILED = "FAILED", _("Failed"), "It failed with an error."


class Export(Record):
    """A list that a partner asked for as a file. A worker that dies loses nothing: another takes it over."""

    partner: fields.ForeignKeyRelation[Partner] = foreign_key("Partner", index=False)
    partner_id: UUID
    job: fields.ForeignKeyRelation[Job] = foreign_key("Job")
    job_id: UUID
    # The field of the query, such as "tips".
    root = fields.CharField(max_length=60)
    # What the file shows stands in these scopes and areas (ids): whoever fetches it needs them all.
    scopes: list[str] = fields.JSONField(default=list)
    areas: list[str] = fields.JSONField(default=list)
    language: Language = enum_column(Language)
    # The query with its variables, sealed: it may hold anybody's name. Destroyed once it has run.
    data_key: bytes | None = fields.BinaryField(null=True)
    request: bytes | None = fields.BinaryField(null=True)
    # SHA-256 of the file in hexadecimal.
    digest = fields.CharField(max_length=64, null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "exports"
        constraints = (
            check("digest", "digest IS NULL OR request IS NULL"),
            check("data_key", "(data_key IS NULL) = (request IS NULL)"),
        )
        indexes = (index("partner_id", "created_at", name="partner"),)


class WebhookState(Labelled):
    """Whether a webhook is told anything, and if not, why."""

    ACTIVE = "ACTIVE", _("Active")
    PAUSED = "PAUSED", _("Paused")
    GONE = "GONE", _("Stopped: the receiver unsubscribed")
    FAILING = "FAILING", _("Stopped: no delivery accepted for days")


class DeliveryState(Labelled):
    """Where a delivery stands."""

    WAITING = "WAITING", _("Waiting")
    DELIVERED = "DELIVERED", _("Delivered")
    FAILED = "FAILED", _("Delivery failed")
    WITHHELD = "WITHHELD", _("Withheld: the partner no longer has access to the record")


class DeliveryProblem(Labelled):
    """Why an attempt came to nothing."""

    ADDRESS = "ADDRESS", _("Calling the address is not allowed")
    NAME = "NAME", _("The host name is not known")
    CONNECTION = "CONNECTION", _("Connection failed")
    CERTIFICATE = "CERTIFICATE", _("The certificate is not valid for the host")
    TIMEOUT = "TIMEOUT", _("The receiver did not respond in time")
    ANSWER = "ANSWER", _("The receiver returned an error")


class Webhook(Editable):
    """An address at which a partner is told of changes."""

    partner: fields.ForeignKeyRelation[Partner] = foreign_key("Partner")
    partner_id: UUID
    address = fields.CharField(max_length=500)
    description = fields.CharField(max_length=200, default="")
    # The nouns that it follows, by their names in the outbox.
    types: list[str] = fields.JSONField(default=list)
    state: WebhookState = enum_column(WebhookState, default=WebhookState.ACTIVE)
    # Its place in the feed: a delivery was made of every event up to here that is for it.
    txid = fields.BigIntField()
    seq = fields.BigIntField()
    # Attempts that failed since the last that did not, and since when.
    failures = fields.IntField(default=0)
    failing_since: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "webhooks"
        constraints = (
            check("types", "jsonb_typeof(types) = 'array'"),
            check("failing", "(failures = 0) = (failing_since IS NULL)"),
        )


class WebhookSecret(Record):
    """A secret with which deliveries are signed, sealed. While one takes another's place there are two."""

    webhook: fields.ForeignKeyRelation[Webhook] = foreign_key("Webhook")
    webhook_id: UUID
    data_key: bytes = fields.BinaryField()
    secret: bytes = fields.BinaryField()
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook_secrets"


class WebhookDelivery(Record):
    """One event told to one webhook, or on its way there; without an event it is a test.

    What is sent is made when it is sent. What came back is not kept, but for its status.
    """

    webhook: fields.ForeignKeyRelation[Webhook] = foreign_key("Webhook", index=False)
    webhook_id: UUID
    event: fields.ForeignKeyNullableRelation[OutboxEvent] = foreign_key("OutboxEvent", null=True, index=False)
    event_id: int | None
    state: DeliveryState = enum_column(DeliveryState, default=DeliveryState.WAITING)
    attempts = fields.SmallIntField(default=0)
    created_at = fields.DatetimeField(auto_now_add=True)
    due_at: datetime = fields.DatetimeField()
    tried_at: datetime | None = fields.DatetimeField(null=True)
    status: int | None = fields.SmallIntField(null=True)
    problem: DeliveryProblem | None = enum_column(DeliveryProblem, null=True)

    class Meta:
        table = "webhook_deliveries"
        indexes = (
            index("webhook_id", "state", "due_at", name="due"),
            index("webhook_id", "created_at", name="created"),
            index("event_id", name="event"),
        )
        constraints = (
            unique("webhook_id", "event_id", name="event"),
            check("delivered", "state <> 'DELIVERED' OR problem IS NULL"),
        )
