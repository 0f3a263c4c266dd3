"""`ketnoi retention`: what is due is counted, done, and files that belong to nothing go with it."""

import os
import subprocess
import sys
from pathlib import Path

KETNOI = Path(sys.executable).with_name("ketnoi")


def ketnoi(url: str, data: Path, *words: str) -> list[str]:
    own = {"DATABASE_URL": url, "KETNOI_DATA_DIR": str(data), "PORT": "8999"}
    done = subprocess.run(
        [KETNOI, "retention", *words], check=False, capture_output=True, text=True, env={**os.environ, **own}
    )
    assert done.returncode == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


async def test_dry_run_counts_stray_files_and_next_run_erases_them(
    fresh_database: str, tmp_path: Path
) -> None:
    stray = tmp_path / "attachments" / "cd" / ("cd" * 32)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"noise")
    due = ketnoi(fresh_database, tmp_path, "apply", "--dry-run")
    assert due == [
        "activity 0 due ERASE_PICTURES",
        "education_case 0 due ERASE_PERSON",
        "member 0 due ERASE_PERSON",
        "session 0 due REMOVE",
        "tip 0 due ERASE_PERSON",
        "files 1 due no picture's any more",
    ]
    assert stray.exists()
    assert ketnoi(fresh_database, tmp_path, "apply")[-1] == "files 1 done no picture's any more"
    assert not stray.exists()
    assert ketnoi(fresh_database, tmp_path, "apply")[-1] == "files 0 done no picture's any more"
