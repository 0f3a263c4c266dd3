"""The records that refer to a record, from the declarations of their nouns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from admin.kit.nouns.references import title_of
from admin.kit.nouns.tables import Cell, path_of
from admin.kit.request import PageRequest
from admin.kit.values import with_title
from records.core.declarations.fields import Field
from records.core.declarations.nouns import Noun
from records.core.rights import has_right
from records.registry.nouns import NOUNS
from records.tables.base import Editable

_MAX_SHOWN: Final = 10


@dataclass(frozen=True)
class Links:
    """The records of a noun that refer to a record by a field: how many, and the latest of them."""

    noun: Noun
    # The label of the field, where it says more than what it refers to.
    role: str
    count: int
    cells: Sequence[Cell]


async def links_to(request: PageRequest, row: Editable) -> list[Links]:
    """What refers to a record, of that which this person may see and which has a page."""
    found = []
    for noun in NOUNS:
        if noun.path and has_right(request.actor, noun.right):
            for name, field in noun.fields.items():
                if field.table is type(row):
                    found.append(await _links(request, noun, name, field, row))
    return [links for links in found if links.count]


async def _links(request: PageRequest, noun: Noun, name: str, field: Field, row: Editable) -> Links:
    rows = noun.visible_to(request.actor).filter(**{name: row.id})
    latest: list[Any] = await with_title(rows, noun.table).order_by("-created_at").limit(_MAX_SHOWN)
    cells = [Cell(title_of(request, one), href=path_of(request, noun.table, one.id)) for one in latest]
    own = NOUNS.of(type(row))
    role = "" if own and own.label == field.label else field.label
    return Links(noun, role, await rows.count(), cells)
