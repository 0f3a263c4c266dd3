"""Marking a tip as a duplicate of another one, which is never a duplicate itself."""

from uuid import UUID

from tortoise.expressions import Q

from records.changes.change import change, update
from records.core.actor import Actor
from records.core.errors import Conflict, Invalid, ProblemCode
from records.core.language import mark as _
from records.core.rights import check_may
from records.nouns.tips.status import MERGE
from records.nouns.tips.timeline import NOUN, tell, visible_to
from records.nouns.tips.transitions import move
from records.tables import Tip
from records.tables.tips import TipEventKind, TipStatus


async def merge(tip_id: UUID, *, seen: int, into: UUID, by: Actor) -> Tip:
    """The tip, marked as a duplicate of the tip `into`; its own duplicates become duplicates of `into`.

    Raises `Denied`, `NotFound`, `Invalid` or `Conflict`.
    """
    check_may(by, MERGE.right)
    async with change():
        duplicates = await _locked_duplicates(tip_id, into)
        target = await _original(tip_id, into, by)
        for duplicate in duplicates:
            await _repoint(duplicate, target, by)
        row = await move(
            tip_id, MERGE, TipEventKind.MERGED, seen=seen, note=target.code, by=by, duplicate_of_id=target.id
        )
        await tell(target, TipEventKind.MERGED, by=by, note=row.code)
        return row


async def _locked_duplicates(tip_id: UUID, into: UUID) -> list[Tip]:
    """The duplicates of the tip `tip_id`, locked together with both tips. Raises `Conflict`.

    All merges lock in the order of the ids, so that none waits for another in a circle.
    """
    involved = Tip.filter(Q(id__in=[tip_id, into]) | Q(duplicate_of_id=tip_id))
    locked = await involved.order_by("id").select_for_update()
    # A duplicate that came while this waited for the lock is not locked; none can come from now on.
    if await Tip.filter(duplicate_of_id=tip_id).exclude(id__in=[row.id for row in locked]).exists():
        raise Conflict("Someone else has changed this. View the current state and try again.")
    return [row for row in locked if row.duplicate_of_id == tip_id]


async def _original(tip_id: UUID, into: UUID, by: Actor) -> Tip:
    """The tip `into`, which is no duplicate. Raises `Invalid`, naming its own original if visible."""
    target = await visible_to(by).get_or_none(id=into)
    if target is None or target.id == tip_id:
        raise Invalid.of("into", "Choose another tip that is not itself a duplicate.", ProblemCode.CONFLICT)
    if target.status is not TipStatus.DUPLICATE:
        return target
    if target.duplicate_of_id == tip_id:
        raise Invalid.of("into", "That tip is already a duplicate of this one.", ProblemCode.CONFLICT)
    original = await visible_to(by).get_or_none(id=target.duplicate_of_id)
    if original is None:
        raise Invalid.of("into", "Choose another tip that is not itself a duplicate.", ProblemCode.CONFLICT)
    text = _("That tip is itself a duplicate of {code}. Choose {code} instead.")
    raise Invalid.of("into", text, ProblemCode.CONFLICT, code=original.code)


async def _repoint(duplicate: Tip, target: Tip, by: Actor) -> None:
    """Makes `duplicate`, wherever it lies, a duplicate of `target`: what it says follows its original."""
    await update(
        NOUN, duplicate, seen=duplicate.version, by=by, action=MERGE.right, duplicate_of_id=target.id
    )
    status = duplicate.status
    await tell(duplicate, TipEventKind.MERGED, by=by, came_from=status, to=status, note=target.code)
