"""Somebody asks what is kept about them: found by phone, answered, corrected, erased unless a basis holds.

Personal Data Protection Law 91/2025/QH15 and Decree 356/2025: an answer within two working days, erasure on
request unless there is a legal basis to keep, a log of who saw what. A second person approves each look-up,
and it shows what the data subject may be told: never which tip it is. Nothing that is logged tells, long
after, which tips one person gave: looks are logged by number, and what is erased without the request.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid4

from tortoise.queryset import QuerySet

from records.access.approvals import requests as approvals
from records.access.guard import ApprovalRequest
from records.areas.scope import check_area, within
from records.changes.rows import change_row, lock
from records.changes.unit_of_work import audit, create, transaction
from records.core import events
from records.core.actor import Actor, ActorKind
from records.core.dates import now, today, working_days_after
from records.core.declarations.fields import Field, Kind, reason_field
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.events import Event
from records.core.identifiers.codes import next_code
from records.core.language import gettext_noop as _
from records.core.rights import ApprovalKind, Right, check_right
from records.core.validation import Validator, checked_text
from records.privacy import contacts, reporters, retention, subjects
from records.privacy.reporters import ReporterDraft
from records.security import throttling, vault
from records.security.sealing import keyring
from records.tables import Approval, Area, DataRequest
from records.tables.approvals import ApprovalAction, ApprovalState
from records.tables.privacy import RetentionReason

IDENTIFIED: Final = Field(_("How the person's identity was verified"), required=True, max_length=300)
MOTIVE: Final = reason_field(300)
ANSWER: Final = Field(_("Answer"), Kind.LONG_TEXT, required=True, max_length=2_000)
ANSWER_PERIOD: Final = 2
"""Working days to answer (Decree 356/2025)."""

_ACTION: Final = Right.RETENTION_MANAGE
# What the history of an erased or corrected record says; the reason itself stands with the request.
_ON_REQUEST: Final = "Theo yêu cầu của chủ thể dữ liệu"


@dataclass(frozen=True)
class FoundItem:
    """An item about the data subject, as it may be disclosed; `handle` is valid in this request only."""

    handle: str
    noun: str
    number: int
    year: int
    ended: bool
    retention_reason: RetentionReason | None
    group: str


def visible_to(actor: Actor) -> QuerySet[DataRequest]:
    """The requests in the actor's areas. Raises `PermissionDenied`."""
    check_right(actor, Right.RETENTION_MANAGE)
    return DataRequest.filter(within(actor), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="data_request",
    label=_("Data subject's request"),
    plural=_("Data subjects' requests"),
    table=DataRequest,
    right=Right.RETENTION_MANAGE,
    visible_to=visible_to,
    fields={
        "code": Field(_("Code")),
        "area_id": Field(_("Area"), Area),
        "received_at": Field(_("Received at"), Kind.MOMENT),
        "due_on": Field(_("Answer due by"), Kind.DAY),
        "erased": Field(_("Erased"), Kind.NUMBER),
        "answered_at": Field(_("Answered"), Kind.MOMENT),
    },
    history_only={
        "looked_up": Field(_("Look-up results"), Kind.NUMBER),
        "corrected": Field(_("Corrected"), Kind.YES_NO),
    },
    missing=_("There is no such data request."),
)


def unanswered(actor: Actor) -> QuerySet[DataRequest]:
    """The requests that wait for an answer. Raises `PermissionDenied`."""
    return visible_to(actor).filter(answered_at__isnull=True)


async def receive(phone: str, *, area_id: UUID, identified: str, by: Actor) -> DataRequest:
    """A new request for one area; `identified` says how the identity of the data subject was checked.

    It asks for the approval of the look-up at once.
    Raises `PermissionDenied`, `ValidationFailed`, or `TooManyAttempts` to whoever tries numbers out.
    """
    check_right(by, Right.RETENTION_MANAGE)
    check = Validator()
    number = vault.parse_phone_number(check, "phone", phone)
    if not number:
        check.add("phone", "Enter a value.", ProblemCode.REQUIRED)
    identified = check.clean("identified", identified, IDENTIFIED)
    await check_area(check, by, area_id)
    check.raise_if_invalid()
    await throttling.claim_attempt([throttling.per_lookup(str(by.id))])
    async with transaction():
        row = DataRequest(
            code=await next_code("YC", today().year),
            area_id=area_id,
            phone_index=vault.phone_index(number),
            identified=identified,
            received_at=now(),
            received_by_id=_staff_id(by),
            due_on=working_days_after(today(), ANSWER_PERIOD),
            created_at=now(),
        )
        await create(NOUN, row, by=by, action=_ACTION, motive=identified)
        if by.kind is ActorKind.STAFF:
            await approvals.request_approval(_look_up(row), identified, by=by)
    return _record_step(row, "received", by)


async def request_look_up(request_id: UUID, *, by: Actor) -> Approval:
    """Requests approval by another person for `by` to look up the data of the data subject.

    Raises `PermissionDenied`, `NotFound`, or `Conflict` where that waits, is approved, or has no use any
    more.
    """
    async with transaction():
        row = await _load(request_id, by)
        return await approvals.request_approval(_look_up(_open(row, row.version)), row.identified, by=by)


async def approval_of(request_id: UUID, *, by: Actor) -> Approval | None:
    """The latest approval that `by` requested for this look-up. Raises `PermissionDenied`."""
    return (
        await approvals.requested_by(by)
        .filter(subject_id=request_id, act=ApprovalAction.PHONE_LOOKUP)
        .first()
    )


async def find(request_id: UUID, *, by: Actor) -> list[FoundItem]:
    """The stored items about the data subject, tips first; none once the request is answered.

    Each look is in the audit. Raises `PermissionDenied`, `NotFound`, or `Conflict` without an approval of
    one's own.
    """
    async with transaction():
        row = await _load(request_id, by)
        if row.phone_index is None:
            return []
        found = await _found(row, by)
        audit_values = {"looked_up": len(found)}
        await audit(
            NOUN.name, row.id, by=by, action=_ACTION.value, before={}, after=audit_values, area_id=row.area_id
        )
    _record_step(row, "looked up", by)
    ordered = sorted(found.items(), key=lambda pair: (pair[1].noun != "tip", pair[1].year, pair[0]))
    return [
        FoundItem(handle, one.noun, number, one.year, one.ended, one.kept_for, one.group)
        for number, (handle, one) in enumerate(ordered, start=1)
    ]


async def erase(
    request_id: UUID, chosen: Collection[str], *, motive: str, expected_version: int, by: Actor
) -> DataRequest:
    """Erases the personal data in the selected items, all or none, and returns the counted request.

    A term that goes on loses phone and address alone: that the person is a member is the group's to keep.
    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `Conflict` where a basis to keep holds.
    """
    rows = visible_to(by)
    async with change_row(NOUN, rows, request_id, expected_version, _ACTION, by=by) as change:
        motive, row = checked_text("motive", motive, MOTIVE), _open(change.row, expected_version)
        among = await _found(row, by)
        if not chosen or not set(chosen) <= set(among):
            raise ValidationFailed.of("record", "Choose one.", ProblemCode.REQUIRED)
        for handle in sorted(set(chosen)):
            found = among[handle]
            if found.kept_for is RetentionReason.PROCEDURE:
                raise Conflict("A formal tip is still pending: the identity of the reporter must be kept.")
            if found.noun == "member" and not found.ended:
                await contacts.erase(found.id, motive=_ON_REQUEST, by=_with_own_request_id(by))
            else:
                await retention.erase_person(
                    found.noun, found.id, motive=_ON_REQUEST, by=_with_own_request_id(by)
                )
        await change.save(motive=motive, erased=row.erased + len(set(chosen)))
    return _record_step(row, "erased", by)


async def correct(
    request_id: UUID, chosen: str, reporter: ReporterDraft, *, motive: str, expected_version: int, by: Actor
) -> DataRequest:
    """Replaces everything sealed about the reporter of a tip with what the data subject states.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, or `Conflict` where a legal hold keeps it as it
    is.
    """
    check_right(by, Right.RETENTION_MANAGE)
    motive = checked_text("motive", motive, MOTIVE)
    async with transaction():
        row = _open(await _load(request_id, by), expected_version)
        found = (await _found(row, by)).get(chosen)
        if found is None or found.noun != "tip":
            raise ValidationFailed.of("record", "Choose one.", ProblemCode.REQUIRED)
        await reporters.correct(found.id, reporter, motive=_ON_REQUEST, by=_with_own_request_id(by))
        audit_values: dict[str, Any] = {"before": {}, "after": {"corrected": True}, "area_id": row.area_id}
        await audit(NOUN.name, row.id, by=by, action=_ACTION.value, motive=motive, **audit_values)
    return _record_step(row, "corrected", by)


async def answer(request_id: UUID, text: str, *, expected_version: int, by: Actor) -> DataRequest:
    """The request, answered: it finds nothing afterwards, because the blind index of the phone is deleted.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    rows = visible_to(by)
    async with change_row(NOUN, rows, request_id, expected_version, _ACTION, by=by) as change:
        text, row = checked_text("answer", text, ANSWER), _open(change.row, expected_version)
        await change.save(
            motive=text, answer=text, answered_at=now(), answered_by_id=_staff_id(by), phone_index=None
        )
    return _record_step(row, "answered", by)


def _look_up(row: DataRequest) -> ApprovalRequest:
    areas = frozenset({row.area_id})
    return ApprovalRequest(
        ApprovalAction.PHONE_LOOKUP, ApprovalKind.PHONE_LOOKUP, row.id, areas, arguments={}
    )


async def _found(row: DataRequest, by: Actor) -> dict[str, subjects.FoundRecord]:
    """The stored items about the data subject, by handles that are valid within this request only."""
    approval = await approval_of(row.id, by=by) if by.id else None
    if by.id is None or approval is None or approvals.state(approval) is not ApprovalState.APPROVED:
        raise Conflict("This look-up needs the approval of another person first.")
    found = await subjects.stored_about(by.id, row.id)
    keys = keyring()
    return {keys.blind_index(f"data_request:{row.id}", str(one.id)).hex()[:32]: one for one in found}


def _with_own_request_id(by: Actor) -> Actor:
    """The same actor with a new request id, so that the audit does not link the records to each other."""
    return replace(by, request_id=uuid4().hex)


async def _load(request_id: UUID, by: Actor) -> DataRequest:
    return await lock(NOUN, visible_to(by), request_id)


def _open(row: DataRequest, expected_version: int) -> DataRequest:
    if row.version != expected_version:
        raise Conflict("Someone else has changed this. View the current state and try again.")
    if row.answered_at is not None:
        raise Conflict("This request has already been answered.")
    return row


def _staff_id(by: Actor) -> UUID | None:
    return by.id if by.kind is ActorKind.STAFF else None


def _record_step(row: DataRequest, step: str, by: Actor) -> DataRequest:
    events.log(Event.DATA_REQUEST, actor=by.id, step=step, request_id=row.id)
    return row
