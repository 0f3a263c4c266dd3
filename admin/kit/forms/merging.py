"""Three-way merge of a form with what others saved while it was open.

The form carries a digest of each field as it was when the form was made. It is not signed: whoever forges it
only says of their own input whether it was changed, and could as well have typed that input.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from starlette.datastructures import ImmutableMultiDict

from admin.kit.forms.fields import Form
from records.core.text import normalize_text

Values = Mapping[str, str | list[str]]
"""The fields of a form by name: a text, or a list where several boxes can be ticked."""


@dataclass(frozen=True)
class Merge:
    """The merged form, the conflicting fields, and the fields adopted from the other edit."""

    form: Form
    conflicts: list[tuple[str, ...]]
    adopted: list[str]


def digests(values: Values) -> str:
    """The digests of the fields that a form carries."""
    return " ".join(f"{name}={_digest(value)}" for name, value in values.items())


def parse_digests(text: str) -> dict[str, str]:
    """The digest of each field, parsed from what a form submitted."""
    return {name: digest for name, _sign, digest in (part.partition("=") for part in text.split())}


def merge(
    submitted: Form, current: Values, *, version: int, field_groups: Sequence[tuple[str, ...]] = ()
) -> Merge:
    """`submitted` merged with the fields as they are at `version` of the record.

    A field that only one side changed has the value of that side. Fields that mean something only together
    count as one. Where both sides changed one, `submitted` says which to keep (`keep-` and the field's name):
    "theirs", "mine" as it was shown (`mine-` and the field's name), or "new", what stands in the field.
    """
    opened = parse_digests(
        submitted.text("opened") if submitted.expected_version() != version else digests(current)
    )
    own = {name: _submitted_value(submitted, name, value) for name, value in current.items()}
    shown, replaced = set(submitted.texts("conflict")), dict[str, str | list[str]]()
    conflicts, adopted = list[tuple[str, ...]](), list[str]()
    for unit in _grouped_fields(current, field_groups):
        name, answer = unit[0], submitted.text(f"keep-{unit[0]}")
        if name in shown and answer == "mine":
            # Whatever was written into the field since.
            own |= {field: _shown_value(submitted, field, own[field]) for field in unit}
            replaced |= {field: own[field] for field in unit}
        changed = [field for field in unit if opened.get(field) != _digest(current[field])]
        touched = any(opened.get(field) != _digest(own[field]) for field in unit)
        if all(_digest(own[field]) == _digest(current[field]) for field in unit):
            # Also a field that the form did not send at all.
            replaced |= {field: current[field] for field in unit}
        elif answer == "theirs" or not touched:
            replaced |= {field: current[field] for field in unit}
            adopted += changed if not touched else []
        elif changed or (name in shown and answer not in {"mine", "new"}):
            conflicts.append(unit)
    return Merge(_replace_fields(submitted, replaced), conflicts, adopted)


def _grouped_fields(names: Iterable[str], field_groups: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The fields in their order, with those of a group as one."""
    unit_of = {name: unit for unit in field_groups for name in unit}
    return list(dict.fromkeys(unit_of.get(name, (name,)) for name in names))


def _submitted_value(form: Form, name: str, current: str | list[str]) -> str | list[str]:
    """The submitted value of a field, or `current` if the form has no such field."""
    if isinstance(current, list):
        return form.texts(name)
    return form.selected(name) if name in form.data else current


def _shown_value(form: Form, name: str, submitted: str | list[str]) -> str | list[str]:
    """One's own value of a field as it was shown beside the other one; of an empty list nothing is sent."""
    return form.texts(f"mine-{name}") if isinstance(submitted, list) else form.text(f"mine-{name}")


def _replace_fields(form: Form, replaced: Values) -> Form:
    """`form` with the values in `replaced`; choices of pickers for them are dropped."""
    if not replaced:
        return form
    replaced_inputs = {f"{name}{ending}" for name in replaced for ending in ("", "_asked", "_choice")}
    pairs = [(name, value) for name in form.data if name not in replaced_inputs for value in form.texts(name)]
    for name, value in replaced.items():
        pairs += [(name, text) for text in (value if isinstance(value, list) else [value])]
    return Form(ImmutableMultiDict(pairs), form.problems)


def _digest(value: str | list[str]) -> str:
    texts = sorted(value) if isinstance(value, list) else [normalize_text(value)]
    return sha256("\0".join(texts).encode()).hexdigest()[:16]
