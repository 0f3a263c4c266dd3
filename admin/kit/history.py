"""The history of a record as people read it: who, when, why, and each field before and after."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from admin.kit.forms.merging import digests, parse_digests
from admin.kit.request import PageRequest
from admin.kit.values import UNNAMED, format_known_part, ids_in, referenced_names
from records.changes.unit_of_work import to_json_value
from records.core.declarations.fields import Field, FieldType, Kind
from records.core.labels import Labelled
from records.core.language import format_date, format_datetime, format_number, label
from records.core.rights import Right, has_right
from records.registry import history, reversals
from records.registry.nouns import NOUNS
from records.registry.reversals import Reversal
from records.tables import AuditEntry
from records.tables.base import Editable
from records.tables.organisations import DatePrecision

_FORMATTERS: Final[dict[FieldType, Callable[[PageRequest, Any], str]]] = {
    Kind.MOMENT: lambda _request, value: format_datetime(datetime.fromisoformat(value)),
    Kind.DAY: lambda _request, value: format_date(datetime.fromisoformat(value).date()),
    Kind.NUMBER: lambda request, value: format_number(request.language, Decimal(str(value)), 6),
    Kind.LIST: lambda _request, value: ", ".join(value),
    Kind.SIZE: lambda request, value: format_number(
        request.language, len(value["keys"] if isinstance(value, dict) else value)
    ),
}


@dataclass(frozen=True)
class Difference:
    """A field that changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class HistoryEntry:
    """One change, formatted for display."""

    at: datetime
    actor_name: str
    motive: str
    # What happened, in one line.
    summary: str
    # Whether values were replaced, rather than a record created or something added to it.
    is_change: bool
    differences: list[Difference]
    # Whether the signature is valid; otherwise the differences are not shown.
    trusted: bool = True
    # Its sequence number in the audit trail, if it can be reverted.
    revertible_seq: int | None = None
    # The right with which it was made, and the columns that it set.
    action: str = ""
    columns: frozenset[str] = frozenset()


async def entries(request: PageRequest, row: Editable) -> list[HistoryEntry] | None:
    """The changes of a record, newest first; None where this person may not see them."""
    if not has_right(request.actor, Right.HISTORY_READ):
        return None
    rows = await history.entries_of(request.actor, row.id)
    names = await _names(request, [entry for entry in rows if entry.trusted])
    result, values = [], _columns(row)
    for entry in rows:
        result.append(_history_entry(request, row, entry, values, names))
        # What the next entry, an older one, left behind.
        values |= (entry.before or {}) if entry.trusted else {}
    return result


def last_changes(found: Sequence[HistoryEntry]) -> dict[str, tuple[HistoryEntry, Difference]]:
    """The latest change of each field among the entries of a record, by the label of the field."""
    changes = dict[str, tuple[HistoryEntry, Difference]]()
    for entry in found:
        for one in entry.differences if entry.is_change else []:
            changes.setdefault(one.name, (entry, one))
    return changes


async def last_changed_by(request: PageRequest, row: Editable) -> str:
    """Who changed a record last and when; empty where this person may not see that."""
    change = latest_of(await entries(request, row) or [])
    if change is None:
        return ""
    moment = format_datetime(change.at)
    return request._("{name} changed this on {moment}.", name=change.actor_name, moment=moment)


def latest_of(found: Sequence[HistoryEntry]) -> HistoryEntry | None:
    """The latest entry that can be trusted."""
    return next((entry for entry in found if entry.trusted), None)


def _history_entry(
    request: PageRequest, row: Editable, entry: AuditEntry, values: dict[str, Any], names: dict[str, str]
) -> HistoryEntry:
    differences = _differences(request, entry, values, names) if entry.trusted else []
    return HistoryEntry(
        at=entry.at,
        actor_name=entry.actor_name,
        motive=entry.motive,
        summary=_summary(request, entry, differences),
        is_change=bool(entry.before),
        differences=differences,
        trusted=entry.trusted,
        revertible_seq=entry.seq if reversals.columns(request.actor, entry, row) else None,
        action=entry.action,
        columns=frozenset(entry.after or {}),
    )


def _summary(request: PageRequest, entry: AuditEntry, differences: list[Difference]) -> str:
    if entry.before is None:
        return request._("Created")
    # What was added is named with its value: "Reporter: Requested to view".
    return ", ".join(one.name if entry.before else f"{one.name}: {one.after}" for one in differences)


async def revert_preview(request: PageRequest, reversal: Reversal) -> list[Difference]:
    """The effect of reverting a change, by field: the current value, and the one before the change."""
    entry = reversal.entry
    # Read like an entry of its own, from the present to the past.
    reverted = AuditEntry(noun=entry.noun, before=reversal.current_values, after=reversal.columns)
    return _differences(request, reverted, _columns(reversal.row), await _names(request, [reverted]))


def column_texts(row: Editable) -> dict[str, str | list[str]]:
    """The columns of a record that its history shows, as text."""
    return {name: str(value) for name, value in _columns(row).items()}


async def changes_since(request: PageRequest, row: Editable, opened: str) -> list[Difference]:
    """The columns that changed since a form was opened; `opened` are the digests that it carried."""
    before, now = parse_digests(opened), parse_digests(digests(column_texts(row)))
    values = _columns(row)
    columns = {name: value for name, value in values.items() if before.get(name) != now[name]}
    noun = NOUNS.of(type(row))
    entry = AuditEntry(noun=noun.name if noun else "", before=None, after=columns)
    known = _fields(entry)
    names = await _names(request, [entry])
    return [
        Difference(
            request._(known[name].label), "", _display_value(request, known[name], name, values, names)
        )
        for name in columns
    ]


def _fields(entry: AuditEntry) -> Mapping[str, Field]:
    noun = NOUNS.get(entry.noun)
    return noun.history if noun else {}


def _columns(row: Editable) -> dict[str, Any]:
    noun = NOUNS.of(type(row))
    return {name: to_json_value(getattr(row, name)) for name in noun.audited} if noun else {}


def _differences(
    request: PageRequest, entry: AuditEntry, values: dict[str, Any], names: dict[str, str]
) -> list[Difference]:
    """The fields that an entry changed; `values` are those of the whole record after it."""
    after = values | (entry.after or {})
    # Of a new record nothing was there before.
    before = after | entry.before if entry.before else {}
    found = [
        Difference(
            request._(field.label),
            _display_value(request, field, column, before, names),
            _display_value(request, field, column, after, names),
        )
        for column, field in _fields(entry).items()
        if column in (entry.after or {})
    ]
    # Fields that were empty when the record was created are left out.
    return [difference for difference in found if difference.before or difference.after]


def _display_value(
    request: PageRequest, field: Field, column: str, values: Mapping[str, Any], names: dict[str, str]
) -> str:
    """The value of a column, as audit entries hold it, in the person's language."""
    value, field_type = values.get(column), field.type
    if value is None or value == "":
        return ""
    if field.precision:
        return format_known_part(date.fromisoformat(value), values.get(field.precision, DatePrecision.DAY))
    if field_type in _FORMATTERS:
        return _FORMATTERS[field_type](request, value)
    if isinstance(field_type, type) and issubclass(field_type, Labelled):
        return label(request.language, field_type(value)) if value in set(field_type) else str(value)
    if isinstance(value, bool):
        value = request._("Yes") if value else request._("No")
    if isinstance(field_type, type):
        return ", ".join(sorted(names.get(one, UNNAMED) for one in ids_in(value)))
    return str(value)


async def _names(request: PageRequest, entries: Iterable[AuditEntry]) -> dict[str, str]:
    """The names of the records to which the history refers, by id."""
    return await referenced_names(
        request,
        (
            (field.type, side.get(column))
            for entry in entries
            for column, field in _fields(entry).items()
            for side in (entry.before, entry.after)
            if side
        ),
    )
