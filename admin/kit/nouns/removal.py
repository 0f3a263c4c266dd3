"""Removing records that were made by mistake, and restoring them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tortoise.queryset import QuerySet

from admin.kit.forms.inputs import REASON_INPUT
from admin.kit.nouns.actions import Action, Rule, Verb
from admin.kit.nouns.filters import Filter, tick_filter
from records.core.actor import Actor
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)


@dataclass(frozen=True, kw_only=True)
class Removal(Generic[K]):
    """How records of a noun are removed and restored: the right, and the verbs.

    `removed` are the removed records that an actor may see.
    """

    right: Right
    removed: Callable[[Actor], QuerySet[K]]
    remove: Callable[..., Awaitable[K]]
    restore: Callable[..., Awaitable[K]]
    # Whether somebody with the right may remove a record now.
    can: Callable[[Actor, K], bool] = lambda _actor, _row: True

    @property
    def action(self) -> Action[K]:
        """The action that removes a record."""
        return Action(
            "removal",
            Rule(_("Remove"), self.right, lambda actor, row: row.deleted_at is None and self.can(actor, row)),
            Verb(self.remove),
            explanation=_("For what was recorded by mistake. It can be restored."),
            flash=_("Removed. You can restore it."),
            inputs=(REASON_INPUT,),
            needs_confirmation=True,
        )

    @property
    def filter(self) -> Filter:
        """The filter that lists the removed records in the place of the others."""
        return tick_filter(
            "removed",
            _("Removed records"),
            can=lambda actor: has_right(actor, self.right),
            source=self.removed,
        )
