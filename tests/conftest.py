"""One real PostgreSQL for the whole run, and the service on it. A test leaves no rows behind."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from records.core.settings import Settings, installation
from records.security import passwords, sealing
from tests.clients import (
    PASSWORD,
    _app,
    api,
    app,
    area_ids,
    live,
    partner_key,
    staff_actor,
    staff_client,
)
from tests.databases import (
    _connected,
    database,
    database_url,
    empty,
    fresh_database,
    server_url,
    service_accounts,
    template,
)
from tests.proofs_ran import pytest_runtest_logreport, pytest_sessionfinish, pytest_terminal_summary
from tests.replaced import replaced_settings

# What pytest finds here, and what tests import from here.
__all__ = [
    "PASSWORD",
    "_app",
    "_connected",
    "api",
    "app",
    "area_ids",
    "database",
    "database_url",
    "empty",
    "fresh_database",
    "live",
    "partner_key",
    "pytest_runtest_logreport",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "server_url",
    "service_accounts",
    "staff_actor",
    "staff_client",
    "template",
]

# What takes longest begins first: coming last, it would leave the other process with nothing to do.
_LONGEST = (
    *(
        "tests/browser/test_admin.py",
        "tests/browser/test_areas.py",
        "tests/admin/test_access.py",
        "tests/api/nouns/",
        "tests/browser/",
    ),
    *("tests/api/test_elsewhere.py", "tests/api/reads/test_pools.py", "tests/security/"),
    *("tests/records/audit/", "tests/records/areas/", "tests/records/demo/", "tests/commands/"),
    *("tests/scope/", "tests/api/mutations/test_base.py", "tests/api/guide/"),
)


def pytest_collection_finish() -> None:
    """Hides what is there now from the garbage collector, which would look at all of it again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first. In continuous integration nothing may be left out."""
    items.sort(key=_place)
    if not os.environ.get("CHROMIUM") and not os.environ.get("CI"):
        for item in items:
            if "browser" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="not run: CHROMIUM is not set"))


def _place(item: pytest.Item) -> int:
    """The place of the first entry of `_LONGEST` that the test is of; else after all."""
    places = (place for place, start in enumerate(_LONGEST) if item.nodeid.startswith(start))
    return next(places, len(_LONGEST))


@pytest.fixture(scope="session", autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The keys of this run: those of this process, and of each command that a test starts."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    sealing.ensure_keyring(path)
    data = tmp_path_factory.mktemp("data")
    installation.use(Settings(data, "127.0.0.1", 8000, key_path=path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KETNOI_KEY_FILE", str(path))
        yield path


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder of its own, for a test that looks into it."""
    with replaced_settings(data_dir=tmp_path):
        yield tmp_path


@pytest.fixture(scope="session", autouse=True)
def _audit_heads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder for the checkpoints of services that tests start; a test that looks into it takes its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KETNOI_AUDIT_HEADS", str(tmp_path_factory.mktemp("audit-heads")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Real argon2id, at a millisecond each: what it costs is not what these tests are about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield
