"""Access to sealed data: requested with a reason, approved by another person, and audited on each access.

The database itself shows a sealed row to nobody without a live approval (migration 0005).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from tortoise.expressions import F, RawSQL
from tortoise.functions import Max
from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.changes.locks import advisory_lock
from records.changes.unit_of_work import audit, transaction
from records.core import events
from records.core.actor import Actor
from records.core.dates import midnight, now
from records.core.declarations.fields import reason_field
from records.core.errors import AlreadyRequested, Conflict, NotFound, PermissionDenied
from records.core.events import Event
from records.core.language import format_date
from records.core.rights import Right, check_right, has_right
from records.core.validation import Validator, checked_text
from records.nouns import members, tips
from records.nouns.education import cases as education
from records.security import vault
from records.tables import Activity, AuditEntry, EducationCase, Group, LegalHold, Member, Reveal, Tip
from records.tables.privacy import RevealState, RevealStep

MOTIVE: Final = reason_field(1_000)
REFUSAL: Final = reason_field(1_000)
MAX_MINUTES: Final = 24 * 60
_REVEAL_ID: Final = RawSQL("""("audit_entries"."after" ->> 'reveal_id')""")


@dataclass(frozen=True)
class OpenedReveal:
    """The unsealed values of a record, by column; for a reporter, also whether they may be contacted."""

    reveal: Reveal
    values: dict[str, str] = field(repr=False)
    may_contact: bool | None


# The noun of the records that each sealed table belongs to.
_NOUNS: Final = {
    "tip_reporters": tips.NOUN,
    "member_contacts": members.NOUN,
    "education_subjects": education.NOUN,
}


def state(reveal: Reveal) -> RevealState:
    """The current state of `reveal`."""
    if reveal.withdrawn_at is not None:
        return RevealState.WITHDRAWN
    if reveal.approved is None:
        return RevealState.WAITING
    if reveal.until is None:
        return RevealState.REFUSED
    return RevealState.LIVE if reveal.until > now() else RevealState.ENDED


async def request_reveal(kind: str, record: UUID, motive: str, *, by: Actor) -> Reveal:
    """A request to see the sealed data of a record that is visible to `by`.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `AlreadyRequested` where the same request
    waits or is live.
    """
    check_right(by, Right.REVEALS_ASK)
    motive = checked_text("motive", motive, MOTIVE)
    async with transaction():
        area_id = await _area(by, kind, record)
        await advisory_lock("reveal", kind, record, by.id)
        for other in await of_record(kind, record, by=by):
            if state(other) in {RevealState.WAITING, RevealState.LIVE}:
                raise AlreadyRequested
        reveal = await Reveal.create(
            sealed=kind, row_id=record, area_id=area_id, asked_by_id=by.id, asked_at=now(), motive=motive
        )
        await _record_step(reveal, RevealStep.ASKED, Right.REVEALS_ASK, by=by, motive=motive)
        return reveal


async def decide(
    reveal_id: UUID, *, approve: bool, minutes: int = 60, refusal: str = "", by: Actor
) -> Reveal:
    """The request, approved for `minutes` from now or refused for a reason, once and by another person.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.REVEALS_DECIDE)
    async with transaction():
        reveal = await Reveal.filter(within(by), id=reveal_id).select_for_update().get_or_none()
        if reveal is None or by.id is None:
            raise NotFound("There is no such request.")
        if reveal.asked_by_id == by.id:
            raise PermissionDenied("Another person has to decide on your request.")
        _check_pending(reveal)
        check = Validator()
        if approve:
            check.number("minutes", minutes, minimum=1, maximum=MAX_MINUTES)
        else:
            reveal.refusal = check.clean("refusal", refusal, REFUSAL)
        check.raise_if_invalid()
        reveal.decided_by_id, reveal.decided_at, reveal.approved = by.id, now(), approve
        reveal.until = reveal.decided_at + timedelta(minutes=minutes) if approve else None
        await reveal.save()
        step = RevealStep.APPROVED if approve else RevealStep.REFUSED
        # The reason for refusing stands with the request; why it was made, in the entry of that.
        await _record_step(reveal, step, Right.REVEALS_DECIDE, by=by)
        return reveal


async def withdraw(reveal_id: UUID, *, by: Actor) -> Reveal:
    """A pending request of `by`, withdrawn. Raises `PermissionDenied`, `NotFound` or `Conflict`."""
    check_right(by, Right.REVEALS_ASK)
    async with transaction():
        own = Reveal.filter(within(by), id=reveal_id, asked_by_id=by.id)
        reveal = await own.select_for_update().get_or_none()
        if reveal is None:
            raise NotFound("There is no such request.")
        _check_pending(reveal)
        reveal.withdrawn_at = now()
        await reveal.save()
        await _record_step(reveal, RevealStep.WITHDRAWN, Right.REVEALS_ASK, by=by)
        return reveal


async def open_reveal(reveal_id: UUID, *, by: Actor) -> OpenedReveal:
    """The sealed data, for the requester while the approval is valid; each access is counted and audited.

    Raises `PermissionDenied`, `NotFound` (also where the record is out of sight by now) or `Conflict`.
    """
    check_right(by, Right.REVEALS_ASK)
    async with transaction():
        reveal = (
            await Reveal.filter(within(by), id=reveal_id, asked_by_id=by.id).select_for_update().get_or_none()
        )
        if reveal is None or by.id is None:
            raise NotFound("There is no such request.")
        await _area(by, reveal.sealed, reveal.row_id)
        if state(reveal) is not RevealState.LIVE:
            raise Conflict("This is not approved, or the approval has expired.")
        opened = await vault.open_for(by.id, reveal.sealed, reveal.row_id)
        await Reveal.filter(id=reveal.id).update(looks=F("looks") + 1)
        reveal.looks += 1
        await _record_step(reveal, RevealStep.LOOKED, Right.REVEALS_ASK, by=by)
        return OpenedReveal(reveal, opened.values, opened.may_contact)


async def of_record(kind: str, record: UUID, *, by: Actor) -> list[Reveal]:
    """The actor's own requests for one record, newest first; none without the right to request."""
    if not has_right(by, Right.REVEALS_ASK):
        return []
    return await requested_by(by).filter(sealed=kind, row_id=record)


def requested_by(actor: Actor) -> QuerySet[Reveal]:
    """The actor's own requests in the areas where they still are, newest first. Raises `PermissionDenied`."""
    check_right(actor, Right.REVEALS_READ)
    return _newest(Reveal.filter(within(actor), asked_by_id=actor.id))


def pending_for(actor: Actor) -> QuerySet[Reveal]:
    """The requests of others that the actor may decide on, newest first. Raises `PermissionDenied`."""
    check_right(actor, Right.REVEALS_DECIDE)
    undecided = Reveal.filter(within(actor), approved__isnull=True, withdrawn_at__isnull=True)
    return _newest(undecided.exclude(asked_by_id=actor.id) if actor.id else undecided)


def log(actor: Actor) -> QuerySet[Reveal]:
    """Every request in the actor's areas with its outcome, newest first. Raises `PermissionDenied`."""
    check_right(actor, Right.REVEALS_LOG)
    return _newest(Reveal.filter(within(actor)))


async def last_viewed(actor: Actor, since: date, most: int) -> list[tuple[Reveal, datetime]]:
    """The requests in the actor's areas whose data was viewed since a day, and when last, latest first.

    Raises `PermissionDenied`.
    """
    looks = AuditEntry.filter(
        within(actor), after__filter={"reveal": RevealStep.LOOKED.value}, at__gte=midnight(since)
    )
    grouped = looks.annotate(reveal_id=_REVEAL_ID, last=Max("at")).group_by("reveal_id").order_by("-last")
    times = dict(await grouped.limit(most).values_list("reveal_id", "last"))
    rows = await log(actor).filter(id__in=list(times))
    return sorted(((row, times[str(row.id)]) for row in rows), key=lambda one: one[1], reverse=True)


def noun_name(reveal: Reveal) -> str:
    """The name of the noun of the record asked for."""
    return _NOUNS[reveal.sealed].name


async def codes(actor: Actor, rows: Sequence[Reveal | LegalHold]) -> dict[UUID, str]:
    """The codes of the visible records that `rows` name, by their ids.

    For a member it is that of the group, for an activity its day with that of the group.
    """
    ids = [row.row_id for row in rows]
    codes = dict(await Tip.filter(within(actor), id__in=ids).values_list("id", "code"))
    codes |= dict(await EducationCase.filter(within(actor), id__in=ids).values_list("id", "code"))
    groups = dict(await Member.filter(id__in=ids).values_list("id", "group_id"))
    held = await Activity.filter(within(actor), id__in=ids)
    theirs = Group.filter(within(actor), id__in=[*groups.values(), *(row.group_id for row in held)])
    of_groups = dict(await theirs.values_list("id", "code"))
    codes |= {member: of_groups[group] for member, group in groups.items() if group in of_groups}
    return codes | {
        row.id: f"{format_date(row.held_on)} {of_groups.get(row.group_id, '')}".rstrip() for row in held
    }


def _check_pending(reveal: Reveal) -> None:
    if reveal.withdrawn_at is not None:
        raise Conflict("This request was withdrawn.")
    if reveal.approved is not None:
        raise Conflict("This request has already been decided.")


def _newest(reveals: QuerySet[Reveal]) -> QuerySet[Reveal]:
    return reveals.select_related("asked_by", "decided_by", "area").order_by("-asked_at", "-id")


async def _area(actor: Actor, kind: str, record: UUID) -> UUID:
    noun = _NOUNS.get(kind)
    row = await noun.visible_to(actor).get_or_none(id=record) if noun and actor.id else None
    if row is None:
        raise NotFound("There is no such record.")
    # A member lies where the group does.
    placed = await Group.get(id=row.group_id) if isinstance(row, Member) else row
    area_id: UUID = placed.area_id
    return area_id


async def _record_step(
    reveal: Reveal, step: RevealStep, right: Right, *, by: Actor, motive: str = ""
) -> None:
    """Writes an audit row for the record: the step, without sealed values."""
    await audit(
        noun_name(reveal),
        reveal.row_id,
        by=by,
        action=right.value,
        before={},
        after={"reveal": step.value, "reveal_id": str(reveal.id)},
        motive=motive,
        area_id=reveal.area_id,
    )
    events.log(Event.REVEAL, actor=by.id, step=step.value, reveal=reveal.id)
