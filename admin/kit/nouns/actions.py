"""Actions on a record: each at a URL below the record's, with a small form if it needs input.

An action is data. The same rule (`can`) decides whether its button and its form are
shown; the verb that it calls decides again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from starlette.responses import Response
from starlette.routing import Route

from admin.kit import history
from admin.kit.approvals import or_request_approval
from admin.kit.forms.fields import Choice, Form, enum_choices
from admin.kit.forms.inputs import Input
from admin.kit.forms.merging import digests
from admin.kit.guard import require_recent_authentication
from admin.kit.nouns.action_rules import ActionRule
from admin.kit.nouns.references import title_of
from admin.kit.pages import redirect_with_flash, render
from admin.kit.pickers import name_codes, read_group
from admin.kit.refusals import refusal_page
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from records.core.actor import Actor
from records.core.errors import Conflict, Message, PermissionDenied, ValidationFailed
from records.core.rights import Right, has_right
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)


@dataclass(frozen=True)
class Rule(Generic[K]):
    """The rule of an action that is no transition."""

    label: str
    right: Right
    can: Callable[[Actor, K], bool] = lambda _actor, _row: True


@dataclass(frozen=True)
class Submission(Generic[K]):
    """What somebody submitted of an action: the request, the record, and the form with its inputs."""

    request: PageRequest
    row: K
    form: Form
    inputs: Sequence[Input]

    @property
    def actor(self) -> Actor:
        """Who submitted it."""
        return self.request.actor

    async def values(self) -> dict[str, Any]:
        """The values of the inputs by name. Raises `ValidationFailed` with every problem there is."""
        values = {one.name: await self._read(one) for one in self.inputs}
        self.form.raise_if_invalid()
        return values

    async def _read(self, one: Input) -> Any:
        if one.kind == "group":
            return await read_group(self.request, self.form, one.name, required=one.required)
        return one.read(self.form)


@dataclass(frozen=True)
class Verb:
    """Calls a verb of `records` with the id of the record, the inputs by name, and the actor."""

    verb: Callable[..., Awaitable[object]]
    # Whether it takes the version that the person saw as well.
    versioned: bool = True
    # By what the verb knows the record.
    key: Callable[[Any], object] = attrgetter("id")

    async def __call__(self, submission: Submission[Any]) -> object:
        """Calls it. Raises `ValidationFailed`, and what the verb raises."""
        values = await submission.values()
        if self.versioned:
            values["expected_version"] = submission.form.expected_version()
        return await self.verb(self.key(submission.row), **values, by=submission.actor)


@dataclass(frozen=True)
class Action(Generic[K]):
    """One action: the last segment of its URL, its rule, what it runs, and the message when that is done."""

    name: str
    rule: ActionRule[K]
    run: Callable[[Submission[K]], Awaitable[object]]
    _: KW_ONLY
    flash: str
    explanation: str = ""
    # What to say besides of this record, if anything.
    warning: Callable[[PageRequest, K], Awaitable[str]] | None = None
    inputs: Sequence[Input] = ()
    # The choices of an input that depend on the record.
    choices: Callable[[PageRequest, K], Awaitable[list[Choice]]] | None = None
    # What stands in the inputs when the form is opened.
    initial: Callable[[K], dict[str, str]] = lambda _row: {}
    # A form of a design of its own, and what its template needs besides.
    template: str = ""
    context: Callable[[PageRequest, Form], dict[str, Any]] = lambda _request, _form: {}
    needs_confirmation: bool = False
    # Needs an authentication within the last minutes.
    proof: bool = False
    # The key that presses its button.
    key: str = ""

    @property
    def has_form(self) -> bool:
        """Whether there is a form to fill in first."""
        return bool(self.inputs or self.template) or self.needs_confirmation

    async def choices_for(self, request: PageRequest, row: K) -> list[Choice]:
        """The choices of the input that has any."""
        if self.choices:
            return await self.choices(request, row)
        return [choice for one in self.inputs if one.enum for choice in enum_choices(request, one.enum)]


@dataclass(frozen=True)
class Actions(Generic[K]):
    """The actions on the records of a noun, and their pages.

    `back` is the page to which an action returns, with the query of the action; `title` what a record is
    called there, if not as elsewhere. Where somebody `may` not act on a record at all, its page shows no
    action.
    """

    path: str
    load: Callable[[PageRequest], Awaitable[K]]
    back: Callable[[K], str]
    actions: Sequence[Action[K]]
    title: Callable[[K], str] | None = None
    may: Callable[[Actor, K], bool] = lambda _actor, _row: True

    def routes(self) -> list[Route]:
        """The routes of every action."""
        paths = [f"{self.path}/{{id:uuid}}/{one.name}" for one in self.actions]
        return [route for path in paths for route in page_at(path, get=self.show_form, post=self.submit)]

    def available_actions(self, request: PageRequest, row: K) -> list[Action[K]]:
        """The actions that this person may take now."""
        mine = [action for action in self.actions if self._may_ever(request, action, row)]
        return [action for action in mine if action.rule.can(request.actor, row)]

    async def show_form(self, request: PageRequest) -> Response:
        """The form of the action in the path; the query fills its inputs."""
        return await self._respond(request, self._initial_form)

    async def submit(self, request: PageRequest) -> Response:
        """Runs the action in the path. If it is refused, the form is shown again with its input.

        An action that has something to show this once answers with a page of its own.
        """
        return await self._respond(request, self._run)

    async def _initial_form(self, request: PageRequest, action: Action[K], row: K) -> Response:
        query = request.http_request.query_params
        given = {one.name: query[one.name] for one in action.inputs if one.name in query}
        return await self.form(request, action, row, Form({**action.initial(row), **given}))

    async def _run(self, request: PageRequest, action: Action[K], row: K) -> Response:
        form, back = Form(request.form), self._back(request, action, row)
        run = action.run(Submission(request, row, form, action.inputs))
        try:
            result = await or_request_approval(request, form, run, back=back)
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

    async def _respond(
        self, request: PageRequest, respond: Callable[[PageRequest, Action[K], K], Awaitable[Response]]
    ) -> Response:
        """The response of `respond`, or the page that says no and who changed the record last."""
        action = next(one for one in self.actions if one.name == request.action_name)
        row = await self.load(request)
        if action.proof:
            require_recent_authentication(request)
        try:
            self._check_available(request, action, row)
            return await respond(request, action, row)
        except Conflict as conflict:
            return refusal_page(request, conflict, await history.last_changed_by(request, row))

    async def form(
        self,
        request: PageRequest,
        action: Action[K],
        row: K,
        form: Form,
        *,
        status: int = 200,
        conflict: Message | None = None,
    ) -> Response:
        """The form of `action`; after a conflict with what changed since it was opened."""
        await name_codes(request, form, {one.name: one.kind for one in action.inputs})
        return render(
            request,
            action.template or "kit/templates/action.html",
            block="form",
            status=status,
            action=action,
            row=row,
            form=form,
            title=self.title(row) if self.title else title_of(request, row),
            back=self._back(request, action, row),
            conflict=request.translate(conflict) if conflict else "",
            opened=digests(history.column_texts(row)),
            changes=await history.changes_since(request, row, form.text("opened")) if conflict else [],
            changed_by=await history.last_changed_by(request, row) if conflict else "",
            choices=await action.choices_for(request, row),
            warning=await action.warning(request, row) if action.warning else "",
            **action.context(request, form),
        )

    def _back(self, request: PageRequest, action: Action[K], row: K) -> str:
        """The page of the record, with the query of the action but for its inputs."""
        url = request.url_with(**{one.name: None for one in action.inputs})
        return self.back(row) + url.removeprefix(request.http_request.url.path)

    def _may_ever(self, request: PageRequest, action: Action[K], row: K) -> bool:
        return has_right(request.actor, action.rule.right) and self.may(request.actor, row)

    def _check_available(self, request: PageRequest, action: Action[K], row: K) -> None:
        """Raises `PermissionDenied` without the right to `action`, `Conflict` where it is impossible now."""
        if not self._may_ever(request, action, row):
            raise PermissionDenied("You do not have permission to do this.")
        if not action.rule.can(request.actor, row):
            raise Conflict(
                "This is not possible in the current status. View the current state and choose again."
            )
