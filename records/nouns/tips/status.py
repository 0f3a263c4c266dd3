"""Where a tip may go, and who may take it there: asked by buttons, enforced by verbs."""

from typing import Final

from records.core.actor import Actor
from records.core.rights import Right, may
from records.tables import Tip
from records.tables.tips import TipStatus

# Where a tip may go from each status; docs/tables.md has the diagram, made from this table.
NEXT: Final[dict[TipStatus, frozenset[TipStatus]]] = {
    TipStatus.RECEIVED: frozenset({TipStatus.VERIFYING, TipStatus.REJECTED, TipStatus.DUPLICATE}),
    TipStatus.VERIFYING: frozenset(
        {TipStatus.ACTING, TipStatus.CLOSED, TipStatus.REJECTED, TipStatus.DUPLICATE}
    ),
    TipStatus.ACTING: frozenset({TipStatus.CLOSED, TipStatus.DUPLICATE}),
    TipStatus.CLOSED: frozenset({TipStatus.VERIFYING}),
    TipStatus.REJECTED: frozenset({TipStatus.VERIFYING}),
    TipStatus.DUPLICATE: frozenset({TipStatus.VERIFYING}),
}
ENDED: Final = frozenset({TipStatus.CLOSED, TipStatus.REJECTED, TipStatus.DUPLICATE})
# Something can come of a tip once somebody works on it, and still when it is closed: a fine is paid later.
BEARING: Final = frozenset({TipStatus.VERIFYING, TipStatus.ACTING, TipStatus.CLOSED})


def can_start_verifying(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may start verifying `tip` now."""
    return may(actor, Right.TIPS_VERIFY) and tip.status is TipStatus.RECEIVED


def can_act(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may say now that `tip` is acted on."""
    return _can(actor, Right.TIPS_VERIFY, tip, TipStatus.ACTING)


def can_assign(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may give `tip` to somebody now."""
    return may(actor, Right.TIPS_ASSIGN) and tip.status not in ENDED


def can_add_note(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may write a note to `tip`; at any time of its life."""
    return may(actor, Right.TIPS_NOTE) and tip.deleted_at is None


def can_edit(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may put right what was entered for `tip`."""
    return may(actor, Right.TIPS_EDIT) and tip.deleted_at is None


def can_close(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may close `tip` now."""
    return _can(actor, Right.TIPS_CLOSE, tip, TipStatus.CLOSED)


def can_reject(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may turn `tip` down now."""
    return _can(actor, Right.TIPS_REJECT, tip, TipStatus.REJECTED)


def can_reopen(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may open `tip` again now."""
    return may(actor, Right.TIPS_REOPEN) and tip.status in ENDED


def can_merge(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may mark `tip` as a duplicate now."""
    return _can(actor, Right.TIPS_MERGE, tip, TipStatus.DUPLICATE)


def can_extend(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may put off the deadline of `tip` now."""
    return may(actor, Right.TIPS_EXTEND) and extendable(tip)


def _can(actor: Actor, right: Right, tip: Tip, to: TipStatus) -> bool:
    return may(actor, right) and to in NEXT[tip.status]


def extendable(tip: Tip) -> bool:
    """Whether the deadline of `tip` may be put off: a formal one, open, for the first time."""
    return tip.due_at is not None and not tip.extended and tip.status not in ENDED
