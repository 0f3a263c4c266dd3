"""Referenced records: their titles, and the choices of a field."""

from textwrap import shorten
from typing import Any, Final

from tortoise.models import Model

from admin.kit.forms.fields import Choice
from admin.kit.request import PageRequest
from admin.kit.values import UNNAMED, display_value, name_of, referenced_names
from records.nouns import tips
from records.registry.nouns import NOUNS
from records.tables import TipCategory

_MAX_CHOICES: Final = 200
# In characters; a question may be longer.
_TITLE_LENGTH: Final = 120
# The title of a record is the first of these attributes that it has.
_NAMES: Final = ("name", "title", "code")


def title_of(request: PageRequest, row: Model) -> str:
    """The title of a record."""
    noun = NOUNS.of(type(row))
    if noun and noun.title:
        values = (getattr(row, name) for name in noun.title)
        texts = (
            name_of(request, one) if isinstance(one, Model) else display_value(request.language, one)
            for one in values
        )
        return shorten(" · ".join(texts), _TITLE_LENGTH, placeholder="…")
    return next(str(getattr(row, name)) for name in _NAMES if hasattr(row, name))


async def reference_choices(
    request: PageRequest, table: type[Model], current: Any = None, *, to_link: bool = False
) -> list[Choice]:
    """The records of `table` that this user may choose, and `current`, the one already chosen.

    With `to_link` only those that others may be linked to.
    """
    rows = await _choosable(request, table, to_link=to_link)
    choices = [Choice(str(row.pk), name_of(request, row)) for row in rows]
    if current is None or str(current.pk) in {choice.value for choice in choices}:
        return choices
    names = await referenced_names(request, [(table, current.pk)])
    return [Choice(str(current.pk), names.get(str(current.pk), UNNAMED)), *choices]


async def _choosable(request: PageRequest, table: type[Model], *, to_link: bool) -> list[Any]:
    if table is TipCategory:
        return list(await tips.categories())
    noun = NOUNS.of(table)
    rows = noun.visible_to(request.actor) if noun else table.filter(deleted_at__isnull=True)
    if to_link and noun and noun.linkable:
        rows = rows.filter(noun.linkable)
    name = next(one for one in _NAMES if one in table._meta.fields)  # noqa: SLF001 - Tortoise shows it nowhere else
    return list(await rows.order_by(name).limit(_MAX_CHOICES))
