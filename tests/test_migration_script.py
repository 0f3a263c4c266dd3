"""The migration that a script writes needs no further edit."""

import subprocess
import sys
from pathlib import Path

from scripts.migration import ROOT, finish

GENERATED = """from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    initial = False
    operations = [ops.AddField(model_name='Group', name='place', field=fields.TextField(null=True))]
"""


def test_migration_is_formatted_and_has_docstring(tmp_path: Path) -> None:
    path = tmp_path / "0099_place.py"
    path.write_text(GENERATED, encoding="utf-8")
    finish(path, "Groups say where they meet.")
    assert path.read_text(encoding="utf-8").startswith(
        '"""Groups say where they meet."""\n\nfrom tortoise import'
    )
    ruff = Path(sys.executable).with_name("ruff")
    for check in (["check", "--select", "I"], ["format", "--check"]):
        subprocess.run([ruff, *check, path], check=True, cwd=ROOT)
