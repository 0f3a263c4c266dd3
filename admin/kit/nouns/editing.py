"""Edit forms: opening one, saving it, and asking where two people changed the same field."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from starlette.responses import Response

from admin.kit.forms.field_labels import WORDS
from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.merging import Merge, Values, digests, merge
from admin.kit.history import Difference
from admin.kit.pages import done
from admin.kit.request import Visit
from records.core.errors import Conflict, Invalid
from records.tables.base import Kept

K = TypeVar("K", bound=Kept)

# How often a save that somebody else overtakes is merged anew before the person is asked.
_ATTEMPTS: Final = 3


@dataclass(frozen=True)
class Question:
    """Fields that two people changed: their name, and both values as people read them."""

    name: str
    text: str
    fields: list[Difference]


@dataclass(frozen=True)
class Opened:
    """What an edit form carries of its record, and what it has to ask and tell."""

    version: int
    digests: str
    questions: Sequence[Question] = ()
    taken: Sequence[Difference] = ()


@dataclass(frozen=True)
class Editor(Generic[K]):
    """How the records of a noun are edited.

    `values` are the fields as a form holds them, and `save` stores a form at the version of the row. `words`
    are the choices whose texts stand for what the fields hold.
    """

    load: Callable[[Visit], Awaitable[K]]
    values: Callable[[Visit, K], Awaitable[Values]]
    words: Callable[[Visit, K, Form], Awaitable[Mapping[str, Sequence[Choice]]]]
    save: Callable[[Visit, K, Form], Awaitable[object]]
    show: Callable[[Visit, K, Form, Opened, int], Awaitable[Response]]
    path: Callable[[K], str]
    said: str
    together: tuple[tuple[str, ...], ...] = ()


async def open_form(visit: Visit, editor: Editor[K], row: K) -> Response:
    """The form, filled with the record as it is."""
    values = await editor.values(visit, row)
    return await editor.show(visit, row, Form(values), Opened(row.version, digests(values)), 200)


async def save_form(visit: Visit, editor: Editor[K], row: K) -> Response:
    """Saves the form that was sent. What others saved meanwhile stays, and is told.

    Where both changed the same field, or anything is wrong, the form comes back with everything typed.
    """
    return await _save(visit, editor, row, attempts=_ATTEMPTS)


async def _save(visit: Visit, editor: Editor[K], row: K, *, attempts: int) -> Response:
    values = await editor.values(visit, row)
    merged = merge(Form(visit.form), values, version=row.version, together=editor.together)
    problems = merged.form.problems
    try:
        if not merged.questions:
            saved = await editor.save(visit, row, merged.form)
            # A save that first needs another person's approval answers by itself.
            if isinstance(saved, Response):
                return saved
            return done(visit, editor.path(row), editor.said, kept=merged.taken)
        for name in {unit[0] for unit in merged.questions} & set(merged.form.texts("asked")):
            merged.form.note(name, "Choose which version to keep.")
        status = 409
    except Invalid as no:
        problems |= no.problems
        status = 422
    except Conflict as conflict:
        latest = await editor.load(visit)
        if latest.version != row.version and attempts > 1:
            return await _save(visit, editor, latest, attempts=attempts - 1)
        problems[""] = conflict.message
        status = 409
    opened = await _opened(visit, editor, row, values, merged)
    return await editor.show(visit, row, merged.form, opened, status)


async def _opened(visit: Visit, editor: Editor[K], row: K, values: Values, merged: Merge) -> Opened:
    """The record as it is now, with what the form has to ask and tell."""
    words = await editor.words(visit, row, merged.form)

    def shown(name: str, value: str | list[str]) -> str:
        texts = {choice.value: choice.text for choice in words.get(name, ())}
        return ", ".join(texts.get(one, one) for one in (value if isinstance(value, list) else [value]))

    def both(name: str) -> Difference:
        now = values[name]
        yours = merged.form.texts(name) if isinstance(now, list) else merged.form.picked(name)
        return Difference(visit._(WORDS[name]), shown(name, yours), shown(name, now))

    questions = []
    for unit in merged.questions:
        fields = [both(name) for name in unit]
        questions.append(Question(unit[0], ", ".join(field.name for field in fields), fields))
    return Opened(row.version, digests(values), questions, [both(name) for name in merged.taken])
