"""Tips: the declaration of the noun, who may see which, and finding and locking one."""

from typing import Final
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.changes.rows import lock
from records.core.actor import Actor
from records.core.declarations.fields import Field, Kind, fields_of
from records.core.declarations.nouns import Followed, Noun
from records.core.identifiers.codes import lookup_code
from records.core.identifiers.references import parse_reference
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.nouns.tips.drafts import TipDraft
from records.nouns.tips.status import MERGE, TRANSITIONS
from records.tables import Attachment, Staff, Tip, TipCategory
from records.tables.privacy import RevealStep
from records.tables.tips import OutcomeKind, TipEventKind, TipStatus


def visible_to(actor: Actor) -> QuerySet[Tip]:
    """The tips that `actor` may see. Raises `PermissionDenied`."""
    check_right(actor, Right.TIPS_READ)
    return Tip.filter(within(actor), deleted_at__isnull=True)


NOUN: Final = Noun(
    name="tip",
    label=_("Tip"),
    plural=_("Tips"),
    table=Tip,
    right=Right.TIPS_READ,
    visible_to=visible_to,
    draft=TipDraft,
    fields={
        "code": Field(_("Code")),
        **fields_of(TipDraft),
        "status": Field(_("Status"), TipStatus),
        "assignee_id": Field(_("Assigned to"), Staff),
        "due_at": Field(_("Deadline"), Kind.MOMENT),
        "closed_at": Field(_("Closed at"), Kind.MOMENT),
        "duplicate_of_id": Field(_("Duplicate of"), Tip),
        "anonymous": Field(_("Anonymous"), Kind.YES_NO),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    history_only={
        "event": Field(_("Timeline"), TipEventKind),
        "attachment_id": Field(_("Picture"), Attachment),
        "reveal": Field(_("Reporter"), RevealStep),
        "outcome": Field(_("Outcome"), OutcomeKind),
        "count": Field(_("Number"), Kind.NUMBER),
        "on_day": Field(_("Date"), Kind.DAY),
        "pictures": Field(_("Pictures"), Kind.NUMBER),
    },
    transitions=TRANSITIONS,
    feed=Followed(type="Tip", description="Tips; needs the scope tips:read."),
    path="tips",
    missing=_("There is no such tip."),
    naming=frozenset({MERGE.right}),
)


def submitted_count(partner: Actor) -> QuerySet[Tip]:
    """The tips that a partner passed on, wherever they are now. Raises `PermissionDenied`."""
    check_right(partner, Right.TIPS_SUBMIT)
    return Tip.filter(partner_id=partner.id)


async def find(actor: Actor, text: str) -> Tip | None:
    """The tip with the code, or the reference for partners, that somebody typed.

    Raises `PermissionDenied`.
    """
    named = Q(code=lookup_code(text, Tip)) | Q(reference=parse_reference(text))
    return await visible_to(actor).filter(named).first()


async def load(tip_id: UUID, by: Actor) -> Tip:
    """The tip, locked. Raises `PermissionDenied` or `NotFound`."""
    return await lock(NOUN, visible_to(by), tip_id)


async def categories() -> list[TipCategory]:
    """The categories that a tip may have, in their order."""
    return await TipCategory.filter(active=True, deleted_at__isnull=True).order_by("position", "code")
