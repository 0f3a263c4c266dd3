"""Marking a tip as a duplicate of another one, which is never a duplicate itself."""

from uuid import UUID

from tortoise.expressions import Q

from records.changes.unit_of_work import transaction, update
from records.core.actor import Actor
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import check_right
from records.nouns.tips.noun import NOUN, visible_to
from records.nouns.tips.status import MERGE
from records.nouns.tips.timeline import add_event
from records.nouns.tips.transitions import move
from records.tables import Tip
from records.tables.tips import TipEventKind, TipStatus


async def merge(tip_id: UUID, *, expected_version: int, into: UUID, by: Actor) -> Tip:
    """The tip, marked as a duplicate of the tip `into`; its own duplicates become duplicates of `into`.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, MERGE.right)
    async with transaction():
        duplicates = await _locked_duplicates(tip_id, into)
        target = await _resolve_original(tip_id, into, by)
        for duplicate in duplicates:
            await _redirect_duplicates(duplicate, target, by)
        row = await move(
            tip_id,
            MERGE,
            TipEventKind.MERGED,
            expected_version=expected_version,
            note=target.code,
            by=by,
            duplicate_of_id=target.id,
        )
        await add_event(target, TipEventKind.MERGED, by=by, note=row.code)
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


async def _resolve_original(tip_id: UUID, into: UUID, by: Actor) -> Tip:
    """The tip `into`, which is no duplicate.

    Raises `ValidationFailed`, naming its own original if visible.
    """
    target = await visible_to(by).get_or_none(id=into)
    if target is None or target.id == tip_id:
        raise ValidationFailed.of(
            "into", "Choose another tip that is not itself a duplicate.", ProblemCode.CONFLICT
        )
    if target.status is not TipStatus.DUPLICATE:
        return target
    if target.duplicate_of_id == tip_id:
        raise ValidationFailed.of(
            "into", "That tip is already a duplicate of this one.", ProblemCode.CONFLICT
        )
    original = await visible_to(by).get_or_none(id=target.duplicate_of_id)
    if original is None:
        raise ValidationFailed.of(
            "into", "Choose another tip that is not itself a duplicate.", ProblemCode.CONFLICT
        )
    text = _("That tip is itself a duplicate of {code}. Choose {code} instead.")
    raise ValidationFailed.of("into", text, ProblemCode.CONFLICT, code=original.code)


async def _redirect_duplicates(duplicate: Tip, target: Tip, by: Actor) -> None:
    """Makes `duplicate`, wherever it lies, a duplicate of `target`: what it says follows its original."""
    await update(
        NOUN,
        duplicate,
        expected_version=duplicate.version,
        by=by,
        action=MERGE.right,
        duplicate_of_id=target.id,
    )
    status = duplicate.status
    await add_event(duplicate, TipEventKind.MERGED, by=by, came_from=status, to=status, note=target.code)
