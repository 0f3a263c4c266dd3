"""Every table, one module per family of nouns. Only `records` writes them."""

from records.tables.activities import (
    Activity,
    EducationCase,
    EducationNote,
    EducationSupervisor,
    Enquiry,
    HandDown,
    Outline,
)
from records.tables.approvals import Approval, ApprovalArea
from records.tables.areas import Area, AreaAt, AreaReach, AreaSuccession
from records.tables.audit import AuditEntry, AuditLink, Counter, ImportBatch, Job, OutboxEvent
from records.tables.exports import Export
from records.tables.groups import Assignment, Group, GroupLink, Member
from records.tables.metrics import Figure, Indicator, MetricCell, MetricDelta
from records.tables.organisations import Organisation, Programme
from records.tables.partners import (
    AccessToken,
    IdempotencyKey,
    Partner,
    PartnerArea,
    PartnerBudget,
    PartnerDeprecation,
    PartnerDocument,
    PartnerKey,
    PartnerUsage,
    UsedAssertion,
)
from records.tables.retention import DataRequest, LegalHold, RetentionRule
from records.tables.reviews import Criterion, Review, ReviewPoint, Scorecard
from records.tables.sealed import EducationSubject, MemberContact, Reveal, TipReporter
from records.tables.staff import (
    Challenge,
    Factor,
    Identity,
    RecoveryCode,
    Session,
    Staff,
    StaffArea,
    Throttle,
)
from records.tables.tips import Attachment, Tip, TipCategory, TipEvent, TipOutcome
from records.tables.webhooks import Webhook, WebhookDelivery, WebhookSecret

__all__ = [
    "AccessToken",
    "Activity",
    "Approval",
    "ApprovalArea",
    "Area",
    "AreaAt",
    "AreaReach",
    "AreaSuccession",
    "Assignment",
    "Attachment",
    "AuditEntry",
    "AuditLink",
    "Challenge",
    "Counter",
    "Criterion",
    "DataRequest",
    "EducationCase",
    "EducationNote",
    "EducationSubject",
    "EducationSupervisor",
    "Enquiry",
    "Export",
    "Factor",
    "Figure",
    "Group",
    "GroupLink",
    "HandDown",
    "IdempotencyKey",
    "Identity",
    "ImportBatch",
    "Indicator",
    "Job",
    "LegalHold",
    "Member",
    "MemberContact",
    "MetricCell",
    "MetricDelta",
    "Organisation",
    "OutboxEvent",
    "Outline",
    "Partner",
    "PartnerArea",
    "PartnerBudget",
    "PartnerDeprecation",
    "PartnerDocument",
    "PartnerKey",
    "PartnerUsage",
    "Programme",
    "RecoveryCode",
    "RetentionRule",
    "Reveal",
    "Review",
    "ReviewPoint",
    "Scorecard",
    "Session",
    "Staff",
    "StaffArea",
    "Throttle",
    "Tip",
    "TipCategory",
    "TipEvent",
    "TipOutcome",
    "TipReporter",
    "UsedAssertion",
    "Webhook",
    "WebhookDelivery",
    "WebhookSecret",
]
