"""The texts of the demonstration, from the files beside this one."""

import csv
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

MARK: Final = "(Nội dung mẫu, không có thật.)"


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of the CSV file with that name."""
    return csv.DictReader(_text(f"{name}.csv").splitlines())


def phrases() -> dict[str, Any]:
    """What generated records are made of."""
    return tomllib.loads(_text("phrases.toml"))


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
