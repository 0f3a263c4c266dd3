"""Organisations: police bodies, Front committees and others. All may read them; administrators keep them."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.areas.scope import check_area
from records.changes.rows import RowChange
from records.changes.rows import find as find_row
from records.changes.unit_of_work import create as create_row
from records.changes.unit_of_work import transaction
from records.core.actor import Actor
from records.core.dates import today
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Noun
from records.core.errors import ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.text import sort_key
from records.core.validation import Draft, Validator, checked, checked_text
from records.nouns.catalogues.managed import change_managed, with_reach
from records.nouns.catalogues.trees import check_parent, moving
from records.tables import Area, Organisation
from records.tables.organisations import OrganisationKind

REASON: Final = reason_field(2_000)
ACTIVE: Final = Q(active_to__isnull=True, deleted_at__isnull=True)


@dataclass(frozen=True)
class OrganisationDraft(Draft):
    """The values of an organisation as entered."""

    name: Annotated[
        str,
        Field(
            _("Name"),
            max_length=200,
            searchable=True,
            constraints={"organisations_name_area_key": _("This area has an organisation of this name.")},
        ),
    ]
    kind: Annotated[OrganisationKind, Field(_("Kind"))]
    area_id: Annotated[UUID, Field(_("Area"), Area)]
    parent_id: Annotated[UUID | None, Field(_("Organisation above it"), Organisation)] = None
    active_from: Annotated[date | None, Field(_("Active from"), past=True)] = None

    async def check_rules(self, check: Validator, by: Actor, before: Organisation | None) -> None:
        if before and before.active_to and self.active_from and self.active_from >= before.active_to:
            check.add("active_from", "Enter a date before the end.", ProblemCode.INCONSISTENT)
        # What an edit leaves as it was need not be there to choose any more.
        moved = self.parent_id is not None and (before is None or self.parent_id != before.parent_id)
        if moved and not await Organisation.filter(ACTIVE, id=self.parent_id).exists():
            check.add("parent", "Choose an organisation from the list.", ProblemCode.NOT_FOUND)
        elif moved and before is not None:
            await check_parent(check, NOUN, before.id, self.parent_id)
        await check_area(check, by, self.area_id)


def visible_to(actor: Actor) -> QuerySet[Organisation]:
    """The organisations, wherever they are: they are a catalogue. Raises `PermissionDenied`."""
    check_right(actor, Right.AREAS_READ)
    return Organisation.filter(deleted_at__isnull=True)


NOUN: Final = Noun(
    name="organisation",
    label=_("Organisation"),
    plural=_("Organisations"),
    table=Organisation,
    right=Right.AREAS_READ,
    visible_to=visible_to,
    draft=OrganisationDraft,
    fields={**fields_of(OrganisationDraft), "active_to": Field(_("No longer active from"), Kind.DAY)},
    path="organisations",
    catalogue=True,
    linkable=ACTIVE,
    missing=_("There is no such organisation."),
)


async def find(organisation_id: UUID, *, by: Actor) -> Organisation:
    """The organisation, for its page. Raises `PermissionDenied` or `NotFound`."""
    return await with_reach(await find_row(NOUN, visible_to(by), organisation_id), by)


def can_manage(actor: Actor, organisation: Organisation) -> bool:
    """Whether `actor` may change `organisation`, which was loaded for that actor."""
    return has_right(actor, Right.ORGANISATIONS_MANAGE) and organisation.manageable


def can_end(actor: Actor, organisation: Organisation) -> bool:
    """Whether `actor` may end `organisation` now."""
    return can_manage(actor, organisation) and organisation.active_to is None


def can_reopen(actor: Actor, organisation: Organisation) -> bool:
    """Whether `actor` may undo the end of `organisation` now."""
    return can_manage(actor, organisation) and organisation.active_to is not None


async def create(draft: OrganisationDraft, *, by: Actor) -> Organisation:
    """A new organisation. Raises `PermissionDenied` or `ValidationFailed`."""
    check_right(by, Right.ORGANISATIONS_MANAGE)
    values = await _checked(draft, by)
    async with transaction():
        return await create_row(NOUN, Organisation(**values), by=by, action=Right.ORGANISATIONS_MANAGE)


async def edit(
    organisation_id: UUID, draft: OrganisationDraft, *, expected_version: int, motive: str = "", by: Actor
) -> Organisation:
    """The organisation, changed. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    check_right(by, Right.ORGANISATIONS_MANAGE)
    async with moving(NOUN), _change(organisation_id, expected_version, by) as change:
        return await change.save(motive=motive, **await _checked(draft, by, before=change.row))


async def end(
    organisation_id: UUID, *, expected_version: int, on: date, reason: str, by: Actor
) -> Organisation:
    """The organisation, which no longer exists from the day `on`.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(organisation_id, expected_version, by) as change:
        motive = checked_text("reason", reason, REASON)
        change.require(change.row.active_to is None, _("The organisation has already ended."))
        if on > today() or (change.row.active_from and on <= change.row.active_from):
            raise ValidationFailed.of(
                "on",
                "Enter a date after the beginning of the organisation that is not in the future.",
                ProblemCode.OUT_OF_RANGE,
            )
        return await change.save(motive=motive, active_to=on)


async def reopen(organisation_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Organisation:
    """The organisation, which continues although it was ended.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(organisation_id, expected_version, by) as change:
        return await change.save(motive=checked_text("reason", reason, REASON), active_to=None)


def _change(
    organisation_id: UUID, expected_version: int, by: Actor
) -> AbstractAsyncContextManager[RowChange[Organisation]]:
    """A change of the organisation by somebody who manages it."""
    rows, action = visible_to(by), Right.ORGANISATIONS_MANAGE
    return change_managed(NOUN, rows, organisation_id, expected_version, action, by=by)


async def _checked(
    draft: OrganisationDraft, by: Actor, *, before: Organisation | None = None
) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed` with every problem there is."""
    values = await checked(draft, by, before)
    return values | {"name_key": sort_key(values["name"]), "folded": NOUN.search_text(values)}
