"""The criteria of a scorecard in a form: rows of inputs, and one text of them all to compare edits by."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Final

from starlette.datastructures import ImmutableMultiDict

from admin.kit.forms.fields import Form
from admin.kit.request import PageRequest
from records.core.language import label
from records.nouns.reviews.criteria import MAX_CRITERIA
from records.tables.reviews import Measure

COLUMNS: Final = ("criterion", "max_points", "measure", "part")
FIELD: Final = "criteria"
# So that no line begins with an empty value, which would be stripped.
_BULLET: Final = "• "

Row = Mapping[str, str]
"""A criterion as it was entered."""


def read_form(request: PageRequest) -> Form:
    """The submitted form, with its rows as one field: lists that are compared lose their order."""
    submitted = Form(request.form)
    columns = (submitted.texts(name) for name in COLUMNS)
    rows = [dict(zip(COLUMNS, values, strict=True)) for values in zip_longest(*columns, fillvalue="")]
    filled = [row for row in rows if row["criterion"].strip() or row["max_points"].strip()]
    return Form(ImmutableMultiDict([*request.form.multi_items(), (FIELD, text_of(filled))]))


def text_of(rows: Iterable[Row]) -> str:
    """The rows as one text, from which `rows_of` reads them."""
    lines = ("\t".join(" ".join(row[name].split()) for name in COLUMNS) for row in rows)
    return "\n".join(f"{_BULLET}{line}" for line in lines).strip()


def rows_of(text: str) -> list[Row]:
    """The rows of a text, at most one more than a scorecard may have."""
    rows = text.splitlines()[: MAX_CRITERIA + 1]
    lines = (line.removeprefix(_BULLET).split("\t") for line in rows)
    return [dict(zip(COLUMNS, [*line, *[""] * len(COLUMNS)], strict=False)) for line in lines]


def readable(request: PageRequest, text: str) -> str:
    """The rows of a text as people read them: each on a line, with its points and its measure."""
    return "\n".join(
        f"{number}. {_part(row)}{row['criterion']}: {row['max_points']}{_measure(request, row['measure'])}"
        for number, row in enumerate(rows_of(text), start=1)
    )


def _part(row: Row) -> str:
    return f"{row['part']}: " if row["part"] else ""


def _measure(request: PageRequest, value: str) -> str:
    return f" ({label(request.language, Measure(value))})" if value in set(Measure) else ""
