"""Pickers of areas and groups, by code or part of the name.

With htmx the choices appear while one types; without it they appear when the form comes back.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from starlette.responses import Response
from tortoise.queryset import QuerySet

from admin.kit.forms.fields import Choice, Form
from admin.kit.forms.inputs import InputKind
from admin.kit.pages import render
from admin.kit.request import PageRequest
from records.areas import areas
from records.areas.scope import areas_within
from records.core.dates import add_months, today
from records.core.errors import NotFound, ValidationFailed
from records.core.identifiers.codes import lookup_code
from records.core.language import format_date
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.search import filter_by_search, prefer_accent_matches
from records.core.text import normalize_for_search, split_words
from records.nouns import groups
from records.tables import Area, Group
from records.tables.areas import AreaKind

_MAX_MATCHES: Final = 12
_MAX_AREAS: Final = 200
# A single word with a digit may be a code; its problems are then those of a code.
_CODE_LIKE: Final = re.compile(r"(?=\S*\d)[\w.-]+(@\S+)?", re.ASCII)
_AMBIGUOUS: Final = _("Several match. Choose one below.")


async def area_choices(request: PageRequest) -> Response:
    """The areas that match the query, to choose one, or beside those that are ticked."""
    form = Form(request.http_request.query_params)
    field = "areas" if form.text("several") else "area"
    if field == "areas":
        await show_areas(request, form)
    else:
        form.choices[field] = await _matching_areas(request, form.text("area"))
    return _choices(request, field, form)


async def group_choices(request: PageRequest) -> Response:
    """The groups that fit what was typed so far, in the field `field` of a form."""
    check_right(request.actor, Right.GROUPS_READ)
    field = request.http_request.query_params.get("field", "group")
    if field not in {"group", "into"}:
        raise NotFound("There is no such page.")
    query = request.http_request.query_params.get(field, "")
    matches = await _groups(request, query).limit(_MAX_MATCHES) if split_words(query) else []
    form = Form({field: query})
    form.choices[field] = _group_choices(matches)
    return _choices(request, field, form)


async def read_area(request: PageRequest, form: Form, *, required: bool = True) -> UUID | None:
    """The area that was entered or chosen. Several matches become choices of the form, and a problem."""
    query = form.selected("area")
    if not query:
        if required:
            form.add_problem("area", "Enter a value.")
        return None
    try:
        return (await areas.resolve_reference(query)).id
    except ValidationFailed as error:
        problems = error.problems
    matches = await _areas(request, query).limit(_MAX_MATCHES)
    if not matches and _CODE_LIKE.fullmatch(query):
        form.problems.update(problems)
        return None
    exact = [row for row in matches if normalize_for_search(row.name) == normalize_for_search(query)]
    if len(exact) == 1 or len(matches) == 1:
        return (exact or matches)[0].id
    form.add_problem("area", _AMBIGUOUS if matches else "No area in which you work has this name.")
    form.choices["area"] = [_dated_area_choice(request, row) for row in matches]
    return None


async def own_commune(request: PageRequest) -> dict[str, str]:
    """The area of a new record, for somebody who works in one commune alone; else nothing."""
    ids = request.actor.areas or ()
    area = await Area.get_or_none(id__in=list(ids), kind=AreaKind.COMMUNE) if len(ids) == 1 else None
    return {"area": area_code(area)} if area else {}


async def read_areas(request: PageRequest, form: Form) -> list[UUID]:
    """The areas that are ticked, and the one that was entered beside them.

    Raises `ValidationFailed` without a problem where the form only asks to find what was entered.
    """
    codes, query = form.texts("areas"), form.text("area").strip()
    if query and form.text("find"):
        raise ValidationFailed({})
    if len(codes) > _MAX_AREAS:
        form.add_problem("areas", "Enter at most {most} areas.", most=_MAX_AREAS)
        return []
    try:
        ids = [(await areas.resolve_reference(code, field="areas")).id for code in codes]
    except ValidationFailed as error:
        form.problems.update(error.problems)
        return []
    # What was typed is answered where one of its matches is ticked.
    if not query or {one.value for one in await _matching_areas(request, query)} & set(codes):
        return ids
    found = await read_area(request, form)
    return [*ids, found] if found else ids


async def show_areas(request: PageRequest, form: Form) -> None:
    """Gives the form the areas that are ticked, by their names, and the matches of what was typed."""
    codes = list(dict.fromkeys(form.texts("areas")))
    named = {one.value: one for one in await named_areas(request, codes[:_MAX_AREAS])}
    form.choices["areas"] = [named.get(code, Choice(code, code)) for code in codes]
    form.choices["area"] = await _matching_areas(request, form.text("area"))


async def read_group(
    request: PageRequest, form: Form, name: str = "group", *, required: bool = False
) -> UUID | None:
    """The group that was entered or chosen."""
    query = form.selected(name)
    if not query:
        if required:
            form.add_problem(name, "Enter a value.")
        return None
    if same := await groups.visible_to(request.actor).get_or_none(code=lookup_code(query)):
        return same.id
    matches = await _groups(request, query).limit(_MAX_MATCHES)
    if len(matches) == 1:
        return matches[0].id
    form.add_problem(name, _AMBIGUOUS if matches else "No group visible to you has this code or name.")
    form.choices[name] = _group_choices(matches)
    return None


async def name_codes(request: PageRequest, form: Form, kinds: Mapping[str, InputKind]) -> None:
    """Shows areas and groups by their names where their codes stand in fields of these kinds of `form`."""
    for name, kind in kinds.items():
        find = _NAMED.get(kind)
        code = form.selected(name) if find and form.text(name) else ""
        choice = await find(request, code) if find and code else None
        if choice is not None:
            form.named[name] = choice


async def _named_area(request: PageRequest, code: str) -> Choice | None:
    return next(iter(await named_areas(request, [code])), None)


async def _named_group(request: PageRequest, code: str) -> Choice | None:
    if not has_right(request.actor, Right.GROUPS_READ):
        return None
    visible = groups.visible_to(request.actor)
    group = await visible.get_or_none(code=lookup_code(code)).prefetch_related("area")
    if group is None:
        return None
    alike = await visible.filter(name=group.name, area_id=group.area_id).prefetch_related("area")
    choice = next(one for one in _group_choices(alike) if one.value == group.code)
    return Choice(group.code, f"{choice.text} ({choice.remark})" if choice.remark else choice.text)


# How a code is named in an input of its kind.
_NAMED: Final[Mapping[InputKind, Callable[[PageRequest, str], Awaitable[Choice | None]]]] = {
    "area": _named_area,
    "group": _named_group,
}


def area_choice(area: Area) -> Choice:
    """An area as the form sends and shows it; `area.parent` must be loaded."""
    parent = area.parent.name if area.parent else None
    return Choice(area_code(area), f"{area.name}, {parent}" if parent else area.name)


async def named_areas(request: PageRequest, codes: Sequence[str]) -> list[Choice]:
    """The areas of these codes as choices, but for those in which this person does not work."""
    code_of = dict[UUID, str]()
    for code in codes:
        with suppress(ValidationFailed):
            code_of[(await areas.resolve_reference(code)).id] = code
    found = Area.filter(areas_within(request.actor), id__in=list(code_of)).prefetch_related("parent")
    return [Choice(code_of[area.id], _dated_area_choice(request, area).text) async for area in found]


def area_code(area: Area) -> str:
    """The code of exactly this area: that of a former one has a day on which it was valid."""
    if area.valid_to is None or area.valid_to > today():
        return area.code
    return f"{area.code}@{max(area.valid_from, add_months(area.valid_to, -1))}"


def _dated_area_choice(request: PageRequest, area: Area) -> Choice:
    """An area as `area_choice`; one that has ended with its last day, as another may have its name."""
    choice = area_choice(area)
    if area.valid_to is None or area.valid_to > today():
        return choice
    return Choice(
        choice.value, request._("{area}, until {day}", area=choice.text, day=format_date(area.valid_to))
    )


def _group_choices(rows: Sequence[Group]) -> list[Choice]:
    """Groups with their areas, and with their codes where that does not tell them apart."""
    texts = {
        row.code: row.name if row.area.name in row.name else f"{row.name}, {row.area.name}" for row in rows
    }
    found = Counter(texts.values())
    return [Choice(code, text, code if found[text] > 1 else "") for code, text in texts.items()]


async def _matching_areas(request: PageRequest, query: str) -> list[Choice]:
    """The areas of today that fit what was typed, and one that a code means although it has ended."""
    if not split_words(query):
        return []
    rows = await _areas(request, query).limit(_MAX_MATCHES)
    with suppress(ValidationFailed):
        by_code = await areas.resolve_reference(query)
        if by_code.id not in {row.id for row in rows}:
            ended = Area.filter(areas_within(request.actor), id=by_code.id).prefetch_related("parent")
            rows = [*await ended, *rows]
    return [_dated_area_choice(request, row) for row in rows]


def _areas(request: PageRequest, query: str) -> QuerySet[Area]:
    return areas.search(query).filter(areas_within(request.actor)).prefetch_related("parent")


def _groups(request: PageRequest, query: str) -> QuerySet[Group]:
    return prefer_accent_matches(
        filter_by_search(groups.visible_to(request.actor), query), query
    ).prefetch_related("area")


def _choices(request: PageRequest, field: str, form: Form) -> Response:
    return render(request, "kit/templates/choices.html", block="choices", form=form, field=field)
