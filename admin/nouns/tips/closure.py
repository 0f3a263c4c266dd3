"""The form that closes a tip: the outcomes to tick, each with its number."""

from typing import Any

from admin.kit.forms.fields import Form, enum_choices
from admin.kit.request import PageRequest
from records.nouns import tips
from records.tables.tips import OutcomeKind


def context(request: PageRequest, _form: Form) -> dict[str, Any]:
    """What the template of the form needs."""
    return {"outcome_choices": enum_choices(request, OutcomeKind)}


def read_outcomes(form: Form) -> list[tips.OutcomeDraft]:
    """The outcomes that were ticked; problems are named by the kind of the outcome."""
    ticked, on_day = set(form.texts("kind")) - {""}, form.day("on_day")
    if ticked - set(OutcomeKind):
        form.add_problem("outcomes", "Choose one.")
    drafts = []
    for kind in OutcomeKind:
        if kind not in ticked:
            continue
        count, note = f"count-{kind}", f"outcome_note-{kind}"
        number = form.integer(count) if form.text(count) else 1
        draft = tips.OutcomeDraft(kind, number or 0, on_day=on_day, note=form.text(note))
        names = {"count": count, "note": note}
        for name, problem in tips.outcome_problems(draft).items():
            form.problems.setdefault(names.get(name, name), problem)
        drafts.append(draft)
    return drafts
