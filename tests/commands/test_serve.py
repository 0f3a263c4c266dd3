"""What `ketnoi serve` asks for where nobody said otherwise."""

from pathlib import Path
from typing import Any

import pytest

from records.core.settings import OperatorError, Settings
from server import build_services

NO_READER: Any = None


def asked_of(settings: Settings) -> tuple[bool, int]:
    services = build_services(settings.with_database_url("postgresql://127.0.0.1/khong-dung"), NO_READER)
    return bool(services.settings.second_factor), services.pace._most


def test_serve_is_strict_unless_configured_otherwise() -> None:
    assert asked_of(Settings.from_environment({}).for_production()) == (True, 1200)
    said = {"KETNOI_SECOND_FACTOR": "optional", "KETNOI_CALLS_PER_MINUTE": "0"}
    assert asked_of(Settings.from_environment(said).for_production()) == (False, 0)
    source = (Path(__file__).parents[2] / "commands" / "serve.py").read_text(encoding="utf-8")
    assert "settings = settings.for_production()" in source


def test_drain_is_longer_when_serving() -> None:
    read = Settings.from_environment
    assert read({}).drain is None
    assert read({}).for_production().drain == 5
    assert read({"KETNOI_DRAIN_SECONDS": "0"}).for_production().drain == 0


def test_run_is_lenient_unless_configured_otherwise() -> None:
    assert asked_of(Settings.from_environment({})) == (False, 0)
    said = {"KETNOI_SECOND_FACTOR": "required", "KETNOI_CALLS_PER_MINUTE": "60"}
    assert asked_of(Settings.from_environment(said)) == (True, 60)


def test_settings_are_equal_in_workers(tmp_path: Path) -> None:
    (tmp_path / "list.txt").touch()
    strict = Settings.from_environment(
        {"KETNOI_BREACHED_PASSWORDS": str(tmp_path / "list.txt")}
    ).for_production()
    assert Settings.from_environment(strict.environment()) == strict
    easy = Settings.from_environment({})
    assert Settings.from_environment(easy.environment()) == easy


@pytest.mark.parametrize(
    ("name", "value"),
    [("KETNOI_SECOND_FACTOR", "yes"), ("KETNOI_CALLS_PER_MINUTE", "many"), ("KETNOI_DRAIN_SECONDS", "x")],
)
def test_setting_is_named_when_its_value_is_invalid(name: str, value: str) -> None:
    with pytest.raises(OperatorError, match=name):
        Settings.from_environment({name: value})
