"""Facets of a list: how many of its rows have each status, as links that narrow it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tortoise.expressions import Q
from tortoise.functions import Count

from admin.kit.nouns.filters import Filter, Rows
from admin.kit.request import PageRequest


@dataclass(frozen=True)
class Facet:
    """One choice of a facet: its link, how many rows it has if they are counted, and whether it is chosen."""

    text: str
    path: str
    count: int | None
    chosen: bool


@dataclass(frozen=True)
class Counted:
    """The values of a column whose rows are counted, and the condition that only those rows meet."""

    condition: Q
    values: frozenset[str]


async def count_facets(
    request: PageRequest,
    one: Filter,
    rows: Rows,
    groups: Mapping[str, Collection[str]],
    counted: Counted | None = None,
) -> list[Facet]:
    """The choices of a filter by a column, counted in `rows`, to which it has not been applied.

    `groups` are the choices that stand for several values of the column.
    """
    counts = await _count_by(rows.filter(counted.condition) if counted else rows, one.name)
    choices = await one.choices(request) if one.choices else []

    def count(values: Collection[str]) -> int | None:
        if counted and not counted.values.issuperset(values):
            return None
        return sum(counts.get(value, 0) for value in values)

    values = (
        (choice.value, choice.text, count(groups.get(choice.value, (choice.value,)))) for choice in choices
    )
    return facets(request, one.name, values, total=None if counted else sum(counts.values()))


def facets(
    request: PageRequest, name: str, values: Iterable[tuple[str, str, int | None]], *, total: int | None
) -> list[Facet]:
    """The links that set the parameter `name` to none or one of `values`, each with its text and count."""
    chosen = request.http_request.query_params.get(name, "")

    def facet(value: str, text: str, count: int | None) -> Facet:
        path = request.url_with(**{name: value or None, "after": None, "before": None})
        return Facet(text, path, count, chosen == value)

    return [facet("", request._("All"), total), *(facet(*value) for value in values)]


async def _count_by(rows: Rows, column: str) -> dict[str, int]:
    """How many of `rows` have each value of a column, in one query."""
    grouped = rows.annotate(rows=Count("id")).group_by(column).values_list(column, "rows")
    return {str(value): count for value, count in await grouped}
