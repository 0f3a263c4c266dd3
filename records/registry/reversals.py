"""Reverting a change: an ordinary edit that sets what an earlier one changed to what it was before.

What can be reverted is what the noun's own edit sets: not a status (that has transitions of its own), nothing
sealed (it is in no history), and nothing of a member, whose terms are opened and closed and never edited.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from records.changes.unit_of_work import to_json_value
from records.core.actor import Actor
from records.core.declarations.fields import reason_field
from records.core.errors import Conflict, NotFound
from records.core.rights import check_right, has_right
from records.core.validation import checked_text
from records.registry import history
from records.registry.nouns import EDITS, NOUNS
from records.tables import AuditEntry
from records.tables.base import Editable

MOTIVE: Final = reason_field(500)


@dataclass(frozen=True)
class Reversal:
    """The effect of reverting `entry` on `row`: its columns as they were, and those changed since."""

    entry: AuditEntry
    row: Editable
    columns: dict[str, Any]
    changed_since: frozenset[str]

    @property
    def current_values(self) -> dict[str, Any]:
        """The same columns as they are now, as the audit would hold them."""
        return {name: to_json_value(getattr(self.row, name)) for name in self.columns}


def columns(actor: Actor, entry: AuditEntry, row: Editable) -> dict[str, Any]:
    """The columns that `actor` could revert of `entry`, as they were before; none without the right."""
    if entry.noun not in EDITS or not entry.trusted or row.deleted_at is not None:
        return {}
    edited = NOUNS[entry.noun].inputs if has_right(actor, EDITS[entry.noun].right) else {}
    before = entry.before or {}
    return {
        name: was
        for name, was in before.items()
        if name in edited and was != to_json_value(getattr(row, name))
    }


async def plan_revert(noun: str, row_id: UUID, seq: int, *, by: Actor) -> Reversal:
    """The effect of reverting the entry `seq`.

    Raises `PermissionDenied`, `NotFound`, or `Conflict` if nothing.
    """
    check_right(by, EDITS[noun].right)
    row = await NOUNS[noun].visible_to(by).get_or_none(id=row_id)
    entries = await history.entries_of(by, row_id)
    entry = next((entry for entry in entries if entry.seq == seq and entry.noun == noun), None)
    if row is None:
        raise NotFound("There is no such record.")
    values = columns(by, entry, row) if entry else {}
    if entry is None or not values:
        raise Conflict("This change contains nothing that an edit could revert.")
    later = {name for other in entries if other.seq > seq for name in other.after or {}}
    return Reversal(entry, row, values, frozenset(later & set(values)))


async def revert(
    noun: str, row_id: UUID, seq: int, *, expected_version: int, motive: str, by: Actor
) -> Editable:
    """The record, with what the entry `seq` changed as it was before; nothing else changes.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`, as the edit does.
    """
    reversal = await plan_revert(noun, row_id, seq, by=by)
    motive = checked_text("motive", motive, MOTIVE)
    row, draft = reversal.row, NOUNS[noun].draft
    assert draft is not None  # noqa: S101 - what is edited has one
    read = type(row)._meta.fields_map  # noqa: SLF001 - the columns' own way from JSON
    values = {name: getattr(row, name) for name in NOUNS[noun].inputs}
    values |= {name: read[name].to_python_value(was) for name, was in reversal.columns.items()}
    return await EDITS[noun].verb(
        row_id, draft(**values), expected_version=expected_version, motive=motive, by=by
    )
