"""Saved views: the filters, order and columns of a list that somebody keeps under a name, for themselves."""

import re
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from records.changes.locks import advisory_lock
from records.changes.unit_of_work import audit, transaction
from records.core.actor import Actor, ActorKind
from records.core.declarations.fields import Field
from records.core.errors import NotFound, PermissionDenied, ProblemCode
from records.core.language import gettext_noop as _
from records.core.validation import Validator
from records.tables import SavedView

# Of one list, so that its tabs stay few.
MAX_VIEWS: Final = 12
_MAX_IN_ALL: Final = 100
_LIST: Final = re.compile(r"/admin/[a-z-]{1,40}(/[a-z-]{1,40})?")
_NOUN: Final = "saved_view"
_TOO_MANY: Final = _("Remove one of your saved views first: there may be {most}.")


@dataclass(frozen=True)
class SavedViewDraft:
    """A view as entered: its name, and the list and the query that it stands for."""

    name: Annotated[str, Field(_("Name of the view"), max_length=60)]
    path: Annotated[str, Field(_("List"), max_length=80)]
    query: Annotated[str, Field(_("Filters"), max_length=1000)] = ""


async def own(actor: Actor, path: str) -> list[SavedView]:
    """The views that `actor` saved of the list at `path`, by name."""
    return await SavedView.filter(staff_id=_person(actor), path=path).order_by("name", "id")


async def save(draft: SavedViewDraft, *, by: Actor) -> SavedView:
    """The view, saved; one of the same name on that list stands for the new query from now on.

    Raises `PermissionDenied` or `ValidationFailed`.
    """
    person, check = _person(by), Validator()
    values = check.values(draft)
    if not _LIST.fullmatch(values["path"]):
        check.add("path", "Choose a list.", ProblemCode.MALFORMED)
    check.raise_if_invalid()
    async with transaction():
        await advisory_lock("saved_views", person)
        views = SavedView.filter(staff_id=person, path=values["path"])
        view = await views.get_or_none(name=values["name"])
        all_views = SavedView.filter(staff_id=person)
        if view is None and (await views.count() >= MAX_VIEWS or await all_views.count() >= _MAX_IN_ALL):
            check.add("name", _TOO_MANY, ProblemCode.TOO_MANY, most=MAX_VIEWS)
            check.raise_if_invalid()
        if view is None:
            view = await SavedView.create(staff_id=person, **values)
        else:
            view.query = values["query"]
            await view.save(update_fields=["query"])
        # Neither the name nor what was searched for: an entry is never erased.
        after = {"path": view.path}
        await audit(_NOUN, view.id, by=by, action="saved_views.save", before=None, after=after)
    return view


async def remove(id_: UUID, *, by: Actor) -> SavedView:
    """Removes a view of one's own, and returns it. Raises `PermissionDenied` or `NotFound`."""
    async with transaction():
        view = await SavedView.get_or_none(id=id_, staff_id=_person(by))
        if view is None:
            raise NotFound("There is no such saved view.")
        before = {"path": view.path}
        await view.delete()
        await audit(_NOUN, view.id, by=by, action="saved_views.remove", before=before, after=None)
    return view


def _person(actor: Actor) -> UUID:
    """The staff member. Raises `PermissionDenied` for anybody else."""
    if actor.kind is not ActorKind.STAFF or actor.id is None:
        raise PermissionDenied("You do not have permission to do this.")
    return actor.id
