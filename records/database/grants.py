"""The three roles and what each may do: one table, applied by every migration run and tested as a table."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from records.database.connect import DatabaseRole

_UPDATE_COLUMNS: Final = frozenset({"SELECT", "INSERT", "UPDATE"})
_ADD: Final = frozenset({"SELECT", "INSERT"})
_ALL: Final = _UPDATE_COLUMNS | {"DELETE"}


class Reader(StrEnum):
    """Whether the role behind every GraphQL read sees a table, whole or not at all."""

    READS = "READS"
    HIDDEN = "HIDDEN"


READS, HIDDEN = Reader.READS, Reader.HIDDEN

# What a table shows to ketnoi_reader where it also holds texts that could name somebody.
_ACTIVITIES: Final = (
    *("id", "version", "updated_at", "deleted_at", "kind", "group_id", "organisation_id", "area_id"),
    *("held_on", "attendance", "households_present", "topics", "outline_id"),
)
_ENQUIRIES: Final = (
    *("id", "deleted_at", "group_id", "area_id", "channel", "topic", "asked_at", "answered_at", "published"),
)
_MEMBERS: Final = ("id", "deleted_at", "group_id", "role", "left_on")
_REVIEWS: Final = (
    *("id", "version", "updated_at", "deleted_at", "group_id", "area_id", "year", "scorecard_id", "total"),
    *("review_class", "signed_on"),
)

# Without `code`, which counts the tips of the province, and without what other partners call theirs.
_TIPS: Final = (
    *("id", "version", "updated_at", "deleted_at", "reference", "legal_kind", "category_id", "channel"),
    *("group_id", "area_id", "place", "lat", "lon", "occurred_at", "received_at", "title", "body", "search"),
    *("priority", "status", "due_at", "extended", "first_response_at", "closed_at", "duplicate_of_id"),
    "anonymous",
)

# table: what ketnoi_app may do, and what ketnoi_reader may SELECT: all, nothing, or these columns.
TABLES: Final[dict[str, tuple[frozenset[str], Reader | tuple[str, ...]]]] = {
    "access_tokens": (_ALL, HIDDEN),
    "activities": (_UPDATE_COLUMNS, _ACTIVITIES),
    "approval_areas": (_ADD, HIDDEN),
    "approvals": (_UPDATE_COLUMNS, HIDDEN),
    "area_at": (_ALL, READS),
    "area_reach": (_ALL, READS),
    "area_successions": (_ALL, READS),
    "areas": (_UPDATE_COLUMNS, READS),
    "assignments": (_UPDATE_COLUMNS, HIDDEN),
    "attachments": (_UPDATE_COLUMNS, HIDDEN),
    "audit_entries": (_ADD, HIDDEN),
    "audit_links": (_ADD, HIDDEN),
    "challenges": (_ALL, HIDDEN),
    "counters": (_UPDATE_COLUMNS, HIDDEN),
    "criteria": (_ALL, READS),
    "data_requests": (_UPDATE_COLUMNS, HIDDEN),
    "education_cases": (_UPDATE_COLUMNS, HIDDEN),
    "education_notes": (_ADD | {"DELETE"}, HIDDEN),
    "education_subjects": (_ADD, HIDDEN),
    "education_supervisors": (_ALL, HIDDEN),
    "enquiries": (_UPDATE_COLUMNS, _ENQUIRIES),
    "exports": (_ALL, HIDDEN),
    "factors": (_ALL, HIDDEN),
    "figures": (_UPDATE_COLUMNS, READS),
    "group_links": (_UPDATE_COLUMNS, READS),
    "groups": (_UPDATE_COLUMNS, READS),
    "hand_downs": (_UPDATE_COLUMNS, READS),
    "idempotency_keys": (_ADD | {"DELETE"}, HIDDEN),
    "identities": (_ALL, HIDDEN),
    "indicator_targets": (_UPDATE_COLUMNS, HIDDEN),
    "indicators": (_UPDATE_COLUMNS, READS),
    "jobs": (_ALL, HIDDEN),
    "legal_holds": (_UPDATE_COLUMNS, HIDDEN),
    "member_contacts": (_ADD, HIDDEN),
    "members": (_UPDATE_COLUMNS, _MEMBERS),
    "metric_cells": (_ALL, READS),
    "metric_deltas": (_ALL, READS),
    "organisations": (_UPDATE_COLUMNS, READS),
    "outbox_events": (_ADD | {"DELETE"}, READS),
    "outbox_floor": (_UPDATE_COLUMNS, READS),
    "outlines": (_UPDATE_COLUMNS, READS),
    "partner_areas": (_ALL, HIDDEN),
    "partner_budgets": (_UPDATE_COLUMNS, HIDDEN),
    "partner_deprecations": (_ALL, HIDDEN),
    "partner_documents": (_ADD | {"DELETE"}, HIDDEN),
    "partner_keys": (_UPDATE_COLUMNS, HIDDEN),
    "partner_usage": (_ALL, HIDDEN),
    "partners": (_UPDATE_COLUMNS, HIDDEN),
    "programmes": (_UPDATE_COLUMNS, READS),
    "readiness_probe": (frozenset({"INSERT", "TRUNCATE"}), HIDDEN),
    "recovery_codes": (_ALL, HIDDEN),
    "retention_rules": (frozenset({"SELECT", "UPDATE"}), HIDDEN),
    "reveals": (_UPDATE_COLUMNS, HIDDEN),
    "review_points": (_UPDATE_COLUMNS, READS),
    "reviews": (_UPDATE_COLUMNS, _REVIEWS),
    "saved_views": (_ALL, HIDDEN),
    "scorecards": (_UPDATE_COLUMNS, READS),
    "sessions": (_ALL, HIDDEN),
    "staff": (_UPDATE_COLUMNS, HIDDEN),
    "staff_areas": (_ALL, HIDDEN),
    "throttles": (_ALL, HIDDEN),
    "tip_categories": (_UPDATE_COLUMNS, READS),
    "tip_events": (_ADD, HIDDEN),
    "tip_outcomes": (_UPDATE_COLUMNS, READS),
    "tip_reporters": (_ADD, HIDDEN),
    "tips": (_UPDATE_COLUMNS, _TIPS),
    "used_assertions": (_ALL, HIDDEN),
    "webhook_deliveries": (_ALL, HIDDEN),
    "webhook_secrets": (_ALL, HIDDEN),
    "webhooks": (_UPDATE_COLUMNS, HIDDEN),
    # Tortoise's own list of migrations: `ketnoi serve` compares it with the code's.
    "tortoise_migrations": (frozenset({"SELECT"}), HIDDEN),
}

# Rows of tables that ketnoi_reader sees in part or not at all, and may SELECT here.
VIEWS: Final = ("faq", "open_enquiries")

# What only runs as the owner, on behalf of ketnoi_app: see the migration that creates them.
FUNCTIONS: Final = (
    "sealed_erase(text, uuid)",
    "sealed_of_request(text, uuid)",
    "sealed_present(text, uuid[])",
)


def statements() -> Iterator[str]:
    """The SQL that makes the grants on tables exactly those of the table above."""
    app, reader = DatabaseRole.APP, DatabaseRole.READER
    yield f"GRANT USAGE ON SCHEMA public TO {app}, {reader}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {app}, {reader}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {app}"
    for table, (privileges, seen) in TABLES.items():
        yield f"GRANT {', '.join(sorted(privileges))} ON {table} TO {app}"
        if seen is READS:
            yield f"GRANT SELECT ON {table} TO {reader}"
        elif isinstance(seen, tuple):
            yield f"GRANT SELECT ({', '.join(seen)}) ON {table} TO {reader}"
    for view in VIEWS:
        yield f"GRANT SELECT ON {view} TO {reader}"
    for function in FUNCTIONS:
        yield f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC, {app}, {reader}"
        yield f"GRANT EXECUTE ON FUNCTION {function} TO {app}"
