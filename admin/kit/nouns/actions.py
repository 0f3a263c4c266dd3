"""Actions on a record: each at a URL below the record's, with a small form if it needs input.

An action is data. The same rule (`can`) decides whether its button can be pressed and whether its form is
shown; the verb that it calls decides again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.responses import Response
from starlette.routing import Route

from admin.kit import history
from admin.kit.approvals import or_request_approval
from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.inputs import Input
from admin.kit.forms.merging import digests
from admin.kit.guard import require_recent_authentication
from admin.kit.nouns.references import title_of
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from records.core.actor import Actor
from records.core.errors import Conflict, Message, PermissionDenied, ValidationFailed
from records.core.rights import Right, has_right
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)


@dataclass(frozen=True)
class Action(Generic[K]):
    """One action: the last segment of its URL, who may take it and when, and the verb that it calls."""

    name: str
    label: str
    right: Right
    can: Callable[[Actor, K], bool]
    run: Callable[[PageRequest, K, Form], Awaitable[object]]
    flash: str
    explanation: str = ""
    # What to say besides of this record, if anything.
    warning: Callable[[PageRequest, K], Awaitable[str]] | None = None
    inputs: Sequence[Input] = ()
    choices: Callable[[PageRequest, K], Awaitable[list[Choice]]] | None = None
    # What stands in the inputs when the form is opened.
    initial: Callable[[K], dict[str, str]] = lambda _row: {}
    needs_confirmation: bool = False
    # Needs an authentication within the last minutes.
    proof: bool = False
    # The form has a page and routes of its own.
    has_own_page: bool = False

    @property
    def has_form(self) -> bool:
        """Whether there is a form to fill in first."""
        return bool(self.inputs) or self.needs_confirmation or self.has_own_page


@dataclass(frozen=True)
class AvailableAction(Generic[K]):
    """An action as shown on the page of a record."""

    action: Action[K]
    allowed: bool


@dataclass(frozen=True)
class Actions(Generic[K]):
    """The actions on the records of a noun, and their pages.

    `back` is the page to which an action returns, `title` what a record is called there, if not as elsewhere.
    Where somebody `may` not act on a record at all, its page shows no action.
    """

    path: str
    load: Callable[[PageRequest], Awaitable[K]]
    back: Callable[[K], str]
    actions: Sequence[Action[K]]
    title: Callable[[K], str] | None = None
    may: Callable[[Actor, K], bool] = lambda _actor, _row: True

    def routes(self) -> list[Route]:
        """The routes of every action that has no page of its own."""
        paths = [f"{self.path}/{{id:uuid}}/{one.name}" for one in self.actions if not one.has_own_page]
        return [route for path in paths for route in page_at(path, get=self.show_form, post=self.submit)]

    def available_actions(self, request: PageRequest, row: K) -> list[AvailableAction[K]]:
        """The actions that this person may ever take, and whether they may now."""
        mine = [action for action in self.actions if self._may_ever(request, action, row)]
        return [AvailableAction(action, action.can(request.actor, row)) for action in mine]

    async def show_form(self, request: PageRequest) -> Response:
        """The form of the action in the path."""
        action, row = await self.load_action(request)
        return await self.form(request, action, row, Form(action.initial(row)))

    async def submit(self, request: PageRequest) -> Response:
        """Runs the action in the path. If it is refused, the form is shown again with its input.

        An action that has something to show this once answers with a page of its own.
        """
        action, row = await self.load_action(request)
        form, back = Form(request.form), self.back(row)
        try:
            result = await or_request_approval(request, form, action.run(request, row, form), back=back)
        except ValidationFailed as error:
            form.problems |= error.problems
            return await self.form(request, action, row, form, status=422)
        except Conflict as conflict:
            row = await self.load(request)
            self._check_available(request, action, row)
            if not action.has_form:
                raise
            return await self.form(request, action, row, form, status=409, conflict=conflict.message)
        return result if isinstance(result, Response) else redirect_with_flash(request, back, action.flash)

    async def load_action(self, request: PageRequest) -> tuple[Action[K], K]:
        """The action in the path and its record. Raises `NotFound`, `PermissionDenied` or `Conflict`."""
        action = next(one for one in self.actions if one.name == request.action_name)
        row = await self.load(request)
        if action.proof:
            require_recent_authentication(request)
        self._check_available(request, action, row)
        return action, row

    async def form(
        self,
        request: PageRequest,
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
        return render(
            request,
            template,
            block="form",
            status=status,
            action=action,
            row=row,
            form=form,
            title=self.title(row) if self.title else title_of(request, row),
            back=self.back(row),
            conflict=request.translate(conflict) if conflict else "",
            opened=digests(history.column_texts(row)),
            changes=await history.changes_since(request, row, form.text("opened")) if conflict else [],
            choices=await action.choices(request, row) if action.choices else [],
            warning=await action.warning(request, row) if action.warning else "",
            **context,
        )

    def _may_ever(self, request: PageRequest, action: Action[K], row: K) -> bool:
        return has_right(request.actor, action.right) and self.may(request.actor, row)

    def _check_available(self, request: PageRequest, action: Action[K], row: K) -> None:
        """Raises `PermissionDenied` or `Conflict` where there is no button of `action`, or a grey one."""
        if not self._may_ever(request, action, row):
            raise PermissionDenied("You do not have permission to do this.")
        if not action.can(request.actor, row):
            raise Conflict(
                "This is not possible in the current status. View the current state and choose again."
            )
