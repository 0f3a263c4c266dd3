"""The files of pictures, each named by the hash of its sealed content."""

import os
import re
from pathlib import Path
from typing import Final

from records.core.settings import installation

# The file of a picture, whole or half written.
_FILE: Final = re.compile(r"[0-9a-f]{64}(\.new)?")


def path_of(name: str) -> Path:
    """The path of the file with the hash `name`."""
    return installation.settings().attachments / name[:2] / name


def all_files() -> list[Path]:
    """The files of pictures, whole or half written."""
    folder = installation.settings().attachments
    return [path for path in folder.glob("??/*") if _FILE.fullmatch(path.name) and path.is_file()]


def write(path: Path, data: bytes) -> None:
    """Writes a file that only this service may read: whole, or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
