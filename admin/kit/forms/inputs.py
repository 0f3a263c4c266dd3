"""Inputs of a form, whether of the fields of a draft or of an action."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from admin.kit.forms.fields import Choice, Form
from records.core.dates import today
from records.core.labels import Labelled
from records.core.language import gettext_noop as _

InputKind: TypeAlias = Literal[
    "line",
    "long",
    "day",
    "moment",
    "number",
    "decimal",
    "coordinate",
    "url",
    "tick",
    "choices",
    "ticks",
    "list",
    "area",
    "group",
    "hidden",
]
READERS: Final[Mapping[InputKind, Callable[[Form, str], Any]]] = {
    "number": Form.integer,
    "decimal": Form.decimal,
    "coordinate": Form.coordinate,
    "day": Form.day,
    "moment": Form.moment,
    "list": lambda form, name: [line for line in form.text(name).splitlines() if line.strip()],
    "tick": lambda form, name: bool(form.text(name)),
    "ticks": Form.texts,
    "choices": Form.id,
}
"""How the value of an input is read, where it is not the text itself."""


@dataclass(frozen=True)
class Input:
    """One input: its name, label and kind, and the choices where there are any."""

    name: str
    label: str
    kind: InputKind = "line"
    required: bool = True
    # Whether it is required at times: its hint says when.
    conditional: bool = False
    hint: str = ""
    choices: Sequence[Choice] = ()
    # The enum whose members are the choices.
    enum: type[Labelled] | None = None
    # The label of the empty choice, if the input is optional.
    none: str = ""
    # "short" for a narrow one.
    size: str = ""
    # Whether it is sealed when it is saved.
    sealed: bool = False
    # The value of one that is left empty.
    default: Callable[[], object] = lambda: None

    def read(self, form: Form) -> Any:
        """The value that was submitted; problems are added to the form."""
        if self.enum:
            return form.enum_value(self.name, self.enum, required=True)
        if self.required and self.kind == "choices" and not form.text(self.name):
            form.add_problem(self.name, "Choose one.")
        elif self.required:
            form.require(self.name)
        value = READERS.get(self.kind, Form.text)(form, self.name)
        return self.default() if value is None else value


REASON_INPUT: Final = Input("reason", _("Reason"), kind="long")


def day_input(label: str) -> Input:
    """The input of the day on which something is done: today, if it is left empty."""
    hint = _("Leave empty for today")
    return Input("on", label, kind="day", size="short", required=False, hint=hint, default=today)
