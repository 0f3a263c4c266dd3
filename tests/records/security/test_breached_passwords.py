import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from records.security.breached_passwords import is_breached
from tests.replaced import replaced_settings

KNOWN = [f"mật khẩu bị lộ số {number}" for number in range(200)]


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture(params=["\n", "\r\n"], ids=["lf", "crlf"])
def listed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A list as it is downloaded: ordered, with counts of different lengths."""
    path = tmp_path / "breached.txt"
    lines = sorted(f"{sha1(password)}:{7 ** (at % 9)}" for at, password in enumerate(KNOWN))
    path.write_bytes(request.param.join([*lines, ""]).encode())
    with replaced_settings(breached=path):
        yield path


def test_breached_list_finds_its_passwords_only(listed: Path) -> None:
    assert all(is_breached(password) for password in KNOWN)
    assert not any(is_breached(f"{password}!") for password in KNOWN)
    assert not is_breached("\ud800")


def test_breached_list_may_have_any_length_and_no_counts(tmp_path: Path) -> None:
    path = tmp_path / "breached.txt"
    for length in range(5):
        held = KNOWN[:length]
        path.write_text("\n".join(sorted(sha1(password).lower() for password in held)), encoding="ascii")
        with replaced_settings(breached=path):
            assert [is_breached(password) for password in KNOWN[:6]] == [p in held for p in KNOWN[:6]]


def test_password_is_not_breached_without_list() -> None:
    assert not is_breached(KNOWN[0])
