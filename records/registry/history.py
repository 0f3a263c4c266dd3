"""The history of a row, for people to read."""

from uuid import UUID

from tortoise.expressions import Q

from records.areas.scope import within
from records.audit.chain import is_entry_signed
from records.core import events
from records.core.actor import Actor
from records.core.declarations.nouns import Noun
from records.core.events import Event
from records.core.rights import Right, check_right, has_right
from records.registry.nouns import NOUNS
from records.tables import AreaReach, AuditEntry


async def entries_of(actor: Actor, row_id: UUID, *, limit: int = 100) -> list[AuditEntry]:
    """The latest changes of a row in the actor's areas, newest first; where it has several, in all of them.

    Those that do not bear their MAC are not `trusted`, and noted in the log. Raises `PermissionDenied`.
    """
    check_right(actor, Right.HISTORY_READ)
    rows = AuditEntry.filter(await _within(actor, row_id), row_id=row_id)
    if not has_right(actor, Right.AUDIT_READ):
        # Who may read a noun may read what became of it; who audits may read that of every noun.
        readable = [noun for noun in NOUNS if has_right(actor, noun.right)]
        nouns = {noun.name for noun in readable if not noun.confined or await _sees(actor, noun, row_id)}
        rows = rows.filter(noun__in=nouns)
    entries = await rows.order_by("-seq").limit(limit)
    await disclose(actor, entries)
    return entries


async def disclose(actor: Actor, entries: list[AuditEntry]) -> None:
    """Checks the MACs of entries, and hides the codes in them of records that `actor` may not see."""
    _check_signatures(entries)
    for noun in NOUNS:
        await _hide_codes(actor, noun, entries)


async def _hide_codes(actor: Actor, noun: Noun, entries: list[AuditEntry]) -> None:
    """Empties the motives that are the code of another record, which may lie elsewhere."""
    naming = [entry for entry in entries if entry.noun == noun.name and entry.action in noun.naming]
    if naming:
        named = noun.table.filter(within(actor), code__in=[entry.motive for entry in naming])
        visible = {str(code) for code in await named.values_list("code", flat=True)}
        for entry in naming:
            if entry.motive not in visible:
                entry.motive = ""


def _check_signatures(entries: list[AuditEntry]) -> None:
    for entry in entries:
        entry.trusted = is_entry_signed(entry)
    if forged := sum(not entry.trusted for entry in entries):
        events.log(Event.AUDIT_FORGED, entries=str(forged))


async def _sees(actor: Actor, noun: Noun, row_id: UUID) -> bool:
    return await noun.visible_to(actor).filter(id=row_id).exists()


async def _within(actor: Actor, row_id: UUID) -> Q:
    """The condition for the entries of a row in the actor's areas: in all of its own where it has several."""
    entries = within(actor)
    if actor.areas is not None:
        # What works in several areas is told of to whoever reaches them all.
        for noun in NOUNS:
            if noun.areas is None:
                continue
            table, column = noun.areas
            given = set(await table.filter(**{column: row_id}).values_list("area_id", flat=True))
            there = AreaReach.filter(ancestor_id__in=list(actor.areas), area_id__in=list(given))
            if given and given <= set(await there.values_list("area_id", flat=True)):
                entries |= Q(noun=noun.name)
    return entries
