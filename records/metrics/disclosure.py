"""Disclosure control: counts that tell of people are rounded at random before partners see anything of them.

Staff see exact ones, of what they may read themselves.
Each source cell is rounded to a multiple of five, up or down by a chance that is fixed for the cell, and only
then is anything added up. So whatever somebody computes from answers tells no more than the rounded cells.
docs/explanation/disclosure.md tells the method, what it costs in truth, and what is left.
"""

from dataclasses import dataclass
from typing import Final

from records.core.actor import Actor, ActorKind
from records.core.dates import today
from records.core.rights import has_right
from records.database.fetch import fetch
from records.metrics.catalogue import EXACT_WITH_RIGHT
from records.security.sealing import keyring
from records.tables import Indicator

BASE: Final = 5
"""Partners see a multiple of this for each cell."""

_PURPOSE: Final = "ketnoi disclosure control"
# The figure that a chain of corrections began with: its number and its corrections are rounded alike.
_FIRST_FIGURE: Final = (
    "(WITH RECURSIVE chain AS (SELECT {t}.id, {t}.supersedes_id"
    " UNION ALL SELECT old.id, old.supersedes_id FROM figures old JOIN chain ON old.id = chain.supersedes_id)"
    " SELECT chain.id FROM chain WHERE chain.supersedes_id IS NULL)"
)


def is_rounded(actor: Actor, indicator: Indicator) -> bool:
    """Whether `actor` sees rounded numbers of `indicator`: a partner that cannot count its records itself."""
    if actor.kind is not ActorKind.PARTNER or not indicator.sensitive:
        return False
    right = EXACT_WITH_RIGHT.get(indicator.code)
    return right is None or not has_right(actor, right)


def can_count(actor: Actor, code: str) -> bool:
    """Whether `actor` may see numbers of an indicator at all: staff only if they may read what it counts."""
    right = EXACT_WITH_RIGHT.get(code)
    return actor.kind is not ActorKind.STAFF or right is None or has_right(actor, right)


def rounding_key() -> bytes:
    """The key that decides which way each cell is rounded. Raises `OperatorError`.

    It comes from the one that never rotates: a cell that was rounded anew would tell more of itself.
    """
    return keyring().derived(_PURPOSE)


def round_cell(value: str, key: str, cell: str = "c") -> str:
    """The SQL of the rounded `value` of a monthly row `cell`; `key` is the parameter with the key."""
    cell_key = f"uuid_send({cell}.indicator_id) || uuid_send({cell}.area_id) || date_send({cell}.month)"
    return _rounded(value, f"{key}::bytea || {cell_key}")


def round_figure(key: str, figure: str = "f") -> str:
    """The SQL of the rounded value of a row `figure` of the reported figures."""
    first = _FIRST_FIGURE.format(t=figure)
    return _rounded(f"{figure}.value", f"{key}::bytea || uuid_send({first})")


def _rounded(value: str, message: str) -> str:
    """`value` rounded down, or up where its remainder passes a threshold from 0 to 4 that `message` decides.

    The expectation is the value itself; a larger value is never rounded to a smaller number. Messages of one
    kind have one length, so a hash with the key in front is as good as an HMAC.
    """
    threshold = f"('x' || encode(substr(sha256({message}), 1, 4), 'hex'))::bit(32)::bigint % {BASE}"
    return f"floor(({value} + {threshold}) / {BASE}.0) * {BASE}"


@dataclass(frozen=True, slots=True)
class RoundingError:
    """The error that rounding causes in an indicator: of all cells, and of a commune's year on average."""

    code: str
    exact: int
    rounded: int
    # By how much the rounded sum may be expected to differ from the exact one (a standard deviation).
    error: float
    communes: float
    commune_error: float


_COST: Final = f"""
WITH cells AS (
  SELECT indicator_id, area_id, month, sum(value) AS value
  FROM (SELECT indicator_id, area_id, month, value FROM metric_cells
        UNION ALL SELECT indicator_id, area_id, month, value FROM metric_deltas) d GROUP BY 1, 2, 3
), told AS (
  SELECT c.indicator_id, p.home_id, extract(year FROM c.month) AS year, c.value,
         {round_cell("c.value", "$1")} AS rounded,
         mod(c.value, {BASE}) * ({BASE} - mod(c.value, {BASE})) AS variance
  FROM cells c JOIN area_at p ON p.area_id = c.area_id AND p.kind = 'COMMUNE' AND p.epoch = $2
), years AS (
  SELECT indicator_id, sum(value) AS value, sum(rounded) AS rounded, sum(variance) AS variance
  FROM told GROUP BY indicator_id, home_id, year
)
SELECT i.code, sum(value)::bigint AS exact, sum(rounded)::bigint AS rounded,
       sqrt(sum(variance))::float8 AS error, avg(value)::float8 AS communes,
       sqrt(avg(variance))::float8 AS commune_error
FROM years JOIN indicators i ON i.id = years.indicator_id WHERE i.sensitive
GROUP BY i.code, i.position ORDER BY i.position"""


async def rounding_errors() -> list[RoundingError]:
    """The error that rounding causes in each sensitive indicator, in the communes of today."""
    (latest,) = await fetch("SELECT max(epoch) AS epoch FROM area_at WHERE epoch <= $1", [today()])
    return [RoundingError(**dict(row)) for row in await fetch(_COST, [rounding_key(), latest["epoch"]])]
