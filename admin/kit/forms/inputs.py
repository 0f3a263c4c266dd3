"""Inputs of a form, whether of the fields of a draft or of an action."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from admin.kit.forms.fields import Choice

InputKind: TypeAlias = Literal[
    "line",
    "long",
    "day",
    "moment",
    "number",
    "decimal",
    "url",
    "tick",
    "choices",
    "ticks",
    "list",
    "area",
    "group",
]


@dataclass(frozen=True)
class Input:
    """One input: its name, label and kind, and the choices where there are any."""

    name: str
    label: str
    kind: InputKind = "line"
    required: bool = True
    hint: str = ""
    choices: Sequence[Choice] = ()
    # The label of the empty choice, if the input is optional.
    none: str = ""
    # "short" for a narrow one.
    size: str = ""
