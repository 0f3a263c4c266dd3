"""Records that other records refer to: what they are called, and those to choose from."""

from typing import Any, Final

from tortoise.models import Model

from admin.kit.forms.fields import Choice
from admin.kit.history import category_name
from admin.kit.request import PageRequest
from records.nouns import tips
from records.registry.nouns import NOUNS
from records.tables import TipCategory

_MAX_CHOICES: Final = 200
# What a record is called: by the first of these that it has.
_NAMES: Final = ("name", "title", "code")


def title_of(row: Model) -> str:
    """What a record is called on pages."""
    return next(str(getattr(row, name)) for name in _NAMES if hasattr(row, name))


def name_in(request: PageRequest, row: Model) -> str:
    """The name of a record in the person's language."""
    return category_name(request, row) if isinstance(row, TipCategory) else title_of(row)


async def reference_choices(request: PageRequest, table: type[Model], current: Any = None) -> list[Choice]:
    """The records of `table` that this person may choose, and `current`, to which a record refers already."""
    rows = await _choosable(request, table)
    if current is not None and current.pk not in {row.pk for row in rows}:
        rows = [current, *rows]
    return [Choice(str(row.pk), name_in(request, row)) for row in rows]


async def _choosable(request: PageRequest, table: type[Model]) -> list[Any]:
    if table is TipCategory:
        return list(await tips.categories())
    noun = NOUNS.of(table)
    rows = noun.visible_to(request.actor) if noun else table.filter(deleted_at__isnull=True)
    return list(await rows.order_by("name").limit(_MAX_CHOICES))
