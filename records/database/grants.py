"""The three roles and what each may do: one table, applied by every migration run and tested as a table."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from records.database.connect import DatabaseRole

_KEEP: Final = frozenset({"SELECT", "INSERT", "UPDATE"})
_ADD: Final = frozenset({"SELECT", "INSERT"})
_ALL: Final = _KEEP | {"DELETE"}


class Reader(StrEnum):
    """Whether the role behind every GraphQL read sees a table."""

    READS = "READS"
    HIDDEN = "HIDDEN"


READS, HIDDEN = Reader.READS, Reader.HIDDEN

# table: what ketnoi_app may do, and whether ketnoi_reader may SELECT.
TABLES: Final[dict[str, tuple[frozenset[str], Reader]]] = {
    "access_tokens": (_ALL, HIDDEN),
    "activities": (_KEEP, READS),
    "area_at": (_ALL, READS),
    "area_reach": (_ALL, READS),
    "area_successions": (_ALL, READS),
    "areas": (_KEEP, READS),
    "assignments": (_KEEP, HIDDEN),
    "attachments": (_KEEP, HIDDEN),
    "audit_entries": (_ADD, HIDDEN),
    "challenges": (_ALL, HIDDEN),
    "counters": (_KEEP, HIDDEN),
    "criteria": (_KEEP, HIDDEN),
    "data_requests": (_KEEP, HIDDEN),
    "education_cases": (_KEEP, HIDDEN),
    "education_notes": (_ADD | {"DELETE"}, HIDDEN),
    "education_subjects": (_ADD, HIDDEN),
    "education_supervisors": (_ALL, HIDDEN),
    "enquiries": (_KEEP, HIDDEN),
    "factors": (_ALL, HIDDEN),
    "figures": (_KEEP, READS),
    "group_links": (_KEEP, READS),
    "groups": (_KEEP, READS),
    "hand_downs": (_KEEP, HIDDEN),
    "identities": (_ALL, HIDDEN),
    "import_batches": (_KEEP, HIDDEN),
    "indicators": (_KEEP, READS),
    "jobs": (_ALL, HIDDEN),
    "legal_holds": (_KEEP, HIDDEN),
    "member_contacts": (_ADD, HIDDEN),
    "members": (_KEEP, HIDDEN),
    "metric_cells": (_ALL, READS),
    "metric_deltas": (_ALL, READS),
    "organisations": (_KEEP, READS),
    "outbox_events": (_ADD, READS),
    "outlines": (_KEEP, HIDDEN),
    "partner_areas": (_ALL, HIDDEN),
    "partner_budgets": (_KEEP, HIDDEN),
    "partner_documents": (_ADD | {"DELETE"}, HIDDEN),
    "partner_keys": (_KEEP, HIDDEN),
    "partner_usage": (_KEEP, HIDDEN),
    "partners": (_KEEP, HIDDEN),
    "programmes": (_KEEP, READS),
    "recovery_codes": (_ALL, HIDDEN),
    "retention_rules": (frozenset({"SELECT", "UPDATE"}), HIDDEN),
    "reveals": (_KEEP, HIDDEN),
    "review_points": (_KEEP, HIDDEN),
    "reviews": (_KEEP, HIDDEN),
    "scorecards": (_KEEP, HIDDEN),
    "sessions": (_ALL, HIDDEN),
    "staff": (_KEEP, HIDDEN),
    "staff_areas": (_ALL, HIDDEN),
    "throttles": (_ALL, HIDDEN),
    "tip_categories": (_KEEP, READS),
    "tip_events": (_ADD, HIDDEN),
    "tip_outcomes": (_KEEP, READS),
    "tip_reporters": (_ADD, HIDDEN),
    "tips": (_KEEP, READS),
    "used_assertions": (_ALL, HIDDEN),
    # Tortoise's own list of migrations: `ketnoi serve` compares it with the code's.
    "tortoise_migrations": (frozenset({"SELECT"}), HIDDEN),
}

# What only runs as the owner, on behalf of ketnoi_app: see the migration that creates them.
FUNCTIONS: Final = (
    "sealed_by_phone(text, bytea)",
    "sealed_erase(text, uuid)",
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
    for function in FUNCTIONS:
        yield f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC, {app}, {reader}"
        yield f"GRANT EXECUTE ON FUNCTION {function} TO {app}"
