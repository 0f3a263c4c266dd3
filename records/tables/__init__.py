"""Every table, one module per family of nouns. Only `records` writes them."""

from records.tables.activities import (
    Activity,
    EducationCase,
    EducationSupervisor,
    Enquiry,
    HandDown,
    Outline,
)
from records.tables.areas import Area, AreaAt, AreaReach, AreaSuccession
from records.tables.audit import AuditEntry, Counter, ImportBatch, Job, OutboxEvent
from records.tables.groups import Assignment, Group, GroupLink, Member
from records.tables.metrics import Figure, Indicator, MetricCell, MetricDelta
from records.tables.organisations import Organisation, Programme
from records.tables.partners import Partner, PartnerArea, PartnerKey
from records.tables.reviews import Criterion, Review, ReviewPoint, Scorecard
from records.tables.sealed import EducationSubject, MemberContact, TipReporter
from records.tables.staff import Session, Staff, StaffArea
from records.tables.tips import Attachment, Tip, TipCategory, TipEvent, TipOutcome

__all__ = [
    "Activity",
    "Area",
    "AreaAt",
    "AreaReach",
    "AreaSuccession",
    "Assignment",
    "Attachment",
    "AuditEntry",
    "Counter",
    "Criterion",
    "EducationCase",
    "EducationSubject",
    "EducationSupervisor",
    "Enquiry",
    "Figure",
    "Group",
    "GroupLink",
    "HandDown",
    "ImportBatch",
    "Indicator",
    "Job",
    "Member",
    "MemberContact",
    "MetricCell",
    "MetricDelta",
    "Organisation",
    "OutboxEvent",
    "Outline",
    "Partner",
    "PartnerArea",
    "PartnerKey",
    "Programme",
    "Review",
    "ReviewPoint",
    "Scorecard",
    "Session",
    "Staff",
    "StaffArea",
    "Tip",
    "TipCategory",
    "TipEvent",
    "TipOutcome",
    "TipReporter",
]
