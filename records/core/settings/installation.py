"""What this process was set up with: the one module-level state of the service, written once at start-up.

Every verb that seals, stores a file, checks a password or allows an address depends on it, and none could
choose between two: as an argument it would be one more thing for callers to get wrong. What answers requests
is handed to them instead (`edge.services`).
"""

from records.core.settings.environment import OperatorError
from records.core.settings.settings import Settings

_settings: list[Settings] = []


def use(settings: Settings) -> None:
    """Sets this process up with `settings`."""
    _settings[:] = [settings]


def settings() -> Settings:
    """What this process was set up with. Raises `OperatorError` before that."""
    if not _settings:
        raise OperatorError("This process was not set up")
    return _settings[0]
