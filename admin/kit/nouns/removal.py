"""Removing records that were made by mistake, and restoring them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from tortoise.queryset import QuerySet

from admin.kit.forms.fields import Form
from admin.kit.forms.inputs import Input
from admin.kit.nouns.actions import Action
from admin.kit.nouns.filters import Filter, tick_filter
from admin.kit.request import PageRequest
from records.core.actor import Actor
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)

_REASON_INPUT: Final = Input("reason", _("Reason"), kind="long")


@dataclass(frozen=True, kw_only=True)
class Removal(Generic[K]):
    """How records of a noun are removed and restored: the right, and the verbs.

    `removed` are the removed records that an actor may see.
    """

    right: Right
    removed: Callable[[Actor], QuerySet[K]]
    remove: Callable[..., Awaitable[K]]
    restore: Callable[..., Awaitable[K]]

    @property
    def action(self) -> Action[K]:
        """The action that removes a record."""
        return Action(
            name="removal",
            label=_("Remove"),
            explanation=_("For what was recorded by mistake. It can be restored."),
            right=self.right,
            can=lambda actor, row: has_right(actor, self.right) and row.deleted_at is None,
            run=self._run,
            flash=_("Removed. You can restore it."),
            inputs=(_REASON_INPUT,),
            needs_confirmation=True,
        )

    @property
    def filter(self) -> Filter:
        """The filter that lists the removed records in the place of the others."""
        return tick_filter(
            "removed",
            _("Removed records"),
            lambda request, _rows: self.removed(request.actor),
            can=lambda actor: has_right(actor, self.right),
        )

    async def _run(self, request: PageRequest, row: K, form: Form) -> object:
        return await self.remove(
            row.id, expected_version=form.expected_version(), reason=form.text("reason"), by=request.actor
        )
