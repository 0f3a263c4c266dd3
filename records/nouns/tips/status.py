"""The statuses of a tip: its transitions, who may take them, and what else depends on the status."""

from typing import Final

from records.core.actor import Actor
from records.core.declarations.nouns import Transition
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.tables import Tip
from records.tables.tips import TipStatus

_S: Final = TipStatus
# Who has this right works on tips: a tip can be assigned to them.
WORK: Final = Right.TIPS_VERIFY
FINAL: Final = frozenset({_S.CLOSED, _S.REJECTED, _S.DUPLICATE})
# Something can come of a tip once somebody works on it, and still when it is closed: a fine is paid later.
MAY_HAVE_OUTCOME: Final = frozenset({_S.VERIFYING, _S.ACTING, _S.CLOSED})

# docs/reference/tables.md has the diagram.
VERIFY: Final = Transition(_("Start verifying"), Right.TIPS_VERIFY, frozenset({_S.RECEIVED}), _S.VERIFYING)
ACT: Final = Transition(_("Start action"), Right.TIPS_VERIFY, frozenset({_S.VERIFYING}), _S.ACTING)
CLOSE: Final = Transition(
    _("Close with outcome"), Right.TIPS_CLOSE, frozenset({_S.VERIFYING, _S.ACTING}), _S.CLOSED
)
REJECT: Final = Transition(
    _("Reject"), Right.TIPS_REJECT, frozenset({_S.RECEIVED, _S.VERIFYING}), _S.REJECTED
)
MERGE: Final = Transition(
    _("Mark as duplicate"), Right.TIPS_MERGE, frozenset({_S.RECEIVED, _S.VERIFYING, _S.ACTING}), _S.DUPLICATE
)
REOPEN: Final = Transition(_("Reopen"), Right.TIPS_REOPEN, FINAL, _S.VERIFYING)
TRANSITIONS: Final = (VERIFY, ACT, CLOSE, REJECT, MERGE, REOPEN)


def can_assign(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may give `tip` to somebody now."""
    return has_right(actor, Right.TIPS_ASSIGN) and tip.status not in FINAL


def can_add_note(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may write a note to `tip`; at any time of its life."""
    return has_right(actor, Right.TIPS_NOTE) and tip.deleted_at is None


def can_edit(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may put right what was entered for `tip`."""
    return has_right(actor, Right.TIPS_EDIT) and tip.deleted_at is None


def can_extend(actor: Actor, tip: Tip) -> bool:
    """Whether `actor` may put off the deadline of `tip` now."""
    return has_right(actor, Right.TIPS_EXTEND) and extendable(tip)


def extendable(tip: Tip) -> bool:
    """Whether the deadline of `tip` may be put off: a formal one, open, for the first time."""
    return tip.due_at is not None and not tip.extended and tip.status not in FINAL
