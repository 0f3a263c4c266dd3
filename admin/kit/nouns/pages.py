"""The ordinary pages of a noun: list, record with history, and the form to make or edit one."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from starlette.responses import Response
from starlette.routing import Route

from admin.kit import history
from admin.kit.forms.fields import Form
from admin.kit.nouns.actions import Actions
from admin.kit.nouns.drafts import inputs_of, names_of, read_draft, values_of
from admin.kit.nouns.editing import Editor, Opened, open_form, save_form
from admin.kit.nouns.filters import Filter, field_filter, is_filterable
from admin.kit.nouns.lists import RECENT, Listing, Sort, chosen, empty, listed
from admin.kit.nouns.references import title_of
from admin.kit.nouns.tables import Cell, Column, field_column, title_column
from admin.kit.pages import done, page
from admin.kit.request import Visit
from admin.kit.routing import page_at
from records.core.actor import Actor
from records.core.declarations.fields import Kind, input_name
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, Denied, Invalid, NotFound
from records.core.language import mark as _
from records.core.rights import Right, check_may, may
from records.core.search import matching
from records.tables import Area
from records.tables.base import Kept

K = TypeVar("K", bound=Kept)
D = TypeVar("D")

_MOST_COLUMNS: Final = 6


@dataclass(frozen=True, kw_only=True)
class DraftForm(Generic[K, D]):
    """How records of a noun are made and edited: the draft that is entered, and the verbs that take it."""

    draft: type[D]
    create: Callable[[Visit, D], Awaitable[K]]
    may_create: Right
    edit: Callable[[Visit, K, D], Awaitable[object]]
    can_edit: Callable[[Actor, K], bool]
    # The heading of the form of a new record.
    heading: str
    # The first rows of the form: the names of one or two inputs. The others follow, each in a row of its own.
    rows: Sequence[Sequence[str]] = ()
    # Inputs that mean something only together; see `merge`.
    together: tuple[tuple[str, ...], ...] = ()
    # What the form of a new record holds.
    initial: Callable[[Visit], dict[str, str]] = lambda _visit: {}
    # The first word of the keys in `pages.SAID`.
    said: str = "record"


@dataclass(frozen=True, kw_only=True)
class Pages(Generic[K, D]):
    """The pages of a noun at `path`. What is not said here comes from the declaration.

    `columns` and `filters` are names of declared fields, or columns and filters of their own.
    """

    noun: Noun
    path: str
    form: DraftForm[K, D] | None = None
    actions: Actions[K] | None = None
    columns: Sequence[str | Column[K]] = ()
    filters: Sequence[str | Filter] = ()
    sorts: Sequence[Sort] = RECENT
    # The records to load for columns of their own.
    references: Sequence[str] = ()
    # What leads to the form of a new record, where that is a page of its own, and the right that it takes.
    adding: tuple[str, Right] | None = None
    # What the search box is called, where there is one.
    search: str = ""
    empty: str = _("Nothing fits these filters.")
    # The record of the path; a noun whose page shows more than its declared references loads it by itself.
    loaded: Callable[[Visit], Awaitable[K]] | None = None
    # A page of its own for a record.
    show: Callable[[Visit], Awaitable[Response]] | None = None

    def routes(self) -> list[Route]:
        """The routes of the list, the form, and a record with its actions."""
        one = f"{self.path}/{{id:uuid}}"
        routes = page_at(self.path, show=self.index, do=self.create if self.form else None)
        if self.form:
            routes += page_at(f"{self.path}/new", show=self.new)
            routes += page_at(f"{one}/edit", show=self.edit)
        routes += page_at(one, show=self.show or self.detail, do=self.update if self.form else None)
        return routes + (self.actions.routes() if self.actions else [])

    async def index(self, visit: Visit) -> Response:
        """The list, filtered and sorted as the address says."""
        form, filters = Form(visit.request.query_params), self._filters()
        rows = self.noun.visible_to(visit.actor)
        try:
            if self.search:
                rows = matching(rows, form.searched("q"))
            for one in filters:
                rows = await one.narrowed(visit, form, rows)
            form.done()
            listing: Listing[K] = await listed(visit, rows, chosen(form, self.sorts), self.sorts)
            await self._fetch(listing.rows)
            status = 200
        except Invalid as error:
            form.problems |= error.problems
            listing, status = empty(self.sorts), 422
        adding = (self.form.heading, self.form.may_create) if self.form else self.adding
        inputs = [await one.input(visit) for one in filters if one.can(visit.actor)]
        return page(
            visit,
            "kit/templates/list.html",
            block="results",
            status=status,
            title=visit._(self.noun.plural),
            path=self.path,
            form=form,
            listing=listing,
            columns=self._columns(),
            inputs=inputs,
            search=visit._(self.search) if self.search else "",
            adding=visit._(adding[0]) if adding and may(visit.actor, adding[1]) else "",
            empty=visit._(self.empty),
        )

    async def detail(self, visit: Visit) -> Response:
        """A record: its declared fields, what can be done with it, and its history."""
        row = await self.load(visit)
        return page(
            visit,
            "kit/templates/record.html",
            block="record",
            into="#record",
            up=self.path,
            up_title=visit._(self.noun.plural),
            title=title_of(row),
            path=f"{self.path}/{row.id}",
            row=row,
            facts=self.facts(visit, row),
            offers=self.actions.offers(visit, row) if self.actions else [],
            may_edit=self.form is not None and self.form.can_edit(visit.actor, row),
            history=await history.entries(visit, row),
        )

    def facts(self, visit: Visit, row: K, *, without: Collection[str] = ()) -> list[tuple[str, Cell]]:
        """The declared fields of a record with their labels, but for those that its page shows by itself."""
        names = [name for name in self.noun.fields if name != "deleted_at" and name not in without]
        columns = [field_column(name, self.noun.fields[name]) for name in names]
        return [(one.label, one.cell(visit, row)) for one in columns]

    async def new(self, visit: Visit) -> Response:
        """The form of a new record."""
        form = self._form()
        check_may(visit.actor, form.may_create)
        return await self._page(visit, None, Form(form.initial(visit)))

    async def create(self, visit: Visit) -> Response:
        """Makes a record of what was entered."""
        declared, form = self._form(), Form(visit.form)
        check_may(visit.actor, declared.may_create)
        try:
            row = await declared.create(visit, await read_draft(visit, form, declared.draft))
        except Invalid as error:
            form.problems |= error.problems
            return await self._page(visit, None, form, status=422)
        except Conflict as conflict:
            form.problems[""] = conflict.message
            return await self._page(visit, None, form, status=409)
        return done(visit, f"{self.path}/{row.id}", f"{declared.said}-created")

    async def edit(self, visit: Visit) -> Response:
        """The form, filled with the record as it is."""
        return await open_form(visit, self._editor(), await self._editable(visit))

    async def update(self, visit: Visit) -> Response:
        """Saves the form, merged with what others saved meanwhile."""
        return await save_form(visit, self._editor(), await self._editable(visit))

    async def load(self, visit: Visit) -> K:
        """The record of the path, with those that it refers to. Raises `NotFound` or `Denied`."""
        if self.loaded:
            return await self.loaded(visit)
        row: K | None = await self.noun.visible_to(visit.actor).get_or_none(id=visit.id)
        if row is None:
            raise NotFound("There is no such record.")
        names = {input_name(name, one): one for name, one in self.noun.fields.items() if _refers(one.type)}
        await row.fetch_related(*(f"{name}__parent" if names[name].type is Area else name for name in names))
        return row

    def _form(self) -> DraftForm[K, D]:
        if self.form is None:
            raise NotFound("There is no such page.")
        return self.form

    async def _editable(self, visit: Visit) -> K:
        row = await self.load(visit)
        if not self._form().can_edit(visit.actor, row):
            raise Denied("You do not have permission to do this.")
        return row

    def _editor(self) -> Editor[K]:
        form = self._form()

        async def save(visit: Visit, row: K, submitted: Form) -> object:
            return await form.edit(visit, row, await read_draft(visit, submitted, form.draft, row))

        return Editor[K](
            load=self.load,
            values=lambda visit, row: values_of(visit, form.draft, row),
            words=lambda visit, row, submitted: names_of(visit, form.draft, row, submitted),
            save=save,
            show=self._page,
            path=lambda row: f"{self.path}/{row.id}",
            said=f"{form.said}-saved",
            together=form.together,
        )

    async def _page(
        self, visit: Visit, row: K | None, form: Form, opened: Opened | None = None, status: int = 200
    ) -> Response:
        declared = self._form()
        inputs = await inputs_of(visit, declared.draft, row)
        placed = {name for names in declared.rows for name in names}
        rows = [*declared.rows, *([name] for name in inputs if name not in placed)]
        name = getattr(row, "code", "") or title_of(row) if row else ""
        return page(
            visit,
            "kit/templates/form.html",
            status=status,
            form=form,
            opened=opened,
            back=f"{self.path}/{row.id}" if row else self.path,
            back_title=title_of(row) if row else visit._(self.noun.plural),
            title=visit._("Edit {name}", name=name) if row else visit._(declared.heading),
            rows=[[inputs[name] for name in names if name in inputs] for names in rows],
        )

    def _columns(self) -> list[Column[Any]]:
        first, names = title_column(self.noun, self.path), self.columns or self._ordinary()
        fields = self.noun.fields
        return [first, *(field_column(one, fields[one]) if isinstance(one, str) else one for one in names)]

    def _ordinary(self) -> list[str]:
        """The fields that a list shows where nothing is said: the first few that are not long."""
        fields = self.noun.fields.items()
        shown = [name for name, one in fields if one.type is not Kind.LONG_TEXT and not one.sealed]
        return [name for name in shown if name not in {"name", "title", "code"}][: _MOST_COLUMNS - 1]

    def _filters(self) -> list[Filter]:
        fields = self.noun.fields
        names = self.filters or [name for name, one in fields.items() if is_filterable(one)]
        return [field_filter(one, fields[one]) if isinstance(one, str) else one for one in names]

    async def _fetch(self, rows: list[K]) -> None:
        fields = self.noun.fields
        names = [name for name in (self.columns or self._ordinary()) if isinstance(name, str)]
        references = [input_name(name, fields[name]) for name in names if _refers(fields[name].type)]
        references += self.references
        if rows and references:
            await self.noun.table.fetch_for_list(rows, *references)


def _refers(kind: object) -> bool:
    """Whether a field refers to other records, which have to be loaded."""
    return isinstance(kind, type) and hasattr(kind, "_meta")
