#!/usr/bin/env python
"""Writes the migration of a change of the tables, formatted and with its docstring.

python -m scripts.migration NAME "What the migration does."
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "records" / "database" / "migrations"


def finish(path: Path, purpose: str) -> None:
    """Gives a generated migration its docstring, sorts its imports and formats it."""
    path.write_text(f'"""{purpose}"""\n\n{path.read_text(encoding="utf-8")}', encoding="utf-8")
    _run("ruff", "check", "--fix", "--exit-zero", "--quiet", str(path))
    _run("ruff", "format", "--quiet", str(path))


def _run(tool: str, *arguments: str) -> None:
    subprocess.run([Path(sys.executable).with_name(tool), *arguments], check=True, cwd=ROOT)


def main(name: str, purpose: str) -> None:
    """Writes the file, if the tables differ from the migrations."""
    before = set(FOLDER.glob("0*.py"))
    _run("tortoise", "makemigrations", "--name", name)
    for path in set(FOLDER.glob("0*.py")) - before:
        finish(path, purpose)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
