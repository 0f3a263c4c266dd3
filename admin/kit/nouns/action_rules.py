"""What the rule of an action on a record has to say."""

from typing import Protocol, TypeVar

from records.core.actor import Actor
from records.core.rights import Right

K_contra = TypeVar("K_contra", contravariant=True)


class ActionRule(Protocol[K_contra]):
    """What an action is called, the right to it, and when it can be taken: a transition is one."""

    @property
    def label(self) -> str:
        """The text of its button."""

    @property
    def right(self) -> Right:
        """The right without which nobody sees it."""

    def can(self, actor: Actor, row: K_contra, /) -> bool:
        """Whether `actor`, who has the right, may take it with `row` now."""
