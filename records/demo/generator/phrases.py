"""The words that made-up records are made of."""

from typing import Final

from records.demo.data import phrases

_PHRASES: Final = phrases()

TITLES: Final[dict[str, tuple[float, list[str]]]] = {
    code: (found["weight"], found["first_words"]) for code, found in _PHRASES["titles"].items()
}
"""How often each category comes up, and what such a tip says first."""
PLACES: Final[list[str]] = _PHRASES["places"]
WHEN_SEEN: Final[list[str]] = _PHRASES["when_seen"]
ASKED: Final[list[str]] = _PHRASES["asked"]
REJECTED: Final[list[str]] = _PHRASES["rejected"]
CLOSED: Final[list[str]] = _PHRASES["closed"]
HAMLET_NAMES: Final[list[str]] = _PHRASES["hamlet_names"]
MINUTES: Final[list[str]] = _PHRASES["minutes"]
MEETING_TOPICS: Final[list[str]] = _PHRASES["meeting_topics"]
EXTENDED: Final = "Cần thêm thời gian xác minh, chờ kết quả giám định"
REOPENED: Final = "Người dân báo sự việc tái diễn"
