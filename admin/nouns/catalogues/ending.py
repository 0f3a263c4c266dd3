"""The actions that end a record of a catalogue, and that undo its end."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from admin.kit.forms.inputs import REASON_INPUT, day_input
from admin.kit.nouns.actions import Action, Actions, Rule, Verb
from admin.kit.request import PageRequest
from records.core.actor import Actor
from records.core.language import gettext_noop as _
from records.core.rights import Right
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)
K_contra = TypeVar("K_contra", bound=Editable, contravariant=True)


class Endable(Protocol[K_contra]):
    """The rules and verbs of a noun whose records end and can be reopened: its module."""

    @property
    def end(self) -> Callable[..., Awaitable[Any]]:
        """The verb that ends a record."""

    @property
    def reopen(self) -> Callable[..., Awaitable[Any]]:
        """The verb that undoes its end."""

    def can_manage(self, actor: Actor, row: K_contra, /) -> bool:
        """Whether `actor` may change `row`."""

    def can_end(self, actor: Actor, row: K_contra, /) -> bool:
        """Whether `actor` may end `row` now."""

    def can_reopen(self, actor: Actor, row: K_contra, /) -> bool:
        """Whether `actor` may undo the end of `row` now."""


def ending_actions(
    verbs: Endable[K],
    right: Right,
    *,
    path: str,
    load: Callable[[PageRequest], Awaitable[K]],
    end: str,
    reopen: str,
    day: str,
    explanation: str,
    warning: Callable[[PageRequest, K], Awaitable[str]] | None = None,
) -> Actions[K]:
    """The two actions; `day` names the input of the day, and `warning` says what an end leaves behind."""
    actions = (
        Action(
            "end",
            Rule(end, right, verbs.can_end),
            Verb(verbs.end),
            explanation=explanation,
            warning=warning,
            flash=_("Saved."),
            inputs=(day_input(day), REASON_INPUT),
            needs_confirmation=True,
        ),
        Action(
            "reopening",
            Rule(reopen, right, verbs.can_reopen),
            Verb(verbs.reopen),
            flash=_("Saved."),
            inputs=(REASON_INPUT,),
        ),
    )
    return Actions[K](
        path=path, load=load, may=verbs.can_manage, back=lambda row: f"{path}/{row.id}", actions=actions
    )
