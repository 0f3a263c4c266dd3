"""Somebody asks what is kept about them: found by their phone, told, put right, erased unless a basis holds.

Personal Data Protection Law 91/2025/QH15 and Decree 356/2025: an answer within two working days, erasure on
request unless there is a legal basis to keep, a log of who saw what. Looks are logged by number and not by
record: otherwise the log would tell, long after, which tips one person gave.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records import contacts, reporters, retention, sealed, subjects
from records.core import events, throttling
from records.core.actor import Actor, ActorKind
from records.core.change import Noun, audit, change, create, update
from records.core.check import Check
from records.core.codes import next_code
from records.core.days import now, today, working_days_after
from records.core.errors import Conflict, Invalid, Message, NotFound, ProblemCode
from records.core.events import Event
from records.core.rights import Right, check_may
from records.core.scope import check_area, within
from records.reporters import ReporterDraft
from records.tables import DataRequest
from records.tables.retention import KeptFor

LIMITS: Final = {"identified": 300, "motive": 300, "answer": 2_000}
ANSWER_WITHIN: Final = 2
"""Working days to answer (Decree 356/2025)."""

NOUN: Final = Noun(
    name="data_request", audited=("code", "area_id", "received_at", "due_on", "erased", "answered_at")
)
_ACTION: Final = Right.RETENTION_MANAGE


def visible_to(actor: Actor) -> QuerySet[DataRequest]:
    """The requests in the actor's areas. Raises `Denied`."""
    check_may(actor, Right.RETENTION_MANAGE)
    return DataRequest.filter(within(actor), deleted_at__isnull=True)


async def receive(phone: str, *, area_id: UUID, identified: str, by: Actor) -> DataRequest:
    """A new request about what lies in an area; `identified` is how one knows that it is them.

    Raises `Denied`, `Invalid`, or `TooMany` to whoever tries numbers out.
    """
    check_may(by, Right.RETENTION_MANAGE)
    check = Check()
    number = sealed.phone_number(check, "phone", phone)
    if not number:
        check.add("phone", "Please fill this in.", ProblemCode.REQUIRED)
    identified = check.text("identified", identified, most=LIMITS["identified"], needed=True)
    await check_area(check, by, area_id)
    check.done()
    await throttling.claim([throttling.per_lookup(str(by.id))])
    async with change():
        row = DataRequest(
            code=await next_code("YC", today().year),
            area_id=area_id,
            phone_index=sealed.phone_index(number),
            identified=identified,
            received_at=now(),
            received_by_id=_staff_id(by),
            due_on=working_days_after(today(), ANSWER_WITHIN),
            created_at=now(),
        )
        await create(NOUN, row, by=by, action=_ACTION, motive=identified)
    return _noted(row, "received", by)


async def find(request_id: UUID, *, by: Actor) -> list[subjects.Found]:
    """What is kept about whoever asked; nothing once they have their answer. Each look is in the audit.

    Raises `Denied` or `NotFound`.
    """
    async with change():
        row = await _load(request_id, by)
        if row.phone_index is None:
            return []
        found = await _found(row)
        told = {"looked_up": len(found)}
        await audit(
            NOUN.name, row.id, by=by, action=_ACTION.value, before={}, after=told, area_id=row.area_id
        )
    _noted(row, "looked up", by)
    return found


async def erase(
    request_id: UUID, chosen: Collection[UUID], *, motive: str, seen: int, by: Actor
) -> DataRequest:
    """Erases who is named in the chosen records, all or none; the request, which counts them.

    A term that goes on loses phone and address alone: that the person is a member is the group's to keep.
    Raises `Denied`, `NotFound`, `Invalid`, or `Conflict` where a basis to keep holds.
    """
    check_may(by, Right.RETENTION_MANAGE)
    motive = _text("motive", motive)
    async with change():
        row = _open(await _load(request_id, by), seen)
        among = {found.id: found for found in await _found(row)}
        if not chosen or not set(chosen) <= set(among):
            raise Invalid({"record": Message("Please choose one.", code=ProblemCode.REQUIRED)})
        why = f"{row.code}: {motive}"
        for record in sorted(set(chosen)):
            found = among[record]
            if found.kept_for is KeptFor.PROCEDURE:
                raise Conflict("A formal report is not decided yet: who gave it has to stay known.")
            if found.noun == "member" and found.ended_on is None:
                await contacts.erase(record, motive=why, by=by)
            else:
                await retention.erase_person(found.noun, record, motive=why, by=by)
        erased = row.erased + len(set(chosen))
        await update(NOUN, row, seen=seen, by=by, action=_ACTION, motive=motive, erased=erased)
    return _noted(row, "erased", by)


async def correct(
    request_id: UUID, tip_id: UUID, reporter: ReporterDraft, *, motive: str, seen: int, by: Actor
) -> DataRequest:
    """Puts what whoever asked says of themselves in the place of what is sealed for a tip, as a whole.

    Raises `Denied`, `NotFound`, `Invalid`, or `Conflict` where a legal hold keeps it as it is.
    """
    check_may(by, Right.RETENTION_MANAGE)
    motive = _text("motive", motive)
    async with change():
        row = _open(await _load(request_id, by), seen)
        if tip_id not in {found.id for found in await _found(row) if found.noun == "tip"}:
            raise Invalid({"record": Message("Please choose one.", code=ProblemCode.REQUIRED)})
        await reporters.correct(tip_id, reporter, motive=f"{row.code}: {motive}", by=by)
    return _noted(row, "put right", by)


async def answer(request_id: UUID, text: str, *, seen: int, by: Actor) -> DataRequest:
    """The request, answered: from now on it finds nothing, because the blind index of the phone is gone.

    Raises `Denied`, `NotFound`, `Invalid` or `Conflict`.
    """
    check_may(by, Right.RETENTION_MANAGE)
    text = _text("answer", text)
    async with change():
        row = _open(await _load(request_id, by), seen)
        await update(
            NOUN,
            row,
            seen=seen,
            by=by,
            action=_ACTION,
            motive=text,
            phone_index=None,
            answer=text,
            answered_at=now(),
            answered_by_id=_staff_id(by),
        )
    return _noted(row, "answered", by)


async def _found(row: DataRequest) -> list[subjects.Found]:
    return await subjects.kept_about(row.phone_index, row.area_id) if row.phone_index else []


async def _load(request_id: UUID, by: Actor) -> DataRequest:
    row = await visible_to(by).select_for_update().get_or_none(id=request_id)
    if row is None:
        raise NotFound("There is no such request.")
    return row


def _open(row: DataRequest, seen: int) -> DataRequest:
    if row.version != seen:
        raise Conflict("Somebody else changed this first. Look at how it stands now and try again.")
    if row.answered_at is not None:
        raise Conflict("This request has its answer already.")
    return row


def _text(field: str, given: str) -> str:
    check = Check()
    kept = check.text(field, given, most=LIMITS[field], needed=True)
    check.done()
    return kept


def _staff_id(by: Actor) -> UUID | None:
    return by.id if by.kind is ActorKind.STAFF else None


def _noted(row: DataRequest, step: str, by: Actor) -> DataRequest:
    events.log(Event.DATA_REQUEST, actor=by.id, step=step, request_id=row.id)
    return row
