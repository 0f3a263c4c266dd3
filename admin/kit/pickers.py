"""Choosing an area or a group by typing its code or a part of its name.

With htmx the choices appear while one types; without it they appear when the form comes back.
"""

import re
from typing import Final
from uuid import UUID

from starlette.responses import Response
from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from admin.kit.forms.fields import Choice, Form
from admin.kit.pages import page
from admin.kit.request import Visit
from records.areas import areas
from records.core.days import add_months, today
from records.core.errors import Invalid, NotFound
from records.core.identifiers.codes import looked_up
from records.core.language import mark as _
from records.core.rights import Right, check_may
from records.core.search import accents_first, matching
from records.core.text import fold, words
from records.nouns import groups
from records.tables import Area, AreaReach, Group

_MOST: Final = 12
_MOST_AREAS: Final = 200
# A single word with a digit may be meant as a code; what is wrong with it is then told so.
_CODE_LIKE: Final = re.compile(r"(?=\S*\d)[\w.-]+(@\S+)?", re.ASCII)
_SEVERAL: Final = _("Several match. Choose one below.")


async def area_choices(visit: Visit) -> Response:
    """The areas that fit what was typed so far."""
    typed = visit.request.query_params.get("area", "")
    found = await _meant(visit, typed)
    return _choices(visit, "area", typed, [area_choice(row) for row in found])


async def group_choices(visit: Visit) -> Response:
    """The groups that fit what was typed so far, in the field `field` of a form."""
    check_may(visit.actor, Right.GROUPS_READ)
    field = visit.request.query_params.get("field", "group")
    if field not in {"group", "into"}:
        raise NotFound("There is no such page.")
    typed = visit.request.query_params.get(field, "")
    found = await _groups(visit, typed).limit(_MOST) if words(typed) else []
    return _choices(visit, field, typed, [_group_choice(row) for row in found])


async def read_area(visit: Visit, form: Form, *, needed: bool = True) -> UUID | None:
    """The area that was typed or chosen. Several that fit become choices of the form, and a problem."""
    typed = form.picked("area")
    if not typed:
        if needed:
            form.note("area", "Enter a value.")
        return None
    try:
        return (await areas.resolve(typed)).id
    except Invalid as error:
        problems = error.problems
    found = await _areas(visit, typed).limit(_MOST)
    if not found and _CODE_LIKE.fullmatch(typed):
        form.problems.update(problems)
        return None
    exact = [row for row in found if fold(row.name) == fold(typed)]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0].id
    form.note("area", _SEVERAL if found else "No area in which you work has this name.")
    form.choices["area"] = [area_choice(row) for row in found]
    return None


async def read_areas(form: Form) -> list[UUID]:
    """The areas whose codes were typed. A code that means none is a problem of the form."""
    codes = [code for code in re.split(r"[\s,;]+", form.text("areas")) if code]
    if len(codes) > _MOST_AREAS:
        form.note("areas", "Enter at most {most} areas.", most=_MOST_AREAS)
        return []
    try:
        return [(await areas.resolve(code, field="areas")).id for code in codes]
    except Invalid as no:
        form.problems.update(no.problems)
        return []


async def read_group(visit: Visit, form: Form, name: str = "group", *, needed: bool = False) -> UUID | None:
    """The group that was typed or chosen."""
    typed = form.picked(name)
    if not typed:
        if needed:
            form.note(name, "Enter a value.")
        return None
    if same := await groups.visible_to(visit.actor).get_or_none(code=looked_up(typed)):
        return same.id
    found = await _groups(visit, typed).limit(_MOST)
    if len(found) == 1:
        return found[0].id
    form.note(name, _SEVERAL if found else "No group visible to you has this code or name.")
    form.choices[name] = [_group_choice(row) for row in found]
    return None


def area_choice(area: Area) -> Choice:
    """An area as the form sends and shows it; `area.parent` must be loaded."""
    parent = area.parent.name if area.parent else None
    return Choice(area_code(area), f"{area.name}, {parent}" if parent else area.name)


async def named_areas(typed: str) -> list[Choice]:
    """The area that a code means, by its name; none where it means none."""
    try:
        area = await areas.resolve(typed)
    except Invalid:
        return []
    return [Choice(typed, area.name)]


def area_code(area: Area) -> str:
    """The code that means exactly this area: one that has ended is named with a day of its life."""
    if area.valid_to is None or area.valid_to > today():
        return area.code
    return f"{area.code}@{max(area.valid_from, add_months(area.valid_to, -1))}"


def _group_choice(group: Group) -> Choice:
    return Choice(group.code, f"{group.name} ({group.code}), {group.area.name}")


async def _meant(visit: Visit, typed: str) -> list[Area]:
    """The areas of today that fit what was typed, and one that a code means although it has ended."""
    if not words(typed):
        return []
    found = await _areas(visit, typed).limit(_MOST)
    try:
        meant = await areas.resolve(typed)
    except Invalid:
        return found
    if meant.id in {row.id for row in found}:
        return found
    ended = await _within(visit, Area.filter(id=meant.id).prefetch_related("parent"))
    return [*ended, *found]


def _areas(visit: Visit, typed: str) -> QuerySet[Area]:
    return _within(visit, areas.search(typed).prefetch_related("parent"))


def _within(visit: Visit, rows: QuerySet[Area]) -> QuerySet[Area]:
    if visit.actor.areas is None:
        return rows
    reached = AreaReach.filter(ancestor_id__in=list(visit.actor.areas)).values("area_id")
    return rows.filter(id__in=Subquery(reached))


def _groups(visit: Visit, typed: str) -> QuerySet[Group]:
    return accents_first(matching(groups.visible_to(visit.actor), typed), typed).prefetch_related("area")


def _choices(visit: Visit, field: str, typed: str, choices: list[Choice]) -> Response:
    form = Form({field: typed})
    form.choices[field] = choices
    return page(visit, "kit/templates/choices.html", block="choices", form=form, field=field)
