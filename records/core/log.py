"""The one place where logging is set up: one JSON object a line, to standard error.

Of other libraries' records only their origin and the kind of an error are kept: their texts quote values,
statements and addresses.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from records.core.events import fault, plain

_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


class Lines(logging.Formatter):
    """A record as one line of JSON in ASCII: nothing that it holds can begin another line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).strftime(_TIME)
        told = getattr(record, "told", None) or _of_another(record)
        return json.dumps({"at": at, "level": record.levelname, **told})


def configure() -> None:
    """Sends every record of this process through `Lines`; ours from INFO on, others' from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ketnoi").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    # A record that cannot be written would otherwise be printed with all its arguments.
    logging.raiseExceptions = False


def _of_another(record: logging.LogRecord) -> dict[str, str]:
    told = {"event": "log", "logger": plain(record.name), "where": plain(f"{record.module}:{record.lineno}")}
    error = record.exc_info[1] if record.exc_info else None
    return told | fault(error) if error else told
