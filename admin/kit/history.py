"""The history of a record as people read it: who, when, why, and each field before and after."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from tortoise.models import Model

from admin.kit.forms.merging import digests, read_digests
from admin.kit.request import Visit
from records.areas.scope import within
from records.changes.change import plain
from records.core.actor import Role
from records.core.labels import Labelled
from records.core.language import Language, day, label, moment, number
from records.core.language import mark as _
from records.core.rights import Right, may
from records.nouns import history, reversals
from records.nouns.reversals import Reversal
from records.tables import (
    Area,
    AuditEntry,
    EducationCase,
    Group,
    Member,
    Partner,
    Programme,
    Staff,
    Tip,
    TipCategory,
)
from records.tables.activities import EducationReason, EducationResult
from records.tables.base import Kept
from records.tables.delivery import WebhookState
from records.tables.groups import GroupKind, GroupStatus, MemberRole
from records.tables.privacy import RevealStep
from records.tables.staff import FactorKind
from records.tables.tips import Channel, LegalKind, OutcomeKind, Priority, TipStatus

How = type[Labelled] | type[Model] | Literal["text", "number", "day", "moment", "list", "keys", "count"]

# How each column of a noun is called and shown. A column that is not here is not shown.
FIELDS: Final[dict[str, dict[str, tuple[str, How]]]] = {
    "tip": {
        "code": (_("Code"), "text"),
        "title": (_("Title"), "text"),
        "body": (_("What was told"), "text"),
        "status": (_("Status"), TipStatus),
        "legal_kind": (_("Legal kind"), LegalKind),
        "category_id": (_("Category"), TipCategory),
        "channel": (_("Channel"), Channel),
        "priority": (_("Priority"), Priority),
        "area_id": (_("Area"), Area),
        "group_id": (_("Group"), Group),
        "place": (_("Place"), "text"),
        "lat": (_("Latitude"), "number"),
        "lon": (_("Longitude"), "number"),
        "occurred_at": (_("Happened at"), "moment"),
        "received_at": (_("Received at"), "moment"),
        "assignee_id": (_("Assigned to"), Staff),
        "due_at": (_("Deadline"), "moment"),
        "closed_at": (_("Closed at"), "moment"),
        "duplicate_of_id": (_("Duplicate of"), Tip),
        "external_ref": (_("Reference of the partner"), "text"),
        "anonymous": (_("Anonymous"), "text"),
        "reveal": (_("Who gave it"), RevealStep),
        "outcome": (_("Outcome"), OutcomeKind),
        "count": (_("Number"), "number"),
        "on_day": (_("On"), "day"),
        "pictures": (_("Pictures"), "number"),
        "deleted_at": (_("Taken out at"), "moment"),
    },
    "group": {
        "code": (_("Code"), "text"),
        "name": (_("Name"), "text"),
        "kind": (_("Kind"), GroupKind),
        "status": (_("Status"), GroupStatus),
        "area_id": (_("Area"), Area),
        "programme_id": (_("Programme"), Programme),
        "founded_on": (_("Founded on"), "day"),
        "inactive_on": (_("Not active since"), "day"),
        "ended_on": (_("Ended on"), "day"),
        "merged_into_id": (_("Merged into"), Group),
        "households": (_("Households"), "number"),
        "stated_members": (_("Stated members"), "number"),
        "stated_on": (_("Stated on"), "day"),
        "external_id": (_("External id"), "text"),
        "external_url": (_("Web address"), "text"),
        "deleted_at": (_("Taken out at"), "moment"),
    },
    "member": {
        "role": (_("Role"), MemberRole),
        "joined_on": (_("Joined on"), "day"),
        "left_on": (_("Left on"), "day"),
        "contact": (_("Contact"), "text"),
        "reveal": (_("Contact"), RevealStep),
    },
    "data_request": {
        "code": (_("Code"), "text"),
        "area_id": (_("Area"), Area),
        "received_at": (_("Received at"), "moment"),
        "due_on": (_("Answer due by"), "day"),
        "looked_up": (_("Looked up; found"), "number"),
        "erased": (_("Erased"), "number"),
        "corrected": (_("Put right"), "text"),
        "answered_at": (_("Answered"), "moment"),
    },
    "education_case": {
        "code": (_("Code"), "text"),
        "group_id": (_("Group"), Group),
        "area_id": (_("Area"), Area),
        "reason": (_("Reason"), EducationReason),
        "opened_on": (_("Opened on"), "day"),
        "closed_on": (_("Ended on"), "day"),
        "result": (_("Result"), EducationResult),
        "supervisor_id": (_("Who guides"), Staff),
        "subject": (_("Whom it is about"), "text"),
        "noted_on": (_("Progress noted"), "day"),
        "reveal": (_("Whom it is about"), RevealStep),
    },
    "staff": {
        "username": (_("User name"), "text"),
        "name": (_("Name"), "text"),
        "email": (_("E-mail"), "text"),
        "role": (_("Role"), Role),
        "areas": (_("Areas"), Area),
        "language": (_("Language"), Language),
        "active": (_("May sign in"), "text"),
        "renew_password": (_("Has to change the password"), "text"),
        "password_expires_at": (_("The password lasts until"), "moment"),
        "sessions_ended": (_("Sessions ended"), "number"),
        "factor": (_("Further factor"), FactorKind),
        "factors_removed": (_("Further factors removed"), "number"),
        "codes": (_("New recovery codes"), "number"),
    },
    "partner": {
        "name": (_("Name"), "text"),
        "contact": (_("Contact"), "text"),
        "scopes": (_("Scopes"), "list"),
        "areas": (_("Areas"), "list"),
        "active": (_("Let in"), "text"),
        "jwks": (_("Signing keys"), "keys"),
        "key_issued": (_("Key issued"), "text"),
        "key_rotated": (_("Key rotated"), "text"),
        "key_revoked": (_("Key revoked"), "text"),
        "documents_only": (_("Registered documents only"), "text"),
        "budget_limit": (_("Budget: most at once"), "number"),
        "budget_restore": (_("Budget: back in a second"), "number"),
        "documents_added": (_("Documents added"), "count"),
        "documents_removed": (_("Document removed"), "list"),
        "webhook": (_("Webhook"), "text"),
        "webhook_address": (_("Address of the webhook"), "text"),
        "webhook_description": (_("Description of the webhook"), "text"),
        "webhook_types": (_("What the webhook follows"), "list"),
        "webhook_state": (_("Status of the webhook"), WebhookState),
        "webhook_secret": (_("New secret of the webhook"), "text"),
        "webhook_tested": (_("Test sent"), "text"),
        "webhook_sent_again": (_("Delivery sent again"), "text"),
        "webhook_replayed": (_("Told again since"), "moment"),
        "webhook_deleted_at": (_("Webhook removed at"), "moment"),
        "deleted_at": (_("Taken out at"), "moment"),
    },
}

_NOUN: Final[dict[type[Model], str]] = {
    Tip: "tip",
    Group: "group",
    Member: "member",
    EducationCase: "education_case",
    Staff: "staff",
    Partner: "partner",
}

_WRITTEN: Final[dict[How, Callable[[Visit, Any], str]]] = {
    "moment": lambda _visit, value: moment(datetime.fromisoformat(value)),
    "day": lambda _visit, value: day(datetime.fromisoformat(value).date()),
    "number": lambda visit, value: number(visit.language, value, 6),
    "list": lambda _visit, value: ", ".join(value),
    "keys": lambda visit, value: number(visit.language, len(value["keys"])),
    "count": lambda visit, value: number(visit.language, len(value)),
}


@dataclass(frozen=True)
class Difference:
    """A field that changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One change, ready to be read."""

    at: datetime
    who: str
    motive: str
    new: bool
    differences: list[Difference]
    # Whether it is what was signed; the differences of one that is not are not shown.
    trusted: bool = True
    # Its number in the audit, where it can be put back.
    back: int | None = None


async def entries(visit: Visit, row: Kept) -> list[Entry] | None:
    """The changes of a record, newest first; None where this person may not see them."""
    if not may(visit.actor, Right.HISTORY_READ):
        return None
    rows = await history.of_row(visit.actor, row.id)
    names = await _names(visit, [entry for entry in rows if entry.trusted])
    return [
        Entry(
            at=entry.at,
            who=entry.actor_name,
            motive=entry.motive,
            new=entry.before is None,
            differences=_differences(visit, entry, names) if entry.trusted else [],
            trusted=entry.trusted,
            back=entry.seq if reversals.columns(visit.actor, entry, row) else None,
        )
        for entry in rows
    ]


async def put_back(visit: Visit, reversal: Reversal) -> list[Difference]:
    """What putting a change back would do, field by field: as it stands now, and as it was."""
    entry = reversal.entry
    # Read like an entry of its own, from the present to the past.
    turned = AuditEntry(noun=entry.noun, before=reversal.present, after=reversal.columns)
    return _differences(visit, turned, await _names(visit, [turned]))


def state(row: Kept) -> dict[str, str | list[str]]:
    """The columns of a record that its history shows, as text."""
    return {name: str(value) for name, value in _columns(row).items()}


async def changed(visit: Visit, row: Kept, opened: str) -> list[Difference]:
    """The columns that are no longer as a form found them; `opened` are the digests that it carried."""
    before, now = read_digests(opened), read_digests(digests(state(row)))
    columns = {name: value for name, value in _columns(row).items() if before.get(name) != now[name]}
    entry = AuditEntry(noun=_NOUN.get(type(row), ""), before=None, after=columns)
    known = FIELDS.get(entry.noun, {})
    names = await _names(visit, [entry])
    return [
        Difference(visit._(known[name][0]), "", _shown(visit, known[name][1], value, names))
        for name, value in columns.items()
    ]


def _columns(row: Kept) -> dict[str, Any]:
    held = row._meta.fields_map  # noqa: SLF001 - Tortoise shows it nowhere else
    known = FIELDS.get(_NOUN.get(type(row), ""), {})
    return {name: plain(getattr(row, name)) for name in known if name in held}


def _differences(visit: Visit, row: AuditEntry, names: dict[str, str]) -> list[Difference]:
    before, after = row.before or {}, row.after or {}
    found = [
        Difference(visit._(name), _shown(visit, how, before.get(column), names), text)
        for column, (name, how) in FIELDS.get(row.noun, {}).items()
        if column in after
        for text in [_shown(visit, how, after[column], names)]
    ]
    # What was empty when the record was new says nothing.
    return [difference for difference in found if difference.before or difference.after]


def _shown(visit: Visit, how: How, value: Any, names: dict[str, str]) -> str:
    """The value of a column, as the audit row holds it, in the person's language."""
    if value is None or value == "":
        return ""
    if how in _WRITTEN:
        return _WRITTEN[how](visit, value)
    if isinstance(how, type) and issubclass(how, Labelled):
        return label(visit.language, how(value)) if value in set(how) else str(value)
    if isinstance(value, bool):
        value = visit._("Yes") if value else visit._("No")
    if isinstance(how, type):
        # What lies elsewhere has no name here.
        return ", ".join(sorted(names.get(str(one), "…") for one in _ids(value)))
    return str(value)


async def _names(visit: Visit, rows: Iterable[AuditEntry]) -> dict[str, str]:
    """What the ids in the history stand for: one query for each table."""
    wanted: dict[type[Model], set[str]] = defaultdict(set)
    for row in rows:
        for column, (_text, how) in FIELDS.get(row.noun, {}).items():
            if isinstance(how, type) and issubclass(how, Model):
                sides = [side.get(column) for side in (row.before, row.after) if side]
                wanted[how] |= {one for side in sides for one in _ids(side)}
    found: dict[str, str] = {}
    for model, ids in wanted.items():
        if ids:
            rows_named = model.filter(id__in=list(ids))
            if model in {Group, Tip}:
                rows_named = rows_named.filter(within(visit.actor))
            found |= {str(named.pk): _name(visit, named) for named in await rows_named}
    return found


def _ids(value: Any) -> list[str]:
    """The ids that a column holds: none, one, or a list."""
    return value if isinstance(value, list) else [value] if value else []


def _name(visit: Visit, row: Model) -> str:
    if isinstance(row, TipCategory):
        return category_name(visit, row)
    if isinstance(row, Tip):
        return row.code
    name: str = getattr(row, "name")  # noqa: B009 - every other table here has a name
    return name


def category_name(visit: Visit, category: TipCategory) -> str:
    """The name of a category in the person's language."""
    return category.name_vi if visit.language.value == "vi" else category.name_en
