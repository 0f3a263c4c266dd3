"""`ketnoi keys`: made once, changed and dropped by command, and never shown."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from records.security.sealing import read_keyring

KETNOI = Path(sys.executable).with_name("ketnoi")
Ketnoi = Callable[..., tuple[int, str]]


@pytest.fixture
def noted() -> list[dict[str, str]]:
    """What the commands wrote into the log."""
    return []


@pytest.fixture
def ketnoi(fresh_database: str, tmp_path: Path, noted: list[dict[str, str]]) -> Ketnoi:
    """Runs `ketnoi` with a key file that only this test has; gives the exit code and what it printed."""
    own = {"DATABASE_URL": fresh_database, "KETNOI_KEY_FILE": str(tmp_path / "keys.json"), "PORT": "8999"}
    own |= {"KETNOI_URL": "https://ketnoi.example", "KETNOI_HOSTS": "ketnoi.example"}

    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [KETNOI, *words], check=False, capture_output=True, text=True, env={**os.environ, **own}
        )
        plain = [line for line in done.stderr.splitlines(keepends=True) if not line.startswith("{")]
        noted.extend(json.loads(line) for line in done.stderr.splitlines() if line.startswith("{"))
        return done.returncode, done.stdout + "".join(plain)

    return run


async def test_keys_are_made_rotated_and_dropped(
    ketnoi: Ketnoi, tmp_path: Path, noted: list[dict[str, str]]
) -> None:
    path = tmp_path / "keys.json"
    code, out = ketnoi("serve")
    assert code == 1
    assert "ketnoi keys new" in out
    assert not path.exists()
    assert ketnoi("keys", "new")[0] == 0
    ring = read_keyring(path)
    assert ketnoi("keys", "new") == (0, f"The key file is {path}, as it was.\n")
    assert read_keyring(path) == ring
    assert ketnoi("keys", "list") == (0, "1: 0 rows, current\n")
    code, out = ketnoi("keys", "rotate")
    assert code == 0
    assert "`ketnoi keys drop 1`" in out
    assert ketnoi("keys", "list") == (0, "1: 0 rows\n2: 0 rows, current\n")
    assert ketnoi("keys", "drop", "2")[0] == 1
    assert ketnoi("keys", "drop", "1") == (0, "Key 1 is dropped.\n")
    told = [(line["event"], line["what"], line["key"]) for line in noted]
    assert told == [
        ("sealing-key.changed", *what) for what in (("made", "1"), ("rotated", "2"), ("dropped", "1"))
    ]
    assert ketnoi("keys", "drop", "1")[0] == 1
    assert set(read_keyring(path).wrapping) == {"2"}
    assert path.stat().st_mode & 0o777 == 0o600
