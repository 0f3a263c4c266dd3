"""The user that PostgreSQL runs as where the service runs as root."""

import pwd
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest

from records.database.embedded import service_user


def test_service_user_is_made_once_when_two_start_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def add(*_args: object, **_named: object) -> CompletedProcess[str]:
        time.sleep(0.05)
        made.append(999 - len(made))
        return CompletedProcess([], 0)

    def find(name: str) -> object:
        if not made:
            raise KeyError(name)
        return SimpleNamespace(pw_uid=made[-1])

    monkeypatch.setattr(subprocess, "run", add)
    monkeypatch.setattr(pwd, "getpwnam", find)
    with ThreadPoolExecutor() as starts:
        found = list(starts.map(lambda _: service_user._own_user().pw_uid, range(4)))
    assert (found, made) == ([999] * 4, [999])
