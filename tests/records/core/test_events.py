"""The events of the log: each listed once, used, and told with the fields that the list names."""

import ast
import json
import logging
from pathlib import Path
from uuid import uuid4

import pytest

from records.core.events import (
    Event,
    RequestContext,
    log,
    request_context,
    request_id,
    safe_text,
)
from records.core.log import JsonFormatter

ROOT = Path(__file__).parents[3]


def noted() -> dict[Event, set[str]]:
    """The events that the code notes, each with every field that it gives."""
    found: dict[Event, set[str]] = {}
    for folder in ("admin", "api", "commands", "edge", "records", "."):
        for path in (ROOT / folder).glob("*.py" if folder == "." else "**/*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                for argument in call.args[:1]:
                    if isinstance(argument, ast.Attribute) and ast.unparse(argument.value).endswith("Event"):
                        given = {keyword.arg for keyword in call.keywords if keyword.arg} - {"actor"}
                        found.setdefault(Event[argument.attr], set()).update(given)
    # Two are noted through a table of the guard's, one with the fields of `fault`.
    return found | {Event.DENIED: set(), Event.MISSED: set(), Event.FAULT: {"kind", "where"}}


def test_event_list_is_complete_with_its_fields() -> None:
    assert noted() == {event: set(event.value.fields) for event in Event}


def test_event_field_is_refused_when_not_declared() -> None:
    with pytest.raises(ValueError, match="username"):
        log(Event.SIGNED_IN, username="canary")


def test_log_line_holds_actor_and_route_and_no_free_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    actor = uuid4()
    with request_context(RequestContext("a" * 32, "POST", lambda: "/admin/tips/{id:uuid}")):
        assert request_id() == "a" * 32
        log(Event.SIGN_IN_FAILED, actor=actor, step="Nguyễn Thị Canary")
    line = json.loads(JsonFormatter().format(caplog.records[-1]))
    assert line.pop("at")
    assert line == {
        "level": "WARNING",
        "event": "sign-in.failed",
        "request": "a" * 32,
        "method": "POST",
        "route": "/admin/tips/{id:uuid}",
        "actor": str(actor),
        "step": "?",
    }


@pytest.mark.parametrize(
    "text", ["a\nb", "a\rb", "a\u2028b", "\x1b[31mred", 'a"b', "đ", "a" * 501, "{'event': 'x'}", "a\0b"]
)
def test_log_word_is_masked_when_not_plain(text: str) -> None:
    assert safe_text(text) == "?"


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\u2028b\x85c", "\x1b[2J", '"}\n{"event": "fault"}'])
def test_log_record_is_one_ascii_line(text: str) -> None:
    record = logging.LogRecord("ketnoi", logging.INFO, "", 0, text, None, None)
    record.told = {"event": text}
    line = JsonFormatter().format(record)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["event"] == text
