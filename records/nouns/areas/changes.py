"""Reorganising hamlets: each change holds from a day on, on a legal basis; successions pass on the land."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from records.changes.unit_of_work import update
from records.core.actor import Actor
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.core.validation import Validator
from records.nouns import groups
from records.nouns.areas.contents import open_groups_in
from records.nouns.areas.noun import NAMES, AreaDraft, visible_to
from records.nouns.areas.reorganisation import reorganisation
from records.tables import Area


async def open_hamlet(commune_id: UUID, draft: AreaDraft, *, on: date, legal_basis: str, by: Actor) -> Area:
    """A new hamlet of a commune, which came from no other.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`, as every verb here does.
    """
    async with reorganisation(on, legal_basis, by) as change:
        return await change.begin(draft, await change.commune(commune_id))


async def rename(
    area_id: UUID, name: str, *, expected_version: int, on: date, legal_basis: str, by: Actor
) -> Area:
    """The version of a hamlet that bears `name` from a day on, with the same code."""
    async with reorganisation(on, legal_basis, by) as change:
        row = await change.end(area_id, expected_version)
        new = await change.begin(AreaDraft(name, row.code), row.parent_id)
        if new.name == row.name:
            raise ValidationFailed.of("name", "Enter another name than the current one.", ProblemCode.INVALID)
        await change.pass_on([row], [new])
        return new


async def end(area_id: UUID, *, expected_version: int, on: date, legal_basis: str, by: Actor) -> Area:
    """The hamlet, which has ended without a successor; its land belongs to the commune alone."""
    async with reorganisation(on, legal_basis, by) as change:
        row = await change.end(area_id, expected_version)
        if await open_groups_in([row.id], by=by).exists():
            raise Conflict(
                "Groups of this hamlet are still open: merge or split the hamlet, or end them first."
            )
        return row


async def merge(
    area_id: UUID,
    draft: AreaDraft,
    others: Sequence[UUID],
    *,
    expected_version: int,
    on: date,
    legal_basis: str,
    by: Actor,
) -> Area:
    """The hamlet that a hamlet and `others` of its commune became; without a code it keeps that of the first.

    Records stay where they were made: what lay in the old hamlets lies in the new one from now on.
    """
    async with reorganisation(on, legal_basis, by) as change:
        first = await change.lock(area_id)
        rows = await visible_to(by).filter(id__in=list(others)).order_by("id").select_for_update(no_key=True)
        if not rows or {row.id for row in rows} != set(others) or first.id in others:
            raise ValidationFailed.of("others", "Choose at least one other hamlet.", ProblemCode.NOT_FOUND)
        if {row.parent_id for row in rows} != {first.parent_id}:
            text = _("Choose hamlets of the same commune.")
            raise ValidationFailed.of("others", text, ProblemCode.INCONSISTENT)
        ended = [await change.end(first.id, expected_version)]
        ended += [await change.end(row.id, row.version) for row in rows]
        new = await change.begin(AreaDraft(draft.name, draft.code or first.code), first.parent_id)
        await change.pass_on(ended, [new])
        return new


async def split(
    area_id: UUID,
    names: Sequence[str],
    places: Mapping[UUID, int],
    *,
    expected_version: int,
    on: date,
    legal_basis: str,
    by: Actor,
) -> list[Area]:
    """The hamlets with these `names` that a hamlet became. The one with its name keeps its code.

    `places` says for each open group of the hamlet in which of them it lies, by position.
    """
    async with reorganisation(on, legal_basis, by) as change:
        row = await change.end(area_id, expected_version)
        names = _checked_names(names)
        moving = await open_groups_in([row.id], by=by).order_by("id").select_for_update(no_key=True)
        if {group.id for group in moving} != set(places) or not set(places.values()) <= set(
            range(len(names))
        ):
            text = _("Say of each open group in which hamlet it lies now.")
            raise ValidationFailed.of("places", text, ProblemCode.INCONSISTENT)
        drafts = [AreaDraft(name, row.code if name == row.name else "") for name in names]
        parts = [await change.begin(draft, row.parent_id) for draft in drafts]
        await change.pass_on([row], parts)
        for group in moving:
            await update(
                groups.NOUN,
                group,
                expected_version=group.version,
                by=by,
                action=Right.AREAS_MANAGE,
                motive=change.legal_basis,
                area_id=parts[places[group.id]].id,
            )
        return parts


def _checked_names(names: Sequence[str]) -> list[str]:
    check = Validator()
    cleaned: list[str] = check.clean("names", names, NAMES)
    if len(cleaned) < 2 or len(set(cleaned)) < len(cleaned):
        check.add("names", "Enter two different names or more.", ProblemCode.INCONSISTENT)
    check.raise_if_invalid()
    return cleaned
