"""Programmes: the crime-prevention models of organisations. All may read them; each area keeps its own."""

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
from records.core.dates import now, today
from records.core.declarations.fields import Field, Kind, fields_of, reason_field
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft, Validator, checked, checked_text
from records.nouns.catalogues.managed import change_managed, with_reach
from records.tables import Area, Organisation, Programme
from records.tables.organisations import DatePrecision

REASON: Final = reason_field(2_000)
RUNNING: Final = Q(ended_on__isnull=True)


@dataclass(frozen=True)
class ProgrammeDraft(Draft):
    """The values of a programme as entered."""

    code: Annotated[
        str,
        Field(
            _("Code"),
            Kind.CODE,
            max_length=32,
            searchable=True,
            constraints={"programmes_code_key": _("This code is already taken.")},
        ),
    ]
    name: Annotated[str, Field(_("Name"), max_length=300, searchable=True)]
    host_id: Annotated[UUID, Field(_("Host"), Organisation)]
    area_id: Annotated[UUID, Field(_("Area"), Area)]
    started_on: Annotated[date, Field(_("Started on"), past=True, precision="started_precision")]
    started_precision: Annotated[DatePrecision, Field(_("Start is exact to the"))] = DatePrecision.DAY
    partner_id: Annotated[UUID | None, Field(_("Run with"), Organisation)] = None
    channel: Annotated[str, Field(_("Means of communication"), max_length=60)] = ""
    summary: Annotated[str, Field(_("Summary"), Kind.LONG_TEXT, max_length=4_000)] = ""

    async def check_rules(self, check: Validator, by: Actor, before: Programme | None) -> None:
        ended_on = before.ended_on if before else None
        if ended_on is not None and check.is_valid("started_on") and self.started_on > ended_on:
            check.add("started_on", "Enter a date that is not after the end.", ProblemCode.INCONSISTENT)
        for field, organisation in (("host", self.host_id), ("partner", self.partner_id)):
            if organisation is not None and not await Organisation.filter(id=organisation).exists():
                check.add(field, "Choose an organisation from the list.", ProblemCode.NOT_FOUND)
        await check_area(check, by, self.area_id)


def visible_to(actor: Actor) -> QuerySet[Programme]:
    """The programmes, wherever they run: they are a catalogue. Raises `PermissionDenied`."""
    check_right(actor, Right.PROGRAMMES_READ)
    return Programme.filter(deleted_at__isnull=True)


NOUN: Final = Noun(
    name="programme",
    label=_("Programme"),
    plural=_("Programmes"),
    table=Programme,
    right=Right.PROGRAMMES_READ,
    visible_to=visible_to,
    draft=ProgrammeDraft,
    fields={**fields_of(ProgrammeDraft), "ended_on": Field(_("Ended on"), Kind.DAY)},
    feed=Followed(
        type="Programme",
        description="Programmes, wherever they run; needs the scope programmes:read.",
        scoped=False,
    ),
    path="programmes",
    catalogue=True,
    linkable=RUNNING,
    missing=_("There is no such programme."),
)


async def find(programme_id: UUID, *, by: Actor) -> Programme:
    """The programme, for its page. Raises `PermissionDenied` or `NotFound`."""
    return await with_reach(await find_row(NOUN, visible_to(by), programme_id), by)


def can_manage(actor: Actor, programme: Programme) -> bool:
    """Whether `actor` may change `programme`, which was loaded for that actor."""
    return has_right(actor, Right.PROGRAMMES_MANAGE) and programme.manageable


def can_end(actor: Actor, programme: Programme) -> bool:
    """Whether `actor` may end `programme` now."""
    return can_manage(actor, programme) and programme.ended_on is None


def can_reopen(actor: Actor, programme: Programme) -> bool:
    """Whether `actor` may undo the end of `programme` now."""
    return can_manage(actor, programme) and programme.ended_on is not None


async def create(draft: ProgrammeDraft, *, by: Actor) -> Programme:
    """A new programme. Raises `PermissionDenied` or `ValidationFailed`."""
    check_right(by, Right.PROGRAMMES_MANAGE)
    values = await _checked(draft, by)
    async with transaction():
        row = Programme(**values, created_at=now())
        return await create_row(NOUN, row, by=by, action=Right.PROGRAMMES_MANAGE)


async def edit(
    programme_id: UUID, draft: ProgrammeDraft, *, expected_version: int, motive: str = "", by: Actor
) -> Programme:
    """The programme, changed. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    async with _change(programme_id, expected_version, by) as change:
        values = await _checked(draft, by, before=change.row)
        return await change.save(motive=motive, **values)


async def end(programme_id: UUID, *, expected_version: int, on: date, reason: str, by: Actor) -> Programme:
    """The programme, whose last day is `on`.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(programme_id, expected_version, by) as change:
        motive = checked_text("reason", reason, REASON)
        change.require(change.row.ended_on is None, _("The programme has already ended."))
        if not change.row.started_on <= on <= today():
            raise ValidationFailed.of(
                "on",
                "Enter a date between the start of the programme and today.",
                ProblemCode.OUT_OF_RANGE,
            )
        return await change.save(motive=motive, ended_on=on)


async def reopen(programme_id: UUID, *, expected_version: int, reason: str, by: Actor) -> Programme:
    """The programme, which continues although it was ended.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    async with _change(programme_id, expected_version, by) as change:
        return await change.save(motive=checked_text("reason", reason, REASON), ended_on=None)


def _change(
    programme_id: UUID, expected_version: int, by: Actor
) -> AbstractAsyncContextManager[RowChange[Programme]]:
    """A change of the programme by somebody who manages it."""
    rows, action = visible_to(by), Right.PROGRAMMES_MANAGE
    return change_managed(NOUN, rows, programme_id, expected_version, action, by=by)


async def _checked(draft: ProgrammeDraft, by: Actor, *, before: Programme | None = None) -> dict[str, Any]:
    """The draft as column values. Raises `ValidationFailed` with every problem there is."""
    values = await checked(draft, by, before)
    return values | {"folded": NOUN.search_text(values)}
