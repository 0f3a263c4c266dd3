"""The standard pages of a noun: list, record with history, and the form to create or edit one."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from starlette.responses import Response
from starlette.routing import Route
from tortoise.queryset import QuerySet

from admin.kit import history
from admin.kit.forms.fields import Form
from admin.kit.nouns.actions import Actions
from admin.kit.nouns.drafts import inputs_of, names_of, read_draft, values_of
from admin.kit.nouns.editing import EditForm, EditState, save_edit_form, show_edit_form
from admin.kit.nouns.filters import Filter, field_filter, is_filterable
from admin.kit.nouns.lists import RECENT, Listing, Sort, empty_listing, paginate, selected_sort
from admin.kit.nouns.references import title_of
from admin.kit.nouns.removal import Removal
from admin.kit.nouns.reversals import ReversalPages
from admin.kit.nouns.tables import Cell, Column, field_column, title_column
from admin.kit.pages import redirect_with_flash, render
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from admin.kit.values import referenced_names
from records.changes.rows import find as find_row
from records.core.actor import Actor
from records.core.declarations.fields import Kind, input_name
from records.core.declarations.nouns import Noun
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.search import filter_by_search
from records.registry.nouns import EDITS
from records.tables import Area
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)
D = TypeVar("D")

_MAX_COLUMNS: Final = 6


@dataclass(frozen=True, kw_only=True)
class DraftForm(Generic[K, D]):
    """How records of a noun are created and edited: the draft, and the verbs that take it."""

    draft: type[D]
    create: Callable[[PageRequest, D], Awaitable[K]]
    may_create: Right
    edit: Callable[[PageRequest, K, D], Awaitable[object]]
    can_edit: Callable[[Actor, K], bool]
    # The heading of the form of a new record.
    heading: str
    # The first rows of the form: the names of one or two inputs. The others follow, each in a row of its own.
    rows: Sequence[Sequence[str]] = ()
    # Fields that are merged as one; see `merge`.
    field_groups: tuple[tuple[str, ...], ...] = ()
    # The initial values of the form of a new record.
    initial: Callable[[PageRequest], dict[str, str]] = lambda _request: {}
    # The flash messages of a new record, and of one that was edited.
    created: str = _("Added.")
    saved: str = _("Saved.")


@dataclass(frozen=True, kw_only=True)
class Pages(Generic[K, D]):
    """The pages of a noun at `path`. The defaults come from the declaration.

    `columns` and `filters` are names of declared fields, or columns and filters of their own.
    """

    noun: Noun
    path: str
    form: DraftForm[K, D] | None = None
    actions: Actions[K] | None = None
    # How records are removed and restored, if they are: an action, and a filter of the list.
    removal: Removal[K] | None = None
    columns: Sequence[str | Column[K]] = ()
    filters: Sequence[str | Filter] = ()
    sorts: Sequence[Sort] = RECENT
    # Further relations to load, for custom columns.
    references: Sequence[str] = ()
    # The label and the right of the link to the form of a new record, if that has a page of its own.
    adding: tuple[str, Right] | None = None
    # Links above the list that narrow it, or lead to what belongs to it: text and path.
    chips: Sequence[tuple[str, str]] = ()
    # The label of the search box, if there is one.
    search: str = ""
    empty: str = _("Nothing fits these filters.")
    # Where the pages of the records are, if not below `path`.
    record_path: str = ""
    # A custom page of the list, which extends `list.html`.
    list_template: str = "kit/templates/list.html"
    # Loads the record in the path, if its page shows more than the declared references.
    loader: Callable[[PageRequest], Awaitable[K]] | None = None
    # A custom page of a record.
    show: Callable[[PageRequest], Awaitable[Response]] | None = None

    def routes(self) -> list[Route]:
        """The routes of the list, the form, and a record with its actions."""
        one = f"{self.path}/{{id:uuid}}"
        routes = page_at(self.path, get=self.index, post=self.create if self.form else None)
        if self.form:
            routes += page_at(f"{self.path}/new", get=self.new)
            routes += page_at(f"{one}/edit", get=self.edit)
        routes += page_at(one, get=self.show or self.detail, post=self.update if self.form else None)
        if self.noun.name in EDITS:
            routes += ReversalPages(self.noun.name, self.path).routes()
        if self.removal:
            routes += page_at(f"{one}/restoration", post=self.restore)
        actions = self.all_actions()
        return routes + (actions.routes() if actions else [])

    def all_actions(self) -> Actions[K] | None:
        """The declared actions, and the removal."""
        if self.removal is None:
            return self.actions
        own = self.actions or Actions[K](
            path=self.path, load=self.load, back=lambda row: f"{self.path}/{row.id}", actions=()
        )
        return replace(own, actions=(*own.actions, self.removal.action))

    async def index(self, request: PageRequest) -> Response:
        """The list, filtered and sorted by the query."""
        form, filters = Form(request.http_request.query_params), self._filters()
        rows = self.noun.visible_to(request.actor)
        try:
            # After the filters: one of them may begin from other rows.
            for one in filters:
                rows = await one.apply_to(request, form, rows)
            if self.search:
                rows = filter_by_search(rows, form.search_text("q"))
            form.raise_if_invalid()
            listing: Listing[K] = await paginate(request, rows, selected_sort(form, self.sorts), self.sorts)
            if listing.rows and self.references:
                await self.noun.table.fetch_for_list(listing.rows, *self.references)
            status = 200
        except ValidationFailed as error:
            form.problems |= error.problems
            listing, status = empty_listing(self.sorts), 422
        adding = (self.form.heading, self.form.may_create) if self.form else self.adding
        inputs = [await one.input(request) for one in filters if one.can(request.actor)]
        return render(
            request,
            self.list_template,
            block="results",
            status=status,
            title=request._(self.noun.plural),
            path=self.path,
            form=form,
            listing=listing,
            chips=[(request._(text), path) for text, path in self.chips],
            columns=await self._columns(request, listing.rows),
            inputs=inputs,
            search=request._(self.search) if self.search else "",
            adding=request._(adding[0]) if adding and has_right(request.actor, adding[1]) else "",
            empty=request._(self.empty),
        )

    async def detail(self, request: PageRequest) -> Response:
        """A record: its declared fields, actions and history."""
        return await self.record(request, await self.find(request), "kit/templates/record.html")

    async def record(
        self,
        request: PageRequest,
        row: K,
        template: str,
        *,
        without: Collection[str] = (),
        **context: Any,
    ) -> Response:
        """The page of a record by `template`, which extends `record.html`; see `facts` for `without`."""
        here, actions = row.deleted_at is None, self.all_actions()
        return render(
            request,
            template,
            block="record",
            into="#record",
            up=self.path,
            up_title=request._(self.noun.plural),
            title=title_of(request, row),
            path=f"{self.path}/{row.id}",
            row=row,
            facts=await self.facts(request, row, without=without),
            available_actions=actions.available_actions(request, row) if actions and here else [],
            may_edit=here and self.form is not None and self.form.can_edit(request.actor, row),
            history=await history.entries(request, row),
            **context,
        )

    async def facts(
        self, request: PageRequest, row: K, *, without: Collection[str] = ()
    ) -> list[tuple[str, Cell]]:
        """The declared fields of a record with their labels, but for those that its page shows by itself."""
        shown = [name for name in self.noun.fields if name != "deleted_at" and name not in without]
        columns = await self._field_columns(request, shown, [row])
        return [(column.label, column.cell(request, row)) for column in columns.values()]

    async def new(self, request: PageRequest) -> Response:
        """The form of a new record."""
        form = self._form()
        check_right(request.actor, form.may_create)
        return await self._page(request, None, Form(form.initial(request)))

    async def create(self, request: PageRequest) -> Response:
        """Creates a record."""
        declared, form = self._form(), Form(request.form)
        check_right(request.actor, declared.may_create)
        try:
            row = await declared.create(request, await read_draft(request, form, declared.draft))
        except ValidationFailed as error:
            form.problems |= error.problems
            return await self._page(request, None, form, status=422)
        except Conflict as conflict:
            form.problems[""] = conflict.message
            return await self._page(request, None, form, status=409)
        return redirect_with_flash(request, f"{self.path}/{row.id}", declared.created)

    async def edit(self, request: PageRequest) -> Response:
        """The form with the current values."""
        return await show_edit_form(request, self._edit_form(), await self._editable(request))

    async def update(self, request: PageRequest) -> Response:
        """Saves the form, merged with concurrent edits."""
        return await save_edit_form(request, self._edit_form(), await self._editable(request))

    async def restore(self, request: PageRequest) -> Response:
        """Restores a record that was removed."""
        if self.removal is None:
            raise NotFound("There is no such page.")
        check_right(request.actor, self.removal.right)
        row = await self._load(self.removal.removed(request.actor), request)
        version = Form(request.form).expected_version()
        await self.removal.restore(row.id, expected_version=version, by=request.actor)
        return redirect_with_flash(request, f"{self.path}/{row.id}", _("Restored."))

    async def find(self, request: PageRequest) -> K:
        """The record of the path; a removed one only for those who may restore it. Raises as `load`."""
        try:
            return await self.load(request)
        except NotFound:
            if self.removal is None or not has_right(request.actor, self.removal.right):
                raise
            return await self._load(self.removal.removed(request.actor), request)

    async def load(self, request: PageRequest) -> K:
        """The record of the path, with those that it refers to. Raises `NotFound` or `PermissionDenied`."""
        if self.loader:
            return await self.loader(request)
        return await self._load(self.noun.visible_to(request.actor), request)

    async def _load(self, rows: QuerySet[K], request: PageRequest) -> K:
        row = await find_row(self.noun, rows, request.id)
        tables = {input_name(name, one): one.table for name, one in self.noun.fields.items() if one.table}
        await row.fetch_related(*(f"{name}__parent" if tables[name] is Area else name for name in tables))
        return row

    def _form(self) -> DraftForm[K, D]:
        if self.form is None:
            raise NotFound("There is no such page.")
        return self.form

    async def _editable(self, request: PageRequest) -> K:
        row = await self.load(request)
        if not self._form().can_edit(request.actor, row):
            raise PermissionDenied("You do not have permission to do this.")
        return row

    def _edit_form(self) -> EditForm[K]:
        form = self._form()

        async def save(request: PageRequest, row: K, submitted: Form) -> object:
            return await form.edit(request, row, await read_draft(request, submitted, form.draft, row))

        return EditForm[K](
            load=self.load,
            values=lambda request, row: values_of(request, form.draft, row),
            choice_labels=lambda request, row, submitted: names_of(request, form.draft, row, submitted),
            save=save,
            show=self._page,
            path=lambda row: f"{self.path}/{row.id}",
            flash=form.saved,
            field_groups=form.field_groups,
        )

    async def _page(
        self,
        request: PageRequest,
        row: K | None,
        form: Form,
        opened: EditState | None = None,
        status: int = 200,
    ) -> Response:
        declared = self._form()
        inputs = await inputs_of(request, declared.draft, row)
        placed = {name for names in declared.rows for name in names}
        rows = [*declared.rows, *([name] for name in inputs if name not in placed)]
        name = getattr(row, "code", "") or title_of(request, row) if row else ""
        return render(
            request,
            "kit/templates/form.html",
            status=status,
            form=form,
            opened=opened,
            back=f"{self.path}/{row.id}" if row else self.path,
            back_title=title_of(request, row) if row else request._(self.noun.plural),
            title=request._("Edit {name}", name=name) if row else request._(declared.heading),
            rows=[[inputs[name] for name in names if name in inputs] for names in rows],
        )

    async def _columns(self, request: PageRequest, rows: Sequence[K]) -> list[Column[Any]]:
        shown = self.columns or self._default_columns()
        declared = await self._field_columns(request, [one for one in shown if isinstance(one, str)], rows)
        columns = [declared[one] if isinstance(one, str) else one for one in shown]
        return [title_column(self.noun, self.record_path or self.path), *columns]

    async def _field_columns(
        self, request: PageRequest, shown: Sequence[str], rows: Sequence[K]
    ) -> dict[str, Column[Any]]:
        """The columns of declared fields, with the names of the records to which `rows` refer."""
        fields = {name: self.noun.fields[name] for name in shown}
        values = ((field.type, getattr(row, name)) for name, field in fields.items() for row in rows)
        names = await referenced_names(request, values)
        return {name: field_column(name, field, names) for name, field in fields.items()}

    def _default_columns(self) -> list[str]:
        """The default columns: the first few fields that are neither long nor sealed."""
        fields = self.noun.fields.items()
        shown = [name for name, one in fields if one.type is not Kind.LONG_TEXT and not one.sealed]
        return [name for name in shown if name not in {"name", "title", "code"}][: _MAX_COLUMNS - 1]

    def _filters(self) -> list[Filter]:
        fields = self.noun.fields
        names = self.filters or [name for name, one in fields.items() if is_filterable(one)]
        filters = [field_filter(one, fields[one]) if isinstance(one, str) else one for one in names]
        # First, because it begins from other rows.
        return [self.removal.filter, *filters] if self.removal else filters
