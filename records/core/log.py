"""The one place where logging is set up: one JSON object a line, to standard error.

Of other libraries' records only their origin and the kind of an error are kept: their texts quote values,
statements and addresses.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from records.core.events import describe_exception, safe_text

_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


class JsonFormatter(logging.Formatter):
    """A record as one line of ASCII JSON, so that values cannot start another line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).strftime(_TIME)
        values = getattr(record, "told", None) or _third_party_fields(record)
        return json.dumps({"at": at, "level": record.levelname, **values})


def configure() -> None:
    """Formats this process's records with `JsonFormatter`: ours from INFO on, others' from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ketnoi").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    # A record that cannot be written would otherwise be printed with all its arguments.
    logging.raiseExceptions = False


def _third_party_fields(record: logging.LogRecord) -> dict[str, str]:
    values = {
        "event": "log",
        "logger": safe_text(record.name),
        "where": safe_text(f"{record.module}:{record.lineno}"),
    }
    error = record.exc_info[1] if record.exc_info else None
    return values | describe_exception(error) if error else values
