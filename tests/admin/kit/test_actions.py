"""The verbs that actions on records call get what their forms ask for, and nothing else."""

from importlib import import_module
from inspect import signature
from pkgutil import walk_packages
from typing import Any, Final

import pytest

import admin
from admin.kit.nouns.actions import Action, Actions, Verb

_MODULES: Final = [import_module(one.name) for one in walk_packages(admin.__path__, "admin.")]
DECLARED: Final = {
    f"{actions.path}/{action.name}": action
    for module in _MODULES
    if isinstance(actions := getattr(module, "ACTIONS", None), Actions)
    for action in actions.actions
}
CALLS: Final = {path: action for path, action in DECLARED.items() if isinstance(action.run, Verb)}


def test_most_actions_call_their_verb_directly() -> None:
    assert len(CALLS) > len(DECLARED) / 2 > 15


@pytest.mark.parametrize("action", CALLS.values(), ids=CALLS)
def test_action_passes_what_its_verb_takes(action: Action[Any]) -> None:
    assert isinstance(action.run, Verb)
    passed = {one.name for one in action.inputs} | {"by"}
    passed |= {"expected_version"} if action.run.versioned else set()
    signature(action.run.verb).bind("the record", **dict.fromkeys(passed))
    # Whoever can pass the version that the person saw has to.
    assert action.run.versioned is ("expected_version" in signature(action.run.verb).parameters)


@pytest.mark.parametrize("action", DECLARED.values(), ids=DECLARED)
def test_action_has_at_most_one_source_of_choices(action: Action[Any]) -> None:
    open_choices = [one for one in action.inputs if one.kind == "choices" and not one.choices]
    assert len(open_choices) <= 1
    has_source = bool(action.choices or any(one.enum for one in action.inputs))
    # A template of its own may use the choices otherwise.
    assert has_source is bool(open_choices) or (has_source and bool(action.template))
