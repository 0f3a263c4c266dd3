"""Deprecations, each with what to use instead and two days; and what an answer says of those that it used.

Nothing goes without notice: a part of the schema is first deprecated, in a release, and goes after the day
that its deprecation named (`commands/_releases.py` sees to that).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar

from graphql import GraphQLSchema
from strawberry.extensions import SchemaExtension

from api.contract.coordinates import parts, used
from records.core.days import midnight

# Where the deprecations can be read, each with what to use instead and its last day.
_LINK: Final = '</docs#deprecations>; rel="deprecation"; type="text/html"'
_REASON: Final = re.compile(
    r"Use `(?P<instead>[^`]+)`\. Since (?P<since>\d{4}-\d\d-\d\d), gone after (?P<until>\d{4}-\d\d-\d\d)\."
)


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What to use instead (a coordinate), since when, and the last day on which the part is there."""

    instead: str
    since: date
    until: date

    @property
    def reason(self) -> str:
        """The text that the schema gives as the reason."""
        return f"Use `{self.instead}`. Since {self.since}, gone after {self.until}."

    @classmethod
    def read(cls, reason: str) -> "Deprecation":
        """The deprecation that a reason tells. Raises `ValueError` where it lacks a part."""
        told = _REASON.fullmatch(reason)
        if told is None:
            raise ValueError("a deprecation says what to use instead, since when it holds, and its last day")
        return cls(told["instead"], date.fromisoformat(told["since"]), date.fromisoformat(told["until"]))


class _Deprecable(Protocol):
    """A field, argument, input field or enum value of Strawberry's."""

    deprecation_reason: str | None


T = TypeVar("T", bound=_Deprecable)


def deprecated(part: T, *, instead: str, since: date, until: date) -> T:
    """`part` of the schema, deprecated: callers should use the part with the coordinate `instead`."""
    part.deprecation_reason = Deprecation(instead, since, until).reason
    return part


@lru_cache(maxsize=4)
def deprecations(schema: GraphQLSchema) -> Mapping[str, Deprecation]:
    """The deprecated parts of a schema, by coordinate. Raises `ValueError` for a reason without its parts."""
    found: dict[str, Deprecation] = {}
    for coordinate, part in parts(schema):
        if (reason := getattr(part, "deprecation_reason", None)) is not None:
            found[coordinate] = Deprecation.read(reason)
    return found


class UsedDeprecations(SchemaExtension):
    """Notes in the request's context which deprecated parts its operation uses."""

    def on_execute(self) -> Iterator[None]:
        """Before the operation runs; the document is valid then."""
        asked = self.execution_context
        schema = asked.schema._schema  # noqa: SLF001 - Strawberry does not show it
        known = deprecations(schema)
        if known and asked.graphql_document is not None:
            found = used(schema, asked.graphql_document, asked.operation_name, asked.variables)
            asked.context.deprecated = {name: known[name] for name in sorted(found & known.keys())}
        yield


def headers(found: Mapping[str, Deprecation]) -> dict[str, str]:
    """What the headers of an answer say of the deprecated parts that it used: RFC 9745 and RFC 8594.

    Where there are several: the day that the first was deprecated, and the moment that the first may be gone.
    """
    if not found:
        return {}
    since = midnight(min(one.since for one in found.values()))
    gone = midnight(min(one.until for one in found.values()) + timedelta(days=1))
    return {
        "Deprecation": f"@{since.timestamp():.0f}",
        "Sunset": format_datetime(gone, usegmt=True),
        "Link": _LINK,
    }


def told(found: Mapping[str, Deprecation]) -> list[dict[str, Any]]:
    """What `extensions.deprecations` of an answer says of them."""
    return [
        {"coordinate": name, "instead": one.instead, "since": str(one.since), "until": str(one.until)}
        for name, one in found.items()
    ]
