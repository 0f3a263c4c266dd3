"""Handing an outline down: to whom it goes, counted before it is sent, and sent to all in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from records.areas.scope import are_all_within, in_areas, within
from records.changes.rows import find, lock
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor
from records.core.dates import now
from records.core.errors import Conflict, ProblemCode
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.validation import Validator
from records.nouns import groups, outlines
from records.nouns.catalogues import organisations
from records.nouns.hand_downs.noun import NOUN
from records.tables import AreaReach, Group, HandDown, Organisation, Outline
from records.tables.activities import OutlineStatus

MAX_RECIPIENTS: Final = 3_000


@dataclass(frozen=True)
class Recipients:
    """To whom an outline is handed down: every open group of areas, groups, and organisations."""

    areas: Sequence[UUID] = ()
    groups: Sequence[UUID] = ()
    organisations: Sequence[UUID] = ()


@dataclass(frozen=True)
class Plan:
    """To whom an outline will go, and how many of the recipients have it already."""

    groups: Sequence[Group]
    organisations: Sequence[Organisation]
    already: int

    @property
    def size(self) -> int:
        """How many it will go to."""
        return len(self.groups) + len(self.organisations)

    @property
    def areas(self) -> int:
        """In how many areas the groups are."""
        return len({group.area_id for group in self.groups})


def senders(actor: Actor) -> QuerySet[Organisation]:
    """The organisations in whose name `actor` may hand down: those of its areas, and of the areas around.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.OUTLINES_HAND_DOWN)
    rows = Organisation.filter(organisations.ACTIVE)
    if actor.areas is None:
        return rows
    around = AreaReach.filter(area_id__in=list(actor.areas)).values("ancestor_id")
    return rows.filter(in_areas(actor.areas) | Q(area_id__in=Subquery(around)))


def receivers(actor: Actor) -> QuerySet[Organisation]:
    """The organisations to which `actor` may hand down, by name. Raises `PermissionDenied`."""
    check_right(actor, Right.OUTLINES_HAND_DOWN)
    return Organisation.filter(within(actor), organisations.ACTIVE).order_by("name_key")


async def later_edition(outline: Outline) -> Outline | None:
    """The latest published edition after `outline`: where there is one, that is handed down instead."""
    later = Outline.filter(code=outline.code, edition__gt=outline.edition, deleted_at__isnull=True)
    return await later.filter(status=OutlineStatus.PUBLISHED).order_by("-edition").first()


async def plan(outline_id: UUID, to: Recipients, *, sender_id: UUID, by: Actor) -> Plan:
    """To whom `send` would hand the outline down now. Raises as `send` does."""
    check_right(by, Right.OUTLINES_HAND_DOWN)
    outline = await find(outlines.NOUN, outlines.visible_to(by), outline_id)
    await _check_outline(outline, by)
    return await _plan(outline, to, sender_id, by, locked=False)


async def send(outline_id: UUID, to: Recipients, *, sender_id: UUID, by: Actor) -> list[HandDown]:
    """Hands a published outline down to whoever does not have it yet.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `Conflict` where it is no longer valid.
    """
    check_right(by, Right.OUTLINES_HAND_DOWN)
    async with transaction():
        outline = await _outline(outline_id, by)
        planned = await _plan(outline, to, sender_id, by, locked=True)
        sent = {"outline_id": outline.id, "sender_id": sender_id, "sent_at": now()}
        rows = [HandDown(**sent, group_id=one.id, area_id=one.area_id) for one in planned.groups]
        rows += [
            HandDown(**sent, organisation_id=one.id, area_id=one.area_id) for one in planned.organisations
        ]
        return [await create(NOUN, row, by=by, action=Right.OUTLINES_HAND_DOWN) for row in rows]


async def _outline(outline_id: UUID, by: Actor) -> Outline:
    """The outline, locked: whoever hands it down at the same time waits, so that nobody gets it twice."""
    outline = await lock(outlines.NOUN, outlines.visible_to(by), outline_id)
    await _check_outline(outline, by)
    return outline


async def _check_outline(outline: Outline, by: Actor) -> None:
    if not outlines.can_hand_down(by, outline):
        raise Conflict("Only a published outline that is still valid can be handed down.")
    if await later_edition(outline) is not None:
        raise Conflict("A later edition was published. Hand that one down.")


async def _plan(outline: Outline, to: Recipients, sender_id: UUID, by: Actor, *, locked: bool) -> Plan:
    check = Validator()
    if not await senders(by).filter(id=sender_id).exists():
        check.add("sender", "Choose an organisation from the list.", ProblemCode.NOT_FOUND)
    if not (to.areas or to.groups or to.organisations):
        check.add("areas", "Choose at least one area, group or organisation.", ProblemCode.REQUIRED)
    if by.areas is not None and not await are_all_within(to.areas, by.areas):
        check.add("areas", "Choose areas that you work in.", ProblemCode.OUTSIDE_AREAS)
    chosen = await _groups(to, by, locked=locked)
    if not set(to.groups) <= {group.id for group in chosen}:
        check.add("groups", "Choose open groups that you can see.", ProblemCode.NOT_FOUND)
    chosen_receivers = await receivers(by).filter(id__in=list(to.organisations))
    if sender_id in to.organisations or len(chosen_receivers) < len(set(to.organisations)):
        check.add("organisations", "Choose organisations from the list.", ProblemCode.NOT_FOUND)
    have = HandDown.filter(outline_id=outline.id, deleted_at__isnull=True)
    taken = {one for pair in await have.values_list("group_id", "organisation_id") for one in pair}
    new_groups = [group for group in chosen if group.id not in taken]
    new_organisations = [one for one in chosen_receivers if one.id not in taken]
    result = Plan(
        new_groups,
        new_organisations,
        len(chosen) + len(chosen_receivers) - len(new_groups) - len(new_organisations),
    )
    # Those that have it already count too: beyond the limit nobody has looked.
    if len(chosen) + len(chosen_receivers) > MAX_RECIPIENTS:
        text = _("An outline can go to at most {most} at once. Choose fewer areas.")
        check.add("areas", text, ProblemCode.TOO_MANY, most=MAX_RECIPIENTS)
    check.raise_if_invalid()
    return result


async def _groups(to: Recipients, by: Actor, *, locked: bool) -> list[Group]:
    """The open groups that were chosen, if `locked` against ending meanwhile."""
    chosen = groups.visible_to(by).filter(
        in_areas(to.areas) | Q(id__in=list(to.groups)), status__in=list(groups.OPEN)
    )
    ordered = chosen.order_by("id").limit(MAX_RECIPIENTS + 1)
    return await (ordered.select_for_update(no_key=True) if locked else ordered)
