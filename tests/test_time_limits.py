"""Neither a test nor a step of continuous integration can hang, and no file of tests grows without end."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]


def test_tests_have_time_limit(pytestconfig: pytest.Config) -> None:
    assert float(pytestconfig.getini("timeout")) > 0


@pytest.mark.parametrize("body", ["await asyncio.Event().wait()", "asyncio.run(asyncio.sleep(60))"])
def test_pytest_fails_and_continues_when_test_hangs(tmp_path: Path, body: str) -> None:
    keyword = "async def" if body.startswith("await") else "def"
    (tmp_path / "test_hanging.py").write_text(
        f"import asyncio\n\n{keyword} test_hangs():\n    {body}\n\ndef test_after():\n    pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-o", "asyncio_mode=auto", "--timeout=1", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "Failed: Timeout" in done.stdout
    assert "1 failed, 1 passed" in done.stdout


def test_ci_limits_every_step() -> None:
    script = (_ROOT / ".ci" / "run").read_text()
    commands = [line for line in script.splitlines() if re.search(r"\bmake \w", line) and line[0] != "#"]

    assert len(commands) >= 6
    assert all(re.match(r"(within|every_test) \d+ make ", line) for line in commands)


def test_ci_stops_with_stacks_when_time_is_over(tmp_path: Path) -> None:
    script = (_ROOT / ".ci" / "run").read_text()
    limited, changes = re.subn(r"^deadline=.*$", "deadline=$((SECONDS + 3))", script, flags=re.MULTILINE)
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text(limited)
    make = tmp_path / "make"
    make.write_text(f"#!{sys.executable}\nimport time\n\ndef hangs():\n    time.sleep(600)\n\nhangs()\n")
    make.chmod(0o755)

    done = subprocess.run(
        ["/usr/bin/env", "bash", str(tmp_path / ".ci" / "run")],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert changes == 1
    assert done.returncode == 124
    assert "in hangs" in done.stdout
    assert "CI: stopped after" in done.stdout


def test_files_have_at_most_400_lines() -> None:
    long = [
        str(path.relative_to(_ROOT))
        for path in (_ROOT / "tests").rglob("*.py")
        if "node_modules" not in path.parts and len(path.read_text(encoding="utf-8").splitlines()) > 400
    ]

    assert long == []
