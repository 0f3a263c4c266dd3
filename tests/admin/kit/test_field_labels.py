"""The summary of errors calls an input as the form does."""

import re
from pathlib import Path

import pytest

import admin
from admin.kit.forms.field_labels import FIELD_LABELS, labels_of
from records.tables import Programme, Tip

_FOLDER = Path(admin.__file__).parent
_INPUT = re.compile(r'ui\.(?:line|long|choose|pick|ticks)\(\s*(\w+), "(\w+)", _\("([^"]*)"\)')
_INCLUDE = re.compile(r'{% include "([^"]*)" %}')
_SUMMARY = re.compile(r"ui\.summary\(form([^}]*)\) }}")
_OVERRIDE = re.compile(r'(\w+)=_\("([^"]*)"\)')
# Search fields, whose text is never refused by name.
_UNNAMED = {"q"}


def source(path: str) -> str:
    """The source of a template with those that it includes."""
    text = (_FOLDER / path).read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda found: source(found[1]), text)


PAGES = sorted(
    path
    for path in (str(found.relative_to(_FOLDER)) for found in _FOLDER.rglob("*.html"))
    if "{% extends" in source(path)
)


@pytest.mark.parametrize("path", PAGES)
def test_summary_names_input_as_form_does(path: str) -> None:
    text = source(path)
    overrides = {name: label for found in _SUMMARY.findall(text) for name, label in _OVERRIDE.findall(found)}
    labels = {name: label for _form, name, label in _INPUT.findall(text) if name not in _UNNAMED}
    assert labels == {name: overrides.get(name, FIELD_LABELS.get(name)) for name in labels}


def test_labels_are_those_of_noun_when_nouns_share_a_name() -> None:
    assert (labels_of(Tip)["channel"], labels_of(Programme)["channel"]) == (
        "Channel",
        "Means of communication",
    )
