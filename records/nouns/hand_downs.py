"""Hand-downs: a published outline goes to a group or an organisation, which receives it."""

from typing import Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.changes.rows import change_row, find
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor
from records.core.dates import now
from records.core.declarations.fields import Field, Kind
from records.core.declarations.nouns import Followed, Noun
from records.core.errors import ProblemCode, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns import groups, outlines
from records.tables import Activity, Area, Group, HandDown, Organisation, Outline
from records.tables.activities import OutlineStatus


def visible_to(actor: Actor) -> QuerySet[HandDown]:
    """The hand-downs to groups and organisations of the actor's areas. Raises `PermissionDenied`."""
    check_right(actor, Right.OUTLINES_READ)
    return HandDown.filter(within(actor), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="hand_down",
    label=_("Hand-down of an outline"),
    plural=_("Hand-downs of outlines"),
    table=HandDown,
    right=Right.OUTLINES_READ,
    visible_to=visible_to,
    fields={
        "outline_id": Field(_("Outline"), Outline),
        "sender_id": Field(_("Sent by"), Organisation),
        "group_id": Field(_("Group"), Group),
        "organisation_id": Field(_("Organisation"), Organisation),
        "area_id": Field(_("Area"), Area),
        "sent_at": Field(_("Sent at"), Kind.MOMENT),
        "received_at": Field(_("Received at"), Kind.MOMENT),
        "activity_id": Field(_("Discussed in"), Activity),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    feed=Followed(type="HandDown", description="Hand-downs of outlines; needs the scope outlines:read."),
    missing=_("There is no such hand-down."),
)


async def to_group(outline_id: UUID, group_id: UUID, *, sender_id: UUID, by: Actor) -> HandDown:
    """Hands an outline down to an open group.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    check_right(by, Right.OUTLINES_HAND_DOWN)
    async with transaction():
        group = await groups.check_open(group_id, by)
        return await _send(outline_id, sender_id, by, group_id=group.id, area_id=group.area_id)


async def to_organisation(outline_id: UUID, organisation_id: UUID, *, sender_id: UUID, by: Actor) -> HandDown:
    """Hands an outline down to an organisation of the actor's.

    Raises `PermissionDenied`, `NotFound` or `ValidationFailed`.
    """
    check_right(by, Right.OUTLINES_HAND_DOWN)
    async with transaction():
        getter = await Organisation.filter(within(by), id=organisation_id, deleted_at__isnull=True).first()
        if getter is None or getter.id == sender_id:
            raise ValidationFailed.of(
                "organisation", "Choose an organisation from the list.", ProblemCode.NOT_FOUND
            )
        return await _send(outline_id, sender_id, by, organisation_id=getter.id, area_id=getter.area_id)


async def receive(
    hand_down_id: UUID, *, expected_version: int, activity_id: UUID | None = None, by: Actor
) -> HandDown:
    """Notes receipt, and where it was discussed.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`.
    """
    rows, action = visible_to(by), Right.OUTLINES_RECEIVE
    async with change_row(NOUN, rows, hand_down_id, expected_version, action, by=by) as change:
        row = change.row
        is_new = row.received_at is None or activity_id not in {None, row.activity_id}
        change.require(is_new, _("This has already been received."))
        if activity_id is not None and not await _is_held_by_recipient(row, activity_id, by):
            raise ValidationFailed.of(
                "activity", "Choose an activity of the recipient.", ProblemCode.INCONSISTENT
            )
        at, where = row.received_at or now(), activity_id or row.activity_id
        return await change.save(received_at=at, activity_id=where)


async def _send(outline_id: UUID, sender_id: UUID, by: Actor, **to: UUID) -> HandDown:
    published = Outline.filter(status=OutlineStatus.PUBLISHED, deleted_at__isnull=True)
    outline = await find(outlines.NOUN, published, outline_id)
    if not await Organisation.filter(id=sender_id, deleted_at__isnull=True).exists():
        raise ValidationFailed.of("sender", "Choose an organisation from the list.", ProblemCode.NOT_FOUND)
    row = HandDown(outline_id=outline.id, sender_id=sender_id, sent_at=now(), **to)
    return await create(NOUN, row, by=by, action=Right.OUTLINES_HAND_DOWN)


async def _is_held_by_recipient(row: HandDown, activity_id: UUID, by: Actor) -> bool:
    """Whether the recipient of the outline held the activity."""
    held = Activity.filter(within(by), id=activity_id, deleted_at__isnull=True)
    if row.group_id is not None:
        return await held.filter(group_id=row.group_id).exists()
    return await held.filter(organisation_id=row.organisation_id).exists()
