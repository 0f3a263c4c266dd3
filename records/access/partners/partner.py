"""A partner: what it is called, what it may do, and where."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from tortoise.queryset import QuerySet

from records.access.assigned_areas import AssignedAreas
from records.access.guard import require_approval
from records.areas.scope import are_all_within
from records.changes.rows import RowChange, change_row, check_visible, lock
from records.changes.unit_of_work import create as create_row
from records.changes.unit_of_work import record_change, transaction
from records.core import events
from records.core.actor import Actor, Scope
from records.core.declarations.fields import Field, Kind
from records.core.declarations.nouns import Noun
from records.core.errors import ProblemCode, ValidationFailed
from records.core.events import Event
from records.core.language import gettext_noop as _
from records.core.rights import ApprovalKind, Right, check_right, needs_approval
from records.core.validation import Validator
from records.tables import Area, Partner, PartnerArea
from records.tables.approvals import ApprovalAction
from records.tables.delivery import WebhookState

MAX_AREAS: Final = 200
AREAS: Final = AssignedAreas(PartnerArea, "partner_id")
areas_of: Final = AREAS.areas_of
_NAME: Final = Field(
    _("Name"),
    required=True,
    max_length=120,
    constraints={"partners_name_key": _("This name is already taken.")},
)
_CONTACT: Final = Field(_("Contact"), max_length=200)


def visible_to(actor: Actor) -> QuerySet[Partner]:
    """The partners that `actor` may manage: they see nothing beyond the actor's areas.

    Raises `PermissionDenied`.
    """
    check_right(actor, Right.PARTNERS_MANAGE)
    return Partner.filter(AREAS.within(actor), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="partner",
    label=_("Partner system"),
    plural=_("Partner systems"),
    table=Partner,
    right=Right.PARTNERS_MANAGE,
    visible_to=visible_to,
    areas=(PartnerArea, "partner_id"),
    fields={
        "name": _NAME,
        "contact": _CONTACT,
        "scopes": Field(_("Scopes"), Kind.LIST),
        "jwks": Field(_("Signing keys"), Kind.SIZE),
        "active": Field(_("Active"), Kind.YES_NO),
        "documents_only": Field(_("Registered documents only"), Kind.YES_NO),
        "budget_limit": Field(_("Query budget: maximum"), Kind.NUMBER),
        "budget_restore": Field(_("Query budget: refill per second"), Kind.NUMBER),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    history_only={
        "areas": Field(_("Areas"), Kind.LIST),
        "key_issued": Field(_("Key issued")),
        "key_rotated": Field(_("Key rotated")),
        "key_revoked": Field(_("Key revoked")),
        "documents_added": Field(_("Documents added"), Kind.SIZE),
        "documents_removed": Field(_("Document removed"), Kind.LIST),
        "webhook": Field(_("Webhook")),
        "webhook_address": Field(_("Address of the webhook")),
        "webhook_description": Field(_("Description of the webhook")),
        "webhook_types": Field(_("Record types of the webhook"), Kind.LIST),
        "webhook_state": Field(_("Status of the webhook"), WebhookState),
        "webhook_secret": Field(_("New webhook secret")),
        "webhook_tested": Field(_("Test sent")),
        "webhook_sent_again": Field(_("Delivery resent")),
        "webhook_replayed": Field(_("Replayed since"), Kind.MOMENT),
        "webhook_deleted_at": Field(_("Webhook removed at"), Kind.MOMENT),
    },
    missing=_("There is no such partner."),
)


async def create(
    *, name: str, scopes: Collection[Scope], areas: Collection[UUID], contact: str = "", by: Actor
) -> Partner:
    """A new partner, without a key yet. Raises `PermissionDenied`, `ValidationFailed` or `NeedsApproval`."""
    check_right(by, Right.PARTNERS_MANAGE)
    values = await _checked(by, name, contact, scopes, areas)
    async with transaction():
        row = await create_row(NOUN, Partner(**values), by=by, action=Right.PARTNERS_MANAGE)
        await _set_areas(row, set(areas), by)
        kind = ApprovalKind.PARTNER_ACCESS if needs_approval(row.scopes) else None
        request = values | {"areas": sorted(map(str, set(areas)))}
        await require_approval(ApprovalAction.PARTNER_ADD, kind, None, areas=areas, arguments=request, by=by)
        events.log(Event.PARTNER_CHANGED, actor=by.id, what="created", partner=row.id)
        return row


async def edit(
    partner_id: UUID,
    *,
    expected_version: int,
    name: str,
    contact: str,
    scopes: Collection[Scope],
    areas: Collection[UUID],
    by: Actor,
) -> Partner:
    """Changes what a partner is called, what it may do and where; its keys and tokens follow at once.

    Raises `PermissionDenied`, `NotFound`, `ValidationFailed`, `Conflict`, or `NeedsApproval` where a partner
    that reads what is guarded gets more than it had.
    """
    check_right(by, Right.PARTNERS_MANAGE)
    values = await _checked(by, name, contact, scopes, areas)
    async with change_partner(partner_id, expected_version, "edited", by=by) as change:
        had, there = set(change.row.scopes), await AREAS.ids_of(partner_id)
        row = await change.save(**values)
        await _set_areas(row, set(areas), by)
        more = bool(set(row.scopes) - had) or not await are_all_within(areas, there)
        kind = ApprovalKind.PARTNER_ACCESS if more and needs_approval(row.scopes) else None
        request = values | {"areas": sorted(map(str, set(areas))), "seen": expected_version}
        await require_approval(
            ApprovalAction.PARTNER_EDIT, kind, row.id, areas=set(areas) | there, arguments=request, by=by
        )
        return row


async def deactivate(partner_id: UUID, *, expected_version: int, by: Actor) -> Partner:
    """Deactivates a partner, with every key and token it has.

    Raises `PermissionDenied`, `NotFound` or `Conflict`.
    """
    async with change_partner(partner_id, expected_version, "deactivated", by=by) as change:
        return await change.save(active=False)


async def activate(partner_id: UUID, *, expected_version: int, by: Actor) -> Partner:
    """Reactivates a partner with its keys.

    Raises `PermissionDenied`, `NotFound`, `Conflict` or `NeedsApproval`.
    """
    async with change_partner(partner_id, expected_version, "activated", by=by) as change:
        row = await change.save(active=True)
        request = {"seen": expected_version}
        await require_activation_approval(ApprovalAction.PARTNER_OPEN, row, request, by=by)
        return row


@asynccontextmanager
async def change_partner(
    partner_id: UUID, expected_version: int, what: str, *, by: Actor
) -> AsyncIterator[RowChange[Partner]]:
    """A change of a partner, and its event with `what`. Raises `PermissionDenied` or `NotFound`."""
    rows, action = visible_to(by), Right.PARTNERS_MANAGE
    async with change_row(NOUN, rows, partner_id, expected_version, action, by=by) as change:
        events.log(Event.PARTNER_CHANGED, actor=by.id, what=what, partner=partner_id)
        yield change


async def load(partner_id: UUID, by: Actor) -> Partner:
    """The partner, locked until the change of it is done. Raises `PermissionDenied` or `NotFound`."""
    return await lock(NOUN, visible_to(by), partner_id)


async def check_manages(actor: Actor, partner_id: UUID) -> None:
    """Raises `PermissionDenied` or `NotFound` unless `actor` may manage the partner."""
    await check_visible(NOUN, visible_to(actor), partner_id)


async def require_activation_approval(
    act: ApprovalAction, row: Partner, request: dict[str, Any], *, by: Actor
) -> None:
    """Uses up the approval of access to what is guarded, if `row` has it. Raises `NeedsApproval`."""
    kind = ApprovalKind.PARTNER_ACCESS if needs_approval(row.scopes) else None
    await require_approval(act, kind, row.id, areas=await AREAS.ids_of(row.id), arguments=request, by=by)


async def _checked(
    by: Actor, name: str, contact: str, scopes: Collection[Scope], areas: Collection[UUID]
) -> dict[str, Any]:
    """The columns of a partner as they are stored. Raises `ValidationFailed`."""
    check = Validator()
    name = check.clean("name", name, _NAME)
    contact = check.clean("contact", contact, _CONTACT)
    if not scopes:
        check.add("scopes", "Choose at least one scope.", ProblemCode.REQUIRED)
    if not areas:
        check.add("areas", "Choose at least one area.", ProblemCode.REQUIRED)
    if len(set(areas)) > MAX_AREAS:
        check.add("areas", "Choose at most {most} areas.", ProblemCode.TOO_MANY, most=MAX_AREAS)
    check.raise_if_invalid()
    if by.areas is not None and not await are_all_within(areas, by.areas):
        # Nobody can let a partner see more than they see themselves.
        raise ValidationFailed.of("areas", "Choose areas within your own.", ProblemCode.OUTSIDE_AREAS)
    return {"name": name, "contact": contact, "scopes": sorted({scope.value for scope in scopes})}


async def _set_areas(row: Partner, area_ids: set[UUID], by: Actor) -> None:
    """Gives the partner exactly these areas, and tells of it in its history."""
    current = await AREAS.replace(row, area_ids)
    if current is not None:
        before, after = {"areas": await _codes(current)}, {"areas": await _codes(area_ids)}
        await record_change(NOUN, row, by=by, action=Right.PARTNERS_MANAGE, before=before, after=after)


async def _codes(areas: Collection[UUID]) -> list[str]:
    """The areas as the history names them: by code and first day."""
    return sorted([f"{area.code}@{area.valid_from}" async for area in Area.filter(id__in=list(areas))])
