"""The list of a noun: searched, filtered and sorted by its address, page by page."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar

from starlette.responses import Response

from admin.kit.forms.fields import Choice, Form
from admin.kit.nouns.facets import Counted, Facet, count_facets
from admin.kit.nouns.filters import Filter, Rows, field_filter, is_filterable
from admin.kit.nouns.lists import (
    RECENT,
    Listing,
    Neighbours,
    Sort,
    empty_listing,
    find_neighbours,
    paginate,
    selected_sort,
)
from admin.kit.nouns.references import title_of
from admin.kit.nouns.tables import Column, field_column, title_column
from admin.kit.pages import render
from admin.kit.pickers import name_codes
from admin.kit.request import PageRequest
from admin.kit.values import referenced_names
from records.access import saved_views
from records.core.dates import now
from records.core.declarations.fields import Kind
from records.core.declarations.nouns import Noun
from records.core.errors import ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, has_right
from records.core.search import accents_first, filter_by_search
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)

_MAX_COLUMNS: Final = 6
MakeColumns: TypeAlias = Callable[[PageRequest, Sequence[K]], Awaitable[Sequence[Column[K]]]]


async def _search(_request: PageRequest, rows: Rows, text: str) -> Rows:
    return filter_by_search(rows, text)


@dataclass(frozen=True, kw_only=True)
class Index(Generic[K]):
    """The list of the records of a noun at `path`. The defaults come from the declaration.

    `columns` and `filters` are names of declared fields, or columns and filters of their own; or a function
    makes all columns for the rows of a page. Without `columns` (None) the template shows the rows itself.
    """

    noun: Noun
    path: str
    columns: Sequence[str | Column[K]] | MakeColumns[K] | None = ()
    filters: Sequence[str | Filter] = ()
    sorts: Sequence[Sort] = RECENT
    # Further relations to load, for custom columns.
    references: Sequence[str] = ()
    # The label and the right of the link to the form of a new record, if that has a page of its own.
    adding: tuple[str, Right] | None = None
    # Further links beside that one: text, path and right.
    links: Sequence[tuple[str, str, Right]] = ()
    # The right with which rows can be selected, to change several at once.
    selecting: Right | None = None
    # Links above the list that narrow it, or lead to what belongs to it: text and path.
    chips: Sequence[tuple[str, str]] = ()
    # How many records some of them lead to, by path.
    chip_counts: Callable[[PageRequest], Awaitable[Mapping[str, int]]] | None = None
    # What the facets count, where all rows are too many to count.
    counted: Counted | None = None
    # Choices of the status that stand for several, in the facets.
    status_groups: Mapping[str, Collection[str]] = field(default_factory=dict)
    # The label of the search box, if there is one, and what it finds.
    search: str = ""
    match: Callable[[PageRequest, Rows, str], Awaitable[Rows]] = _search
    empty: str = _("Nothing fits these filters.")
    # Where the pages of the records are, if not below `path`.
    record_path: str = ""
    # A custom page of the list, which extends `list.html`, and what it shows besides.
    list_template: str = "kit/templates/list.html"
    context: Callable[[PageRequest], Awaitable[dict[str, Any]]] | None = None

    async def index(self, request: PageRequest) -> Response:
        """The list, filtered and sorted by the query."""
        form, sort, asked_at = Form(request.http_request.query_params), self._sort(request), now()
        facets = list[Facet]()
        try:
            rows = await self._select_any_status(request, form)
            if by_status := self._status_filter():
                facets = await count_facets(request, by_status, rows, self.status_groups, self.counted)
            rows = await self._narrow(request, form, rows, sort)
            total = None if sort.condition else next((one.count for one in facets if one.chosen), None)
            listing: Listing[K] = await paginate(request, rows, sort, self.sorts, total=total)
            if listing.rows and self.references:
                await self.noun.table.fetch_for_list(listing.rows, *self.references)
            text = form.text("q") if self.search and sort == self.sorts[0] else ""
            if text and not (listing.previous or listing.next):
                # All are on this page, so that this order breaks no paging.
                listing.rows[:] = accents_first(listing.rows, text, partial(title_of, request))
            status = 200
        except ValidationFailed as error:
            form.problems |= error.problems
            listing, status = empty_listing(self.sorts), 422
        adding = self.new_record()
        chips = [(request._(text), path) for text, path in self.chips]
        counts = await self.chip_counts(request) if self.chip_counts else {}
        waiting = next(((text, counts[chip]) for text, chip in chips if chip in counts), None)
        filters = [one for one in self.list_filters() if one.can(request.actor)]
        await name_codes(request, form, {one.name: one.codes_of for one in filters})
        return render(
            request,
            self.list_template,
            block="results",
            status=status,
            title=request._(self.noun.plural),
            path=self.path,
            form=form,
            asked_at=asked_at,
            may_select=self.selecting is not None and has_right(request.actor, self.selecting),
            listing=listing,
            chips=chips,
            counts=counts,
            menu_counts={self.path: waiting} if waiting else {},
            facets=facets,
            views=await saved_views.own(request.actor, self.path),
            columns=await self._columns(request, form, listing.rows),
            column_choices=self._column_choices(request, form),
            inputs=[await one.input(request) for one in filters],
            search=request._(self.search) if self.search else "",
            adding=request._(adding[0]) if adding and has_right(request.actor, adding[1]) else "",
            links=[
                (request._(text), path) for text, path, right in self.links if has_right(request.actor, right)
            ],
            empty=request._(self.empty),
            **(await self.context(request) if self.context else {}),
        )

    async def neighbours(self, request: PageRequest, row: K) -> Neighbours | None:
        """Those beside `row` in the list with the query of its page; None where that makes no list.

        What was found by a search has an order of its own, in which exact accents come first.
        """
        form, sort = Form(request.http_request.query_params), self._sort(request)
        if form.text("q"):
            return None
        try:
            return await find_neighbours(row, await self._select(request, form, sort), sort)
        except ValidationFailed:
            return None

    def _sort(self, request: PageRequest) -> Sort:
        return selected_sort(Form(request.http_request.query_params), self.sorts)

    async def _select(self, request: PageRequest, form: Form, sort: Sort) -> Rows:
        """The rows that the query asks for. Raises `ValidationFailed`."""
        return await self._narrow(request, form, await self._select_any_status(request, form), sort)

    async def _select_any_status(self, request: PageRequest, form: Form) -> Rows:
        """The rows that the query asks for, whatever their status. Raises `ValidationFailed`."""
        rows = await self._source(request, form)
        by_status = self._status_filter()
        for one in self.list_filters():
            if by_status is None or one.name != by_status.name:
                rows = await one.apply_to(request, form, rows)
        if self.search:
            rows = await self.match(request, rows, form.search_text("q"))
        form.raise_if_invalid()
        return rows

    async def _source(self, request: PageRequest, form: Form) -> Rows:
        """The rows that the list begins from: its own, or those that a filter puts in their place."""
        for one in self.list_filters():
            if one.source and (value := await one.chosen(request, form)) is not None:
                return one.source(request.actor, value)
        rows: Rows = self.noun.visible_to(request.actor)
        return rows

    async def _narrow(self, request: PageRequest, form: Form, rows: Rows, sort: Sort) -> Rows:
        """`rows` of the chosen status, as far as they have the order. Raises `ValidationFailed`."""
        if by_status := self._status_filter():
            rows = await by_status.apply_to(request, form, rows)
        form.raise_if_invalid()
        return rows.filter(sort.condition)

    def _status_filter(self) -> Filter | None:
        """The filter by the column `status`, if there is one: its choices are the facets."""
        by_column = "status" in self.noun.fields
        return next((one for one in self.list_filters() if one.name == "status" and by_column), None)

    def new_record(self) -> tuple[str, Right] | None:
        """The label and the right of the link to the form of a new record."""
        return self.adding

    async def field_columns(
        self, request: PageRequest, shown: Sequence[str], rows: Sequence[K]
    ) -> dict[str, Column[Any]]:
        """The columns of declared fields, with the names of the records to which `rows` refer."""
        fields = {name: self.noun.fields[name] for name in shown}
        values = ((field.type, getattr(row, name)) for name, field in fields.items() for row in rows)
        names = await referenced_names(request, values)
        return {name: field_column(name, field, names) for name, field in fields.items()}

    async def _columns(self, request: PageRequest, form: Form, rows: Sequence[K]) -> Sequence[Column[Any]]:
        if self.columns is None:
            return []
        if callable(self.columns):
            return await self.columns(request, rows)
        shown = self._shown(form, self.columns)
        declared = await self.field_columns(request, [one for one in shown if isinstance(one, str)], rows)
        columns = [declared[one] if isinstance(one, str) else one for one in shown]
        return [title_column(self.noun, self.record_path or self.path), *columns]

    def _shown(self, form: Form, columns: Sequence[str | Column[K]]) -> Sequence[str | Column[K]]:
        """The columns that were chosen, beside those of the list's own; without a choice the default ones."""
        standard = columns or self._choosable()[: _MAX_COLUMNS - 1]
        chosen = [name for name in self._choosable() if name in form.texts("columns")]
        return [*(one for one in standard if not isinstance(one, str)), *chosen] if chosen else standard

    def _choosable(self) -> list[str]:
        """The fields that can be columns: those that are neither long nor sealed, nor in the title."""
        fields = self.noun.fields.items()
        shown = [name for name, one in fields if one.type is not Kind.LONG_TEXT and not one.sealed]
        return [name for name in shown if name not in {"name", "title", "code", "deleted_at"}]

    def _column_choices(self, request: PageRequest, form: Form) -> list[tuple[Choice, bool]]:
        """The columns to choose from, and whether each is shown; none where the list has its own."""
        if self.columns is None or callable(self.columns):
            return []
        shown = self._shown(form, self.columns)
        labels = {name: self.noun.fields[name].label for name in self._choosable()}
        return [(Choice(name, request._(text)), name in shown) for name, text in labels.items()]

    def list_filters(self) -> list[Filter]:
        """The filters of the list, in their order."""
        fields = self.noun.fields
        names = self.filters or [name for name, one in fields.items() if is_filterable(one)]
        return [field_filter(one, fields[one]) if isinstance(one, str) else one for one in names]
