"""Disclosure control: counts that tell of people are rounded at random before partners see anything of them.

Each source cell is rounded to a multiple of five, up or down by a chance that is fixed for the cell, and only
then is anything added up. So whatever somebody computes from answers tells no more than the rounded cells.
docs/disclosure.md tells the method, what it costs in truth, and what is left.
"""

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from records.catalogue import EXACT_WITH
from records.core.actor import Actor, ActorKind
from records.core.rights import may
from records.core.sealing import keyring
from records.tables import Indicator

BASE: Final = 5
"""What partners see of a cell is a multiple of this."""

_LABEL: Final = b"ketnoi disclosure control"
# The figure that a chain of corrections began with: its number and its corrections are rounded alike.
_FIRST_FIGURE: Final = (
    "(WITH RECURSIVE chain AS (SELECT {t}.id, {t}.supersedes_id"
    " UNION ALL SELECT old.id, old.supersedes_id FROM figures old JOIN chain ON old.id = chain.supersedes_id)"
    " SELECT chain.id FROM chain WHERE chain.supersedes_id IS NULL)"
)


def rounds(actor: Actor, indicator: Indicator) -> bool:
    """Whether `actor` sees rounded numbers of `indicator`: a partner that cannot count its records itself."""
    if actor.kind is not ActorKind.PARTNER or not indicator.sensitive:
        return False
    right = EXACT_WITH.get(indicator.code)
    return right is None or not may(actor, right)


def rounding_key() -> bytes:
    """The key that decides which way each cell is rounded. Raises `OperatorError`.

    It comes from the one that never rotates: a cell that was rounded anew would tell more of itself.
    """
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL).derive(keyring().index)


def rounded_cell(value: str, key: str, cell: str = "c") -> str:
    """The SQL of the rounded `value` of a row `cell` with an indicator, an area and a month.

    `key` is the parameter that holds the rounding key.
    """
    where = f"uuid_send({cell}.indicator_id) || uuid_send({cell}.area_id) || date_send({cell}.month)"
    return _rounded(value, f"{key}::bytea || {where}")


def rounded_figure(key: str, figure: str = "f") -> str:
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
