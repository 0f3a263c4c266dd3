"""Edit forms: showing one, saving it, and resolving conflicting edits."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Generic, TypeVar

from starlette.responses import Response

from admin.kit import history
from admin.kit.forms.comparison import Marked, compare
from admin.kit.forms.field_labels import labels_of
from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.merging import Merge, Values, digests, merge
from admin.kit.history import HistoryEntry
from admin.kit.pages import redirect_with_flash
from admin.kit.request import PageRequest
from records.core.errors import Conflict, ValidationFailed
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)

# How often a save that somebody else overtakes is merged anew before the person is asked.
_MAX_ATTEMPTS: Final = 3


@dataclass(frozen=True)
class ConflictingValue:
    """One field of a conflict: what is submitted as one's own, and both values as people read them."""

    name: str
    text: str
    submitted: Sequence[str]
    mine: Marked
    theirs: Marked


@dataclass(frozen=True)
class FieldConflict:
    """Fields that two people changed: their name, and who else saved them when, where that may be seen."""

    name: str
    text: str
    fields: Sequence[ConflictingValue]
    change: HistoryEntry | None


@dataclass(frozen=True)
class AdoptedField:
    """A field that only somebody else changed: its value before and now, and who saved it."""

    name: str
    before: str
    after: str
    change: HistoryEntry | None


@dataclass(frozen=True)
class EditState:
    """The state that an edit form carries of its record, and the conflicts to resolve."""

    version: int
    digests: str
    conflicts: Sequence[FieldConflict] = ()
    adopted: Sequence[AdoptedField] = ()
    # The latest change of the record, where it may be seen.
    change: HistoryEntry | None = None


@dataclass(frozen=True)
class EditForm(Generic[K]):
    """How the records of a noun are edited.

    `values` are the fields as a form holds them, `read` gives the submitted ones, and `save` stores a form at
    the version of the row. The texts of `choice_labels` are shown for the values of the fields.
    """

    load: Callable[[PageRequest], Awaitable[K]]
    values: Callable[[PageRequest, K], Awaitable[Values]]
    choice_labels: Callable[[PageRequest, K, Form], Awaitable[Mapping[str, Sequence[Choice]]]]
    save: Callable[[PageRequest, K, Form], Awaitable[object]]
    show: Callable[[PageRequest, K, Form, EditState, int], Awaitable[Response]]
    path: Callable[[K], str]
    flash: str
    field_groups: tuple[tuple[str, ...], ...] = ()
    read: Callable[[PageRequest], Form] = lambda request: Form(request.form)
    # The labels of the inputs, where not those of the noun.
    labels: Callable[[K], Awaitable[Mapping[str, str]]] | None = None


async def show_edit_form(request: PageRequest, edit_form: EditForm[K], row: K) -> Response:
    """The form with the current values."""
    values = await edit_form.values(request, row)
    return await edit_form.show(request, row, Form(values), EditState(row.version, digests(values)), 200)


async def save_edit_form(request: PageRequest, edit_form: EditForm[K], row: K) -> Response:
    """Saves the submitted form. Fields that others saved meanwhile stay and are named.

    Where both changed the same field, or anything is wrong, the form comes back with everything typed.
    """
    return await _save(request, edit_form, row, attempts=_MAX_ATTEMPTS)


async def _save(request: PageRequest, edit_form: EditForm[K], row: K, *, attempts: int) -> Response:
    values = await edit_form.values(request, row)
    merged = merge(edit_form.read(request), values, version=row.version, field_groups=edit_form.field_groups)
    problems = merged.form.problems
    try:
        if not merged.conflicts:
            saved = await edit_form.save(request, row, merged.form)
            # The save needs an approval and has its own response.
            if isinstance(saved, Response):
                return saved
            # A flash message has texts of the catalogue only, and so none of the names of numbered inputs.
            texts = labels_of(type(row))
            labels = dict.fromkeys(texts[name.partition("-")[0]] for name in merged.adopted)
            return redirect_with_flash(request, edit_form.path(row), edit_form.flash, merged_fields=labels)
        for name in {unit[0] for unit in merged.conflicts} & set(merged.form.texts("conflict")):
            merged.form.add_problem(name, "Choose which version to keep.")
        status = 409
    except ValidationFailed as error:
        problems |= error.problems
        status = 422
    except Conflict as conflict:
        latest = await edit_form.load(request)
        if latest.version != row.version and attempts > 1:
            return await _save(request, edit_form, latest, attempts=attempts - 1)
        problems[""] = conflict.message
        status = 409
    opened = await _edit_state(request, edit_form, row, values, merged)
    return await edit_form.show(request, row, merged.form, opened, status)


async def _edit_state(
    request: PageRequest, edit_form: EditForm[K], row: K, values: Values, merged: Merge
) -> EditState:
    """The current record, with the conflicts of the form."""
    choice_labels = await edit_form.choice_labels(request, row, merged.form)
    found = await history.entries(request, row) if merged.conflicts or merged.adopted else None
    labels = await edit_form.labels(row) if edit_form.labels else labels_of(type(row))
    changes = history.last_changes(found or [])
    latest = history.latest_of(found or [])

    def display_value(name: str, value: str | list[str]) -> str:
        texts = {choice.value: choice.text for choice in choice_labels.get(name, ())}
        return ", ".join(texts.get(one, one) for one in (value if isinstance(value, list) else [value]))

    def conflicting(name: str) -> ConflictingValue:
        now = values[name]
        own = merged.form.texts(name) if isinstance(now, list) else [merged.form.selected(name)]
        mine, theirs = compare(display_value(name, own), display_value(name, now))
        return ConflictingValue(name, request._(labels[name]), own, mine, theirs)

    def change_of(fields: Sequence[str]) -> HistoryEntry | None:
        known = [changes[text][0] for name in fields if (text := request._(labels[name])) in changes]
        return max(known, key=attrgetter("at"), default=latest)

    def adopted(name: str) -> AdoptedField:
        text = request._(labels[name])
        change, difference = changes.get(text, (latest, None))
        before = difference.before if difference else ""
        return AdoptedField(text, before, display_value(name, values[name]), change)

    conflicts = []
    for unit in merged.conflicts:
        fields = [conflicting(name) for name in unit]
        text = ", ".join(field.text for field in fields)
        conflicts.append(FieldConflict(unit[0], text, fields, change_of(unit)))
    taken = [adopted(name) for name in merged.adopted]
    return EditState(row.version, digests(values), conflicts, taken, latest)
