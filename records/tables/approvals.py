"""What a second person has to approve before it is done."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.core.rights import ApprovalKind
from records.tables.areas import Area
from records.tables.base import Record, check, enum_column, foreign_key, index, unique
from records.tables.staff import Staff


class ApprovalAction(Labelled):
    """What is done once it is approved."""

    PHONE_LOOKUP = "PHONE_LOOKUP", _("Look up data stored for a phone number")
    PARTNER_ADD = "PARTNER_ADD", _("Add a partner system")
    PARTNER_EDIT = "PARTNER_EDIT", _("Give a partner system more scopes or areas")
    PARTNER_OPEN = "PARTNER_OPEN", _("Reactivate a partner system")
    PARTNER_SIGNING_KEYS = "PARTNER_SIGNING_KEYS", _("Change a partner system's signing keys")
    PARTNER_KEY = "PARTNER_KEY", _("Issue a key to a partner system")
    PARTNER_KEY_ROTATION = "PARTNER_KEY_ROTATION", _("Rotate a partner system's key")
    STAFF_ADD = "STAFF_ADD", _("Add an account")
    STAFF_EDIT = "STAFF_EDIT", _("Change the role or areas of an account")
    STAFF_OPEN = "STAFF_OPEN", _("Reopen an account")
    STAFF_PASSWORD = "STAFF_PASSWORD", _("Issue a new password")
    STAFF_FACTORS = "STAFF_FACTORS", _("Remove all additional authentication methods")
    STAFF_IDENTITY = "STAFF_IDENTITY", _("Link an account at the sign-in provider")


class Decision(Labelled):
    """What the second person said."""

    APPROVED = "APPROVED", _("Approved")
    REFUSED = "REFUSED", _("Refused")


class ApprovalState(Labelled):
    """Where a request for approval stands at a moment."""

    WAITING = "WAITING", _("Waiting for approval")
    APPROVED = "APPROVED", _("Approved")
    REFUSED = "REFUSED", _("Refused")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    DONE = "DONE", _("Done")
    EXPIRED = "EXPIRED", _("Expired")


class ApprovalStep(StrEnum):
    """What the audit says of a request for approval."""

    ASKED = "ASKED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    DONE = "DONE"


class Approval(Record):
    """A request to do exactly one thing, and what another person decided. Never holds a secret."""

    act: ApprovalAction = enum_column(ApprovalAction)
    kind: ApprovalKind = enum_column(ApprovalKind)
    # The partner, account or data request it is about; None for what does not exist yet.
    subject_id: UUID | None = fields.UUIDField(null=True)
    request: dict[str, Any] = fields.JSONField(default=dict)
    # SHA-256 of act, kind, subject, areas and request, in lower-case hexadecimal.
    digest = fields.CharField(max_length=64)
    asked_by: fields.ForeignKeyRelation[Staff] = foreign_key("Staff")
    asked_by_id: UUID
    asked_at: datetime = fields.DatetimeField()
    motive = fields.TextField()
    decided_by: fields.ForeignKeyNullableRelation[Staff] = foreign_key("Staff", null=True)
    decided_by_id: UUID | None
    decision: Decision | None = enum_column(Decision, null=True)
    decided_at: datetime | None = fields.DatetimeField(null=True)
    # Why it was refused, for whoever asked.
    refusal: str | None = fields.TextField(null=True)
    # Until when it may be decided, and once approved, until when it may be used.
    expires_at: datetime = fields.DatetimeField()
    withdrawn_at: datetime | None = fields.DatetimeField(null=True)
    used_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "approvals"
        constraints = (
            check("lookup", "(act = 'PHONE_LOOKUP') = (kind = 'PHONE_LOOKUP')"),
            check("digest", "digest ~ '^[0-9a-f]{64}$'"),
            check("motive", "motive <> ''"),
            check("another", "decided_by_id <> asked_by_id"),
            check("decided", "(decision IS NULL) = (decided_at IS NULL)"),
            check("decider", "(decision IS NULL) = (decided_by_id IS NULL)"),
            check("refusal", "refusal IS NULL OR (refusal <> '' AND coalesce(decision = 'REFUSED', FALSE))"),
            check("withdrawn", "withdrawn_at IS NULL OR decided_at IS NULL"),
            check("used", "used_at IS NULL OR coalesce(decision = 'APPROVED', FALSE)"),
            check(
                "expires",
                "expires_at <= coalesce(decided_at + INTERVAL '1 day', asked_at + INTERVAL '7 days')",
            ),
        )
        indexes = (
            index("asked_by_id", "digest", name="digest"),
            index("subject_id", "asked_at", name="subject"),
        )


class ApprovalArea(Record):
    """An area that what is asked for reaches; whoever decides has to reach every one of them."""

    approval: fields.ForeignKeyRelation[Approval] = foreign_key("Approval", index=False)
    approval_id: UUID
    area: fields.ForeignKeyRelation[Area] = foreign_key("Area")
    area_id: UUID

    class Meta:
        table = "approval_areas"
        constraints = (unique("approval_id", "area_id"),)
