"""Figures: the list by organisation, indicator and period, and one with its corrections."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from starlette.responses import Response
from tortoise.expressions import Q, Subquery

from admin.kit.forms.fields import Choice, Form
from admin.kit.nouns.filters import Filter, Rows, tick_filter, year_filter
from admin.kit.nouns.lists import CHANGED, NEWEST, Sort
from admin.kit.nouns.pages import Pages
from admin.kit.nouns.tables import Cell, Column, title_column
from admin.kit.request import PageRequest
from admin.kit.values import display_value, name_of
from records.core.language import gettext_noop as _
from records.core.language import label
from records.core.rights import Right
from records.nouns import figures
from records.nouns.figures import NOUN, FigureDraft
from records.tables import Figure
from records.tables.metrics import Qualifier

PATH: Final = f"/admin/{NOUN.path}"
# What the template shows in a way of its own.
_SHOWN: Final = frozenset({"value", "qualifier", "supersedes_id"})


def value_text(request: PageRequest, figure: Figure) -> str:
    """The value as its source qualifies it, with the unit: "Trên 1.000 tổ"; the indicator must be loaded."""
    words = [] if figure.qualifier is Qualifier.EXACT else [label(request.language, figure.qualifier)]
    if figure.value is not None:
        words.append(display_value(request.language, figure.value))
    return " ".join([*words, str(getattr(figure.indicator, f"unit_{request.language}"))])


async def indicator_choices(request: PageRequest) -> list[Choice]:
    """The indicators of which figures are reported."""
    rows = await figures.reportable_indicators()
    return [Choice(str(row.id), name_of(request, row)) for row in rows]


async def show(request: PageRequest) -> Response:
    """One figure, with what it corrects and what corrects it."""
    figure = await PAGES.load(request)
    chain = await figures.versions(figure, by=request.actor)
    await Figure.fetch_for_list(chain, "indicator")
    is_current = chain[0].id == figure.id
    return await PAGES.record(
        request,
        figure,
        "nouns/figures/show.html",
        without=_SHOWN,
        value=value_text(request, figure),
        is_current=is_current,
        may_correct=is_current and figures.can_correct(request.actor, figure),
        chain=[(row, value_text(request, row)) for row in chain] if len(chain) > 1 else [],
    )


async def _columns(request: PageRequest, rows: Sequence[Figure]) -> Sequence[Column[Figure]]:
    newer = await figures.corrections([row.id for row in rows], by=request.actor)
    await Figure.fetch_for_list(list(newer.values()), "indicator")

    def value(request: PageRequest, row: Figure) -> Cell:
        return Cell(value_text(request, row), tone="struck" if row.id in newer else "")

    def corrected_by(request: PageRequest, row: Figure) -> Cell:
        found = newer.get(row.id)
        return Cell(value_text(request, found), href=f"{PATH}/{found.id}") if found else Cell("")

    return [
        title_column(NOUN, PATH),
        Column(_("Value"), value),
        Column(_("Corrected by"), corrected_by),
        Column(_("Organisation"), lambda _request, row: row.organisation.name),
        Column(_("Area"), lambda _request, row: row.area.name),
    ]


def _of_year(_request: PageRequest, rows: Rows, year: int) -> Rows:
    """The figures whose period touches the year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    began = Q(period_from__lte=last) | Q(period_from__isnull=True, period_to__lte=last)
    return rows.filter(began, period_to__gte=first)


async def _indicator(_request: PageRequest, form: Form) -> Any:
    return form.id("indicator")


PAGES: Final = Pages[Figure, FigureDraft](
    noun=NOUN,
    path=PATH,
    columns=_columns,
    filters=(
        tick_filter(
            "current",
            _("Without corrected figures"),
            lambda request, rows: rows.filter(
                id__in=Subquery(figures.visible_to(request.actor).values("id"))
            ),
        ),
        Filter(
            name="indicator",
            label=_("Indicator"),
            kind="choices",
            read=_indicator,
            apply=lambda _request, rows, indicator_id: rows.filter(indicator_id=indicator_id),
            choices=indicator_choices,
        ),
        "organisation_id",
        year_filter(_("Year of the period"), _of_year),
        "area_id",
    ),
    sorts=(
        NEWEST,
        Sort("period", _("Latest period first"), "period_to", descending=True, nullable=True),
        CHANGED,
    ),
    references=("indicator", "organisation", "area"),
    adding=(_("Enter a figure"), Right.FIGURES_REPORT),
    empty=_("No figures match these filters."),
    show=show,
)
