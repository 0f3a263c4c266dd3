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
from records.tables.changes.audit import AuditEntry, AuditLink
from records.tables.changes.counters import Counter
from records.tables.changes.jobs import Job
from records.tables.changes.outbox import OutboxEvent, OutboxFloor
from records.tables.delivery import Export, Webhook, WebhookDelivery, WebhookSecret
from records.tables.groups import Assignment, Group, GroupLink, Member
from records.tables.metrics import Figure, Indicator, IndicatorTarget, MetricCell, MetricDelta
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
from records.tables.privacy import (
    Attachment,
    DataRequest,
    EducationSubject,
    LegalHold,
    MemberContact,
    RetentionRule,
    Reveal,
    TipReporter,
)
from records.tables.reviews import Criterion, Review, ReviewPoint, Scorecard
from records.tables.staff import (
    Challenge,
    Factor,
    Identity,
    RecoveryCode,
    SavedView,
    Session,
    Staff,
    StaffArea,
    Throttle,
)
from records.tables.tips import Tip, TipCategory, TipEvent, TipOutcome
