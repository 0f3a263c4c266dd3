"""The standard pages of a noun: list, record with history, and the form to create or edit one."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from starlette.responses import Response
from starlette.routing import Route
from tortoise.queryset import QuerySet

from admin.kit import history
from admin.kit.forms.fields import Form
from admin.kit.nouns.actions import Actions
from admin.kit.nouns.drafts import DraftForm, inputs_of, names_of, read_draft, values_of
from admin.kit.nouns.editing import EditForm, EditState, save_edit_form, show_edit_form
from admin.kit.nouns.filters import Filter
from admin.kit.nouns.index import Index
from admin.kit.nouns.links import links_to
from admin.kit.nouns.references import title_of
from admin.kit.nouns.removal import Removal
from admin.kit.nouns.reversals import ReversalPages
from admin.kit.nouns.tables import Cell
from admin.kit.pages import redirect_with_flash, render
from admin.kit.pickers import name_codes, own_commune
from admin.kit.request import PageRequest
from admin.kit.routing import page_at
from records.changes.rows import find as find_row
from records.core.declarations.fields import input_name
from records.core.errors import Conflict, NotFound, PermissionDenied, ValidationFailed
from records.core.language import gettext_noop as _
from records.core.rights import Right, check_right, has_right
from records.core.validation import Draft
from records.registry.nouns import EDITS
from records.tables import Area
from records.tables.base import Editable

K = TypeVar("K", bound=Editable)
D = TypeVar("D", bound=Draft)


@dataclass(frozen=True, kw_only=True)
class Pages(Index[K], Generic[K, D]):
    """The pages of a noun at `path`: its list, its records, and the form to create or edit one."""

    form: DraftForm[K, D] | None = None
    actions: Actions[K] | None = None
    # How records are removed and restored, if they are: an action, and a filter of the list.
    removal: Removal[K] | None = None
    # Loads the record in the path, if its page shows more than the declared references.
    loader: Callable[[PageRequest], Awaitable[K]] | None = None
    # A custom page of a record.
    show: Callable[[PageRequest], Awaitable[Response]] | None = None

    def routes(self) -> list[Route]:
        """The routes of the list, the form, and a record with its actions."""
        one = f"{self.path}/{{id:uuid}}"
        creates = self.form is not None and self.form.create is not None
        routes = page_at(self.path, get=self.index, post=self.create if creates else None)
        if creates:
            routes += page_at(f"{self.path}/new", get=self.new)
        if self.form:
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

    def new_record(self) -> tuple[str, Right] | None:
        """The label and the right of the link to the form of a new record."""
        if self.form is None or self.form.may_create is None:
            return self.adding
        return self.form.heading, self.form.may_create

    def list_filters(self) -> list[Filter]:
        """The filters of the list, that of removed records first."""
        return [*([self.removal.filter] if self.removal else []), *super().list_filters()]

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
            links=await links_to(request, row) if self.noun.catalogue else [],
            history=await history.entries(request, row),
            **context,
        )

    async def facts(
        self, request: PageRequest, row: K, *, without: Collection[str] = ()
    ) -> list[tuple[str, Cell]]:
        """The declared fields of a record with their labels, but for those that its page shows by itself."""
        shown = [name for name in self.noun.fields if name != "deleted_at" and name not in without]
        columns = await self.field_columns(request, shown, [row])
        return [(column.label, column.cell(request, row)) for column in columns.values()]

    async def new(self, request: PageRequest) -> Response:
        """The form of a new record."""
        form, _create = self._creation(request)
        return await self._page(request, None, Form(await own_commune(request) | form.initial(request)))

    async def create(self, request: PageRequest) -> Response:
        """Creates a record."""
        (declared, create), form = self._creation(request), Form(request.form)
        try:
            row = await create(request, await read_draft(request, form, declared.draft))
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

    def _creation(
        self, request: PageRequest
    ) -> tuple[DraftForm[K, D], Callable[[PageRequest, D], Awaitable[K]]]:
        form = self._form()
        if form.create is None or form.may_create is None:
            raise NotFound("There is no such page.")
        check_right(request.actor, form.may_create)
        return form, form.create

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
        await name_codes(request, form, {name: one.kind for name, one in inputs.items()})
        placed = {name for names in declared.rows for name in names}
        rows = [*declared.rows, *([name] for name in inputs if name not in placed)]
        name = getattr(row, "code", "") or title_of(request, row) if row else ""
        return render(
            request,
            declared.template,
            status=status,
            form=form,
            opened=opened,
            back=f"{self.path}/{row.id}" if row else self.path,
            back_title=title_of(request, row) if row else request._(self.noun.plural),
            title=request._("Edit {name}", name=name) if row else request._(declared.heading),
            rows=[[inputs[name] for name in names if name in inputs] for names in rows],
            **(await declared.context(request, form) if declared.context else {}),
        )
