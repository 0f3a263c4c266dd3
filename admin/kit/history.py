"""The history of a record as people read it: who, when, why, and each field before and after."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tortoise.models import Model

from admin.kit.forms.merging import digests, read_digests
from admin.kit.request import Visit
from records.areas.scope import within
from records.changes.change import plain
from records.core.declarations.fields import Field, FieldType, Kind
from records.core.labels import Labelled
from records.core.language import day, label, moment, number
from records.core.rights import Right, may
from records.registry import history, reversals
from records.registry.nouns import NOUNS
from records.registry.reversals import Reversal
from records.tables import (
    AuditEntry,
    TipCategory,
)
from records.tables.base import Kept

_WRITTEN: Final[dict[FieldType, Callable[[Visit, Any], str]]] = {
    Kind.MOMENT: lambda _visit, value: moment(datetime.fromisoformat(value)),
    Kind.DAY: lambda _visit, value: day(datetime.fromisoformat(value).date()),
    Kind.NUMBER: lambda visit, value: number(visit.language, Decimal(str(value)), 6),
    Kind.LIST: lambda _visit, value: ", ".join(value),
    Kind.SIZE: lambda visit, value: number(
        visit.language, len(value["keys"] if isinstance(value, dict) else value)
    ),
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
    noun = NOUNS.of(type(row))
    entry = AuditEntry(noun=noun.name if noun else "", before=None, after=columns)
    known = _fields(entry)
    names = await _names(visit, [entry])
    return [
        Difference(visit._(known[name].label), "", _shown(visit, known[name].type, value, names))
        for name, value in columns.items()
    ]


def _fields(entry: AuditEntry) -> Mapping[str, Field]:
    noun = NOUNS.get(entry.noun)
    return noun.history if noun else {}


def _columns(row: Kept) -> dict[str, Any]:
    noun = NOUNS.of(type(row))
    return {name: plain(getattr(row, name)) for name in noun.audited} if noun else {}


def _differences(visit: Visit, row: AuditEntry, names: dict[str, str]) -> list[Difference]:
    before, after = row.before or {}, row.after or {}
    found = [
        Difference(visit._(field.label), _shown(visit, field.type, before.get(column), names), text)
        for column, field in _fields(row).items()
        if column in after
        for text in [_shown(visit, field.type, after[column], names)]
    ]
    # What was empty when the record was new says nothing.
    return [difference for difference in found if difference.before or difference.after]


def _shown(visit: Visit, how: FieldType, value: Any, names: dict[str, str]) -> str:
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
        for column, field in _fields(row).items():
            if isinstance(field.type, type) and issubclass(field.type, Model):
                sides = [side.get(column) for side in (row.before, row.after) if side]
                wanted[field.type] |= {one for side in sides for one in _ids(side)}
    found: dict[str, str] = {}
    for model, ids in wanted.items():
        if ids:
            rows_named = model.filter(id__in=list(ids))
            noun = NOUNS.of(model)
            if noun and "area_id" in noun.fields:
                rows_named = rows_named.filter(within(visit.actor))
            found |= {str(named.pk): _name(visit, named) for named in await rows_named}
    return found


def _ids(value: Any) -> list[str]:
    """The ids that a column holds: none, one, or a list."""
    return value if isinstance(value, list) else [value] if value else []


def _name(visit: Visit, row: Model) -> str:
    """What a record is called: by its name, else by its code."""
    names = (getattr(row, name, None) for name in (f"name_{visit.language}", "name", "code"))
    return next((name for name in names if name), "…")


def category_name(visit: Visit, category: TipCategory) -> str:
    """The name of a category in the person's language."""
    return category.name_vi if visit.language.value == "vi" else category.name_en
