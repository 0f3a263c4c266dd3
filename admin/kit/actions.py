"""Steps in the life of a record: each a noun below its address, with a small form where one is needed.

A step is data. The same rule (`can`) decides whether its button can be pressed and whether its form is shown;
the verb that it calls decides again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from starlette.responses import Response

from admin.kit import history
from admin.kit.approvals import or_ask
from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.merging import digests
from admin.kit.pages import done, page
from admin.kit.request import Visit
from records.core.actor import Actor
from records.core.errors import Conflict, Denied, Invalid, Message
from records.core.rights import Right, may
from records.tables.base import Kept

K = TypeVar("K", bound=Kept)


@dataclass(frozen=True)
class Field:
    """One thing that a step asks for."""

    name: str
    text: str
    kind: Literal["line", "long", "day", "choices", "group"] = "line"
    needed: bool = True
    hint: str = ""


@dataclass(frozen=True)
class Step(Generic[K]):
    """One step: what it is called, who may take it when, and what it does."""

    noun: str
    text: str
    right: Right
    can: Callable[[Actor, K], bool]
    do: Callable[[Visit, K, Form], Awaitable[object]]
    said: str
    explained: str = ""
    fields: Sequence[Field] = ()
    grave: bool = False
    # A step whose form has a page of its own shape.
    own_form: bool = False
    choices: Callable[[Visit, K], Awaitable[list[Choice]]] | None = field(default=None)

    @property
    def asks(self) -> bool:
        """Whether there is a form to fill in first."""
        return bool(self.fields) or self.grave or self.own_form


@dataclass(frozen=True)
class Offer(Generic[K]):
    """A step as a record's page offers it."""

    step: Step[K]
    allowed: bool


def offers(visit: Visit, steps: Sequence[Step[K]], row: K) -> list[Offer[K]]:
    """The steps that this person may ever take, and whether they may now."""
    mine = [step for step in steps if may(visit.actor, step.right)]
    return [Offer(step, step.can(visit.actor, row)) for step in mine]


def check_now(visit: Visit, step: Step[K], row: K) -> None:
    """Raises `Denied` or `Conflict` where the button of `step` would be grey."""
    if not may(visit.actor, step.right):
        raise Denied("You may not do this.")
    if not step.can(visit.actor, row):
        raise Conflict("As it stands now, this cannot be done. Look at how it stands and choose again.")


async def ask(visit: Visit, step: Step[K], row: K, *, name: str, back: str) -> Response:
    """The form of `step`."""
    check_now(visit, step, row)
    return await _form(visit, step, row, Form({}), name=name, back=back)


async def do(
    visit: Visit, step: Step[K], row: K, *, name: str, back: str, again: Callable[[], Awaitable[K]]
) -> Response:
    """Takes `step`. When refused, the form comes back as it was typed; `again` loads the record anew.

    A step that has something to show this once answers with a page of its own.
    """
    check_now(visit, step, row)
    form = Form(visit.form)
    try:
        result = await or_ask(visit, form, step.do(visit, row, form), back=back)
    except Invalid as no:
        form.problems |= no.problems
        return await _form(visit, step, row, form, name=name, back=back, status=422)
    except Conflict as conflict:
        row = await again()
        check_now(visit, step, row)
        if not step.asks:
            raise
        said = conflict.message
        return await _form(visit, step, row, form, name=name, back=back, status=409, conflict=said)
    return result if isinstance(result, Response) else done(visit, back, step.said)


async def _form(
    visit: Visit,
    step: Step[K],
    row: K,
    form: Form,
    *,
    name: str,
    back: str,
    status: int = 200,
    conflict: Message | None = None,
) -> Response:
    return page(
        visit,
        "kit/templates/step.html",
        block="form",
        status=status,
        step=step,
        row=row,
        form=form,
        name=name,
        back=back,
        conflict=visit.say(conflict) if conflict else "",
        opened=digests(history.state(row)),
        changes=await history.changed(visit, row, form.text("opened")) if conflict else [],
        step_choices=await step.choices(visit, row) if step.choices else [],
    )
