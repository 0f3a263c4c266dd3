"""Deprecations of schema elements: their replacement and dates, and how responses report their use.

An element is removed only after it was deprecated in a release and after the last day that its deprecation
names (`commands/_releases.py` checks it).
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

# The list of deprecations in the guide.
_LINK: Final = '</docs#deprecations>; rel="deprecation"; type="text/html"'
_REASON: Final = re.compile(
    r"Use `(?P<instead>[^`]+)`\. Since (?P<since>\d{4}-\d\d-\d\d), gone after (?P<until>\d{4}-\d\d-\d\d)\."
)


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The coordinate of the replacement, the day of the deprecation, and the last day before removal."""

    replacement: str
    deprecated_on: date
    last_day: date

    @property
    def reason(self) -> str:
        """The deprecation reason in the schema."""
        return f"Use `{self.replacement}`. Since {self.deprecated_on}, gone after {self.last_day}."

    @classmethod
    def parse(cls, reason: str) -> "Deprecation":
        """Parses a deprecation reason. Raises `ValueError` if it is incomplete."""
        matched = _REASON.fullmatch(reason)
        if matched is None:
            raise ValueError("a deprecation says what to use instead, since when it holds, and its last day")
        return cls(
            matched["instead"], date.fromisoformat(matched["since"]), date.fromisoformat(matched["until"])
        )


class _SupportsDeprecation(Protocol):
    """A Strawberry field, argument, input field or enum value."""

    deprecation_reason: str | None


T = TypeVar("T", bound=_SupportsDeprecation)


def deprecated(part: T, *, replacement: str, deprecated_on: date, last_day: date) -> T:
    """`part` of the schema, deprecated: callers should use the part with the coordinate `replacement`."""
    part.deprecation_reason = Deprecation(replacement, deprecated_on, last_day).reason
    return part


@lru_cache(maxsize=4)
def deprecations(schema: GraphQLSchema) -> Mapping[str, Deprecation]:
    """The deprecated elements of a schema, by coordinate. Raises `ValueError` for an incomplete reason."""
    found: dict[str, Deprecation] = {}
    for coordinate, part in schema_elements(schema):
        if (reason := getattr(part, "deprecation_reason", None)) is not None:
            found[coordinate] = Deprecation.parse(reason)
    return found


class UsedDeprecations(SchemaExtension):
    """Records in the request's context which deprecated elements its operation uses."""

    def on_execute(self) -> Iterator[None]:
        """Runs after validation and before execution."""
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
    """The headers of a response that used these deprecated elements (RFC 9745 and RFC 8594).

    For several elements: the earliest deprecation, and the earliest moment of removal.
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
    """The content of `extensions.deprecations`."""
    return [
        {
            "coordinate": name,
            "instead": item.replacement,
            "since": str(item.deprecated_on),
            "until": str(item.last_day),
        }
        for name, item in found.items()
    ]
