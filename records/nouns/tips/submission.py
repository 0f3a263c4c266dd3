"""Submitting a tip, what to suggest for one, and editing what was entered."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.changes.rows import change_row
from records.changes.unit_of_work import create, transaction
from records.core.actor import Actor, ActorKind
from records.core.dates import extended_deadline, formal_deadline, now, to_local_date, today
from records.core.declarations.fields import max_lengths
from records.core.errors import Conflict, ProblemCode, ValidationFailed
from records.core.identifiers.codes import next_code
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.core.text import normalize_text
from records.nouns.tips.drafts import TipDraft, validate
from records.nouns.tips.noun import NOUN, visible_to
from records.nouns.tips.outcome_reports import move_outcomes
from records.nouns.tips.timeline import add_event
from records.tables import Area, AreaReach, Assignment, Tip
from records.tables.areas import AreaKind
from records.tables.tips import Channel, LegalKind, TipEventKind, TipStatus

_RECENT: Final = timedelta(days=365)
_MAX_COUNTED: Final = 1_000
_MAX_AREAS: Final = 5
_LONGEST_REFERENCE: Final = max_lengths(TipDraft)["external_ref"]


@dataclass(frozen=True)
class Suggestions:
    """What a tip of somebody probably is: their areas, and categories and channels, the commonest first."""

    areas: list[Area]
    category_ids: list[UUID]
    channels: list[Channel]


async def suggest(by: Actor) -> Suggestions:
    """What to offer first to `by` in the form of a new tip. Raises `PermissionDenied`."""
    visible = visible_to(by)
    areas = await _own_areas(by)
    recent = visible.filter(received_at__gte=now() - _RECENT)
    there = Counter({area.id: 0 for area in areas})
    there.update(await _counts(recent.filter(area_id__in=list(there)), "area_id"))
    areas.sort(key=lambda area: (-there[area.id], area.name_key))
    if areas:
        recent = recent.filter(area_id=areas[0].id)
    categories, channels = await _counts(recent, "category_id"), await _counts(recent, "channel")
    return Suggestions(
        areas[:_MAX_AREAS],
        [category_id for category_id, _count in categories.most_common()],
        [Channel(channel) for channel, _count in channels.most_common() if channel != Channel.API],
    )


async def _own_areas(by: Actor) -> list[Area]:
    """The hamlets that `by` looks after today, else the communes in which they work."""
    day = today()
    current = Assignment.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=day),
        starts_on__lte=day,
        staff_id=by.id,
        area_id__isnull=False,
        deleted_at__isnull=True,
    )
    mine = set(await current.values_list("area_id", flat=True))
    if by.areas is not None and mine:
        reach = AreaReach.filter(ancestor_id__in=list(by.areas), area_id__in=list(mine))
        mine = set(await reach.values_list("area_id", flat=True))
    ids = mine or by.areas or set()
    return await Area.filter(id__in=list(ids)).exclude(kind=AreaKind.PROVINCE).prefetch_related("parent")


async def _counts(rows: QuerySet[Tip], column: str) -> Counter[Any]:
    """How many of the latest of `rows` have each value of `column`."""
    latest = rows.order_by("-received_at").limit(_MAX_COUNTED)
    return Counter(await latest.values_list(column, flat=True))


class ExternalRefReused(Conflict):
    """The partner gave its reference to another tip."""

    code = message_code = ProblemCode.EXTERNAL_REF_REUSED


async def submit(draft: TipDraft, *, request: bytes = b"", by: Actor) -> Tip:
    """A new tip, or the one that a partner's same `request` with the same `external_ref` made.

    Raises `PermissionDenied`, `ValidationFailed`, or `ExternalRefReused` for another request.
    """
    check_right(by, Right.TIPS_SUBMIT)
    partner_id = by.id if by.kind is ActorKind.PARTNER else None
    sha256 = hashlib.sha256(request).hexdigest()
    if known := await _find_submitted(partner_id, normalize_text(draft.external_ref or ""), sha256):
        return known
    values = await validate(draft, by)
    external_ref: str | None = values["external_ref"]
    if external_ref and partner_id is None:
        raise ValidationFailed.of(
            "external_ref", "Only a partner system may give its own reference.", ProblemCode.INVALID
        )
    try:
        async with transaction():
            row = Tip(
                **values, partner_id=partner_id, folded=NOUN.search_text(values), status=TipStatus.RECEIVED
            )
            row.external_sha256 = sha256 if external_ref else None
            row.code = await next_code("TB", to_local_date(row.received_at).year)
            row.due_at = _deadline(row.legal_kind, row.received_at)
            await create(NOUN, row, by=by, action=Right.TIPS_SUBMIT)
            await add_event(row, TipEventKind.SUBMITTED, by=by, to=TipStatus.RECEIVED)
            return row
    except Conflict:
        # The same reference came twice at once: the other one has stored it.
        if known := await _find_submitted(partner_id, external_ref, sha256):
            return known
        raise


async def edit(tip_id: UUID, draft: TipDraft, *, expected_version: int, motive: str = "", by: Actor) -> Tip:
    """The tip, put right. Raises `PermissionDenied`, `NotFound`, `ValidationFailed` or `Conflict`."""
    rows, action = visible_to(by), Right.TIPS_EDIT
    async with change_row(NOUN, rows, tip_id, expected_version, action, by=by) as change:
        row = change.row
        values = await validate(draft, by, before=row)
        del values["external_ref"]
        values["folded"] = NOUN.search_text(values)
        if draft.received_at is None:
            values["received_at"] = row.received_at
        if (values["legal_kind"], values["received_at"]) != (row.legal_kind, row.received_at):
            values["due_at"] = _deadline(values["legal_kind"], values["received_at"], extended=row.extended)
        area_before = row.area_id
        await change.save(motive=motive, **values)
        if row.area_id != area_before:
            await move_outcomes(row, area_before)
        if row.version != expected_version:
            await add_event(row, TipEventKind.EDITED, by=by)
        return row


async def _find_submitted(partner_id: UUID | None, external_ref: str | None, sha256: str) -> Tip | None:
    """The tip that has this reference of the partner. Raises `ExternalRefReused` for another request."""
    if partner_id is None or not external_ref or len(external_ref) > _LONGEST_REFERENCE:
        return None
    known = await Tip.get_or_none(partner_id=partner_id, external_ref=external_ref)
    if known is not None and known.external_sha256 != sha256:
        raise ExternalRefReused(_("This reference was already used for another tip. Use a new one."))
    return known


def _deadline(kind: LegalKind, received_at: datetime, *, extended: bool = False) -> datetime | None:
    if kind is LegalKind.SOURCE:
        return None
    return extended_deadline(received_at) if extended else formal_deadline(received_at)
