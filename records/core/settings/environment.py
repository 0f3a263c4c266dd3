"""Settings that the environment gives: a variable is declared once, beside its field."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

_KEY: Final = "variable"
# What Kubernetes sets in each container for a Service of the name "ketnoi".
_KUBERNETES: Final = re.compile(r"KETNOI_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP)\w*)?)")


class OperatorError(Exception):
    """An error that the operator can correct, as a plain sentence without secrets."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment; `read` raises `ValueError` or `LookupError` for a wrong value."""

    name: str
    read: Callable[[str], Any]
    # What an operator is told of a wrong value, after the name.
    problem: str
    write: Callable[[Any], str]
    # May be given as NAME_FILE instead: the path of a file that holds the value.
    secret: bool


def variable(
    name: str,
    read: Callable[[str], Any] = str,
    problem: str = "",
    *,
    default: Any = None,
    write: Callable[[Any], str] = str,
    secret: bool = False,
    shown: bool = True,
) -> Any:
    """The field of a dataclass that the variable `name` gives; `shown` says whether a `repr` has it."""
    declared = Variable(name, read, problem, write, secret)
    return field(default=default, repr=shown and not secret, metadata={_KEY: declared})


def variables(kind: type) -> dict[str, Variable]:
    """The variables that a dataclass declares, by field."""
    return {one.name: one.metadata[_KEY] for one in fields(kind) if _KEY in one.metadata}


def read(kind: type, environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """The fields that variables give, where they are not empty; what is wrong is added to `problems`."""
    values: dict[str, Any] = {}
    for name, declared in variables(kind).items():
        try:
            if value := _given(declared, environ):
                values[name] = declared.read(value)
        except (ValueError, LookupError):
            problems.append(f"{declared.name} {declared.problem}")
        except OperatorError as error:
            problems.append(str(error))
    return values


def written(settings: Any) -> dict[str, str]:
    """The variables from which these fields are read again."""
    values = ((declared, getattr(settings, name)) for name, declared in variables(type(settings)).items())
    return {declared.name: declared.write(value) for declared, value in values if value not in {None, ()}}


def unknown_variables(environ: Mapping[str, str], declared: list[Variable]) -> list[str]:
    """What is wrong with the names in `environ`: one sentence for each that looks like ours and is not."""
    files = [f"{one.name}_FILE" for one in declared if one.secret]
    # uvicorn reads this one itself.
    known = sorted([*(one.name for one in declared), *files, "FORWARDED_ALLOW_IPS"])
    return [
        f"{name} is not a setting" + (f"; did you mean {near}?" if near else "")
        for name in sorted(environ)
        if name not in known and not _KUBERNETES.fullmatch(name)
        for near in [next(iter(get_close_matches(name.upper(), known, n=1, cutoff=0.9)), None)]
        if near or name.upper().startswith("KETNOI_")
    ]


def _given(declared: Variable, environ: Mapping[str, str]) -> str | None:
    """The value of a variable, or what its file holds. Raises `OperatorError`."""
    value, file = environ.get(declared.name), f"{declared.name}_FILE"
    if value or not declared.secret or not (path := environ.get(file)):
        return value
    try:
        content = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OperatorError(f"{file} cannot be read: {path} is not text in UTF-8") from None
    if not content:
        raise OperatorError(f"{file} names an empty file")
    return content
