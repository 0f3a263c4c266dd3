"""Neither a test nor a step of continuous integration can hang."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]


def test_every_test_has_a_time_limit(pytestconfig: pytest.Config) -> None:
    assert float(pytestconfig.getini("timeout")) > 0


@pytest.mark.parametrize("body", ["await asyncio.Event().wait()", "asyncio.run(asyncio.sleep(60))"])
def test_pytest_fails_and_goes_on_when_a_test_hangs(tmp_path: Path, body: str) -> None:
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


def test_each_step_of_ci_has_a_time_limit() -> None:
    script = (_ROOT / ".ci" / "run").read_text()
    commands = [line for line in script.splitlines() if re.search(r"\bmake \w", line) and line[0] != "#"]

    limits = [re.match(r"within (\d+) make ", line) for line in commands]

    assert len(commands) >= 5
    assert all(limits)
    assert sum(int(limit[1]) for limit in limits if limit) <= 80
