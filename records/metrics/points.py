"""Points of metrics, and the areas that a question is about."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from records.areas.scope import SCOPE_SQL
from records.core.actor import Actor
from records.tables import Area
from records.tables.areas import AreaKind, Precision
from records.tables.metrics import Qualifier

_ORDER: Final = (Precision.EXACT, Precision.ESTIMATED, Precision.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Point:
    """One value. `start` and `end` are the first and last day, None where a source does not say them.

    `value` is None where it is not known, and where its source gave a size instead of a number. `complete`
    says that the whole period is over and told; `protected`, that the number is rounded for who asks.
    """

    period: str
    start: date | None
    end: date | None
    value: Decimal | None
    qualifier: Qualifier
    precision: Precision
    complete: bool
    protected: bool = False


class MetricScope(NamedTuple):
    """The caller of a question, and the areas, their kind and day, that get a series each."""

    actor: Actor
    places: list[Area]
    by: AreaKind | None
    epoch: date

    def condition(self, alias: str, values: list[Any]) -> str:
        """The condition that a row lies where the actor may look; adds its parameter to `values`."""
        if self.actor.areas is None:
            return "TRUE"
        values.append(list(self.actor.areas))
        return SCOPE_SQL.format(alias=alias, param=f"${len(values)}")


def less_precise(first: Precision, second: Precision) -> Precision:
    """The less sure of two precisions."""
    return max(first, second, key=_ORDER.index)
