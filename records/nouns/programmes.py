"""Programmes: the crime-prevention models of organisations. All may read them; each area keeps its own."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import check_area, reaches
from records.changes.change import change, update
from records.changes.change import create as create_row
from records.core.actor import Actor
from records.core.days import now, today
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import Conflict, Denied, Invalid, NotFound, ProblemCode
from records.core.language import mark as _
from records.core.rights import Right, check_may, may
from records.core.validation import Check
from records.tables import Area, Organisation, Programme
from records.tables.organisations import DatePrecision


@dataclass(frozen=True)
class ProgrammeDraft:
    """What people enter for a programme."""

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
    started_on: Annotated[date, Field(_("Started on"), past=True)]
    started_precision: Annotated[DatePrecision, Field(_("Start is exact to the"))] = DatePrecision.DAY
    partner_id: Annotated[UUID | None, Field(_("Run with"), Organisation)] = None
    channel: Annotated[str, Field(_("Means of communication"), max_length=60)] = ""
    summary: Annotated[str, Field(_("Summary"), Kind.LONG_TEXT, max_length=4_000)] = ""


def visible_to(actor: Actor) -> QuerySet[Programme]:
    """The programmes, wherever they run: they are a catalogue. Raises `Denied`."""
    check_may(actor, Right.PROGRAMMES_READ)
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
)


def can_end(actor: Actor, programme: Programme) -> bool:
    """Whether `actor` may end `programme` now, as far as it lies in the actor's areas."""
    return may(actor, Right.PROGRAMMES_MANAGE) and programme.ended_on is None


async def create(draft: ProgrammeDraft, *, by: Actor) -> Programme:
    """A new programme. Raises `Denied` or `Invalid`."""
    check_may(by, Right.PROGRAMMES_MANAGE)
    values = await _checked(draft, by)
    async with change():
        row = Programme(**values, created_at=now())
        return await create_row(NOUN, row, by=by, action=Right.PROGRAMMES_MANAGE)


async def edit(programme_id: UUID, draft: ProgrammeDraft, *, seen: int, by: Actor) -> Programme:
    """The programme, changed. Raises `Denied`, `NotFound`, `Invalid` or `Conflict`."""
    async with change():
        row = await _load(programme_id, by)
        values = await _checked(draft, by, ended_on=row.ended_on)
        return await update(NOUN, row, seen=seen, by=by, action=Right.PROGRAMMES_MANAGE, **values)


async def end(programme_id: UUID, *, seen: int, on: date, by: Actor) -> Programme:
    """The programme, whose last day is `on`. Raises `Denied`, `NotFound`, `Invalid` or `Conflict`."""
    async with change():
        row = await _load(programme_id, by)
        if row.version == seen and row.ended_on is not None:
            raise Conflict("The programme has already ended.")
        if not row.started_on <= on <= today():
            raise Invalid.of(
                "on",
                "Enter a date between the start of the programme and today.",
                ProblemCode.OUT_OF_RANGE,
            )
        return await update(NOUN, row, seen=seen, by=by, action=Right.PROGRAMMES_MANAGE, ended_on=on)


async def _load(programme_id: UUID, by: Actor) -> Programme:
    """The programme, locked, for somebody who keeps it."""
    check_may(by, Right.PROGRAMMES_MANAGE)
    row = await visible_to(by).select_for_update().get_or_none(id=programme_id)
    if row is None:
        raise NotFound("There is no such programme.")
    if not await reaches(by, row.area_id):
        raise Denied("The programme lies outside the areas that you work in.")
    return row


async def _checked(draft: ProgrammeDraft, by: Actor, *, ended_on: date | None = None) -> dict[str, Any]:
    """The draft as column values. Raises `Invalid` with every problem there is."""
    check = Check()
    values = check.values(draft)
    if ended_on is not None and draft.started_on > ended_on:
        check.add("started_on", "Enter a date that is not after the end.", ProblemCode.INCONSISTENT)
    for field, organisation in (("host", draft.host_id), ("partner", draft.partner_id)):
        if organisation is not None and not await Organisation.filter(id=organisation).exists():
            check.add(field, "Choose an organisation from the list.", ProblemCode.NOT_FOUND)
    await check_area(check, by, draft.area_id)
    check.done()
    return values | {"folded": NOUN.folded(values)}
