"""The form that closes a tip: one row for each outcome."""

from typing import Any, Final

from admin.kit.forms.fields import Form, enum_choices
from admin.kit.request import PageRequest
from records.nouns import tips
from records.tables.tips import OutcomeKind

_INPUTS: Final = ("kind", "count", "on_day", "outcome_note")


def context(request: PageRequest, form: Form) -> dict[str, Any]:
    """What the template of the form needs: its rows, one more where that was asked for."""
    submitted = {name: form.texts(name) for name in _INPUTS}
    rows = min(max(len(submitted["kind"]), 1) + bool(form.text("more")), tips.MAX_OUTCOMES)
    return {
        "rows": [
            {name: texts[index] if index < len(texts) else "" for name, texts in submitted.items()}
            for index in range(rows)
        ],
        "may_add": rows < tips.MAX_OUTCOMES,
        "outcome_choices": enum_choices(request, OutcomeKind),
    }


def read_outcomes(form: Form) -> list[tips.OutcomeDraft]:
    """The rows with any input; problems are named by the number of the row."""
    columns = (form.texts(name) for name in _INPUTS)
    drafts = []
    for index, (kind, count, on_day, note) in enumerate(zip(*columns, strict=False)):
        if not kind and not note.strip():
            continue
        row = Form({"kind": kind, "count": count or "1", "on_day": on_day, "outcome_note": note})
        draft = tips.OutcomeDraft(
            kind=row.enum_value("kind", OutcomeKind, required=True),
            count=row.integer("count") or 0,
            on_day=row.day("on_day"),
            note=note,
        )
        for name, problem in tips.outcome_problems(draft).items():
            row.problems.setdefault("outcome_note" if name == "note" else name, problem)
        form.problems |= {f"{name}-{index}": message for name, message in row.problems.items()}
        drafts.append(draft)
    return drafts
