"""Lists of the groups that lack something in a period, each with the way to make it."""

from collections.abc import Callable
from dataclasses import replace

from tortoise.queryset import QuerySet

from admin.kit.nouns.filters import Filter
from admin.kit.nouns.index import Index
from admin.kit.nouns.lists import Sort
from admin.kit.nouns.tables import Column
from records.core.actor import Actor
from records.core.language import gettext_noop as _
from records.nouns import groups
from records.tables import Group


def lacking_index(
    path: str,
    *,
    title: str,
    rows: Callable[[Actor], QuerySet[Group]],
    period: Filter,
    column: Column[Group],
    empty: str,
    template: str = "kit/templates/list.html",
) -> Index[Group]:
    """The list at `path`: the groups `rows` of the current period, or those of another by `period`."""
    return Index(
        noun=replace(groups.NOUN, plural=title, visible_to=rows),
        path=path,
        record_path=f"/admin/{groups.NOUN.path}",
        columns=("area_id", "households", column),
        filters=(period, "area_id"),
        sorts=(
            Sort("name", _("Name A to Z"), "name_key"),
            Sort("name-back", _("Name Z to A"), "name_key", descending=True),
        ),
        search=_("Code or name"),
        list_template=template,
        empty=empty,
    )
