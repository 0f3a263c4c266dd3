"""Actions on a record: each at an address below the record's, with a small form where it asks for anything.

An action is data. The same rule (`can`) decides whether its button can be pressed and whether its form is
shown; the verb that it calls decides again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.responses import Response
from starlette.routing import Route

from admin.kit import history
from admin.kit.approvals import or_ask
from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.inputs import Input
from admin.kit.forms.merging import digests
from admin.kit.guard import need_proof
from admin.kit.pages import done, page
from admin.kit.request import Visit
from admin.kit.routing import page_at
from records.core.actor import Actor
from records.core.errors import Conflict, Denied, Invalid, Message
from records.core.rights import Right, may
from records.tables.base import Kept

K = TypeVar("K", bound=Kept)


@dataclass(frozen=True)
class Action(Generic[K]):
    """One action: the last word of its address, who may take it and when, and the verb that does it."""

    name: str
    label: str
    right: Right
    can: Callable[[Actor, K], bool]
    do: Callable[[Visit, K, Form], Awaitable[object]]
    # The key in `pages.SAID` of what the next page says.
    said: str
    explanation: str = ""
    inputs: Sequence[Input] = ()
    choices: Callable[[Visit, K], Awaitable[list[Choice]]] | None = None
    grave: bool = False
    # Only for somebody who has shown who they are within the last minutes.
    proof: bool = False
    # The form has a page, and routes, of its own.
    own_form: bool = False

    @property
    def asks(self) -> bool:
        """Whether there is a form to fill in first."""
        return bool(self.inputs) or self.grave or self.own_form


@dataclass(frozen=True)
class Offer(Generic[K]):
    """An action as a record's page offers it."""

    action: Action[K]
    allowed: bool


@dataclass(frozen=True)
class Actions(Generic[K]):
    """The actions on the records of a noun, and the pages on which they are taken.

    `title` is what a record is called there, `back` the page to which an action returns.
    """

    path: str
    load: Callable[[Visit], Awaitable[K]]
    title: Callable[[K], str]
    back: Callable[[K], str]
    actions: Sequence[Action[K]]

    def routes(self) -> list[Route]:
        """The routes of every action that has no page of its own."""
        paths = [f"{self.path}/{{id:uuid}}/{one.name}" for one in self.actions if not one.own_form]
        return [route for path in paths for route in page_at(path, show=self.ask, do=self.do)]

    def offers(self, visit: Visit, row: K) -> list[Offer[K]]:
        """The actions that this person may ever take, and whether they may now."""
        mine = [action for action in self.actions if may(visit.actor, action.right)]
        return [Offer(action, action.can(visit.actor, row)) for action in mine]

    async def ask(self, visit: Visit) -> Response:
        """The form of the action that the path names."""
        action, row = await self.loaded(visit)
        return await self.form(visit, action, row, Form({}))

    async def do(self, visit: Visit) -> Response:
        """Takes the action that the path names. When refused, the form comes back as it was typed.

        An action that has something to show this once answers with a page of its own.
        """
        action, row = await self.loaded(visit)
        form, back = Form(visit.form), self.back(row)
        try:
            result = await or_ask(visit, form, action.do(visit, row, form), back=back)
        except Invalid as error:
            form.problems |= error.problems
            return await self.form(visit, action, row, form, status=422)
        except Conflict as conflict:
            row = await self.load(visit)
            check_now(visit, action, row)
            if not action.asks:
                raise
            return await self.form(visit, action, row, form, status=409, conflict=conflict.message)
        return result if isinstance(result, Response) else done(visit, back, action.said)

    async def loaded(self, visit: Visit) -> tuple[Action[K], K]:
        """The action that the path names and its record. Raises what `check_now` does."""
        action = next(one for one in self.actions if one.name == visit.action)
        row = await self.load(visit)
        if action.proof:
            need_proof(visit)
        check_now(visit, action, row)
        return action, row

    async def form(
        self,
        visit: Visit,
        action: Action[K],
        row: K,
        form: Form,
        *,
        status: int = 200,
        conflict: Message | None = None,
        template: str = "kit/templates/action.html",
        **context: Any,
    ) -> Response:
        """The form of `action`; after a conflict with what changed since it was opened."""
        return page(
            visit,
            template,
            block="form",
            status=status,
            action=action,
            row=row,
            form=form,
            title=self.title(row),
            back=self.back(row),
            conflict=visit.say(conflict) if conflict else "",
            opened=digests(history.state(row)),
            changes=await history.changed(visit, row, form.text("opened")) if conflict else [],
            choices=await action.choices(visit, row) if action.choices else [],
            **context,
        )


def check_now(visit: Visit, action: Action[K], row: K) -> None:
    """Raises `Denied` or `Conflict` where the button of `action` would be grey."""
    if not may(visit.actor, action.right):
        raise Denied("You do not have permission to do this.")
    if not action.can(visit.actor, row):
        raise Conflict("This is not possible in the current status. View the current state and choose again.")
