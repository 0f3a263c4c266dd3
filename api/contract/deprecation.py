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

from api.contract.coordinates import schema_elements, used_coordinates
from records.core.dates import midnight

# Where the deprecations can be read, each with what to use instead and its last day.
_LINK: Final = '</docs#deprecations>; rel="deprecation"; type="text/html"'
_REASON: Final = re.compile(
    r"Use `(?P<instead>[^`]+)`\. Since (?P<since>\d{4}-\d\d-\d\d), gone after (?P<until>\d{4}-\d\d-\d\d)\."
)


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What to use instead (a coordinate), since when, and the last day on which the part is there."""

    replacement: str
    deprecated_on: date
    last_day: date

    @property
    def reason(self) -> str:
        """The text that the schema gives as the reason."""
        return f"Use `{self.replacement}`. Since {self.deprecated_on}, gone after {self.last_day}."

    @classmethod
    def parse(cls, reason: str) -> "Deprecation":
        """The deprecation that a reason tells. Raises `ValueError` where it lacks a part."""
        matched = _REASON.fullmatch(reason)
        if matched is None:
            raise ValueError("a deprecation says what to use instead, since when it holds, and its last day")
        return cls(
            matched["instead"], date.fromisoformat(matched["since"]), date.fromisoformat(matched["until"])
        )


class _SupportsDeprecation(Protocol):
    """A field, argument, input field or enum value of Strawberry's."""

    deprecation_reason: str | None


T = TypeVar("T", bound=_SupportsDeprecation)


def deprecated(part: T, *, replacement: str, deprecated_on: date, last_day: date) -> T:
    """`part` of the schema, deprecated: callers should use the part with the coordinate `instead`."""
    part.deprecation_reason = Deprecation(replacement, deprecated_on, last_day).reason
    return part


@lru_cache(maxsize=4)
def deprecations(schema: GraphQLSchema) -> Mapping[str, Deprecation]:
    """The deprecated parts of a schema, by coordinate. Raises `ValueError` for a reason without its parts."""
    found: dict[str, Deprecation] = {}
    for coordinate, part in schema_elements(schema):
        if (reason := getattr(part, "deprecation_reason", None)) is not None:
            found[coordinate] = Deprecation.parse(reason)
    return found


class UsedDeprecations(SchemaExtension):
    """Notes in the request's context which deprecated parts its operation uses."""

    def on_execute(self) -> Iterator[None]:
        """Before the operation runs; the document is valid then."""
        execution = self.execution_context
        schema = execution.schema._schema  # noqa: SLF001 - Strawberry does not show it
        known = deprecations(schema)
        if known and execution.graphql_document is not None:
            found = used_coordinates(
                schema, execution.graphql_document, execution.operation_name, execution.variables
            )
            execution.context.deprecated = {name: known[name] for name in sorted(found & known.keys())}
        yield


def headers(found: Mapping[str, Deprecation]) -> dict[str, str]:
    """What the headers of an answer say of the deprecated parts that it used: RFC 9745 and RFC 8594.

    Where there are several: the day that the first was deprecated, and the moment that the first may be gone.
    """
    if not found:
        return {}
    deprecated_on = midnight(min(item.deprecated_on for item in found.values()))
    gone = midnight(min(item.last_day for item in found.values()) + timedelta(days=1))
    return {
        "Deprecation": f"@{deprecated_on.timestamp():.0f}",
        "Sunset": format_datetime(gone, usegmt=True),
        "Link": _LINK,
    }


def as_extension(found: Mapping[str, Deprecation]) -> list[dict[str, Any]]:
    """What `extensions.deprecations` of an answer says of them."""
    return [
        {
            "coordinate": name,
            "instead": item.replacement,
            "since": str(item.deprecated_on),
            "until": str(item.last_day),
        }
        for name, item in found.items()
    ]
