"""Referenced records: their titles, and the choices of a field."""

from typing import Any, Final

from tortoise.models import Model

from admin.kit.forms.fields import Choice
from admin.kit.request import PageRequest
from admin.kit.values import UNNAMED, declared_title, name_of, referenced_names
from records.nouns import tips
from records.registry.nouns import NOUNS
from records.tables import TipCategory

# A province has some hundred communes, each with its police and its Front committee.
_MAX_CHOICES: Final = 500
# The choices of a field are in the order of the first of these columns that their table has.
_NAMES: Final = ("position", "name_key", "name", "title", "code")


def title_of(request: PageRequest, row: Model) -> str:
    """The title of a record."""
    return declared_title(request, row) or name_of(request, row)


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
