"""The declaration of hand-downs, and how far one has come."""

from typing import Final

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from records.areas.scope import within
from records.core.actor import Actor
from records.core.declarations.fields import Field, Kind
from records.core.declarations.nouns import Followed, Noun
from records.core.labels import Labelled
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right
from records.tables import Activity, Area, Group, HandDown, Organisation, Outline


class HandDownState(Labelled):
    """How far a hand-down has come."""

    WAITING = "WAITING", _("Not received yet")
    ACKNOWLEDGED = "ACKNOWLEDGED", _("Received, not discussed")
    DISCUSSED = "DISCUSSED", _("Discussed")


_HAS_STATE: Final = {
    HandDownState.WAITING: Q(received_at__isnull=True),
    HandDownState.ACKNOWLEDGED: Q(received_at__isnull=False, activity_id__isnull=True),
    HandDownState.DISCUSSED: Q(activity_id__isnull=False),
}


def visible_to(actor: Actor) -> QuerySet[HandDown]:
    """The hand-downs to groups and organisations of the actor's areas. Raises `PermissionDenied`."""
    check_right(actor, Right.OUTLINES_READ)
    return HandDown.filter(within(actor), deleted_at__isnull=True)


def has_state(state: HandDownState) -> Q:
    """The condition that a hand-down has come as far as `state`, and no further."""
    return _HAS_STATE[state]


def state_of(row: HandDown) -> HandDownState:
    """How far `row` has come."""
    if row.activity_id is not None:
        return HandDownState.DISCUSSED
    return HandDownState.WAITING if row.received_at is None else HandDownState.ACKNOWLEDGED


def unreceived(actor: Actor) -> QuerySet[HandDown]:
    """The hand-downs that wait for an acknowledgement. Raises `PermissionDenied`."""
    return visible_to(actor).filter(has_state(HandDownState.WAITING))


def reminded(actor: Actor) -> QuerySet[HandDown]:
    """The hand-downs of which the recipient was reminded in vain. Raises `PermissionDenied`."""
    return unreceived(actor).filter(reminded_at__isnull=False)


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
        "reminded_at": Field(_("Last reminded"), Kind.MOMENT),
        "deleted_at": Field(_("Removed at"), Kind.MOMENT),
    },
    feed=Followed(type="HandDown", description="Hand-downs of outlines; needs the scope outlines:read."),
    title=("outline",),
    missing=_("There is no such hand-down."),
)
